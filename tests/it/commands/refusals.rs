//! Refusals: what is wrong, where, and the line to copy.

use maintbot::command::{Input, LONGEST_INPUT, parse};
use maintbot::domain::refusal::Refusal;

use super::{command, read, refusal, refused};

/// The line, a part of what is said, the text that the caret marks, and the line to copy.
fn table(cases: &[(&str, &str, &str, &str)]) {
    for (line, says, marks, copies) in cases {
        let (detail, marked, hint) = refused(line);
        assert!(detail.contains(says), "{line}\nsays {detail}\nnot  {says}");
        assert_eq!((marked.as_str(), hint.as_str()), (*marks, *copies), "{line}");
    }
}

#[test]
fn what_is_not_known_is_refused_with_the_nearest_known() {
    table(&[
        ("/maintenance lst mine", "no verb `lst`; did you mean `list`?", "lst", "/maintenance list mine"),
        (
            "shedule Upgrade service:jira when:\"sunday 16:00 for 4h\"",
            "did you mean `schedule`?",
            "shedule",
            "/maintenance schedule Upgrade service:jira when:\"sunday 16:00 for 4h\"",
        ),
        ("frobnicate MW-12", "`/maintenance help` lists them", "frobnicate", "/maintenance help"),
        ("MW-12 done 3", "the verb comes first", "MW-12", "/maintenance done MW-12 3"),
        (
            "list servce:jira",
            "no option `servce:`; did you mean `service:`?",
            "servce",
            "/maintenance list service:jira",
        ),
        ("list --sevice jira", "did you mean `service:`?", "--sevice", "/maintenance list service:jira"),
        (
            "note MW-12 \"all well\" --intern",
            "did you mean `--internal`?",
            "--intern",
            "/maintenance note MW-12 \"all well\" --internal",
        ),
        ("start MW-12 --frobnicate", "no option `--frobnicate`", "--frobnicate", "/maintenance start MW-12"),
        ("help shedule", "no verb `shedule`", "shedule", "/maintenance help schedule"),
        (
            "list state:schedulled",
            "is not one of pending, scheduled",
            "schedulled",
            "/maintenance list state:scheduled",
        ),
        (
            "note MW-12 done tz:UTC",
            "`tz:` is an option of `schedule`, `suggest`, `reschedule` and others, not of `note`; if it is text, put it in quotes",
            "tz",
            "/maintenance note MW-12 \"done tz:UTC\"",
        ),
    ]);
}

#[test]
fn a_group_without_action_lists_its_actions() {
    table(&[
        (
            "change",
            "`change` needs one of add, edit, assign, remove, import",
            "change",
            "/maintenance change add MW-12 \"Jira to 10.3.2\"",
        ),
        (
            "change MW-7 \"Rebuild the index\"",
            "before `mw-7`",
            "MW-7",
            "/maintenance change add MW-7 \"Rebuild the index\"",
        ),
        ("change ad MW-7 \"Rebuild\"", "did you mean `change add`?", "ad", "/maintenance change add MW-7 Rebuild"),
        (
            "change destroy MW-7 3",
            "it has add, edit, assign, remove, import",
            "destroy",
            "/maintenance change add MW-7 3",
        ),
    ]);
}

#[test]
fn what_is_missing_is_named_all_at_once_and_filled_in() {
    table(&[
        (
            "schedule",
            "`schedule` needs `title`, `service:` and `when:`",
            "",
            "/maintenance schedule \"Jira 10.3 upgrade\" service:jira when:\"next sunday 16:00-20:00\"",
        ),
        (
            "schedule \"CRM move\" poc:@anna",
            "`schedule` needs `service:` and `when:`",
            "",
            "/maintenance schedule \"CRM move\" poc:@anna service:jira when:\"next sunday 16:00-20:00\"",
        ),
        ("show", "`show` needs `window`", "", "/maintenance show MW-12"),
        ("done 3", "`done` needs `window`", "", "/maintenance done MW-12 3"),
        ("done MW-7", "`done` needs `item` or `--all`", "", "/maintenance done MW-7 3"),
        (
            "edit MW-7",
            "`edit` needs at least one of `title:`, `impact:`",
            "",
            "/maintenance edit MW-7 title:\"Jira 10.3 upgrade\"",
        ),
        (
            "cancel MW-7 reason:",
            "`reason` has no value",
            "reason:",
            "/maintenance cancel MW-7 reason:\"vendor postponed the release\"",
        ),
        (
            "cancel MW-7 --reason --dry-run",
            "`reason` has no value",
            "--reason",
            "/maintenance cancel MW-7 reason:\"vendor postponed the release\" --dry-run",
        ),
        ("note MW-7 \"\"", "`text` is empty", "", "/maintenance note MW-7 \"Database restored, verifying\""),
    ]);
}

