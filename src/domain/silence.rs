//! Keeping alerts quiet while a window is open: which alerts, from when to when, and when that has to be prolonged. Pure.
//!
//! Others keep the silence; what is asked of them is made of these facts, in `delivery::silence`.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, TimeDelta, Utc};

use super::channel::Channel;
use super::window::{State, Window};

/// The label by which alerts name their service, where nothing else is configured.
pub const LABEL: &str = "service";
/// While work goes on, a silence is prolonged so long before it ends: at the other end, one that is over cannot be.
pub const AHEAD: TimeDelta = TimeDelta::minutes(5);
/// By so much at a time.
pub const STEP: TimeDelta = TimeDelta::minutes(30);
/// And at most so far behind the window's end: then nobody is looking after it any more, and alerts are to be heard.
pub const LONGEST: TimeDelta = TimeDelta::hours(24);
/// Longer values are mistakes (characters).
const LONGEST_VALUE: usize = 1000;
/// Longer names of labels are mistakes (characters).
const LONGEST_NAME: usize = 200;

/// Where silences are kept, and what they match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Silencing {
    /// What keeps alerts quiet: [`Channel::Alertmanager`], [`Channel::Pagerduty`], or neither.
    pub channels: Vec<Channel>,
    /// The label that holds the id of a service in alerts, for services without matchers of their own.
    pub label: String,
}

impl Default for Silencing {
    fn default() -> Self {
        Self { channels: Vec::new(), label: LABEL.into() }
    }
}

/// What an alert's label has to be: `job=~"crm.*"`, as Alertmanager writes it
/// (<https://prometheus.io/docs/alerting/latest/configuration/#label-matchers>).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Matcher {
    /// The label.
    pub name: String,
    /// Its value, or the regular expression (RE2, anchored at both ends) that it fits.
    pub value: String,
    /// The value is a regular expression.
    pub is_regex: bool,
    /// The label is to be so; otherwise it is not to be.
    pub is_equal: bool,
}

impl Matcher {
    /// The label has exactly this value.
    #[must_use]
    pub fn equals(name: &str, value: &str) -> Self {
        Self { name: name.to_owned(), value: value.to_owned(), is_regex: false, is_equal: true }
    }
}

impl fmt::Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let operator = match (self.is_equal, self.is_regex) {
            (true, false) => "=",
            (true, true) => "=~",
            (false, false) => "!=",
            (false, true) => "!~",
        };
        let value = self.value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        write!(f, "{}{operator}\"{value}\"", self.name)
    }
}

impl FromStr for Matcher {
    type Err = String;

    /// Reads `name="value"`, with `=`, `!=`, `=~` or `!~`. Errors say what is missing.
    fn from_str(text: &str) -> Result<Self, String> {
        let at = text.find(['=', '!']).ok_or_else(|| format!("`{text}` has no =, !=, =~ or !~"))?;
        let (name, rest) = (text[..at].trim(), &text[at..]);
        let operators = [("=~", true, true), ("!~", true, false), ("!=", false, false), ("=", false, true)];
        let found = operators.iter().find_map(|(word, is_regex, is_equal)| {
            rest.strip_prefix(word).map(|value| (value.trim(), *is_regex, *is_equal))
        });
        let (value, is_regex, is_equal) = found.ok_or_else(|| format!("`{text}` has no =, !=, =~ or !~"))?;
        if !is_label(name) {
            return Err(format!("`{name}` is not the name of a label: letters, digits and `_`, no digit first"));
        }
        let value = quoted(value).ok_or_else(|| format!("`{value}` is not a value in double quotes"))?;
        if value.chars().count() > LONGEST_VALUE {
            return Err(format!("a value has at most {LONGEST_VALUE} characters"));
        }
        Ok(Self { name: name.to_owned(), value, is_regex, is_equal })
    }
}

/// Whether it can be the name of a label in Prometheus
/// (<https://prometheus.io/docs/concepts/data_model/#metric-names-and-labels>).
#[must_use]
pub fn is_label(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let begins = |c: char| c.is_ascii_alphabetic() || c == '_';
    name.starts_with(begins) && name.chars().all(plain) && name.len() <= LONGEST_NAME
}

