//! maintbot killed after Slack did what it asked and before it could record that: everything is there once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Instant;

use chrono::TimeDelta;
use maintbot::domain::ledger::{Class, DeliveryState};
use serde_json::json;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::Hub;
use crate::fake::slack::state::Request;
use crate::fake::slack::{FakeSlack, Fault, Matching};

/// Announced at once, with the list of changes; the console reads along.
const MORE: &str = r#"
[policy.scheduled]
announce = "at_once"
remind = ["1d"]
change_list = "at_once"

[[audience]]
name = "watchers"
channels = ["builtin:news"]
"#;

/// Windows of the story.
const LIVES: i64 = 3;
/// A machine takes a moment to start maintbot again; so long that what it does not remember of Slack's limits is over.
const AWAY: TimeDelta = TimeDelta::seconds(30);

/// What the double tells about kills.
struct Kills {
    /// One for each, while the double waits.
    told: UnboundedReceiver<()>,
    /// The double goes on.
    gone: mpsc::Sender<()>,
    /// What was killed so far, by what Slack had done.
    of: Arc<Mutex<BTreeMap<String, usize>>>,
    kill: Fault,
}

impl Kills {
    /// From now on maintbot is killed.
    fn arm(&self, fake: &FakeSlack) {
        for method in ["chat.postMessage", "chat.update"] {
            fake.fail(Matching::method(method), self.kill.clone());
        }
    }
}

/// Each thing that maintbot asks Slack to post or to change, and that it did not ask before, is done, and then it has to
/// die.
fn kills() -> Kills {
    let (tell, told) = unbounded_channel();
    let (gone, wait) = mpsc::channel();
    let of: Arc<Mutex<BTreeMap<String, usize>>> = Arc::default();
    let (seen, wait, counted) = (Mutex::new(BTreeSet::new()), Mutex::new(wait), of.clone());
    let kill = Fault::done_then(move |request| {
        if request.done && seen.lock().expect("whole").insert(format!("{} {}", request.method, request.args)) {
            *counted.lock().expect("whole").entry(kind(request)).or_default() += 1;
            // At the end of the story nobody is there any more.
            if tell.send(()).is_ok() {
                let _ = wait.lock().expect("whole").recv();
            }
        }
    });
    Kills { told, gone, of, kill }
}

/// What was done: an update, or a post by where it stands and what it is.
fn kind(request: &Request) -> String {
    if request.method == "chat.update" {
        return "update".to_owned();
    }
    let key = request.args["metadata"]["event_payload"]["key"].as_str().unwrap_or_default();
    let direct = request.channel.as_ref().is_some_and(|(id, _)| id.starts_with('D'));
    let place = if direct { "direct" } else { "post" };
    match key {
        _ if key.contains(" progress ") => "progress".to_owned(),
        _ if key.starts_with("reply ") => "mention".to_owned(),
        _ if key.starts_with("tell ") => "late answer".to_owned(),
        _ if request.args["thread_ts"].is_string() => "in a thread".to_owned(),
        _ => place.to_owned(),
    }
}

/// Does something that can be done again, under a new process after each kill, until it comes to its end.
async fn survive(hub: &mut Hub, kills: &mut Kills, step: impl AsyncFn(&Hub)) {
    loop {
        tokio::select! {
            biased;
            Some(()) = kills.told.recv() => {}
            () = step(hub) => return,
        }
        hub.bot.clock.set(hub.bot.clock.now() + AWAY);
        hub.restart().await;
        kills.gone.send(()).expect("the double waits");
    }
}

/// Somebody with every role types a line; nothing is sent yet.
async fn typed(hub: &Hub, text: &str) {
    hub.bot.type_only("anna", text).await;
}

/// Something is typed for each window, and then said, whatever happens.
async fn for_each(hub: &mut Hub, kills: &mut Kills, text: &str) {
    for n in 1..=LIVES {
        typed(hub, &text.replace("{n}", &n.to_string())).await;
    }
    survive(hub, kills, async |hub| hub.calm().await).await;
}

