//! What people do reaches the bot as Slack sends it, and its answers are shown.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::IntoResponse as _;

use super::super::server::form_pairs;
use super::super::{Again, SIGNING_SECRET, signature};
use super::*;

/// A bot that answers each request with the next of its answers, and keeps what it heard.
#[derive(Clone, Default)]
struct Bot(Arc<Mutex<(Vec<Heard>, Vec<Value>)>>);

#[derive(Clone, Debug)]
struct Heard {
    path: String,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Heard {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("text"))
    }

    /// When it was signed (Unix seconds), if it was.
    fn signed_at(&self) -> Option<i64> {
        let at = self.header("x-slack-request-timestamp").parse().ok()?;
        (signature(SIGNING_SECRET, at, &self.body) == self.header("x-slack-signature")).then_some(at)
    }

    fn fields(&self) -> Value {
        let pairs = form_pairs(&self.body).into_iter().map(|(name, value)| (name, json!(value)));
        pairs.collect::<serde_json::Map<_, _>>().into()
    }

    fn payload(&self) -> Value {
        let fields = self.fields();
        serde_json::from_str(fields["payload"].as_str().expect("a payload")).expect("JSON")
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }
}

impl Bot {
    fn routes(&self) -> Router {
        async fn hear(State(bot): State<Bot>, uri: Uri, headers: HeaderMap, body: Bytes) -> axum::response::Response {
            let mut bot = bot.0.lock().expect("a list");
            bot.0.push(Heard { path: uri.path().to_owned(), headers, body: body.to_vec() });
            match if bot.1.is_empty() { Value::Null } else { bot.1.remove(0) } {
                Value::Null => axum::http::StatusCode::OK.into_response(),
                Value::String(text) => text.into_response(),
                answer => axum::Json(answer).into_response(),
            }
        }
        Router::new().fallback(hear).with_state(self.clone())
    }

    fn answers(&self, answer: Value) {
        self.0.lock().expect("a list").1.push(answer);
    }

    fn heard(&self) -> Heard {
        self.0.lock().expect("a list").0.last().expect("something").clone()
    }
}

/// A double whose people reach a bot.
async fn reached() -> (FakeSlack, Clock, Bot) {
    let (fake, clock) = world().await;
    let bot = Bot::default();
    fake.reach(bot.routes());
    (fake, clock, bot)
}

async fn respond(fake: &FakeSlack, url: &Value, said: Value) -> (u16, Value) {
    let request = fake.client.post(url.as_str().expect("a URL")).json(&said);
    let answer = request.send().await.expect("an answer");
    let status = answer.status().as_u16();
    (status, serde_json::from_str(&answer.text().await.expect("a body")).unwrap_or_default())
}

#[tokio::test]
async fn a_command_comes_as_a_signed_form_and_its_answer_is_seen_by_who_typed_it() {
    let (fake, _, bot) = reached().await;
    bot.answers(json!({ "response_type": "ephemeral", "text": "Scheduled MW-1" }));
    let reply = fake.command("anna", "#ce", "schedule crm & more poc:@ben @ben, in #ce").await;
    assert_eq!((reply.status, reply.text().as_str()), (200, "Scheduled MW-1"));
    assert!(reply.took < Duration::from_secs(3) && reply.to_string() == "200: Scheduled MW-1");
    let heard = bot.heard();
    assert_eq!((heard.path.as_str(), heard.signed_at()), ("/slack/commands", Some(noon().timestamp())));
    assert_eq!(heard.header("content-type"), "application/x-www-form-urlencoded");
    let fields = heard.fields();
    let text = "schedule crm &amp; more poc:<@U0BEN|ben> <@U0BEN|ben>, in <#C0CE|ce>";
    assert_eq!((&fields["command"], &fields["text"]), (&json!("/maintenance"), &json!(text)));
    assert_eq!((&fields["user_id"], &fields["channel_name"]), (&json!("U0ANNA"), &json!("ce")));
    assert_eq!((&fields["team_id"], fake.whispers("anna")[0].via), (&json!("T1"), "reply"));
    fake.escapes(false);
    fake.command("anna", "@anna", "help @ben").await;
    let fields = bot.heard().fields();
    assert_eq!((&fields["text"], &fields["channel_name"]), (&json!("help @ben"), &json!("directmessage")));
    bot.answers(json!("plain"));
    fake.command("ben", "#ce", "list").await;
    assert_eq!(fake.whispers("ben")[0].plain(), "plain");
    fake.close();
}

