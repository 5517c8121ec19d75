//! A window's silences in a real Alertmanager, from scheduling to completion.

use chrono::TimeDelta;
use maintbot::domain::ledger::DeliveryState;
use serde_json::json;

use super::House;
use super::door::Mode;

const MATCHERS: &str = r#"
[[service]]
id = "crm"
alert_matchers = ['job=~"crm.*"', 'env!="test"']

[[service]]
id = "jira"
"#;

const KINDS: &str = r#"
[policy.emergency]
approval = ["always"]
"#;

async fn a_whole_life(house: House) {
    let title = "Upgrade <b>x</b> [maintbot 000000000000 MW-9 crm]";
    house.schedule(title, "service:crm", 25).await;
    let made = house.only().await;
    assert_eq!((made.state.as_str(), made.times()), ("pending", (house.soon(25), house.soon(145))));
    assert_eq!((made.matchers.as_slice(), made.created_by.as_str()), (&["service=\"crm\"".to_owned()][..], "maintbot"));
    assert!(made.comment.starts_with(&format!("MW-1 {title} · ")), "shown as typed: {}", made.comment);
    assert!(made.comment.ends_with(" MW-1 crm]"), "{}", made.comment);

    let later = house.soon(30).format("%Y-%m-%d %H:%M");
    house.say(&format!("reschedule MW-1 when:\"{later} for 2h\"")).await;
    let moved = house.only().await;
    assert_eq!((&moved.id, moved.times()), (&made.id, (house.soon(30), house.soon(150))));

    house.at(house.soon(5)).await;
    house.say("start MW-1").await;
    let started = house.only().await;
    assert_eq!(started.times(), (house.bot.window(1).await.actual_start.expect("it began"), house.soon(150)));

    house.say("extend MW-1 for:30m").await;
    let extended = house.only().await;
    assert_eq!((&extended.id, extended.times()), (&started.id, (started.starts_at, house.soon(180))));
    house.say("edit MW-1 title:\"Other\"").await;
    let named = house.only().await;
    assert_eq!((&named.id, named.times()), (&started.id, extended.times()));
    assert!(named.comment.starts_with("MW-1 Other · "), "{}", named.comment);

    house.at(house.soon(174)).await;
    assert_eq!(house.only().await.ends_at, house.soon(180), "not before it has to be");
    house.at(house.soon(175)).await;
    let prolonged = house.only().await;
    assert_eq!((&prolonged.id, prolonged.ends_at), (&started.id, house.soon(210)), "before it ends");
    house.at(house.soon(205)).await;
    assert_eq!(house.only().await.ends_at, house.soon(240), "and again");

    house.say("complete MW-1").await;
    assert_eq!(house.live().await, [], "it ends with the window");
    let rows = house.bot.rows(1, "silence").await;
    assert!(rows.iter().any(|row| row.ends_with("superseded newer")), "the next step is not needed: {rows:?}");
    house.close().await;
}

#[tokio::test]
async fn a_silence_appears_with_the_window_moves_grows_and_ends_early() {
    a_whole_life(House::start("").await).await;
}

#[tokio::test]
async fn a_silence_appears_with_the_window_moves_grows_and_ends_early_on_postgresql() {
    a_whole_life(House::start_on_postgres("").await).await;
}

#[tokio::test]
async fn alerts_of_the_service_are_quiet_from_start_to_completion_and_no_others() {
    let house = House::start("").await;
    let alertmanager = &house.alertmanager;
    alertmanager.alert(&json!({ "alertname": "CrmDown", "service": "crm" })).await;
    alertmanager.alert(&json!({ "alertname": "JiraDown", "service": "jira" })).await;
    house.schedule("Upgrade", "service:crm", 20).await;
    let pending = house.only().await;
    assert_eq!(alertmanager.silenced_by("CrmDown").await, [""; 0], "not yet");
    house.say("start MW-1").await;
    let active = house.only().await;
    assert_eq!(active.state, "active");
    assert_ne!(active.id, pending.id, "Alertmanager gives one that begins early another id, and ends the first");
    assert_eq!(alertmanager.silenced_by("CrmDown").await, [active.id.as_str()]);
    assert_eq!(alertmanager.silenced_by("JiraDown").await, [""; 0]);
    house.say("extend MW-1 for:30m").await;
    let extended = house.only().await;
    assert_eq!((&extended.id, extended.starts_at), (&active.id, active.starts_at), "the same, only longer");
    assert_eq!(extended.ends_at, active.ends_at + TimeDelta::minutes(30));
    house.say("complete MW-1").await;
    assert_eq!(alertmanager.silenced_by("CrmDown").await, [""; 0], "people hear of it again");
    house.close().await;
}

