use proptest::prelude::*;

use super::*;

fn lines(markdown: &str) -> Vec<String> {
    commands(markdown, "maintbot").lines
}

#[test]
fn a_line_of_ordinary_text_is_a_command() {
    for (markdown, expected) in [
        ("/maintenance start MW-12", &["/maintenance start MW-12"][..]),
        ("/maintenance", &["/maintenance"]),
        ("  /maintenance start MW-12  ", &["/maintenance start MW-12"]),
        ("/Maintenance list", &["/Maintenance list"]),
        ("Good.\n/maintenance done MW-12 3\nThanks!", &["/maintenance done MW-12 3"]),
        ("Good.\n\n\n/maintenance done MW-12 3", &["/maintenance done MW-12 3"]),
        ("long enough\n    /maintenance list", &["/maintenance list"]),
        (
            "/maintenance done MW-12 3\r\n/maintenance verify MW-12\r\n",
            &["/maintenance done MW-12 3", "/maintenance verify MW-12"],
        ),
        ("Good.  \n/maintenance list\\\n/maintenance next\\", &["/maintenance list", "/maintenance next\\"]),
        (
            "- /maintenance list\n- and then\n  /maintenance next\n\n1. /maintenance whoami",
            &["/maintenance list", "/maintenance next", "/maintenance whoami"],
        ),
        ("- first\n  - second\n\n    /maintenance list", &["/maintenance list"]),
        ("- first\n  ```\n  code\n  ```\n  /maintenance list", &["/maintenance list"]),
        ("# Plan\n/maintenance list\n***\n/maintenance next", &["/maintenance list", "/maintenance next"]),
        ("> quoted\n\n/maintenance list", &["/maintenance list"]),
        ("<!-- hidden -->\n\n/maintenance list", &["/maintenance list"]),
        ("<details>\n\nlog\n\n</details>\n\n/maintenance list", &["/maintenance list"]),
        ("for <window> and <b>all</b>\n/maintenance list", &["/maintenance list"]),
        ("```\ncode\n```\n/maintenance list", &["/maintenance list"]),
    ] {
        assert_eq!(lines(markdown), expected, "{markdown}");
    }
}

#[test]
fn what_is_not_said_as_an_order_is_none() {
    for markdown in [
        "",
        "please /maintenance start MW-12",
        "/maintenance-request",
        "/maintenances list",
        "\\/maintenance list",
        "&sol;maintenance list",
        // Code.
        "`/maintenance list`",
        "see `the code\n/maintenance list` here",
        "```\n/maintenance list\n```",
        "~~~ text\n/maintenance list\n~~~",
        "````\n```\n/maintenance list\n```\n/maintenance next\n````",
        "```\n/maintenance list\n~~~\n/maintenance next",
        "```\nnever closed\n\n/maintenance list",
        "text\n\n    /maintenance list",
        "\t/maintenance list",
        "- item\n\n      /maintenance list",
        // Quotations.
        "> /maintenance list",
        "> quoted\n/maintenance list",
        "> - quoted\n/maintenance list",
        "> > deep\n> /maintenance list",
        "> [!NOTE]\n> /maintenance list",
        "- > quoted\n  /maintenance list",
        "<blockquote>\n\n/maintenance list\n\n</blockquote>",
        // HTML and its comments.
        "<!-- /maintenance list -->",
        "<!--\n/maintenance list\n\n/maintenance next\n-->",
        "<!-- never closed\n\n/maintenance list",
        "text <!-- hidden\n/maintenance list\n--> text",
        "<div>\n/maintenance list\n</div>",
        "<div>\n\n/maintenance list\n\n</div>",
        "<pre>\n\n/maintenance list\n\n</pre>",
        "<details><summary>log</summary>\n\n/maintenance list\n\n</details>",
        "<DETAILS>\n\n/maintenance list",
        "struck <del>\n/maintenance list</del>",
        "<details>\n<!-- </details> -->\n\n/maintenance list",
        // Links, images and what is struck out.
        "[/maintenance list](https://example.com)",
        "[see\n/maintenance list](https://example.com)",
        "![see\n/maintenance list](https://example.com/a.png)",
        "[see\n/maintenance list][ref]\n\n[ref]: https://example.com",
        "[ref]:\n/maintenance \"list\"",
        "~~no\n/maintenance list~~",
        // Other blocks.
        "# /maintenance list",
        "/maintenance list\n===",
        "text\n/maintenance list\n---",
        "/maintenance list | a\n--- | ---\n/maintenance next | b",
        "| a |\n|---|\n| /maintenance list |",
        "text[^1]\n\n[^1]: note\n    /maintenance list",
        "- [ ] /maintenance list",
        "- [x] /maintenance list",
    ] {
        assert_eq!(lines(markdown), [""; 0], "{markdown}");
    }
}

