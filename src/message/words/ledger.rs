//! The ledger in words: what goes out when, to whom, and what became of it.

use std::collections::HashMap;

use super::super::Block;
use super::super::text::one_line;
use crate::domain::calendar::{Zone, at};
use crate::domain::channel::Channel;
use crate::domain::ledger::{Class, Delivery, DeliveryState, MessageKind, Planned, Reason};
use crate::domain::subscription::SUBSCRIBERS;

/// A ledger as a table: when, what, to whom, and what became of it.
#[must_use]
pub fn ledger<'a>(rows: impl Iterator<Item = LedgerRow<'a>>, zone: &Zone) -> Block {
    let rows: Vec<LedgerRow<'_>> = rows.filter(|row| row.plan.message.class() == Class::Message).collect();
    let cells = |row: &LedgerRow<'_>, to: String| {
        let what = match row.plan.message {
            MessageKind::EmptyList => "empty change list".into(),
            MessageKind::NoPoc => "no contact".into(),
            MessageKind::ToldRequest => "please tell customers".into(),
            MessageKind::ToldOverdue => "customers not told".into(),
            other => other.as_str().replace('_', " "),
        };
        let lead =
            row.plan.lead.as_deref().filter(|lead| *lead != "at_once").map(|l| format!(" {l}")).unwrap_or_default();
        vec![at(row.plan.due_at, zone), format!("{what}{lead}"), to, row.fate.clone()]
    };
    // Addresses of people who subscribed are counted: there may be many, and whoever reads this need not know them.
    let by_mail = |plan: &Planned| plan.audience == SUBSCRIBERS && matches!(plan.channel, Channel::Email(_));
    let mut shown: Vec<(Vec<String>, usize)> = Vec::with_capacity(rows.len());
    let mut known: HashMap<Vec<String>, usize> = HashMap::new();
    for row in &rows {
        if !by_mail(row.plan) {
            shown.push((cells(row, format!("{} ({})", row.plan.audience, row.plan.channel)), 1));
            continue;
        }
        let cells = cells(row, String::new());
        let place = *known.entry(cells.clone()).or_insert(shown.len());
        match shown.get_mut(place) {
            Some((_, count)) => *count += 1,
            None => shown.push((cells, 1)),
        }
    }
    let counted = |(mut cells, count): (Vec<String>, usize)| {
        if let Some(to) = cells.get_mut(TO).filter(|to| to.is_empty()) {
            *to = format!("{SUBSCRIBERS} ({count} by mail)");
        }
        cells
    };
    let head = ["When", "Message", "To", ""].map(String::from).to_vec();
    Block::Table { head, rows: shown.into_iter().map(counted).collect() }
}

/// The column that says to whom.
const TO: usize = 2;

/// One row of a ledger table.
#[derive(Clone, Debug)]
pub struct LedgerRow<'a> {
    /// The plan.
    pub plan: &'a Planned,
    /// What became of it, in words.
    pub fate: String,
}

impl<'a> LedgerRow<'a> {
    /// A row that is only planned.
    #[must_use]
    pub fn planned(plan: &'a Planned) -> Self {
        let fate = plan.skipped.map(not_sent).unwrap_or_default();
        Self { plan, fate: one_line(&[fate, noted(plan)].join(" ")) }
    }

    /// A stored row.
    #[must_use]
    pub fn stored(row: &'a Delivery, zone: &Zone) -> Self {
        let why = row.reason.map(not_sent).unwrap_or_default();
        let fate = match row.state {
            DeliveryState::Due => String::new(),
            DeliveryState::Sending => "being sent".into(),
            DeliveryState::Sent => format!("sent {}", row.sent_at.map(|t| at(t, zone)).unwrap_or_default()),
            DeliveryState::Retrying => {
                format!(
                    "failed {}, will be tried again: {}",
                    times(row.attempts),
                    row.error.as_deref().unwrap_or("no answer")
                )
            }
            DeliveryState::Dead => format!("given up: {}", row.error.as_deref().unwrap_or("no answer")),
            DeliveryState::Skipped | DeliveryState::Superseded => why,
        };
        Self { plan: &row.plan, fate: one_line(&[fate, noted(&row.plan)].join(" ")) }
    }
}

/// What a change of the clocks did to the time.
fn noted(plan: &Planned) -> String {
    plan.note.as_ref().map(|note| format!("({note})")).unwrap_or_default()
}

fn times(n: i64) -> String {
    if n == 1 { "once".into() } else { format!("{n} times") }
}

fn not_sent(reason: Reason) -> String {
    let why = match reason {
        Reason::Moved => "the window moved",
        Reason::Cancelled => "the window was cancelled",
        Reason::Newer => "something newer says it",
        Reason::TooLate => "its moment had passed",
        Reason::AlreadyTold => "its readers know it already",
        Reason::NotToldBefore => "this channel was never told of the window",
        Reason::DayOffMerge => "merged with another reminder",
        Reason::Unsubscribed => "unsubscribed",
        Reason::NoRecipient => "nobody to send it to",
    };
    format!("not sent: {why}")
}