/// What stands between double quotes, with `\"`, `\\` and `\n` read.
fn quoted(text: &str) -> Option<String> {
    let inner = text.strip_prefix('"')?;
    let (mut value, mut chars) = (String::new(), inner.chars());
    loop {
        match chars.next()? {
            '"' => return chars.next().is_none().then_some(value),
            '\\' => match chars.next()? {
                'n' => value.push('\n'),
                c @ ('"' | '\\') => value.push(c),
                // A regular expression escapes with it, too.
                c => value.extend(['\\', c]),
            },
            c if c.is_control() => return None,
            c => value.push(c),
        }
    }
}

/// From when to when alerts are kept quiet (UTC).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quiet {
    /// The window's start, or when work really began where that was earlier.
    pub starts_at: DateTime<Utc>,
    /// The window's end; while work goes on past it, some time ahead.
    pub ends_at: DateTime<Utc>,
}

/// From when to when alerts are to be quiet for this window as it is now (UTC); `None`: not at all. Of a window whose change
/// waits for approval it wants the published facts.
///
/// A window without downtime ([`super::window::Kind::has_downtime`]) silences nothing: an alert during it means that something
/// went wrong.
#[must_use]
pub fn quiet(window: &Window, now: DateTime<Utc>) -> Option<Quiet> {
    let span = &window.span;
    let (starts_at, ends_at) = match window.state {
        _ if !window.kind.has_downtime() => return None,
        State::Completed | State::Cancelled => return None,
        State::Pending | State::Scheduled => (span.starts_at, Some(span.ends_at).filter(|end| *end > now)?),
        State::InProgress | State::Verifying => {
            let began = window.actual_start.map_or(span.starts_at, |began| began.min(span.starts_at));
            (began, while_running(span.ends_at, now)?)
        }
    };
    Some(Quiet { starts_at, ends_at })
}

/// The end, or the step after it that is further away than [`AHEAD`].
fn while_running(ends_at: DateTime<Utc>, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let late = now + AHEAD - ends_at;
    if late < TimeDelta::zero() {
        return Some(ends_at);
    }
    let steps = i32::try_from(late.num_seconds() / STEP.num_seconds() + 1).unwrap_or(i32::MAX);
    let over = STEP.checked_mul(steps).filter(|over| *over <= LONGEST)?;
    Some(ends_at + over)
}

/// When the silence of a running window has to be looked at again (UTC), and the occasion that the ledger calls it by: how
/// far behind the window's end it reaches until then, such as `+30m`. `None`: the window is not running.
#[must_use]
pub fn prolonged(window: &Window, quiet: Quiet) -> Option<(DateTime<Utc>, String)> {
    let over = quiet.ends_at - window.span.ends_at;
    window.state.is_running().then(|| (quiet.ends_at - AHEAD, format!("+{}m", over.num_minutes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matchers_read_and_print_as_alertmanager_writes_them() {
        for text in
            [r#"job="crm""#, r#"job=~"crm.*""#, r#"env!="test""#, r#"a_1!~"x|y""#, r#"x="""#, r#"x="a\"b\\c\nd""#]
        {
            let matcher: Matcher = text.parse().expect(text);
            assert_eq!(matcher.to_string(), text);
        }
        let spaced: Matcher = r#" job =~ "crm\.api" "#.parse().expect("with spaces");
        assert_eq!(spaced, Matcher { name: "job".into(), value: r"crm\.api".into(), is_regex: true, is_equal: true });
        for text in
            ["", "job", "job=crm", r#"job="crm"#, r#"job="a"b""#, r#"1job="a""#, r#"="a""#, r#"a b="c""#, "a=\"\u{1}\""]
        {
            assert!(text.parse::<Matcher>().is_err(), "{text}");
        }
        assert!(format!("job=\"{}\"", "x".repeat(1001)).parse::<Matcher>().is_err());
    }

    #[test]
    fn a_running_window_is_quiet_past_its_end_step_by_step_and_not_without_end() {
        let end = DateTime::UNIX_EPOCH + TimeDelta::days(1);
        let at =
            |minutes: i64| while_running(end, end + TimeDelta::minutes(minutes)).map(|to| (to - end).num_minutes());
        assert_eq!([at(-60), at(-6), at(-5), at(24), at(25)], [Some(0), Some(0), Some(30), Some(30), Some(60)]);
        assert_eq!([at(24 * 60 - 6), at(24 * 60 - 5), at(24 * 60 * 400)], [Some(24 * 60), None, None]);
    }
}
