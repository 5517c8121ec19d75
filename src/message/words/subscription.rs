//! The words of replies about subscriptions.

use super::super::Message;
use super::super::text::{count, one_line};
use super::planning::{heading, table};
use crate::domain::channel::Channel;
use crate::domain::ledger::Planned;
use crate::domain::organisation::Organisation;
use crate::domain::subscription::{Choice, SUBSCRIBERS, Subscription};

/// Rows of a list of subscriptions before it is folded.
pub const SUBSCRIPTIONS_SHOWN: usize = 50;

/// What a subscriber hears of, by the names people know: `Jira and CRM, in eu`.
#[must_use]
pub fn chosen(organisation: &Organisation, choice: &Choice) -> String {
    let name = |id: &String| one_line(organisation.service_name(id));
    let region = |id: &String| organisation.regions.get(id).map_or_else(|| one_line(id), |r| one_line(&r.name));
    let services =
        if choice.services.is_empty() { "all services".into() } else { all_of(choice.services.iter().map(name)) };
    if choice.regions.is_empty() {
        return services;
    }
    format!("{services}, in {}", all_of(choice.regions.iter().map(region)))
}

fn all_of(names: impl Iterator<Item = String>) -> String {
    let mut names: Vec<String> = names.collect();
    match (names.pop(), names.is_empty()) {
        (Some(last), false) => format!("{} and {last}", names.join(", ")),
        (last, _) => last.unwrap_or_default(),
    }
}

/// A channel is told from now on; `is_new`: of more than before.
#[must_use]
pub fn subscribed(organisation: &Organisation, subscription: &Subscription, is_new: bool, dry_run: bool) -> Message {
    let (channel, what) = (&subscription.channel, chosen(organisation, &subscription.choice));
    if !is_new {
        return heading(dry_run, format!("{channel} is subscribed already: to {what}"));
    }
    heading(dry_run, format!("{channel} is subscribed to {what}"))
        .text("Announcements, reminders and changes come from now on, each at its time. To end it:")
        .copy(format!("/maintenance unsubscribe to:{channel}"))
}

/// A channel was not told before.
#[must_use]
pub fn not_subscribed(channel: &Channel, dry_run: bool) -> Message {
    heading(dry_run, format!("{channel} is not subscribed")).copy("/maintenance subscribe list")
}

/// A channel is told of less; `left`: of this, else of nothing any more.
#[must_use]
pub fn unsubscribed(organisation: &Organisation, channel: &Channel, left: Option<&Choice>, dry_run: bool) -> Message {
    match left {
        None => heading(dry_run, format!("{channel} is not subscribed any more"))
            .text("What an audience of the configuration hears there does not change."),
        Some(choice) => heading(dry_run, format!("{channel} is subscribed to {}", chosen(organisation, choice))),
    }
}

/// Where rows go, each by name; subscribers by mail are counted.
#[must_use]
pub fn readers(rows: &[Planned]) -> String {
    let by_mail = |row: &&Planned| row.audience == SUBSCRIBERS && matches!(row.channel, Channel::Email(_));
    let counted = rows.iter().filter(by_mail).count();
    let by_name = rows.iter().filter(|row| !by_mail(row)).map(|row| row.channel.to_string());
    let names: Vec<String> =
        by_name.chain((counted > 0).then(|| format!("{} by mail", count(counted, "subscriber")))).collect();
    if names.is_empty() { "nobody".into() } else { names.join(", ") }
}

/// Who is subscribed; `all` is how many there are.
#[must_use]
pub fn subscriptions(organisation: &Organisation, found: &[Subscription], all: usize) -> Message {
    if found.is_empty() {
        return Message::line("Nothing is subscribed here.").copy("/maintenance subscribe service:jira");
    }
    let row = |s: &Subscription| vec![s.id.to_string(), s.channel.to_string(), chosen(organisation, &s.choice)];
    let message = Message::titled(count(all, "subscription"))
        .block(table(&["Id", "Channel", "Of"], found.iter().map(row).collect()));
    if all > found.len() { message.text(format!("and {} more", all - found.len())) } else { message }
}
