//! The client of PagerDuty's REST API, version 2, as far as maintenance windows go
//! (<https://developer.pagerduty.com/api-reference/>).
//!
//! Repeats nothing by itself; what a failure allows is in [`Failure`]. Knows nothing of windows of our own; what it carries
//! is made elsewhere.

mod wire;

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use secrecy::ExposeSecret as _;
use serde::de::DeserializeOwned;
use serde_json::Value;

pub use crate::outward::{Failure, Result};

use crate::clock::Clock;
use crate::config;
use crate::outward::{Answer, Ask, Caller};

const NAME: &str = "PagerDuty";
/// Version 2 of the API (<https://developer.pagerduty.com/docs/versioning>).
const ACCEPT: &str = "application/vnd.pagerduty+json;version=2";
const WINDOWS: &str = "maintenance_windows";
/// So many are asked for at a time, and at most so many pages are read.
const PAGE: usize = 100;
const PAGES: usize = 20;
/// Longer ids are none (characters).
const LONGEST_ID: usize = 40;
/// What has ended cannot be changed or taken away: the status, and PagerDuty's code where it says one.
const IS_OVER: [(u16, u64); 2] = [(405, 5003), (400, 2001)];

/// A maintenance window as PagerDuty has it (UTC).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Maintenance {
    /// PagerDuty's id of it.
    pub id: String,
    /// From when on.
    pub starts_at: DateTime<Utc>,
    /// Until when.
    pub ends_at: DateTime<Utc>,
    /// What it is about.
    pub description: String,
    /// Ids of the services that it keeps quiet.
    pub services: BTreeSet<String>,
}

/// A maintenance window that is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// From when on (UTC, whole seconds); what is past begins at once.
    pub starts_at: DateTime<Utc>,
    /// Until when (UTC, whole seconds).
    pub ends_at: DateTime<Utc>,
    /// What it is about.
    pub description: String,
    /// Ids of the services that it keeps quiet; at least one.
    pub services: BTreeSet<String>,
}

/// Speaks to one PagerDuty account. Cheap to clone.
#[derive(Clone, Debug)]
pub struct PagerDuty {
    caller: Caller,
}

impl PagerDuty {
    /// For the account of these settings.
    ///
    /// # Errors
    /// The address is none, or no HTTP client can be made.
    pub fn new(settings: &config::Pagerduty, clock: Clock) -> anyhow::Result<Self> {
        let pass = format!("Token token={}", settings.token.expose_secret());
        let headers =
            vec![("authorization", pass.into()), ("accept", ACCEPT.into()), ("from", settings.from.as_str().into())];
        let caller = Caller::new(NAME, &settings.api_url, headers, vec![settings.token.clone()], clock)?;
        Ok(Self { caller })
    }

    /// Asks whether the token is good.
    ///
    /// # Errors
    /// [`Failure::Refused`]: it is not.
    pub async fn signs_in(&self) -> Result<()> {
        let ask = Ask::get(&["abilities"]);
        let answer = self.caller.ask(&ask).await?;
        if answer.status == 200 { Ok(()) } else { Err(self.refused(&ask, &answer)) }
    }

    /// What the service with this id is called; `None`: there is none, or it is not for this token.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn service(&self, id: &str) -> Result<Option<String>> {
        let ask = Ask::get(&["services", id]);
        let answer = self.caller.ask(&ask).await?;
        if answer.status == 404 {
            return Ok(None);
        }
        let found: wire::OfService = self.good(&ask, &answer)?;
        Ok(Some(found.service.name))
    }

    /// The maintenance window with this id; `None`: there is none.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn maintenance(&self, id: &str) -> Result<Option<Maintenance>> {
        let ask = Ask::get(&[WINDOWS, id]);
        let answer = self.caller.ask(&ask).await?;
        if answer.status == 404 {
            return Ok(None);
        }
        let found: wire::OfMaintenance = self.good(&ask, &answer)?;
        Ok(Some(found.maintenance_window.read()))
    }

    /// Maintenance windows that are not over and whose description has these words.
    ///
    /// # Errors
    /// [`Failure`]; they do not come to an end.
    pub async fn open(&self, words: &str) -> Result<Vec<Maintenance>> {
        let mut found = Vec::new();
        for page in 0..PAGES {
            let query = vec![
                ("filter", "open".to_owned()),
                ("query", words.to_owned()),
                ("limit", PAGE.to_string()),
                ("offset", (page * PAGE).to_string()),
            ];
            let ask = Ask::get(&[WINDOWS]).with(query);
            let answer = self.caller.ask(&ask).await?;
            let list: wire::List = self.good(&ask, &answer)?;
            found.extend(list.maintenance_windows.into_iter().map(wire::Maintenance::read));
            if !list.more {
                return Ok(found);
            }
        }
        Err(self.caller.odd(&Ask::get(&[WINDOWS]), "the list does not come to an end"))
    }

    /// Makes a maintenance window; its id.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn make(&self, draft: &Draft) -> Result<String> {
        let ask = Ask::post(&[WINDOWS], wire::body(draft));
        let answer = self.caller.ask(&ask).await?;
        let made: wire::OfMaintenance = self.good(&ask, &answer)?;
        let id = made.maintenance_window.read().id;
        if is_id(&id) { Ok(id) } else { Err(self.caller.odd(&ask, "the id of the maintenance window is none")) }
    }

    /// Changes a maintenance window; `false`: it is over by now, or gone, and cannot be.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn change(&self, id: &str, draft: &Draft) -> Result<bool> {
        let ask = Ask::put(&[WINDOWS, id], wire::body(draft));
        self.done(&ask).await
    }

    /// Ends a maintenance window now, or takes one away that has not begun; `false`: it was over already, or gone.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn end(&self, id: &str) -> Result<bool> {
        let ask = Ask::delete(&[WINDOWS, id]);
        self.done(&ask).await
    }

    async fn done(&self, ask: &Ask<'_>) -> Result<bool> {
        let answer = self.caller.ask(ask).await?;
        let code = wire::Said::read(&answer.body).map_or(0, |said| said.code);
        match answer.status {
            200..=299 => Ok(true),
            404 => Ok(false),
            // Where no code is given, the status says it.
            status if IS_OVER.contains(&(status, code)) || (status, code) == (405, 0) => Ok(false),
            _ => Err(self.refused(ask, &answer)),
        }
    }

    fn good<T: DeserializeOwned>(&self, ask: &Ask<'_>, answer: &Answer) -> Result<T> {
        if !(200..300).contains(&answer.status) {
            return Err(self.refused(ask, answer));
        }
        serde_json::from_slice(&answer.body).map_err(|error| self.caller.odd(ask, &error.to_string()))
    }

    fn refused(&self, ask: &Ask<'_>, answer: &Answer) -> Failure {
        let said = match wire::Said::read(&answer.body) {
            Some(said) => said.words(),
            // What is no object of PagerDuty's comes from something before it.
            None if serde_json::from_slice::<Value>(&answer.body).is_ok() => String::new(),
            None => answer.says(),
        };
        self.caller.refused(ask, answer, &said)
    }
}

/// Whether it can stand in a path and in the ledger.
fn is_id(text: &str) -> bool {
    !text.is_empty() && text.len() <= LONGEST_ID && text.chars().all(|c| c.is_ascii_alphanumeric())
}
