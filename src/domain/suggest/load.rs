//! How much a service is used in each hour of the week.

use chrono::{DateTime, Datelike, TimeDelta, Timelike, Utc};

/// Hours of a week.
pub const WEEK_HOURS: usize = 168;
const HOUR: i64 = 3600;
const WEEK: i64 = 168 * HOUR;
/// Times of the week that a slot is compared with: one every half hour.
const TIMES: i64 = WEEK / 1800;
const HOUR_SECONDS: f64 = 3600.0;

/// The load of a service in each hour of the UTC week, Monday 00:00 first, as a multiple of its mean: services of different
/// size can be added up. Without any load at all every hour counts the same.
#[derive(Clone, Debug, PartialEq)]
pub struct WeekLoad {
    /// What has added up at the start of each hour, and at the end of the last.
    up_to: Vec<f64>,
}

impl WeekLoad {
    /// From 168 loads in any unit, Monday 00:00 UTC first. `None` for another number of them, and where one is negative or
    /// no number.
    #[must_use]
    pub fn new(loads: &[f64]) -> Option<Self> {
        let good = |load: &f64| load.is_finite() && *load >= 0.0;
        if loads.len() != WEEK_HOURS || !loads.iter().all(good) {
            return None;
        }
        // Scaled by the largest first: what adds up stays finite.
        let largest = loads.iter().copied().fold(0.0, f64::max);
        let scaled: Vec<f64> = loads.iter().map(|load| if largest > 0.0 { load / largest } else { 1.0 }).collect();
        Some(Self::scaled_to_mean(&scaled))
    }

    /// `loads` has at least one hour above zero.
    fn scaled_to_mean(loads: &[f64]) -> Self {
        let mean = loads.iter().sum::<f64>() / as_float(WEEK_HOURS);
        let mut up_to = vec![0.0];
        for load in loads {
            up_to.push(up_to.last().copied().unwrap_or_default() + load / mean);
        }
        Self { up_to }
    }

    /// The load of several services together; `None` of none.
    #[must_use]
    pub fn together<'a>(loads: impl IntoIterator<Item = &'a Self>) -> Option<Self> {
        let mut loads = loads.into_iter();
        let mut sum = loads.next()?.clone();
        for load in loads {
            sum.up_to.iter_mut().zip(&load.up_to).for_each(|(all, one)| *all += one);
        }
        Some(sum)
    }

    /// The mean load over `length` from `start` (UTC) on; an hour that is touched in part counts for that part.
    #[must_use]
    pub fn during(&self, start: DateTime<Utc>, length: TimeDelta) -> f64 {
        let midnight = i64::from(start.weekday().num_days_from_monday()) * 24 * HOUR;
        self.from(midnight + i64::from(start.num_seconds_from_midnight()), length.num_seconds().max(1))
    }

    /// The mean over so many seconds, from a second of the week on.
    fn from(&self, second: i64, length: i64) -> f64 {
        (self.added_up(second + length) - self.added_up(second)) / seconds(length)
    }

    /// What has added up at a second counted from the start of a week; weeks follow each other.
    fn added_up(&self, second: i64) -> f64 {
        let (weeks, second) = (second.div_euclid(WEEK), second.rem_euclid(WEEK));
        let hour = usize::try_from(second / HOUR).unwrap_or_default();
        let (before, after) = (self.up_to[hour], self.up_to[hour + 1]);
        let whole = self.up_to[WEEK_HOURS] * seconds(weeks);
        HOUR_SECONDS * (whole + before + (after - before) * seconds(second % HOUR) / HOUR_SECONDS)
    }

    /// Which part of the week is as quiet as this, in percent and at least 1: `2` means that 98 % of all times to begin
    /// are busier or just as busy.
    #[must_use]
    pub fn quietest_percent(&self, start: DateTime<Utc>, length: TimeDelta) -> u8 {
        let this = self.during(start, length);
        let length = length.num_seconds().max(1);
        // Rounding must not make one of two equal times the quieter.
        let quieter = (0..TIMES).filter(|n| self.from(n * 1800, length) < this * (1.0 - 1e-9)).count();
        u8::try_from(((quieter + 1) * 100).div_ceil(2 * WEEK_HOURS)).unwrap_or(100).min(100)
    }
}

fn as_float(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

/// Seconds and weeks of time spans are far below what a float holds exactly.
fn seconds(count: i64) -> f64 {
    f64::from(i32::try_from(count).unwrap_or(i32::MAX))
}
