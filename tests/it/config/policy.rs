//! Notice, approval and days of reminders: which rules hold for which kind and service.

use maintbot::config::Config;
use maintbot::domain::finding::FindingKind;
use maintbot::domain::organisation::{Policy, RemindersOn};

use super::{good, lines, problem, with_environment};

/// Notice, approval and reminder days, as written.
fn shown(policy: &Policy) -> String {
    let notice = policy.notice.map_or_else(|| "none".into(), |notice| notice.to_string());
    let approval: Vec<&str> = policy.approval.iter().map(|kind| kind.as_str()).collect();
    format!("{notice} [{}] {}", approval.join(" "), policy.reminders_on)
}

fn of_kind(config: &Config, kind: &str) -> String {
    shown(&config.organisation.policies[kind])
}

fn of_service(config: &Config, kind: &str, service: &str) -> String {
    shown(&config.organisation.service_policies[&(kind.to_owned(), service.to_owned())])
}

#[test]
fn nothing_needs_notice_or_approval_unless_it_is_written() {
    let config = Config::with_defaults();
    for kind in ["scheduled", "emergency", "no_downtime"] {
        assert_eq!(of_kind(&config, kind), "none [] any_day", "{kind}");
    }
    let own = good("[policy.scheduled]\nnotice = \"5wd\"\napproval = [\"always\"]\n[policy.firmware]\n");
    assert_eq!(of_kind(&own, "firmware"), "none [] any_day");
    assert_eq!(of_kind(&own, "emergency"), "none [] any_day");
}

#[test]
fn notice_is_a_lead_time_of_any_unit() {
    for notice in ["5wd", "14d", "12h", "90m", "7d@09:00"] {
        let config = good(&format!("[policy.scheduled]\nnotice = \"{notice}\"\n"));
        let read = config.organisation.policies["scheduled"].notice.map(|lead| lead.to_string());
        assert_eq!(read.as_deref(), Some(notice));
    }
}

#[test]
fn notice_may_be_longer_than_the_announcement_and_reminders_too() {
    good("[policy.scheduled]\nnotice = \"30d\"\nannounce = \"1d\"\nremind = [\"7d\"]\n");
}

#[test]
fn every_sort_of_finding_can_need_approval() {
    let all = FindingKind::words();
    let config = good(&format!("[policy.scheduled]\napproval = {all:?}\n"));
    assert_eq!(config.organisation.policies["scheduled"].approval.len(), all.len());
    let some = good("[policy.scheduled]\napproval = [\"freeze\", \"short_notice\"]\n");
    assert_eq!(of_kind(&some, "scheduled"), "none [short_notice freeze] any_day");
}

#[test]
fn reminders_fall_on_any_day_or_on_working_days() {
    let days = |word: &str| {
        good(&format!("[policy.scheduled]\nreminders_on = \"{word}\"\n")).organisation.policies["scheduled"]
            .reminders_on
    };
    assert_eq!(days("any_day"), RemindersOn::AnyDay);
    assert_eq!(days("working_days"), RemindersOn::WorkingDays);
}

#[test]
fn a_service_keeps_what_its_kind_says_and_may_say_otherwise() {
    let config = good(
        r#"[policy.scheduled]
        notice = "5wd"
        approval = ["freeze"]
        reminders_on = "working_days"
        [policy.scheduled.service.crm]
        announce = "1d"
        [policy.scheduled.service.wiki]
        notice = false
        approval = []
        reminders_on = "any_day"
        [policy.scheduled.service.bank]
        notice = "30d"
        approval = ["always"]
        "#,
    );
    assert_eq!(of_service(&config, "scheduled", "crm"), "5wd [freeze] working_days");
    assert_eq!(of_service(&config, "scheduled", "wiki"), "none [] any_day");
    assert_eq!(of_service(&config, "scheduled", "bank"), "30d [always] working_days");
}

#[test]
fn what_is_no_notice_no_finding_and_no_sort_of_day_is_told_with_what_to_write() {
    let text = r#"[policy.scheduled]
notice = "5 days"
approval = ["Freeze", "short-notice", "boss", "conflict", "conflict"]
reminders_on = "weekdays"
[policy.emergency]
notice = true
approval = "always"
reminders_on = ["any_day"]
[policy.scheduled.service.crm]
notice = 5
approvals = []
"#;
    let sorts = "there are short_notice, business_hours, freeze, conflict, always";
    let list = "There are short_notice, business_hours, freeze, conflict, always";
    let expected = [
        "maintbot.toml:2: `notice` in [policy.scheduled]: \"5 days\" is not a lead time: the unit is one of d, wd, h, m, s; write for example 14d, 12h, 15m, 7d@09:00 or 5wd (working days); or false for none".to_owned(),
        format!("maintbot.toml:3: `approval` in [policy.scheduled]: `Freeze` is unknown; did you mean `freeze`? {list}"),
        format!("maintbot.toml:3: `approval` in [policy.scheduled]: `short-notice` is unknown; did you mean `short_notice`? {list}"),
        format!("maintbot.toml:3: `approval` in [policy.scheduled]: `boss` is unknown; {sorts}"),
        "maintbot.toml:3: `approval` in [policy.scheduled]: `conflict` is there twice".to_owned(),
        "maintbot.toml:4: `reminders_on` in [policy.scheduled]: `weekdays` is unknown; there are any_day, working_days".to_owned(),
        "maintbot.toml:6: `notice` in [policy.emergency]: false, \"5wd\" or \"14d\" is wanted here, not true; write notice = \"5wd\"".to_owned(),
        "maintbot.toml:7: `approval` in [policy.emergency]: a list is wanted here, not text; write approval = [\"short_notice\", \"freeze\"]".to_owned(),
        "maintbot.toml:8: `reminders_on` in [policy.emergency]: text in quotes is wanted here, not a list; write reminders_on = \"working_days\"".to_owned(),
        "maintbot.toml:10: `notice` in [policy.scheduled.service.crm]: false, \"5wd\" or \"14d\" is wanted here, not a number; write notice = \"5wd\"".to_owned(),
        "maintbot.toml:11: unknown key `approvals` in [policy.scheduled.service.crm]; did you mean `approval`?".to_owned(),
    ];
    assert_eq!(lines(text), expected);
    assert!(problem("[policy.scheduled]\nnotice = \"0d\"\n").contains("it cannot be zero"));
    assert!(problem("[policy.scheduled]\nnotice = \"at_once\"\n").contains("is not a lead time"));
}

#[test]
fn the_environment_sets_notice_and_approval() {
    let config = with_environment(
        "[policy.scheduled]\nnotice = \"14d\"\n",
        &[
            ("MAINTBOT__POLICY__SCHEDULED__NOTICE", "5wd"),
            ("MAINTBOT__POLICY__SCHEDULED__APPROVAL", r#"["freeze"]"#),
            ("MAINTBOT__POLICY__SCHEDULED__SERVICE__CRM__NOTICE", "false"),
            ("MAINTBOT__POLICY__EMERGENCY__REMINDERS_ON", "working_days"),
        ],
    )
    .expect("good");
    assert_eq!(of_kind(&config, "scheduled"), "5wd [freeze] any_day");
    assert_eq!(of_service(&config, "scheduled", "crm"), "none [freeze] any_day");
    assert_eq!(of_kind(&config, "emergency"), "none [] working_days");
}
