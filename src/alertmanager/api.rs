//! The client of Alertmanager's API, version 2
//! (<https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml>).
//!
//! Repeats nothing by itself; what a failure allows is in [`Failure`]. Knows nothing of windows; what it carries is made
//! elsewhere.

mod wire;

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use secrecy::{ExposeSecret as _, SecretString};
use serde::de::DeserializeOwned;

pub use crate::outward::{Failure, Result};

use crate::clock::Clock;
use crate::config;
use crate::domain::silence::Matcher;
use crate::outward::{Answer, Ask, Caller, Known};

const NAME: &str = "Alertmanager";
/// Silences have annotations from this version on (<https://github.com/prometheus/alertmanager/pull/4965>).
const ANNOTATIONS_FROM: Version = Version(0, 32);
/// How long its version is believed: somebody may have updated it.
const VERSION_HOLDS: TimeDelta = TimeDelta::hours(1);
/// Longer ids are none (characters; they have 36 now).
const LONGEST_ID: usize = 64;

/// The first two numbers of a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Version(u64, u64);

/// Where a silence is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SilenceState {
    /// It begins later.
    Pending,
    /// It holds.
    Active,
    /// It is over and stays so.
    Expired,
}

/// A silence as Alertmanager has it. Times are UTC and may have fractions of seconds.
#[derive(Clone, Debug, PartialEq)]
pub struct Silence {
    /// Alertmanager's id of it.
    pub id: String,
    /// Where it is.
    pub state: SilenceState,
    /// What it matches, sorted.
    pub matchers: Vec<Matcher>,
    /// From when on.
    pub starts_at: DateTime<Utc>,
    /// Until when.
    pub ends_at: DateTime<Utc>,
    /// When it was changed last.
    pub updated_at: DateTime<Utc>,
    /// Who made it.
    pub created_by: String,
    /// Why.
    pub comment: String,
    /// More about it; empty where the version knows none.
    pub annotations: BTreeMap<String, String>,
}

/// A silence that is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// What it matches, all of it; at least one.
    pub matchers: Vec<Matcher>,
    /// From when on (UTC, whole seconds); what is past begins at once.
    pub starts_at: DateTime<Utc>,
    /// Until when (UTC, whole seconds).
    pub ends_at: DateTime<Utc>,
    /// Who makes it.
    pub created_by: String,
    /// Why.
    pub comment: String,
    /// More about it; only for versions that know annotations.
    pub annotations: BTreeMap<String, String>,
}

/// Speaks to one Alertmanager. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Alertmanager {
    caller: Caller,
    version: Arc<Known<String>>,
}

impl Alertmanager {
    /// For the Alertmanager of these settings.
    ///
    /// # Errors
    /// The address is none, or no HTTP client can be made.
    pub fn new(settings: &config::Alertmanager, clock: Clock) -> anyhow::Result<Self> {
        let (pass, secrets): (Option<String>, Vec<SecretString>) = match &settings.login {
            None => (None, Vec::new()),
            Some(config::AlertmanagerLogin::Bearer(token)) => {
                (Some(format!("Bearer {}", token.expose_secret())), vec![token.clone()])
            }
            Some(config::AlertmanagerLogin::Basic { username, password }) => {
                let both = BASE64_STANDARD.encode(format!("{username}:{}", password.expose_secret()));
                (Some(format!("Basic {both}")), vec![password.clone(), both.into()])
            }
        };
        let headers = pass.map(|pass| ("authorization", pass.into())).into_iter().collect();
        let caller = Caller::new(NAME, &settings.url, headers, secrets, clock)?;
        Ok(Self { caller, version: Arc::new(Known::new(VERSION_HOLDS)) })
    }

