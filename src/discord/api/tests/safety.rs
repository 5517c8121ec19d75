//! What goes where: the token to Discord alone, no secret into any text or log.

#[expect(clippy::duplicate_mod, reason = "modules of tests are used by no others")]
#[path = "../../../../tests/it/log.rs"]
mod log;

use self::log::Log;
use super::server::Reply;
use super::*;

const SECRETS: [&str; 2] = ["hunter2", "s3cret"];

#[tokio::test]
async fn a_token_does_not_go_where_an_answer_leads() {
    let (other, _, _) = scene(vec![posted()]);
    let moved = Reply::With(307, vec![("location", format!("{}/api/v10/x", other.url))], json!({}));
    let (_server, discord, _) = scene(vec![moved]);
    let failure = discord.edit("1", "2", &say("x")).await.expect_err("moved");
    assert_eq!(kind(&failure), "refused", "{failure}");
    assert!(other.is_idle());
}

#[test]
fn an_address_and_a_token_that_cannot_be_used_are_refused() {
    for url in ["", "discord.com", "https://a:hunter2@discord.com", "ftp://discord.com"] {
        let error = Discord::new(&settings(url), Clock::manual(now())).expect_err(url);
        assert!(!format!("{error:#}").contains("hunter2"), "{error:#}");
    }
    let odd = config::Discord { bot_token: "hunter2\n".into(), ..settings("https://discord.com") };
    let error = Discord::new(&odd, Clock::manual(now())).expect_err("a line break");
    assert!(!format!("{error:#}").contains("hunter2"), "{error:#}");
}

#[test]
fn the_gateway_is_opened_at_the_same_place_with_the_same_token() {
    let (discord, _) = discord("https://discord.example.com/");
    let access = discord.for_gateway();
    assert_eq!((access.api_url.as_str(), access.token.expose_secret()), ("https://discord.example.com", TOKEN));
    assert!(!format!("{access:?}").contains("hunter2"));
    assert_eq!((discord.application(), discord.guilds()), ("77", ["9001".to_owned()].as_slice()));
}

#[tokio::test]
async fn no_secret_is_in_any_text_or_log_whatever_discord_answers() {
    let log = Log::start();

    let echo = format!("bad {TOKEN} and {SECRET}");
    let own = format!("bad {TOKEN}");
    let errors = json!({ "content": { "_errors": [{ "message": own }] } });
    let replies = vec![
        Reply::Json(400, json!({ "code": 50035, "message": own, "errors": errors })),
        Reply::Text(200, format!("{{\"id\":{{\"{TOKEN}\":1}}}}")),
        Reply::Text(403, TOKEN.into()),
        Reply::Json(404, json!({ "code": 10062, "message": echo })),
        Reply::Json(401, json!({ "code": 50027, "message": echo })),
        Reply::Json(403, json!({ "code": 1, "message": echo })),
        Reply::Json(429, json!({ "retry_after": 1, "message": echo })),
        Reply::Text(502, echo.clone()),
        Reply::Close,
        Reply::Json(401, json!({ "code": 0, "message": format!("401: {TOKEN}") })),
    ];
    let (server, discord, clock) = scene(replies);
    let mut texts = vec![format!("{discord:?} {discord:#?}")];
    let answered = async |text: &str| discord.callback("55", SECRET, &json!({ "content": text })).await;
    for n in 1..=3 {
        let failure = discord.post(&n.to_string(), &say("x"), None).await.expect_err("refused");
        texts.push(failure.to_string());
    }
    for _ in 0..2 {
        texts.push(answered("x").await.expect_err("refused").to_string());
    }
    texts.push(discord.follow_up(SECRET, &say("x")).await.expect_err("refused").to_string());
    texts.push(discord.edit_answer(SECRET, &say("x")).await.expect_err("limited").to_string());
    clock.set(now() + seconds(60));
    for _ in 0..2 {
        texts.push(answered("x").await.expect_err("broken").to_string());
    }
    clock.set(now() + seconds(120));
    for channel in ["4", "5"] {
        texts.push(discord.post(channel, &say("x"), None).await.expect_err("no token").to_string());
    }
    server.lines(10);
    let logged = log.text();
    let lines = |text: &str| logged.lines().filter(|line| line.contains(text)).count();
    assert!(
        lines("Create Message") >= 4 && lines("Create Interaction Response") >= 4,
        "every call is traced: {logged}"
    );
    assert_eq!(lines("ERROR"), 1, "the operator is told of the token once: {logged}");
    for text in texts.iter().chain([&logged]) {
        for secret in SECRETS {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }
    assert!(texts[4].contains("10062: bad … and …"), "{}", texts[4]);
}
