//! The maintenance window on PagerDuty: one for all services of the window that are known there.
//!
//! PagerDuty changes nothing that is over: work that goes on past such an end gets a second one. It forgets nothing, so
//! that what is gone, or ended before its time, was ended by hand and stays so.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};

use super::{Keeping, Kept, Key};
use crate::domain::silence::Quiet;
use crate::outward::Failure;
use crate::pagerduty::api::{Draft, Maintenance, PagerDuty};

/// PagerDuty may round what it is given.
const ROUNDED: TimeDelta = TimeDelta::minutes(1);
/// When something is looked at again that changed while it was looked at.
const AGAIN: TimeDelta = TimeDelta::seconds(30);

type Result<T> = std::result::Result<T, Failure>;

/// Does what is missing; answers the id, and until when it was set.
pub(super) async fn keep(keeping: &Keeping<'_>, client: &PagerDuty) -> Result<Kept> {
    let known = Known::read(keeping.known());
    let recorded = match &known {
        Some(known) => client.maintenance(&known.id).await?,
        None => None,
    };
    let is_open = |found: &Maintenance| found.ends_at > keeping.now;
    let mut open: Vec<Maintenance> = recorded.clone().into_iter().filter(is_open).collect();
    if keeping.doubt {
        let listed = client.open(&keeping.window.id.to_string()).await?;
        let ours = |found: &Maintenance| {
            let key = Key::read(&found.description, keeping.installation);
            key.is_some_and(|key| key.window == keeping.window.id) && is_open(found)
        };
        for found in listed.into_iter().filter(ours) {
            if open.iter().all(|known| known.id != found.id) {
                open.push(found);
            }
        }
    }
    let draft = keeping.wanted().and_then(|quiet| draft(keeping, quiet));
    let first = if draft.is_some() && !open.is_empty() { Some(open.remove(0)) } else { None };
    for superfluous in &open {
        keeping.changes();
        client.end(&superfluous.id).await?;
    }
    let Some(draft) = draft else { return Ok(Kept::new()) };
    if let Some(found) = first {
        return follow(keeping, client, &found, draft).await;
    }
    if let Some(known) = known
        && keeping.stays_ended()
        && recorded.is_none_or(|found| found.ends_at + ROUNDED < known.until)
    {
        return Ok(known.to_string());
    }
    make(keeping, client, &draft).await
}

/// What is to be there; `None`: no service of the window is on PagerDuty.
fn draft(keeping: &Keeping<'_>, quiet: Quiet) -> Option<Draft> {
    let services = keeping.organisation.on_pagerduty(&keeping.window.services);
    let (starts_at, ends_at) = (quiet.starts_at.max(keeping.now), quiet.ends_at);
    let description = keeping.comment("");
    (!services.is_empty()).then_some(Draft { starts_at, ends_at, description, services })
}

async fn make(keeping: &Keeping<'_>, client: &PagerDuty, draft: &Draft) -> Result<Kept> {
    keeping.changes();
    let id = client.make(draft).await?;
    Ok(Known { id, until: draft.ends_at }.to_string())
}

/// Changes a maintenance window that is there, where it has to be.
async fn follow(keeping: &Keeping<'_>, client: &PagerDuty, found: &Maintenance, mut draft: Draft) -> Result<Kept> {
    let now = keeping.now;
    if found.starts_at <= now && draft.starts_at > now {
        // It began, and the window was moved: the start of what has begun stays.
        keeping.changes();
        client.end(&found.id).await?;
        return make(keeping, client, &draft).await;
    }
    if found.starts_at <= now {
        draft.starts_at = found.starts_at;
    }
    let known = Known { id: found.id.clone(), until: draft.ends_at };
    if says(found, &draft) {
        return Ok(known.to_string());
    }
    keeping.changes();
    if client.change(&found.id, &draft).await? {
        return Ok(known.to_string());
    }
    let is_over = client.maintenance(&found.id).await?.is_none_or(|found| found.ends_at <= now);
    if is_over {
        return make(keeping, client, &draft).await;
    }
    let why = format!("PagerDuty does not change {}, which may have begun since it was looked at", found.id);
    Err(Failure::Later { at: now + AGAIN, why })
}

fn says(found: &Maintenance, draft: &Draft) -> bool {
    found.starts_at == draft.starts_at
        && found.ends_at == draft.ends_at
        && found.services == draft.services
        && found.description == draft.description
}

/// What the ledger remembers: `PW98YIO 2026-12-08T16:00:00Z`.
struct Known {
    id: String,
    /// Until when it was set (UTC).
    until: DateTime<Utc>,
}

impl Known {
    fn read(text: &str) -> Option<Self> {
        let (id, until) = text.split_once(' ')?;
        Some(Self { id: id.to_owned(), until: until.parse().ok()? })
    }
}

impl std::fmt::Display for Known {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.id, self.until.to_rfc3339_opts(SecondsFormat::Secs, true))
    }
}