#[test]
fn what_is_too_much_is_pointed_at() {
    table(&[
        (
            "start MW-12 now please",
            "takes no more words; `now please` is left over",
            "now please",
            "/maintenance start MW-12",
        ),
        ("cancel MW-12 reason:a reason:b", "`reason` is given twice", "reason:b", "/maintenance cancel MW-12 reason:b"),
        (
            "note MW-12 \"all\" well",
            "`well` stands outside the quotes of `text`",
            "well",
            r#"/maintenance note MW-12 "\"all\" well""#,
        ),
        (
            "schedule \"Jira\" \"upgrade\" service:jira when:\"sunday 16:00 for 4h\"",
            "stands outside the quotes of `title`",
            "\"upgrade\"",
            r#"/maintenance schedule "\"Jira\" \"upgrade\"" service:jira when:"sunday 16:00 for 4h""#,
        ),
        ("done MW-12 3 --all=maybe", "`--all` is a flag", "maybe", "/maintenance done MW-12 3 --all"),
    ]);
    let (detail, marked, hint) =
        refused(&format!("schedule \"{}!\" service:jira when:\"sunday 16:00 for 4h\"", "x".repeat(200)));
    assert!(detail.contains("has 201 characters; at most 200 are allowed"), "{detail}");
    assert_eq!(marked, "!");
    assert!(hint.contains(&format!(" {} ", "x".repeat(200))));
    for field in ["impact", "rollback"] {
        assert!(read(&format!("edit MW-1 {field}:\"{}\"", "é".repeat(4_000))).is_ok());
        assert!(refused(&format!("edit MW-1 {field}:\"{}\"", "é".repeat(4_001))).0.contains("at most 4000"));
    }
}

#[test]
fn a_whole_input_over_64_kib_is_refused_and_never_cut() {
    let line = format!("note MW-12 {}", "x ".repeat(LONGEST_INPUT / 2));
    let (detail, _, hint) = refused(&line);
    assert!(detail.contains("at most 65536"), "{detail}");
    assert_eq!(hint, "/maintenance note MW-12 \"Database restored, verifying\"");
    let words = vec!["note".to_owned(), "MW-12".to_owned(), "x".repeat(LONGEST_INPUT)];
    assert!(refusal(parse(&Input::Words(words))).0.contains("at most 65536"));
}

#[test]
fn a_quote_that_never_closes_is_refused_at_its_place() {
    table(&[
        ("note MW-12 \"all well", "this quote is never closed", "\"", "/maintenance note MW-12 \"all well\""),
        (
            "cancel MW-12 reason:“no vendor",
            "this quote is never closed",
            "“",
            "/maintenance cancel MW-12 reason:\"no vendor\"",
        ),
        (
            "note MW-12 \"ends with a slash\\\"",
            "this quote is never closed",
            "\"",
            "/maintenance note MW-12 \"ends with a slash\\\"\"",
        ),
    ]);
    let Err(Refusal::Input { at, .. }) = read("note MW-12 \"all well") else { panic!() };
    assert_eq!(at, 11..12);
}

#[test]
fn a_value_that_makes_no_sense_is_pointed_at_and_put_right() {
    table(&[
        ("show 12", "`12` is not a window id", "12", "/maintenance show MW-12"),
        ("show mw12", "`mw12` is not a window id", "mw12", "/maintenance show MW-12"),
        ("show PL-3", "`PL-3` is not a window id", "PL-3", "/maintenance show MW-12"),
        ("done MW-12 3 four", "`four` is not a number", "four", "/maintenance done MW-12 3"),
        (
            "edit MW-12 link:wiki.example.com/x",
            "is not a link",
            "wiki.example.com/x",
            "/maintenance edit MW-12 link:https://wiki.example.com/x",
        ),
        (
            "edit MW-12 link:ftp://example.com",
            "is not a link",
            "ftp://example.com",
            "/maintenance edit MW-12 link:https://wiki.example.com/jira-upgrade",
        ),
        ("edit MW-12 poc:@", "a name is missing", "@", "/maintenance edit MW-12 poc:@anna"),
        (
            "next service:\"jira,c/rm\"",
            "`c/rm` is not an id for `service`",
            "c/rm",
            "/maintenance next service:jira,crm",
        ),
        (
            "reschedule MW-12 when:\"sunday 16:00 for 4h\" tz:Europe/Helsinky",
            "not a time zone",
            "Europe/Helsinky",
            "/maintenance reschedule MW-12 when:\"sunday 16:00 for 4h\" tz:Europe/Helsinki",
        ),
        ("extend MW-12 soon", "is not a length of time", "soon", "/maintenance extend MW-12 30m"),
        (
            "preview MW-12 remindr",
            "is not one of announcement, reminder",
            "remindr",
            "/maintenance preview MW-12 reminder",
        ),
        (
            "edit MW-12 impact:\"slow\" downtime:lots",
            "is not a length of time",
            "lots",
            "/maintenance edit MW-12 impact:slow downtime:15m",
        ),
    ]);
}

