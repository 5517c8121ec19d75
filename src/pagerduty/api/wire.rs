//! What PagerDuty says and is told, as far as it matters here.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Draft;

#[derive(Deserialize)]
pub(super) struct OfService {
    pub(super) service: Service,
}

#[derive(Deserialize)]
pub(super) struct Service {
    pub(super) name: String,
}

#[derive(Deserialize)]
pub(super) struct OfMaintenance {
    pub(super) maintenance_window: Maintenance,
}

#[derive(Deserialize)]
pub(super) struct List {
    pub(super) maintenance_windows: Vec<Maintenance>,
    #[serde(default)]
    pub(super) more: bool,
}

/// Times may carry the offset of the account's zone.
#[derive(Deserialize)]
pub(super) struct Maintenance {
    id: String,
    start_time: DateTime<Utc>,
    end_time: DateTime<Utc>,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    services: Vec<Reference>,
}

#[derive(Deserialize)]
struct Reference {
    id: String,
}

impl Maintenance {
    pub(super) fn read(self) -> super::Maintenance {
        super::Maintenance {
            id: self.id,
            starts_at: self.start_time,
            ends_at: self.end_time,
            description: self.description.unwrap_or_default(),
            services: self.services.into_iter().map(|service| service.id).collect(),
        }
    }
}

#[derive(Deserialize)]
struct OfError {
    error: Said,
}

/// What PagerDuty says against a call (<https://developer.pagerduty.com/docs/errors>).
#[derive(Deserialize)]
pub(super) struct Said {
    #[serde(default)]
    pub(super) code: u64,
    #[serde(default)]
    message: String,
    #[serde(default)]
    errors: Vec<Value>,
}

impl Said {
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        serde_json::from_slice::<OfError>(body).ok().map(|said| said.error)
    }

    pub(super) fn words(&self) -> String {
        let details = self.errors.iter().filter_map(Value::as_str);
        let texts: Vec<&str> =
            std::iter::once(self.message.as_str()).chain(details).filter(|t| !t.is_empty()).collect();
        format!("{} {}", self.code, texts.join("; "))
    }
}

/// A maintenance window as PagerDuty takes it.
pub(super) fn body(draft: &Draft) -> Value {
    let service = |id: &String| json!({ "id": id, "type": "service_reference" });
    json!({ "maintenance_window": {
        "type": "maintenance_window",
        "start_time": stamp(draft.starts_at),
        "end_time": stamp(draft.ends_at),
        "description": draft.description,
        "services": draft.services.iter().map(service).collect::<Vec<_>>(),
    } })
}

fn stamp(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
