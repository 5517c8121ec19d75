use proptest::prelude::*;

use super::*;
use crate::command::issue_form::{CHANGE, FIELDS, REQUEST};
use crate::command::{Command, parse};

/// What somebody answers, by label; GitHub writes every field, those without an answer too.
fn rendered(form: &IssueForm, answers: &[(&str, &str)]) -> String {
    let answer = |label: &str| answers.iter().find(|(of, _)| *of == label).map_or(NO_RESPONSE, |(_, text)| *text);
    let fields = form.fields.iter().map(|field| format!("### {}\n\n{}", field.label, answer(field.label)));
    fields.collect::<Vec<_>>().join("\n\n")
}

const ANSWERS: &[(&str, &str)] = &[
    ("Title of the window", "Jira 10.3 *upgrade*"),
    ("Services", "jira, wiki"),
    ("When", "2026-12-06 16:00-20:00"),
    ("Time zone", "Europe/Helsinki"),
    ("Expected downtime", "15m, jira=1h"),
    ("Impact", "Jira is \"unavailable\""),
    ("Kind", "scheduled"),
    ("Point of contact", "@mikko"),
    ("Rollback plan", "Snapshot before.\n\nRestoring takes 10 minutes."),
    ("Change list", "- Jira to `10.3.2`\n- OS patches"),
    ("Links", "https://wiki.example.com/a_b\n- <https://example.com/c>"),
    ("Reason", "security"),
];

fn texts(form: &Form, label: &str) -> Vec<String> {
    form.answers.iter().filter(|answer| answer.label == label).flat_map(|answer| answer.values.clone()).collect()
}

fn read(answers: &[(&str, &str)]) -> Form {
    form(&rendered(&REQUEST, answers)).unwrap()
}

/// The answers with one of them put in the place of another.
fn with<'a>(label: &'a str, text: &'a str) -> Vec<(&'a str, &'a str)> {
    ANSWERS.iter().copied().filter(|(of, _)| *of != label).chain([(label, text)]).collect()
}

#[test]
fn a_form_becomes_the_command_it_stands_for() {
    let read = read(ANSWERS);
    assert_eq!((read.problems(), &read.misplaced, &read.changes), (vec![], &vec![], &None));
    let Command::Schedule(schedule) = parse(&read.input()).unwrap().command else { panic!("a window is asked for") };
    assert_eq!(schedule.title, "Jira 10.3 *upgrade*");
    assert_eq!(schedule.service, ["jira", "wiki"]);
    assert_eq!(schedule.impact.as_deref(), Some("Jira is \"unavailable\""));
    assert_eq!(schedule.rollback.as_deref(), Some("Snapshot before.\n\nRestoring takes 10 minutes."));
    assert_eq!(schedule.item, ["Jira to 10.3.2", "OS patches"]);
    assert_eq!(schedule.link, ["https://wiki.example.com/a_b", "https://example.com/c"]);
    assert_eq!(schedule.reason.as_deref(), Some("security"));
    assert!(schedule.category.is_none() && schedule.environment.is_none());
    assert_eq!(schedule.downtime.services.len() + usize::from(schedule.downtime.overall.is_some()), 2);
}

#[test]
fn the_form_for_an_item_becomes_change_add() {
    let answers = [
        ("Id of the window", "MW-12"),
        ("What is done", "Upgrade Jira"),
        ("Kind of work", "upgrade"),
        ("Advisory ids", "CVE-2026-1234, CVE-2026-1235"),
        ("Part of item", "3"),
    ];
    let read = form(&rendered(&CHANGE, &answers)).unwrap();
    assert_eq!((read.form.verb, read.problems()), ("change add", vec![]));
    let Command::ChangeAdd(add) = parse(&read.input()).unwrap().command else { panic!("an item is asked for") };
    assert_eq!(
        (add.window.to_string(), add.text, add.parent),
        ("MW-12".to_owned(), "Upgrade Jira".to_owned(), Some(3))
    );
    assert_eq!(add.cve, ["CVE-2026-1234", "CVE-2026-1235"]);
    assert_eq!(read.field_of("kind"), Some("Kind of work"));
}

#[test]
fn line_ends_and_missing_blank_lines_make_no_difference() {
    let body = rendered(&REQUEST, ANSWERS);
    let expected = form(&body);
    assert_eq!(form(&body.replace('\n', "\r\n")), expected);
    assert_eq!(form(&format!("Filled in from the phone.\n\n{body}\n\n")), expected);
    assert_eq!(form(&body.replace("\n\n### ", "\n### ")), expected);
    let dense = FIELDS
        .iter()
        .fold(body, |text, f| text.replace(&format!("### {}\n\n", f.label), &format!("### {}  \n", f.label)));
    assert_eq!(form(&dense), expected);
}

#[test]
fn an_empty_answer_is_none() {
    for text in [NO_RESPONSE, "_no response_", " _No response_ ", "", "   \n\n ", "```\n\n```"] {
        let read = read(&with("Impact", text));
        assert_eq!(texts(&read, "Impact"), [""; 0], "{text:?}");
    }
    // Only the whole answer says so.
    assert_eq!(texts(&read(&with("Impact", "_No response_ from Jira")), "Impact"), ["_No response_ from Jira"]);
}

