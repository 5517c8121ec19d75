//! Outward half: posts into console channels and keeps the built-in change-list issue in step. Everything is written in
//! the sender's transaction, together with the row's `sent`.

use chrono::{DateTime, Utc};

use crate::domain::change::ChangeList;
use crate::domain::ledger::Delivery;
use crate::domain::organisation::Organisation;
use crate::domain::window::{State, Window};
use crate::message::{Block, Message, words};
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
    tx.insert_post(channel, row.window, Some(row.id), &message.plain(), now).await
}

/// Edits a post in place, if its text changes at all.
pub async fn edit(tx: &mut Tx, id: i64, message: &Message, now: DateTime<Utc>) -> Result<(), StoreError> {
    let text = message.plain();
    if tx.post(id).await?.is_some_and(|post| post.text != text) {
        tx.edit_post(id, &text, now).await?;
    }
    Ok(())
}

/// Opens the window's issue or brings its text and state in step with the window; closed as completed once every item
/// is done or the window is over, as not planned when it was called off. Returns its id in the tracker.
pub async fn keep_issue(
    tx: &mut Tx,
    organisation: &Organisation,
    w: &Window,
    items: &ChangeList,
    now: DateTime<Utc>,
) -> Result<Option<String>, StoreError> {
    let before = tx.issue(w.id).await?;
    let close_reason = match w.state {
        State::Cancelled => Some("not planned"),
        State::Completed => Some("completed"),
        State::Verifying if items.all_done() => Some("completed"),
        _ => None,
    };
    let closed_at = close_reason.map(|_| before.as_ref().and_then(|issue| issue.closed_at).unwrap_or(now));
    let facts = words::facts(organisation, w, now).into_iter().filter(|(name, _)| *name != "Page");
    let body = Message::default()
        .facts(facts)
        .block(Block::Items(words::item_lines(items, &w.span.zone)))
        .text(format!("Report an item done with /maintenance done {} NUMBER, or tick its box.", w.id));
    let issue = Issue {
        window: w.id,
        title: w.title.clone(),
        body: body.plain(),
        open: close_reason.is_none(),
        close_reason: close_reason.map(str::to_owned),
        opened_at: before.map_or(now, |issue| issue.opened_at),
        updated_at: now,
        closed_at,
    };
    tx.save_issue(&issue).await?;
    Ok(Some(w.id.to_string()))
}
