//! The client against a server that answers by script: what goes over the wire, and what an answer means.

mod limits;
mod lookups;
mod safety;
#[expect(clippy::duplicate_mod, reason = "each client's tests add answers of their own to it")]
#[path = "../../outward/tests/server.rs"]
mod server;

use super::*;
use server::{Reply, Server, kind};

const TOKEN: &str = "hunter2-of-the-bot";
/// An interaction's.
const SECRET: &str = "s3cret-interaction";
/// Long enough for a busy machine, short enough to wait for.
const SOON: Duration = Duration::from_secs(1);

impl Reply {
    /// Discord is content, and says this.
    fn ok(what: Value) -> Self {
        Self::Json(200, what)
    }

    /// Discord is not.
    fn error(status: u16, code: u64) -> Self {
        Self::Json(status, json!({ "code": code, "message": "A reason" }))
    }
}

fn now() -> DateTime<Utc> {
    "2026-12-02T10:00:00Z".parse().expect("an instant")
}

fn seconds(n: i64) -> TimeDelta {
    TimeDelta::seconds(n)
}

fn settings(url: &str) -> config::Discord {
    config::Discord {
        api_url: url.into(),
        bot_token: TOKEN.into(),
        application_id: "77".into(),
        public_key: None,
        guilds: vec!["9001".into()],
        gateway: true,
        events: false,
    }
}

/// A client with a clock that is moved by hand, and gives up soon where nothing comes.
fn discord(url: &str) -> (Discord, Clock) {
    let clock = Clock::manual(now());
    let discord = Discord::with_patience(&settings(url), clock.clone(), SOON).expect("a client");
    (discord, clock)
}

/// A server with these replies and a client for it.
fn scene(replies: Vec<Reply>) -> (Server, Discord, Clock) {
    let server = Server::new(replies);
    let (discord, clock) = discord(&server.url);
    (server, discord, clock)
}

fn say(text: &str) -> Say {
    Say { content: text.into(), ..Say::default() }
}

fn posted() -> Reply {
    Reply::ok(json!({ "id": "1500" }))
}

/// In how many seconds a failure says that it is worth another try.
fn later(failure: &Failure) -> Option<i64> {
    match failure {
        Failure::Later { at, .. } => Some((*at - now()).num_seconds()),
        _ => None,
    }
}

#[tokio::test]
async fn a_message_is_posted_whole_and_notifies_nobody_unasked() {
    let (server, discord, _) = scene(vec![posted(), posted()]);
    let mentions = Mentions { users: vec!["2204".into()], roles: vec!["3305".into()] };
    let (embeds, components) = (vec![json!({ "title": "MW-12" })], vec![json!({ "type": 1, "components": [] })]);
    let full = Say { content: "hello".into(), embeds: embeds.clone(), components: components.clone(), mentions };
    assert_eq!(discord.post("1103", &full, Some("MW-12/7")).await.as_deref(), Ok("1500"));
    let got = server.next();
    assert_eq!(got.line, "POST /api/v10/channels/1103/messages");
    assert_eq!(got.header("authorization"), [format!("Bot {TOKEN}")]);
    assert_eq!(got.header("content-type"), ["application/json"]);
    let agent = got.header("user-agent").concat();
    assert!(agent.starts_with("DiscordBot (https://discord.com/oauth2/authorize?client_id=77, "), "{agent}");
    assert_eq!(
        got.json(),
        json!({
            "content": "hello", "embeds": embeds, "components": components,
            "allowed_mentions": { "parse": [], "users": ["2204"], "roles": ["3305"] },
            "nonce": "MW-12/7", "enforce_nonce": true,
        })
    );
    discord.post("1104", &say("x"), None).await.expect("posted");
    let nobody = json!({ "parse": [], "users": [], "roles": [] });
    let plain = json!({ "content": "x", "embeds": [], "components": [], "allowed_mentions": nobody });
    assert_eq!(server.next().json(), plain);
}

#[tokio::test]
async fn messages_are_changed_and_threads_opened_and_taken_out_again() {
    let (server, discord, _) = scene(vec![posted(), posted(), Reply::error(400, 160_004), Reply::ok(json!({}))]);
    discord.edit("1103", "1500", &say("over")).await.expect("changed");
    let got = server.next();
    assert_eq!(got.line, "PATCH /api/v10/channels/1103/messages/1500");
    assert_eq!((&got.json()["content"], &got.json()["components"]), (&json!("over"), &json!([])));

    let name = "ä".repeat(101);
    assert_eq!(discord.open_thread("1103", "1500", &name).await.as_deref(), Ok("1500"));
    let got = server.next();
    assert_eq!(got.line, "POST /api/v10/channels/1103/messages/1500/threads");
    assert_eq!(got.json(), json!({ "name": "ä".repeat(100), "auto_archive_duration": 10080 }));
    let again = discord.open_thread("1103", "1500", "x").await;
    assert_eq!(again.as_deref(), Ok("1500"), "a thread that is there");
    server.next();

    discord.unarchive("1500").await.expect("taken out");
    let got = server.next();
    assert_eq!((got.line.as_str(), got.json()), ("PATCH /api/v10/channels/1500", json!({ "archived": false })));
}