#[test]
fn a_heading_in_an_answer_does_not_cut_it() {
    for text in [
        "### Steps\n\n1. restore",
        "before\n### Unknown\nafter",
        "#### Kind\n## Kind\n###Kind\n### kind\n ### Kind\n### Kind of thing\n### Kind ###",
        // A label that had its turn.
        "see\n\n### Kind\n\nemergency",
        "### Title of the window\n\nno, this one",
        // A label before its turn: its own heading comes later.
        "see\n\n### Reason\n\nbecause\n\n### Links\n\nnone",
        "### Reason",
        "### Rollback plan\n\nagain",
        "### Services\n### When\n### Time zone\n### Impact\n### Kind\n### Category\n### Regions",
    ] {
        let read = read(&with("Rollback plan", text));
        assert_eq!(texts(&read, "Rollback plan"), [text], "{text}");
        assert_eq!((texts(&read, "Reason"), texts(&read, "Kind")), (vec!["security".into()], vec!["scheduled".into()]));
        assert_eq!((texts(&read, "Change list").len(), texts(&read, "Links").len()), (2, 2), "{text}");
        assert!(read.misplaced.is_empty(), "{text}");
    }
}

#[test]
fn the_heading_of_the_next_field_in_an_answer_belongs_where_it_makes_sense() {
    // A box of one line has one line, so that the second heading is the true one.
    let read = read(&with("Links", "https://example.com\n\n### Reason\n\nfirst\n\nand more"));
    assert_eq!(texts(&read, "Reason"), ["security"]);
    // Within a code block that closes later it is text.
    let fenced = "```\n### Links\nhttps://example.com\n```";
    let read = self::read(&with("Change list", fenced));
    assert_eq!(texts(&read, "Links"), ["https://wiki.example.com/a_b", "<https://example.com/c>"]);
    // Where both would do, the first heading counts: people paste lists with their heading.
    let read = self::read(&with("Change list", "### Change list\n\n- one"));
    assert_eq!(texts(&read, "Rollback plan"), ["Snapshot before.\n\nRestoring takes 10 minutes."]);
}

#[test]
fn fields_that_are_missing_or_out_of_order_are_told() {
    let body = rendered(&REQUEST, ANSWERS);
    // Without a field, its neighbours are whole.
    let read = form(&body.replace("### Services\n\njira, wiki\n\n", "")).unwrap();
    assert_eq!(
        (texts(&read, "Title of the window"), texts(&read, "When").len()),
        (vec!["Jira 10.3 *upgrade*".into()], 1)
    );
    let details: Vec<_> = read.problems().into_iter().map(|problem| (problem.label, problem.detail)).collect();
    assert_eq!(details, [("Services", "an answer is needed, such as jira".to_owned())]);

    let kind = "### Kind\n\nscheduled\n\n";
    let read = form(&format!("{}\n\n{kind}", body.replace(kind, ""))).unwrap();
    assert_eq!((&read.misplaced, texts(&read, "Kind")), (&vec!["Kind"], vec![]));
    let problems = read.problems();
    assert_eq!((problems.len(), problems[0].label), (1, "Kind"));
    assert!(problems[0].detail.contains("after the answer to Impact"), "{}", problems[0].detail);
}

#[test]
fn an_issue_is_no_form_for_a_heading_or_two() {
    for body in [
        "",
        "Hello",
        "### Impact\n\nall\n\n### Reason\n\nx",
        "### Steps\n\n1",
        "Title of the window\n\nx",
        "## Title of the window\n\nx",
        "Text ### Title of the window",
    ] {
        assert_eq!(form(body), None, "{body}");
    }
    let short = form("### Title of the window\nJira\n### When\ntomorrow 4pm for 1h").unwrap();
    let labels: Vec<_> = short.problems().iter().map(|problem| problem.label).collect();
    assert_eq!((short.form.verb, labels), ("schedule", vec!["Services"]));
    // Somebody deleted the first heading; the form is still one.
    let body = rendered(&REQUEST, ANSWERS).replace("### Title of the window\n\n", "");
    assert_eq!(form(&body).unwrap().problems()[0].label, "Title of the window");
}

#[test]
fn choices_and_boxes_are_read_as_they_are_shown() {
    for (text, expected) in [
        ("jira, wiki", &["jira, wiki"][..]),
        ("jira\nwiki", &["jira, wiki"]),
        ("- jira\n- wiki", &["jira, wiki"]),
        ("- [x] jira\n- [ ] crm\n- [X] wiki", &["jira, wiki"]),
        ("- [ ] jira\n- [ ] crm", &[]),
    ] {
        assert_eq!(texts(&read(&with("Services", text)), "Services"), expected, "{text}");
    }
    assert_eq!(texts(&read(&with("Kind", "- [ ] scheduled\n- [x] emergency")), "Kind"), ["emergency"]);
    assert_eq!(texts(&read(&with("When", "next sunday\n16:00-20:00")), "When"), ["next sunday 16:00-20:00"]);
}

