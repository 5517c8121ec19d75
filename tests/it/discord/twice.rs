//! What comes twice is done once and answered once: what people do, and what maintbot is not sure to have said.

use chrono::TimeDelta;
use maintbot::clock::Clock;

use super::{Hub, story, story_both_ways, story_on_postgres};
use crate::bot::{Bot, utc};
use crate::databases;
use crate::fake::discord::permissions::READ_MESSAGE_HISTORY;
use crate::fake::discord::state::{Message, Request};
use crate::fake::discord::{Again, Fault, Matching, Reply, Way};
use crate::postgres;

const AT: &str = "2026-12-01 09:00";
const MORE: &str = "\n[policy.scheduled]\nannounce = \"at_once\"\nremind = []\nchange_list = \"1d\"\n";
const JIRA: [(&str, &str); 4] =
    [("title", "Jira"), ("service", "jira"), ("when", "2026-12-20 16:00-20:00 UTC"), ("poc", "ben")];

/// How many windows there are.
async fn windows(hub: &Hub) -> usize {
    let filter = maintbot::service::query::WindowFilter::default();
    hub.bot.parts.service.windows(&filter, None, 100).await.expect("readable").len()
}

/// Discord sends it again, just as it was.
async fn again(hub: &Hub, first: &Reply) -> Reply {
    let second = hub.fake.again(first.nth, Again::Same).await;
    hub.calm().await;
    second
}

/// Jira is announced in `#ce` for the first time, and that goes wrong so.
async fn announced_with(hub: &Hub, fault: Fault) {
    hub.fake.fail(Matching::route("create_message").channel("#ce"), 1, fault);
    let reply = hub.fake.command("ben", "#dev", "schedule", &JIRA).await;
    assert!(reply.plain().contains("MW-1"), "{reply}");
    hub.settle().await;
}

/// Every try to post in a channel.
fn tries(hub: &Hub, channel: &str) -> Vec<Request> {
    let calls = hub.fake.calls("create_message").into_iter();
    calls.filter(|call| call.channel.as_ref().is_some_and(|(_, name)| format!("#{name}") == channel)).collect()
}

fn headings(messages: &[Message]) -> Vec<String> {
    messages.iter().map(|post| post.plain().lines().next().unwrap_or_default().to_owned()).collect()
}

/// Without the right to read what was said before, only the number that every message carries tells that it is there.
#[tokio::test]
async fn within_minutes_discord_knows_a_message_again_by_its_number() {
    story(MORE, AT, async |hub| {
        hub.fake.channel("#ce").bot_may_not(READ_MESSAGE_HISTORY);
        announced_with(hub, Fault::ResetAfter).await;
        hub.calm().await;
        let tries = tries(hub, "#ce");
        assert_eq!(tries.len(), 2, "{tries:#?}");
        assert!(tries[1].at - tries[0].at < TimeDelta::minutes(3), "{} {}", tries[0].at, tries[1].at);
        assert!(tries[0].body["nonce"].is_string() && tries[0].body["nonce"] == tries[1].body["nonce"]);
        assert!(tries.iter().all(|call| call.body["enforce_nonce"] == true));
        assert_eq!(hub.headings("#ce"), ["Planned maintenance: Jira"]);
    })
    .await;
}

/// Discord does what it is asked for once without saying so, and is gone for so long that it forgets the number.
async fn found_after_an_hour(hub: &Hub) {
    announced_with(hub, Fault::ResetAfter).await;
    hub.fake.fail_always(Matching::any(), Fault::Reset);
    hub.at("2026-12-01 10:00").await;
    hub.fake.lift();
    hub.at("2026-12-01 10:30").await;
    assert_eq!(hub.headings("#ce"), ["Planned maintenance: Jira"]);
    assert_eq!(tries(hub, "#ce").iter().filter(|call| call.done).count(), 1, "it was looked for, not posted again");
    // What was found is what is changed later.
    hub.command("ben", "#dev", "edit", &[("window", "MW-1"), ("title", "Jira 10.3")]).await;
    assert_eq!(hub.headings("#ce"), ["Planned maintenance: Jira 10.3"]);
}

#[tokio::test]
async fn after_the_number_s_life_it_is_found_by_its_mark() {
    story(MORE, AT, found_after_an_hour).await;
}

#[tokio::test]
async fn after_the_number_s_life_it_is_found_by_its_mark_on_postgresql() {
    story_on_postgres(MORE, AT, found_after_an_hour).await;
}

