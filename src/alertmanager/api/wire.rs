//! What Alertmanager says and is told, as far as it matters here.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Draft, SilenceState, is_id, stamp};
use crate::domain::silence::Matcher;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Status {
    pub(super) version_info: VersionInfo,
}

#[derive(Deserialize)]
pub(super) struct VersionInfo {
    pub(super) version: String,
}

#[derive(Deserialize)]
pub(super) struct Made {
    #[serde(rename = "silenceID")]
    pub(super) silence_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Silence {
    id: String,
    status: State,
    #[serde(default)]
    matchers: Vec<WireMatcher>,
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    created_by: String,
    comment: String,
    #[serde(default)]
    annotations: Option<BTreeMap<String, String>>,
}

#[derive(Deserialize)]
struct State {
    state: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireMatcher {
    name: String,
    value: String,
    is_regex: bool,
    /// Older versions knew no other.
    #[serde(default = "yes")]
    is_equal: bool,
}

fn yes() -> bool {
    true
}

impl Silence {
    /// `None`: its id or state is none.
    pub(super) fn read(self) -> Option<super::Silence> {
        let state = match self.status.state.as_str() {
            "pending" => SilenceState::Pending,
            "active" => SilenceState::Active,
            "expired" => SilenceState::Expired,
            _ => return None,
        };
        let matcher =
            |m: WireMatcher| Matcher { name: m.name, value: m.value, is_regex: m.is_regex, is_equal: m.is_equal };
        let mut matchers: Vec<Matcher> = self.matchers.into_iter().map(matcher).collect();
        matchers.sort();
        is_id(&self.id).then_some(super::Silence {
            id: self.id,
            state,
            matchers,
            starts_at: self.starts_at,
            ends_at: self.ends_at,
            updated_at: self.updated_at,
            created_by: self.created_by,
            comment: self.comment,
            annotations: self.annotations.unwrap_or_default(),
        })
    }
}

/// A silence as Alertmanager takes it.
pub(super) fn body(id: Option<&str>, draft: &Draft) -> Value {
    let matcher =
        |m: &Matcher| json!({ "name": m.name, "value": m.value, "isRegex": m.is_regex, "isEqual": m.is_equal });
    let mut body = json!({
        "matchers": draft.matchers.iter().map(matcher).collect::<Vec<_>>(),
        "startsAt": stamp(draft.starts_at),
        "endsAt": stamp(draft.ends_at),
        "createdBy": draft.created_by,
        "comment": draft.comment,
    });
    if let Some(id) = id {
        body["id"] = id.into();
    }
    if !draft.annotations.is_empty() {
        body["annotations"] = json!(draft.annotations);
    }
    body
}
