//! The grammar: different ways to type the same, and what is text although it looks like an option.

use chrono::TimeDelta;
use maintbot::command::{Command, Input, parse, parse_within};
use maintbot::domain::change::ItemKind;
use maintbot::domain::ledger::MessageKind;
use maintbot::domain::window::{Outcome, State, WindowId};

use super::{command, read};

/// The text of a `note`, which is kept as typed.
fn noted(line: &str) -> String {
    match command(line) {
        Command::Note(note) => note.text,
        other => panic!("{line}: {other:?}"),
    }
}

#[test]
fn people_mix_the_ways_to_give_an_option_and_all_mean_the_same() {
    let wanted = command(r#"/maintenance extend MW-12 30m reason:"index rebuild" --dry-run"#);
    let same = [
        r#"extend MW-12 30m reason:"index rebuild" --dry-run"#,
        r#"/Maintenance EXTEND mw-12 30m reason:"index rebuild" --dry-run"#,
        r#"/maintenance extend --dry-run reason:"index rebuild" MW-12 30m"#,
        r#"/maintenance extend MW-12 30m --reason "index rebuild" --dry-run"#,
        r#"/maintenance extend MW-12 30m --reason="index rebuild" --dry-run=true"#,
        r#"/maintenance extend MW-12 30m reason: "index rebuild" dry-run:true"#,
        r#"/maintenance extend window:MW-12 for:30m Reason:"index rebuild" --dry_run"#,
        "/maintenance extend MW-12 30m reason:“index rebuild” —dry-run",
        "/maintenance extend MW-12 30m reason:„index rebuild“ –dry-run",
        "/maintenance extend MW-12 30m reason:«index rebuild» --dry-run",
        "/maintenance extend MW-12 30m reason:‘index rebuild’ --dry-run",
        "/maintenance extend MW-12 30m reason:'index rebuild' --dry-run",
        "/maintenance extend MW-12 30m reason:“index rebuild\" --dry-run",
        "/maintenance\u{a0}extend\u{a0}MW-12\u{202f}30m\u{2003}reason:\"index rebuild\"\n--dry-run",
        "  /maintenance   extend  MW-12  30 minutes   reason:\"index rebuild\" --dry-run  ",
    ];
    for line in same {
        assert_eq!(command(line), wanted, "{line}");
    }
    let Command::Extend(extend) = wanted else { panic!() };
    assert_eq!(
        (extend.window, extend.for_, extend.reason.as_deref()),
        (WindowId(12), TimeDelta::minutes(30), Some("index rebuild"))
    );
    assert!(extend.dry_run && !extend.again);
}

#[test]
fn every_fact_of_a_scheduled_window_is_read() {
    let line = r#"/maintenance schedule "Jira 10.3 upgrade" service:jira,confluence service:crm when:"next sunday 16:00-20:00" tz:Europe/Helsinki
        env:staging regions:eu,apac kind:emergency downtime:10m-15m impact:"Jira is unavailable" category:security poc:@mikko rollback:snapshot
        customers:ACME,Globex link:https://wiki.example.com/a,b link:http://b.example.com item:"Jira to 10.3.2" item:"Rebuild, then check" --again"#;
    let Command::Schedule(window) = command(line) else { panic!() };
    assert_eq!(window.title, "Jira 10.3 upgrade");
    assert_eq!(window.service, ["jira", "confluence", "crm"]);
    assert_eq!(window.when.to_string(), "next sunday 16:00-20:00");
    assert_eq!(window.tz.map(|zone| zone.name().to_owned()).as_deref(), Some("Europe/Helsinki"));
    assert_eq!(
        (window.environment.as_deref(), window.kind.map(|kind| kind.0).as_deref()),
        (Some("staging"), Some("emergency"))
    );
    assert_eq!(window.regions, ["eu", "apac"]);
    assert_eq!(window.downtime.overall.map(|figure| figure.to_string()).as_deref(), Some("10m-15m"));
    assert_eq!(window.category.map(maintbot::domain::window::Category::as_str), Some("security"));
    assert_eq!(window.poc.as_ref().map(maintbot::command::Person::as_str), Some("mikko"));
    assert_eq!(window.customers, ["ACME", "Globex"]);
    assert_eq!(window.link, ["https://wiki.example.com/a,b", "http://b.example.com"]);
    assert_eq!(window.item, ["Jira to 10.3.2", "Rebuild, then check"]);
    assert!(window.again && !window.dry_run);
}

#[test]
fn a_length_beside_the_start_is_part_of_the_time() {
    let same = |a: &str, b: &str| assert_eq!(command(a), command(b), "{a}");
    same(
        r#"schedule Upgrade service:jira when:"sunday 16:00" for:4h"#,
        r#"schedule Upgrade service:jira when:"sunday 16:00 for 4h""#,
    );
    same(
        r#"schedule Upgrade for:90m service:jira when:"sunday 16:00""#,
        r#"schedule Upgrade service:jira when:"sunday 16:00 for 90m""#,
    );
    same(r#"reschedule MW-3 when:"tomorrow 4pm" --for 90m"#, r#"reschedule MW-3 when:"tomorrow 4pm for 90m""#);
}

#[test]
fn titles_and_notes_need_no_quotes() {
    let Command::Schedule(window) = command("schedule Jira upgrade to 10.3 service:jira when:\"sunday 16:00 for 4h\"")
    else {
        panic!()
    };
    assert_eq!(window.title, "Jira upgrade to 10.3");
    let texts = [
        ("note MW-12 Database restored, verifying", "Database restored, verifying"),
        (
            "note MW-12 it's up at 12:30, see https://status.example.com/x?a=b:c",
            "it's up at 12:30, see https://status.example.com/x?a=b:c",
        ),
        ("note MW-12 he said \"almost done\" twice", "he said \"almost done\" twice"),
        ("note MW-12 we wait — as planned – for -5 degrees", "we wait — as planned – for -5 degrees"),
        ("note MW-12 19\" rack is back", "19\" rack is back"),
        ("note MW-12 'tis done", "'tis done"),
        ("note MW-12 Database --internal restored", "Database restored"),
        ("note MW-12 Database: restored", "Database: restored"),
        ("note MW-12 DB: up", "DB: up"),
        ("note MW-12 \"reason: disk\"", "reason: disk"),
        ("note MW-12 see \"reason: disk\" there", "see \"reason: disk\" there"),
        (r#"note MW-12 "a \"quoted\" word, a back\\slash, C:\temp""#, r#"a "quoted" word, a back\slash, C:\temp"#),
        ("note MW-12 \"two\nlines\"", "two\nlines"),
        ("note MW-12 \"\u{202e}\u{0}\"", "\u{202e}\u{0}"),
        ("note MW-12 text:\"by name\"", "by name"),
        ("note MW-12 \"--dry-run\"", "--dry-run"),
    ];
    for (line, text) in texts {
        assert_eq!(noted(line), text, "{line}");
    }
}

#[test]
fn a_task_list_keeps_its_lines() {
    let Command::ChangeImport(import) =
        command("change import MW-12 - [ ] Jira to 10.3.2\n  - [ ] index\n- [x] backup")
    else {
        panic!()
    };
    assert_eq!(import.text, "- [ ] Jira to 10.3.2\n  - [ ] index\n- [x] backup");
}

#[test]
fn items_are_given_in_any_list() {
    for line in [
        "done MW-12 3 4 5",
        "done MW-12 3,4,5",
        "done MW-12 3, 4, 5",
        "done MW-12 #3 #4 #5",
        "done MW-12 item:3,4,5",
        "done MW-12 item: 3, 4, 5",
        "done MW-12 items:\"3 4 5\"",
        "done 3 4 5 window:MW-12",
        "done MW-12 3 3 4 5",
    ] {
        let Command::Done(done) = command(line) else { panic!("{line}") };
        assert_eq!((done.item, done.all), (vec![3, 4, 5], false), "{line}");
    }
    let Command::Done(done) = command("done MW-12 --all") else { panic!() };
    assert!(done.all && done.item.is_empty());
}

#[test]
fn verbs_of_two_words_have_their_own_options() {
    let Command::ChangeAdd(add) = command(
        r#"change add MW-12 "Jira to 10.3.2" kind:os-patches from:10.2 to:10.3.2 advisory:CVE-2026-1,CVE-2026-2 assignee:anna parent:3"#,
    ) else {
        panic!()
    };
    assert_eq!((add.text.as_str(), add.kind, add.parent), ("Jira to 10.3.2", Some(ItemKind::OsPatches), Some(3)));
    assert_eq!((add.from.as_deref(), add.to.as_deref()), (Some("10.2"), Some("10.3.2")));
    assert_eq!(add.cve, ["CVE-2026-1", "CVE-2026-2"]);
    assert_eq!(add.assignee.as_ref().map(maintbot::command::Person::as_str), Some("anna"));
    let Command::ChangeAssign(assign) = command("change assign MW-12 3 @anna") else { panic!() };
    assert_eq!((assign.item, assign.assignee.as_str()), (3, "anna"));
    let Command::ChangeEdit(edit) = command("change edit MW-12 3 Jira to the newest") else { panic!() };
    assert_eq!((edit.item, edit.text.as_deref()), (3, Some("Jira to the newest")));
}

#[test]
fn reading_verbs_take_filters_and_bare_words() {
    let Command::List(list) = command("list mine service:Jira state:scheduled,in-progress from:2026-12-01") else {
        panic!()
    };
    assert!(list.mine && !list.all && list.to.is_none());
    assert_eq!((list.service, list.state), (vec!["jira".to_owned()], vec![State::Scheduled, State::InProgress]));
    assert_eq!(list.from.map(|from| from.to_string()).as_deref(), Some("2026-12-01"));
    assert_eq!(command("list --mine"), command("list mine"));
    let Command::Preview(preview) = command("preview MW-12 change_list") else { panic!() };
    assert_eq!(preview.message, MessageKind::ChangeList);
    let Command::Complete(complete) = command("complete MW-12 outcome:Rolled-back downtime:12m") else { panic!() };
    assert_eq!((complete.outcome, complete.downtime), (Some(Outcome::RolledBack), Some(TimeDelta::minutes(12))));
}

#[test]
fn an_empty_text_clears_where_clearing_makes_sense() {
    let Command::Edit(edit) = command("edit MW-12 impact:\"\"") else { panic!() };
    assert_eq!(edit.impact.as_deref(), Some(""));
}

#[test]
fn help_is_there_for_nothing_for_a_verb_and_behind_a_verb() {
    let about = |line: &str| match command(line) {
        Command::Help(help) => help.verb,
        other => panic!("{line}: {other:?}"),
    };
    for line in ["", "  ", "/maintenance", "help", "--help", "/maintenance --help"] {
        assert_eq!(about(line), None, "{line}");
    }
    assert_eq!(about("help Schedule").as_deref(), Some("schedule"));
    assert_eq!(about("help change add").as_deref(), Some("change add"));
    assert_eq!(about("schedule --help").as_deref(), Some("schedule"));
    assert_eq!(about("change --help").as_deref(), Some("change"));
    assert_eq!(about("change add -h").as_deref(), Some("change add"));
}

#[test]
fn do_runs_the_command_inside_it() {
    let wanted = command("note MW-12 \"all well\"");
    for line in [
        "do note MW-12 \"all well\"",
        "do text:\"note MW-12 \\\"all well\\\"\"",
        "do \"note MW-12 all well\"",
        "do text: note MW-12 all well",
        "/maintenance do /maintenance note MW-12 all well",
    ] {
        assert_eq!(command(line), wanted, "{line}");
    }
    let options = vec![("text".to_owned(), "note MW-12 all well".to_owned())];
    let named = parse(&Input::Named { verb: "do".to_owned(), options }).unwrap();
    assert_eq!((named.command, named.text.as_str()), (wanted, "note MW-12 all well"));
}

#[test]
fn a_shell_has_taken_the_quotes_away() {
    let words = |words: &[&str]| parse(&Input::Words(words.iter().map(|word| (*word).to_owned()).collect()));
    let wanted = command(
        r#"schedule "Jira \"LTS\" upgrade" service:jira when:"sunday 16:00" for:4h impact:"Jira: slow" --dry-run"#,
    );
    for typed in [
        &[
            "schedule",
            "Jira \"LTS\" upgrade",
            "service:jira",
            "when:sunday 16:00",
            "for:4h",
            "impact:Jira: slow",
            "--dry-run",
        ][..],
        &[
            "schedule",
            "Jira",
            "\"LTS\"",
            "upgrade",
            "--service",
            "jira",
            "--when",
            "sunday 16:00",
            "--for=4h",
            "--impact",
            "Jira: slow",
            "--dry-run",
        ],
        &[
            "schedule \"Jira \\\"LTS\\\" upgrade\" service:jira when:\"sunday 16:00 for 4h\" impact:\"Jira: slow\" --dry-run",
        ],
    ] {
        assert_eq!(words(typed).map(|parsed| parsed.command), Ok(wanted.clone()), "{typed:?}");
    }
    let parsed = words(&["note", "MW-12", "Database restored"]).unwrap();
    assert_eq!(parsed.text, "/maintenance note MW-12 \"Database restored\"");
}

#[test]
fn named_options_are_the_same_options() {
    let named = |verb: &str, options: &[(&str, &str)]| {
        let options = options.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        parse(&Input::Named { verb: verb.to_owned(), options }).map(|parsed| parsed.command)
    };
    let wanted = command("change add MW-12 \"when: now\" kind:upgrade --dry-run");
    let options = [
        ("kind", "upgrade"),
        ("window", "MW-12"),
        ("text", "when: now"),
        ("dry-run", "true"),
        ("again", "false"),
        ("assignee", ""),
    ];
    assert_eq!(named("change add", &options), Ok(wanted));
    assert_eq!(named("done", &[("window", "MW-12"), ("item", "3 4")]), Ok(command("done MW-12 3,4")));
    assert_eq!(named("list", &[("mine", "true")]), Ok(command("list mine")));
    assert!(named("note", &[("window", "MW-12"), ("txt", "x")]).is_err());
}

#[test]
fn inside_its_own_issue_a_window_is_implied() {
    let within =
        |line: &str| parse_within(&Input::Text(line.to_owned()), Some(WindowId(12))).map(|parsed| parsed.command);
    for (line, full) in [
        ("done 3", "done MW-12 3"),
        ("done 3 4", "done MW-12 3 4"),
        ("note all well", "note MW-12 all well"),
        ("show", "show MW-12"),
        ("extend 30m reason:disk", "extend MW-12 30m reason:disk"),
        ("done MW-7 3", "done MW-7 3"),
        ("start --dry-run", "start MW-12 --dry-run"),
        ("do done 3", "done MW-12 3"),
        ("list mine", "list mine"),
    ] {
        assert_eq!(within(line), Ok(command(full)), "{line}");
    }
    assert!(read("done 3").is_err());
}

#[test]
fn lists_of_services_may_have_blanks_and_capitals() {
    for line in [
        "next service:jira,crm",
        "next service:jira, crm",
        "next service: jira, crm",
        "next service:\"jira, crm\"",
        "next services:JIRA service:crm",
        "next service:\"jira\",\"crm\"",
    ] {
        let Command::Next(next) = command(line) else { panic!() };
        assert_eq!(next.service, ["jira", "crm"], "{line}");
    }
}
