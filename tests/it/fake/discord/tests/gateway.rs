//! The gateway, with serenity as the bot.

use std::sync::Arc;

use serenity::all::{ClientBuilder, Context, EventHandler, GatewayIntents, Http, HttpBuilder, Interaction, Ready};
use serenity::async_trait;
use tokio::task::JoinHandle;

use super::super::Way;
use super::commands::register;
use super::*;

/// Answers every command with the name of its sub-command.
struct Handler {
    fake: FakeDiscord,
}

#[async_trait]
impl EventHandler for Handler {
    async fn ready(&self, _: Context, ready: Ready) {
        assert_eq!(ready.user.id.to_string(), BOT);
    }

    async fn interaction_create(&self, _: Context, interaction: Interaction) {
        let Interaction::Command(command) = interaction else { return };
        let name = command.data.options.first().map(|one| one.name.clone()).unwrap_or_default();
        let mut data = text(&name);
        data["flags"] = json!(64);
        let path = format!("/interactions/{}/{}/callback", command.id, command.token);
        call(&self.fake, "POST", &path, json!({ "type": 4, "data": data })).await;
    }
}

/// A bot with a connection to the double; what it ends with where it ends.
fn listening(fake: &FakeDiscord, token: &str) -> JoinHandle<serenity::Result<()>> {
    crate::process::client();
    let http: Http = HttpBuilder::new(token).proxy(&fake.url).ratelimiter_disabled(true).build();
    let handler = Handler { fake: fake.clone() };
    tokio::spawn(async move {
        let client = ClientBuilder::new_with_http(http, GatewayIntents::empty()).event_handler_arc(Arc::new(handler));
        client.await?.start().await
    })
}

async fn connected() -> (FakeDiscord, JoinHandle<serenity::Result<()>>) {
    let (fake, _) = world().await;
    register(&fake).await;
    fake.speak(Way::Gateway);
    let bot = listening(&fake, BOT_TOKEN);
    fake.connected(1).await;
    (fake, bot)
}

async fn schedule(fake: &FakeDiscord) -> String {
    fake.command("anna", "#ce", "schedule", &[("title", "Jira")]).await.plain()
}

/// Waits until something is so.
async fn until(what: &str, is: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is() {
        assert!(begun.elapsed() < Duration::from_secs(10), "{what} does not come about");
        Clock::pause(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn interactions_come_over_the_connection_and_are_answered_by_a_call() {
    let (fake, bot) = connected().await;
    assert_eq!(schedule(&fake).await, "schedule");
    assert_eq!((fake.calls("create_interaction_response").len(), fake.sessions()), (1, (1, 0)));
    fake.heartbeats_every(100);
    fake.ask_for_heartbeat();
    until("a heartbeat", || fake.connections()[0].heartbeats > 0).await;
    bot.abort();
    fake.close();
}

#[tokio::test]
async fn what_was_missed_while_the_connection_was_gone_is_replayed() {
    let (fake, bot) = connected().await;
    for (resumed, drop) in [(1, FakeDiscord::cut_gateway as fn(&FakeDiscord)), (2, FakeDiscord::ask_to_reconnect)] {
        drop(&fake);
        // Dispatched while nobody listens, or just before.
        assert_eq!(schedule(&fake).await, "schedule", "by {resumed}");
        fake.resumed(resumed).await;
    }
    assert_eq!((fake.sessions(), fake.whispers("anna").len()), ((1, 2), 2));
    bot.abort();
    fake.close();
}

#[tokio::test]
async fn a_connection_that_is_closed_is_resumed_and_one_without_a_sign_of_life_is_left() {
    let (fake, _) = world().await;
    register(&fake).await;
    fake.speak(Way::Gateway);
    fake.heartbeats_every(400);
    let bot = listening(&fake, BOT_TOKEN);
    fake.connected(1).await;
    fake.close_gateway(4000);
    fake.resumed(1).await;
    fake.acknowledges(false);
    until("the end of the connection", || fake.connections().iter().all(|line| !line.open)).await;
    fake.acknowledges(true);
    fake.connected(1).await;
    assert_eq!(schedule(&fake).await, "schedule");
    bot.abort();
    fake.close();
}

#[tokio::test]
async fn a_session_that_is_forgotten_is_begun_anew() {
    let (fake, bot) = connected().await;
    fake.invalidate(false);
    until("another session", || fake.sessions().0 == 2).await;
    fake.connected(1).await;
    assert_eq!(schedule(&fake).await, "schedule");
    bot.abort();
    fake.close();
}

#[tokio::test]
async fn a_strange_token_is_turned_away_with_4004() {
    let (fake, _) = world().await;
    let ended = tokio::time::timeout(Duration::from_secs(10), listening(&fake, "strange")).await;
    assert!(ended.expect("it ends").expect("no panic").is_err());
    assert_eq!(fake.sessions(), (0, 0));
    fake.close();
}