#[tokio::test]
async fn interactions_are_answered_with_their_own_token() {
    let nothing = || Reply::Text(204, String::new());
    let (server, discord, _) = scene(vec![nothing(), posted(), posted(), Reply::error(400, 40_060)]);
    let pong = json!({ "type": 1 });
    discord.callback("55", SECRET, &pong).await.expect("answered");
    discord.edit_answer(SECRET, &say("done")).await.expect("answered");
    discord.follow_up(SECRET, &say("more")).await.expect("answered");
    discord.callback("56", SECRET, &pong).await.expect("answered before");
    let got = server.next();
    assert_eq!(got.line, format!("POST /api/v10/interactions/55/{SECRET}/callback"));
    assert_eq!((got.json(), got.header("authorization")), (pong, vec![]));
    let got = server.next();
    assert_eq!(got.line, format!("PATCH /api/v10/webhooks/77/{SECRET}/messages/@original"));
    assert_eq!((got.json()["content"].clone(), got.header("authorization")), (json!("done"), vec![]));
    let got = server.next();
    assert_eq!(got.line, format!("POST /api/v10/webhooks/77/{SECRET}"));
    assert_eq!((got.json()["flags"].clone(), got.header("authorization")), (json!(64), vec![]));
}

#[tokio::test]
async fn what_discord_refuses_is_told_by_what_may_be_done_about_it() {
    for (status, code, expected) in [
        (400, 50_035, "refused"),
        (400, 50_083, "missing"),
        (400, 30_046, "later"),
        (401, 0, "refused"),
        (403, 50_001, "missing"),
        (403, 50_013, "missing"),
        (403, 50_007, "missing"),
        (403, 20_001, "refused"),
        (404, 10_003, "missing"),
        (404, 10_008, "missing"),
        (500, 0, "unsure"),
        (502, 130_000, "unsure"),
    ] {
        let (_server, discord, _) = scene(vec![Reply::error(status, code)]);
        let failure = discord.post("1103", &say("x"), None).await.expect_err("refused");
        assert_eq!(kind(&failure), expected, "{code}: {failure}");
        let said = failure.to_string();
        assert!(said.starts_with(&format!("Discord answers Create Message in 1103 with {status}")), "{said}");
        if let Failure::Missing { code: told, .. } = failure {
            assert_eq!(told, code);
        }
    }
    let (_server, discord, _) = scene(vec![Reply::error(400, 30_046), Reply::error(400, 30_038)]);
    assert_eq!(later(&discord.edit("1103", "1", &say("x")).await.expect_err("too often")), Some(60));
    assert_eq!(later(&discord.create_event("9001", &json!({})).await.expect_err("too many")), Some(3600));
    let over = [(404, 10_015), (401, 50_027), (404, 10_062)];
    let (_server, discord, _) = scene(over.map(|(status, code)| Reply::error(status, code)).into());
    for (_, expected) in over {
        let failure = discord.edit_answer(SECRET, &say("x")).await.expect_err("over");
        assert!(matches!(failure, Failure::Missing { code, .. } if code == expected), "{failure}");
    }
}

#[tokio::test]
async fn a_refusal_names_the_part_at_fault_and_what_to_do() {
    let errors = json!({ "embeds": { "0": { "title": { "_errors": [
        { "code": "BASE_TYPE_MAX_LENGTH", "message": "Must be 256 or fewer in length." }] } } } });
    let form = json!({ "code": 50035, "message": "Invalid Form Body", "errors": errors });
    let lacking = json!({ "code": 50013, "message": "Missing Permissions" });
    let (_server, discord, _) = scene(vec![Reply::Json(400, form), Reply::Json(403, lacking)]);
    let told = discord.post("1103", &say("x"), None).await.expect_err("a form").to_string();
    let expected = "with 400 50035: Invalid Form Body; embeds.0.title: Must be 256 or fewer in length.";
    assert!(told.ends_with(expected), "{told}");
    let told = discord.create_event("9001", &json!({})).await.expect_err("no permission").to_string();
    let expected = "Discord answers Create Guild Scheduled Event in 9001 with 403 50013: Missing Permissions: give \
                    maintbot's role the permission there; `maintbot doctor` names what is missing";
    assert_eq!(told, expected);
}

