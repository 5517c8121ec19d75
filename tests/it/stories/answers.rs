//! What the person who typed a command gets to read.

use maintbot::command::{Input, parse};
use maintbot::domain::access::{Actor, Role};
use maintbot::domain::window::{State, Step};
use maintbot::message::words::Refused;
use maintbot::service::{Answer, Reply};

use crate::bot::{Bot, story};

const CONFIG: &str = r#"
[organisation]
name = "Example"
time_zone = "UTC"
ops = ["builtin:ops"]
"#;

/// Tuesday 8 December 2026, 14:00 to 16:00.
const SCHEDULE: &str = "/maintenance schedule \"Upgrade\" service:crm when:\"2026-12-08 14:00-16:00\" poc:@anna";

/// The same, of a kind that gets in nobody's way: it may be scheduled many times over.
const ROLLING: &str =
    "/maintenance schedule \"Upgrade\" service:crm kind:no_downtime when:\"2026-12-08 14:00-16:00\" poc:@anna";

async fn typed(bot: &Bot, place: &str, who: &str, line: &str) -> Reply {
    match bot.run_in(place, Actor::with_role(who, Role::Admin), line, None).await {
        Answer::Done(reply) => reply,
        Answer::Refused(refused) => panic!("`{line}` was refused:\n{}", refused.message.plain()),
    }
}

/// What every refusal owes: why, and a line to copy that can be read.
fn check(line: &str, refused: &Refused) {
    assert!(refused.detail.ends_with(['.', ')', '?']) || refused.sort == "input", "`{line}`: {}", refused.detail);
    let hint = refused.hint.as_deref().unwrap_or_else(|| panic!("`{line}` has no line to copy: {}", refused.detail));
    let read = parse(&Input::Text(hint.to_owned()));
    assert!(read.is_ok(), "`{line}`: the line to copy cannot be read: {hint}");
    if refused.sort == "input" {
        assert!(refused.position.is_some(), "`{line}` does not say where");
    }
}

#[tokio::test]
async fn the_same_typed_twice_within_a_minute_is_done_once_and_says_so() {
    story(CONFIG, "2026-12-01 09:00", async |bot| {
        let first = typed(bot, "console", "anna", ROLLING).await;
        bot.at("2026-12-01 09:01").await;
        let again = typed(bot, "console", "anna", ROLLING).await;
        assert_eq!((again.windows.clone(), first.windows[0].0), (first.windows.clone(), 1));
        let text = again.message.plain();
        assert!(text.contains("was not done twice") && text.contains("--again"), "{text}");
        assert!(text.contains("MW-1 “Upgrade” is scheduled"), "{text}");

        for line in ["change add MW-1 \"Patch\"", "note MW-1 \"Ready\"", "extend MW-1 30m"] {
            let line = format!("/maintenance {line}");
            let before = bot.everything().await;
            typed(bot, "console", "anna", &line).await;
            let once = bot.everything().await;
            typed(bot, "console", "anna", &line).await;
            assert_eq!(bot.everything().await, once, "{line}");
            assert_ne!(before, once, "{line}");
            typed(bot, "console", "anna", &format!("{line} --again")).await;
            assert_ne!(bot.everything().await, once, "{line}");
        }
        assert_eq!(typed(bot, "console", "anna", &format!("{ROLLING} --again")).await.windows[0].0, 2);
    })
    .await;
}

#[tokio::test]
async fn a_repeat_ends_after_a_minute_with_another_command_and_elsewhere() {
    story(CONFIG, "2026-12-01 09:00", async |bot| {
        let first = typed(bot, "console", "anna", ROLLING).await.windows[0].0;
        assert_eq!(typed(bot, "elsewhere", "anna", ROLLING).await.windows[0].0, first + 1, "another place");
        assert_eq!(typed(bot, "console", "sam", ROLLING).await.windows[0].0, first + 2, "another person");
        typed(bot, "console", "anna", "/maintenance show MW-1").await;
        assert_eq!(typed(bot, "console", "anna", ROLLING).await.windows[0].0, first, "reading touches nothing");
        typed(bot, "console", "sam", "/maintenance cancel MW-1").await;
        assert_eq!(typed(bot, "console", "anna", ROLLING).await.windows[0].0, first + 3, "the first is called off");
        bot.at("2026-12-01 09:01:01").await;
        assert_eq!(typed(bot, "console", "anna", ROLLING).await.windows[0].0, first + 4, "61 seconds later");
    })
    .await;
}

