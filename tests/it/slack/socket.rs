//! Socket Mode: everything without a public address, over two connections of which one may always be gone.

use std::time::Duration;

use maintbot::clock::Clock;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{Hub, config};
use crate::databases;
use crate::fake::slack::{APP_TOKEN, Again, FakeSlack, SIGNING_SECRET, Stage};

const AT: &str = "2026-12-01 09:00";
const SCHEDULE: &str = "schedule \"Jira 10\" service:jira when:\"2026-12-02 14:00-16:00\" tz:UTC poc:ben item:Plugins";

/// The command with a service of its own: the same again would be taken for a second press of Enter.
fn schedule(n: usize) -> String {
    SCHEDULE.replace("service:jira", &format!("service:s{n}"))
}

/// A maintbot that listens to Slack over its two connections.
struct Listening {
    hub: Hub,
    stop: CancellationToken,
    running: JoinHandle<()>,
}

impl Listening {
    async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let url = databases::sqlite_url(&folder);
        let own = format!("signing_secret = \"{SIGNING_SECRET}\"");
        let by_socket = |fake: &FakeSlack| config(fake, "").replace(&own, &format!("app_token = \"{APP_TOKEN}\""));
        let hub = Hub::start_on(folder, url, by_socket, AT).await;
        hub.fake.reach_by_socket();
        let stop = CancellationToken::new();
        let (inbound, stopped) = (hub.inbound().clone(), stop.clone());
        let running = tokio::spawn(async move { inbound.run(stopped).await });
        hub.fake.connected(2).await;
        Self { hub, stop, running }
    }

    /// Connections that are open, in the order of their tickets.
    fn open(&self) -> Vec<u64> {
        let all = self.hub.fake.connections().into_iter();
        all.filter(|line| matches!(line.stage, Stage::Open | Stage::Leaving)).map(|line| line.number).collect()
    }

    async fn command(&self, text: &str) -> String {
        let reply = self.hub.fake.command("ben", "#dev", text).await;
        assert_eq!(reply.status, 200, "`{text}` is not acknowledged: {reply}");
        reply.text()
    }

    /// What was written to maintbot is answered in its thread, which the loop does by itself.
    async fn mention(&self, user: &str, text: &str) -> String {
        let reply = self.hub.fake.mention(user, "#dev", None, text).await;
        assert_eq!(reply.status, 200, "{reply}");
        let payload = self.hub.fake.sent().pop().expect("the mention").payload;
        let ts = payload["event"]["ts"].as_str().expect("a ts").to_owned();
        until("an answer", || !self.hub.fake.replies("#dev", &ts).is_empty()).await;
        self.hub.fake.replies("#dev", &ts).remove(0).plain()
    }

    async fn end(mut self) {
        self.stop.cancel();
        (&mut self.running).await.expect("it ends");
        self.hub.fake.connected(0).await;
        self.hub.calm().await;
        self.hub.close().await;
    }
}

/// Returns when something has come about that another task does.
async fn until(what: &str, is: impl Fn() -> bool) {
    for _ in 0..2000 {
        if is() {
            return;
        }
        Clock::pause(Duration::from_millis(5)).await;
    }
    panic!("{what} does not come about");
}

