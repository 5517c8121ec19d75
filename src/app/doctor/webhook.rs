//! Webhooks of others: whether each can be reached, and whether one said that it is gone. Nothing is posted.

use secrecy::ExposeSecret as _;

use super::{Finding, bad, good};
use crate::clock::Clock;
use crate::config::Config;
use crate::store::Db;
use crate::webhook::api::{Failure, Reached, Webhook};

const NAME: &str = "webhook";

pub(super) async fn webhooks(config: &Config) -> Vec<Finding> {
    if config.webhooks.is_empty() {
        return Vec::new();
    }
    // Where it does not open, that is said already.
    let db = Db::open(config.database.url.expose_secret()).await.ok();
    let mut found = Vec::new();
    for settings in &config.webhooks {
        let webhook = match Webhook::new(settings, Clock::System) {
            Ok(webhook) => webhook,
            Err(error) => {
                found.push(bad(NAME, format!("{error:#}")));
                continue;
            }
        };
        found.push(reached(config, &webhook).await);
        let verify = |key: String| good(NAME, format!("{}: receivers verify with {key}", webhook.name()));
        found.extend(webhook.public_keys().into_iter().map(verify));
        if let Some(db) = &db {
            found.extend(disabled(db, &webhook).await);
        }
    }
    if let Some(db) = db {
        db.close().await;
    }
    found
}

async fn reached(config: &Config, webhook: &Webhook) -> Finding {
    let (name, host) = (webhook.name(), webhook.host());
    let public = config.organisation.public_url.as_str();
    let origin = public.split_once("://").map_or(public, |(_, rest)| rest);
    let origin = origin.split(['/', ':']).next().unwrap_or_default();
    match webhook.reach(origin).await {
        Ok(Reached { status, allows: false }) if webhook.takes_cloud_events() => {
            good(NAME, format!("{name}: {host} answers ({status}), without saying that it takes events from {origin}"))
        }
        Ok(Reached { status, .. }) => good(NAME, format!("{name}: {host} answers ({status}); nothing was posted")),
        Err(Failure::Barred { why } | Failure::Later { why, .. }) => bad(NAME, format!("{name}: {why}")),
        Err(Failure::Gone) => bad(NAME, format!("{name}: {host} is gone")),
    }
}

/// What is to be done about one that said it was gone.
async fn disabled(db: &Db, webhook: &Webhook) -> Option<Finding> {
    let (name, address) = (webhook.name(), webhook.address());
    match db.read(async |tx| tx.webhook_disabled(name, &address).await).await {
        Ok(None) => None,
        Ok(Some(since)) => {
            let since = since.format("%Y-%m-%d %H:%M UTC");
            let what = format!("{name}: it answered 410 Gone on {since} and gets nothing since");
            Some(bad(NAME, format!("{what}; change its url, or: maintbot webhook enable {name}")))
        }
        Err(error) => Some(bad(NAME, format!("{name}: {error}"))),
    }
}
