//! From what Prometheus answers to one load for each hour of the UTC week. Pure.

use chrono::{DateTime, Datelike, TimeDelta, Timelike, Utc};
use serde::Deserialize;

use crate::domain::suggest::WEEK_HOURS;

/// Weeks that are looked back on.
const WEEKS: usize = 8;
/// Points that are asked for, one an hour.
const POINTS: usize = WEEKS * WEEK_HOURS;
/// With fewer hours than two weeks have, no hour of the week is known well enough.
pub(super) const ENOUGH: usize = 2 * WEEK_HOURS;
/// Larger values are a mistake, and would not add up.
const LARGEST: f64 = 1e200;
/// Between two points (seconds).
pub(super) const STEP: i64 = 3600;

/// The points that are asked for: the last full hours before a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Points {
    /// The first (UTC).
    pub(super) first: DateTime<Utc>,
    /// The last (UTC).
    pub(super) last: DateTime<Utc>,
    /// What a point says is true of the hour before it, not of the one that it begins.
    looks_back: bool,
}

impl Points {
    /// Eight weeks up to `now` (UTC). A query over a range, such as `rate(x[1h])`, says at a point what happened before it;
    /// one without says how it is from then on.
    pub(super) fn up_to(now: DateTime<Utc>, query: &str) -> Self {
        let last = now - TimeDelta::seconds(now.timestamp().rem_euclid(STEP));
        let first = last - TimeDelta::hours(i64::try_from(POINTS - 1).unwrap_or_default());
        Self { first, last, looks_back: has_range(query) }
    }

    /// The place of a point in time (Unix seconds) among those asked for; `None` for any other time.
    #[expect(clippy::cast_possible_truncation, reason = "what is out of range becomes its bound, which is no place")]
    fn place(&self, at: f64) -> Option<usize> {
        let since = (at.round() as i64).saturating_sub(self.first.timestamp());
        let place = usize::try_from(since / STEP).ok()?;
        (since >= 0 && since % STEP == 0 && place < POINTS).then_some(place)
    }

    /// The hour of the UTC week, Monday 00:00 first, that a point speaks of.
    fn hour_of_week(&self, place: usize) -> usize {
        let hours = i64::try_from(place).unwrap_or_default() - i64::from(self.looks_back);
        let hour = self.first + TimeDelta::hours(hours);
        let days = usize::try_from(hour.weekday().num_days_from_monday()).unwrap_or_default();
        days * 24 + usize::try_from(hour.hour()).unwrap_or_default()
    }
}

/// Whether there is a range such as `[5m]` in a query, outside quoted text.
fn has_range(query: &str) -> bool {
    let mut quote = None;
    let mut escaped = false;
    for c in query.chars() {
        match quote {
            _ if escaped => escaped = false,
            Some(open) if c == open => quote = None,
            Some(open) => escaped = c == '\\' && open != '`',
            None if c == '[' => return true,
            None => quote = Some(c).filter(|c| matches!(c, '"' | '\'' | '`')),
        }
    }
    false
}

/// What Prometheus answers to a question over a range of time.
#[derive(Debug, Deserialize)]
#[serde(tag = "status", rename_all = "lowercase")]
pub(super) enum Answer {
    Success { data: Data },
    Error { error: String },
}

#[derive(Debug, Deserialize)]
#[serde(tag = "resultType", content = "result", rename_all = "lowercase")]
pub(super) enum Data {
    Matrix(Vec<Series>),
}

#[derive(Debug, Deserialize)]
pub(super) struct Series {
    /// Unix seconds, and the value as text: it may be `NaN` or `+Inf`.
    #[serde(default)]
    values: Vec<(f64, String)>,
}

/// The mean of each hour of the UTC week, Monday 00:00 first, over the sum of all series. Values that are no numbers count
/// as missing, negative ones as zero, and hours that are missing altogether as the mean of the others.
///
/// # Errors
/// How many hours there are, when these are too few.
pub(super) fn week(series: &[Series], points: &Points) -> Result<Vec<f64>, usize> {
    let mut sums: Vec<Option<f64>> = vec![None; POINTS];
    for (at, value) in series.iter().flat_map(|series| &series.values) {
        let value = value.parse::<f64>().ok().filter(|value| value.abs() < LARGEST);
        if let (Some(place), Some(value)) = (points.place(*at), value) {
            *sums[place].get_or_insert(0.0) += value;
        }
    }
    let known = sums.iter().flatten().count();
    if known < ENOUGH {
        return Err(known);
    }
    let mut hours: Vec<Vec<f64>> = vec![Vec::new(); WEEK_HOURS];
    for (place, sum) in sums.iter().enumerate() {
        hours[points.hour_of_week(place)].extend(sum.map(|sum| sum.max(0.0)));
    }
    let means: Vec<Option<f64>> = hours.iter().map(|loads| mean(loads)).collect();
    let rest = mean(&means.iter().flatten().copied().collect::<Vec<_>>()).unwrap_or_default();
    Ok(means.into_iter().map(|load| load.unwrap_or(rest)).collect())
}