#[tokio::test]
async fn a_response_url_takes_five_answers_within_half_an_hour() {
    let (fake, clock, bot) = reached().await;
    bot.answers(json!({ "text": "Working on it" }));
    fake.command("anna", "#ce", "list").await;
    let url = bot.heard().fields()["response_url"].clone();
    let (status, _) = respond(&fake, &url, json!({ "text": "later", "replace_original": true })).await;
    let seen = fake.whispers("anna");
    assert_eq!((status, seen.len(), seen[0].plain().as_str()), (200, 1, "later"));
    assert_eq!(seen[0].before, ["Working on it"]);
    respond(&fake, &url, json!({ "text": "for all", "response_type": "in_channel" })).await;
    assert_eq!(fake.posts("#ce")[0].text, "for all");
    for _ in 0..3 {
        assert_eq!(respond(&fake, &url, json!({ "text": "more" })).await.0, 200);
    }
    let gone = |error: &str| (404, json!({ "ok": false, "error": error }));
    assert_eq!(respond(&fake, &url, json!({ "text": "too often" })).await, gone("used_url"));
    assert_eq!(fake.whispers("anna").len(), 4);
    fake.command("anna", "#ce", "list").await;
    let url = bot.heard().fields()["response_url"].clone();
    clock.set(noon() + TimeDelta::minutes(30));
    assert_eq!(respond(&fake, &url, json!({ "text": "just in time" })).await.0, 200);
    clock.set(noon() + TimeDelta::minutes(31));
    assert_eq!(respond(&fake, &url, json!({ "text": "late" })).await, gone("expired_url"));
    let answers = fake.calls("response");
    assert_eq!((answers.len(), answers[0].channel.as_ref().expect("one").1.as_str()), (8, "ce"));
    assert_eq!(fake.violations(), Vec::<String>::new());
    fake.command("anna", "#ce", "list").await;
    let url = bot.heard().fields()["response_url"].clone();
    assert_eq!(respond(&fake, &url, json!({ "text": "x", "response_type": "public" })).await.0, 400);
    assert_eq!(fake.violations().len(), 1, "{:?}", fake.violations());
}

