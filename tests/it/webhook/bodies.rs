//! What stands in a body: what its readers may see, as data, and never too much.

use std::collections::BTreeMap;

use maintbot::domain::change::ChangeList;
use maintbot::domain::ledger::MessageKind;
use maintbot::domain::organisation::{Channel, Organisation};
use maintbot::domain::plan::{Phases, Plan, PlanId, PlanState};
use maintbot::domain::window::Window;
use maintbot::message::Message;
use maintbot::message::audience::Telling;
use maintbot::message::topic::{PlanTopic, Topic};
use maintbot::webhook::render::{cloud_event, standard};
use serde_json::{Value, json};

use super::{DISKS, Hub, KEY};
use crate::fake::webhook::{Receiver, cloud_events};
use crate::store::{at, minute, planned, window};

/// What people type to break out of where their text stands.
const HOSTILE: [&str; 8] = [
    "\",\"injected\":\"yes",
    "\\\",\\\"injected\\\":\\\"yes",
    "}}]}",
    "</script><script>alert(1)</script>",
    "{{ id }}{% raw %}",
    "line\u{2028}break",
    "\u{202e}turned",
    "日本 🎉 \u{7f}",
];

/// A second webhook, `staff`, that an internal audience reads.
fn staff(receiver: &Receiver) -> String {
    format!(
        "[[webhook]]\nname = \"staff\"\nurl = \"{}/staff\"\nsecret = \"{KEY}\"\nallow_private = true\n\
         [[audience]]\nname = \"staff\"\nchannels = [\"webhook:staff\"]\ninternal = true\n",
        receiver.url
    )
}

async fn two() -> Hub {
    let folder = tempfile::tempdir().expect("a folder");
    let url = crate::databases::sqlite_url(&folder);
    Hub::start_on(folder, url, "", staff).await
}

/// The newest body at a path.
fn newest(hub: &Hub, path: &str) -> Value {
    let found = hub.receiver.received().into_iter().rev().find(|one| one.path.starts_with(path));
    found.expect("something came").json()
}

#[tokio::test]
async fn the_window_has_the_names_of_the_api() {
    let hub = two().await;
    let line = "/maintenance schedule \"Disks\" service:disks when:\"2027-01-10 10:00-11:00 UTC\" poc:@ben item:\"One\" \
                downtime:15m impact:\"Slow\" rollback:\"Put them back\" category:stability links:https://example.com/x";
    hub.bot.say("anna", line).await;
    let body = newest(&hub, "/crm");
    assert_eq!(body["type"], "maintenance.window.announcement");
    assert_eq!(body["timestamp"], "2026-12-08T09:00:00Z");
    assert_eq!(body.as_object().map(serde_json::Map::len), Some(3));
    let expected = json!({
        "id": "MW-1", "title": "Disks", "kind": "scheduled", "category": "stability", "state": "scheduled",
        "outcome": null, "services": ["disks"], "regions": [], "environment": "production",
        "starts_at": "2027-01-10T10:00:00Z", "ends_at": "2027-01-10T11:00:00Z", "time_zone": "UTC", "impact": "Slow",
        "links": ["https://example.com/x"], "expected_downtime_s": 900, "expected_downtime_least_s": 900,
        "downtime_per": null, "downtimes": {}, "actual_downtime_s": null, "poc": "ben", "plan": null, "phase": null,
        "on_hold": false, "series": null, "sequence": 0, "revision": 1, "actual_start": null, "actual_end": null,
        "url": "https://maintenance.example.com/windows/MW-1",
    });
    assert_eq!(body["data"]["window"], expected);
    assert_eq!(body["data"]["truncated"], false);
    let message = &body["data"]["message"];
    assert_eq!((&message["kind"], &message["heading"]), (&json!("announcement"), &json!("Planned maintenance: Disks")));
    assert!(message["text"].as_str().is_some_and(|text| text.contains("10 Jan 2027 10:00–11:00")), "{message}");
    hub.close().await;
}

