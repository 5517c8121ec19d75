//! maintbot killed after GitHub did what it asked and before it could record that: everything is there once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, mpsc};

use maintbot::domain::ledger::{Class, Delivery, DeliveryState};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::{CRM, Hears, Hub};
use crate::fake::github::state::{Issue, Request};
use crate::fake::github::{FakeGitHub, Fault, Matching};

/// Where announcements go beside the repository of the change lists: their first one opens an issue there.
pub const OTHER: &str = "example/platform";

/// Everything that is made on GitHub is made here: lists with an issue for each item, replies, messages to
/// another repository.
pub const MORE: &str = r#"
sub_issues = true

[policy.scheduled]
announce = "at_once"
remind = []
change_list = "at_once"

[[audience]]
name = "watchers"
channels = ["builtin:news", "github:example/platform"]
"#;

/// Windows of the story.
const LIVES: i64 = 6;

/// What the double tells about kills.
struct Kills {
    /// One for each, while the double waits.
    told: UnboundedReceiver<()>,
    /// The double goes on.
    gone: mpsc::Sender<()>,
    /// What was killed so far: method and path, without numbers.
    of: Arc<Mutex<BTreeMap<String, usize>>>,
}

/// Each thing that maintbot asks GitHub to do, and that it did not ask before, is done, and then it has to die.
fn arm(fake: &FakeGitHub) -> Kills {
    let (tell, told) = unbounded_channel();
    let (gone, wait) = mpsc::channel();
    let of: Arc<Mutex<BTreeMap<String, usize>>> = Arc::default();
    let (seen, wait, counted) = (Mutex::new(BTreeSet::new()), Mutex::new(wait), of.clone());
    let kill = Fault::done_then(move |request| {
        if seen.lock().expect("whole").insert(what(request)) {
            *counted.lock().expect("whole").entry(kind(request)).or_default() += 1;
            // At the end of the story nobody is there any more.
            if tell.send(()).is_ok() {
                let _ = wait.lock().expect("whole").recv();
            }
        }
    });
    for method in ["POST", "PATCH", "DELETE"] {
        fake.fail(Matching::method(method).below("/repos/"), kill.clone());
    }
    Kills { told, gone, of }
}

/// The same again is the same; a reaction that is put back has another number.
fn what(request: &Request) -> String {
    let path = match request.method.as_str() {
        "DELETE" => request.target.rsplit_once('/').map_or("", |(path, _)| path),
        _ => &request.target,
    };
    format!("{} {path} {}", request.method, request.body)
}

/// `POST issues/comments`: which call it is.
fn kind(request: &Request) -> String {
    let words = request.target.split('/').skip(4).filter(|part| part.parse::<u64>().is_err());
    format!("{} {}", request.method, words.collect::<Vec<_>>().join("/"))
}

/// Does something that can be done again, under a new process after each kill, until it comes to its end.
async fn survive(hub: &mut Hub, kills: &mut Kills, step: impl AsyncFn(&Hub)) {
    loop {
        tokio::select! {
            biased;
            Some(()) = kills.told.recv() => {}
            () = step(hub) => return,
        }
        hub.restart().await;
        kills.gone.send(()).expect("the double waits");
    }
}

/// Somebody with every role types a line; nothing is sent yet.
async fn typed(hub: &Hub, text: &str) {
    hub.bot.type_only("anna", text).await;
}

/// The change list of a window, whatever else is called after it.
fn list_of(hub: &Hub, n: i64) -> Issue {
    let key = format!("<!-- maintbot:list MW-{n} -->");
    let mut lists: Vec<Issue> = hub.fake.issues(CRM).into_iter().filter(|issue| issue.body.contains(&key)).collect();
    assert_eq!(lists.len(), 1, "lists of MW-{n}");
    lists.remove(0)
}

fn places(fake: &FakeGitHub) -> Vec<Issue> {
    [CRM, OTHER].iter().flat_map(|place| fake.issues(place)).collect()
}

/// Every marker of maintbot on GitHub, and how often it is there.
pub fn markers(fake: &FakeGitHub) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    for issue in places(fake) {
        for text in std::iter::once(issue.body).chain(issue.comments.into_iter().map(|comment| comment.body)) {
            for rest in text.split("<!-- maintbot:").skip(1) {
                let key = rest.split_once(" -->").expect("a whole marker").0;
                *found.entry(key.to_owned()).or_default() += 1;
            }
        }
    }
    found
}