#[test]
fn a_code_block_around_an_answer_is_taken_off() {
    for (text, expected) in [
        ("```shell\nrestore --all\n```", "restore --all"),
        ("~~~\na\n```\nb\n```\n~~~", "a\n```\nb\n```"),
        ("````markdown\na\n````", "a"),
        ("```\na\n```\nthen\n```\nb\n```", "```\na\n```\nthen\n```\nb\n```"),
        ("see\n```\na\n```", "see\n```\na\n```"),
        ("`a`", "`a`"),
    ] {
        assert_eq!(texts(&read(&with("Rollback plan", text)), "Rollback plan"), [expected], "{text}");
    }
    let read = read(&with("Change list", "```markdown\n- one\n- [ ] two\n```"));
    assert_eq!(texts(&read, "Change list"), ["one", "two"]);
}

#[test]
fn a_change_list_that_is_more_than_texts_is_kept_whole() {
    for (text, items, kept) in [
        ("- [ ] one\n- two\n* three", &["one", "two", "three"][..], false),
        ("Jira to 10.3.2\n\nOS patches", &["Jira to 10.3.2", "OS patches"], false),
        ("1. one\n2. two\n   line", &["one", "two line"], false),
        ("- one\n  - part", &[], true),
        ("- [x] one\n- two", &[], true),
        ("First:\n\n- one", &[], true),
        ("- one\n  ```\n  code\n  ```", &[], true),
        (NO_RESPONSE, &[], false),
    ] {
        let read = read(&with("Change list", text));
        assert_eq!(texts(&read, "Change list"), items, "{text}");
        assert_eq!(read.changes.as_deref(), kept.then_some(text));
        assert!(parse(&read.input()).is_ok());
    }
}

#[test]
fn everything_wrong_is_told_with_its_field() {
    let answers: Vec<_> = with("When", "2026-02-30 16:00-20:00")
        .into_iter()
        .map(|(label, text)| (label, if label == "Services" { "Jira & co" } else { text }))
        .chain([("Category", "fun")])
        .collect();
    let read = read(&answers);
    let labels: Vec<_> = read.problems().iter().map(|problem| problem.label).collect();
    assert_eq!(labels, ["Services", "When", "Category"]);
    assert!(parse(&read.input()).is_err());
}

#[test]
fn a_refusal_that_points_into_the_line_points_at_a_field() {
    let read = read(ANSWERS);
    let line = read.input().line();
    for (text, label) in [
        ("title:", "Title of the window"),
        ("wiki", "Services"),
        ("2026-12-06", "When"),
        ("jira=1h", "Expected downtime"),
        ("OS patches", "Change list"),
        ("https://example.com", "Links"),
    ] {
        assert_eq!(read.field_at(line.find(text).unwrap()), Some(label), "{line}");
    }
    assert_eq!(
        (read.field_at(0), read.field_at(line.len() - 1), read.field_at(line.len())),
        (None, Some("Reason"), None)
    );
}

#[test]
fn a_body_of_nothing_but_headings_is_read_in_time() {
    let body = "### Kind\n### Reason\n### Title of the window\n".repeat(5_000);
    assert!(form(&body).is_some());
}

proptest! {
    #[test]
    fn any_body_can_be_read(
        lines in prop::collection::vec((0..FIELDS.len() + 4, ".{0,12}"), 0..40), crlf in any::<bool>(),
    ) {
        let ends = if crlf { "\r\n" } else { "\n" };
        let line = |(n, text): &(usize, String)| match FIELDS.get(*n) {
            Some(field) => format!("### {}{ends}", field.label),
            None => format!("{}{text}{ends}", ["", "- [x] ", "```", "    "][n - FIELDS.len()]),
        };
        if let Some(form) = form(&lines.iter().map(line).collect::<String>()) {
            let line = form.input().line();
            for byte in (0..=line.len()).step_by(17) {
                let _ = form.field_at(byte);
            }
            let _ = (parse(&form.input()), form.problems());
        }
    }

    #[test]
    fn answers_without_headings_come_back(
        title in "[a-z\"\\\\*_#:]{1,20}", impact in "[a-z:\"' ]{0,20}", rollback in "([a-z#*`\"-]{1,8}\n?){1,5}",
    ) {
        let mut answers = with("Rollback plan", rollback.trim());
        answers.retain(|(label, _)| !["Title of the window", "Impact"].contains(label));
        answers.extend([("Title of the window", title.as_str()), ("Impact", impact.as_str())]);
        let form = read(&answers);
        prop_assert_eq!(texts(&form, "Title of the window"), [title.clone()]);
        prop_assert_eq!(texts(&form, "Impact").concat(), impact.trim());
        let is_block = rollback.starts_with("```");
        prop_assert!(is_block || texts(&form, "Rollback plan").concat() == rollback.trim());
    }
}
