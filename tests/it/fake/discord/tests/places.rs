//! Servers, channels, threads and what the bot may do there.

use super::*;

#[tokio::test]
async fn what_the_bot_may_not_is_refused_with_discords_codes() {
    let (fake, _) = world().await;
    fake.channel("#hidden").bot_may_not(VIEW_CHANNEL);
    fake.channel("#mute").bot_may_not(SEND_MESSAGES);
    fake.channel("#plain").bot_may_not(EMBED_LINKS);
    let [hidden, mute, plain] =
        ["#hidden", "#mute", "#plain"].map(|name| format!("/channels/{}/messages", fake.channel(name).id()));
    assert_eq!(code(&fake, "POST", &hidden, text("x")).await, (403, 50_001));
    assert_eq!(code(&fake, "POST", &mute, text("x")).await, (403, 50_013));
    let mut embed = text("");
    embed["embeds"] = json!([{ "title": "Jira" }]);
    assert_eq!(code(&fake, "POST", &plain, embed).await, (403, 50_013));
    assert_eq!(call(&fake, "POST", &plain, text("x")).await.0, 200);
    fake.channel("#mute").bot_may(SEND_MESSAGES);
    assert_eq!(call(&fake, "POST", &mute, text("x")).await.0, 200);
    assert_eq!(code(&fake, "POST", "/channels/119999/messages", text("x")).await, (404, 10_003));
    fake.channel("#plain").deleted();
    assert_eq!(code(&fake, "POST", &plain, text("x")).await, (404, 10_003));
    assert_eq!(fake.violations(), Vec::<String>::new());
    assert_eq!(code(&fake, "POST", &mute, text("  ")).await, (400, 50_006));
    assert_eq!(fake.violations().len(), 1, "the judge wants something to be said: {:?}", fake.violations());
}

#[tokio::test]
async fn servers_show_channels_roles_and_the_bot_itself() {
    let (fake, _) = world().await;
    let other = fake.server("900000000000000002");
    other.channel("#ce");
    let (_, server) = call(&fake, "GET", &format!("/guilds/{SERVER}"), Value::Null).await;
    assert_eq!((&server["name"], server["roles"].as_array().map(Vec::len)), (&json!("Example"), Some(3)));
    let (_, channels) = call(&fake, "GET", &format!("/guilds/{}/channels", other.server), Value::Null).await;
    assert_eq!(channels.as_array().map(Vec::len), Some(1));
    assert_eq!((&channels[0]["name"], &channels[0]["id"]), (&json!("ce"), &json!(other.channel("#ce").id())));
    let (_, own) = call(&fake, "GET", &format!("/guilds/{SERVER}/members/{BOT}"), Value::Null).await;
    assert_eq!((&own["user"]["id"], own["roles"].as_array().map(Vec::len)), (&json!(BOT), Some(1)));
    assert_eq!(code(&fake, "GET", "/guilds/99", Value::Null).await, (404, 10_004));
    other.remove_bot();
    assert_eq!(code(&fake, "GET", &format!("/guilds/{}", other.server), Value::Null).await, (403, 50_001));
    fake.close();
}

#[tokio::test]
async fn channels_are_renamed_and_seen_by_a_role_alone() {
    let (fake, _) = world().await;
    fake.channel("#ce").renamed("#customers");
    let id = fake.channel("#customers").id();
    assert_eq!(call(&fake, "GET", &format!("/channels/{id}"), Value::Null).await.1["name"], "customers");
    let hidden = fake.channel("#oncall").only_for("oncall").id();
    assert_eq!(code(&fake, "GET", &format!("/channels/{hidden}"), Value::Null).await, (403, 50_001));
    let sees = |user: &str| {
        let state = fake.state();
        state.may(&state.user(user), &state.channels[&hidden]) & VIEW_CHANNEL != 0
    };
    assert_eq!((sees("anna"), sees("ben")), (true, false));
    fake.fail(Matching::any().server(SERVER), 1, Fault::Status(500));
    assert_eq!(call(&fake, "GET", &format!("/channels/{id}"), Value::Null).await.0, 200);
    assert_eq!(call(&fake, "GET", &format!("/guilds/{SERVER}"), Value::Null).await.0, 500);
    let asked = fake.requests().pop().expect("a request");
    assert_eq!((asked.method.as_str(), asked.path.as_str(), asked.at), ("GET", "/guilds/900000000000000001", noon()));
    assert_eq!(asked.headers["user-agent"], "DiscordBot (https://example.com, 1)");
    fake.close();
}

#[tokio::test]
async fn direct_messages_reach_one_person_who_takes_them() {
    let (fake, _) = world().await;
    let open = json!({ "recipient_id": fake.id("anna") });
    let (_, channel) = call(&fake, "POST", "/users/@me/channels", open.clone()).await;
    let path = format!("/channels/{}/messages", channel["id"].as_str().expect("an id"));
    assert_eq!(call(&fake, "POST", &path, text("hello")).await.0, 200);
    assert_eq!((fake.whispers("anna")[0].plain(), fake.whispers("ben").len()), ("hello".into(), 0));
    fake.takes_direct("anna", false);
    let (status, again) = call(&fake, "POST", "/users/@me/channels", open).await;
    assert_eq!((status, &again["id"]), (200, &channel["id"]));
    assert_eq!(code(&fake, "POST", &path, text("hello")).await, (403, 50_007));
    let nobody = json!({ "recipient_id": "229999" });
    assert_eq!(code(&fake, "POST", "/users/@me/channels", nobody).await, (404, 10_013));
    fake.close();
}

#[tokio::test]
async fn threads_fall_asleep_and_are_opened_again_by_who_may() {
    let (fake, clock) = world().await;
    let ce = fake.channel("#ce").id();
    let first = post(&fake, "#ce", "first").await;
    let open = json!({ "name": "Jira", "auto_archive_duration": 60 });
    call(&fake, "POST", &format!("/channels/{ce}/messages/{first}/threads"), open).await;
    let (_, below) = call(&fake, "POST", &format!("/channels/{first}/messages"), text("below")).await;
    let edit = format!("/channels/{first}/messages/{}", below["id"].as_str().expect("an id"));
    clock.set(noon() + TimeDelta::minutes(59));
    assert_eq!(call(&fake, "PATCH", &edit, text("changed")).await.0, 200);
    clock.set(noon() + TimeDelta::minutes(60));
    assert_eq!(code(&fake, "PATCH", &edit, text("x")).await, (400, 50_083));
    let awake = json!({ "archived": false });
    assert_eq!(call(&fake, "PATCH", &format!("/channels/{first}"), awake.clone()).await.0, 200);
    assert_eq!(call(&fake, "PATCH", &edit, text("again")).await.0, 200);
    fake.archive(&first, false);
    assert_eq!(call(&fake, "POST", &format!("/channels/{first}/messages"), text("wakes it")).await.0, 200);
    assert!(!fake.thread(&fake.posts("#ce")[0]).expect("a thread").archived);
    fake.archive(&first, true);
    assert_eq!(code(&fake, "POST", &format!("/channels/{first}/messages"), text("x")).await, (400, 50_083));
    assert_eq!(code(&fake, "PATCH", &format!("/channels/{first}"), awake.clone()).await, (403, 50_013));
    fake.channel("#ce").bot_may(super::super::permissions::MANAGE_THREADS);
    assert_eq!(call(&fake, "PATCH", &format!("/channels/{first}"), awake).await.0, 200);
    fake.close();
}
