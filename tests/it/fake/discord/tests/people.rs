//! What people do, over HTTP, with a bot that answers as it was told to.

use std::sync::{Arc, Mutex};

use axum::body::to_bytes;
use axum::http::{Request, StatusCode};
use axum::response::IntoResponse as _;
use axum::routing::post as posted;
use axum::{Json, Router};
use ring::signature::{ED25519, UnparsedPublicKey};

use super::super::permissions::MANAGE_GUILD;
use super::super::state::Message;
use super::super::{Again, Reply};
use super::commands::register;
use super::*;

const EPHEMERAL: u64 = 64;

/// A bot that checks signatures, keeps what it is sent, and gives these answers, one after the other.
struct Bot {
    got: Arc<Mutex<Vec<Value>>>,
}

impl Bot {
    fn answering(fake: &FakeDiscord, answers: Vec<Value>) -> Self {
        let (got, answers) = (Arc::default(), Arc::new(Mutex::new(answers.into_iter())));
        let kept: Arc<Mutex<Vec<Value>>> = Arc::clone(&got);
        let answer = move |request: Request<axum::body::Body>| async move {
            let (head, body) = request.into_parts();
            let body = to_bytes(body, 1 << 20).await.expect("a body");
            let header = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
            let signed = [header("x-signature-timestamp").as_bytes(), &body].concat();
            let key = hex::decode(super::super::public_key()).expect("hexadecimal");
            let signature = hex::decode(header("x-signature-ed25519")).unwrap_or_default();
            if UnparsedPublicKey::new(&ED25519, key).verify(&signed, &signature).is_err() {
                return StatusCode::UNAUTHORIZED.into_response();
            }
            let said: Value = serde_json::from_slice(&body).expect("JSON");
            if said["type"] == 1 {
                return Json(json!({ "type": 1 })).into_response();
            }
            kept.lock().expect("nobody fell").push(said);
            let next = answers.lock().expect("nobody fell").next();
            next.map_or(StatusCode::ACCEPTED.into_response(), |next| Json(next).into_response())
        };
        fake.reach(Router::new().route("/discord/interactions", posted(answer)));
        Self { got }
    }

    /// The newest that it got.
    fn last(&self) -> Value {
        self.got.lock().expect("nobody fell").last().expect("an interaction").clone()
    }
}

/// An ephemeral answer with a message.
fn hidden(content: &str) -> Value {
    let mut data = text(content);
    data["flags"] = json!(EPHEMERAL);
    json!({ "type": 4, "data": data })
}

fn deferred() -> Value {
    json!({ "type": 5, "data": { "flags": EPHEMERAL } })
}

/// Changes the first answer, as the bot does.
async fn edit(fake: &FakeDiscord, bot: &Bot, content: &str) -> (u16, Value) {
    let token = bot.last()["token"].as_str().expect("a token").to_owned();
    call(fake, "PATCH", &format!("/webhooks/{APPLICATION}/{token}/messages/@original"), text(content)).await
}

/// Says more, as the bot does.
async fn more(fake: &FakeDiscord, bot: &Bot, content: &str) -> (u16, Value) {
    let token = bot.last()["token"].as_str().expect("a token").to_owned();
    let mut say = text(content);
    say["flags"] = json!(EPHEMERAL);
    call(fake, "POST", &format!("/webhooks/{APPLICATION}/{token}"), say).await
}

async fn schedule(fake: &FakeDiscord, options: &[(&str, &str)]) -> Reply {
    fake.command("anna", "#ce", "schedule", options).await
}

#[tokio::test]
async fn a_command_comes_with_its_options_and_is_answered_at_once() {
    let (fake, _) = world().await;
    register(&fake).await;
    let bot = Bot::answering(&fake, vec![hidden("MW-1 is scheduled."), hidden("PL-1")]);
    fake.role_may("oncall", MANAGE_EVENTS | MANAGE_GUILD, true);
    fake.speaks("anna", "de");
    let options = [("title", "Jira"), ("hours", "2"), ("dry-run", "true"), ("poc", "ben"), ("team", "oncall")];
    let reply = schedule(&fake, &options).await;
    assert_eq!((reply.status, reply.kind(), reply.plain().as_str()), (200, 4, "MW-1 is scheduled."));
    assert!(reply.hidden() && fake.posts("#ce").is_empty());
    assert_eq!((fake.whispers("anna").len(), fake.whispers("ben").len()), (1, 0));

    let got = bot.last();
    assert_eq!((&got["type"], &got["guild_id"], &got["context"]), (&json!(2), &json!(SERVER), &json!(0)));
    assert_eq!(got["member"]["roles"], json!([fake.role("oncall")]));
    let may: u64 = got["member"]["permissions"].as_str().expect("bits").parse().expect("a number");
    assert_eq!(got["locale"], "de");
    assert!(may & MANAGE_EVENTS != 0 && may & MANAGE_GUILD != 0 && may & super::super::permissions::ADMINISTRATOR == 0);
    let verb = &got["data"]["options"][0];
    assert_eq!((&verb["name"], &verb["type"]), (&json!("schedule"), &json!(1)));
    let values: Vec<&Value> = verb["options"].as_array().expect("options").iter().map(|one| &one["value"]).collect();
    assert_eq!(values, [&json!("Jira"), &json!(2), &json!(true), &json!(fake.id("ben")), &json!(fake.role("oncall"))]);
    let resolved = &got["data"]["resolved"];
    assert_eq!(resolved["users"][fake.id("ben")]["username"], "ben");
    assert_eq!(resolved["roles"][fake.role("oncall")]["name"], "oncall");

    fake.command("ben", "#ce", "plan new", &[("title", "Move")]).await;
    let group = &bot.last()["data"]["options"][0];
    assert_eq!(
        (&group["name"], &group["type"], &group["options"][0]["name"]),
        (&json!("plan"), &json!(2), &json!("new"))
    );
    fake.close();
}