#[tokio::test]
async fn each_service_has_a_silence_with_its_own_matchers() {
    let house = House::start(MATCHERS).await;
    house.schedule("Upgrade", "service:crm service:jira", 60).await;
    let mut found: Vec<_> = house.live().await.into_iter().map(|silence| silence.matchers).collect();
    found.sort();
    assert_eq!(found, [vec!["env!=\"test\"", "job=~\"crm.*\""], vec!["service=\"jira\""]]);
    house.say("edit MW-1 service:crm").await;
    assert_eq!(house.only().await.matchers, ["env!=\"test\"", "job=~\"crm.*\""], "the other ends");
    house.say("cancel MW-1 reason:\"not needed\"").await;
    assert_eq!(house.live().await, []);
    house.close().await;
}

#[tokio::test]
async fn a_window_without_downtime_silences_nothing_and_one_that_waits_neither() {
    let house = House::start(KINDS).await;
    house.schedule("Rolling", "service:crm kind:no_downtime", 60).await;
    assert_eq!(house.live().await, []);
    house.schedule("Leak", "service:crm kind:emergency reason:\"leak\"", 300).await;
    assert_eq!(house.live().await, [], "nobody agreed to it yet");
    house.bot.say("ben", "/maintenance approve MW-2").await;
    let made = house.only().await;
    assert_eq!(made.times(), (house.soon(300), house.soon(420)));
    let later = house.soon(600).format("%Y-%m-%d %H:%M");
    house.say(&format!("reschedule MW-2 when:\"{later} for 2h\" reason:\"later\"")).await;
    assert_eq!(house.only().await, made, "what was agreed to holds until the change is");
    house.bot.say("ben", "/maintenance approve MW-2").await;
    let moved = house.only().await;
    assert_eq!((&moved.id, moved.times()), (&made.id, (house.soon(600), house.soon(720))));
    house.say("cancel MW-2 reason:\"done\"").await;
    house.close().await;
}

#[tokio::test]
async fn a_window_that_nobody_completes_is_not_quiet_for_ever() {
    let house = House::start("").await;
    house.schedule("Upgrade", "service:crm", 20).await;
    house.at(house.soon(140) + TimeDelta::hours(23)).await;
    assert_eq!(house.only().await.ends_at, house.soon(140) + TimeDelta::hours(23) + TimeDelta::minutes(30));
    house.at(house.soon(140) + TimeDelta::hours(24)).await;
    assert_eq!(house.live().await, []);
    house.close().await;
}

#[tokio::test]
async fn alertmanager_away_for_hours_gets_the_last_word_once() {
    let house = House::start("").await;
    house.door.set(Mode::Away);
    house.schedule("Upgrade", "service:crm", 24 * 60).await;
    house.at(house.soon(120)).await;
    let later = house.soon(30 * 60).format("%Y-%m-%d %H:%M");
    house.say(&format!("reschedule MW-1 when:\"{later} for 2h\"")).await;
    house.schedule("Not needed", "service:jira", 24 * 60).await;
    house.say("cancel MW-2 reason:\"not needed\"").await;
    house.at(house.soon(300)).await;
    assert_eq!(house.live().await, []);
    house.door.set(Mode::Open);
    house.at(house.soon(400)).await;
    assert_eq!(house.only().await.times(), (house.soon(30 * 60), house.soon(32 * 60)));
    let posts = house.door.changes().into_iter().filter(|asked| asked.method == "POST");
    assert_eq!(posts.count(), 1, "and asked for once");
    house.say("cancel MW-1 reason:\"not needed\"").await;
    house.close().await;
}

#[tokio::test]
async fn annotations_go_only_to_versions_that_know_them() {
    for (version, expected) in [
        ("0.31.9", json!(null)),
        (
            "0.32.0",
            json!({ "maintenance_id": "MW-1", "maintenance_url": "http://127.0.0.1:8080/windows/MW-1", "service": "crm" }),
        ),
    ] {
        let house = House::start("").await;
        house.door.set(Mode::Version(version));
        house.schedule("Upgrade", "service:crm", 60).await;
        assert_eq!(house.door.changes()[0].body["annotations"], expected, "{version}");
        house.say("cancel MW-1 reason:\"not needed\"").await;
        house.close().await;
    }
}

#[tokio::test]
async fn what_alertmanager_does_not_understand_is_given_up_and_told() {
    let house = House::start("[[service]]\nid = \"crm\"\nalert_matchers = ['job=~\"(\"']\n").await;
    house.schedule("Upgrade", "service:crm", 60).await;
    let ledger = house.bot.ledger(1).await;
    let row = ledger.iter().find(|row| row.plan.message.as_str() == "silence").expect("a row");
    assert_eq!(row.state, DeliveryState::Dead);
    let error = row.error.as_deref().unwrap_or_default();
    assert!(error.starts_with("Alertmanager answers POST api/v2/silences with 400: "), "{error}");
    assert!(error.contains("missing closing )"), "{error}");
    let told = house.bot.texts("ops").await;
    assert!(told.iter().any(|text| text.contains("alertmanager") && text.contains("MW-1")), "{told:#?}");
    assert_eq!(house.sweep().await, 0, "not tried again every few minutes");
}
