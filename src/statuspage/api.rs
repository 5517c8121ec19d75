//! The client of Atlassian Statuspage: what maintbot asks one page, within its limits
//! (<https://developer.statuspage.io>, API v1).
//!
//! A maintenance is an incident with a schedule. Repeats nothing by itself; what a failure allows is in [`Failure`]. Knows
//! nothing of windows; what it carries is made elsewhere. Where a limit has no room nothing is sent.

mod call;
mod wire;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use reqwest::Url;
use reqwest::header::HeaderValue;
use secrecy::ExposeSecret as _;
use serde_json::{Map, Value, json};

pub use crate::outward::{Failure, Result};

use super::limits::Limits;
use crate::clock::Clock;
use crate::config;
use crate::outward;
use call::Call;

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(10);
/// Who calls.
const AGENT: &str = concat!("maintbot/", env!("CARGO_PKG_VERSION"));
/// Entries of one page of a list, which is the most that Statuspage gives, and so many pages at most.
const PER_PAGE: usize = 100;
const MOST_PAGES: usize = 20;
/// What our part of an entry's metadata is called. Top-level values of it are objects.
pub const MARK: &str = "maintbot";

/// Speaks to one page. Cheap to clone; all clones share limits.
#[derive(Clone)]
pub struct Statuspage {
    inner: Arc<Inner>,
}

struct Inner {
    http: reqwest::Client,
    base: Url,
    page: String,
    pass: HeaderValue,
    notify: bool,
    components: BTreeMap<String, String>,
    clock: Clock,
    limits: Mutex<Limits>,
}

/// Where an entry is in its life, in the words of Statuspage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Ahead.
    Scheduled,
    /// Work goes on.
    InProgress,
    /// Done, and looked at.
    Verifying,
    /// Over.
    Completed,
}

impl Status {
    /// The word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::InProgress => "in_progress",
            Self::Verifying => "verifying",
            Self::Completed => "completed",
        }
    }

    /// What a word means; anything but the words of a maintenance is over.
    fn read(word: &str) -> Self {
        let known = [Self::Scheduled, Self::InProgress, Self::Verifying];
        known.into_iter().find(|status| status.as_str() == word).unwrap_or(Self::Completed)
    }
}

/// A component that an entry touches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Component {
    /// Its id.
    pub id: String,
    /// `operational`, `under_maintenance` and so on.
    pub status: String,
}

/// A component of the page, as an operator knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// A maintenance on the page.
#[derive(Clone, Debug, PartialEq)]
pub struct Incident {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// Where it is.
    pub status: Status,
    /// When it begins and ends (UTC).
    pub scheduled_for: Option<DateTime<Utc>>,
    /// The end (UTC).
    pub scheduled_until: Option<DateTime<Utc>>,
    /// What it touches.
    pub components: Vec<Component>,
    /// What else it holds that is true or false, by name.
    pub flags: BTreeMap<String, bool>,
    /// What programs keep with it.
    pub metadata: Map<String, Value>,
}

impl Incident {
    /// The page of the window that it is about, where it is ours.
    #[must_use]
    pub fn window_url(&self) -> Option<&str> {
        self.metadata.get(MARK)?.get("page")?.as_str()
    }

    /// The last event of that window that is told there.
    #[must_use]
    pub fn said_up_to(&self) -> Option<i64> {
        self.metadata.get(MARK)?.get("event")?.as_str()?.parse().ok()
    }

    /// It is over on the page.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.status == Status::Completed
    }

    /// Its metadata with our part as it is to be; that of others stays.
    #[must_use]
    pub fn marked(&self, page: &str, event: i64) -> Value {
        let mut metadata = self.metadata.clone();
        metadata.extend(mark(page, event));
        Value::Object(metadata)
    }
}

/// Our part of the metadata: the page of the window, and the last event that is told.
#[must_use]
pub fn mark(page: &str, event: i64) -> Map<String, Value> {
    let ours = json!({ "page": page, "event": event.to_string() });
    std::iter::once((MARK.to_owned(), ours)).collect()
}

impl fmt::Debug for Statuspage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { base, page, .. } = &*self.inner;
        f.debug_struct("Statuspage").field("api_url", &base.as_str()).field("page", page).finish_non_exhaustive()
    }
}

