//! Between what a column holds and what a domain field holds.

use std::fmt::Display;
use std::str::FromStr;

use chrono::{DateTime, SubsecRound, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Result, StoreError};

/// An instant as both databases keep and compare it: whole seconds.
pub(super) fn whole(at: DateTime<Utc>) -> DateTime<Utc> {
    at.trunc_subsecs(0)
}

/// A value as JSON text.
pub(super) fn to_json<T: Serialize + ?Sized>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|e| StoreError::Corrupt(format!("a value cannot be written as JSON: {e}")))
}

/// JSON text as a value; `what` names the row and column for the operator.
pub(super) fn from_json<T: DeserializeOwned>(what: impl Display, text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|e| StoreError::Corrupt(format!("{what}: {e}")))
}

/// A stored word as a value; `what` names the row and column for the operator.
pub(super) fn from_word<T: FromStr<Err: Display>>(what: impl Display, text: &str) -> Result<T> {
    text.parse().map_err(|e| StoreError::Corrupt(format!("{what}: {e}")))
}

/// A stored word that may be missing.
pub(super) fn from_optional_word<T: FromStr<Err: Display>>(
    what: impl Display,
    text: Option<&str>,
) -> Result<Option<T>> {
    text.map(|text| from_word(what, text)).transpose()
}