#[tokio::test]
async fn killed_after_each_thing_that_slack_did_for_it_everything_is_there_once() {
    let begun = Instant::now();
    let mut hub = Hub::start(MORE, "2026-12-01 09:00").await;
    let mut kills = kills();
    kills.arm(&hub.fake);
    let line = "/maintenance schedule \"Life {n}\" service:life-{n} when:\"2026-12-08 14:00-20:00\" poc:@eve \
                item:\"One\" item:\"Two\"";
    for_each(&mut hub, &mut kills, line).await;
    survive(&mut hub, &mut kills, async |hub| hub.at("2026-12-08 13:50").await).await;
    survive(&mut hub, &mut kills, async |hub| hub.calm().await).await;
    for_each(&mut hub, &mut kills, "/maintenance start MW-{n}").await;
    for_each(&mut hub, &mut kills, "/maintenance done MW-{n} 1").await;
    for_each(&mut hub, &mut kills, "/maintenance note MW-{n} \"Half way\"").await;
    let mut mentions = Vec::new();
    for n in 1..=LIVES {
        let reply = hub.fake.mention("eve", "#dev", None, &format!("done MW-{n} 2")).await;
        assert_eq!(reply.status, 200, "{reply}");
        mentions.push(hub.fake.messages("#dev").pop().expect("it was just written").ts);
    }
    survive(&mut hub, &mut kills, async |hub| hub.calm().await).await;
    hub.fake.lift();
    late_answers(&hub).await;
    kills.arm(&hub.fake);
    survive(&mut hub, &mut kills, async |hub| hub.calm().await).await;
    for_each(&mut hub, &mut kills, "/maintenance complete MW-{n} note:\"All well\"").await;
    survive(&mut hub, &mut kills, async |hub| hub.at("2026-12-08 21:00").await).await;
    hub.fake.lift();

    let of = kills.of.lock().expect("whole").clone();
    drop(kills);
    let count: usize = of.values().sum();
    println!("{count} kills in {:?}: {of:#?}", begun.elapsed());
    assert!(count >= 100, "only {count} kills");
    for kind in ["post", "in a thread", "direct", "update", "progress", "mention", "late answer"] {
        assert!(of.contains_key(kind), "never killed after this: {kind} {of:?}");
    }
    for message in &mentions {
        assert_eq!(hub.fake.replies("#dev", message).len(), 1, "each is answered, in its thread, once");
    }
    everything_is_there_once(&hub).await;
    hub.close().await;
}

/// Somebody pressed buttons and left the channel: the answers have to be direct messages, and Slack takes none right now.
async fn late_answers(hub: &Hub) {
    let post = hub.newest("#ce");
    hub.fake.channel("#ce").without("eve");
    hub.fake.fail(Matching::method("response"), Fault::Status(404, json!("expired_url")));
    hub.fake.fail(Matching::method("chat.postMessage"), Fault::RateLimited { retry_after: 1 });
    for _ in 0..3 {
        hub.fake.press("eve", &post, "ack").await;
        hub.inbound().idle().await;
    }
    // By the time that Slack takes messages again, the press is so long ago that only a direct message is left.
    hub.bot.clock.set(hub.bot.clock.now() + TimeDelta::minutes(31));
    hub.fake.lift();
    assert_eq!(hub.fake.posts("@eve").iter().filter(|post| is_late(post.key())).count(), 0, "none was said yet");
}

fn is_late(key: Option<&str>) -> bool {
    key.is_some_and(|key| key.starts_with("tell "))
}

