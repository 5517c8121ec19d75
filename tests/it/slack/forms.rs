//! A window planned with the form that `/maintenance` alone opens.

use maintbot::domain::calendar::Zone;
use serde_json::Value;
use tokio::sync::Notify;

use super::{Hub, story};
use crate::bot::utc;
use crate::fake::slack::Again;

const AT: &str = "2026-12-01 09:00";

/// Carla lives elsewhere than her profile says. One service, two regions; what is asked for late is refused.
const PLACES: &str = r#"
carla.time_zone = "Europe/Helsinki"

[[region]]
id = "eu"
name = "Europe"

[[region]]
id = "apac"
name = "Asia-Pacific"

[[service]]
id = "jira"
name = "Jira"

[[service]]
id = "crm"
name = "CRM"

[policy.scheduled]
notice = "3d"
"#;

/// A form that could be sent in: Sunday 20 December 2026, 16:00 for 4 hours.
const FILLED: [(&str, &str); 5] =
    [("title", "Jira 10.3"), ("service", "jira"), ("when_date", "2026-12-20"), ("when_start", "16:00"), ("for", "4h")];

/// The same with some fields filled in differently.
fn with<'a>(changed: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let kept = FILLED.iter().filter(|(name, _)| !changed.iter().any(|(other, _)| other == name));
    kept.chain(changed).copied().collect()
}

/// The field of a form by its id.
fn field(view: &Value, id: &str) -> Value {
    let blocks = view["blocks"].as_array().expect("blocks");
    blocks.iter().find(|block| block["block_id"] == id).unwrap_or_else(|| panic!("no {id} in {view}")).clone()
}

/// Values of the choices that a field offers, as `id name`.
fn choices(view: &Value, id: &str) -> Vec<String> {
    let field = field(view, id);
    let options = field["element"]["options"].as_array().expect("choices");
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    options.iter().map(|one| format!("{} {}", text(&one["value"]), text(&one["text"]["text"]))).collect()
}

async fn opened(hub: &Hub, user: &str) -> Value {
    let reply = hub.command(user, "#dev", "").await;
    assert_eq!(reply.body, Value::Null, "the form is the answer");
    hub.fake.view(user).expect("a form").content
}

async fn ids(hub: &Hub) -> Vec<String> {
    let found = hub.bot.parts.service.overview(100).await.expect("readable");
    found.upcoming.iter().map(|full| full.window.id.to_string()).collect()
}

#[tokio::test]
async fn alone_the_command_opens_a_form_with_what_is_configured_in_the_zone_of_who_asks() {
    story(PLACES, AT, async |hub| {
        let form = opened(hub, "ben").await;
        assert_eq!(choices(&form, "service"), ["crm CRM", "jira Jira"]);
        assert_eq!(choices(&form, "regions"), ["apac Asia-Pacific", "eu Europe"]);
        assert_eq!(field(&form, "poc")["element"]["type"], "users_select");
        assert!(field(&form, "when_start")["hint"]["text"].as_str().expect("a hint").contains("Asia/Singapore"));
        assert_eq!(field(&form, "when_date")["element"]["initial_date"], "2026-12-01");
        // 09:00 UTC is 04:00 in New York, where her profile says that she is, and 11:00 where she is.
        let form = opened(hub, "carla").await;
        assert!(field(&form, "when_start")["hint"]["text"].as_str().expect("a hint").contains("Europe/Helsinki"));
        // It is Tuesday in Singapore before it is in UTC.
        hub.at("2026-12-01 20:00").await;
        assert_eq!(field(&opened(hub, "ben").await, "when_date")["element"]["initial_date"], "2026-12-02");
    })
    .await;
}

#[tokio::test]
async fn what_was_filled_in_is_the_window() {
    story(PLACES, AT, async |hub| {
        opened(hub, "ben").await;
        let more = [
            ("service", "jira,crm"),
            ("regions", "eu"),
            ("downtime", "15m"),
            ("impact", "Nobody can log in.\nReading works."),
            ("poc", "anna"),
            ("item", "Jira to 10.3.2\n- Plugins\n\n* Index"),
        ];
        let sent = hub.fake.submit("ben", &with(&more)).await;
        assert_eq!((sent.status, &sent.body), (200, &Value::Null), "the form closes");
        hub.calm().await;
        let window = hub.bot.window(1).await;
        assert_eq!(window.title, "Jira 10.3");
        assert_eq!(window.services, ["jira", "crm"]);
        assert_eq!(window.regions, ["eu"]);
        assert_eq!((window.poc.as_deref(), window.requester.as_str()), (Some("anna"), "ben"));
        assert_eq!(window.impact, "Nobody can log in.\nReading works.");
        // 16:00 in Singapore, which is eight hours ahead.
        assert_eq!((window.span.starts_at, window.span.ends_at), (utc("2026-12-20 08:00"), utc("2026-12-20 12:00")));
        assert_eq!(window.span.zone, "Asia/Singapore".parse::<Zone>().expect("a zone"));
        let full = hub.bot.parts.service.full(window.id).await.expect("readable").expect("a window");
        let items: Vec<_> = full.items.0.iter().map(|item| item.text.as_str()).collect();
        assert_eq!(items, ["Jira to 10.3.2", "Plugins", "Index"]);
        // Who sent it in is told where it was opened, and nobody else.
        let told = hub.fake.whispers("ben");
        assert_eq!(told.iter().map(|one| one.channel.as_str()).collect::<Vec<_>>(), ["C0DEV"]);
        assert!(told[0].plain().contains("MW-1 “Jira 10.3” is scheduled"), "{}", told[0].plain());
        assert!(hub.fake.posts("#dev").is_empty());
        // Carla's own zone counts more than that of her profile; somebody who is not configured is who Slack says.
        hub.fake.person("fay", "Europe/Paris");
        opened(hub, "carla").await;
        hub.fake.submit("carla", &with(&[("service", "crm"), ("when_date", "2026-12-22"), ("poc", "fay")])).await;
        hub.calm().await;
        let window = hub.bot.window(2).await;
        assert_eq!(window.span.starts_at, utc("2026-12-22 14:00"));
        assert_eq!(window.poc.as_deref(), Some("slack:U0FAY"));
    })
    .await;
}

