//! Limits: what Discord tells of its buckets, pauses that it asks for, and what is left alone after a refusal.

use super::server::Reply;
use super::*;

/// An answer with what Discord tells of the bucket.
fn with_room(status: u16, remaining: u32, reset_after: &str) -> Reply {
    let headers = vec![
        ("x-ratelimit-bucket", "abcd1234".to_owned()),
        ("x-ratelimit-limit", "5".to_owned()),
        ("x-ratelimit-remaining", remaining.to_string()),
        ("x-ratelimit-reset-after", reset_after.to_owned()),
    ];
    Reply::With(status, headers, json!({ "id": "1500" }))
}

/// A refusal because of a limit.
fn limited(headers: &[(&'static str, &str)], seconds: f64, global: bool) -> Reply {
    let headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    let body = json!({ "message": "You are being rate limited.", "retry_after": seconds, "global": global });
    Reply::With(429, headers, body)
}

async fn post(discord: &Discord, channel: &str) -> Result<String> {
    discord.post(channel, &say("x"), None).await
}

#[tokio::test]
async fn an_empty_bucket_is_waited_for_and_other_channels_are_not() {
    let (server, discord, clock) = scene(vec![with_room(200, 0, "1.5"), posted(), posted()]);
    post(&discord, "1").await.expect("posted");
    let held = post(&discord, "1").await.expect_err("empty");
    assert_eq!(later(&held), Some(3), "rounded up, and a second for a clock of whole seconds: {held}");
    post(&discord, "2").await.expect("another channel");
    clock.set(now() + seconds(2));
    assert!(post(&discord, "1").await.is_err());
    clock.set(now() + seconds(3));
    post(&discord, "1").await.expect("filled again");
    let lines = server.lines(3).concat();
    assert_eq!(lines.matches("channels/1/").count(), 2, "nothing was sent meanwhile: {lines}");
}

#[tokio::test]
async fn routes_with_one_bucket_share_its_room_within_a_channel() {
    let (_server, discord, _) = scene(vec![with_room(200, 3, "5"), with_room(200, 0, "5")]);
    post(&discord, "1").await.expect("posted");
    discord.edit("1", "1500", &say("x")).await.expect("changed");
    assert_eq!(later(&post(&discord, "1").await.expect_err("the other route emptied it")), Some(6));
}

#[tokio::test]
async fn before_a_bucket_is_known_few_calls_go_out() {
    let (server, discord, clock) = scene((0..6).map(|_| posted()).collect());
    for _ in 0..5 {
        post(&discord, "1").await.expect("posted");
    }
    assert_eq!(later(&post(&discord, "1").await.expect_err("the sixth")), Some(2));
    clock.set(now() + seconds(2));
    post(&discord, "1").await.expect("later");
    assert_eq!(server.lines(6).len(), 6);
    assert!(server.is_idle());
}

#[tokio::test]
async fn no_more_than_45_calls_go_out_in_a_second_and_answers_to_people_are_outside() {
    let replies = (0..45).map(|_| posted()).chain([Reply::Text(204, String::new()), posted()]);
    let (server, discord, clock) = scene(replies.collect());
    for n in 0..45 {
        post(&discord, &format!("{}", n + 1)).await.expect("posted");
    }
    assert_eq!(later(&post(&discord, "99").await.expect_err("the 46th")), Some(2));
    discord.callback("55", SECRET, &json!({ "type": 5 })).await.expect("not counted");
    clock.set(now() + seconds(2));
    post(&discord, "99").await.expect("later");
    server.lines(47);
}

#[tokio::test]
async fn a_limit_of_a_route_holds_it_in_that_channel_and_nothing_else() {
    let (_server, discord, clock) = scene(vec![
        limited(&[("retry-after", "64"), ("x-ratelimit-scope", "user")], 64.57, false),
        posted(),
        posted(),
        posted(),
    ]);
    assert_eq!(later(&post(&discord, "1").await.expect_err("limited")), Some(66));
    post(&discord, "2").await.expect("another channel");
    discord.edit("1", "2", &say("x")).await.expect("another route");
    clock.set(now() + seconds(65));
    assert_eq!(later(&post(&discord, "1").await.expect_err("held")), Some(66));
    clock.set(now() + seconds(66));
    post(&discord, "1").await.expect("posted");
}

#[tokio::test]
async fn a_global_limit_holds_everything_but_answers_to_people() {
    let global = [("retry-after", "10"), ("x-ratelimit-global", "true"), ("x-ratelimit-scope", "global")];
    for reply in [limited(&global, 10.0, true), limited(&[("retry-after", "10")], 10.0, true)] {
        let (_server, discord, clock) = scene(vec![reply, posted(), posted()]);
        assert_eq!(later(&post(&discord, "1").await.expect_err("limited")), Some(11));
        assert_eq!(later(&post(&discord, "2").await.expect_err("held")), Some(11));
        assert_eq!(later(&discord.me().await.expect_err("held")), Some(11));
        discord.edit_answer(SECRET, &say("x")).await.expect("answered");
        clock.set(now() + seconds(11));
        post(&discord, "2").await.expect("posted");
    }
}

#[tokio::test]
async fn the_header_says_how_long_where_the_body_does_not_and_pauses_without_a_length_grow() {
    let headers_alone = Reply::With(429, vec![("retry-after", "7".into())], json!({ "message": "slow" }));
    let silent = || Reply::Json(429, json!({ "message": "slow" }));
    let (_server, discord, clock) = scene(vec![headers_alone, silent(), silent()]);
    assert_eq!(later(&post(&discord, "1").await.expect_err("limited")), Some(8));
    assert_eq!(later(&post(&discord, "2").await.expect_err("limited")), Some(6));
    clock.set(now() + seconds(6));
    assert_eq!(later(&post(&discord, "2").await.expect_err("limited")), Some(6 + 11));
}

#[tokio::test]
async fn a_limit_at_the_door_stops_everything() {
    let page = Reply::With(429, vec![("retry-after", "30".into())], json!("error code: 1015"));
    let (_server, discord, _) = scene(vec![page]);
    assert_eq!(later(&post(&discord, "1").await.expect_err("limited")), Some(31));
    assert_eq!(later(&discord.edit_answer(SECRET, &say("x")).await.expect_err("stopped")), Some(31));
}

#[tokio::test]
async fn after_401_nothing_with_the_bots_token_is_sent_for_ten_minutes() {
    let wrong = || Reply::Json(401, json!({ "message": "401: Unauthorized", "code": 0 }));
    let (server, discord, clock) = scene(vec![wrong(), posted(), wrong(), posted()]);
    let failure = post(&discord, "1").await.expect_err("refused");
    assert_eq!(kind(&failure), "refused");
    assert!(failure.to_string().contains("write the bot's token into [discord]"), "{failure}");
    assert_eq!(later(&post(&discord, "2").await.expect_err("stopped")), Some(600));
    assert_eq!(later(&discord.me().await.expect_err("stopped")), Some(600));
    discord.follow_up(SECRET, &say("x")).await.expect("does not need it");
    clock.set(now() + seconds(600));
    assert_eq!(kind(&post(&discord, "1").await.expect_err("still")), "refused");
    clock.set(now() + seconds(1200));
    post(&discord, "1").await.expect("a good token");
    server.lines(4);
    assert!(server.is_idle());
}

#[tokio::test]
async fn after_403_the_same_is_not_tried_there_for_ten_minutes_whatever_goes_well_meanwhile() {
    let (server, discord, clock) = scene(vec![Reply::error(403, 50_013), posted(), posted(), posted()]);
    let first = post(&discord, "1").await.expect_err("forbidden");
    assert_eq!(kind(&first), "missing");
    post(&discord, "2").await.expect("another channel");
    discord.edit("1", "5", &say("x")).await.expect("another route");
    clock.set(now() + seconds(599));
    assert_eq!(post(&discord, "1").await.expect_err("from memory"), first);
    clock.set(now() + seconds(600));
    post(&discord, "1").await.expect("allowed by now");
    server.lines(4);
    assert!(server.is_idle());
}

#[test]
fn a_thousand_answers_that_discord_counts_stop_everything_for_the_rest_of_ten_minutes() {
    use super::super::limits::{Held, Limits, Scope, Slot};
    use super::super::route::Route;

    let slot = |n: i64| Slot { route: Route::Post, target: n.to_string() };
    let answer = Slot { route: Route::Callback, target: SECRET.into() };
    let mut limits = Limits::default();
    for n in 0..999 {
        let at = now() + seconds(n / 10);
        match n % 3 {
            0 => limits.forbidden(at, &slot(n), Failure::Refused { why: "x".into() }),
            1 => limits.was_invalid(at),
            _ => {
                limits.limited(at, &slot(n), Scope::Own, Some(seconds(1)));
            }
        }
    }
    let late = now() + seconds(300);
    limits.limited(late, &slot(1), Scope::Shared, Some(seconds(1)));
    assert!(limits.admit(late, &slot(5000)).is_ok(), "what others did does not count");
    limits.was_invalid(late);
    let until = |held| match held {
        Err(Held::Until(at, _)) => Some((at - now()).num_seconds()),
        _ => None,
    };
    assert_eq!(until(limits.admit(late, &slot(5000))), Some(600));
    assert_eq!(until(limits.admit(late, &answer)), Some(600));
    assert!(limits.admit(now() + seconds(600), &slot(5000)).is_ok());
}
