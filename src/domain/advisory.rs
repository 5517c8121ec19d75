//! Security advisories: what is said of a weakness, to whom and from when on, and the fixes that it promises. Pure.
//!
//! What is under embargo stands in the advisory alone: the windows and change items that it makes have neutral names until
//! it is public, so that nothing that shows those can give it away.

use chrono::{DateTime, Utc};

use super::subject::id;
use super::window::{WindowId, words};

id! {
    /// The number of an advisory. Prints and parses as `AD-1`.
    AdvisoryId, "AD", "advisory"
}

words! {
    /// What is done about the weakness.
    Disposition {
        /// It was made harmless before it became known; the permanent fix comes in the next break of each service.
        Mitigated = "mitigated",
        /// It is patched at once, in an emergency window.
        PatchNow = "patch_now",
        /// It was patched in a window that is over.
        Patched = "patched",
    }
}

words! {
    /// How bad it is, as who publishes it rates it.
    Severity {
        /// Low.
        Low = "low",
        /// Medium.
        Medium = "medium",
        /// High.
        High = "high",
        /// Critical.
        Critical = "critical",
    }
}

words! {
    /// What became of a permanent fix.
    FixStep {
        /// It has its place in a window.
        Planned = "planned",
        /// It was made.
        Made = "made",
        /// The window was over without it; it goes to a later one.
        Carried = "carried",
    }
}

/// What a change item is called while what it fixes is under embargo.
pub const NEUTRAL_ITEM: &str = "Security fix";
/// What an emergency window is called meanwhile.
pub const NEUTRAL_TITLE: &str = "Emergency security maintenance";

/// A security notice about services.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advisory {
    /// `AD-1`.
    pub id: AdvisoryId,
    /// What it is about, such as `OpenSSL`; text from a person, under embargo until it is public.
    pub title: String,
    /// Its ids elsewhere, such as `CVE-2026-0001`; likewise.
    pub ids: Vec<String>,
    /// How bad it is; likewise.
    pub severity: Option<Severity>,
    /// What is done about it.
    pub disposition: Disposition,
    /// The services that have it.
    pub services: Vec<String>,
    /// The emergency window that patches it, or the past one that has.
    pub window: Option<WindowId>,
    /// For staff alone, for ever; text from a person.
    pub details: String,
    /// What everybody reads once it is public; text from a person.
    pub public: String,
    /// When the embargo ends (UTC), where there is one.
    pub publish_at: Option<DateTime<Utc>>,
    /// When it was made public (UTC): by its time, or before by somebody.
    pub published_at: Option<DateTime<Utc>>,
    /// When it was taken back (UTC).
    pub withdrawn_at: Option<DateTime<Utc>>,
    /// Why; text from a person.
    pub withdrawn_because: String,
    /// Who made it.
    pub requester: String,
    /// Where it was typed, such as `console`.
    pub place: String,
    /// When it was made (UTC).
    pub created_at: DateTime<Utc>,
}

impl Advisory {
    /// Whether everybody may know what it is about at `now` (UTC). One without an embargo that is patched at once is public
    /// as soon as its window is (`window_is_public`). One that was taken back stays what it was by then.
    #[must_use]
    pub fn is_disclosed(&self, now: DateTime<Utc>, window_is_public: bool) -> bool {
        let until = self.withdrawn_at.map_or(now, |withdrawn| withdrawn.min(now));
        let by_itself = match self.publish_at {
            Some(at) => at <= until,
            None => self.disposition != Disposition::PatchNow || window_is_public,
        };
        self.published_at.is_some() || by_itself
    }

    /// Whether it is kept back from everybody but staff at `now` (UTC).
    #[must_use]
    pub fn is_embargoed(&self, now: DateTime<Utc>) -> bool {
        self.published_at.is_none() && self.publish_at.is_some_and(|at| at > now)
    }

    /// What it is about, with its ids: `OpenSSL (CVE-2026-0001)`.
    #[must_use]
    pub fn name(&self) -> String {
        if self.ids.is_empty() { self.title.clone() } else { format!("{} ({})", self.title, self.ids.join(", ")) }
    }

    /// What the change item that fixes it is called once it is public.
    #[must_use]
    pub fn item_text(&self) -> String {
        match self.disposition {
            Disposition::PatchNow => format!("Fix: {}", self.title),
            Disposition::Mitigated | Disposition::Patched => format!("Permanent fix: {}", self.title),
        }
    }

    /// What its emergency window is called once it is public.
    #[must_use]
    pub fn window_title(&self) -> String {
        format!("{NEUTRAL_TITLE}: {}", self.title)
    }
}

/// Where the permanent fix of one service is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// The service.
    pub service: String,
    /// The change item that makes it; `None`: no window is planned yet.
    pub place: Option<Place>,
    /// Only windows that start after this (UTC) count.
    pub after: DateTime<Utc>,
    /// When it was made (UTC).
    pub fixed_at: Option<DateTime<Utc>>,
}

/// A change item of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The window.
    pub window: WindowId,
    /// The item's number there.
    pub item: i64,
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn at(hours: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::hours(hours)
    }

    fn advisory(disposition: Disposition, publish_at: Option<DateTime<Utc>>) -> Advisory {
        Advisory {
            id: AdvisoryId(1),
            title: "OpenSSL".into(),
            ids: vec!["CVE-2026-0001".into()],
            severity: Some(Severity::Critical),
            disposition,
            services: vec!["vpn".into()],
            window: None,
            details: String::new(),
            public: String::new(),
            publish_at,
            published_at: None,
            withdrawn_at: None,
            withdrawn_because: String::new(),
            requester: "anna".into(),
            place: "console".into(),
            created_at: at(0),
        }
    }

    #[test]
    fn an_embargo_ends_at_its_very_second_or_when_somebody_ends_it() {
        let mut one = advisory(Disposition::Mitigated, Some(at(10)));
        assert!(!one.is_disclosed(at(10) - TimeDelta::seconds(1), true) && one.is_embargoed(at(9)));
        assert!(one.is_disclosed(at(10), false) && !one.is_embargoed(at(10)));
        one.published_at = Some(at(5));
        assert!(one.is_disclosed(at(5), false) && !one.is_embargoed(at(5)));
    }

    #[test]
    fn one_without_embargo_is_public_at_once_or_with_its_window() {
        assert!(advisory(Disposition::Patched, None).is_disclosed(at(0), false));
        assert!(!advisory(Disposition::PatchNow, None).is_disclosed(at(99), false));
        assert!(advisory(Disposition::PatchNow, None).is_disclosed(at(0), true));
    }

    #[test]
    fn one_taken_back_under_embargo_never_becomes_public() {
        let mut one = advisory(Disposition::Mitigated, Some(at(10)));
        one.withdrawn_at = Some(at(9));
        assert!(!one.is_disclosed(at(99), true));
        one.withdrawn_at = Some(at(11));
        assert!(one.is_disclosed(at(99), true), "it was public by then");
    }
}
