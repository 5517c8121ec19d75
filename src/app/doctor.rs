//! `maintbot doctor`: reaches everything that is configured and says what works and what does not.

use std::collections::BTreeSet;
use std::time::Duration;

use secrecy::ExposeSecret as _;
use serde::Serialize;

use crate::clock::Clock;
use crate::config::Config;
use crate::domain::calendar::rules_version;
use crate::github::api::{GitHub, Holder};
use crate::prometheus::Client;
use crate::store::Db;

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(20);

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was looked at, such as `github`.
    pub name: &'static str,
    /// It works.
    pub ok: bool,
    /// What was found, and what to do where it does not work.
    pub detail: String,
}

impl Finding {
    /// One line: what works is marked `ok`, what does not `FAILED`.
    #[must_use]
    pub fn line(&self) -> String {
        format!("{:<6} {:<10} {}", if self.ok { "ok" } else { "FAILED" }, self.name, self.detail)
    }
}

/// Looks at everything that is configured, one after the other.
pub async fn examine(config: &Config) -> Vec<Finding> {
    let mut found = vec![database(config).await, zones()];
    found.extend(github(config).await);
    found.extend(prometheus(config).await);
    found
}

fn good(name: &'static str, detail: impl Into<String>) -> Finding {
    Finding { name, ok: true, detail: detail.into() }
}

fn bad(name: &'static str, detail: impl Into<String>) -> Finding {
    Finding { name, ok: false, detail: detail.into() }
}

async fn database(config: &Config) -> Finding {
    match Db::open(config.database.url.expose_secret()).await {
        Ok(db) => {
            db.close().await;
            good("database", "it opens, and its tables are those of this version")
        }
        Err(error) => bad("database", error.to_string()),
    }
}

fn zones() -> Finding {
    good("zones", format!("the rules of every time zone as of IANA {}, compiled in", rules_version()))
}

async fn github(config: &Config) -> Vec<Finding> {
    const NAME: &str = "github";
    let Some(settings) = &config.github else { return Vec::new() };
    let client = match GitHub::new(settings, Clock::System) {
        Ok(client) => client,
        Err(error) => return vec![bad(NAME, format!("{error:#}"))],
    };
    let mut found = match client.login().await {
        Ok(login) => vec![good(NAME, format!("{} lets maintbot in as {login}", settings.api_url))],
        Err(failure) => return vec![bad(NAME, failure.to_string())],
    };
    let teams = config.organisation.roles.iter().flat_map(|roles| roles.values()).flatten();
    let teams = teams.filter_map(|holder| holder.strip_prefix("github:")).any(|holder| holder.contains('/'));
    let webhooks = settings.webhook_secret.is_some();
    let mut addresses = BTreeSet::new();
    for repository in config.organisation.repositories_watched() {
        found.push(match client.grants(&repository).await {
            Err(failure) => bad(NAME, format!("{repository}: {failure}")),
            Ok(grants) => {
                if grants.holder == Holder::App {
                    addresses.insert(grants.webhook_url.clone());
                }
                let lacks: Vec<String> =
                    grants.lacks(teams, webhooks).iter().map(|lack| format!("{lack} is missing")).collect();
                if lacks.is_empty() {
                    good(NAME, format!("{repository}: everything that maintbot needs"))
                } else {
                    bad(NAME, format!("{repository}: {}", lacks.join("; ")))
                }
            }
        });
    }
    found.extend(inward(config, webhooks, settings.poll, &addresses));
    found
}

/// How what people do on GitHub comes here.
fn inward(
    config: &Config,
    webhooks: bool,
    poll: Option<Duration>,
    addresses: &BTreeSet<Option<String>>,
) -> Option<Finding> {
    const NAME: &str = "github";
    let ours = format!("{}/github/webhook", config.organisation.public_url);
    match (webhooks, poll) {
        (false, None) => Some(bad(
            NAME,
            "nothing comes in: set webhook_secret and let GitHub call /github/webhook, or set poll = \"30s\"",
        )),
        (false, Some(_)) => None,
        (true, _) => {
            let address = addresses.iter().find(|address| address.as_deref() != Some(&ours))?;
            let where_to = address.as_deref().unwrap_or("nowhere");
            Some(bad(NAME, format!("the App sends its webhooks {where_to}; set its webhook URL to {ours}")))
        }
    }
}

async fn prometheus(config: &Config) -> Vec<Finding> {
    const NAME: &str = "prometheus";
    let Some(settings) = &config.prometheus else { return Vec::new() };
    let client = match Client::new(&settings.url, PATIENCE) {
        Ok(client) => client,
        Err(error) => return vec![bad(NAME, format!("{error:#}"))],
    };
    let mut found = Vec::new();
    for service in config.organisation.services.values() {
        let Some(query) = &service.quiet_query else { continue };
        found.push(match client.week(query, Clock::wall()).await {
            Ok(_) => good(NAME, format!("the use of {} can be measured", service.id)),
            Err(failure) => bad(NAME, format!("{}: {failure}", service.id)),
        });
    }
    if found.is_empty() {
        found.push(bad(NAME, "no service has a quiet_query: there is nothing to ask it"));
    }
    found
}