    /// Its version, such as `0.25.0`; asked once an hour.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn version(&self) -> Result<String> {
        let asked = async {
            let ask = Ask::get(&["api", "v2", "status"]);
            let answer = self.caller.ask(&ask).await?;
            let status: wire::Status = self.good(&ask, &answer)?;
            Ok(status.version_info.version.chars().take(LONGEST_ID).collect())
        };
        self.version.get(self.caller.clock(), "", asked).await
    }

    /// Whether its silences have annotations; older versions refuse or forget them.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn knows_annotations(&self) -> Result<bool> {
        Ok(read_version(&self.version().await?).is_some_and(|version| version >= ANNOTATIONS_FROM))
    }

    /// The silence with this id; `None`: there is none, or there was one so long ago that it is forgotten.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn silence(&self, id: &str) -> Result<Option<Silence>> {
        let ask = Ask::get(&["api", "v2", "silence", id]);
        let answer = self.caller.ask(&ask).await?;
        if answer.status == 404 {
            return Ok(None);
        }
        let silence: wire::Silence = self.good(&ask, &answer)?;
        Ok(silence.read())
    }

    /// Every silence that there is, also those that are over, as long as it remembers them.
    ///
    /// # Errors
    /// [`Failure`]; they are more than 8 MiB.
    pub async fn silences(&self) -> Result<Vec<Silence>> {
        let ask = Ask::get(&["api", "v2", "silences"]);
        let answer = self.caller.ask(&ask).await?;
        let silences: Vec<wire::Silence> = self.good(&ask, &answer)?;
        Ok(silences.into_iter().filter_map(wire::Silence::read).collect())
    }

    /// Asks whether it understands a matcher: a regular expression may be none.
    ///
    /// # Errors
    /// [`Failure::Refused`]: it does not.
    pub async fn understands(&self, matcher: &Matcher) -> Result<()> {
        let ask = Ask::get(&["api", "v2", "alerts"]).with(vec![("filter", matcher.to_string())]);
        let answer = self.caller.ask(&ask).await?;
        if answer.status == 200 { Ok(()) } else { Err(self.refused(&ask, &answer)) }
    }

    /// Makes a silence, or changes the one with `id`. The answer is the id under which it holds now: Alertmanager keeps it
    /// where it can, and else ends the old one and makes another. `None`: there is none with `id`.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn put(&self, id: Option<&str>, draft: &Draft) -> Result<Option<String>> {
        let ask = Ask::post(&["api", "v2", "silences"], wire::body(id, draft));
        let answer = self.caller.ask(&ask).await?;
        if answer.status == 404 && id.is_some() {
            return Ok(None);
        }
        let made: wire::Made = self.good(&ask, &answer)?;
        if !is_id(&made.silence_id) {
            return Err(self.caller.odd(&ask, "the id of the silence is none"));
        }
        Ok(Some(made.silence_id))
    }

    /// Ends a silence now. One that is over already, or forgotten, is as it should be.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn expire(&self, id: &str) -> Result<()> {
        let ask = Ask::delete(&["api", "v2", "silence", id]);
        let answer = self.caller.ask(&ask).await?;
        if matches!(answer.status, 200 | 404) { Ok(()) } else { Err(self.refused(&ask, &answer)) }
    }

    fn good<T: DeserializeOwned>(&self, ask: &Ask<'_>, answer: &Answer) -> Result<T> {
        if answer.status != 200 {
            return Err(self.refused(ask, answer));
        }
        serde_json::from_slice(&answer.body).map_err(|error| self.caller.odd(ask, &error.to_string()))
    }

    /// Its reason is a text, or a text as JSON.
    fn refused(&self, ask: &Ask<'_>, answer: &Answer) -> Failure {
        let said = serde_json::from_slice::<String>(&answer.body).unwrap_or_else(|_| answer.says());
        self.caller.refused(ask, answer, &said)
    }
}

/// As Alertmanager takes times.
fn stamp(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// Whether it can stand in a path and in the ledger.
fn is_id(text: &str) -> bool {
    !text.is_empty() && text.len() <= LONGEST_ID && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}

fn read_version(text: &str) -> Option<Version> {
    let mut parts = text.trim_start_matches('v').split(['.', '-', '+']);
    Some(Version(parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn annotations_are_known_from_0_32_on() {
        let knows = |text: &str| read_version(text).is_some_and(|version| version >= ANNOTATIONS_FROM);
        assert!(["0.32.0", "v0.32.1", "0.100.0", "1.0.0", "0.33.0-rc.0"].into_iter().all(knows));
        assert!(!["0.25.0", "0.31.9", "", "unknown", "0", "0.x"].into_iter().any(knows));
    }

    #[test]
    fn annotations_are_sent_only_where_there_are_some_and_times_in_utc() {
        let at = DateTime::UNIX_EPOCH;
        let mut draft = Draft {
            matchers: vec![Matcher::equals("service", "crm")],
            starts_at: at,
            ends_at: at + TimeDelta::hours(1),
            created_by: "maintbot".into(),
            comment: "MW-1".into(),
            annotations: BTreeMap::new(),
        };
        let expected = json!({
            "matchers": [{ "name": "service", "value": "crm", "isRegex": false, "isEqual": true }],
            "startsAt": "1970-01-01T00:00:00.000Z",
            "endsAt": "1970-01-01T01:00:00.000Z",
            "createdBy": "maintbot",
            "comment": "MW-1",
        });
        assert_eq!(wire::body(None, &draft), expected);
        draft.annotations.insert("maintenance_id".into(), "MW-1".into());
        let body = wire::body(Some("7"), &draft);
        assert_eq!((&body["id"], &body["annotations"]), (&json!("7"), &json!({ "maintenance_id": "MW-1" })));
    }
}