#[tokio::test]
async fn a_deferred_answer_is_edited_until_the_token_is_over() {
    let (fake, clock) = world().await;
    register(&fake).await;
    let bot = Bot::answering(&fake, vec![deferred(), deferred()]);
    let reply = schedule(&fake, &[("title", "Jira")]).await;
    assert_eq!((reply.kind(), reply.plain().as_str(), reply.later().len()), (5, "", 0));
    assert_eq!(edit(&fake, &bot, "MW-1 is scheduled.").await.0, 200);
    assert_eq!((reply.plain().as_str(), reply.later()), ("MW-1 is scheduled.", vec!["MW-1 is scheduled.".to_owned()]));
    assert_eq!(more(&fake, &bot, "And more.").await.0, 200);
    assert_eq!(
        fake.whispers("anna").iter().map(Message::plain).collect::<Vec<_>>(),
        ["MW-1 is scheduled.", "And more."]
    );
    clock.set(noon() + TimeDelta::minutes(15));
    let (status, said) = edit(&fake, &bot, "late").await;
    assert_eq!((status, &said["code"]), (401, &json!(50_027)));

    let second = schedule(&fake, &[("title", "Jira")]).await;
    assert_eq!(more(&fake, &bot, "in its place").await.0, 200);
    assert_eq!((second.plain().as_str(), fake.whispers("anna").len()), ("in its place", 3));
    let (status, said) = call(&fake, "POST", &format!("/webhooks/{APPLICATION}/nobody"), text("x")).await;
    assert_eq!((status, &said["code"]), (404, &json!(10_015)));
    fake.close();
}

#[tokio::test]
async fn an_interaction_is_answered_once_and_in_time() {
    let (fake, clock) = world().await;
    register(&fake).await;
    let bot = Bot::answering(&fake, vec![hidden("Done.")]);
    schedule(&fake, &[("title", "Jira")]).await;
    let callback = || {
        let got = bot.last();
        let [id, token] = ["id", "token"].map(|name| got[name].as_str().expect("text").to_owned());
        format!("/interactions/{id}/{token}/callback")
    };
    assert_eq!(code(&fake, "POST", &callback(), hidden("again")).await, (400, 40_060));

    // The second one is not answered over HTTP (202), and too late by a call.
    fake.patience(Duration::from_millis(100));
    let reply = schedule(&fake, &[("title", "Jira")]).await;
    assert_eq!((reply.status, reply.kind()), (0, 0));
    assert!(reply.took >= Duration::from_millis(100));
    assert_eq!(code(&fake, "POST", &callback(), hidden("late")).await, (404, 10_062));
    assert_eq!(fake.take_unanswered().len(), 1);

    // By the story's clock three seconds are three seconds as well.
    fake.patience(Duration::from_secs(3));
    let waiting = schedule(&fake, &[("title", "Jira")]);
    let late = async {
        while bot.got.lock().expect("nobody fell").len() < 3 {
            Clock::pause(Duration::from_millis(5)).await;
        }
        clock.set(noon() + TimeDelta::seconds(4));
        let refused = code(&fake, "POST", &callback(), hidden("late")).await;
        fake.state().interactions.values_mut().for_each(|one| drop(one.waiting.take()));
        refused
    };
    assert_eq!(tokio::join!(waiting, late).1, (404, 10_062));
    assert_eq!(fake.take_unanswered().len(), 1);
    fake.close();
}

