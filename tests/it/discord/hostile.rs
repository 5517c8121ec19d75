//! What people type who mean no good: shown as typed wherever it goes, and nowhere active. That no text of maintbot's calls
//! anybody, forges a link or a time, or leaves a fence open, the double judges of every message, answer and event.

use super::{Hub, config, story};
use crate::databases;
use crate::fake::discord::state::Message;
use crate::fake::discord::{FakeDiscord, SERVER, Way};

const AT: &str = "2026-12-01 09:00";
/// Everything that could call somebody, forge a link or a time, or change how the text around it looks. `{anna}` and so on
/// become ids.
const HOSTILE: &str = "<@{anna}> <@!{anna}> <@&{oncall}> <#{ops}> @everyone @here <t:0:R> [MW-1](https://evil.example/a) \
     <https://evil.example/b> https://evil.example/c discord.gg/evil <:smile:1> <a:smile:1> </maintenance:1> \
     *b* **bb** __u__ _i_ ~~s~~ ||p|| `c` ``` :tada: \\*x\\* {{7*7}} ${x} %s 'q' ]]> end";
/// The same for fields that hold few letters.
const SHORT: &str = "<@{anna}> @everyone [1h](https://evil.example) <t:0:R> ``` end";

/// A text of the above with the ids of this Discord.
fn hostile(hub: &Hub, text: &str) -> String {
    text.replace("{anna}", &hub.fake.id("anna"))
        .replace("{oncall}", &hub.fake.role("oncall"))
        .replace("{ops}", &hub.fake.channel("#ops").id())
}

/// How a reader has to see it after a first word: letter by letter, people as they are called here; see [`letters`].
fn shown(hub: &Hub, first: &str, text: &str) -> String {
    let named = text.replace("<@{anna}>", "@anna").replace("<@!{anna}>", "@anna");
    in_form(hub, first, &named)
}

/// The same of what is filled into a form, in which Discord calls nobody: letter by letter.
fn in_form(hub: &Hub, first: &str, text: &str) -> String {
    letters(&format!("{first} {}", hostile(hub, text)))
}

/// Without the stars of bold text, which the double's reader leaves out wherever they stand, and without the brackets in
/// which an address makes no card, which nobody sees.
fn letters(text: &str) -> String {
    text.replace("**", "").replace(['<', '>'], "")
}

/// Everything in channels, threads and direct messages, as a reader sees it.
fn posted(hub: &Hub) -> String {
    let places = ["#ce", "#ops", "#dev", "@anna", "@ben", "@dan"];
    let posts = places.into_iter().flat_map(|place| hub.fake.posts(place));
    let all = posts.flat_map(|post| std::iter::once(post.clone()).chain(hub.fake.thread_of(&post)).collect::<Vec<_>>());
    all.map(|message| seen(&message)).collect::<Vec<_>>().join("\n")
}

fn seen(message: &Message) -> String {
    letters(&message.plain())
}

/// What only this person was told.
fn whispered(hub: &Hub, user: &str) -> String {
    hub.fake.whispers(user).iter().map(seen).collect::<Vec<_>>().join("\n")
}

/// Nobody was called by anything.
fn harmless(hub: &Hub) {
    assert_eq!(hub.fake.pings(), []);
    let calls = hub.fake.requests();
    let messages = calls.iter().filter(|call| call.body["allowed_mentions"].is_object());
    let mut looked_at = 0;
    for call in messages {
        assert_eq!(call.body["allowed_mentions"]["parse"], serde_json::json!([]), "{call:?}");
        looked_at += 1;
    }
    assert!(looked_at > 0, "nothing was looked at");
}

#[tokio::test]
async fn hostile_words_in_a_command_are_shown_as_typed_wherever_they_go() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = databases::sqlite_url(&folder);
    let with_events =
        |fake: &FakeDiscord| config(fake, Way::Http, "").replace("gateway = false", "gateway = false\nevents = true");
    let hub = Hub::start_on(folder, url, Way::Http, with_events, AT).await;
    let (short, long) = (hostile(&hub, SHORT), hostile(&hub, HOSTILE));
    let texts = [("title", &short), ("impact", &long), ("item", &long), ("reason", &long)];
    let texts = texts.map(|(name, text)| (name, format!("{name} {text}")));
    let mut options: Vec<(&str, &str)> = texts.iter().map(|(name, text)| (*name, text.as_str())).collect();
    options.extend([("service", "jira"), ("when", "2026-12-02 14:00-16:00 UTC"), ("poc", "ben")]);
    let said = hub.line("ben", "#dev", &line("schedule", &options)).await;
    assert!(said.plain().contains("is scheduled"), "{said}");
    for text in [format!("note MW-1 \"N {long}\""), format!("change add MW-1 \"D {long}\"")] {
        hub.line("anna", "#dev", &text).await;
    }
    // The change list is told.
    hub.at("2026-12-01 09:20").await;
    hub.calm().await;
    for text in [
        format!("edit MW-1 title:\"E {short}\""),
        format!("reschedule MW-1 when:\"2026-12-02 15:00-17:00\" reason:\"F {long}\""),
        format!("cancel MW-1 reason:\"G {long}\""),
        format!("plan new \"P {short}\""),
        format!("qa add PL-1 \"Q {short}\" \"A {long}\""),
        "plan show PL-1".to_owned(),
        format!("freeze add \"Z {short}\" from:2027-02-18 to:2027-02-19"),
        "freeze list".to_owned(),
        format!("{short} {long}"),
        format!("show {long}"),
    ] {
        hub.line("anna", "#dev", &text).await;
    }
    let told = whispered(&hub, "anna");
    for (first, text) in [("P", SHORT), ("Q", SHORT), ("A", HOSTILE), ("Z", SHORT)] {
        let shown = shown(&hub, first, text);
        assert!(told.contains(&shown), "{shown}\nis not shown as typed to who typed it:\n{told}");
    }
    let all = posted(&hub);
    for (first, text) in [("impact", HOSTILE), ("N", HOSTILE), ("E", SHORT), ("F", HOSTILE), ("G", HOSTILE)] {
        let shown = shown(&hub, first, text);
        assert!(all.contains(&shown), "{shown}\nis not shown as typed anywhere:\n{all}");
    }
    assert!(!hub.fake.events(SERVER).is_empty(), "the window was an event");
    harmless(&hub);
    hub.close().await;
}