#[tokio::test]
async fn after_silence_a_post_is_unsure_a_look_is_repeated_and_discord_is_left_alone() {
    let (server, discord, clock) = scene(vec![Reply::Hang, Reply::Hang, posted(), posted()]);
    assert_eq!(kind(&discord.post("1", &say("x"), None).await.expect_err("silence")), "unsure");
    assert_eq!(server.next().line, "POST /api/v10/channels/1/messages");
    let held = discord.edit("9", "1", &say("x")).await.expect_err("left alone");
    assert_eq!(later(&held), Some(5), "{held}");
    clock.set(now() + seconds(5));
    assert_eq!(later(&discord.me().await.expect_err("silence")), Some(5 + 10), "longer the second time");
    assert_eq!(server.next().line, "GET /api/v10/users/@me", "what waited was not sent");
    clock.set(now() + seconds(15));
    discord.post("2", &say("x"), None).await.expect("it is back");
    discord.post("3", &say("x"), None).await.expect("for everybody");
}

#[tokio::test]
async fn an_interaction_is_answered_also_while_discord_is_away() {
    let (_server, discord, _) = scene(vec![Reply::Json(503, json!({})), Reply::Text(204, String::new()), posted()]);
    assert_eq!(kind(&discord.post("1", &say("x"), None).await.expect_err("away")), "unsure");
    assert_eq!(kind(&discord.post("1", &say("x"), None).await.expect_err("left alone")), "later");
    discord.callback("55", SECRET, &json!({ "type": 5 })).await.expect("tried nevertheless");
    discord.post("1", &say("x"), None).await.expect("the answer said that it is back");
}

#[tokio::test]
async fn a_reset_is_unsure_and_a_closed_door_is_not() {
    let (_server, discord, _) = scene(vec![Reply::Close]);
    let failure = discord.post("1", &say("x"), None).await.expect_err("a reset");
    assert_eq!(kind(&failure), "unsure", "{failure}");
    let (_server, discord, _) = scene(vec![Reply::Close]);
    assert_eq!(later(&discord.me().await.expect_err("a reset")), Some(5));

    let nobody = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let (discord, _) = super::tests::discord(&format!("http://{nobody}"));
    let failure = discord.post("1", &say("x"), None).await.expect_err("nobody listens");
    assert_eq!(later(&failure), Some(5), "nothing was sent: {failure}");
}

#[tokio::test]
async fn when_discord_cannot_a_post_is_unsure_and_a_look_is_repeated() {
    let (_server, discord, _) = scene(vec![Reply::Text(502, "<html>".into())]);
    let failure = discord.post("1", &say("x"), None).await.expect_err("broken");
    assert_eq!(failure, Failure::Unsure { why: "Discord answers Create Message in 1 with 502".into() });
    let (_server, discord, _) = scene(vec![Reply::Json(500, json!({ "code": 0, "message": "500" }))]);
    assert_eq!(later(&discord.events("9001").await.expect_err("broken")), Some(5));
}

#[tokio::test]
async fn an_answer_that_is_not_discords_is_told_from_one_that_is() {
    let page = |status| Reply::Text(status, "<html>Sign in to the network</html>".into());
    let (_server, discord, _) = scene(vec![page(200), page(200), page(404), Reply::ok(json!({}))]);
    assert_eq!(kind(&discord.post("1", &say("x"), None).await.expect_err("a page")), "unsure");
    assert_eq!(later(&discord.me().await.expect_err("a page")), Some(60));
    let failure = discord.edit("1", "2", &say("x")).await.expect_err("a page");
    assert_eq!(kind(&failure), "refused", "{failure}");
    assert!(failure.to_string().ends_with(" answers Edit Message in 1 with 404"), "{failure}");
    let failure = discord.post("2", &say("x"), None).await.expect_err("no id");
    assert_eq!(kind(&failure), "unsure", "{failure}");
}

#[tokio::test]
async fn an_answer_without_end_is_not_read_to_its_end() {
    let endless = || Reply::Text(200, format!("{{\"id\":\"1\",\"x\":\"{}\"}}", "x".repeat(9 << 20)));
    let (_server, discord, _) = scene(vec![endless(), endless()]);
    assert_eq!(kind(&discord.me().await.expect_err("too long")), "refused");
    assert_eq!(kind(&discord.post("1", &say("x"), None).await.expect_err("too long")), "unsure");
}
