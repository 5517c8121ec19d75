//! The client of a status page that is filled by JSON over HTTP, as `[[status_page]]` says: which calls, and templates of
//! what is sent.
//!
//! Every value that a template names is written as JSON, whatever is in it: text from people is a string and nothing else,
//! and what does not come out as JSON is never sent.

mod call;
mod template;

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::Context as _;
use reqwest::Url;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use secrecy::ExposeSecret as _;
use serde_json::Value;

use super::limits::Limits;
use crate::clock::Clock;
use crate::config::{self, PageCall};
use crate::outward::{self, Failure, Result};
use template::Templates;

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(10);
/// Who calls.
const AGENT: &str = concat!("maintbot/", env!("CARGO_PKG_VERSION"));
/// Longer ids are none (characters).
const LONGEST_ID: usize = 200;

/// Speaks to one page. Cheap to clone; all clones share limits.
#[derive(Clone)]
pub struct JsonPage {
    inner: Arc<Inner>,
}

struct Inner {
    config: config::StatusPage,
    http: reqwest::Client,
    base: Url,
    headers: HeaderMap,
    templates: Templates,
    clock: Clock,
    limits: Mutex<Limits>,
}

/// Something that is maintained, as templates know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thing {
    /// Its id in the configuration.
    pub id: String,
    /// Its name for people.
    pub name: String,
}

/// What templates can name: a window as the public sees it, and what is new about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// `MW-42`.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// Its page here, by which an entry is found again.
    pub url: String,
    /// `scheduled`, `in_progress`, `verifying`, `completed` or `cancelled`.
    pub status: &'static str,
    /// Start, RFC 3339 in UTC.
    pub starts_at: String,
    /// End, RFC 3339 in UTC.
    pub ends_at: String,
    /// Start as `2026-12-06 14:00:00`, UTC.
    pub starts_at_plain: String,
    /// End, likewise.
    pub ends_at_plain: String,
    /// Its length in whole minutes.
    pub minutes: i64,
    /// What it touches.
    pub services: Vec<Thing>,
    /// Where; empty means everywhere.
    pub regions: Vec<Thing>,
    /// The announcement, as things are now.
    pub body: String,
    /// What happened since the page was last brought in step; empty where nothing is to be said.
    pub update: String,
    /// Whether those who subscribed there are to be told of it.
    pub notify: bool,
    /// It begins by itself.
    pub auto_start: bool,
    /// It ends by itself.
    pub auto_complete: bool,
}

/// One entry of the page's list.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    /// Its id.
    pub id: String,
    entry: Value,
}

impl Listed {
    /// Whether a text of it holds this address, and not a longer one.
    #[must_use]
    pub fn holds(&self, url: &str) -> bool {
        holds(&self.entry, url)
    }
}

impl fmt::Debug for JsonPage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { config, base, .. } = &*self.inner;
        f.debug_struct("JsonPage").field("name", &config.name).field("url", &base.as_str()).finish_non_exhaustive()
    }
}

impl JsonPage {
    /// For one page of the configuration. Limits are kept on `clock`. Asks nothing yet.
    ///
    /// # Errors
    /// The address or a header cannot be used, a template does not come out as JSON, or the machine has no CA certificates.
    pub fn new(config: &config::StatusPage, clock: Clock) -> anyhow::Result<Self> {
        Self::with_patience(config, clock, PATIENCE)
    }