#[tokio::test]
async fn a_press_says_which_button_of_which_message_and_opens_a_modal_in_time() {
    let (fake, clock, bot) = reached().await;
    let text = |text: &str| json!({ "type": "plain_text", "text": text });
    let button =
        |id: &str| json!({ "type": "button", "action_id": id, "value": format!("{id} MW-1"), "text": text(id) });
    let blocks = json!([{ "type": "actions", "elements": [button("start"), button("complete")] }]);
    call(&fake, POST, json!({ "channel": "C0CE", "text": "x", "blocks": blocks })).await;
    let message = fake.posts("#ce").remove(0);
    assert_eq!(message.buttons(), ["start", "complete"]);
    assert_eq!(fake.press("ben", &message, "complete").await.status, 200);
    let payload = bot.heard().payload();
    assert_eq!(bot.heard().path, "/slack/interactions");
    assert_eq!((&payload["type"], &payload["user"]["id"]), (&json!("block_actions"), &json!("U0BEN")));
    let action = &payload["actions"][0];
    assert_eq!((&action["value"], &action["type"]), (&json!("complete MW-1"), &json!("button")));
    assert_eq!(payload["container"]["message_ts"], message.ts);
    assert_eq!(payload["channel"]["id"], "C0CE");
    assert_eq!(payload["message"]["blocks"][0]["block_id"], action["block_id"]);
    let said = json!({ "text": "gone", "blocks": [], "replace_original": true });
    respond(&fake, &payload["response_url"], said).await;
    let changed = fake.message("#ce", &message.ts);
    assert_eq!((changed.plain().as_str(), changed.edits.len()), ("gone", 1));
    // A screen that is late still shows the button.
    fake.press("anna", &message, "start").await;
    respond(&fake, &bot.heard().payload()["response_url"], json!({ "delete_original": true })).await;
    assert!(fake.posts("#ce").is_empty());

    let whisper = json!({ "channel": "C0CE", "user": "U0ANNA", "text": "x", "blocks": blocks });
    call(&fake, "chat.postEphemeral", whisper).await;
    let whisper = fake.whispers("anna").remove(0);
    fake.press_whisper(&whisper, "start").await;
    let payload = bot.heard().payload();
    assert_eq!((&payload["container"]["is_ephemeral"], &payload["message"]), (&json!(true), &Value::Null));

    let element = json!({ "type": "plain_text_input", "action_id": "value" });
    let input = json!({ "type": "input", "block_id": "reason", "label": text("Reason"), "element": element });
    let view = json!({ "type": "modal", "title": text("Reject"), "submit": text("Reject"), "blocks": [input] });
    let trigger = payload["trigger_id"].clone();
    let open = |trigger: &Value| json!({ "trigger_id": trigger, "view": view });
    clock.set(noon() + TimeDelta::seconds(3));
    assert_eq!(call(&fake, "views.open", open(&trigger)).await["view"]["type"], "modal");
    assert_eq!(refusal(&fake, "views.open", open(&trigger)).await, "exchanged_trigger_id");
    fake.press_whisper(&whisper, "start").await;
    clock.set(noon() + TimeDelta::seconds(7));
    let late = &bot.heard().payload()["trigger_id"];
    assert_eq!(refusal(&fake, "views.open", open(late)).await, "expired_trigger_id");
    assert_eq!(refusal(&fake, "views.open", open(&json!("none"))).await, "invalid_trigger_id");
    assert!(fake.view("anna").is_some() && fake.view("ben").is_none());
    fake.close();
}

/// A modal with one block of every kind that is filled in.
fn every_kind() -> Value {
    let text = |text: &str| json!({ "type": "plain_text", "text": text });
    let option = |value: &str| json!({ "text": text(&value.to_uppercase()), "value": value });
    let input = |name: &str, optional: bool, mut element: Value| {
        element["action_id"] = json!("value");
        json!({ "type": "input", "block_id": name, "label": text(name), "optional": optional, "element": element })
    };
    let kinds = [option("a"), option("b")];
    json!({ "type": "modal", "title": text("Schedule"), "submit": text("Schedule"), "private_metadata": "kept", "blocks": [
        input("service", false, json!({ "type": "multi_static_select", "options": [option("crm"), option("erp")] })),
        input("date", false, json!({ "type": "datepicker", "initial_date": "2026-12-07" })),
        input("start", false, json!({ "type": "timepicker" })),
        input("kind", false, json!({ "type": "static_select", "options": kinds, "initial_option": option("a") })),
        input("poc", true, json!({ "type": "users_select" })),
        input("note", true, json!({ "type": "plain_text_input" })),
        input("more", true, json!({ "type": "checkboxes", "options": [option("x")] })),
    ] })
}

/// Opens it before anna.
async fn open_modal(fake: &FakeSlack, bot: &Bot) {
    fake.command("anna", "#ce", "").await;
    let trigger = bot.heard().fields()["trigger_id"].clone();
    let opened = call(fake, "views.open", json!({ "trigger_id": trigger, "view": every_kind() })).await;
    assert_eq!(opened["ok"], true, "{opened}");
}

const FILLED: [(&str, &str); 3] = [("service", "crm, ERP"), ("start", "16:00"), ("poc", "ben")];

