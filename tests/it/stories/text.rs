//! Text from people is data: stored as typed, shown harmlessly.

use maintbot::command::Input;
use maintbot::domain::access::{Actor, Role};
use maintbot::service::{Answer, Invocation, Reply};

use crate::bot::{Bot, story};

const CONFIG: &str = r#"
[organisation]
name = "Example"
time_zone = "UTC"
ops = ["builtin:ops"]

[policy.scheduled]
announce = "at_once"
change_list = "at_once"

[[audience]]
name = "everybody"
channels = ["builtin:news"]
messages = ["announcement", "started", "moved", "extended", "cancelled", "completed", "note", "change_list", "change_list_update"]
"#;

/// Hostile texts: escape sequences, turned writing, markup, templates, and lines that look like parts of a message.
const HOSTILE: &[&str] = &[
    "bell\u{7} escape\u{1b}[31m mark\u{2}facts break\u{3}x nul-like\u{1} c1\u{9b}31m",
    "safe\u{202e}exe.txt\u{2066}hidden\u{2069}\u{200f}",
    "<script>alert(1)</script><b onclick=x>&amp;</b>",
    "| a | b |\n|---|---|\n| c | d |",
    "{{ 7*7 }} {% for x in y %} {{ block(\"facts\") }} {# c #}",
    "first\n# heading\n- [ ] 9. fake item\n> quote\n```\ncode\n```",
    "one\u{2028}two\u{2029}three\u{85}four\r\nfive",
];

/// Types a verb with named options, as a form does: nothing has to be quoted.
async fn named(bot: &Bot, verb: &str, options: &[(&str, &str)]) -> Reply {
    let options = options.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let invocation = Invocation {
        actor: Actor::with_role("anna", Role::Admin),
        place: "form".into(),
        zone: None,
        within: None,
        input: Input::Named { verb: verb.to_owned(), options },
        key: None,
    };
    let answer = bot.parts.service.run(&invocation).await.expect("no fault");
    bot.settle().await;
    match answer {
        Answer::Done(reply) => reply,
        Answer::Refused(refused) => panic!("`{verb}` was refused:\n{}", refused.message.plain()),
    }
}

/// Nothing in it can drive a terminal, turn the writing or break a line where none is meant.
fn assert_harmless(text: &str) {
    let wrong = |c: &char| {
        (c.is_control() && !matches!(c, '\n' | '\t'))
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
            || matches!(c, '\u{2028}' | '\u{2029}')
    };
    assert_eq!(text.chars().find(wrong), None, "{text:?}");
    assert!(!text.contains("49"), "a template was filled: {text}");
}

#[tokio::test]
async fn hostile_text_in_every_field_is_stored_as_typed_and_shown_harmlessly_everywhere() {
    story(CONFIG, "2026-12-08 09:00", async |bot| {
        for (n, evil) in HOSTILE.iter().enumerate() {
            let id = format!("MW-{}", n + 1);
            let id = id.as_str();
            let when = "2026-12-08 09:20-11:00";
            let mut replies = vec![
                named(
                    bot,
                    "schedule",
                    &[
                        ("title", evil),
                        ("service", "crm"),
                        ("when", when),
                        ("impact", evil),
                        ("rollback", evil),
                        ("poc", "@anna"),
                        ("item", evil),
                        ("again", "true"),
                    ],
                )
                .await,
            ];
            for (verb, options) in [
                ("change add", [("text", *evil), ("again", "true")]),
                ("note", [("text", *evil), ("again", "true")]),
                ("extend", [("for", "1h"), ("reason", evil)]),
                ("reschedule", [("when", "2026-12-08 09:25-12:00"), ("reason", evil)]),
                ("start", [("dry-run", "false"), ("window", id)]),
                ("change edit", [("item", "1"), ("text", &format!("{evil} more"))]),
                ("show", [("window", id), ("window", id)]),
                ("reminders", [("window", id), ("window", id)]),
                ("complete", [("outcome", "partial"), ("note", evil)]),
                ("history", [("window", id), ("window", id)]),
            ] {
                let mut all = vec![("window", id)];
                all.extend(options.into_iter().filter(|(name, _)| *name != "window"));
                replies.push(named(bot, verb, &all).await);
            }
            for reply in &replies {
                assert_harmless(&reply.message.plain());
            }
            let window = bot.window(i64::try_from(n + 1).expect("small")).await;
            assert_eq!(
                [window.title.as_str(), window.impact.as_str(), window.rollback.as_str()],
                [*evil; 3],
                "stored as typed"
            );
            let history = replies.last().expect("the history").message.plain();
            // One line per event under the head: no text from people starts a line of the table.
            let events = bot.events(i64::try_from(n + 1).expect("small")).await.len();
            let table = history.split("\n\n").nth(1).expect("the table");
            assert_eq!(table.lines().count(), events + 1, "{history}");
        }
        for channel in ["news", "ops"] {
            for text in bot.texts(channel).await {
                assert_harmless(&text);
                assert_eq!(text.matches("\nDetails: ").count(), usize::from(text.contains("Details:")), "{text}");
            }
        }
        for n in 1..=HOSTILE.len() {
            let issue = bot.issue(i64::try_from(n).expect("small")).await;
            assert_harmless(&issue.body);
            assert_eq!(
                issue.body.lines().filter(|line| line.trim_start().starts_with('[')).count(),
                2,
                "{}",
                issue.body
            );
        }
    })
    .await;
}

#[tokio::test]
async fn four_thousand_characters_of_impact_arrive_whole() {
    story(CONFIG, "2026-12-08 09:00", async |bot| {
        let impact: String = "Jira är nere! ".repeat(286).chars().take(4000).collect();
        let impact = impact.as_str();
        named(
            bot,
            "schedule",
            &[("title", "Upgrade"), ("service", "crm"), ("when", "2026-12-09 09:20-11:00"), ("impact", impact)],
        )
        .await;
        assert_eq!(bot.window(1).await.impact, impact);
        assert!(bot.texts("news").await[0].contains(impact));
    })
    .await;
}

#[tokio::test]
async fn a_heading_stays_one_line_and_template_words_stay_words() {
    story(CONFIG, "2026-12-08 09:00", async |bot| {
        let title = "Two\nlines {{ title }}";
        named(bot, "schedule", &[("title", title), ("service", "crm"), ("when", "2026-12-09 09:20-11:00")]).await;
        assert!(bot.timeline("news").await[0].ends_with("Planned maintenance: Two lines {{ title }}"));
    })
    .await;
}
