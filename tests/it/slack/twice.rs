//! What comes twice is done once and answered once: what Slack sends again, and what people press again.

use chrono::TimeDelta;

use super::{Hub, story};
use crate::fake::slack::{Again, Reply};

const SCHEDULE: &str = "schedule \"Jira\" service:jira when:\"2026-12-20 16:00-20:00 UTC\" poc:@ben item:\"One\"";

/// How many windows there are.
async fn windows(hub: &Hub) -> usize {
    let filter = maintbot::service::query::WindowFilter::default();
    hub.bot.parts.service.windows(&filter, None, 100).await.expect("readable").len()
}

/// Slack sends it again as it does when it saw no answer.
async fn again(hub: &Hub, first: &Reply) -> Reply {
    let second = hub.fake.again(first.nth, Again::Retry(1)).await;
    hub.calm().await;
    second
}

#[tokio::test]
async fn the_same_command_sent_twice_is_done_once_and_answered_the_same() {
    story("", "2026-12-01 09:00", async |hub| {
        let first = hub.command("ben", "#dev", SCHEDULE).await;
        assert!(first.text().contains("MW-1 “Jira” is scheduled"), "{first}");
        let second = again(hub, &first).await;
        assert_eq!((second.status, &second.body), (200, &first.body));
        assert_eq!(windows(hub).await, 1);
        // Long after, when the window has moved on, it is still the first answer.
        hub.command("ben", "#dev", "cancel MW-1 reason:\"Not needed\"").await;
        let third = hub.fake.again(first.nth, Again::Retry(2)).await;
        assert_eq!(third.body, first.body);
        assert_eq!(windows(hub).await, 1);
    })
    .await;
}

#[tokio::test]
async fn the_same_command_sent_twice_at_once_is_done_once() {
    story("", "2026-12-01 09:00", async |hub| {
        let first = hub.command("ben", "#dev", SCHEDULE).await;
        let note = hub.command("ben", "#dev", "note MW-1 \"Half way\"").await;
        let (one, other) =
            tokio::join!(hub.fake.again(note.nth, Again::Retry(1)), hub.fake.again(first.nth, Again::Retry(1)));
        assert_eq!((one.body, other.body), (note.body, first.body));
        let noted = hub.bot.events(1).await.into_iter().filter(|line| line.contains("Half way")).count();
        assert_eq!((windows(hub).await, noted), (1, 1));
    })
    .await;
}

/// What is refused stays refused: what was wrong then may be right by now.
#[tokio::test]
async fn a_refused_command_sent_twice_is_refused_the_same() {
    story("", "2026-12-01 09:00", async |hub| {
        hub.command("ben", "#dev", SCHEDULE).await;
        let early = hub.command("eve", "#dev", "start MW-1").await;
        assert!(hub.bot.window(1).await.state.to_string() == "scheduled", "{early}");
        hub.at("2026-12-20 15:59").await;
        let second = again(hub, &early).await;
        assert_eq!(second.body, early.body);
        assert_eq!(hub.bot.window(1).await.state.to_string(), "scheduled");
    })
    .await;
}

/// Another press of Enter has another trigger; within a minute it is taken for the same.
#[tokio::test]
async fn a_second_enter_within_a_minute_gives_the_first_answer_and_one_window() {
    story("", "2026-12-01 09:00", async |hub| {
        let first = hub.command("ben", "#dev", SCHEDULE).await;
        hub.bot.clock.set(hub.bot.clock.now() + TimeDelta::seconds(40));
        let second = hub.command("ben", "#dev", SCHEDULE).await;
        let (said, before) = (second.text(), first.text());
        assert!(said.starts_with("You just did this") && said.ends_with(&before), "{said}");
        assert_eq!(windows(hub).await, 1);
        let other = hub.command("carla", "#dev", SCHEDULE).await;
        assert_ne!(other.body, first.body, "somebody else is not the same");
    })
    .await;
}

