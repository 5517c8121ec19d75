use proptest::prelude::*;

use super::*;

const BODY: &str = "Keep me.\n\n- [ ] a task of people\n\n<!-- maintbot:list MW-12 -->\n**Jira** is upgraded.\n\n\
- [ ] **1.** Upgrade Jira — @anna\n  - [x] **2.** plugin \\*Tempo\\* \\[18\\]\n- [ ] **3.** OS patches\n\nfooter\n";

fn all(change: &[(Option<WindowId>, Ticks)]) -> Ticks {
    assert!(change.len() <= 1 && change.iter().all(|(window, _)| window.is_none()), "{change:?}");
    change.first().map(|(_, ticks)| ticks.clone()).unwrap_or_default()
}

fn added(text: &str, parent: Option<i64>) -> Added {
    Added { text: text.into(), parent, under: None, ticked: false, typed: None, sub_issue: None }
}

#[test]
fn a_body_is_cut_at_its_marker() {
    let cut = |body: &str| {
        let split = split(body, "list MW-1");
        (split.above, split.below)
    };
    for (body, above, below) in [
        ("people\n\n<!-- maintbot:list MW-1 -->\nours\n", "people", Some("ours\n")),
        ("  people \r\n\r\n<!-- maintbot:list MW-1 -->\r\nours", "  people ", Some("ours")),
        ("<!-- maintbot:list MW-1 -->", "", Some("")),
        ("people\n\n", "people", None),
        ("see <!-- maintbot:list MW-1 --> there", "see <!-- maintbot:list MW-1 --> there", None),
        ("<!-- maintbot:list MW-12 -->\nx", "<!-- maintbot:list MW-12 -->\nx", None),
        (
            "<!-- maintbot:list MW-1 -->\nours\n<!-- maintbot:list MW-1 -->\npasted",
            "",
            Some("ours\n<!-- maintbot:list MW-1 -->\npasted"),
        ),
        ("```\nnever closed\n<!-- maintbot:list MW-1 -->\nours", "```\nnever closed", Some("ours")),
        ("", "", None),
    ] {
        assert_eq!(cut(body), (above.to_owned(), below.map(str::to_owned)), "{body}");
    }
}

#[test]
fn the_tasks_of_a_list_are_read_below_its_marker() {
    let task = |number, ticked, text: &str, depth, under| Task {
        window: None,
        number: Some(number),
        ticked,
        text: text.into(),
        depth,
        under,
        sub_issue: None,
    };
    let expected = [
        task(1, false, "Upgrade Jira — @anna", 0, None),
        task(2, true, "plugin *Tempo* [18]", 1, Some(0)),
        task(3, false, "OS patches", 0, None),
    ];
    assert_eq!(tasks(BODY), expected);
    assert_eq!(tasks(&BODY.replace('\n', "\r\n")), expected);
    // Without the marker, what has no number may be people's own.
    assert_eq!(tasks(&BODY.replace("<!-- maintbot:list MW-12 -->", "")), expected);
}

#[test]
fn only_boxes_in_lists_are_tasks() {
    let texts = |markdown: &str| -> Vec<String> {
        let below = format!("<!-- maintbot:list MW-1 -->\n{markdown}");
        tasks(&below).into_iter().map(|task| task.text).collect()
    };
    for (markdown, expected) in [
        ("- [ ] one\n* [x] two\n+ [X] three\n1. [ ] four", &["one", "two", "three", "four"][..]),
        ("- one\n- []\n[ ] two\n- [y] three\n- [] four", &[]),
        ("> - [ ] quoted", &[]),
        ("- [ ] real\n  > - [ ] quoted", &["real"]),
        ("```\n- [ ] code\n```", &[]),
        ("- [ ] real\n  ```\n  code\n  ```", &["real"]),
        ("    - [ ] indented", &[]),
        ("<!--\n- [ ] hidden\n-->", &[]),
        ("- [ ] a <!-- hidden --> b", &["a b"]),
        (
            "- [ ] `code` *soft* **bold** [link](https://example.com) <https://example.com>",
            &["code soft bold link https://example.com"],
        ),
        ("- [ ] one\n  line\n\n  and more\n  - plain\n  - [ ] part", &["one line and more", "part"]),
        ("- [ ] a &amp; b \\# c", &["a & b # c"]),
        // Names that maintbot wrote without mentioning anybody.
        ("- [ ] ask @\u{200b}anna", &["ask @anna"]),
    ] {
        assert_eq!(texts(markdown), expected, "{markdown}");
    }
}

