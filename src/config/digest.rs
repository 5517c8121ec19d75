//! What is told at fixed times: `[digest]`.

use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeDelta};

use super::problem::{Complaint, Findings};
use super::schema::DIGEST;
use super::section::Section;
use super::word::channel;
use crate::domain::calendar::{Pattern, Recurrence, Zone};
use crate::domain::digest::Digest;
use crate::domain::ledger::MessageKind;
use crate::domain::organisation::Channel;

/// When it is told where nothing else is written: Mondays at nine.
const CRON: &str = "0 9 * * Mon";
/// Nobody reads more than one in this time.
const NEAREST: TimeDelta = TimeDelta::hours(1);
/// So many times are looked at for two that are too near: hourly, two weeks.
const LOOKED_AT: usize = 400;

/// When and where digests are told; `None` where the section is not written, or is wrong. Without channels they go to
/// ops.
pub(super) fn digest(top: &Section<'_>, ops: &[Channel], findings: &mut Findings) -> Option<Digest> {
    let section = top.section("digest", &DIGEST, findings);
    if !top.has("digest") {
        return None;
    }
    let times = section.read(findings, "cron", &format!("\"{CRON}\""), times);
    let times = if section.has("cron") { times } else { times_of(CRON) };
    let example = "[\"builtin:ops\"]";
    let channels = section.filled_list(findings, "channels", example, |text| reader(text, top));
    let channels = if section.has("channels") { channels? } else { ops.to_vec() };
    Some(Digest { times: times?, channels })
}

fn reader(text: &str, top: &Section<'_>) -> Result<Channel, Complaint> {
    let channel = channel(text, top)?;
    if channel.takes(MessageKind::Digest) {
        return Ok(channel);
    }
    Err(Complaint::new(format!("`{text}` shows windows and takes no digest"), "write a channel in which people read"))
}

fn times(text: &str) -> Result<Recurrence, Complaint> {
    let wrong = |message: String, hint: Option<String>| {
        Complaint::new(message, hint.unwrap_or_else(|| format!("write for example cron = \"{CRON}\"")))
    };
    let pattern = Pattern::cron(text).map_err(|bad| wrong(bad.message, bad.hint))?;
    let times = pattern.starting(None, beginning()).map_err(|why| wrong(why, None))?;
    let utc = Zone::utc();
    let few: Vec<_> = times.after(None, TimeDelta::zero(), &utc).take(LOOKED_AT).map(|one| one.starts_at).collect();
    if few.windows(2).any(|two| two[1] - two[0] < NEAREST) {
        return Err(wrong(format!("`{text}` comes more than once an hour, and nobody reads that"), None));
    }
    Ok(times)
}

fn times_of(cron: &str) -> Option<Recurrence> {
    times(cron).ok()
}

/// Times are counted from one day on, so that the same rule is the same value at each start.
fn beginning() -> NaiveDateTime {
    let day = NaiveDate::from_ymd_opt(2020, 1, 1).and_then(|day| day.and_hms_opt(0, 0, 0));
    day.unwrap_or(DateTime::UNIX_EPOCH.naive_utc())
}
