//! How long a service that does not answer is left alone. Pure: time is passed in.

use chrono::{DateTime, TimeDelta, Utc};

/// Clocks tell whole seconds, so that a stretch between two readings may be almost a second short.
pub const SHORT: TimeDelta = TimeDelta::seconds(1);
/// Services ask for minutes at most; what is longer is a mistake somewhere on the way.
pub const LONGEST: TimeDelta = TimeDelta::hours(24);
/// The first hold when a service does not answer, and the longest.
const DOWN: [TimeDelta; 2] = [TimeDelta::seconds(5), TimeDelta::minutes(1)];
/// How long others wait for the one that tries whether it answers again.
const TRYING: TimeDelta = TimeDelta::seconds(10);

/// Whether a service answers, and when it is tried again. All instants are those of the injected clock (UTC).
#[derive(Debug, Default)]
pub struct Away {
    until: Option<DateTime<Utc>>,
    /// One call is out to see whether it answers again.
    trying: bool,
    /// Calls one after the other that were not answered.
    failures: u32,
}

impl Away {
    /// It is not tried again until then.
    #[must_use]
    pub fn until(&self) -> Option<DateTime<Utc>> {
        self.until
    }

    /// A call goes out: where the last one was not answered, others wait for it.
    pub fn goes_out(&mut self, now: DateTime<Utc>) {
        if self.failures > 0 {
            // One goes first to see whether it is back.
            self.until = Some(now + TRYING);
            self.trying = true;
        }
    }

    /// A call was not answered, or with the word that it cannot be. Returns when to try again.
    pub fn failed(&mut self, now: DateTime<Utc>) -> DateTime<Utc> {
        let at = match self.until {
            // Calls that were under way together fail together, and count once.
            Some(until) if until > now && !self.trying => until,
            _ => {
                self.failures = self.failures.saturating_add(1);
                now + doubled(DOWN, self.failures)
            }
        };
        self.until = Some(at);
        self.trying = false;
        at
    }

    /// It answered.
    pub fn is_back(&mut self) {
        *self = Self::default();
    }
}

/// The first length doubled with every time after the first, up to the longest.
#[must_use]
pub fn doubled([first, longest]: [TimeDelta; 2], times: u32) -> TimeDelta {
    let factor = 2_i32.checked_pow(times.saturating_sub(1)).unwrap_or(i32::MAX);
    first.checked_mul(factor).map_or(longest, |wait| wait.min(longest))
}
