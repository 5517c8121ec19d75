//! A window as a scheduled maintenance on Statuspage.
//!
//! Statuspage begins and ends such entries by itself where they say so, and the flags say what policy says, so that both
//! sides agree. The entry carries, where nobody sees it, the page of its window and the last event that it tells of: an
//! entry in doubt is found by the one, and nothing is said twice because of the other.

use serde_json::{Map, Value, json};

use super::said::{Tell, Update};
use super::{Outcome, Publishing};
use crate::outward::Failure;
use crate::statuspage::api::{Incident, Status, Statuspage};
use crate::statuspage::render::Wanted;

impl Publishing<'_> {
    /// Brings the entry in step, or makes it; the id by which it is found again.
    pub(super) async fn keep_entry(&self, page: &Statuspage) -> Outcome<Option<String>> {
        let (organisation, concerned) = (&self.sender.organisation, self.is_concerned());
        let wanted = Wanted::of(page, organisation, self.topic, concerned, self.now);
        let known = self.known();
        let found = self.found(page, known.as_deref(), &wanted).await?;
        let over = wanted.status == Status::Completed;
        match found {
            Some(incident) if over || !incident.is_over() => self.follow(page, &wanted, incident).await.map(Some),
            // What was ended there does not begin again: there is a new entry for what goes on here.
            _ if !over && self.may_publish() => self.make(page, &wanted, known.is_none()).await.map(Some),
            found => Ok(found.map(|incident| incident.id).or(known)),
        }
    }

    /// The entry of this window, if there is one.
    async fn found(&self, page: &Statuspage, known: Option<&str>, wanted: &Wanted) -> Outcome<Option<Incident>> {
        if self.may_be_there() {
            let open = page.open().await?;
            if let Some(incident) = open.into_iter().find(|one| one.window_url() == Some(wanted.url.as_str())) {
                return Ok(Some(incident));
            }
        }
        let Some(known) = known else { return Ok(None) };
        match page.incident(known).await {
            Ok(incident) => Ok(Some(incident)),
            Err(Failure::Missing { .. }) => Ok(None),
            Err(failure) => Err(failure.into()),
        }
    }

    /// Makes the entry; who subscribed is told of the first one.
    async fn make(&self, page: &Statuspage, wanted: &Wanted, first: bool) -> Outcome<String> {
        let entry = wanted.entry(&self.announcement()?, self.last_event(), first && page.notifies());
        Ok(page.create(&entry).await?.id)
    }

    /// Says what happened, and changes what differs: the facts with the first text, the state with the one that is about it.
    async fn follow(&self, page: &Statuspage, wanted: &Wanted, mut incident: Incident) -> Outcome<String> {
        let said = incident.said_up_to().unwrap_or_else(|| self.last_event());
        let mut updates = self.updates(said, None)?;
        if incident.is_over() && !self.is_concerned() {
            // It says so already.
            updates.clear();
        }
        let mut changes = wanted.changes(&incident);
        let last = updates.len().saturating_sub(1);
        for (n, update) in updates.iter().enumerate() {
            let to = if n == last { wanted.status } else { update.status.unwrap_or(incident.status) };
            let step = text(page, wanted, &incident, update, to);
            changes.extend(step);
            incident = page.update(&incident.id, &Value::Object(std::mem::take(&mut changes))).await?;
        }
        changes.extend(wanted.step(&incident, wanted.status));
        if updates.is_empty() && !changes.is_empty() {
            changes.insert("deliver_notifications".into(), json!(false));
            incident = page.update(&incident.id, &Value::Object(changes)).await?;
        }
        Ok(incident.id)
    }
}

/// One thing that is said, with the step that it is about.
fn text(page: &Statuspage, wanted: &Wanted, incident: &Incident, update: &Update, to: Status) -> Map<String, Value> {
    let told = match update.tell {
        Tell::Them => true,
        Tell::UnlessDone => incident.status != to,
        Tell::Nobody => false,
    };
    let mut step = wanted.step(incident, to);
    step.insert("status".into(), to.as_str().into());
    step.insert("body".into(), update.text.as_str().into());
    step.insert("deliver_notifications".into(), json!(told && page.notifies()));
    step.insert("metadata".into(), incident.marked(&wanted.url, update.event));
    step
}