/// What has to be on GitHub of a window with two items that was completed, beside replies and messages.
pub fn of_its_list(id: &str) -> Vec<String> {
    let own = ["list {}", "section {}", "item {} 1", "item {} 2", "{} status", "{} started", "{} completed"];
    own.iter().map(|key| key.replace("{}", id)).collect()
}

/// The keys of the messages of a window that are recorded as sent to GitHub; those about its beginning and its end are
/// among them.
async fn messages(hub: &Hub, id: i64) -> Vec<String> {
    let rows = hub.bot.ledger(id).await;
    let sent = rows.iter().filter(|row| row.state == DeliveryState::Sent && row.plan.message.class() == Class::Message);
    let keys: Vec<String> =
        sent.filter(|row| row.plan.channel.to_string().starts_with("github:")).map(Delivery::key).collect();
    for message in ["announcement", "started", "completed"] {
        let of = keys.iter().filter(|key| key.contains(&format!("/{message}/")));
        assert_eq!(of.count(), 1, "{message} among {keys:?}");
    }
    keys
}

#[tokio::test]
async fn killed_after_each_thing_that_it_does_on_github_it_has_done_each_once() {
    let mut hub = Hub::start(Hears::Webhooks, MORE, "2026-12-01 09:00").await;
    hub.fake.repository(OTHER).person("anna", "admin");
    let mut kills = arm(&hub.fake);
    let desk = hub.fake.open_issue("anna", CRM, "Maintenance desk", "Ask here.");
    let mut commands = Vec::new();
    for n in 1..=LIVES {
        let line = format!(
            "/maintenance schedule \"Life {n}\" service:life-{n} when:\"2026-12-08 14:00-16:00\" poc:@anna item:\"One\" item:\"Two\""
        );
        commands.push(hub.fake.comment("anna", CRM, desk, &line));
    }
    survive(&mut hub, &mut kills, async |hub| hub.settle().await).await;
    survive(&mut hub, &mut kills, async |hub| hub.at("2026-12-08 14:00").await).await;
    for n in 1..=LIVES {
        let list = list_of(&hub, n).number;
        commands.push(hub.fake.comment("ben", CRM, list, "/maintenance done 1"));
    }
    survive(&mut hub, &mut kills, async |hub| hub.settle().await).await;
    for n in 1..=LIVES {
        hub.fake.tick("carla", CRM, list_of(&hub, n).number, "Two");
    }
    survive(&mut hub, &mut kills, async |hub| hub.settle().await).await;
    for n in 1..=LIVES {
        typed(&hub, &format!("/maintenance complete MW-{n} note:\"All well\"")).await;
    }
    survive(&mut hub, &mut kills, async |hub| hub.settle().await).await;
    survive(&mut hub, &mut kills, async |hub| hub.at("2026-12-08 17:00").await).await;
    hub.fake.lift();

    let of = kills.of.lock().expect("whole").clone();
    drop(kills);
    let count: usize = of.values().sum();
    println!("{count} kills: {of:#?}");
    assert!(count >= 200, "only {count} kills");
    let calls = ["labels", "issues", "issues/comments", "issues/sub_issues", "issues/comments/reactions"];
    assert!(calls.iter().all(|call| of.contains_key(&format!("POST {call}"))), "not every way of making: {of:?}");
    assert!(["PATCH issues", "PATCH issues/comments"].iter().all(|call| of.contains_key(*call)), "{of:?}");

    let mut expected: Vec<String> = commands.iter().map(|id| format!("reply {CRM}/comment/{id}")).collect();
    for n in 1..=LIVES {
        expected.extend(of_its_list(&format!("MW-{n}")));
        expected.extend(messages(&hub, n).await);
    }
    let expected: BTreeMap<String, usize> = expected.into_iter().map(|key| (key, 1)).collect();
    assert_eq!(markers(&hub.fake), expected);
    for id in commands {
        let reactions = hub.fake.reactions(id);
        assert_eq!(reactions.iter().map(|(_, content)| content.as_str()).collect::<Vec<_>>(), ["rocket"]);
    }
    for n in 1..=LIVES {
        let list = list_of(&hub, n);
        assert_eq!((list.open, list.state_reason.as_deref()), (false, Some("completed")));
        assert!(list.body.contains("All well") && list.body.contains("2 of 2 done"), "{}", list.body);
        assert_eq!(list.children.len(), 2, "both items hang below {}", list.title);
        assert_eq!(hub.bot.items(n).await, ["1 github:ben", "2 github:carla"]);
    }
    assert!(places(&hub.fake).iter().filter(|issue| issue.body.contains("maintbot:item ")).all(|issue| !issue.open));
    everything_is_said_once_in_the_console(&hub).await;
    hub.close().await;
}