#[tokio::test]
async fn a_dry_run_of_every_verb_that_writes_stores_nothing_and_shows_what_it_would() {
    story(CONFIG, "2026-12-08 13:45", async |bot| {
        bot.say("anna", &format!("{SCHEDULE} item:\"Patch\" item:\"Check\"")).await;
        bot.say("anna", "/maintenance schedule \"Later\" service:crm when:\"2027-02-08 14:00-16:00\"").await;
        let early = [
            "schedule \"New\" service:vpn when:\"2026-12-09 14:00-16:00\"",
            "edit MW-1 service:vpn",
            "edit MW-1 title:\"Other\"",
            "reschedule MW-1 when:\"2026-12-10 14:00-16:00\"",
            "cancel MW-1",
            "change add MW-1 \"Three\"",
            "change edit MW-1 1 \"Four\"",
            "change assign MW-1 1 @sam",
            "change remove MW-1 1",
            "change import MW-1 \"- five\"",
            "done MW-1 1",
            "start MW-1",
            "remind MW-2",
            "extend MW-1 1h",
            "note MW-1 \"Hello\"",
            "ack MW-1",
        ];
        let late = ["undo MW-1 1", "verify MW-1", "complete MW-1 outcome:partial"];
        for (lines, prepare) in [(&early[..], ""), (&late[..], "start")] {
            if !prepare.is_empty() {
                bot.say("anna", "/maintenance done MW-1 1").await;
                bot.say("anna", "/maintenance start MW-1").await;
            }
            for line in lines {
                let before = bot.everything().await;
                let reply = bot.say("anna", &format!("/maintenance {line} --dry-run")).await;
                assert_eq!(bot.everything().await, before, "{line}");
                assert!(reply.windows.is_empty(), "{line}");
                let text = reply.message.plain();
                assert!(text.contains("Nothing is stored"), "{line}: {text}");
                let planned = reply.deliveries.unwrap_or_else(|| panic!("{line} says nothing of deliveries"));
                assert!(!planned.is_empty() || line.starts_with("ack"), "{line}");
            }
        }
        let dry = bot
            .say("anna", "/maintenance schedule \"New\" service:vpn when:\"2026-12-29 14:00-16:00\" --dry-run")
            .await;
        assert!(!dry.message.plain().contains("MW-"), "no id is taken, so none is named: {}", dry.message.plain());
        assert!(dry.warnings.iter().all(|warning| !warning.contains("MW-")), "{:?}", dry.warnings);
        let planned: Vec<_> = dry.deliveries.expect("deliveries").into_iter().map(|d| (d.message, d.due_at)).collect();
        let real = bot.say("anna", "/maintenance schedule \"New\" service:vpn when:\"2026-12-29 14:00-16:00\"").await;
        assert_eq!(real.windows[0].0, 3, "dry runs take no id");
        let mut stored: Vec<_> =
            bot.ledger(3).await.into_iter().map(|row| (row.plan.message.to_string(), row.plan.due_at)).collect();
        let mut planned = planned;
        planned.sort();
        stored.sort();
        assert_eq!(planned, stored);
    })
    .await;
}

/// One line per step, for the window named.
fn line_of(step: Step, id: i64) -> String {
    let rest = match step {
        Step::Extend => " 30m",
        Step::Reschedule => " when:\"2027-01-08 14:00-16:00\"",
        Step::Edit => " title:\"Other\"",
        Step::Change => return format!("/maintenance change add MW-{id} \"More\""),
        Step::Done | Step::Undo => " 1",
        Step::Note => " \"Hello\"",
        Step::Told => " ACME",
        _ => "",
    };
    format!("/maintenance {step} MW-{id}{rest}")
}