impl Statuspage {
    /// For the page that is configured. Limits are kept on `clock`. Asks nothing yet.
    ///
    /// # Errors
    /// The address or the key cannot be used, or the machine has no CA certificates.
    pub fn new(config: &config::Statuspage, clock: Clock) -> anyhow::Result<Self> {
        Self::with_patience(config, clock, PATIENCE)
    }

    /// As [`Statuspage::new`], with another limit on how long an answer is waited for.
    ///
    /// # Errors
    /// As of [`Statuspage::new`].
    pub fn with_patience(config: &config::Statuspage, clock: Clock, patience: Duration) -> anyhow::Result<Self> {
        let mut pass = HeaderValue::from_str(&format!("OAuth {}", config.api_key.expose_secret()))
            .context("`api_key` in [statuspage] is not a key")?;
        pass.set_sensitive(true);
        let inner = Inner {
            http: outward::client(AGENT, patience)?,
            base: outward::base(&config.api_url).context("`api_url` in [statuspage] is not an address")?,
            page: config.page_id.clone(),
            pass,
            notify: config.notify,
            components: config.components.clone(),
            clock,
            limits: Mutex::default(),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Whether those who subscribed there are told.
    #[must_use]
    pub fn notifies(&self) -> bool {
        self.inner.notify
    }

    /// The components that these services are, each once, in order.
    #[must_use]
    pub fn components_of(&self, services: &[String]) -> Vec<String> {
        let mut found: Vec<String> = services.iter().filter_map(|id| self.inner.components.get(id).cloned()).collect();
        found.sort();
        found.dedup();
        found
    }

    /// Every component that a service is, by the service's id.
    #[must_use]
    pub fn components(&self) -> &BTreeMap<String, String> {
        &self.inner.components
    }

    /// The name of the page.
    ///
    /// # Errors
    /// The key is not taken, or the page is not there.
    pub async fn name(&self) -> Result<String> {
        let page: wire::Page = self.ask(&Call::get("")).await?;
        Ok(page.name)
    }

    /// The components of the page.
    ///
    /// # Errors
    /// As [`Failure`] says.
    pub async fn list_components(&self) -> Result<Vec<Named>> {
        let mut found = Vec::new();
        for page in 1..=MOST_PAGES {
            let listed: Vec<wire::Component> = self.ask(&Call::get("/components").page(page, PER_PAGE)).await?;
            let more = listed.len() == PER_PAGE;
            found.extend(listed.into_iter().map(|component| Named { id: component.id, name: component.name }));
            if !more {
                break;
            }
        }
        Ok(found)
    }

    /// Makes an entry.
    ///
    /// # Errors
    /// As [`Failure`] says.
    pub async fn create(&self, incident: &Value) -> Result<Incident> {
        let made: wire::Incident = self.ask(&Call::post("/incidents", json!({ "incident": incident }))).await?;
        Ok(made.into())
    }

    /// Changes an entry, and says something there where it has a `body`.
    ///
    /// # Errors
    /// As [`Failure`] says.
    pub async fn update(&self, id: &str, changes: &Value) -> Result<Incident> {
        let path = format!("/incidents/{}", call::segment(id));
        let entry: wire::Incident = self.ask(&Call::patch(path, json!({ "incident": changes }))).await?;
        Ok(entry.into())
    }

    /// One entry.
    ///
    /// # Errors
    /// As [`Failure`] says; [`Failure::Missing`]: somebody deleted it.
    pub async fn incident(&self, id: &str) -> Result<Incident> {
        let found: wire::Incident = self.ask(&Call::get(format!("/incidents/{}", call::segment(id)))).await?;
        Ok(found.into())
    }

    /// Every maintenance that is not over, the newest first: those ahead and those under way are two lists there.
    ///
    /// # Errors
    /// As [`Failure`] says.
    pub async fn open(&self) -> Result<Vec<Incident>> {
        let mut found: Vec<Incident> = Vec::new();
        for list in ["/incidents/scheduled", "/incidents/active_maintenance"] {
            for page in 1..=MOST_PAGES {
                let listed: Vec<wire::Incident> = self.ask(&Call::get(list).page(page, PER_PAGE)).await?;
                let more = listed.len() == PER_PAGE;
                for incident in listed.into_iter().map(Incident::from).filter(|incident| !incident.is_over()) {
                    if found.iter().all(|known| known.id != incident.id) {
                        found.push(incident);
                    }
                }
                if !more {
                    break;
                }
            }
        }
        Ok(found)
    }
}