#[tokio::test]
async fn what_is_wrong_is_said_on_its_field_and_mended_there() {
    story(PLACES, AT, async |hub| {
        hub.command("carla", "#ops", "schedule Before service:crm when:\"2026-12-19 16:00-20:00\" tz:UTC poc:@anna")
            .await;
        hub.bot.say("anna", "/maintenance freeze add \"Year end\" from:2026-12-24 to:2027-01-02").await;
        opened(hub, "ben").await;
        for (changed, at, said) in [
            // A length that is none, and one that ends where it began.
            (vec![("for", "soon")], "for", "soon"),
            (vec![("for", "0m")], "for", ""),
            (vec![("for", "40d")], "for", "31 days"),
            (vec![("when_date", "2026-11-01")], "when_start", "past"),
            (vec![("downtime", "much")], "downtime", "much"),
            // Three days' notice.
            (vec![("when_date", "2026-12-03")], "when_start", "notice"),
            // 16:00 UTC is midnight in Singapore.
            (vec![("service", "crm"), ("when_date", "2026-12-20"), ("when_start", "01:00")], "when_start", "MW-1"),
            (vec![("when_date", "2026-12-27")], "when_start", "Year end"),
        ] {
            let reply = hub.fake.submit("ben", &with(&changed)).await;
            let errors = reply.errors();
            assert_eq!(errors.keys().collect::<Vec<_>>(), [at], "{changed:?}: {reply}");
            let error = errors[at].as_str().expect("a text");
            assert!(error.contains(said), "{changed:?}: {error}");
        }
        assert_eq!(ids(hub).await, ["MW-1"], "nothing of it was done");
        assert!(hub.whispers("ben").is_empty(), "all was said in the form");
        hub.fake.submit("ben", &FILLED).await;
        hub.calm().await;
        assert_eq!(ids(hub).await, ["MW-1", "MW-2"]);
        assert!(hub.fake.view("ben").is_none(), "it is closed");
    })
    .await;
}

#[tokio::test]
async fn who_may_not_plan_is_told_before_anything_is_filled_in() {
    story(PLACES, AT, async |hub| {
        hub.fake.person("fay", "Europe/Paris");
        for user in ["eve", "dan", "fay"] {
            let reply = hub.command(user, "#dev", "").await;
            assert!(reply.text().contains("`schedule` needs the role scheduler"), "{user}: {reply}");
            assert!(hub.fake.views(user).is_empty(), "{user} has nothing to fill in");
        }
    })
    .await;
}

#[tokio::test]
async fn a_form_that_is_sent_in_twice_gives_one_window() {
    story(PLACES, AT, async |hub| {
        opened(hub, "ben").await;
        let sent = hub.fake.submit("ben", &FILLED).await;
        hub.settle().await;
        let again = hub.fake.again(sent.nth, Again::Retry(1)).await;
        assert_eq!((again.status, again.body), (200, Value::Null));
        hub.calm().await;
        assert_eq!(ids(hub).await, ["MW-1"]);
        // Opened anew and filled in the same within the minute: the first answer again.
        opened(hub, "ben").await;
        hub.fake.submit("ben", &FILLED).await;
        hub.calm().await;
        assert_eq!(ids(hub).await, ["MW-1"]);
    })
    .await;
}

/// Real time: Slack waits three seconds.
#[tokio::test]
async fn a_form_that_takes_long_closes_and_the_answer_follows() {
    story(PLACES, AT, async |hub| {
        opened(hub, "ben").await;
        let (held, go_on) = (Notify::new(), Notify::new());
        let holding = hub.bot.parts.db.write(async |_| {
            held.notify_one();
            go_on.notified().await;
            Ok::<_, anyhow::Error>(())
        });
        let sending = async {
            held.notified().await;
            let sent = hub.fake.submit("ben", &FILLED).await;
            assert_eq!((sent.status, &sent.body), (200, &Value::Null), "in time");
            assert!(hub.fake.view("ben").is_none(), "it is closed");
            go_on.notify_one();
        };
        let (held, ()) = tokio::join!(holding, sending);
        held.expect("the database is free again");
        hub.calm().await;
        assert_eq!(ids(hub).await, ["MW-1"]);
        let told = hub.whispers("ben");
        assert_eq!(told.len(), 2, "{told:#?}");
        assert!(told[0].contains("It could not be stored yet"), "nothing at all could be, meanwhile: {told:#?}");
        assert!(told[1].contains("MW-1 “Jira 10.3” is scheduled"), "{told:#?}");
    })
    .await;
}