async fn everything_is_said_once_in_the_console(hub: &Hub) {
    let mut sent = 0;
    for n in 1..=LIVES {
        let rows = hub.bot.ledger(n).await.into_iter();
        sent += rows
            .filter(|row| row.plan.channel.to_string() == "builtin:news" && row.state == DeliveryState::Sent)
            .filter(|row| row.plan.message.class() == Class::Message)
            .count();
    }
    let posts = hub.bot.timeline("news").await;
    assert_eq!(posts.len(), sent, "one post for every row: {posts:#?}");
    assert_eq!(posts.iter().collect::<BTreeSet<_>>().len(), sent, "each says something else: {posts:#?}");
}

/// The row that made something is superseded before anybody knows that it did: what comes after it finds it all the same.
#[tokio::test]
async fn what_was_made_and_not_recorded_is_found_by_whatever_comes_next() {
    let mut hub = Hub::start(Hears::Webhooks, "sub_issues = true", "2026-12-01 09:00").await;
    let schedule =
        "/maintenance schedule \"Upgrade\" service:crm when:\"2026-12-08 14:00-16:00\" poc:@anna item:\"One\"";
    typed(&hub, schedule).await;
    die_after(&mut hub, "/crm/issues").await;
    typed(&hub, "/maintenance change add MW-1 \"Two\"").await;
    die_after(&mut hub, "/comments").await;
    typed(&hub, "/maintenance edit MW-1 impact:\"Search is slow\"").await;
    die_after(&mut hub, "/sub_issues").await;
    hub.at("2026-12-08 13:40").await;
    typed(&hub, "/maintenance start MW-1").await;
    die_after(&mut hub, "/comments").await;
    typed(&hub, "/maintenance done MW-1 1").await;
    hub.settle().await;
    typed(&hub, "/maintenance done MW-1 2").await;
    typed(&hub, "/maintenance complete MW-1").await;
    die_after(&mut hub, "/comments").await;
    typed(&hub, "/maintenance note MW-1 \"All well\"").await;
    hub.settle().await;
    let expected: BTreeMap<String, usize> = of_its_list("MW-1").into_iter().map(|key| (key, 1)).collect();
    let found: BTreeMap<String, usize> =
        markers_of(&hub).into_iter().filter(|(key, _)| expected.contains_key(key)).collect();
    assert_eq!(found, expected);
    hub.close().await;
}

/// Numbers are a repository's own: an issue of an item that nobody recorded is found also where the announcement in another
/// repository has the same one.
#[tokio::test]
async fn an_issue_is_not_taken_for_one_of_another_repository_with_its_number() {
    let mut hub = Hub::start(Hears::Webhooks, MORE, "2026-12-01 09:00").await;
    hub.fake.repository(OTHER).person("anna", "admin");
    let elsewhere = hub.fake.open_issue("anna", OTHER, "Something else", "About something else.");
    typed(&hub, "/maintenance schedule \"Life\" service:life when:\"2026-12-08 14:00-16:00\" poc:@anna item:\"One\"")
        .await;
    die_after(&mut hub, "/crm/issues").await;
    die_after(&mut hub, "/crm/issues").await;
    let announced = places(&hub.fake).into_iter().find(|i| i.body.contains("/announcement/")).expect("announced");
    let items: Vec<u64> =
        hub.fake.issues(CRM).iter().filter(|i| i.body.contains("item MW-1")).map(|i| i.number).collect();
    assert_eq!((elsewhere + 1, items), (announced.number, vec![announced.number]), "both have the same number");
    hub.settle().await;
    let keys: Vec<usize> = ["list MW-1", "item MW-1 1"].iter().map(|key| markers(&hub.fake)[*key]).collect();
    assert_eq!(keys, [1, 1]);
    hub.close().await;
}