fn mean(loads: &[f64]) -> Option<f64> {
    let count = u32::try_from(loads.len()).ok().filter(|count| *count > 0)?;
    Some(loads.iter().sum::<f64>() / f64::from(count))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Wednesday 2 December 2026, 10:20; the last full hour is 10:00.
    fn now() -> DateTime<Utc> {
        "2026-12-02T10:20:00Z".parse().expect("an instant")
    }

    fn every_hour(points: &Points, hours: usize, value: impl Fn(DateTime<Utc>) -> String) -> Series {
        let times = (0..hours).map(|n| points.last - TimeDelta::hours(i64::try_from(n).expect("small")));
        let sample = |at: DateTime<Utc>| (f64::from(u32::try_from(at.timestamp()).expect("this century")), value(at));
        Series { values: times.map(sample).collect() }
    }

    #[test]
    fn it_asks_for_eight_weeks_of_full_hours() {
        let points = Points::up_to(now(), "up");
        assert_eq!(points.last.to_rfc3339(), "2026-12-02T10:00:00+00:00");
        assert_eq!(points.first.to_rfc3339(), "2026-10-07T11:00:00+00:00");
        assert_eq!((points.last - points.first).num_hours(), 8 * 168 - 1);
    }

    #[test]
    fn a_range_in_a_query_is_told_from_brackets_in_quoted_text() {
        for query in ["rate(x[5m])", "sum(rate(x{a=\"]\\\"[\"}[1h]))", "max_over_time(x[1d:1h])"] {
            assert!(has_range(query), "{query}");
        }
        for query in ["sum(x)", "x{a=~\"[a-z]+\"}", "x{a=~'[ab]\\'[c]'}", "x{a=~`[a]\\`}", ""] {
            assert!(!has_range(query), "{query}");
        }
    }

    #[test]
    fn each_hour_of_the_week_gets_the_mean_of_its_sums() {
        let points = Points::up_to(now(), "sessions");
        // 7 at Monday 03:00, else 10; a second series adds 1, and 1 + 8 in the last of the eight Mondays.
        let quiet = |at: DateTime<Utc>| at.weekday() == chrono::Weekday::Mon && at.hour() == 3;
        let first = every_hour(&points, POINTS, |at| if quiet(at) { "7" } else { "10" }.into());
        let last_monday: DateTime<Utc> = "2026-11-30T03:00:00Z".parse().expect("an instant");
        let second = every_hour(&points, POINTS, |at| if at == last_monday { "9" } else { "1" }.into());
        let week = week(&[first, second], &points).expect("enough hours");
        assert_eq!(week.len(), 168);
        for (hour, load) in week.iter().enumerate() {
            // (7 times 8 and once 16) by 8.
            let expected = if hour == 3 { 9.0 } else { 11.0 };
            assert!((load - expected).abs() < 1e-9, "hour {hour}: {load}");
        }
    }

    #[test]
    fn what_a_query_over_a_range_says_counts_for_the_hour_before() {
        let points = Points::up_to(now(), "sum(rate(requests[1h]))");
        let at_four = |at: DateTime<Utc>| at.weekday() == chrono::Weekday::Mon && at.hour() == 4;
        let series = every_hour(&points, POINTS, |at| if at_four(at) { "1" } else { "10" }.into());
        let week = week(&[series], &points).expect("enough hours");
        let quietest = week.iter().position(|load| *load < 5.0);
        assert_eq!(quietest, Some(3), "Monday 03:00 to 04:00");
    }

    #[test]
    fn missing_hours_count_as_the_mean_of_the_rest_and_too_few_as_nothing() {
        let points = Points::up_to(now(), "sessions");
        let whole = every_hour(&points, 336, |at| if at.hour() < 12 { "2" } else { "4" }.into());
        let mut monday_three = every_hour(&points, POINTS, |at| {
            let missing = at.weekday() == chrono::Weekday::Mon && at.hour() == 3;
            if missing { "NaN".into() } else { "6".into() }
        });
        assert!(week(&[whole], &points).is_ok());
        assert_eq!(week(&[every_hour(&points, 335, |_| "2".into())], &points), Err(335));
        assert_eq!(week(&[], &points), Err(0));
        monday_three.values.push((f64::NAN, "5".into()));
        monday_three.values.push((1e300, "5".into()));
        monday_three.values.push((-1.0, "5".into()));
        let week = week(&[monday_three], &points).expect("enough hours");
        assert!(week.iter().all(|load| (load - 6.0).abs() < 1e-9));
    }

    #[test]
    fn what_is_no_number_is_missing_and_what_is_negative_is_nothing() {
        let points = Points::up_to(now(), "sessions");
        for odd in ["NaN", "+Inf", "-Inf", "", "many", "1e308"] {
            let series = every_hour(&points, POINTS, |_| odd.into());
            assert_eq!(week(&[series], &points), Err(0), "{odd}");
        }
        let series = every_hour(&points, POINTS, |_| "-3".into());
        assert_eq!(week(&[series], &points), Ok(vec![0.0; 168]));
    }
}