#[tokio::test]
async fn the_same_press_sent_twice_is_done_once() {
    story("", "2026-12-01 09:00", async |hub| {
        hub.command("ben", "#dev", SCHEDULE).await;
        hub.at("2026-12-20 15:59").await;
        hub.calm().await;
        hub.press("eve", "#ce", "start").await;
        let extended = hub.press("eve", "#ce", "extend_30").await;
        again(hub, &extended).await;
        hub.fake.again(extended.nth, Again::Retry(2)).await;
        hub.calm().await;
        let ends = hub.bot.window(1).await.span.ends_at;
        assert_eq!(ends, crate::bot::utc("2026-12-20 20:30"), "half an hour once");
        let told = hub.headings("#ce").into_iter().filter(|heading| heading.starts_with("Extended")).count();
        assert_eq!(told, 1, "{:?}", hub.headings("#ce"));
        assert_eq!(hub.whispers("eve"), [""; 0]);
    })
    .await;
}

/// What a press is answered with is whispered, once.
#[tokio::test]
async fn the_same_acknowledgement_sent_twice_is_one_event() {
    story("", "2026-12-01 09:00", async |hub| {
        hub.command("ben", "#dev", SCHEDULE).await;
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
async fn a_form_sent_in_twice_gives_one_window() {
    story("", "2026-12-01 09:00", async |hub| {
        hub.command("ben", "#dev", "").await;
        let values = [
            ("title", "Jira"),
            ("service", "jira"),
            ("when_date", "2026-12-20"),
            ("when_start", "16:00"),
            ("for", "4h"),
            ("item", "One"),
        ];
        let sent = hub.fake.submit("ben", &values).await;
        assert_eq!((sent.status, sent.errors().len()), (200, 0), "{sent}");
        hub.calm().await;
        let second = again(hub, &sent).await;
        assert_eq!((second.status, second.errors().len()), (200, 0), "{second}");
        assert_eq!(windows(hub).await, 1);
        assert_eq!(hub.whispers("ben").len(), 1, "{:#?}", hub.whispers("ben"));
    })
    .await;
}

#[tokio::test]
async fn the_same_mention_sent_twice_is_done_and_answered_once() {
    story("", "2026-12-01 09:00", async |hub| {
        hub.command("ben", "#dev", SCHEDULE).await;
        let sent = hub.fake.mention("eve", "#dev", None, "note MW-1 \"Half way\"").await;
        // Before anything was done about the first one, and after.
        hub.fake.again(sent.nth, Again::Retry(1)).await;
        hub.fake.again(sent.nth, Again::OtherEventId).await;
        hub.calm().await;
        again(hub, &sent).await;
        hub.fake.again(sent.nth, Again::OtherEventId).await;
        hub.calm().await;
        let mention = hub.fake.messages("#dev").pop().expect("it was written").ts;
        let answers = hub.fake.replies("#dev", &mention);
        assert_eq!(
            answers.len(),
            1,
            "{:#?}",
            answers.iter().map(super::super::fake::slack::state::Message::plain).collect::<Vec<_>>()
        );
        let noted = hub.bot.events(1).await.into_iter().filter(|line| line.contains("Half way")).count();
        assert_eq!(noted, 1);
    })
    .await;
}

/// The same words minutes later are another mention, and what they ask for is done again.
#[tokio::test]
async fn another_mention_with_the_same_words_is_another_one() {
    story("", "2026-12-01 09:00", async |hub| {
        hub.command("ben", "#dev", SCHEDULE).await;
        for _ in 0..2 {
            hub.fake.mention("eve", "#dev", None, "note MW-1 \"Half way\"").await;
            hub.calm().await;
            hub.bot.clock.set(hub.bot.clock.now() + TimeDelta::minutes(2));
        }
        let noted = hub.bot.events(1).await.into_iter().filter(|line| line.contains("Half way")).count();
        assert_eq!(noted, 2);
    })
    .await;
}