#[tokio::test]
async fn a_whole_story_needs_no_public_address() {
    let listening = Listening::start().await;
    let hub = &listening.hub;
    assert!(listening.command(SCHEDULE).await.contains("MW-1 “Jira 10” is scheduled"));
    hub.calm().await;
    assert_eq!(hub.headings("#ce"), ["Planned maintenance: Jira 10"]);
    assert!(listening.mention("eve", "done MW-1 1").await.contains("MW-1"));
    assert_eq!(hub.bot.items(1).await, ["1 eve"]);
    hub.fake.open_home("ben").await;
    until("a page", || hub.fake.home("ben").is_some()).await;
    hub.at("2026-12-02 14:00").await;
    hub.calm().await;
    assert_eq!(hub.headings("#ce").last().map(String::as_str), Some("Started: Jira 10"));
    hub.press("ben", "#ce", "extend_30").await;
    assert_eq!(hub.bot.window(1).await.span.ends_at, crate::bot::utc("2026-12-02 16:30"));
    hub.press("ben", "#ce", "complete").await;
    let sent = hub.fake.submit("ben", &[("outcome", "success"), ("downtime", "20m")]).await;
    assert_eq!((sent.status, sent.errors().len()), (200, 0), "{sent}");
    hub.calm().await;
    assert_eq!(hub.bot.window(1).await.state.as_str(), "completed");
    // What is wrong in a form comes back over the socket as well.
    listening.command("").await;
    let wrong =
        [("title", "X"), ("service", "jira"), ("when_date", "2026-12-20"), ("when_start", "14:00"), ("for", "soon")];
    let errors = hub.fake.submit("ben", &wrong).await.errors();
    assert_eq!(errors.keys().collect::<Vec<_>>(), ["for"]);
    let counts: Vec<_> = hub.fake.connections().iter().map(|line| (line.sent, line.acks)).collect();
    assert!(
        counts.iter().all(|(sent, acks)| sent == acks && *sent > 0),
        "both carried some, all acknowledged: {counts:?}"
    );
    listening.end().await;
}

#[tokio::test]
async fn pings_are_answered_on_both_connections() {
    let listening = Listening::start().await;
    listening.open().into_iter().for_each(|number| listening.hub.fake.ping(number));
    let pongs = || listening.hub.fake.connections().iter().map(|line| line.pongs).collect::<Vec<_>>();
    until("two pongs", || pongs() == [1, 1]).await;
    listening.end().await;
}

#[tokio::test]
async fn a_connection_that_is_cut_is_replaced_and_the_other_one_serves_meanwhile() {
    let listening = Listening::start().await;
    let fake = &listening.hub.fake;
    for (round, politely) in [(1, false), (2, true)] {
        let gone = listening.open()[0];
        if politely {
            fake.hang_up(gone);
        } else {
            fake.cut_connection(gone);
        }
        fake.connected(1).await;
        let said = listening.command(&schedule(round)).await;
        assert!(said.contains(&format!("MW-{round} ")), "by the other one: {said}");
        fake.connected(2).await;
        assert!(!listening.open().contains(&gone));
    }
    assert_eq!(listening.hub.bot.page().await.len(), 2);
    listening.end().await;
}

#[tokio::test]
async fn what_was_on_its_way_when_a_connection_was_cut_is_done_once() {
    let listening = Listening::start().await;
    let fake = &listening.hub.fake;
    fake.patience(Duration::from_millis(400));
    for n in 1..=4 {
        fake.connected(2).await;
        let before = fake.connections();
        let cut = async {
            let moved = |number: u64, sent: usize| before.iter().any(|line| line.number == number && line.sent < sent);
            until("an envelope", || fake.connections().iter().any(|line| moved(line.number, line.sent))).await;
            let carrier = fake.connections().into_iter().find(|line| moved(line.number, line.sent));
            fake.cut_connection(carrier.expect("the one with the envelope").number);
            fake.connected(1).await;
        };
        let line = schedule(n);
        let (reply, ()) = tokio::join!(fake.command("ben", "#dev", &line), cut);
        assert_eq!(reply.status, 200, "the other connection acknowledged it");
        listening.hub.inbound().idle().await;
        assert_eq!(listening.hub.bot.page().await.len(), n, "one window for each command");
        // A new connection may be asked for a few times a minute.
        let later = listening.hub.bot.clock.now() + chrono::TimeDelta::minutes(1);
        listening.hub.bot.clock.set(later);
    }
    fake.connected(2).await;
    listening.end().await;
}

#[tokio::test]
async fn before_slack_closes_a_connection_the_next_one_is_open() {
    let listening = Listening::start().await;
    let fake = &listening.hub.fake;
    for (n, reason) in ["warning", "refresh_requested"].into_iter().enumerate() {
        let leaving = listening.open()[0];
        fake.say_disconnect(leaving, reason);
        fake.connected(3).await;
        assert!(listening.open().contains(&leaving), "{reason}: it stays until Slack closes it");
        for _ in 0..3 {
            listening.command("list").await;
        }
        let said = listening.command(&schedule(n)).await;
        assert!(said.contains(&format!("MW-{} ", n + 1)), "{said}");
        fake.hang_up(leaving);
        fake.connected(2).await;
        assert!(!listening.open().contains(&leaving), "{reason}");
    }
    assert_eq!(fake.calls("apps.connections.open").len(), 4, "one more for each that ended, and none too many");
    listening.end().await;
}