#[test]
fn a_time_without_its_quotes_is_gathered_in_the_line_to_copy() {
    table(&[
        (
            "schedule Upgrade service:jira when:next sunday 16:00-20:00 poc:@anna",
            "a value with blanks needs quotes",
            "next sunday 16:00-20:00",
            "/maintenance schedule Upgrade service:jira when:\"next sunday 16:00-20:00\" poc:@anna",
        ),
        (
            "reschedule MW-3 when: tomorrow 4pm for:90m",
            "a value with blanks needs quotes",
            "tomorrow 4pm",
            "/maintenance reschedule MW-3 when:\"tomorrow 4pm for 90m\"",
        ),
    ]);
}

#[test]
fn a_joined_length_is_pointed_at_where_it_was_typed() {
    let (_, marked, hint) = refused("reschedule MW-3 for:ages when:\"sunday 16:00\"");
    assert_eq!((marked.as_str(), hint.as_str()), ("ages", "/maintenance reschedule MW-3 when:\"sunday 16:00 for 4h\""));
}

#[test]
fn do_is_not_nested() {
    table(&[("do do start MW-12", "`do` cannot stand inside `do`", "do", "/maintenance start MW-12")]);
    assert!(refused("do do do do start MW-12").2.contains("help do"));
    assert_eq!(refused("do").2, "/maintenance do \"reminders MW-12\"");
}

#[test]
fn inside_do_the_caret_counts_the_inner_line() {
    let named = Input::Named { verb: "do".to_owned(), options: vec![("text".to_owned(), "lst mine".to_owned())] };
    let Err(Refusal::Input { input, at, .. }) = parse(&named) else { panic!() };
    assert_eq!((input.as_str(), at), ("lst mine", 0..3));
}

#[test]
fn a_later_refusal_marks_the_value_and_replaces_only_it() {
    let line = r#"schedule "Jira \"LTS\"" service:jira when:"sunday 16:00-20:00 CST" poc:@anna"#;
    let parsed = read(line).unwrap_or_else(|_| read(&line.replace(" CST", "")).unwrap());
    let start = "sunday ".len();
    let late = parsed.refuse("when", start..start + 5, "that is past", Some("next sunday 16:00-20:00".to_owned()));
    let (detail, marked, hint) = refusal(Err(late));
    assert_eq!((detail.as_str(), marked.as_str()), ("that is past", "16:00"));
    assert_eq!(hint, r#"/maintenance schedule "Jira \"LTS\"" service:jira when:"next sunday 16:00-20:00" poc:@anna"#);

    let joined = read("reschedule MW-3 when:\"sunday 16:00\" for:4h").unwrap();
    let (_, marked, _) = refusal(Err(joined.refuse("when", 17..19, "too long", None)));
    assert_eq!(marked, "4h");

    let unset = read("reschedule MW-3 when:\"sunday 16:00-17:00\"").unwrap();
    let (_, marked, hint) = refusal(Err(unset.refuse("tz", 0..0, "which zone?", Some("UTC".to_owned()))));
    assert_eq!(
        (marked.as_str(), hint.as_str()),
        ("", "/maintenance reschedule MW-3 when:\"sunday 16:00-17:00\" tz:UTC")
    );
}

#[test]
fn a_line_can_be_offered_with_one_option_more() {
    let parsed = read("note MW-3 \"all well\" --dry-run").unwrap();
    assert_eq!(parsed.line_with("again", ""), "/maintenance note MW-3 \"all well\" --dry-run --again");
    assert_eq!(parsed.line_with("window", "MW-4"), "/maintenance note MW-4 \"all well\" --dry-run");
    assert_eq!(command(&parsed.line()), parsed.command);
}

#[test]
fn long_and_odd_inputs_are_answered() {
    let pieces = [
        "'a ",
        "“a ",
        "\"a\" ",
        "abcd: ",
        "servce:x ",
        "when:x ",
        "--x ",
        "link:x ",
        "service:a,",
        "do ",
        "\\\"",
        "item:\"",
        "a'b ",
    ];
    for piece in pieces {
        let many = piece.repeat(LONGEST_INPUT / 8 / piece.len());
        for verb in ["schedule", "note MW-1", ""] {
            if let Err(found) = read(&format!("{verb} {many}")) {
                refusal(Err(found));
            }
        }
    }
}
