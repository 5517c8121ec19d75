//! The gateway: everything without a public address, over a connection that may always break.

use std::time::Duration;

use chrono::TimeDelta;
use maintbot::clock::Clock;
use maintbot::service::query::WindowFilter;
use tokio::time::Instant;

use super::{Hub, config, story_by};
use crate::databases;
use crate::fake::discord::{Again, FakeDiscord, Fault, Reply, Way, public_key};
use crate::log::Log;
use crate::postgres;

const AT: &str = "2026-12-01 09:00";
const CALLBACK: &str = "create_interaction_response";

/// A window with a service of its own: the same again would be taken for a second press of Enter.
async fn schedule(hub: &Hub, n: usize) -> Reply {
    let service = format!("s{n}");
    let options = [("title", "Jira 10"), ("service", &*service), ("when", "2026-12-20 14:00-16:00"), ("poc", "carla")];
    hub.command("ben", "#dev", "schedule", &options).await
}

/// How many windows there are.
async fn windows(hub: &Hub) -> usize {
    hub.bot.parts.service.windows(&WindowFilter::default(), None, 100).await.expect("readable").len()
}

/// How many first answers Discord took over the gateway.
fn answered(hub: &Hub) -> usize {
    hub.fake.calls(CALLBACK).iter().filter(|call| call.done).count()
}

/// Returns when something has come about that another task does.
async fn until(what: &str, is: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is() {
        assert!(begun.elapsed() < Duration::from_secs(10), "{what} does not come about");
        Clock::pause(Duration::from_millis(10)).await;
    }
}

/// A maintbot on the gateway of a Discord that was made ready for it.
async fn started(ready: impl Fn(&FakeDiscord)) -> Hub {
    let folder = tempfile::tempdir().expect("a folder");
    let url = databases::sqlite_url(&folder);
    let config = |fake: &FakeDiscord| {
        ready(fake);
        config(fake, Way::Gateway, "")
    };
    Hub::start_on(folder, url, Way::Gateway, config, AT).await
}

/// The double turns down a strange token, and takes any intent for a fault.
#[tokio::test]
async fn maintbot_says_who_it_is_asks_for_nothing_more_and_keeps_the_connection_alive() {
    let hub = started(|fake| fake.heartbeats_every(200)).await;
    until("three heartbeats", || hub.fake.connections()[0].heartbeats >= 3).await;
    assert_eq!((hub.fake.sessions(), hub.fake.connections().len()), ((1, 0), 1));
    assert!(schedule(&hub, 1).await.plain().contains("MW-1 “Jira 10” is scheduled"));
    assert_eq!(answered(&hub), 1);
    hub.close().await;
}

#[tokio::test]
async fn a_connection_that_gives_no_sign_of_life_is_left_and_taken_up_again() {
    let hub = started(|fake| fake.heartbeats_every(300)).await;
    hub.fake.acknowledges(false);
    until("the end of the connection", || !hub.fake.connections()[0].open).await;
    hub.fake.acknowledges(true);
    until("another connection", || hub.fake.connections().len() > 1).await;
    hub.fake.connected(1).await;
    assert!(schedule(&hub, 1).await.plain().contains("MW-1 “Jira 10” is scheduled"));
    hub.close().await;
}

/// What comes while the connection is gone is done and answered once, whatever ended it.
async fn interrupted(hub: &Hub) {
    let ends: [fn(&FakeDiscord); 4] = [
        FakeDiscord::cut_gateway,
        |fake| fake.close_gateway(4000),
        |fake| fake.close_gateway(1001),
        FakeDiscord::ask_to_reconnect,
    ];
    for (gone, n) in ends.into_iter().zip(1..) {
        gone(&hub.fake);
        let reply = schedule(hub, n).await;
        assert!(reply.plain().contains(&format!("MW-{n} “Jira 10” is scheduled")), "{n}: {reply}");
        hub.fake.resumed(n).await;
        assert_eq!((windows(hub).await, answered(hub), hub.whispers("ben").len()), (n, n, n));
    }
    assert_eq!(hub.fake.sessions(), (1, 4), "the session was resumed each time");
}

#[tokio::test]
async fn what_comes_while_the_connection_is_gone_is_done_and_answered_once() {
    story_by(Way::Gateway, "", AT, interrupted).await;
}