/// Every row that is recorded as sent to Slack stands there, under its key and once; nothing else does.
async fn everything_is_there_once(hub: &Hub) {
    let mut expected = BTreeSet::new();
    for n in 1..=LIVES {
        let rows = hub.bot.ledger(n).await.into_iter();
        let sent = rows.filter(|row| row.state == DeliveryState::Sent && row.plan.message.class() == Class::Message);
        let sent: Vec<String> =
            sent.filter(|row| row.plan.channel.to_string().starts_with("slack:")).map(|row| row.key()).collect();
        for message in ["announcement", "reminder", "started", "note", "completed"] {
            let of = sent.iter().filter(|key| key.contains(&format!("/{message}/")) && key.ends_with("#ce"));
            assert_eq!(of.count(), 1, "{message} among {sent:?}");
        }
        expected.extend(sent);
    }
    let places = ["#ce", "#ops", "#dev", "@eve", "@anna"];
    let mut found = BTreeMap::<String, usize>::new();
    for place in places {
        for post in hub.fake.posts(place) {
            let replies = hub.fake.replies(place, &post.ts);
            for message in std::iter::once(post).chain(replies) {
                *found.entry(message.key().expect("everything has a key").to_owned()).or_default() += 1;
            }
        }
    }
    assert_eq!(found.iter().filter(|(_, times)| **times > 1).collect::<Vec<_>>(), [], "said twice");
    let rows: BTreeSet<String> =
        found.keys().filter(|key| key.starts_with("MW-") && !key.contains(" progress ")).cloned().collect();
    assert_eq!(rows, expected);
    assert_eq!(found.keys().filter(|key| is_late(Some(key))).count(), 3, "each late answer: {found:?}");
    for n in 1..=LIVES {
        let progress = found.keys().filter(|key| key.starts_with(&format!("MW-{n} progress "))).count();
        assert!(progress >= 1, "MW-{n} has its progress");
        assert_eq!(hub.bot.items(n).await, ["1 anna", "2 eve"]);
    }
    for post in hub.fake.posts("#ce") {
        assert_eq!(post.buttons(), [""; 0], "all is over: {}", post.plain());
    }
    let posts = hub.bot.timeline("news").await;
    assert_eq!(posts.iter().collect::<BTreeSet<_>>().len(), posts.len(), "each says something else: {posts:#?}");
}

/// maintbot works until the next post in a channel is done, and is killed then.
async fn die_after_posting(hub: &mut Hub, channel: &str) {
    let (tell, mut told) = unbounded_channel();
    let (gone, wait) = mpsc::channel::<()>();
    let wait = Mutex::new(wait);
    let kill = Fault::done_then(move |_| {
        tell.send(()).expect("the story waits");
        let _ = wait.lock().expect("whole").recv();
    });
    hub.fake.fail_times(1, Matching::method("chat.postMessage").channel(channel), kill);
    tokio::select! {
        biased;
        Some(()) = told.recv() => {}
        () = hub.settle() => panic!("nothing was posted in {channel}"),
    }
    hub.restart().await;
    drop(gone);
}

const SCHEDULE: &str =
    "/maintenance schedule \"Upgrade\" service:crm when:\"2026-12-08 14:00-16:00\" poc:@eve item:\"One\"";

/// An announcement that went out although nobody recorded it counts as said: who read it hears that it was called off.
#[tokio::test]
async fn whoever_was_told_by_a_message_that_was_not_recorded_hears_of_its_end() {
    let mut hub = Hub::start(MORE, "2026-12-01 09:00").await;
    typed(&hub, SCHEDULE).await;
    die_after_posting(&mut hub, "#ce").await;
    typed(&hub, "/maintenance cancel MW-1 reason:\"Not needed\"").await;
    hub.calm().await;
    assert_eq!(hub.headings("#ce"), ["Planned maintenance: Upgrade", "Cancelled: Upgrade"]);
    hub.close().await;
}

/// A mention whose answer was posted and not recorded is not answered again, and what it asked for is done once.
#[tokio::test]
async fn a_mention_whose_answer_was_not_recorded_is_answered_once() {
    let mut hub = Hub::start(MORE, "2026-12-01 09:00").await;
    typed(&hub, SCHEDULE).await;
    hub.calm().await;
    hub.fake.mention("eve", "#dev", None, "note MW-1 \"Vendor is late\"").await;
    let mention = hub.fake.messages("#dev").pop().expect("it was just written").ts;
    die_after_posting(&mut hub, "#dev").await;
    hub.calm().await;
    assert_eq!(hub.fake.replies("#dev", &mention).len(), 1);
    let noted = hub.bot.events(1).await.into_iter().filter(|line| line.contains("Vendor is late")).count();
    assert_eq!(noted, 1);
    hub.close().await;
}