#[tokio::test]
async fn buttons_menus_and_modals_follow_one_another() {
    let (fake, _) = world().await;
    let ce = fake.channel("#ce").id();
    let button = |id: &str, label: &str| json!({ "type": 2, "style": 1, "custom_id": id, "label": label });
    let mut say = text("MW-1");
    say["components"] =
        json!([{ "type": 1, "components": [button("start MW-1", "Start"), button("complete MW-1", "Complete")] }]);
    call(&fake, "POST", &format!("/channels/{ce}/messages"), say).await;
    let options = json!([{ "label": "Done", "value": "success" }, { "label": "Half", "value": "partial" }]);
    let mut menu = hidden("How did it go?");
    let select = json!({ "type": 3, "custom_id": "complete MW-1", "options": options });
    menu["data"]["components"] = json!([{ "type": 1, "components": [select] }]);
    let input = |id: &str, label: &str, required: bool| json!({ "type": 4, "custom_id": id, "label": label, "style": 2, "required": required, "max_length": 100 });
    let rows = json!([
        { "type": 1, "components": [input("summary", "What was done", true)] },
        { "type": 1, "components": [input("next", "What comes next", false)] },
    ]);
    let form = json!({ "custom_id": "complete MW-1 partial", "title": "Complete MW-1", "components": rows });
    let answers = vec![menu, json!({ "type": 9, "data": form }), hidden("Completed."), json!({ "type": 6 })];
    let bot = Bot::answering(&fake, answers);

    let post = fake.posts("#ce").remove(0);
    let asked = fake.press("anna", &post, "complete").await;
    assert_eq!(
        (bot.last()["type"].clone(), bot.last()["data"]["custom_id"].clone()),
        (json!(3), json!("complete MW-1"))
    );
    assert_eq!(bot.last()["message"]["id"], json!(post.id));
    assert_eq!(asked.plain(), "How did it go?\n[menu: Done|Half]");
    let menu = asked.message().expect("a message");
    let modal = fake.choose("anna", &menu, "complete", "Half").await;
    assert_eq!(
        (bot.last()["data"]["values"].clone(), bot.last()["message"]["flags"].clone()),
        (json!(["partial"]), json!(64))
    );
    assert_eq!(modal.modal().plain(), "Complete MW-1\n[What was done]\n[What comes next]");
    let done = fake.fill_in("anna", &modal.modal(), &[("What was done", "half")]).await;
    assert_eq!(done.plain(), "Completed.");
    let fields = bot.last()["data"]["components"].clone();
    assert_eq!(
        (&fields[0]["components"][0]["value"], &fields[1]["components"][0]["value"]),
        (&json!("half"), &json!(""))
    );
    assert_eq!(bot.last()["message"]["id"], json!(menu.id));
    let silent = fake.press("anna", &post, "start").await;
    assert_eq!((silent.kind(), silent.plain().as_str()), (6, ""));
    fake.close();
}

#[tokio::test]
async fn what_is_typed_is_sent_for_suggestions() {
    let (fake, _) = world().await;
    register(&fake).await;
    let choices = json!([{ "name": "Jira 10", "value": "jira-10" }]);
    let bot = Bot::answering(&fake, vec![json!({ "type": 8, "data": { "choices": choices } })]);
    let options = [("title", "Jira"), ("when", "next su")];
    let found = fake.autocomplete("anna", "#ce", "schedule", &options, "when").await;
    assert_eq!(found, [("Jira 10".to_owned(), "jira-10".to_owned())]);
    let sent = bot.last()["data"]["options"][0]["options"].clone();
    assert_eq!((bot.last()["type"].clone(), sent[0].get("focused")), (json!(4), None));
    assert_eq!((&sent[1]["focused"], &sent[1]["value"]), (&json!(true), &json!("next su")));
    fake.close();
}

#[tokio::test]
async fn signatures_can_be_forged_and_things_sent_again() {
    let (fake, _) = world().await;
    register(&fake).await;
    let bot = Bot::answering(&fake, vec![hidden("Done."), hidden("Done.")]);
    assert_eq!(fake.verify_endpoint().await, (200, 401, json!({ "type": 1 })));
    let reply = schedule(&fake, &[("title", "Jira")]).await;
    for how in [Again::Forged, Again::Changed, Again::Unsigned] {
        assert_eq!(fake.again(reply.nth, how).await.status, 401, "{how:?}");
    }
    // The bot of this test does not look at its clock.
    assert_eq!(fake.again(reply.nth, Again::Old(301)).await.status, 200);
    assert_eq!(bot.got.lock().expect("nobody fell").len(), 2);
    assert_eq!(fake.again(reply.nth, Again::Same).await.status, 202);
    assert_eq!(fake.whispers("anna").len(), 1);
    fake.close();
}

#[tokio::test]
async fn a_bot_in_another_process_is_reached_by_its_address() {
    let (fake, _) = world().await;
    register(&fake).await;
    let answer = || async { Json(hidden("from afar")) };
    let routes = Router::new().route("/discord/interactions", posted(answer));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    fake.reach_at(&format!("http://{}", listener.local_addr().expect("an address")));
    let server = tokio::spawn(async move { axum::serve(listener, routes).await });
    assert_eq!(schedule(&fake, &[("title", "Jira")]).await.plain(), "from afar");
    server.abort();
    fake.close();
}

#[tokio::test]
async fn bad_answers_are_told_on() {
    let (fake, _) = world().await;
    register(&fake).await;
    let suggestions = json!({ "type": 8, "data": { "choices": [] } });
    let _bot = Bot::answering(&fake, vec![suggestions, json!({ "type": 4, "data": { "content": "x".repeat(2001) } })]);
    schedule(&fake, &[("title", "Jira")]).await;
    let wrong = fake.violations();
    assert!(wrong.iter().any(|wrong| wrong.contains("Invalid callback type")), "{wrong:?}");
    schedule(&fake, &[("title", "Jira")]).await;
    assert!(fake.violations().len() > wrong.len());
    assert_eq!((fake.take_unanswered().len(), fake.whispers("anna").len()), (2, 0));
}