#[tokio::test]
async fn the_same_on_postgresql() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = postgres::database().await.as_str().to_owned();
    let hub = Hub::start_on(folder, url, Way::Gateway, |fake| config(fake, Way::Gateway, ""), AT).await;
    interrupted(&hub).await;
    hub.close().await;
}

#[tokio::test]
async fn a_connection_that_breaks_while_the_answer_is_given_costs_nothing() {
    story_by(Way::Gateway, "", AT, async |hub| {
        let fake = hub.fake.clone();
        hub.fake.fail(CALLBACK, 1, Fault::done_then(move |_| fake.cut_gateway()));
        assert!(schedule(hub, 1).await.plain().contains("MW-1 “Jira 10” is scheduled"));
        hub.fake.resumed(1).await;
        assert!(schedule(hub, 2).await.plain().contains("MW-2 “Jira 10” is scheduled"));
        assert_eq!((windows(hub).await, answered(hub), hub.whispers("ben").len()), (2, 2, 2));
    })
    .await;
}

#[tokio::test]
async fn an_answer_that_may_not_have_arrived_is_given_again_and_stands_there_once() {
    story_by(Way::Gateway, "", AT, async |hub| {
        hub.fake.fail(CALLBACK, 1, Fault::ResetAfter);
        assert!(schedule(hub, 1).await.plain().contains("MW-1 “Jira 10” is scheduled"));
        until("another try", || hub.fake.calls(CALLBACK).len() == 2).await;
        hub.fake.fail(CALLBACK, 1, Fault::Status(502));
        assert!(schedule(hub, 2).await.plain().contains("MW-2 “Jira 10” is scheduled"));
        assert_eq!((windows(hub).await, answered(hub), hub.whispers("ben").len()), (2, 2, 2));
    })
    .await;
}

#[tokio::test]
async fn a_session_that_discord_has_forgotten_is_begun_anew() {
    story_by(Way::Gateway, "", AT, async |hub| {
        hub.fake.invalidate(false);
        until("another session", || hub.fake.sessions().0 == 2).await;
        hub.fake.connected(1).await;
        assert!(schedule(hub, 1).await.plain().contains("MW-1 “Jira 10” is scheduled"));
        // Closed, and nothing to resume either.
        hub.fake.forget_sessions();
        hub.fake.close_gateway(4000);
        until("a third session", || hub.fake.sessions().0 == 3).await;
        hub.fake.connected(1).await;
        assert!(schedule(hub, 2).await.plain().contains("MW-2 “Jira 10” is scheduled"));
        assert_eq!((windows(hub).await, answered(hub)), (2, 2));
    })
    .await;
}

#[tokio::test]
async fn the_same_interaction_over_either_way_gets_the_first_answer() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = databases::sqlite_url(&folder);
    // While somebody changes over, both ways are open.
    let both = |fake: &FakeDiscord| {
        let keys = format!("gateway = true\npublic_key = \"{}\"", public_key());
        config(fake, Way::Gateway, "").replace("gateway = true", &keys)
    };
    let hub = Hub::start_on(folder, url, Way::Gateway, both, AT).await;
    hub.fake.reach(hub.inbound().routes());

    let first = schedule(&hub, 1).await;
    let given = hub.fake.calls(CALLBACK)[0].body.clone();
    assert_eq!(given, first.body);
    hub.fake.again(first.nth, Again::Same).await;
    until("an answer", || hub.fake.calls(CALLBACK).len() == 2).await;
    assert_eq!(hub.fake.calls(CALLBACK)[1].body, given, "over the gateway again");
    let again = hub.fake.again_by(Way::Http, first.nth, Again::Same).await;
    assert_eq!((again.status, &again.body), (200, &given), "then over HTTP");

    hub.fake.speak(Way::Http);
    let posted = schedule(&hub, 2).await;
    assert!(posted.plain().contains("MW-2 “Jira 10” is scheduled"), "{posted}");
    hub.fake.again_by(Way::Gateway, posted.nth, Again::Same).await;
    until("an answer", || hub.fake.calls(CALLBACK).len() == 3).await;
    assert_eq!(hub.fake.calls(CALLBACK)[2].body, posted.body, "first over HTTP, then over the gateway");
    hub.calm().await;
    assert_eq!((windows(&hub).await, hub.whispers("ben").len()), (2, 2));
    hub.close().await;
}

