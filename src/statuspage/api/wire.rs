//! What Statuspage answers, as far as it is read. Whatever is not needed is passed over.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Component as Touched, Incident as Entry, Status};

#[derive(Deserialize)]
pub(super) struct Page {
    #[serde(default)]
    pub(super) name: String,
}

#[derive(Deserialize)]
pub(super) struct Component {
    pub(super) id: String,
    #[serde(default)]
    pub(super) name: String,
    #[serde(default)]
    status: String,
}

#[derive(Deserialize)]
pub(super) struct Incident {
    id: String,
    name: String,
    status: String,
    #[serde(default)]
    scheduled_for: Option<DateTime<Utc>>,
    #[serde(default)]
    scheduled_until: Option<DateTime<Utc>>,
    #[serde(default)]
    components: Option<Vec<Component>>,
    #[serde(default)]
    metadata: Option<Map<String, Value>>,
    #[serde(flatten)]
    others: BTreeMap<String, Value>,
}

impl From<Incident> for Entry {
    fn from(read: Incident) -> Self {
        let touched = |component: Component| Touched { id: component.id, status: component.status };
        Self {
            id: read.id,
            name: read.name,
            status: Status::read(&read.status),
            scheduled_for: read.scheduled_for,
            scheduled_until: read.scheduled_until,
            components: read.components.unwrap_or_default().into_iter().map(touched).collect(),
            flags: read.others.into_iter().filter_map(|(name, value)| Some((name, value.as_bool()?))).collect(),
            metadata: read.metadata.unwrap_or_default(),
        }
    }
}

/// What it says against a request: one text or several.
#[derive(Deserialize)]
pub(super) struct Refusal {
    #[serde(default, alias = "errors", alias = "message")]
    error: Value,
}

impl Refusal {
    /// In words; empty where it says nothing.
    pub(super) fn words(&self) -> String {
        match &self.error {
            Value::String(text) => text.clone(),
            Value::Array(texts) => texts.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("; "),
            Value::Null => String::new(),
            other => other.to_string(),
        }
    }
}
