//! maintbot killed after Discord did what it asked and before it could record that: everything is there once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Instant;

use chrono::TimeDelta;
use maintbot::domain::ledger::{Class, Delivery, DeliveryState};
use sha2::{Digest as _, Sha256};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::late::while_busy;
use super::{Hub, config};
use crate::databases;
use crate::fake::discord::state::{Message, Request};
use crate::fake::discord::{FakeDiscord, Fault, Matching, SERVER, Scope, Way};
use crate::postgres;

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
const AT: &str = "2026-12-01 09:00";
/// Windows of the story.
const LIVES: i64 = 3;
/// A machine takes a moment to start maintbot again; so long that what it does not remember of Discord's limits is over.
const AWAY: TimeDelta = TimeDelta::seconds(30);
/// What maintbot is killed after.
const ROUTES: [&str; 7] = [
    "create_message",
    "update_message",
    "create_thread_from_message",
    "create_guild_scheduled_event",
    "update_guild_scheduled_event",
    "update_original_webhook_message",
    "create_dm",
];

/// What the double tells about kills.
struct Kills {
    /// One for each, while the double waits.
    told: UnboundedReceiver<()>,
    /// The double goes on.
    gone: mpsc::Sender<()>,
    /// What was killed so far, by what Discord had done.
    of: Arc<Mutex<BTreeMap<String, usize>>>,
    kill: Fault,
}

impl Kills {
    /// From now on maintbot is killed.
    fn arm(&self, fake: &FakeDiscord) {
        for route in ROUTES {
            fake.fail_always(route, self.kill.clone());
        }
    }
}

/// Each thing that maintbot asks Discord to do, and that it did not ask before, is done, and then it has to die.
fn kills() -> Kills {
    let (tell, told) = unbounded_channel();
    let (gone, wait) = mpsc::channel();
    let of: Arc<Mutex<BTreeMap<String, usize>>> = Arc::default();
    let (seen, wait, counted) = (Mutex::new(BTreeSet::new()), Mutex::new(wait), of.clone());
    let kill = Fault::done_then(move |request| {
        let asked = format!("{} {} {}", request.method, request.path, request.body);
        if request.done && seen.lock().expect("whole").insert(asked) {
            *counted.lock().expect("whole").entry(kind(request)).or_default() += 1;
            // At the end of the story nobody is there any more.
            if tell.send(()).is_ok() {
                let _ = wait.lock().expect("whole").recv();
            }
        }
    });
    Kills { told, gone, of, kill }
}

/// What was done: a post by where it stands and what it is, or the operation.
fn kind(request: &Request) -> String {
    if request.route != "create_message" {
        return request.route.clone();
    }
    let place = request.channel.as_ref().map(|(_, name)| name.as_str()).unwrap_or_default();
    let is_progress = request.body.to_string().contains("Change list: ");
    match place {
        "ce" | "ops" | "dev" => "post",
        _ if place.starts_with("MW-") && is_progress => "progress",
        _ if place.starts_with("MW-") => "in a thread",
        _ => "direct",
    }
    .to_owned()
}

