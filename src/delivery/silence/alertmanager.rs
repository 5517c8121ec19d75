//! The silences of a window in Alertmanager: one for each of its services, since each has matchers of its own.
//!
//! Alertmanager keeps the id of a silence where it can, and else ends the old one and makes another. What it has forgotten is
//! made anew; what somebody ended by hand stays ended.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use chrono::{DateTime, TimeDelta, Utc};

use super::{Keeping, Kept, Key, MAINTBOT};
use crate::alertmanager::api::{Alertmanager, Draft, Silence, SilenceState};
use crate::domain::organisation::Organisation;
use crate::domain::silence::Quiet;
use crate::domain::window::Window;
use crate::outward::Failure;

type Result<T> = std::result::Result<T, Failure>;

/// What one window has there, by service.
type There = BTreeMap<String, Vec<Silence>>;

/// Does what is missing; answers the id for each service.
pub(super) async fn keep(keeping: &Keeping<'_>, client: &Alertmanager) -> Result<Kept> {
    let mut there = found(keeping, client).await?;
    let wanted = keeping.wanted();
    let annotated = wanted.is_some() && client.knows_annotations().await?;
    let quiet = keeping.window.services.iter().filter(|_| wanted.is_some());
    let services: BTreeSet<String> = quiet.chain(there.keys()).cloned().collect();
    let mut kept = Kept::new();
    for service in services {
        let has = there.remove(&service).unwrap_or_default();
        let comment = keeping.comment(&service);
        let draft =
            wanted.and_then(|quiet| draft(keeping.organisation, keeping.window, &service, quiet, comment, annotated));
        if let Some(id) = (Keeper { keeping, client }).keep(draft, &has).await? {
            // Writing to a text cannot fail.
            let _ = write!(kept, "{}{service}={id}", if kept.is_empty() { "" } else { " " });
        }
    }
    Ok(kept)
}

/// What is to be there for a service of a window, as published; `None`: it is no service of the window's any more.
pub(super) fn draft(
    organisation: &Organisation,
    window: &Window,
    service: &str,
    quiet: Quiet,
    comment: String,
    annotated: bool,
) -> Option<Draft> {
    if !window.services.iter().any(|own| own == service) {
        return None;
    }
    let mut matchers = organisation.alert_matchers(service);
    matchers.sort();
    let mut annotations = BTreeMap::new();
    if annotated {
        annotations.insert("maintenance_id".to_owned(), window.id.to_string());
        annotations.insert("maintenance_url".to_owned(), organisation.window_url(window));
        annotations.insert("service".to_owned(), service.to_owned());
    }
    let (starts_at, ends_at) = (quiet.starts_at, quiet.ends_at);
    Some(Draft { matchers, starts_at, ends_at, created_by: MAINTBOT.into(), comment, annotations })
}

/// What is there by the ids that were recorded; where that is in doubt, also what has the window's key.
async fn found(keeping: &Keeping<'_>, client: &Alertmanager) -> Result<There> {
    let mut there = There::new();
    for (service, id) in keeping.known().split(' ').filter_map(|known| known.split_once('=')) {
        let found = client.silence(id).await?;
        there.entry(service.to_owned()).or_default().extend(found);
    }
    if !keeping.doubt {
        return Ok(there);
    }
    for silence in client.silences().await? {
        let Some(key) = key_of(&silence, keeping.installation).filter(|key| key.window == keeping.window.id) else {
            continue;
        };
        let has = there.entry(key.service.to_owned()).or_default();
        if silence.state != SilenceState::Expired && has.iter().all(|known| known.id != silence.id) {
            has.push(silence);
        }
    }
    Ok(there)
}

/// The key of a silence of ours.
pub(super) fn key_of<'a>(silence: &'a Silence, installation: &'a str) -> Option<Key<'a>> {
    Key::read(&silence.comment, installation).filter(|_| silence.created_by == MAINTBOT)
}

/// Somebody ended it: then it was changed last when it ended. One that ended by itself was changed before.
pub(super) fn was_ended(silence: &Silence) -> bool {
    silence.state == SilenceState::Expired && (silence.ends_at - silence.updated_at).abs() < TimeDelta::seconds(1)
}

/// Whether a silence is as it is to be at an instant (UTC).
pub(super) fn says(silence: &Silence, draft: &Draft, now: DateTime<Utc>) -> bool {
    let begun = silence.state == SilenceState::Active && draft.starts_at <= now;
    (begun || silence.starts_at == draft.starts_at)
        && silence.ends_at == draft.ends_at
        && silence.matchers == draft.matchers
        && silence.comment == draft.comment
        && silence.created_by == draft.created_by
        && silence.annotations == draft.annotations
}

/// One service of a window.
struct Keeper<'a> {
    keeping: &'a Keeping<'a>,
    client: &'a Alertmanager,
}

impl Keeper<'_> {
    /// Brings what is there in step with what is to be; the id to remember.
    async fn keep(&self, draft: Option<Draft>, has: &[Silence]) -> Result<Option<String>> {
        let mut live = has.iter().filter(|silence| silence.state != SilenceState::Expired);
        let first = live.next();
        let superfluous = live.chain(first.filter(|_| draft.is_none()));
        for silence in superfluous {
            self.keeping.changes();
            self.client.expire(&silence.id).await?;
        }
        let Some(draft) = draft else { return Ok(None) };
        if let Some(silence) = first {
            return self.follow(silence, draft).await;
        }
        let ended = has.iter().find(|silence| was_ended(silence) && self.keeping.stays_ended());
        match ended {
            Some(silence) => Ok(Some(silence.id.clone())),
            None => self.put(None, &draft).await,
        }
    }

    /// Changes a silence that is there, where it has to be.
    async fn follow(&self, silence: &Silence, mut draft: Draft) -> Result<Option<String>> {
        if says(silence, &draft, self.keeping.now) {
            return Ok(Some(silence.id.clone()));
        }
        if silence.state == SilenceState::Active && draft.starts_at <= self.keeping.now {
            // With another start it would become another silence.
            draft.starts_at = silence.starts_at;
        }
        match self.put(Some(&silence.id), &draft).await? {
            Some(id) => Ok(Some(id)),
            // It was lost since it was looked at.
            None => self.put(None, &draft).await,
        }
    }

    async fn put(&self, id: Option<&str>, draft: &Draft) -> Result<Option<String>> {
        self.keeping.changes();
        self.client.put(id, draft).await
    }
}