#[test]
fn a_number_is_bold_and_first() {
    let numbers = |line: &str| -> Vec<(Option<i64>, String)> {
        let read = tasks(&format!("<!-- maintbot:list MW-1 -->\n{line}"));
        read.into_iter().map(|task| (task.number, task.text)).collect()
    };
    for (line, number, text) in [
        ("- [ ] **3.** text", Some(3), "text"),
        ("- [ ] __3.__ text", Some(3), "text"),
        ("- [ ] **3.**", Some(3), ""),
        ("- [ ] **3.** **4.** text", Some(3), "4. text"),
        ("- [ ] 3. text", None, "3. text"),
        ("- [ ] **3** text", None, "3 text"),
        ("- [ ] **x.** text", None, "x. text"),
        ("- [ ] **.** text", None, ". text"),
        ("- [ ] **0.** text", None, "0. text"),
        ("- [ ] **99999999999999999999.** text", None, "99999999999999999999. text"),
        ("- [ ] text **3.**", None, "text 3."),
        ("- [ ] \\*\\*3.\\*\\* text", None, "**3.** text"),
    ] {
        assert_eq!(numbers(line), [(number, text.to_owned())], "{line}");
    }
}

#[test]
fn an_issue_that_a_line_begins_with_is_its_sub_issue() {
    for (line, issue) in [
        ("- [ ] #123", Some(123)),
        ("- [ ] **3.** #123 with a title", Some(123)),
        ("- [ ] **3.** \\#123", None),
        ("- [ ] fixes #123", None),
        ("- [ ] #12x", None),
        ("- [ ] #0", None),
        ("- [ ] #", None),
    ] {
        let read = tasks(&format!("<!-- maintbot:list MW-1 -->\n{line}"));
        assert_eq!(read[0].sub_issue, issue, "{line}");
    }
}

#[test]
fn what_somebody_ticked_added_and_removed_is_told_by_number() {
    let after = BODY
        .replace("- [ ] **1.**", "- [x] **1.**")
        .replace("- [x] **2.**", "- [ ] **2.**")
        .replace("- [ ] **3.** OS patches", "- [ ] new *thing*\n  - [x] part of it\n  * [ ] another")
        .replace("  - [ ] **2.**", "  - [ ] part of Jira\n  - [ ] **2.**");
    let ticks = all(&difference(BODY, &after));
    assert_eq!((ticks.ticked, ticks.unticked, ticks.removed), (vec![1], vec![2], vec![3]));
    let expected = [
        added("part of Jira", Some(1)),
        added("new thing", None),
        Added { under: Some(1), ticked: true, ..added("part of it", None) },
        Added { under: Some(1), ..added("another", None) },
    ];
    assert_eq!(ticks.added, expected);
    assert_eq!(difference(BODY, BODY), []);
}

#[test]
fn moving_rewording_and_copying_lines_changes_nothing() {
    let ours = "<!-- maintbot:list MW-1 -->\n";
    let before = format!("{ours}- [ ] **1.** one\n- [ ] **2.** two\n- [x] **3.** three\n");
    for list in [
        "- [x] **3.** three\n- [ ] **1.** one\n  - [ ] **2.** two",
        "- [ ] **1.** something else\n- [ ] **2.** two\n- [x] **3.** three",
        "- [ ] **1.** one\n- [ ] **2.** two\n- [x] **3.** three\n- [ ] **1.** one\n- [x] **2.** two",
        "- [ ] **1.** one\n- [ ] **2.** two\n\nA remark.\n\n* [x] **3.** three\n* [ ]  <!-- x -->",
    ] {
        assert_eq!(difference(&before, &format!("{ours}{list}")), [], "{list}");
    }
    // The text above the marker may change as it likes.
    assert_eq!(difference(&before, &format!("Hello\n\n- [ ] mine\n\n{before}")), []);
}

#[test]
fn a_line_with_a_number_of_its_own_was_added() {
    let ours = "<!-- maintbot:list MW-1 -->\n";
    let before = format!("{ours}- [ ] **1.** one\n");
    let after = format!("{before}- [ ] **2.** two\n- [x] **1.** copied and changed\n");
    let ticks = all(&difference(&before, &after));
    let expected = [
        Added { typed: Some(2), ..added("two", None) },
        Added { typed: Some(1), ticked: true, ..added("copied and changed", None) },
    ];
    assert_eq!(ticks, Ticks { added: expected.to_vec(), ..Ticks::default() });
}

#[test]
fn a_line_that_was_seen_already_is_no_news() {
    let before = "<!-- maintbot:list MW-1 -->\n- [ ] **1.** one\n- [ ] new\n";
    assert_eq!(difference(before, &before.replace("- [ ] new", "- [x] new")), []);
    let twice = format!("{before}- [ ] new\n");
    assert_eq!(all(&difference(before, &twice)).added, [added("new", None)]);
    // An empty box is being written.
    assert_eq!(difference(before, &format!("{before}- [ ] \n- [ ]")), []);
}