/// Whoever reads along can post the same embed with the same address; it is not maintbot's word.
#[tokio::test]
async fn somebody_else_s_message_with_the_same_mark_does_not_count() {
    story(MORE, AT, async |hub| {
        announced_with(hub, Fault::Reset).await;
        let embeds = tries(hub, "#ce")[0].body["embeds"].as_array().cloned().expect("embeds");
        assert!(embeds[0]["url"].as_str().is_some_and(|url| url.contains('#')), "{embeds:?}");
        hub.fake.say_embeds("eve", "#ce", &embeds);
        hub.fake.fail_always(Matching::any(), Fault::Reset);
        hub.at("2026-12-01 10:00").await;
        hub.fake.lift();
        hub.at("2026-12-01 10:30").await;
        assert_eq!(hub.headings("#ce"), ["Planned maintenance: Jira"], "maintbot's own");
        assert_eq!(headings(&hub.fake.messages("#ce")).len(), 2);
    })
    .await;
}

/// Discord takes its time to answer one process; when its claim is over another one takes the row, finds the message and
/// records it; what the first one hears then changes nothing.
async fn taken_over(url: String, folder: tempfile::TempDir) {
    let hub = Hub::start_on(folder, url, Way::Http, |fake| super::config(fake, Way::Http, MORE), AT).await;
    let other = Bot::start(&hub.config, &hub.url, hub.bot.clock.clone()).await;
    hub.fake.command("ben", "#dev", "schedule", &JIRA).await;
    hub.fake.fail(
        Matching::route("create_message").channel("#ce"),
        1,
        Fault::SilenceAfter(std::time::Duration::from_millis(600)),
    );
    let second = async {
        while hub.fake.posts("#ce").is_empty() {
            Clock::pause(std::time::Duration::from_millis(5)).await;
        }
        hub.bot.clock.set(utc("2026-12-01 09:10"));
        other.settle().await;
    };
    tokio::join!(hub.settle(), second);
    hub.calm().await;
    assert_eq!(hub.headings("#ce"), ["Planned maintenance: Jira"]);
    assert_eq!(tries(&hub, "#ce").len(), 1, "the other process looked, and found it");
    assert_eq!(hub.bot.rows(1, "announcement").await, ["0 at_once discord:#ce sent"]);
    other.parts.db.close().await;
    hub.close().await;
}

#[tokio::test]
async fn a_row_that_another_process_took_over_is_said_once() {
    let folder = tempfile::tempdir().expect("a folder");
    Box::pin(taken_over(databases::sqlite_url(&folder), folder)).await;
}

#[tokio::test]
async fn a_row_that_another_process_took_over_is_said_once_on_postgresql() {
    let folder = tempfile::tempdir().expect("a folder");
    Box::pin(taken_over(postgres::database().await.as_str().to_owned(), folder)).await;
}

/// Over HTTP whoever listens in can post it again; over the gateway Discord may after a resume.
#[tokio::test]
async fn the_same_command_sent_twice_is_done_once_and_answered_the_same() {
    story_both_ways(MORE, AT, async |hub| {
        let first = hub.command("ben", "#dev", "schedule", &JIRA).await;
        assert!(first.plain().contains("MW-1 “Jira” is scheduled"), "{first}");
        let second = again(hub, &first).await;
        let is_http = hub.way == Way::Http;
        assert!(!is_http || (second.status, &second.body) == (200, &first.body), "{second}");
        assert_eq!(windows(hub).await, 1);
        // Long after, when the window has moved on, it is still the first answer.
        hub.command("ben", "#dev", "cancel", &[("window", "MW-1"), ("reason", "Not needed")]).await;
        let third = again(hub, &first).await;
        assert!(!is_http || third.body == first.body, "{third}");
        assert_eq!(windows(hub).await, 1);
        assert_eq!(hub.headings("#ce"), ["Planned maintenance: Jira", "Cancelled: Jira"]);
        assert_eq!(hub.whispers("ben").len(), 2, "one for each command: {:#?}", hub.whispers("ben"));
    })
    .await;
}

#[tokio::test]
async fn a_command_is_answered_the_same_by_a_maintbot_that_was_started_again() {
    let mut hub = Hub::start(Way::Http, MORE, AT).await;
    let first = hub.command("ben", "#dev", "schedule", &JIRA).await;
    hub.restart().await;
    let second = again(&hub, &first).await;
    assert_eq!((second.status, &second.body), (200, &first.body));
    assert_eq!((windows(&hub).await, hub.headings("#ce").len()), (1, 1));
    hub.close().await;
}

