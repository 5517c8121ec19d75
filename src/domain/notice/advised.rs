//! What an advisory owes: its details to staff at once, its public text to everybody else once it is public, and what
//! became of it to those who were told. Pure.

use std::collections::BTreeSet;
use std::fmt;

use chrono::{DateTime, Utc};

use super::{OPS, owed};
use crate::domain::advisory::Advisory;
use crate::domain::ledger::{Delivery, MessageKind, Planned};
use crate::domain::organisation::{Audience, Channel, Organisation};

/// The occasion of the rows that make an advisory public.
pub const PUBLISHED: &str = "published";
/// An advisory never moves: its rows have one sequence.
const SEQUENCE: i64 = 0;

/// Its details: to ops and to audiences that are staff, where nobody else reads along.
#[must_use]
pub fn advice_for_staff(
    advisory: &Advisory,
    regions: &[String],
    organisation: &Organisation,
    occasion: impl fmt::Display,
    now: DateTime<Utc>,
) -> Vec<Planned> {
    let ops = organisation.ops.iter().map(|channel| (OPS, channel.clone()));
    let audiences = readers(advisory, regions, organisation).into_iter().filter(|(audience, _)| audience.internal);
    let staff = ops.chain(audiences.map(|(audience, channel)| (audience.name.as_str(), channel)));
    let mut seen = BTreeSet::new();
    let new = |(_, channel): &(&str, Channel)| organisation.is_for_staff(channel) && seen.insert(channel.clone());
    staff.filter(new).map(|(audience, channel)| row(&occasion, audience, channel, now)).collect()
}

/// Its public text, due at `at` (UTC): to everybody whom it concerns and who does not get the details.
#[must_use]
pub fn advice_for_all(
    advisory: &Advisory,
    regions: &[String],
    organisation: &Organisation,
    at: DateTime<Utc>,
) -> Vec<Planned> {
    let mut seen = BTreeSet::new();
    let new = |(_, channel): &(&Audience, Channel)| !organisation.is_for_staff(channel) && seen.insert(channel.clone());
    let rows = readers(advisory, regions, organisation).into_iter().filter(new);
    rows.map(|(audience, channel)| row(&PUBLISHED, &audience.name, channel, at)).collect()
}

/// A word on what became of it, to every channel that was told of it; `rows` is its ledger.
#[must_use]
pub fn advice_for_told(rows: &[Delivery], occasion: impl fmt::Display, now: DateTime<Utc>) -> Vec<Planned> {
    let mut seen = BTreeSet::new();
    let told = rows.iter().filter(|row| row.plan.message == MessageKind::Advisory && row.state.is_on_its_way());
    let first = told.filter(|told| seen.insert(told.plan.channel.clone()));
    first.map(|told| row(&occasion, &told.plan.audience, told.plan.channel.clone(), now)).collect()
}

fn row(occasion: &dyn fmt::Display, audience: &str, channel: Channel, due_at: DateTime<Utc>) -> Planned {
    owed(SEQUENCE, MessageKind::Advisory, occasion, audience, channel, due_at)
}

/// The audiences that care for its services and take advisories, with their channels and, where it belongs to them, the
/// place in chat where it was typed.
fn readers<'o>(
    advisory: &Advisory,
    regions: &[String],
    organisation: &'o Organisation,
) -> Vec<(&'o Audience, Channel)> {
    let place = advisory.place.parse::<Channel>().ok().filter(Channel::is_chat);
    let cares = |a: &&Audience| a.cares_for(&advisory.services, regions) && a.wants(MessageKind::Advisory);
    let channels = |audience: &'o Audience| {
        let here = place.clone().filter(|channel| audience.here && !audience.channels.contains(channel));
        let channels = audience.channels.iter().cloned().chain(here);
        channels.filter(|channel| channel.takes(MessageKind::Advisory)).map(move |channel| (audience, channel))
    };
    organisation.audiences.iter().filter(cares).flat_map(channels).collect()
}