#[test]
fn the_phases_of_a_plan_are_told_apart() {
    let body = "<!-- maintbot:list PL-3 -->\n## Phase 1\n<!-- maintbot:section MW-12 -->\n\n- [ ] **1.** one\n- [ ] **2.** two\n\n\
                ## Phase 2\n<!-- maintbot:section MW-13 -->\n- [ ] **1.** alpha\n";
    let windows: Vec<_> = tasks(body).iter().map(|task| (task.window, task.number)).collect();
    let (first, second) = (Some(WindowId(12)), Some(WindowId(13)));
    assert_eq!(windows, [(first, Some(1)), (first, Some(2)), (second, Some(1))]);

    let after =
        body.replace("- [ ] **1.** alpha", "- [x] **1.** alpha\n  - [ ] beta").replace("- [ ] **2.** two\n", "");
    let expected = [
        (first, Ticks { removed: vec![2], ..Ticks::default() }),
        (second, Ticks { ticked: vec![1], added: vec![added("beta", Some(1))], ..Ticks::default() }),
    ];
    assert_eq!(difference(body, &after), expected);

    // Without the marker of its section an item is missed; it does not become another window's.
    let after = body.replace("<!-- maintbot:section MW-13 -->\n", "");
    assert_eq!(difference(body, &after), [(second, Ticks { removed: vec![1], ..Ticks::default() })]);
}

#[test]
fn a_removed_marker_does_not_make_items_of_peoples_text() {
    let after = BODY.replace("<!-- maintbot:list MW-12 -->\n", "").replace("- [ ] **3.**", "- [x] **3.**");
    assert_eq!(all(&difference(BODY, &after)), Ticks { ticked: vec![3], ..Ticks::default() });
}

/// A text as it is written into a list: every sign that Markdown could read is escaped.
fn escaped(text: &str) -> String {
    text.chars().flat_map(|c| c.is_ascii_punctuation().then_some('\\').into_iter().chain([c])).collect()
}

prop_compose! {
    /// Tasks as a change list has them: each at most one deeper than the one before.
    fn list()(lines in prop::collection::vec((any::<bool>(), "[ -~äß—🔧]{0,30}", 0..4_usize), 1..12)) -> Vec<Task> {
        let mut list: Vec<Task> = Vec::new();
        for (n, (ticked, text, depth)) in lines.into_iter().enumerate() {
            let depth = depth.min(list.last().map_or(0, |above| above.depth + 1));
            let under = depth.checked_sub(1).and_then(|d| list.iter().rposition(|task| task.depth == d));
            let text = format!("x {text}").split_whitespace().collect::<Vec<_>>().join(" ");
            let number = i64::try_from(n).ok().map(|n| n + 1);
            list.push(Task { window: None, number, ticked, text, depth, under, sub_issue: None });
        }
        list
    }
}

fn written(list: &[Task]) -> String {
    let line = |task: &Task| {
        let (indent, tick) = ("  ".repeat(task.depth), if task.ticked { 'x' } else { ' ' });
        format!("{indent}- [{tick}] **{}.** {}\n", task.number.unwrap_or_default(), escaped(&task.text))
    };
    format!("above\n\n<!-- maintbot:list MW-1 -->\n\n{}", list.iter().map(line).collect::<String>())
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(list in list()) {
        prop_assert_eq!(tasks(&written(&list)), list);
    }

    #[test]
    fn flipped_boxes_are_told_and_nothing_else(list in list(), flips in prop::collection::vec(any::<bool>(), 12)) {
        let mut later = list.clone();
        let mut expected = Ticks::default();
        for (task, _) in later.iter_mut().zip(&flips).filter(|(_, flip)| **flip) {
            task.ticked = !task.ticked;
            let side = if task.ticked { &mut expected.ticked } else { &mut expected.unticked };
            side.extend(task.number);
        }
        prop_assert_eq!(all(&difference(&written(&list), &written(&later))), expected);
    }

    #[test]
    fn any_bodies_can_be_compared(
        lines in prop::collection::vec((0..12_usize, ".{0,10}", "[ >`~*<!-]{0,4}"), 0..30),
        half in 0..30_usize,
    ) {
        let heads = [
            "- [ ] ", "- [x] **1.** ", "  - [ ] **2.** ", "", "<!-- maintbot:list MW-1 -->\n", "```\n", "> - [ ] ",
            "<!-- maintbot:section MW-2 -->\n", "    - [x] #3 ", "1. [ ] **7.**", "<!--", "\t- [ ] **3.** ",
        ];
        let text = |part: &[(usize, String, String)]| -> String {
            part.iter().map(|(head, text, end)| [heads[*head], text, end, "\n"].concat()).collect()
        };
        let (before, after) = lines.split_at(half.min(lines.len()));
        let (before, after) = (text(before), text(after));
        for (_, ticks) in difference(&before, &after) {
            prop_assert!(ticks.added.iter().all(|added| !added.text.is_empty()));
            prop_assert!(ticks.added.iter().enumerate().all(|(n, added)| added.under.is_none_or(|under| under < n)));
        }
        prop_assert!(difference(&before, &before).is_empty());
        let split = split(&before, "list MW-1");
        prop_assert!(before.starts_with(&split.above));
    }
}