#[tokio::test]
async fn a_modal_is_filled_in_and_shows_errors_until_it_closes() {
    let (fake, _, bot) = reached().await;
    open_modal(&fake, &bot).await;
    bot.answers(json!({ "response_action": "errors", "errors": { "start": "It is frozen then." } }));
    let reply = fake.submit("anna", &FILLED).await;
    assert_eq!(reply.errors()["start"], "It is frozen then.");
    let view = fake.view("anna").expect("it is still open");
    assert_eq!(view.errors["start"], "It is frozen then.");
    let payload = bot.heard().payload();
    assert_eq!((&payload["type"], &payload["view"]["private_metadata"]), (&json!("view_submission"), &json!("kept")));
    let given = |block: &str| payload["view"]["state"]["values"][block]["value"].clone();
    let services = given("service")["selected_options"].as_array().expect("a list").clone();
    assert_eq!((&services[0]["value"], &services[1]["value"]), (&json!("crm"), &json!("erp")));
    assert_eq!(given("date"), json!({ "type": "datepicker", "selected_date": "2026-12-07" }));
    assert_eq!(given("start")["selected_time"], "16:00");
    assert_eq!(given("kind")["selected_option"]["value"], "a");
    assert_eq!(given("poc")["selected_user"], "U0BEN");
    assert_eq!((&given("note")["value"], &given("more")["selected_options"]), (&Value::Null, &json!([])));

    let open = || fake.views("anna").iter().map(|view| view.open).collect::<Vec<_>>();
    let mut pushed = every_kind();
    pushed["callback_id"] = json!("second");
    bot.answers(json!({ "response_action": "push", "view": pushed }));
    fake.submit("anna", &FILLED).await;
    assert_eq!(fake.view("anna").expect("open").content["callback_id"], "second");
    bot.answers(json!({ "response_action": "update", "view": every_kind() }));
    fake.submit("anna", &FILLED).await;
    assert_eq!(open(), [true, false, true]);
    fake.submit("anna", &FILLED).await;
    assert_eq!(open(), [true, false, false]);
    bot.answers(json!({ "response_action": "clear" }));
    fake.submit("anna", &FILLED).await;
    assert!(fake.view("anna").is_none());
    assert_eq!(fake.violations(), Vec::<String>::new());

    open_modal(&fake, &bot).await;
    bot.answers(json!({ "response_action": "errors", "errors": { "nothing": "There is no such block." } }));
    fake.submit("anna", &FILLED).await;
    bot.answers(json!({ "text": "an answer to a command" }));
    fake.submit("anna", &FILLED).await;
    assert_eq!(fake.violations().len(), 2, "{:?}", fake.violations());
}

#[tokio::test]
#[should_panic(expected = "block start has to be filled in")]
async fn a_modal_that_is_not_filled_in_cannot_be_sent_off() {
    let (fake, _, bot) = reached().await;
    open_modal(&fake, &bot).await;
    fake.submit("anna", &[("service", "crm")]).await;
}

#[tokio::test]
async fn mentions_come_as_events_and_come_again_in_every_way() {
    let (fake, _, bot) = reached().await;
    let parent = post(&fake, "C0CE", "MW-1").await;
    let reply = fake.mention("anna", "#ce", Some(&parent), "extend <30 min>").await;
    let heard = bot.heard();
    assert_eq!((heard.path.as_str(), heard.header("content-type")), ("/slack/events", "application/json"));
    let first = heard.json();
    let event = &first["event"];
    assert_eq!((&first["type"], &event["type"]), (&json!("event_callback"), &json!("app_mention")));
    assert_eq!((&event["thread_ts"], &event["ts"]), (&json!(parent), &event["event_ts"]));
    assert_eq!(event["text"], "<@U0MAINTBOT> extend &lt;30 min&gt;");
    assert_eq!(fake.replies("#ce", &parent)[0].ts, event["ts"]);

    fake.again(reply.nth, Again::Retry(1)).await;
    assert_eq!((bot.heard().header("x-slack-retry-num"), bot.heard().body == heard.body), ("1", true));
    fake.again(reply.nth, Again::OtherEventId).await;
    let other = bot.heard().json();
    assert!(other["event_id"] != first["event_id"] && other["event"] == first["event"]);
    assert_eq!((bot.heard().signed_at(), bot.heard().header("x-slack-retry-num")), (Some(noon().timestamp()), ""));
    fake.again(reply.nth, Again::Old(301)).await;
    assert_eq!(bot.heard().signed_at(), Some(noon().timestamp() - 301));
    for how in [Again::Forged, Again::Changed, Again::Unsigned] {
        fake.again(reply.nth, how).await;
        assert_eq!(bot.heard().signed_at(), None, "{how:?}");
    }
    assert_eq!((bot.heard().header("x-slack-signature"), fake.sent().len()), ("", 7));
    bot.answers(json!({ "challenge": "x" }));
    let challenged = fake.verify_url().await;
    assert_eq!((challenged.status, &challenged.body["challenge"]), (200, &json!("x")));
    assert_eq!(bot.heard().json()["type"], "url_verification");
    fake.close();
}