    /// As [`JsonPage::new`], with another limit on how long an answer is waited for.
    ///
    /// # Errors
    /// As of [`JsonPage::new`].
    pub fn with_patience(config: &config::StatusPage, clock: Clock, patience: Duration) -> anyhow::Result<Self> {
        let name = &config.name;
        let mut headers = HeaderMap::new();
        for header in &config.headers {
            let key = HeaderName::from_bytes(header.name.as_bytes());
            let key = key.with_context(|| format!("`headers` of [[status_page]] {name}: no header"))?;
            let value = HeaderValue::from_str(header.value.expose_secret());
            let mut value =
                value.with_context(|| format!("`headers` of [[status_page]] {name}: {key} has no value"))?;
            value.set_sensitive(true);
            headers.insert(key, value);
        }
        let inner = Inner {
            http: outward::client(AGENT, patience)?,
            base: outward::base(&config.url)
                .with_context(|| format!("`url` of [[status_page]] {name} is no address"))?,
            headers,
            templates: Templates::new(config)?,
            config: config.clone(),
            clock,
            limits: Mutex::default(),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// What channels call it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.inner.config.name
    }

    /// Whether those who subscribed there are told.
    #[must_use]
    pub fn notifies(&self) -> bool {
        self.inner.config.notify
    }

    /// Makes an entry and answers its id.
    ///
    /// # Errors
    /// As [`Failure`] says.
    pub async fn create(&self, entry: &Entry) -> Result<String> {
        let call = &self.inner.config.create;
        let made = self.called(call, None, self.body(template::CREATE, call, entry)?).await?;
        let id = serde_json::from_slice::<Value>(&made.body).ok().and_then(|made| self.id_of(&made));
        id.ok_or_else(|| Failure::Unsure {
            why: format!("{} says no id at {} of its answer", self.title(), self.inner.config.id),
        })
    }

    /// Brings an entry in step.
    ///
    /// # Errors
    /// As [`Failure`] says; [`Failure::Missing`]: somebody deleted it.
    pub async fn update(&self, id: &str, entry: &Entry) -> Result<()> {
        let call = &self.inner.config.update;
        self.called(call, Some(id), self.body(template::UPDATE, call, entry)?).await.map(drop)
    }

    /// Takes away the entry of a window that is called off, or says so there where the page has no call for that.
    ///
    /// # Errors
    /// As of [`JsonPage::update`].
    pub async fn withdraw(&self, id: &str, entry: &Entry) -> Result<()> {
        let Some(call) = &self.inner.config.delete else { return self.update(id, entry).await };
        self.called(call, Some(id), self.body(template::DELETE, call, entry)?).await.map(drop)
    }

    /// The entries of the page; `None`: the configuration does not say where they are listed.
    ///
    /// # Errors
    /// As [`Failure`] says.
    pub async fn list(&self) -> Result<Option<Vec<Listed>>> {
        let Some(path) = &self.inner.config.list else { return Ok(None) };
        let call = PageCall { method: "GET".into(), path: path.clone(), body: None };
        let answer = self.called(&call, None, None).await?;
        let read: Option<Value> = serde_json::from_slice(&answer.body).ok();
        let items = read.as_ref().and_then(|read| read.pointer(&self.inner.config.items)).and_then(Value::as_array);
        let Some(items) = items else {
            let why = format!("{} answers its list without one at `{}`", self.title(), self.inner.config.items);
            return Err(Failure::Refused { why });
        };
        // Where entries stand one level deeper when one was made, the list has them without that level.
        let deep = &self.inner.config.id;
        let flat = deep.rfind('/').map_or(deep.as_str(), |at| &deep[at..]);
        let id = |item: &Value| self.id_of(item).or_else(|| id_at(item, flat));
        let listed = |item: &Value| Some(Listed { id: id(item)?, entry: item.clone() });
        Ok(Some(items.iter().filter_map(listed).collect()))
    }

    fn id_of(&self, value: &Value) -> Option<String> {
        id_at(value, &self.inner.config.id)
    }

    fn body(&self, template: &str, call: &PageCall, entry: &Entry) -> Result<Option<Value>> {
        if call.body.is_none() {
            return Ok(None);
        }
        let filled = self.inner.templates.fill(template, entry);
        filled.map(Some).map_err(|error| Failure::Refused { why: outward::one_line(&format!("{error:#}")) })
    }

    /// How it is called in messages.
    fn title(&self) -> String {
        format!("status page {}", self.inner.config.name)
    }
}

/// A text or number at a place of an answer, where that can be an id.
fn id_at(value: &Value, pointer: &str) -> Option<String> {
    let id = match value.pointer(pointer)? {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    (!id.is_empty() && id.chars().count() <= LONGEST_ID).then_some(id)
}

fn holds(value: &Value, url: &str) -> bool {
    match value {
        Value::String(text) => text.match_indices(url).any(|(at, _)| {
            let next = text[at + url.len()..].chars().next();
            !next.is_some_and(|c| c.is_ascii_alphanumeric())
        }),
        Value::Array(items) => items.iter().any(|item| holds(item, url)),
        Value::Object(fields) => fields.values().any(|field| holds(field, url)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_entry_is_known_by_the_address_of_its_window_and_not_by_a_longer_one() {
        let entry = json!({ "updates": [{ "message": "Work.\nhttps://m.example.com/windows/MW-1 has more" }] });
        assert!(holds(&entry, "https://m.example.com/windows/MW-1"));
        let other = json!({ "message": "https://m.example.com/windows/MW-12" });
        assert!(!holds(&other, "https://m.example.com/windows/MW-1"));
    }

    #[test]
    fn an_id_is_a_short_text_or_a_number() {
        assert_eq!(id_at(&json!({ "data": { "id": 7 } }), "/data/id"), Some("7".into()));
        assert_eq!(id_at(&json!({ "id": "clx" }), "/id"), Some("clx".into()));
        for odd in [json!({ "id": "" }), json!({ "id": null }), json!({}), json!({ "id": "x".repeat(201) })] {
            assert_eq!(id_at(&odd, "/id"), None);
        }
    }
}
