//! Pages that are filled by JSON: the two configurations of the manual, against the shapes that the pages document.

use chrono::TimeDelta;
use maintbot::clock::Clock;

use super::UPGRADE;
use crate::bot::{Bot, utc};
use crate::fake::json_page::{FakeJsonPage, Shape, TOKEN};
use crate::{databases, postgres};

const MANUAL: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/statuspage.md"));

/// The example of the manual with this name, for the double.
fn example(page: &FakeJsonPage, name: &str) -> String {
    let examples = MANUAL.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next());
    let found = examples.into_iter().find(|text| text.contains(&format!("name = \"{name}\""))).expect("an example");
    let found = found.replace("https://api.instatus.com", &page.url).replace("https://status.example.com", &page.url);
    let found = found.replace("secret_file = \"cachet.token\"", &format!("secret = \"{TOKEN}\""));
    found.replace("secret_file = \"instatus.token\"", &format!("secret = \"{TOKEN}\""))
}

fn config(page: &FakeJsonPage, name: &str, without: &str) -> String {
    let example = example(page, name);
    let lines = example.lines().filter(|line| without.is_empty() || !line.starts_with(without));
    let example = lines.collect::<Vec<_>>().join("\n");
    format!(
        "[server]\npublic_url = \"https://maintenance.example.com\"\n[organisation]\ntime_zone = \"UTC\"\n\
         [policy.scheduled]\nauto_start = false\nannounce = \"7d\"\nremind = []\n\
         [[audience]]\nname = \"customers\"\nchannels = [\"statuspage:{name}\"]\n{example}"
    )
}

async fn story(shape: Shape, name: &str, tell: impl AsyncFn(&Bot, &FakeJsonPage)) {
    let folder = tempfile::tempdir().expect("a folder");
    for url in [databases::sqlite_url(&folder), postgres::database().await.as_str().to_owned()] {
        let page = FakeJsonPage::start(shape).await;
        let bot = Bot::start(&config(&page, name, ""), &url, Clock::manual(utc("2026-12-19 09:00"))).await;
        tell(&bot, &page).await;
        bot.finish().await;
        page.close();
    }
}

async fn say(bot: &Bot, text: &str) {
    bot.say("anna", &format!("/maintenance {text}")).await;
}

#[tokio::test]
async fn a_cachet_is_told_from_the_announcement_to_the_end() {
    story(Shape::Cachet, "cachet", async |bot, page| {
        say(bot, UPGRADE).await;
        let entry = page.only();
        assert_eq!(entry["name"], "Upgrade");
        assert_eq!(
            (&entry["scheduled_at"], &entry["completed_at"]),
            (&"2026-12-20 14:00:00".into(), &"2026-12-20 16:00:00".into())
        );
        assert_eq!(entry["status"], 0);
        say(bot, "reschedule MW-1 when:\"2026-12-20 15:00-17:00 UTC\"").await;
        assert_eq!(page.only()["scheduled_at"], "2026-12-20 15:00:00");
        bot.at("2026-12-20 15:00").await;
        say(bot, "start MW-1").await;
        assert_eq!(page.only()["status"], 1);
        say(bot, "note MW-1 \"Half way\"").await;
        assert!(page.only()["message"].as_str().is_some_and(|text| text.starts_with("Half way")));
        say(bot, "complete MW-1").await;
        assert_eq!(page.only()["status"], 2);
    })
    .await;
}

#[tokio::test]
async fn an_instatus_is_told_and_an_entry_of_what_is_called_off_is_taken_away() {
    story(Shape::Instatus, "instatus", async |bot, page| {
        let nasty = "</script>\\\"{{ id }}{% raw %}";
        say(bot, &UPGRADE.replace("Upgrade", nasty)).await;
        let entry = page.only();
        assert_eq!(entry["name"], "</script>\"{{ id }}{% raw %}", "what people typed is a text");
        assert_eq!((&entry["status"], &entry["duration"]), (&"NOTSTARTEDYET".into(), &120.into()));
        assert_eq!(entry["notify"], true);
        say(bot, "cancel MW-1 reason:\"not needed\"").await;
        assert!(page.entries().is_empty());
        let last = page.requests().pop().expect("a request").0;
        assert_eq!(last, "DELETE /v1/PAGE/maintenances/1");
    })
    .await;
}

#[tokio::test]
async fn an_entry_that_was_made_and_not_recorded_is_found_in_the_list() {
    story(Shape::Cachet, "cachet", async |bot, page| {
        page.lose(1);
        say(bot, UPGRADE).await;
        bot.clock.set(bot.clock.now() + TimeDelta::minutes(10));
        bot.settle().await;
        say(bot, "reschedule MW-1 when:\"2026-12-20 15:00-17:00 UTC\"").await;
        assert_eq!(page.only()["scheduled_at"], "2026-12-20 15:00:00", "one entry, and it follows");
    })
    .await;
}

#[tokio::test]
async fn without_a_list_somebody_is_asked_to_look() {
    let folder = tempfile::tempdir().expect("a folder");
    let page = FakeJsonPage::start(Shape::Cachet).await;
    let config = config(&page, "cachet", "list");
    let bot = Bot::start(&config, &databases::sqlite_url(&folder), Clock::manual(utc("2026-12-19 09:00"))).await;
    page.lose(1);
    say(&bot, UPGRADE).await;
    bot.clock.set(bot.clock.now() + TimeDelta::minutes(10));
    bot.settle().await;
    assert_eq!(page.entries().len(), 1, "not made again");
    let told = bot.texts("ops").await.join("\n");
    assert!(told.contains("look there"), "{told}");
}

#[tokio::test]
async fn what_is_refused_is_told_without_the_secret() {
    let folder = tempfile::tempdir().expect("a folder");
    let page = FakeJsonPage::start(Shape::Cachet).await;
    let config = config(&page, "cachet", "");
    let bot = Bot::start(&config, &databases::sqlite_url(&folder), Clock::manual(utc("2026-12-19 09:00"))).await;
    page.refuse(422);
    say(&bot, UPGRADE).await;
    let told = bot.texts("ops").await.join("\n");
    assert!(
        told.contains("status page cachet answers POST /schedules with 422") && !told.contains("hunter2"),
        "{told}"
    );
}

#[tokio::test]
async fn an_entry_that_somebody_deleted_is_made_again_by_the_sweep() {
    story(Shape::Instatus, "instatus", async |bot, page| {
        say(bot, UPGRADE).await;
        let sweep = async || {
            let mended = bot.parts.sender.sweep_pages(bot.clock.now()).await;
            bot.settle().await;
            mended
        };
        assert_eq!(sweep().await, 0);
        page.clear();
        assert_eq!(sweep().await, 1);
        assert_eq!(page.only()["name"], "Upgrade");
        assert_eq!(page.only()["notify"], false, "nobody is told twice");
    })
    .await;
}
