//! How a security advisory looks in the API.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{instant, known};
use crate::domain::advisory::Fix;
use crate::domain::organisation::Organisation;
use crate::domain::window::Window;
use crate::message::topic::AdvisoryTopic;

/// An advisory; with what only staff may read where `staff` says so, else it must be public.
pub(in super::super) fn advisory(
    organisation: &Organisation,
    topic: &AdvisoryTopic,
    staff: bool,
    now: DateTime<Utc>,
) -> Value {
    let a = &topic.advisory;
    let window = if staff { topic.window.as_ref().map(|w| w.id) } else { shown_window(topic).map(|w| w.id) };
    let mut body = json!({
        "id": a.id,
        "title": a.title,
        "ids": a.ids,
        "severity": a.severity,
        "disposition": a.disposition,
        "services": a.services,
        "window": window,
        "public": known(&a.public),
        "is_public": topic.is_disclosed(now),
        "publish_at": a.publish_at.map(instant),
        "published_at": a.published_at.map(instant),
        "withdrawn_at": a.withdrawn_at.map(instant),
        "withdrawn_because": known(&a.withdrawn_because),
        "fixes": topic.fixes.iter().map(|(fix, _)| fixed(fix)).collect::<Vec<_>>(),
        "url": organisation.advisory_url(a.id),
        "created_at": instant(a.created_at),
    });
    if staff {
        body["details"] = json!(known(&a.details));
        body["requester"] = json!(a.requester);
    }
    body
}

fn shown_window(topic: &AdvisoryTopic) -> Option<Window> {
    use crate::domain::advisory::Disposition;
    let patched = topic.window.clone().filter(|_| topic.advisory.disposition == Disposition::Patched);
    patched.or_else(|| topic.public_window())
}

fn fixed(fix: &Fix) -> Value {
    json!({
        "service": fix.service,
        "window": fix.place.map(|place| place.window),
        "item": fix.place.map(|place| place.item),
        "fixed_at": fix.fixed_at.map(instant),
    })
}