#[tokio::test]
async fn what_comes_again_over_the_other_connection_is_done_and_answered_once() {
    let listening = Listening::start().await;
    let (hub, fake) = (&listening.hub, &listening.hub.fake);
    let first = fake.command("ben", "#dev", SCHEDULE).await;
    let again = fake.again(first.nth, Again::Retry(1)).await;
    assert_eq!(first.body, again.body, "the same answer");
    assert!(fake.connections().iter().all(|line| line.sent == 1 && line.acks == 1), "each carried one of them");
    assert_eq!(hub.bot.page().await.len(), 1);
    hub.calm().await;

    let noted = fake.mention("eve", "#dev", None, "note MW-1 Once").await;
    for how in [Again::Retry(1), Again::OtherEventId, Again::Retry(2)] {
        assert_eq!(fake.again(noted.nth, how).await.status, 200);
    }
    let asked = |channel: &str| fake.messages(channel).into_iter().find(|message| message.bot.is_none()).expect("it");
    let thread = asked("#dev").ts;
    until("an answer", || !fake.replies("#dev", &thread).is_empty()).await;
    // A channel takes one message a second.
    hub.bot.clock.set(hub.bot.clock.now() + chrono::TimeDelta::seconds(2));
    assert!(listening.mention("eve", "list").await.contains("MW-1"), "what came after it is answered");
    hub.calm().await;
    assert_eq!(fake.replies("#dev", &thread).len(), 1);
    assert_eq!(hub.bot.events(1).await.iter().filter(|event| event.contains("Once")).count(), 1);

    let before = hub.bot.events(1).await.len();
    let pressed = fake.press("eve", &hub.newest("#ce"), "ack").await;
    fake.again(pressed.nth, Again::Retry(1)).await;
    hub.calm().await;
    assert_eq!(hub.bot.events(1).await.len(), before + 1, "{:?}", hub.bot.events(1).await);
    assert_eq!(hub.whispers("eve").len(), 1, "{:?}", hub.whispers("eve"));
    listening.end().await;
}

/// What is said to the same things, done one after the other.
async fn answers(hub: &Hub) -> Vec<String> {
    let fake = &hub.fake;
    let mut said = Vec::new();
    for text in [SCHEDULE, "list", "help extend", "shedule x", "show MW-9", "extend MW-1 30m", "whoami", "schedule"] {
        said.push(fake.command("ben", "#dev", text).await.body.to_string());
    }
    said.push(fake.command("eve", "#dev", SCHEDULE).await.body.to_string());
    said.push(fake.command("eve", "#dev", "").await.body.to_string());
    said.push(fake.command("ben", "#dev", "").await.body.to_string());
    let fields =
        [("title", "X"), ("service", "jira"), ("when_date", "2026-11-20"), ("when_start", "14:00"), ("for", "1h")];
    said.push(fake.submit("ben", &fields).await.body.to_string());
    hub.calm().await;
    for (user, action) in [("anna", "ledger"), ("dan", "ack")] {
        said.push(fake.press(user, &hub.newest("#ce"), action).await.body.to_string());
        hub.calm().await;
        said.extend(hub.whispers(user));
    }
    said.extend(fake.posts("#ce").iter().map(super::super::fake::slack::state::Message::plain));
    said
}

#[tokio::test]
async fn the_same_is_said_over_http_and_over_a_socket() {
    let listening = Listening::start().await;
    let by_socket = answers(&listening.hub).await;
    let hub = Hub::start("", AT).await;
    let by_http = answers(&hub).await;
    assert!(by_http.len() > 14 && by_http[0].contains("is scheduled"), "{by_http:#?}");
    for (socket, http) in by_socket.iter().zip(&by_http) {
        assert_eq!(socket, http);
    }
    assert_eq!(by_socket.len(), by_http.len());
    hub.close().await;
    listening.end().await;
}