/// The same Discord and database under another process of maintbot; the one before is gone. Discord is not asked yet.
async fn born_again(hub: &mut Hub) {
    hub.bot.replace(&hub.config, &hub.url).await;
    hub.fake.reach(hub.inbound().routes());
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
        born_again(hub).await;
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

/// A server on which every window is an event.
async fn hub() -> Hub {
    let folder = tempfile::tempdir().expect("a folder");
    let url = databases::sqlite_url(&folder);
    hub_on(folder, url).await
}

async fn hub_on(folder: tempfile::TempDir, url: String) -> Hub {
    let with_events =
        |fake: &FakeDiscord| config(fake, Way::Http, MORE).replace("gateway = false", "gateway = false\nevents = true");
    Hub::start_on(folder, url, Way::Http, with_events, AT).await
}

#[tokio::test]
async fn killed_after_each_thing_that_discord_did_for_it_everything_is_there_once() {
    let begun = Instant::now();
    let mut hub = hub().await;
    let mut kills = kills();
    kills.arm(&hub.fake);
    let line = "/maintenance schedule \"Life {n}\" service:life-{n} when:\"2026-12-08 14:00-20:00\" poc:@eve \
                item:\"One\" item:\"Two\"";
    for_each(&mut hub, &mut kills, line).await;
    for_each(&mut hub, &mut kills, "/maintenance reschedule MW-{n} when:\"2026-12-08 15:00-20:00\"").await;
    survive(&mut hub, &mut kills, async |hub| hub.at("2026-12-08 14:50").await).await;
    survive(&mut hub, &mut kills, async |hub| hub.calm().await).await;
    for_each(&mut hub, &mut kills, "/maintenance start MW-{n}").await;
    for_each(&mut hub, &mut kills, "/maintenance done MW-{n} 1").await;
    for_each(&mut hub, &mut kills, "/maintenance note MW-{n} \"Half way\"").await;
    for_each(&mut hub, &mut kills, "/maintenance extend MW-{n} for:30m").await;
    for_each(&mut hub, &mut kills, "/maintenance done MW-{n} 2").await;
    hub.fake.lift();
    let directly = late_answers(&hub).await;
    kills.arm(&hub.fake);
    survive(&mut hub, &mut kills, async |hub| hub.calm().await).await;
    for_each(&mut hub, &mut kills, "/maintenance complete MW-{n} note:\"All well\"").await;
    survive(&mut hub, &mut kills, async |hub| hub.at("2026-12-08 22:00").await).await;
    hub.fake.lift();

    let of = kills.of.lock().expect("whole").clone();
    drop(kills);
    let count: usize = of.values().sum();
    println!("{count} kills in {:?}: {of:#?}", begun.elapsed());
    assert!(count >= 100, "only {count} kills");
    for kind in ["post", "in a thread", "progress", "direct"].into_iter().chain(ROUTES[1..6].iter().copied()) {
        assert!(of.contains_key(kind), "never killed after this: {kind} {of:?}");
    }
    let said = hub.whispers("eve").into_iter().filter(|text| text.contains("acknowledged")).count();
    assert_eq!((directly, said), (3, 3), "each late answer: {:#?}", hub.whispers("eve"));
    everything_is_there_once(&hub).await;
    hub.close().await;
}

/// Eve's commands take long, and Discord takes no answers right now; two are answered in their places later, one so much
/// later that only a direct message is left. How many have to be answered.
async fn late_answers(hub: &Hub) -> usize {
    let slow = async |n: i64| {
        let options = [("window", format!("MW-{n}"))];
        let options = options.each_ref().map(|(name, value)| (*name, value.as_str()));
        let reply = while_busy(hub, async {
            let reply = hub.fake.command("eve", "#dev", "ack", &options).await;
            hub.fake.fail_always(Matching::any(), Fault::Limited(1, Scope::Bucket));
            reply
        })
        .await;
        assert_eq!(reply.kind(), 5, "{reply}");
        hub.inbound().idle().await;
        hub.fake.lift();
    };
    slow(1).await;
    hub.bot.clock.set(hub.bot.clock.now() + TimeDelta::minutes(16));
    slow(2).await;
    slow(3).await;
    3
}

/// The mark of a row: by it its message is known.
fn mark(row: &Delivery) -> String {
    hex::encode(Sha256::digest(row.key().as_bytes()))[..16].to_owned()
}

/// Every message of maintbot's in channels, threads and to people.
fn messages(hub: &Hub) -> Vec<Message> {
    let places = ["#ce", "#ops", "#dev", "@eve", "@anna"];
    let posts = places.into_iter().flat_map(|place| hub.fake.posts(place));
    posts.flat_map(|post| std::iter::once(post.clone()).chain(hub.fake.thread_of(&post)).collect::<Vec<_>>()).collect()
}

/// Every row that is recorded as sent to Discord stands there, with its mark and once; nothing else does.
async fn everything_is_there_once(hub: &Hub) {
    let mut found = BTreeMap::<String, (usize, String)>::new();
    for message in messages(hub) {
        if let Some(mark) = message.mark() {
            let entry = found.entry(mark.to_owned()).or_insert_with(|| (0, message.plain()));
            entry.0 += 1;
        }
    }
    assert_eq!(found.values().filter(|(times, _)| *times > 1).collect::<Vec<_>>(), [] as [&(usize, String); 0]);
    for n in 1..=LIVES {
        let rows = hub.bot.ledger(n).await.into_iter();
        let sent: Vec<Delivery> = rows
            .filter(|row| row.state == DeliveryState::Sent && row.plan.message.class() == Class::Message)
            .filter(|row| row.plan.channel.to_string().starts_with("discord:"))
            .collect();
        for message in ["announcement", "reminder", "started", "note", "completed"] {
            let of = sent.iter().filter(|row| row.plan.message.as_str() == message);
            let of = of.filter(|row| row.plan.channel.to_string() == "discord:#ce").count();
            assert_eq!(of, 1, "{message} of MW-{n}");
        }
        for row in &sent {
            assert!(found.remove(&mark(row)).is_some(), "recorded as sent, and not there: {row:?}");
        }
        assert_eq!(hub.bot.items(n).await, ["1 anna", "2 anna"]);
    }
    let rest: Vec<&String> = found.values().map(|(_, text)| text).collect();
    assert!(rest.iter().all(|text| text.contains("Change list: ")), "nobody recorded this: {rest:#?}");
    for post in hub.fake.posts("#ce") {
        assert_eq!(post.buttons(), [""; 0], "all is over: {}", post.plain());
    }
    let events = hub.fake.events(SERVER);
    assert_eq!(events.iter().filter(|event| event.is_live()).count(), 0, "{events:#?}");
    assert_eq!(events.len(), usize::try_from(LIVES).expect("few"), "{events:#?}");
    let posts = hub.bot.timeline("news").await;
    assert_eq!(posts.iter().collect::<BTreeSet<_>>().len(), posts.len(), "each says something else: {posts:#?}");
}

/// maintbot works until the next thing of this kind is done, and is killed then.
async fn die_after(hub: &mut Hub, what: Matching) {
    let (tell, mut told) = unbounded_channel();
    let (gone, wait) = mpsc::channel::<()>();
    let wait = Mutex::new(wait);
    let kill = Fault::done_then(move |_| {
        tell.send(()).expect("the story waits");
        let _ = wait.lock().expect("whole").recv();
    });
    hub.fake.fail(what, 1, kill);
    tokio::select! {
        biased;
        Some(()) = told.recv() => {}
        () = hub.settle() => panic!("nothing was done"),
    }
    born_again(hub).await;
    drop(gone);
}

const SCHEDULE: &str =
    "/maintenance schedule \"Upgrade\" service:crm when:\"2026-12-08 14:00-16:00\" poc:@eve item:\"One\"";

/// An announcement that went out although nobody recorded it counts as said: who read it hears that it was called off.
async fn called_off_after_all(mut hub: Hub) {
    typed(&hub, SCHEDULE).await;
    die_after(&mut hub, Matching::route("create_message").channel("#ce")).await;
    typed(&hub, "/maintenance cancel MW-1 reason:\"Not needed\"").await;
    hub.calm().await;
    assert_eq!(hub.headings("#ce"), ["Planned maintenance: Upgrade", "Cancelled: Upgrade"]);
    hub.close().await;
}

#[tokio::test]
async fn whoever_was_told_by_a_message_that_was_not_recorded_hears_of_its_end() {
    called_off_after_all(hub().await).await;
}

#[tokio::test]
async fn whoever_was_told_by_a_message_that_was_not_recorded_hears_of_its_end_on_postgresql() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = postgres::database().await.as_str().to_owned();
    called_off_after_all(hub_on(folder, url).await).await;
}

/// An event that was made although nobody recorded it is the window's: it moves with it, and there is no second one.
#[tokio::test]
async fn an_event_that_was_not_recorded_is_found_again_and_moved() {
    let mut hub = hub().await;
    typed(&hub, SCHEDULE).await;
    die_after(&mut hub, Matching::route("create_guild_scheduled_event")).await;
    typed(&hub, "/maintenance reschedule MW-1 when:\"2026-12-09 14:00-16:00\"").await;
    hub.calm().await;
    let events = hub.fake.events(SERVER);
    assert_eq!(events.len(), 1, "{events:#?}");
    assert_eq!(events[0].start, crate::bot::utc("2026-12-09 14:00"));
    hub.close().await;
}