#[test]
fn a_command_is_taken_as_it_was_typed() {
    for line in [
        r#"/maintenance schedule "Jira *10.3* upgrade" service:my_jira_x when:<t:1796140800:F> for:4h"#,
        r#"/maintenance note MW-12 "<!date^1796140800^{date}|then> done" --internal"#,
        r#"/maintenance note MW-12 "C:\\temp\ and \"quotes\" \* \_""#,
        r#"/maintenance note MW-12 "a > b, `code`, **bold**, ~~old~~, [x](y), &amp; <b>c</b>""#,
        r#"/maintenance note MW-12 "half `a tick""#,
        r#"/maintenance note MW-12 "never closed"#,
        "/maintenance done MW-12 * # - + 1.",
        "/maintenance note MW-12 “ä 🔧 — \u{a0}x”",
        "/maintenance note MW-12 a\u{2028}b\u{b}c\td",
        "/maintenance note MW-12 <https://example.com/a_b_c>",
    ] {
        assert_eq!(lines(line), [line]);
        assert_eq!(lines(&format!("Text before\n{line}\nand after")), [line]);
    }
    // Emphasis that spans two commands by accident hides neither.
    assert_eq!(lines("/maintenance note MW-1 \"*\n/maintenance note MW-2 *\"").len(), 2);
}

#[test]
fn a_quotation_sign_within_a_line_is_text() {
    let line = r#"/maintenance note MW-12 "> quoted ``` and <!--""#;
    assert_eq!(lines(line), [line]);
    // One command is one line: what an open quote would go on with is none.
    assert_eq!(lines("/maintenance note MW-12 \"one\ntwo\""), ["/maintenance note MW-12 \"one"]);
}

#[test]
fn the_bot_is_called_by_name() {
    for (markdown, expected) in [
        ("@maintbot schedule \"x\" service:a_b_c", &["/maintenance schedule \"x\" service:a_b_c"][..]),
        ("@MaintBot   list", &["/maintenance list"]),
        ("@maintbot", &["/maintenance"]),
        ("@maintbot /maintenance list", &["/maintenance list"]),
        ("@maintbot\tlist", &["/maintenance list"]),
        ("- @maintbot list", &["/maintenance list"]),
        ("@maintbots list", &[]),
        ("@maintbot-staging list", &[]),
        ("thank you @maintbot list", &[]),
        ("anna@maintbot list", &[]),
        ("@maintbot@example.com list", &[]),
        ("@maintbot.example.com", &[]),
        ("> @maintbot list", &[]),
        ("`@maintbot list`", &[]),
        ("@ list", &[]),
    ] {
        assert_eq!(lines(markdown), expected, "{markdown}");
        assert_eq!(commands(markdown, "MAINTBOT[bot]").lines, expected, "{markdown}");
    }
    for login in ["", "[bot]"] {
        assert_eq!(commands("@ list\n@[bot] list", login).lines, [""; 0]);
    }
}

#[test]
fn one_comment_has_at_most_so_many_commands() {
    let text = |count: usize| (1..=count).map(|n| format!("/maintenance show MW-{n}")).collect::<Vec<_>>().join("\n");
    let read = commands(&text(MOST_COMMANDS), "maintbot");
    assert_eq!((read.lines.len(), read.more), (20, false));
    let read = commands(&text(MOST_COMMANDS + 1), "maintbot");
    assert_eq!((read.lines.len(), read.more), (20, true));
    assert_eq!(read.lines[19], "/maintenance show MW-20");
}

/// Pieces of which hostile Markdown is made.
fn piece() -> impl Strategy<Value = String> {
    let known = [
        "/maintenance list",
        "@maintbot next",
        "\n",
        "\n\n",
        "\r\n",
        "\r",
        "> ",
        "- ",
        "1. ",
        "- [ ] ",
        "    ",
        "\t",
        "```",
        "~~~",
        "`",
        "<!--",
        "-->",
        "<pre>",
        "</pre>",
        "<details>",
        "</",
        "[",
        "](x)",
        "![",
        "*",
        "**",
        "_",
        "~~",
        "\\",
        "|",
        "---",
        "===",
        "# ",
        "[^1]",
        "[^1]: ",
        "&amp;",
        "\0",
        "é",
        "\u{2028}",
        " ",
    ];
    prop_oneof![proptest::sample::select(known.to_vec()).prop_map(str::to_owned), ".{0,6}"]
}

proptest! {
    #[test]
    fn any_text_can_be_read(pieces in prop::collection::vec(piece(), 0..40), bot in ".{0,8}") {
        let text = pieces.concat();
        let read = commands(&text, &bot);
        prop_assert!(read.lines.len() <= MOST_COMMANDS);
        for line in read.lines {
            prop_assert!(after_word(&line, COMMAND).is_some());
            prop_assert!(!line.contains(['\n', '\r']));
        }
        let _ = commands(&text, "maintbot");
    }

    #[test]
    fn nothing_in_a_fence_is_a_command(inner in "[^`]{0,60}", lazy in prop::bool::ANY) {
        let text = format!("```\n/maintenance list\n{inner}\n/maintenance next\n{}", if lazy { "" } else { "```" });
        prop_assert_eq!(lines(&text), [""; 0]);
    }

    #[test]
    fn a_line_on_its_own_is_always_itself(rest in "[^\\r\\n]{0,60}") {
        let line = format!("/maintenance {rest}");
        // A table needs a second line and a heading its underline: a line on its own is a paragraph.
        prop_assert_eq!(lines(&line), [line.trim_end()]);
    }
}