#[tokio::test]
async fn the_same_command_sent_twice_at_once_is_done_once() {
    story(MORE, AT, async |hub| {
        let first = hub.command("ben", "#dev", "schedule", &JIRA).await;
        let note = hub.line("ben", "#dev", "note MW-1 \"Half way\"").await;
        let (one, other) = tokio::join!(hub.fake.again(note.nth, Again::Same), hub.fake.again(first.nth, Again::Same));
        assert_eq!((one.body, other.body), (note.body, first.body));
        let noted = hub.bot.events(1).await.into_iter().filter(|line| line.contains("Half way")).count();
        assert_eq!((windows(hub).await, noted), (1, 1));
    })
    .await;
}

/// What is refused stays refused: what was wrong then may be right by now.
#[tokio::test]
async fn a_refused_command_sent_twice_is_refused_the_same() {
    story(MORE, AT, async |hub| {
        hub.command("ben", "#dev", "schedule", &JIRA).await;
        let early = hub.command("eve", "#dev", "start", &[("window", "MW-1")]).await;
        assert_eq!(hub.bot.window(1).await.state.to_string(), "scheduled", "{early}");
        hub.at("2026-12-20 15:59").await;
        // Signed anew: what is five minutes old is refused as such.
        let second = again(hub, &early).await;
        assert_eq!(second.body, early.body);
        assert_eq!(hub.bot.window(1).await.state.to_string(), "scheduled");
    })
    .await;
}

/// Another press of Enter is another interaction; within a minute it is taken for the same.
#[tokio::test]
async fn a_second_enter_within_a_minute_gives_the_first_answer_and_one_window() {
    story(MORE, AT, async |hub| {
        let first = hub.command("ben", "#dev", "schedule", &JIRA).await;
        hub.bot.clock.set(hub.bot.clock.now() + TimeDelta::seconds(40));
        let second = hub.command("ben", "#dev", "schedule", &JIRA).await;
        assert!(second.plain().starts_with("You just did this"), "{second}");
        assert!(second.plain().contains("MW-1"), "{second}");
        assert_eq!(windows(hub).await, 1, "{first}");
        let other = hub.command("carla", "#dev", "schedule", &JIRA).await;
        assert!(!other.plain().starts_with("You just did this"), "somebody else is not the same: {other}");
    })
    .await;
}

#[tokio::test]
async fn the_same_press_sent_twice_is_done_once() {
    story_both_ways("", AT, async |hub| {
        hub.command("ben", "#dev", "schedule", &JIRA).await;
        hub.at("2026-12-20 15:59").await;
        hub.calm().await;
        hub.press("eve", "#ce", "start").await;
        let extended = hub.press("eve", "#ce", "extend_30").await;
        again(hub, &extended).await;
        again(hub, &extended).await;
        assert_eq!(hub.bot.window(1).await.span.ends_at, utc("2026-12-20 20:30"), "half an hour once");
        let told = hub.headings("#ce").into_iter().filter(|heading| heading.starts_with("Extended")).count();
        assert_eq!(told, 1, "{:?}", hub.headings("#ce"));
        assert_eq!(hub.whispers("eve"), [""; 0]);
    })
    .await;
}

/// What a press is answered with only who pressed sees, once.
#[tokio::test]
async fn the_same_acknowledgement_sent_twice_is_one_event() {
    story_both_ways("", AT, async |hub| {
        hub.command("ben", "#dev", "schedule", &JIRA).await;
        hub.at("2026-12-20 15:59").await;
        hub.calm().await;
        let pressed = hub.press("eve", "#ce", "ack").await;
        again(hub, &pressed).await;
        let events = hub.bot.events(1).await;
        assert_eq!(events.iter().filter(|line| line.starts_with("eve: ")).count(), 1, "{events:#?}");
        assert_eq!(hub.whispers("eve").len(), 1, "{:#?}", hub.whispers("eve"));
    })
    .await;
}

#[tokio::test]
async fn a_form_sent_in_twice_completes_once() {
    story_both_ways(MORE, AT, async |hub| {
        hub.command("ben", "#dev", "schedule", &JIRA).await;
        hub.at("2026-12-20 16:00").await;
        hub.calm().await;
        let menu = hub.press("ben", "#ce", "complete").await;
        let modal = hub.choose("ben", &menu, "complete", "success").await;
        let sent = hub.fill_in("ben", &modal, &[]).await;
        let second = again(hub, &sent).await;
        assert!(hub.way != Way::Http || second.body == sent.body, "{second}");
        let completed = hub.headings("#ce").into_iter().filter(|heading| heading.starts_with("Completed")).count();
        assert_eq!(completed, 1, "{:?}", hub.headings("#ce"));
        let events = hub.bot.events(1).await;
        assert_eq!(events.iter().filter(|line| line.contains("completed")).count(), 1, "{events:#?}");
    })
    .await;
}
