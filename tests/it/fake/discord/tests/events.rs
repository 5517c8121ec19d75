//! Scheduled events.

use super::super::state::EventStatus;
use super::*;

fn event(start: &str, end: &str) -> Value {
    json!({
        "name": "Jira 10.3 upgrade", "entity_type": 3, "privacy_level": 2, "description": "MW-1",
        "entity_metadata": { "location": "https://m.example/windows/MW-1" },
        "scheduled_start_time": format!("2026-12-06T{start}:00Z"), "scheduled_end_time": format!("2026-12-06T{end}:00Z"),
    })
}

fn statuses(fake: &FakeDiscord) -> Vec<EventStatus> {
    fake.events(SERVER).into_iter().map(|event| event.status).collect()
}

#[tokio::test]
async fn events_begin_and_end_by_themselves_unless_they_are_moved() {
    let (fake, clock) = world().await;
    let path = format!("/guilds/{SERVER}/scheduled-events");
    assert_eq!(code(&fake, "POST", &path, event("11:59", "14:00")).await, (400, 50_035));
    let (_, made) = call(&fake, "POST", &path, event("13:00", "14:00")).await;
    let one = format!("{path}/{}", made["id"].as_str().expect("an id"));
    assert_eq!((&made["status"], &made["creator_id"], &made["guild_id"]), (&json!(1), &json!(BOT), &json!(SERVER)));
    let to = json!({ "scheduled_start_time": "2026-12-06T13:30:00Z", "scheduled_end_time": "2026-12-06T15:00:00Z" });
    assert_eq!(call(&fake, "PATCH", &one, to).await.0, 200);
    clock.set(noon() + TimeDelta::minutes(60));
    assert_eq!(statuses(&fake), [EventStatus::Scheduled]);
    clock.set(noon() + TimeDelta::minutes(90));
    assert_eq!(statuses(&fake), [EventStatus::Active]);
    let longer = json!({ "scheduled_end_time": "2026-12-06T16:00:00Z" });
    assert_eq!(call(&fake, "PATCH", &one, longer).await.0, 200);
    clock.set(noon() + TimeDelta::minutes(200));
    assert_eq!(statuses(&fake), [EventStatus::Active]);
    let (_, listed) = call(&fake, "GET", &path, Value::Null).await;
    assert_eq!((listed.as_array().map(Vec::len), &listed[0]["status"]), (Some(1), &json!(2)));
    clock.set(noon() + TimeDelta::minutes(240));
    assert_eq!(statuses(&fake), [EventStatus::Completed]);
    let late = json!({ "scheduled_end_time": "2026-12-06T18:00:00Z" });
    assert_eq!(code(&fake, "PATCH", &one, late).await, (400, 180_000));
    assert_eq!(call(&fake, "GET", &path, Value::Null).await.1, json!([]));
    assert_eq!(call(&fake, "GET", &one, Value::Null).await.1["status"], 3);
    assert_eq!(code(&fake, "GET", &format!("{path}/99"), Value::Null).await, (404, 10_070));
    fake.close();
}

#[tokio::test]
async fn only_legal_steps_are_taken() {
    let (fake, clock) = world().await;
    let path = format!("/guilds/{SERVER}/scheduled-events");
    for (steps, expected) in [
        (vec![3], vec![400]),
        (vec![2, 4], vec![200, 400]),
        (vec![4, 2], vec![200, 400]),
        (vec![2, 2, 3, 2], vec![200, 200, 200, 400]),
    ] {
        let (_, made) = call(&fake, "POST", &path, event("13:00", "14:00")).await;
        let one = format!("{path}/{}", made["id"].as_str().expect("an id"));
        let mut got = Vec::new();
        for status in steps {
            got.push(call(&fake, "PATCH", &one, json!({ "status": status })).await.0);
        }
        assert_eq!(got, expected);
        clock.set(clock.now() + TimeDelta::minutes(1));
    }
    assert_eq!(fake.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn events_need_the_right_and_room() {
    let (fake, clock) = world().await;
    let path = format!("/guilds/{SERVER}/scheduled-events");
    fake.role_may("maintbot", VIEW_CHANNEL | SEND_MESSAGES, false);
    assert_eq!(code(&fake, "POST", &path, event("13:00", "14:00")).await, (403, 50_013));
    fake.role_may("maintbot", MANAGE_EVENTS, false);
    for made in 0..100 {
        clock.set(noon() + TimeDelta::seconds(60 + 2 * made));
        let mut event = event("13:00", "14:00");
        event["name"] = json!(format!("event {made}"));
        assert_eq!(call(&fake, "POST", &path, event).await.0, 200);
    }
    clock.set(noon() + TimeDelta::minutes(5));
    assert_eq!(code(&fake, "POST", &path, event("13:00", "14:00")).await, (400, 30_038));
    clock.set(noon() + TimeDelta::hours(2));
    assert_eq!(call(&fake, "POST", &path, event("14:30", "15:00")).await.0, 200);
    fake.close();
}
