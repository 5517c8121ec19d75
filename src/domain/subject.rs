//! What an audit event, a delivery or a command can be about, and the numbers of those things.

use std::fmt;
use std::str::FromStr;

use super::advisory::AdvisoryId;
use super::freeze::FreezeId;
use super::plan::PlanId;
use super::series::SeriesId;
use super::subscription::SubscriptionId;
use super::window::WindowId;

/// Declares the number of a thing: prints and parses as a head of two letters and digits, such as `MW-42`.
macro_rules! id {
    ($(#[$meta:meta])* $name:ident, $head:literal, $what:literal) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub i64);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!($head, "-{}"), self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = String;

            /// Reads the id in any case. Errors say what it looks like.
            fn from_str(text: &str) -> Result<Self, String> {
                let wrong = || format!(concat!("`{}` is not a ", $what, " id: they look like ", $head, "-12"), text);
                let (head, digits) = text.split_once('-').ok_or_else(wrong)?;
                if !head.eq_ignore_ascii_case($head) || !digits.bytes().all(|b| b.is_ascii_digit()) {
                    return Err(wrong());
                }
                digits.parse().ok().filter(|n| *n > 0).map(Self).ok_or_else(wrong)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                <String as serde::Deserialize>::deserialize(d)?.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use id;

/// One thing that something happened to. Prints and parses as its id: `MW-12`, `PL-3`, `SR-1`, `FR-2`, `AD-1`, `SB-1`; the
/// digest, of which there is one, as `digest`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// A window.
    Window(WindowId),
    /// A plan.
    Plan(PlanId),
    /// A series.
    Series(SeriesId),
    /// A freeze.
    Freeze(FreezeId),
    /// An advisory.
    Advisory(AdvisoryId),
    /// A subscription.
    Subscription(SubscriptionId),
    /// What is ahead and what was done, told at fixed times.
    Digest,
}

/// How the digest is written.
const DIGEST: &str = "digest";

impl Subject {
    /// The window, where it is one.
    #[must_use]
    pub fn window(self) -> Option<WindowId> {
        match self {
            Self::Window(id) => Some(id),
            _ => None,
        }
    }
}

macro_rules! subjects {
    ($($variant:ident($id:ident)),+) => {
        $(impl From<$id> for Subject {
            fn from(id: $id) -> Self {
                Self::$variant(id)
            }
        })+

        impl fmt::Display for Subject {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Self::$variant(id) => id.fmt(f),)+
                    Self::Digest => f.write_str(DIGEST),
                }
            }
        }

        impl FromStr for Subject {
            type Err = String;

            /// Reads any of the ids, in any case. Errors say what they look like.
            fn from_str(text: &str) -> Result<Self, String> {
                $(if let Ok(id) = text.parse::<$id>() {
                    return Ok(id.into());
                })+
                if text.eq_ignore_ascii_case(DIGEST) {
                    return Ok(Self::Digest);
                }
                Err(format!("`{text}` is not an id: windows look like MW-12, plans like PL-3, series like SR-1"))
            }
        }
    };
}

subjects! {
    Window(WindowId), Plan(PlanId), Series(SeriesId), Freeze(FreezeId), Advisory(AdvisoryId),
    Subscription(SubscriptionId)
}

impl serde::Serialize for Subject {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Subject {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        <String as serde::Deserialize>::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_id_reads_back_as_it_prints() {
        for text in ["MW-12", "PL-3", "SR-1", "FR-2", "AD-1", "SB-1", "digest"] {
            assert_eq!(text.to_lowercase().parse::<Subject>().map(|s| s.to_string()), Ok(text.into()));
        }
        for text in ["", "MW", "XX-1", "PL-0", "12"] {
            assert!(text.parse::<Subject>().is_err(), "{text}");
        }
    }
}