/// A verb with options as a line.
fn line(verb: &str, options: &[(&str, &str)]) -> String {
    let title = options.iter().find(|(name, _)| *name == "title").expect("a title").1;
    let rest = options.iter().filter(|(name, _)| *name != "title").map(|(name, text)| format!(" {name}:\"{text}\""));
    format!("{verb} \"{title}\"{}", rest.collect::<String>())
}

#[tokio::test]
async fn hostile_words_in_every_option_and_form_are_shown_as_typed_wherever_they_go() {
    let approval = "[policy.scheduled]\nnotice = \"5d\"\napproval = [\"short_notice\"]\n";
    story(approval, AT, async |hub| {
        let (short, long) = (hostile(hub, SHORT), hostile(hub, HOSTILE));
        let texts = ["title", "impact", "reason"].map(|name| (name, format!("{name} {short}")));
        let mut options: Vec<(&str, &str)> = texts.iter().map(|(name, text)| (*name, text.as_str())).collect();
        options.extend([("service", "jira"), ("when", "2026-12-02 14:00-16:00 UTC"), ("poc", "ben")]);
        hub.command("ben", "#dev", "schedule", &options).await;
        let request = seen(&hub.newest("#ops"));
        assert!(request.contains(&shown(hub, "reason", SHORT)), "{request}");

        let form = hub.press("dan", "#ops", "reject").await;
        hub.fill_in("dan", &form, &[("reason", &format!("because {long}"))]).await;
        let all = posted(hub);
        assert!(all.contains(&in_form(hub, "because", HOSTILE)), "the reason is told: {all}");

        let options = [("title", "Jira"), ("service", "jira"), ("when", "2026-12-08 14:00-16:00 UTC"), ("poc", "ben")];
        hub.command("ben", "#dev", "schedule", &options).await;
        hub.at("2026-12-08 14:00").await;
        hub.calm().await;
        let form = hub.press("ben", "#ce", "extend_other").await;
        hub.fill_in("ben", &form, &[("for", "30m"), ("reason", &format!("slow {long}"))]).await;
        assert!(posted(hub).contains(&in_form(hub, "slow", HOSTILE)), "{}", posted(hub));
        let menu = hub.press("ben", "#ce", "complete").await;
        let form = hub.choose("ben", &menu, "complete", "success").await;
        hub.fill_in("ben", &form, &[("note", &format!("over {long}"))]).await;
        let completed = seen(&hub.newest("#ce"));
        assert!(completed.contains(&in_form(hub, "over", HOSTILE)), "{completed}");
        harmless(hub);
    })
    .await;
}

/// As much as a form takes, in lines that each mean something to Discord where they begin.
#[tokio::test]
async fn thousands_of_letters_in_lines_that_mean_something_are_shown_as_typed() {
    story("", AT, async |hub| {
        let options = [("title", "Jira"), ("service", "jira"), ("when", "2026-12-08 14:00-16:00 UTC"), ("poc", "ben")];
        hub.command("ben", "#dev", "schedule", &options).await;
        hub.at("2026-12-08 14:00").await;
        hub.calm().await;
        let lines =
            ["# big", "## less", "-# small", "> quoted", ">>> all", "- point", "* star", "1. one", "```rust", "end"];
        let block = lines.join("\n");
        let menu = hub.press("ben", "#ce", "complete").await;
        let form = hub.choose("ben", &menu, "complete", "success").await;
        let most = form.body["data"]["components"].as_array().into_iter().flatten().find_map(|row| {
            let field = &row["components"][0];
            (field["custom_id"] == "note").then(|| field["max_length"].as_u64()).flatten()
        });
        let most = usize::try_from(most.expect("the note has a length")).expect("few");
        let note: String = std::iter::repeat_n(format!("{block}\n"), most / block.len() + 1).collect::<String>();
        let note: String = note.chars().take(most).collect();
        hub.fill_in("ben", &form, &[("note", &note)]).await;
        let completed = hub.newest("#ce").plain();
        let read = completed.split_whitespace().collect::<Vec<_>>().join(" ");
        let typed = block.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(read.contains(&typed), "{completed}");
        // A word of 4,000 letters that nobody sees, and one of signs.
        for text in ["\u{200b}".repeat(4_000), "*".repeat(4_000), "`".repeat(3_999), "<@".repeat(1_500)] {
            hub.fake.command("anna", "#dev", "do", &[(&hub.text_of_do(), &format!("note MW-1 \"x{text}\""))]).await;
            hub.calm().await;
        }
        harmless(hub);
    })
    .await;
}