#[tokio::test]
async fn an_illegal_step_names_the_state_who_when_and_what_is_possible_for_every_state_and_step() {
    let config = format!("{CONFIG}\n[policy.emergency]\napproval = [\"always\"]\n");
    story(&config, "2026-12-08 13:20", async |bot| {
        for _ in 0..5 {
            bot.say("anna", &format!("{ROLLING} item:\"Patch\" --again")).await;
        }
        let waits = SCHEDULE.replace("service:crm", "service:crm kind:emergency reason:\"leak\"");
        bot.say("anna", &format!("{waits} item:\"Patch\"")).await;
        // 1 stays scheduled and early; the others go where a window can be.
        bot.at("2026-12-08 13:29").await;
        bot.say("lee", "/maintenance cancel MW-5").await;
        bot.say("anna", "/maintenance reschedule MW-1 when:\"2026-12-20 14:00-16:00\"").await;
        bot.at("2026-12-08 13:30").await;
        for id in 2..=4 {
            bot.say("sam", &format!("/maintenance start MW-{id}")).await;
        }
        bot.say("sam", "/maintenance verify MW-3").await;
        bot.say("sam", "/maintenance complete MW-4 outcome:failed").await;
        let by = |state: State| match state {
            State::Scheduled | State::Pending => "anna moved it there, Tue 8 Dec 2026 13:20 UTC",
            State::Cancelled => "lee moved it there, Tue 8 Dec 2026 13:29 UTC",
            _ => "sam moved it there, Tue 8 Dec 2026 13:30 UTC",
        };
        for (id, state) in [
            (1, State::Scheduled),
            (2, State::InProgress),
            (3, State::Verifying),
            (4, State::Completed),
            (5, State::Cancelled),
            (6, State::Pending),
        ] {
            assert_eq!(bot.window(id).await.state, state);
            for step in Step::ALL.iter().copied().filter(|step| *step != Step::Overrun && !state.permits(*step)) {
                let line = line_of(step, id);
                let refused = bot.refused("anna", &line).await;
                check(&line, &refused);
                assert_eq!(refused.sort, "state", "{line}: {}", refused.detail);
                let named = state.as_str().replace('_', " ");
                assert!(refused.detail.contains(&format!("MW-{id} is {named} and cannot")), "{}", refused.detail);
                assert!(refused.detail.contains(by(state)), "{}", refused.detail);
                for possible in Step::ALL.iter().filter(|s| **s != Step::Overrun && **s != Step::Start) {
                    let list = refused.detail.split("Possible now: ").nth(1).unwrap_or("").trim_end_matches('.');
                    let listed = list.split(", ").any(|word| word == possible.as_str());
                    assert_eq!(listed, state.permits(*possible), "{possible} when {state}: {}", refused.detail);
                }
            }
        }
        // Early is a rule of its own, with the time from which it works and a line that does it now.
        let refused = bot.refused("anna", "/maintenance start MW-1").await;
        check("start", &refused);
        assert!(refused.detail.contains("Sun 20 Dec 2026 13:30 UTC on"), "{}", refused.detail);
        assert_eq!(refused.hint.as_deref(), Some("/maintenance reschedule MW-1 when:2026-12-08T13:31Z/PT120M"));
    })
    .await;
}

#[tokio::test]
async fn every_refusal_says_why_and_gives_a_line_that_can_be_read() {
    let config =
        format!("{CONFIG}\n[[service]]\nid = \"crm\"\nname = \"CRM\"\n\n[[region]]\nid = \"eu\"\nname = \"Europe\"\n");
    story(&config, "2026-12-08 13:00", async |bot| {
        bot.say("anna", &format!("{SCHEDULE} item:\"Patch\"")).await;
        bot.say("anna", "/maintenance schedule \"Empty\" service:crm when:\"2026-12-09 14:00-16:00\"").await;
        let before = bot.everything().await;
        for line in [
            "schedule \"Other\" service:crn when:\"2026-12-09 14:00-16:00\"",
            "schedule \"Other\" service:crm regions:ue when:\"2026-12-09 14:00-16:00\"",
            "schedule \"Other\" service:crm kind:emergancy when:\"2026-12-09 14:00-16:00\"",
            "schedule \"Other\" service:crm when:\"2026-12-01 14:00-16:00\"",
            "schedule \"Other\" service:crm when:\"tomorrow\"",
            "show MW-9",
            "done MW-1 7",
            "done MW-2 --all",
            "undo MW-1 1",
            "edit MW-1 title:\"Upgrade\"",
            "reschedule MW-1 when:\"2026-12-08 14:00-16:00\"",
            "extend MW-1 31d",
            "change add MW-1 \"Part\" parent:9",
            "change edit MW-1 1 \"Patch\"",
            "change import MW-1 \"no list\"",
            "change remove MW-1 9",
            "preview MW-1 issue_open",
            "help nonsense",
            "nonsense",
            "start MW-1",
            "remind MW-9",
        ] {
            let line = format!("/maintenance {line}");
            let refused = bot.refused("anna", &line).await;
            check(&line, &refused);
            assert!(refused.message.plain().contains(refused.hint.as_deref().expect("a hint")), "{line}");
        }
        assert_eq!(bot.everything().await, before, "a refusal stores nothing");
    })
    .await;
}

