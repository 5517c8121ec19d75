//! A window as an entry of a status page that is filled by JSON, as the configuration says.
//!
//! Such a page is told everything each time. What it has cannot be read but in its list, where that is configured: an entry in
//! doubt is found there by the page of its window, and without a list the operator is asked to look.

use chrono::{DateTime, SecondsFormat, Utc};

use super::{Outcome, Publishing};
use crate::domain::ledger::{DeliveryState, MessageKind};
use crate::domain::organisation::AutoComplete;
use crate::domain::window::State;
use crate::message::text::one_line;
use crate::outward::Failure;
use crate::statuspage::json::{Entry, JsonPage, Thing};

impl Publishing<'_> {
    /// Brings the entry in step, or makes it; its id there.
    pub(super) async fn keep_filled(&self, page: &JsonPage) -> Outcome<Option<String>> {
        let entry = self.entry(page)?;
        let (over, off) = (self.is_gone() || self.topic.window.state.is_over(), entry.status == "cancelled");
        let known = self.listed(page, &entry.url).await?;
        if let Some(id) = &known {
            let kept = if off { page.withdraw(id, &entry).await } else { page.update(id, &entry).await };
            match kept {
                Ok(()) => return Ok(known),
                // Somebody deleted it.
                Err(Failure::Missing { .. }) => {}
                Err(failure) => return Err(failure.into()),
            }
        }
        if over || !self.may_publish() {
            return Ok(known);
        }
        Ok(Some(page.create(&entry).await?))
    }

    /// It touches nothing any more that the page is about.
    fn is_gone(&self) -> bool {
        !self.is_concerned()
    }

    /// The id of the entry: as it was recorded, or as it stands in the list where one may have been made unrecorded.
    async fn listed(&self, page: &JsonPage, url: &str) -> Outcome<Option<String>> {
        let known = self.known();
        if known.is_some() || !self.may_be_there() {
            return Ok(known);
        }
        let Some(entries) = page.list().await? else {
            let why = format!(
                "an entry of {url} may have been made on status page {} or not: look there; with `list` in its \
                 [[status_page]] maintbot looks by itself",
                page.name()
            );
            return Err(Failure::Refused { why }.into());
        };
        Ok(entries.into_iter().find(|entry| entry.holds(url)).map(|entry| entry.id))
    }

    /// Everything that templates can name.
    fn entry(&self, page: &JsonPage) -> Outcome<Entry> {
        let (window, organisation) = (&self.topic.window, &self.sender.organisation);
        let policy = organisation.policy(&window.kind, &window.services);
        let updates = self.updates(self.said_up_to(), Some(self.own_event()))?;
        let texts: Vec<String> = updates.into_iter().map(|update| update.text).collect();
        let is_first = self.known().is_none();
        let region = |id: &String| {
            let name = organisation.regions.get(id).map_or(id, |region| &region.name);
            Thing { id: id.clone(), name: one_line(name) }
        };
        let service = |id: &String| Thing { id: id.clone(), name: one_line(organisation.service_name(id)) };
        Ok(Entry {
            id: window.id.to_string(),
            title: one_line(&window.title),
            url: organisation.window_url(window),
            status: if self.is_gone() { "cancelled" } else { status(window.state) },
            starts_at: stamp(window.span.starts_at),
            ends_at: stamp(window.span.ends_at),
            starts_at_plain: plain(window.span.starts_at),
            ends_at_plain: plain(window.span.ends_at),
            minutes: window.span.length().num_minutes(),
            services: window.services.iter().map(service).collect(),
            regions: window.regions.iter().map(region).collect(),
            body: self.announcement()?,
            notify: page.notifies() && (is_first || !texts.is_empty()),
            update: texts.join("\n\n"),
            auto_start: policy.auto_start && self.topic.held().is_none(),
            auto_complete: policy.auto_complete == AutoComplete::AtEnd && self.topic.items.all_done(),
        })
    }

    /// The event that the row tells of, and what came before it; nothing new where no event made it.
    fn own_event(&self) -> i64 {
        let own = self.row.plan.occasion.parse().ok();
        own.filter(|_| self.row.plan.message == MessageKind::StatusPage).unwrap_or_default()
    }

    /// The last event that the page was told of: the one of the last row that was sent, or all there were by then.
    fn said_up_to(&self) -> i64 {
        let rows = self.page_rows();
        let sent = rows.iter().filter(|row| row.state == DeliveryState::Sent && row.id != self.row.id);
        let said = |row: &crate::domain::ledger::Delivery| {
            let by_then = self.about.events.iter().filter(|event| row.sent_at.is_some_and(|sent| event.at <= sent));
            row.plan.occasion.parse().ok().or_else(|| by_then.map(|event| event.id).max()).unwrap_or_default()
        };
        sent.map(said).max().unwrap_or_default()
    }
}

/// Where a window is, in the words that templates know.
fn status(state: State) -> &'static str {
    match state {
        State::Pending | State::Scheduled => "scheduled",
        State::InProgress => "in_progress",
        State::Verifying => "verifying",
        State::Completed => "completed",
        State::Cancelled => "cancelled",
    }
}

fn stamp(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn plain(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M:%S").to_string()
}
