//! `suggest`: the quietest times that satisfy every rule.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::schedule::PRODUCTION;
use super::{Cx, Outcome, Reply, SlotView};
use crate::command::Suggest;
use crate::command::when::Moment;
use crate::domain::finding::{Around, NARROW_GAP};
use crate::domain::suggest::{self, Ask, Known, LONGEST_LOOK, WeekLoad};
use crate::domain::window::Kind;
use crate::message::words;

/// Slots are looked for over so long a time where nobody says until when.
const LOOK_AHEAD: TimeDelta = TimeDelta::days(60);
/// A measurement older than this says nothing about now.
const STALE: TimeDelta = TimeDelta::days(28);
/// The longest a window may be.
const LONGEST: TimeDelta = super::schedule::LONGEST;

impl Cx<'_> {
    pub(super) async fn suggest(&mut self, c: &Suggest) -> Outcome<Reply> {
        let services = self.services(&c.service)?;
        let regions = self.regions(&c.regions, &services)?;
        let kind = c.kind.clone().unwrap_or_else(|| Kind(Kind::SCHEDULED.into()));
        self.known_kind(&kind)?;
        if c.duration > LONGEST {
            let detail = "A window is at most 31 days long.";
            return Err(self.parsed.refuse("duration", usize::MAX..usize::MAX, detail, Some("31d".into())).into());
        }
        let zones = self.zones(c.tz.as_ref(), None, &services);
        let moment = |option: &str, typed: &Option<Moment>| {
            let at = typed.as_ref().map(|m| m.resolve(self.now, &zones)).transpose();
            at.map_err(|e| self.parsed.refuse(option, e.range, e.message, e.hint))
        };
        let (earliest, before) = (moment("from", &c.from)?, moment("before", &c.before)?);
        let earliest = earliest.unwrap_or(self.now).max(self.now);
        let before = before.unwrap_or(earliest + LOOK_AHEAD).min(earliest + LONGEST_LOOK);
        if before - earliest < c.duration {
            let detail = "Nothing of that length fits before that time.";
            let later = (earliest + c.duration + TimeDelta::days(30)).date_naive().to_string();
            return Err(self.parsed.refuse("before", usize::MAX..usize::MAX, detail, Some(later)).into());
        }
        let environment = self.service_setting(&services, |s| s.environment.clone());
        let environment = c.environment.clone().or(environment).unwrap_or_else(|| PRODUCTION.into());
        let traffic = self.traffic(&services).await?;
        let (from, to) = (earliest - NARROW_GAP, before + NARROW_GAP);
        let others = self.tx.windows_touching(from, to, &environment, &services).await?;
        let freezes = self.freezes_ahead().await?;
        let ask =
            Ask { services, environment, regions, kind, length: c.duration, zone: zones.home(), earliest, before };
        let around = Around { organisation: self.organisation, freezes: &freezes, others: &others, now: self.now };
        let found = suggest::suggest(&ask, &Known { around, traffic: &traffic });
        let message = words::suggestion(self.organisation, &ask, &found, &self.unmeasured(&ask, &traffic));
        let view = |slot: &suggest::Slot| SlotView {
            starts_at: slot.span.starts_at,
            ends_at: slot.span.ends_at,
            why: slot.why.iter().map(|why| words::why(self.organisation, why)).collect(),
        };
        let slots = Some(found.slots.iter().map(view).collect());
        Ok(Reply { message, slots, ..Reply::default() })
    }

    /// What was measured of these services.
    async fn traffic(&mut self, services: &[String]) -> Outcome<BTreeMap<String, WeekLoad>> {
        let mut known = BTreeMap::new();
        for service in services {
            if !self.is_measured(service) {
                continue;
            }
            let stored: Option<(DateTime<Utc>, Vec<f64>)> = self.tx.traffic(service).await?;
            let fresh = stored.filter(|(at, _)| self.now - *at < STALE);
            if let Some(load) = fresh.and_then(|(_, loads)| WeekLoad::new(&loads)) {
                known.insert(service.clone(), load);
            }
        }
        Ok(known)
    }

    fn is_measured(&self, id: &str) -> bool {
        self.organisation.services.get(id).is_some_and(|service| service.quiet_query.is_some())
    }

    /// Services whose use should be measured and is not yet, or not of late.
    fn unmeasured(&self, ask: &Ask, traffic: &BTreeMap<String, WeekLoad>) -> Vec<String> {
        ask.services.iter().filter(|id| self.is_measured(id)).filter(|id| !traffic.contains_key(*id)).cloned().collect()
    }
}