#[tokio::test]
async fn only_staff_reads_what_is_for_staff() {
    let hub = two().await;
    let line = "/maintenance schedule \"Disks\" service:disks when:\"2027-01-10 10:00-11:00 UTC\" poc:@ben item:\"One\" \
                rollback:\"Put them back\"";
    hub.bot.say("zoe", line).await;
    let (public, staff) = (newest(&hub, "/crm").to_string(), newest(&hub, "/staff"));
    for hidden in ["rollback", "Put them back", "requester", "zoe", "customers", "change_items"] {
        assert!(!public.contains(hidden), "{hidden}: {public}");
    }
    let window = &staff["data"]["window"];
    assert_eq!((&window["rollback"], &window["requester"]), (&json!("Put them back"), &json!("zoe")));
    assert_eq!(window["change_items"][0]["text"], "One");
    hub.close().await;
}

#[tokio::test]
async fn a_change_that_waits_for_approval_is_in_no_body() {
    let hub = two().await;
    hub.bot.say("anna", DISKS).await;
    let policy = "[policy.scheduled]\napproval = [\"always\"]\n";
    let mut hub = hub;
    hub.restart_with(|config| config.replace("[policy.scheduled]\n", policy)).await;
    hub.bot
        .say("anna", "/maintenance reschedule MW-1 when:\"2027-02-20 10:00-11:00 UTC\" reason:\"secret plans\"")
        .await;
    assert_eq!(hub.bot.window(1).await.state.as_str(), "pending");
    hub.bot
        .say("anna", "/maintenance schedule \"Hidden\" service:x when:\"2027-03-01 10:00-11:00 UTC\" reason:\"why\"")
        .await;
    for one in hub.receiver.received() {
        for hidden in ["2027-02-20", "secret plans", "pending", "Hidden"] {
            assert!(!one.body.contains(hidden), "{hidden}: {}", one.body);
        }
    }
}

