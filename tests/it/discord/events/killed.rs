//! maintbot killed after Discord made or changed an event and before it could record that: there is one for each window.

use std::collections::BTreeSet;
use std::sync::{Mutex, mpsc};

use chrono::TimeDelta;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::{AT, CREATE, Hub, UPDATE, events, hub, with_events};
use crate::fake::discord::{Fault, Matching, Way};
use crate::postgres;

const LIVES: usize = 3;
/// A machine takes a moment to start maintbot again.
const AWAY: TimeDelta = TimeDelta::seconds(30);

/// What the double tells about kills, and how often there was one.
struct Kills {
    told: UnboundedReceiver<()>,
    /// The double goes on.
    gone: mpsc::Sender<()>,
    count: usize,
}

/// Each change of events that was not asked for before is done, and then maintbot has to die.
fn arm(hub: &Hub) -> Kills {
    let (tell, told) = unbounded_channel();
    let (gone, wait) = mpsc::channel();
    let (seen, wait) = (Mutex::new(BTreeSet::new()), Mutex::new(wait));
    let kill = Fault::done_then(move |request| {
        let asked = format!("{} {}", request.path, request.body);
        if request.done && seen.lock().expect("whole").insert(asked) && tell.send(()).is_ok() {
            // Its error means that the test is over.
            let _ = wait.lock().expect("whole").recv();
        }
    });
    for route in [CREATE, UPDATE] {
        hub.fake.fail_always(Matching::route(route), kill.clone());
    }
    Kills { told, gone, count: 0 }
}

/// Does something that can be done again, under a new process after each kill, until it comes to its end.
async fn survive(hub: &mut Hub, kills: &mut Kills, step: impl AsyncFn(&Hub)) {
    loop {
        tokio::select! {
            biased;
            Some(()) = kills.told.recv() => {}
            () = step(hub) => return,
        }
        kills.count += 1;
        hub.bot.clock.set(hub.bot.clock.now() + AWAY);
        // The old process is gone before the double goes on, so that it never hears the answer.
        hub.replace().await;
        kills.gone.send(()).expect("the double waits");
    }
}

/// Somebody with every role types something for each window, and then it is done, whatever happens.
async fn for_each(hub: &mut Hub, kills: &mut Kills, text: &str) {
    for n in 1..=LIVES {
        hub.bot.type_only("anna", &text.replace("{n}", &n.to_string())).await;
    }
    survive(hub, kills, async |hub| hub.calm().await).await;
}

async fn lives(mut hub: Hub) {
    let mut kills = arm(&hub);
    let line = "/maintenance schedule \"Life {n}\" service:life-{n} when:\"2026-12-06 16:00-20:00\" tz:UTC poc:eve";
    for_each(&mut hub, &mut kills, line).await;
    for_each(&mut hub, &mut kills, "/maintenance edit MW-{n} title:\"Long life {n}\"").await;
    let moved = "/maintenance reschedule MW-{n} when:\"2026-12-07 16:00-20:00\" tz:UTC";
    for_each(&mut hub, &mut kills, moved).await;
    survive(&mut hub, &mut kills, async |hub| hub.at("2026-12-07 15:50").await).await;
    for_each(&mut hub, &mut kills, "/maintenance start MW-{n}").await;
    for_each(&mut hub, &mut kills, "/maintenance extend MW-{n} 30m").await;
    for_each(&mut hub, &mut kills, "/maintenance complete MW-{n}").await;
    hub.fake.lift();
    println!("{} kills", kills.count);
    assert!(kills.count >= 6 * LIVES, "only {} kills", kills.count);
    drop(kills);
    let expected = [1, 2, 3].map(|n| format!("MW-{n} Long life {n}, 7 Dec 16:00 to 7 Dec 20:30, Completed"));
    let mut found = events(&hub.fake);
    found.sort();
    assert_eq!(found, expected, "one for each, with its newest words and times");
    hub.close().await;
}

#[tokio::test]
async fn killed_after_each_thing_that_discord_did_there_is_one_event_for_each_window() {
    lives(hub("", AT).await).await;
}

#[tokio::test]
async fn the_same_on_postgres() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = postgres::database().await.as_str().to_owned();
    lives(Hub::start_on(folder, url, Way::Http, |fake| with_events(fake, ""), AT).await).await;
}
