//! Between what a column holds and what a domain field holds.

use std::fmt::Display;
use std::str::FromStr;

use chrono::{DateTime, NaiveDateTime, SubsecRound, TimeDelta, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Result, StoreError};

/// Rows per statement: both databases limit the number of values bound at once (32,766 and 65,535).
pub(super) const ROWS_AT_ONCE: usize = 500;

/// A number of rows as the databases count.
pub(super) fn to_count(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}

/// An instant as both databases keep and compare it: whole seconds.
pub(super) fn whole(at: DateTime<Utc>) -> DateTime<Utc> {
    at.trunc_subsecs(0)
}

/// A time of the wall clock as text of one width, which sorts as the times do: `2026-12-13T16:00:00`.
pub(super) fn to_wall(at: NaiveDateTime) -> String {
    at.format("%Y-%m-%dT%H:%M:%S").to_string()
}

/// Stored seconds as a length of time; `what` names the row for the operator.
pub(super) fn to_length(what: impl Display, seconds: i64) -> Result<TimeDelta> {
    TimeDelta::try_seconds(seconds)
        .ok_or_else(|| StoreError::Corrupt(format!("{what}: {seconds} s is no length of time")))
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
