//! `maintbot doctor`: reaches everything that is configured and says what works and what does not.

mod discord;
mod mail;
mod silence;
mod slack;
mod statuspage;
mod webhook;

use std::collections::BTreeSet;
use std::time::Duration;

use secrecy::ExposeSecret as _;
use serde::Serialize;

use crate::clock::Clock;
use crate::config::{Config, Github, GithubAuth};
use crate::domain::calendar::rules_version;
use crate::github::api::{Failure, GitHub, Grants, Holder, Uses};
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
    found.extend(slack::slack(config).await);
    found.extend(discord::discord(config).await);
    found.extend(silence::alertmanager(config).await);
    found.extend(silence::pagerduty(config).await);
    found.extend(webhook::webhooks(config).await);
    found.extend(mail::mail(config).await);
    found.extend(statuspage::statuspage(config).await);
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
        Err(failure) => return vec![bad(NAME, not_let_in(settings, failure))],
    };
    let uses = uses(config, settings);
    let mut addresses = BTreeSet::new();
    for repository in config.organisation.repositories_watched() {
        let grants = client.grants(&repository).await;
        if let Ok(Grants { holder: Holder::App, webhook_url, .. }) = &grants {
            addresses.insert(webhook_url.clone());
        }
        found.push(match grants.map(|grants| grants.lacks(uses)).as_deref() {
            Ok([]) => good(NAME, format!("{repository}: everything that maintbot needs")),
            Ok(lacks) => {
                let lacks: Vec<String> = lacks.iter().map(|lack| format!("{lack} is missing")).collect();
                bad(NAME, format!("{repository}: {}", lacks.join("; ")))
            }
            Err(failure) => bad(NAME, format!("{repository}: {}", reason(failure.clone()))),
        });
    }
    found.extend(inward(config, uses.webhooks, settings.poll, &addresses));
    found
}

/// What is to be done on GitHub, as it is configured.
fn uses(config: &Config, settings: &Github) -> Uses {
    let holders = config.organisation.roles.iter().flat_map(|roles| roles.values()).flatten();
    let mut on_github = holders.filter_map(|holder| holder.strip_prefix("github:"));
    Uses {
        teams: on_github.any(|holder| holder.contains('/')),
        webhooks: settings.webhook_secret.is_some(),
        sub_issues: settings.sub_issues,
    }
}

/// Why GitHub does not let maintbot in, with what to look at where it does not take what is shown.
fn not_let_in(settings: &Github, failure: Failure) -> String {
    let refused = matches!(failure, Failure::Refused { status: 401, .. });
    let hint = match &settings.auth {
        _ if !refused => String::new(),
        GithubAuth::App { id, .. } => {
            format!("; give the private key of the App {id} in private_key_file, and set this machine's clock right")
        }
        GithubAuth::Token(_) => "; give a token in token_file that is neither expired nor revoked".into(),
    };
    reason(failure) + &hint
}

/// Why a question was not answered; doctor asks once, so that it does not matter when to ask again.
fn reason(failure: Failure) -> String {
    match failure {
        Failure::Later { why, .. }
        | Failure::Unsure { why }
        | Failure::Missing { why }
        | Failure::Refused { why, .. } => why,
    }
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
            let where_to = address.as_ref().map_or_else(|| "nowhere".into(), |address| format!("to {address}"));
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