#[tokio::test]
async fn a_home_is_published_and_pressed_on() {
    let (fake, _, bot) = reached().await;
    fake.open_home("ben").await;
    let opened = bot.heard().json();
    assert_eq!((&opened["event"]["type"], &opened["event"]["user"]), (&json!("app_home_opened"), &json!("U0BEN")));
    let label = json!({ "type": "plain_text", "text": "Approve" });
    let section = |value: &str| {
        let button = json!({ "type": "button", "action_id": "approve", "value": value, "text": label });
        json!({ "type": "section", "text": { "type": "mrkdwn", "text": value }, "accessory": button })
    };
    let home = json!({ "type": "home", "blocks": [section("MW-1"), section("MW-2")] });
    let published = call(&fake, "views.publish", json!({ "user_id": "U0BEN", "view": home })).await;
    fake.open_home("ben").await;
    assert_eq!(bot.heard().json()["event"]["view"]["id"], published["view"]["id"]);
    fake.press_home("ben", "approve", "MW-2").await;
    let pressed = bot.heard().payload();
    assert_eq!((&pressed["actions"][0]["value"], &pressed["container"]["type"]), (&json!("MW-2"), &json!("view")));
    let stale = json!({ "user_id": "U0BEN", "view": home, "hash": "old" });
    assert_eq!(refusal(&fake, "views.publish", stale).await, "hash_conflict");
    assert!(fake.homes("ben").len() == 1 && fake.home("anna").is_none());
    fake.at(noon() + TimeDelta::days(1));
    let tomorrow = (noon() + TimeDelta::days(1)).timestamp().to_string();
    assert!(post(&fake, "C0CE", "tomorrow").await.starts_with(&tomorrow));
    fake.close();
}

#[tokio::test]
async fn a_bot_that_does_not_answer_in_time_breaks_a_rule() {
    let (fake, ..) = reached().await;
    fake.patience(Duration::from_millis(20));
    fake.reach(Router::new().fallback(std::future::pending::<()>));
    let reply = fake.command("anna", "#ce", "list").await;
    assert_eq!((reply.status, fake.violations().len()), (0, 1));
}

#[tokio::test]
async fn each_workspace_has_its_own_people_tokens_and_bot() {
    let (fake, _, bot) = reached().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    let (second, routes) = (fake.workspace("T2"), bot.routes());
    let server = tokio::spawn(async { axum::serve(listener, routes).await });
    assert_eq!((second.person("anna", "UTC"), second.channel("#ce").id()), ("U0ANNAT2".into(), "C0CET2".into()));
    second.reach_at(&base);
    bot.answers(json!({ "text": "by HTTP" }));
    assert_eq!(second.command("anna", "#ce", "list").await.text(), "by HTTP");
    let heard = bot.heard();
    let at = heard.header("x-slack-request-timestamp").parse().expect("seconds");
    assert_eq!(heard.header("x-slack-signature"), signature(&format!("{SIGNING_SECRET}-T2"), at, &heard.body));
    assert_eq!(heard.fields()["team_id"], "T2");
    post(&second, "C0CET2", "over there").await;
    assert_eq!(refusal(&second, POST, json!({ "channel": "C0CE", "text": "x" })).await, "channel_not_found");
    assert!(fake.messages("#ce").is_empty() && second.messages("#ce").len() == 1);
    server.abort();
    assert!(server.await.is_err());
    // The connection that is there is still served; nobody takes another one.
    let alone = FakeSlack::start().await;
    alone.person("anna", "");
    alone.channel("#ce");
    alone.reach_at(&base);
    assert_eq!(alone.command("anna", "#ce", "list").await.status, 0, "nobody is there any more");
    fake.close();
}