/// What the rules, plans, series and freezes added; the verbs of the present windows are above.
#[tokio::test]
async fn a_dry_run_of_every_verb_about_rules_plans_series_and_customers_stores_nothing() {
    let config = format!(
        "{CONFIG}\n[policy.emergency]\napproval = [\"always\"]\n\n[people.anna]\n\n[[customer]]\nid = \"ACME\"\nowner = \"anna\"\n"
    );
    story(&config, "2026-12-01 09:00", async |bot| {
        for line in [
            "schedule \"Hotfix\" service:crm kind:emergency when:\"2026-12-02 10:00-11:00\" reason:\"leak\" poc:@anna",
            "plan new \"Draft\"",
            "schedule \"One\" service:erp when:\"2026-12-10 10:00-11:00\" plan:PL-1",
            "qa add PL-1 \"Is data safe?\" \"Yes.\"",
            "plan new \"Published\"",
            "schedule \"Two\" service:vpn when:\"2026-12-10 10:00-11:00\" plan:PL-2",
            "plan publish PL-2",
            "plan new \"Held\"",
            "schedule \"Three\" service:dns when:\"2026-12-10 10:00-11:00\" plan:PL-3",
            "plan publish PL-3",
            "hold PL-3",
            "series \"Monthly\" service:mail every:\"second sunday of month 16:00 for 4h\"",
            "freeze add \"Audit\" from:2026-12-20 to:2026-12-21 service:crm",
        ] {
            bot.say("anna", &format!("/maintenance {line}")).await;
        }
        for (line, owes) in [
            ("approve MW-1", true),
            ("reject MW-1 reason:\"no\"", true),
            ("plan new \"Another\"", false),
            ("plan publish PL-1", true),
            ("plan cancel PL-2", true),
            ("cancel PL-2", true),
            ("hold PL-2 reason:\"wait\"", true),
            ("release PL-3", true),
            ("schedule \"Four\" service:erp when:\"2026-12-12 10:00-11:00\" plan:PL-1", false),
            ("qa add PL-1 \"Who?\" \"We.\"", false),
            ("qa remove PL-1 1", false),
            ("series \"Weekly\" service:wiki every:\"every week on sunday 02:00 for 1h\"", true),
            ("series stop SR-1", false),
            ("edit MW-6 --all title:\"Other\"", false),
            ("reschedule MW-6 --following when:\"2027-01-10 18:00-20:00\"", true),
            ("cancel MW-6 --all", true),
            ("freeze add \"Year end\" from:2026-12-22 to:2027-01-07", false),
            ("freeze remove FR-1", false),
            ("told MW-3 ACME", true),
        ] {
            let reply = bot.dry("boss", &format!("/maintenance {line}")).await;
            let text = reply.message.plain();
            assert!(text.contains("Nothing is stored"), "{line}: {text}");
            let owed = reply.deliveries.expect("deliveries");
            assert!(!owes || !owed.is_empty(), "{line} says nothing of what would be owed");
        }
        let fresh = ["plan new \"Another\"", "freeze add \"Year end\" from:2026-12-22 to:2027-01-07"];
        for (line, first) in fresh.iter().zip(["PL-4", "FR-2"]) {
            assert_eq!(bot.dry("boss", &format!("/maintenance {line}")).await.subject, None, "{line} takes no id");
            let reply = bot.say("boss", &format!("/maintenance {line}")).await;
            assert_eq!(reply.subject.map(|subject| subject.to_string()), Some(first.into()));
        }
    })
    .await;
}

#[tokio::test]
async fn a_dry_run_answers_what_the_rules_found_and_is_refused_where_the_command_would_be() {
    let config = format!("{CONFIG}\n[policy.emergency]\napproval = [\"always\"]\n");
    story(&config, "2026-12-01 09:00", async |bot| {
        bot.say("anna", SCHEDULE).await;
        let conflict = SCHEDULE.replace("14:00-16:00", "15:00-17:00");
        assert!(bot.refused("lee", &format!("{conflict} --dry-run")).await.detail.contains("MW-1"));
        let near = bot.dry("lee", &SCHEDULE.replace("14:00-16:00", "16:30-17:00")).await;
        assert_eq!(near.findings.len(), 1);
        let asks = SCHEDULE.replace("service:crm", "service:vpn kind:emergency reason:\"leak\"");
        let asks = bot.dry("lee", &asks).await;
        assert_eq!(asks.findings.len(), 1);
        let owed: Vec<_> = asks.deliveries.expect("deliveries").into_iter().map(|row| row.message).collect();
        assert_eq!(owed, ["approval_request", "approval_reminder"]);
    })
    .await;
}

#[tokio::test]
async fn plans_series_and_freezes_typed_twice_are_made_once() {
    story(CONFIG, "2026-12-01 09:00", async |bot| {
        for line in [
            "plan new \"Move\"",
            "series \"Monthly\" service:crm every:\"second sunday of month 16:00 for 4h\"",
            "freeze add \"Year end\" from:2026-12-20 to:2027-01-07 service:vpn",
        ] {
            let line = format!("/maintenance {line}");
            let first = typed(bot, "console", "anna", &line).await;
            let once = bot.everything().await;
            let again = typed(bot, "console", "anna", &line).await;
            assert_eq!(bot.everything().await, once, "{line}");
            assert_eq!((again.windows, again.subject), (first.windows, first.subject), "{line}");
            assert!(again.message.plain().contains("was not done twice"), "{line}");
        }
        // Another command on the same thing ends the repeat.
        typed(bot, "console", "anna", "/maintenance freeze remove FR-1").await;
        let line = "/maintenance freeze add \"Year end\" from:2026-12-20 to:2027-01-07 service:vpn";
        assert_eq!(typed(bot, "console", "anna", line).await.subject.map(|s| s.to_string()), Some("FR-2".into()));
    })
    .await;
}