#[tokio::test]
async fn a_gateway_that_is_away_at_the_start_is_found_when_it_comes_back() {
    let mut hub = Hub::start(Way::Gateway, "", AT).await;
    hub.leave().await;
    hub.fake.fail("get_bot_gateway", 1, Fault::Status(503));
    hub.listen();
    // A little time passes, in which Discord is asked again.
    until("another session", || {
        hub.bot.clock.set(hub.bot.clock.now() + TimeDelta::seconds(1));
        hub.fake.sessions().0 == 2
    })
    .await;
    hub.fake.connected(1).await;
    assert!(schedule(&hub, 1).await.plain().contains("MW-1 “Jira 10” is scheduled"));
    hub.close().await;
}

#[tokio::test]
async fn a_connection_that_cannot_be_had_again_at_once_is_tried_until_it_is_there() {
    // By the next heartbeat at the latest it is noticed that the connection did not come back.
    let hub = started(|fake| fake.heartbeats_every(1500)).await;
    hub.fake.turn_away(1);
    hub.fake.cut_gateway();
    until("another try", || hub.fake.turns_away() == 0).await;
    until("another connection", || hub.fake.connections().len() == 2).await;
    hub.fake.connected(1).await;
    assert!(schedule(&hub, 1).await.plain().contains("MW-1 “Jira 10” is scheduled"));
    assert_eq!((windows(&hub).await, answered(&hub)), (1, 1));
    hub.close().await;
}

#[tokio::test]
async fn a_stop_does_not_wait_for_a_connection_that_does_not_come_about() {
    let mut hub = Hub::start(Way::Gateway, "", AT).await;
    hub.leave().await;
    hub.fake.turn_away(1);
    hub.listen();
    until("a try", || hub.fake.turns_away() == 0).await;
    let begun = Instant::now();
    hub.leave().await;
    // serenity tries again five seconds later.
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    assert_eq!(hub.fake.connections().len(), 1, "the first one");
    hub.close().await;
}

#[tokio::test]
async fn a_token_that_the_gateway_turns_down_is_said_once_and_not_tried_again_and_again() {
    let log = Log::start();
    let mut hub = Hub::start(Way::Gateway, "", AT).await;
    hub.leave().await;
    let fake = hub.fake.clone();
    hub.fake.fail("get_bot_gateway", 1, Fault::done_then(move |_| fake.lock_out(true)));
    hub.listen();
    let said = || log.text().lines().filter(|line| line.contains("ERROR") && line.contains("let maintbot in")).count();
    until("a word about it", || said() > 0).await;
    // Twice as long as the first wait after a connection that was only lost.
    Clock::pause(Duration::from_secs(2)).await;
    assert_eq!((said(), hub.fake.connections().len(), hub.fake.sessions()), (1, 2, (1, 0)));
    hub.fake.lock_out(false);
    hub.close().await;
}

#[tokio::test]
async fn a_stop_lets_what_was_begun_come_to_its_end() {
    let mut hub = Hub::start(Way::Gateway, "", AT).await;
    let stop = hub.running.as_ref().expect("it listens").0.clone();
    hub.fake.fail(CALLBACK, 1, Fault::done_then(move |_| stop.cancel()));
    let options = [("title", "Jira 10"), ("service", "jira"), ("when", "2026-12-20 14:00-16:00"), ("poc", "carla")];
    let reply = hub.fake.command("ben", "#dev", "schedule", &options).await;
    assert!(reply.plain().contains("MW-1 “Jira 10” is scheduled"), "{reply}");
    // Nothing is left open, and nobody is left without an answer.
    hub.leave().await;
    assert_eq!((windows(&hub).await, hub.fake.connections().iter().filter(|line| line.open).count()), (1, 0));
    hub.close().await;
}

#[tokio::test]
async fn with_http_alone_no_connection_is_opened() {
    let mut hub = Hub::start(Way::Http, "", AT).await;
    hub.listen();
    assert!(schedule(&hub, 1).await.plain().contains("MW-1 “Jira 10” is scheduled"));
    hub.leave().await;
    assert_eq!((hub.fake.connections().len(), hub.fake.calls("get_bot_gateway").len()), (0, 0));
    assert_eq!(hub.fake.calls(CALLBACK).len(), 0, "the answer is that of the request");
    hub.close().await;
}
