//! Outward half: posts into console channels and keeps the built-in change-list issues in step. Everything is written in
//! the sender's transaction, together with the row's `sent`.

use chrono::{DateTime, Utc};

use crate::domain::ledger::{Delivery, MessageKind};
use crate::domain::organisation::Organisation;
use crate::message::topic::Topic;
use crate::message::words::Closed;
use crate::message::{Message, words};
use crate::store::{Issue, StoreError, Tx};

/// Posts a message; a delivery that was posted before keeps its post. Returns the post's id.
pub async fn post(
    tx: &mut Tx,
    channel: &str,
    row: &Delivery,
    message: &Message,
    now: DateTime<Utc>,
) -> Result<i64, StoreError> {
    if let Some(post) = tx.post_of_delivery(row.id).await? {
        return Ok(post.id);
    }
    tx.insert_post(channel, Some(row.subject), Some(row.id), &message.plain(), now).await
}

/// Edits a post in place, if its text changes at all.
pub async fn edit(tx: &mut Tx, id: i64, message: &Message, now: DateTime<Utc>) -> Result<(), StoreError> {
    let text = message.plain();
    if tx.post(id).await?.is_some_and(|post| post.text != text) {
        tx.edit_post(id, &text, now).await?;
    }
    Ok(())
}

/// Opens the change-list issue of a window or plan or brings its text and state in step. Returns its id in the tracker;
/// `None` where there is nothing to do, because what was never public has no issue to update or close.
pub async fn keep_issue(
    tx: &mut Tx,
    organisation: &Organisation,
    topic: &Topic,
    message: MessageKind,
    now: DateTime<Utc>,
) -> Result<Option<String>, StoreError> {
    let subject = topic.subject();
    let issue = words::issue(organisation, topic, now);
    let close_reason = issue.closed.map(Closed::as_str);
    let before = tx.issue(subject).await?;
    if before.is_none() && close_reason.is_some() && message != MessageKind::IssueOpen {
        return Ok(None);
    }
    let closed_at = close_reason.map(|_| before.as_ref().and_then(|issue| issue.closed_at).unwrap_or(now));
    let stored = Issue {
        subject,
        title: issue.title.clone(),
        body: issue.into_message().plain(),
        open: close_reason.is_none(),
        close_reason: close_reason.map(str::to_owned),
        opened_at: before.map_or(now, |issue| issue.opened_at),
        updated_at: now,
        closed_at,
    };
    tx.save_issue(&stored).await?;
    Ok(Some(subject.to_string()))
}
