//! What may never be logged in a story, at any level.

use std::time::Duration;

use chrono::TimeDelta;

use super::Hub;
use super::late::while_busy;
use crate::fake::discord::{Again, BOT_TOKEN, Fault, Matching, Scope, Way};
use crate::log::Log;

/// What nobody may read: the bot's token, and how every token of an interaction begins on the double.
const SECRETS: [&str; 2] = [BOT_TOKEN, "double-"];
const WHEN: &str = "2026-12-20 16:00-20:00 UTC";
const MORE: &str = "\n[policy.scheduled]\nannounce = \"at_once\"\nremind = []\nchange_list = \"at_once\"\n";

/// Fails where a text holds the bot's token or one of an interaction.
pub fn is_clean(text: &str) {
    for secret in SECRETS {
        assert!(!text.contains(secret), "`{secret}` in:\n{text}");
    }
}

/// A window from its first word to its last while every call fails in some way, by one way in.
async fn busy(way: Way) {
    let log = Log::start();
    let hub = Hub::start(way, MORE, "2026-12-01 09:00").await;
    let failures = [
        Fault::Status(500),
        Fault::Code(403, 50_013),
        Fault::Code(400, 50_035),
        Fault::Limited(3, Scope::Bucket),
        Fault::Banned,
        Fault::Silence(Duration::from_millis(20)),
        Fault::ResetAfter,
    ];
    for (n, fault) in failures.into_iter().enumerate() {
        for route in ["create_message", "update_message", "update_original_webhook_message", "create_dm"] {
            hub.fake.fail(Matching::route(route), 1, fault.clone());
        }
        // It takes so long that its answer follows.
        let title = format!("Disks {n}");
        let options = [("title", title.as_str()), ("service", "disks"), ("when", WHEN), ("poc", "ben")];
        let reply = while_busy(&hub, hub.fake.command("ben", "#dev", "schedule", &options)).await;
        assert_eq!(reply.status, 200, "{reply}");
        hub.calm().await;
        hub.fake.lift();
        hub.bot.clock.set(hub.bot.clock.now() + TimeDelta::minutes(20));
        hub.calm().await;
    }
    hub.fake.lock_out(true);
    let note = hub.fake.command("ben", "#dev", "do", &[(&hub.text_of_do(), "note MW-1 \"Half way\"")]).await;
    assert_eq!(note.status, 200, "{note}");
    hub.settle().await;
    hub.fake.lock_out(false);
    hub.bot.clock.set(hub.bot.clock.now() + TimeDelta::minutes(20));
    hub.calm().await;
    hub.fake.again(note.nth, Again::Forged).await;
    let post = hub.newest("#ce");
    hub.fake.press("eve", &post, "ack").await;
    hub.settle().await;
    let text = log.text();
    for told in ["Create Message", "Edit Original Interaction Response", "401", "50013"] {
        assert!(text.contains(told), "`{told}` is not logged: this story shows nothing");
    }
    assert!(way != Way::Http || text.contains("without a good signature"), "a forged request is logged");
    is_clean(&text);
    hub.close_after_loss().await;
}

#[tokio::test]
async fn no_token_is_logged_in_a_busy_story_with_failures_over_http() {
    busy(Way::Http).await;
}

#[cfg(feature = "discord-gateway")]
#[tokio::test]
async fn no_token_is_logged_in_a_busy_story_with_failures_over_the_gateway() {
    busy(Way::Gateway).await;
}