#[tokio::test]
async fn what_people_typed_is_data() {
    let hub = Hub::start().await;
    for (n, text) in HOSTILE.iter().enumerate() {
        let mut w = window(1, minute(0));
        w.title = (*text).to_owned();
        w.impact = (*text).to_owned();
        w.services = vec![(*text).to_owned()];
        let body = bodies(&Topic::window(w, ChangeList::default())).remove(0);
        let read: Value = serde_json::from_slice(&body).unwrap_or_else(|e| panic!("{n}: {e}"));
        let found = &read["data"]["window"];
        assert_eq!(found["title"], maintbot::message::text::shown(text), "{n}");
        assert_eq!((&found["impact"], &found["services"][0]), (&found["title"], &found["title"]));
        assert!(read.get("injected").is_none() && found.get("injected").is_none(), "{n}");
        assert_eq!(read["data"].as_object().map(serde_json::Map::len), Some(3));
    }
    let line = DISKS.replace("Disks", r#"\",\"injected\":\"yes"#);
    hub.bot.say("anna", &line).await;
    assert_eq!(newest(&hub, "/crm")["data"]["window"]["title"], "\",\"injected\":\"yes");
    hub.close().await;
}

/// The organisation of the defaults.
fn organisation() -> Organisation {
    maintbot::config::Config::with_defaults().organisation
}

/// Both forms of the announcement of something to the public, and of its list to staff.
fn bodies(topic: &Topic) -> Vec<Vec<u8>> {
    let organisation = organisation();
    let mut found = Vec::new();
    for (message, audience) in [(MessageKind::Announcement, "customers"), (MessageKind::ChangeList, "ops")] {
        let mut plan = planned("crm", minute(0));
        (plan.message, plan.audience, plan.channel) = (message, audience.into(), Channel::Webhook("crm".into()));
        let now = minute(0);
        let telling = Telling { plan: &plan, topic, events: &[], organisation: &organisation, now, retold: false };
        let text = Message::titled("Planned maintenance").text("\u{1f389}".repeat(30_000));
        found.push(standard(&telling, &text).expect("a body"));
        found.push(cloud_event(&telling, &text, "msg_1").expect("a body"));
    }
    found
}

/// A window in which everything is as long as it can be, and longer.
fn huge(id: i64, sign: &str, times: usize) -> Window {
    let text = sign.repeat(times);
    let list: Vec<String> = (0..times.min(500)).map(|n| format!("{n}{sign}")).collect();
    let mut w = window(id, minute(0));
    (w.title, w.impact, w.rollback, w.environment) = (text.clone(), text.clone(), text.clone(), text.clone());
    (w.services, w.regions, w.customers, w.links) = (list.clone(), list.clone(), list.clone(), list);
    w.poc = Some(text);
    w
}

#[test]
fn a_body_is_never_twenty_thousand_bytes_whatever_was_typed() {
    for sign in ["a", "\"", "\\", "\u{1}", "ä", "🎉", "\n"] {
        for times in [1, 100, 4_000] {
            let windows: Vec<Window> = (1..=12).map(|id| huge(id, sign, times)).collect();
            let plan = Plan {
                id: PlanId(1),
                title: sign.repeat(times),
                state: PlanState::Published,
                held: None,
                requester: sign.repeat(times),
                place: "console".into(),
                created_at: at("2026-11-01T08:00:00Z"),
                published_at: Some(at("2026-11-01T08:00:00Z")),
                sequence: 0,
                sequence_at: at("2026-11-01T08:00:00Z"),
            };
            let phases = Phases::new(plan, windows);
            let plan = PlanTopic { phases, items: BTreeMap::new(), qa: Vec::new(), told: BTreeMap::new() };
            let one = Topic::window(huge(1, sign, times), ChangeList::default());
            for body in bodies(&one).into_iter().chain(bodies(&Topic::Plan(Box::new(plan)))) {
                assert!(body.len() < 20_000, "{} bytes of {sign:?} × {times}", body.len());
                let read: Value = serde_json::from_slice(&body).expect("JSON");
                assert_eq!(read["data"]["truncated"], true);
            }
        }
    }
}

#[tokio::test]
async fn a_plan_comes_with_its_phases() {
    let hub = Hub::start().await;
    for line in [
        "/maintenance plan new \"Upgrade\"",
        "/maintenance schedule \"Germany\" service:crm when:\"2027-01-10 10:00-11:00 UTC\" poc:@ben plan:PL-1",
        "/maintenance schedule \"Asia\" service:crm when:\"2027-01-17 10:00-11:00 UTC\" poc:@ben plan:PL-1",
        "/maintenance plan publish PL-1",
    ] {
        hub.bot.say("anna", line).await;
    }
    let body = newest(&hub, "/crm");
    assert_eq!(body["type"], "maintenance.plan.announcement");
    let plan = &body["data"]["plan"];
    assert_eq!((&plan["id"], &plan["title"], &plan["state"]), (&json!("PL-1"), &json!("Upgrade"), &json!("published")));
    let phases: Vec<_> =
        plan["phases"].as_array().expect("phases").iter().map(|p| (p["id"].clone(), p["phase"].clone())).collect();
    assert_eq!(
        phases,
        [(json!("MW-1"), json!({ "number": 1, "of": 2 })), (json!("MW-2"), json!({ "number": 2, "of": 2 }))]
    );
    hub.bot.at("2027-01-10 10:00").await;
    let body = newest(&hub, "/crm");
    assert_eq!(body["type"], "maintenance.window.started");
    assert_eq!(body["data"]["window"]["phase"], json!({ "number": 1, "of": 2 }));
    hub.close().await;
}

#[tokio::test]
async fn as_cloud_events_they_are_read_by_a_library_of_others() {
    let hub = Hub::with("format = \"cloudevents\"", "").await;
    hub.bot.say("anna", DISKS).await;
    hub.bot.say("anna", "/maintenance cancel MW-1 reason:\"Not needed\"").await;
    let received = hub.receiver.received();
    for one in &received {
        assert_eq!(one.header("content-type"), "application/cloudevents+json; charset=utf-8");
    }
    let read = cloud_events(&received);
    let found: Vec<_> = read.iter().map(|event| (event["type"].clone(), event["subject"].clone())).collect();
    assert_eq!(
        found,
        [
            (json!("io.maintbot.maintenance.window.announcement.v1"), json!("MW-1")),
            (json!("io.maintbot.maintenance.window.cancelled.v1"), json!("MW-1")),
        ]
    );
    for (event, one) in read.iter().zip(&received) {
        assert_eq!(event["id"], one.id(), "the same id in both");
        assert_eq!(
            (&event["source"], &event["specversion"]),
            (&json!("https://maintenance.example.com"), &json!("1.0"))
        );
        assert_eq!(event["data"], one.json()["data"]);
        assert_eq!(event["time"], "2026-12-08T09:00:00+00:00");
    }
    assert_eq!(crate::fake::webhook::python_accepts(KEY, &received), [204, 204], "signed all the same");
    hub.close().await;
}
