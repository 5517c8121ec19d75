//! Freezes, the calendar that shows them, and who has told which customer.

use chrono::{Datelike, Days, NaiveDate};

use super::plan::about;
use super::{Cx, Outcome, Reply};
use crate::command::when::Moment;
use crate::command::{Calendar, FreezeAdd, FreezeRemove, Told};
use crate::domain::calendar::{day_start, local};
use crate::domain::customer::{self, Told as Record};
use crate::domain::event::What;
use crate::domain::freeze::Freeze;
use crate::domain::refusal::Refusal;
use crate::domain::window::Step;
use crate::message::words;

/// A freeze is at most so long.
const LONGEST_DAYS: i64 = 366;
/// A calendar shows so many days unless asked for others.
const CALENDAR_DAYS: u64 = 35;
/// And at most so many.
const MOST_DAYS: i64 = 400;

impl Cx<'_> {
    pub(super) async fn freeze_add(&mut self, c: &FreezeAdd) -> Outcome<Reply> {
        let (from, to) = (self.day("from", &c.from)?, self.day("to", &c.to)?);
        let today = local(self.now, &self.organisation.zone).date();
        let wrong = |option: &str, detail: &str, value: NaiveDate| {
            self.parsed.refuse(option, usize::MAX..usize::MAX, detail, Some(value.to_string()))
        };
        if to < from {
            return Err(wrong("to", "It ends before it begins.", from).into());
        }
        if to < today {
            return Err(wrong("to", "That is over already.", today).into());
        }
        if (to - from).num_days() >= LONGEST_DAYS {
            let latest = from.checked_add_days(Days::new(365)).unwrap_or(from);
            return Err(wrong("to", "A freeze is at most a year long.", latest).into());
        }
        for kind in &c.kind {
            self.known_kind(kind)?;
        }
        let services = if c.service.is_empty() { Vec::new() } else { self.services(&c.service)? };
        let regions = if c.regions.is_empty() { Vec::new() } else { self.regions(&c.regions, &[])? };
        let freeze = Freeze {
            id: self.tx.next_freeze_id().await?,
            title: c.title.clone(),
            from,
            to,
            services,
            regions,
            kinds: c.kind.clone(),
            by: self.actor.id.clone(),
            created_at: self.now,
        };
        self.tx.insert_freeze(&freeze).await?;
        let what = What::Frozen { title: freeze.title.clone(), days: freeze.days_words() };
        self.record_on(freeze.id, &what).await?;
        let (start, end) = freeze.bounds(&self.organisation.zone);
        let open = self.tx.open_windows_between(start, end).await?;
        let inside: Vec<_> = open.into_iter().filter(|w| freeze.concerns(w)).collect();
        let message = words::freeze_added(&freeze, &inside, self.dry_run());
        Ok(Reply { windows: inside.iter().map(|w| w.id).collect(), ..about(freeze.id, message) })
    }

    pub(super) async fn freeze_list(&mut self) -> Outcome<Reply> {
        let today = local(self.now, &self.organisation.zone).date();
        let found = self.tx.freezes(Some(today)).await?;
        Ok(Reply { message: words::freezes(&found), ..Reply::default() })
    }

    pub(super) async fn freeze_remove(&mut self, c: &FreezeRemove) -> Outcome<Reply> {
        let found = self.tx.freeze(c.freeze).await?;
        let Some(freeze) = found else {
            return Err(Refusal::not_found(format!("freeze {}", c.freeze), "/maintenance freeze list").into());
        };
        self.tx.remove_freeze(freeze.id, self.now).await?;
        self.record_on(freeze.id, &What::Thawed { title: freeze.title.clone() }).await?;
        Ok(about(freeze.id, words::freeze_removed(&freeze, self.dry_run())))
    }

    /// A typed day in the organisation's zone.
    fn day(&self, option: &str, moment: &Moment) -> Outcome<NaiveDate> {
        let mut zones = self.zones(None, None, &[]);
        zones.tz = Some(self.organisation.zone.clone());
        let at = moment.resolve(self.now, &zones);
        let at = at.map_err(|e| self.parsed.refuse(option, e.range, e.message, e.hint))?;
        Ok(local(at, &self.organisation.zone).date())
    }

    /// Windows, freezes and days off, day by day.
    pub(super) async fn calendar(&mut self, c: &Calendar) -> Outcome<Reply> {
        let zone = self.author_zone.clone().unwrap_or_else(|| self.organisation.zone.clone());
        let today = local(self.now, &zone).date();
        let from = match &c.from {
            Some(moment) => self.day("from", moment)?,
            None => today,
        };
        let to = match &c.to {
            Some(moment) => self.day("to", moment)?,
            None => from.checked_add_days(Days::new(CALENDAR_DAYS - 1)).unwrap_or(from),
        };
        if to < from || (to - from).num_days() > MOST_DAYS {
            let detail = format!("A calendar runs forward, for at most {MOST_DAYS} days.");
            let value = from.checked_add_days(Days::new(CALENDAR_DAYS)).unwrap_or(from).to_string();
            return Err(self.parsed.refuse("to", usize::MAX..usize::MAX, detail, Some(value)).into());
        }
        let (start, end) = (day_start(from, &zone), day_start(to.succ_opt().unwrap_or(to), &zone));
        let services = if c.service.is_empty() { Vec::new() } else { self.services(&c.service)? };
        let meets = |mine: &[String], theirs: &[String]| {
            mine.is_empty() || theirs.is_empty() || mine.iter().any(|id| theirs.contains(id))
        };
        let windows: Vec<_> = self
            .tx
            .open_windows_between(start, end)
            .await?
            .into_iter()
            .filter(|w| meets(&services, &w.services) && meets(&c.regions, &w.regions))
            .collect();
        let freezes = self.tx.freezes(Some(from)).await?;
        let freezes: Vec<_> = freezes
            .into_iter()
            .filter(|f| f.from <= to && meets(&services, &f.services) && meets(&c.regions, &f.regions))
            .collect();
        let holidays: Vec<NaiveDate> =
            self.organisation.working.holidays.range(from..=to).copied().filter(|day| day.year() > 0).collect();
        let message = words::calendar((from, to), &zone, &windows, &freezes, &holidays, self.now);
        Ok(Reply { message, windows: windows.iter().map(|w| w.id).collect(), ..Reply::default() })
    }

    /// A customer was told of a window by the one who says so.
    pub(super) async fn told_customer(&mut self, c: &Told) -> Outcome<Reply> {
        let (mut w, items) = self.window_for(c.window, Step::Told).await?;
        let known = customer::touched(self.organisation, &w);
        let Some(customer) = known.iter().find(|known| known.id.eq_ignore_ascii_case(&c.customer)).copied() else {
            return Err(self.no_such_customer(&c.customer, &known).into());
        };
        let record =
            Record { customer: customer.id.clone(), round: w.told_round, by: self.actor.id.clone(), at: self.now };
        if !self.tx.add_told(w.id, &record).await? {
            let told = self.tx.told(w.id).await?;
            let by = told.iter().find(|t| t.customer == record.customer && t.round == record.round);
            let by = by.map_or_else(|| self.actor.id.clone(), |t| t.by.clone());
            let detail = format!("{} was told of {} already, by {by}.", customer.id, w.id);
            return Err(Refusal::rule(detail, format!("/maintenance show {}", w.id)).into());
        }
        let what = What::Told { customer: customer.id.clone() };
        let event = self.record(&mut w, &what).await?;
        self.conclude(&w, &items, event, &what).await?;
        self.sync_list(&w, &items, event).await?;
        let told = self.tx.told(w.id).await?;
        let lines = customer::tell_list(self.organisation, &w, &told);
        let message = words::told(&w, customer, &lines, self.dry_run());
        Ok(self.reply(&w, message))
    }

    fn no_such_customer(&self, typed: &str, known: &[&customer::Customer]) -> Refusal {
        let ids = known.iter().map(|c| c.id.clone()).collect::<Vec<_>>();
        let likeness = |id: &String| strsim::jaro_winkler(&id.to_lowercase(), &typed.to_lowercase());
        let near = ids.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
        let detail = if ids.is_empty() {
            "This window touches no customer that is written down.".to_owned()
        } else {
            format!("`{typed}` is not a customer of this window; these are: {}.", ids.join(", "))
        };
        self.parsed.refuse("customer", usize::MAX..usize::MAX, detail, near.cloned())
    }
}