fn markers_of(hub: &Hub) -> BTreeMap<String, usize> {
    hub.fake.repository(OTHER);
    markers(&hub.fake)
}

/// maintbot works until the next POST to such a path is done, and is killed then.
async fn die_after(hub: &mut Hub, path: &str) {
    let (tell, mut told) = unbounded_channel();
    let (gone, wait) = mpsc::channel::<()>();
    let wait = Mutex::new(wait);
    let kill = Fault::done_then(move |_| {
        tell.send(()).expect("the story waits");
        let _ = wait.lock().expect("whole").recv();
    });
    hub.fake.fail_times(1, Matching::method("POST").ending(path), kill);
    tokio::select! {
        biased;
        Some(()) = told.recv() => {}
        () = hub.settle() => panic!("nothing was posted to {path}"),
    }
    hub.restart().await;
    drop(gone);
}

/// A window that was called off while its list was being opened: the list is there, and closed.
#[tokio::test]
async fn a_list_that_was_opened_and_not_recorded_is_closed_when_its_window_is_called_off() {
    let mut hub = Hub::start(Hears::Webhooks, "", "2026-12-01 09:00").await;
    typed(&hub, "/maintenance schedule \"Upgrade\" service:crm when:\"2026-12-08 14:00-16:00\" poc:@anna item:\"One\"")
        .await;
    die_after(&mut hub, "/crm/issues").await;
    typed(&hub, "/maintenance cancel MW-1 reason:\"Not needed\"").await;
    hub.settle().await;
    let list = hub.list("MW-1");
    assert_eq!((list.open, list.state_reason.as_deref()), (false, Some("not_planned")));
    hub.close().await;
}

/// An announcement that went out although nobody recorded it counts as said: who read it hears that it was called off.
#[tokio::test]
async fn whoever_was_told_by_a_message_that_was_not_recorded_hears_of_its_end() {
    let more = "\n[policy.scheduled]\nannounce = \"at_once\"\nremind = []\n\n[[audience]]\nname = \"watchers\"\n\
                channels = [\"github:example/platform\"]\n";
    let mut hub = Hub::start(Hears::Webhooks, more, "2026-12-01 09:00").await;
    hub.fake.repository(OTHER);
    typed(&hub, "/maintenance schedule \"Upgrade\" service:crm when:\"2026-12-08 14:00-16:00\" poc:@anna item:\"One\"")
        .await;
    die_after(&mut hub, &format!("/repos/{OTHER}/issues")).await;
    typed(&hub, "/maintenance cancel MW-1 reason:\"Not needed\"").await;
    hub.settle().await;
    let issues = hub.fake.issues(OTHER);
    assert_eq!(issues.len(), 1, "{:?}", issues.iter().map(|issue| &issue.title).collect::<Vec<_>>());
    let said: Vec<&str> = issues[0].comments.iter().map(|comment| comment.body.as_str()).collect();
    assert!(said.len() == 1 && said[0].contains("Cancelled: Upgrade"), "{said:?}");
    hub.close().await;
}

/// A reply that was written and not recorded is edited, not repeated; the command was done once.
#[tokio::test]
async fn a_command_whose_reply_was_not_recorded_is_answered_once() {
    let mut hub = Hub::start(Hears::Webhooks, "", "2026-12-01 09:00").await;
    typed(&hub, "/maintenance schedule \"Upgrade\" service:crm when:\"2026-12-08 14:00-16:00\" poc:@anna item:\"One\"")
        .await;
    hub.settle().await;
    let list = hub.list("MW-1").number;
    let comment = hub.fake.comment("ben", CRM, list, "/maintenance note MW-1 \"Vendor is late\"");
    hub.fake.settle().await;
    die_after(&mut hub, "/comments").await;
    hub.settle().await;
    let key = format!("reply {CRM}/comment/{comment}");
    assert_eq!(markers_of(&hub).get(&key), Some(&1));
    let noted = hub.bot.events(1).await.into_iter().filter(|line| line.contains("Vendor is late")).count();
    assert_eq!(noted, 1);
    hub.close().await;
}
