//! Plans, series, freezes, approval, and downtime that differs between services.

use std::collections::BTreeMap;

use chrono::{NaiveTime, TimeDelta};
use maintbot::command::{Command, Expected, Input, parse, parse_within};
use maintbot::domain::series::Scope;
use maintbot::domain::subject::Subject;
use maintbot::domain::window::{Downtime, WindowId};

use super::{command, read, refused};

/// The figures that `edit` reads from these words.
fn expected(words: &str) -> Expected {
    match command(&format!("edit MW-12 {words}")) {
        Command::Edit(edit) => edit.downtime,
        other => panic!("{words}: {other:?}"),
    }
}

fn figure(text: &str) -> Downtime {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn downtime_is_one_figure_or_one_for_each_service() {
    let wanted = Expected {
        overall: Some(figure("15m")),
        services: BTreeMap::from([
            ("jira".to_owned(), figure("1h")),
            ("eu.mail_1".to_owned(), figure("10m-15m per:tenant")),
        ]),
    };
    for words in [
        r#"downtime:15m downtime.jira:1h downtime.eu.mail_1:"10m-15m per:tenant""#,
        r#"downtime.Jira:1h --downtime 15m --downtime.eu.mail_1="10m-15m per tenant""#,
        r#"downtime:"15m, jira=1h, eu.mail_1=10m-15m per:tenant""#,
        r"downtime:15m,jira=1h downtime:'eu.mail_1=10m-15m per tenant'",
        r#"downtime.jira: 1h downtime:15m —downtime.eu.mail_1 "10m-15m per tenant""#,
    ] {
        assert_eq!(expected(words), wanted, "{words}");
    }
    assert!(expected("impact:x").is_empty());
    assert_eq!(expected("downtime:none").overall.map(|none| none.most), Some(TimeDelta::zero()));
    let words = ["edit", "MW-12", "downtime.jira:10m-15m per tenant", "--downtime", "none"].map(str::to_owned);
    let Ok(Command::Edit(edit)) = parse(&Input::Words(words.to_vec())).map(|parsed| parsed.command) else { panic!() };
    assert_eq!(edit.downtime.services["jira"], figure("10m-15m per:tenant"));
    for (name, text) in [("downtime", "jira=1h"), ("downtime.jira", "1h"), ("downtime.JIRA", "60m")] {
        let options = [("window", "MW-12"), (name, text), ("downtime", "15m")];
        let options = options.map(|(name, text)| (name.to_owned(), text.to_owned())).to_vec();
        let read = parse(&Input::Named { verb: "edit".to_owned(), options }).map(|parsed| parsed.command);
        assert_eq!(read, Ok(command("edit MW-12 downtime.jira:1h downtime:15m")), "{name}");
    }
}

#[test]
fn downtime_that_cannot_be_is_refused_with_one_that_can() {
    let cases = [
        ("downtime:15m downtime:20m", "given twice", "downtime:20m", "downtime:20m"),
        ("downtime.jira:1h downtime.JIRA:2h", "given twice", "downtime.JIRA:2h", "downtime.jira:2h"),
        ("downtime:15m,20m", "given twice for every service", "20m", ""),
        ("downtime:lots,jira=1h", "is not a length of time", "lots", ""),
        ("downtime.jira:lots", "is not a length of time", "lots", "downtime.jira:1h"),
        ("downtime.jira: lots", "is not a length of time", "lots", "downtime.jira:1h"),
        ("downtme.jira:1h", "did you mean `downtime:`?", "downtme.jira", "downtime.jira:1h"),
        ("downtime:10m-15m per tenant", "needs quotes", "10m-15m per tenant", "downtime:\"10m-15m per tenant\""),
        ("downtime:10m-15m per:tenant", "needs quotes", "10m-15m per:tenant", "downtime:\"10m-15m per:tenant\""),
        ("downtime:15m-10m", "runs backwards", "15m-10m", ""),
    ];
    for (words, says, marks, copies) in cases {
        let (detail, marked, hint) = refused(&format!("edit MW-12 {words}"));
        assert!(detail.contains(says), "{words}\n{detail}");
        assert_eq!(marked, marks, "{words}");
        assert!(hint.starts_with("/maintenance edit MW-12 downtime") && hint.ends_with(copies), "{words}\n{hint}");
    }
}

#[test]
fn words_with_a_dot_are_text_where_they_are_not_downtime() {
    for text in ["example.com:8080 is up", "for.example: this", "see service.name:x", "reason.txt: gone"] {
        let Command::Note(note) = command(&format!("note MW-12 {text}")) else { panic!() };
        assert_eq!(note.text, text);
    }
    assert!(refused("note MW-12 downtime.jira:1h").0.contains("not of `note`"));
}

#[test]
fn a_change_is_for_this_window_the_following_or_all() {
    for (words, scope) in [
        ("", Scope::This),
        ("--this", Scope::This),
        ("--following", Scope::Following),
        ("--all", Scope::All),
        ("--following=true --all=false", Scope::Following),
    ] {
        for line in [
            format!("edit MW-12 poc:@anna {words}"),
            format!("cancel MW-12 {words}"),
            format!("reschedule MW-12 when:\"sunday 16:00 for 4h\" {words}"),
        ] {
            assert_eq!(command(&line).scope(), scope, "{line}");
        }
    }
    let (detail, marked, hint) = refused("cancel MW-12 --following --all reason:x");
    assert_eq!(detail, "only one of `--this`, `--following`, `--all` can be meant");
    assert_eq!((marked.as_str(), hint.as_str()), ("--all", "/maintenance cancel MW-12 --following reason:x"));
}

#[test]
fn lists_can_be_cleared() {
    let Command::Edit(edit) = command("edit MW-12 customers:all regions:ALL link:\"\"") else { panic!() };
    assert_eq!((edit.customers, edit.regions, edit.link), (Some(vec![]), Some(vec![]), Some(vec![])));
    let Command::Edit(edit) = command("edit MW-12 customers:ACME,Globex regions:eu") else { panic!() };
    assert_eq!(edit.customers, Some(vec!["ACME".to_owned(), "Globex".to_owned()]));
    assert_eq!((edit.regions, edit.link), (Some(vec!["eu".to_owned()]), None));
    let line = "schedule Upgrade service:jira when:\"sunday 16:00 for 4h\" customers:all regions:all";
    let Command::Schedule(schedule) = command(line) else { panic!() };
    assert!(schedule.customers.is_empty() && schedule.regions.is_empty());
    assert_eq!(command("next service:all").render(), "/maintenance next service:all");
}

#[test]
fn a_command_says_what_it_is_about() {
    for (line, subject, window) in [
        ("show MW-12", "MW-12", true),
        ("cancel pl-3", "PL-3", false),
        ("approve MW-12 sequence:0", "MW-12", true),
        ("reject plan:PL-3 reason:x", "PL-3", false),
        ("hold PL-3", "PL-3", false),
        ("plan show PL-3", "PL-3", false),
        ("qa remove MW-12 2", "MW-12", true),
        ("series stop SR-1", "SR-1", false),
        ("freeze remove FR-2", "FR-2", false),
        ("told MW-12 ACME", "MW-12", true),
    ] {
        let command = command(line);
        assert_eq!(command.subject().map(|subject| subject.to_string()).as_deref(), Some(subject), "{line}");
        assert_eq!(command.window().is_some(), window, "{line}");
    }
    for line in
        ["plan show", "plan new X", "schedule Upgrade service:jira when:\"sunday 16:00 for 4h\" plan:PL-3", "whoami"]
    {
        assert_eq!(command(line).subject(), None, "{line}");
    }
}

#[test]
fn questions_and_answers_stand_in_quotes() {
    let Command::QaAdd(qa) = command(r#"qa add PL-3 "Is data safe?" "Yes: …""#) else { panic!() };
    assert_eq!((qa.question.as_str(), qa.answer.as_str()), ("Is data safe?", "Yes: …"));
    assert_eq!(
        command(r#"qa add question:"Is data safe?" answer:"Yes: …" window:PL-3"#),
        command(r#"qa add PL-3 "Is data safe?" "Yes: …""#)
    );
    let within =
        |line: &str| parse_within(&Input::Text(line.to_owned()), Some(WindowId(12))).map(|parsed| parsed.command);
    assert_eq!(within(r#"qa add "Is it safe?" "Yes""#), Ok(command(r#"qa add MW-12 "Is it safe?" "Yes""#)));
    assert_eq!(within("approve"), Ok(command("approve MW-12")));
    assert_eq!(within("cancel PL-3"), Ok(command("cancel PL-3")));
    let (detail, _, hint) = refused(r#"qa add PL-3 "Is data safe?""#);
    assert_eq!(detail, "`qa add` needs `answer`");
    assert_eq!(hint, r#"/maintenance qa add PL-3 "Is data safe?" "Yes: it is backed up first""#);
}

#[test]
fn new_may_be_left_out_of_a_series() {
    let line = r#"series "Monthly break" service:all every:"second sunday of month" at:4pm for:4h from:2027-01-01"#;
    let Command::SeriesNew(series) = command(line) else { panic!() };
    assert_eq!((series.title.as_str(), series.service.as_slice()), ("Monthly break", &["all".to_owned()][..]));
    assert_eq!((series.at, series.for_), (NaiveTime::from_hms_opt(16, 0, 0), Some(TimeDelta::hours(4))));
    assert_eq!(command(&line.replace("series ", "series new ")), Command::SeriesNew(series));
    let (detail, _, hint) = refused("series SR-1");
    assert!(detail.contains("needs one of new, show, stop"), "{detail}");
    assert_eq!(hint, "/maintenance series show SR-1");
    assert_eq!(refused("plan PL-3").2, "/maintenance plan show PL-3");
    assert_eq!(refused("qa PL-3 Why?").2, "/maintenance qa add PL-3 \"Why?\" \"Yes: it is backed up first\"");
    for (at, marks) in [("sunday 16:00", "sunday 16:00"), ("16", "16"), ("16:00Z", "16:00Z"), ("25:00", "25:00")] {
        let (_, marked, _) =
            refused(&format!("series Break service:jira every:\"last friday of quarter\" at:\"{at}\""));
        assert_eq!(marked, marks, "{at}");
    }
}

#[test]
fn a_freeze_is_of_whole_days() {
    let Command::FreezeAdd(freeze) =
        command(r#"freeze add "Year end" from:2026-12-18 to:"7 january 2027" kind:scheduled"#)
    else {
        panic!()
    };
    assert_eq!((freeze.from.to_string(), freeze.to.to_string()), ("2026-12-18".into(), "7 january 2027".into()));
    for (from, marks, copies) in [
        ("2026-12-18 09:00", "09:00", "from:2026-12-18"),
        ("2026-12-18 UTC", "UTC", "from:2026-12-18"),
        ("now", "now", "from:2026-12-18"),
        ("<t:1796572800:F>", "<t:1796572800:F>", "from:2026-12-18"),
        ("tomorrow 4pm", "4pm", "from:tomorrow"),
    ] {
        let (detail, marked, hint) = refused(&format!("freeze add X from:\"{from}\" to:2027-01-07"));
        assert_eq!(detail, "`from` is a whole day; write it without a time or a zone", "{from}");
        assert_eq!(marked, marks, "{from}");
        assert_eq!(hint, format!("/maintenance freeze add X {copies} to:2027-01-07"));
    }
}

#[test]
fn ids_of_another_kind_are_told_apart() {
    for (line, says, hint) in [
        ("hold MW-12", "`MW-12` is not a plan id: they look like PL-3", "/maintenance hold PL-3"),
        ("hold 7", "`7` is not a plan id", "/maintenance hold PL-7"),
        ("hold pl7", "`pl7` is not a plan id", "/maintenance hold PL-7"),
        ("approve SR-1", "is not a window or a plan", "/maintenance approve MW-12"),
        ("approve 7", "is not a window or a plan", "/maintenance approve MW-7"),
        ("freeze remove 2", "they look like FR-2", "/maintenance freeze remove FR-2"),
        ("PL-3 hold", "the verb comes first", "/maintenance hold PL-3"),
    ] {
        let (detail, _, copied) = refused(line);
        assert!(detail.contains(says), "{line}\n{detail}");
        assert_eq!(copied, hint, "{line}");
    }
    assert_eq!(read("told MW-12 ACME").unwrap().command.subject(), Some(Subject::Window(WindowId(12))));
}
