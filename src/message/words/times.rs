//! The words of replies about free and frozen times: freezes, the calendar, slots.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::planning::{first_rows, heading, short_row, table};
use crate::domain::calendar::{Span, Zone, at, clock_text, compact, duration_words, local};
use crate::domain::finding::FindingKind;
use crate::domain::freeze::Freeze;
use crate::domain::organisation::Organisation;
use crate::domain::suggest::{Ask, Obstacle, Slot, Suggestion, Why};
use crate::domain::window::{Kind, Window};
use crate::message::Message;
use crate::message::text::{clipped, count, one_line};

/// A freeze was added; `inside` are windows that lie in it already.
#[must_use]
pub fn freeze_added(freeze: &Freeze, inside: &[Window], dry_run: bool) -> Message {
    let (title, days) = (one_line(&freeze.title), freeze.days_words());
    let what = if dry_run {
        format!("“{title}” would freeze {days}")
    } else {
        format!("{} “{title}” freezes {days}", freeze.id)
    };
    let message = heading(dry_run, what).facts(limits(freeze));
    if inside.is_empty() {
        return message.text("No window lies inside it.");
    }
    let message =
        message.text("These windows lie inside it and stay as they are; move or cancel what must not happen:");
    first_rows(message, inside, &["Id", "When", "Title"], short_row, "")
}

fn limits(freeze: &Freeze) -> [(&'static str, String); 3] {
    let kinds = freeze.kinds.iter().map(ToString::to_string).collect::<Vec<_>>();
    [
        ("Only services", freeze.services.join(", ")),
        ("Only regions", freeze.regions.join(", ")),
        ("Only kinds", kinds.join(", ")),
    ]
}

/// Freezes that are not over.
#[must_use]
pub fn freezes(found: &[Freeze]) -> Message {
    if found.is_empty() {
        return Message::line("Nothing is frozen.")
            .copy("/maintenance freeze add \"Year end\" from:\"18 december\" to:\"7 january\"");
    }
    let row = |f: &Freeze| {
        let only =
            limits(f).into_iter().filter(|(_, v)| !v.is_empty()).map(|(n, v)| format!("{} {v}", n.to_lowercase()));
        vec![f.id.to_string(), f.days_words(), one_line(&f.title), only.collect::<Vec<_>>().join("; ")]
    };
    Message::titled(count(found.len(), "freeze"))
        .block(table(&["Id", "Days", "Title", ""], found.iter().map(row).collect()))
}

/// A freeze was taken back.
#[must_use]
pub fn freeze_removed(freeze: &Freeze, dry_run: bool) -> Message {
    heading(
        dry_run,
        format!(
            "{} “{}” is removed; {} can be scheduled again",
            freeze.id,
            one_line(&freeze.title),
            freeze.days_words()
        ),
    )
}

/// Windows, freezes and days off between two days, in `zone`.
#[must_use]
pub fn calendar(
    days: (NaiveDate, NaiveDate),
    zone: &Zone,
    windows: &[Window],
    freezes: &[Freeze],
    holidays: &[NaiveDate],
    now: DateTime<Utc>,
) -> Message {
    let day = |date: NaiveDate| date.format("%a %-d %b %Y").to_string();
    let mut rows: Vec<(NaiveDate, u8, Vec<String>)> = Vec::new();
    for w in windows {
        let start = local(w.span.starts_at, zone);
        let span = Span { zone: zone.clone(), ..w.span.clone() };
        let what = format!("{} {} ({})", w.id, clipped(&one_line(&w.title), 60), w.state_words(now));
        let same_day = start.date() == local(w.span.ends_at, zone).date();
        let time = if same_day {
            format!("{}–{}", clock_text(start), clock_text(local(w.span.ends_at, zone)))
        } else {
            span.to_string()
        };
        rows.push((start.date().max(days.0), 2, vec![day(start.date()), time, what]));
    }
    for f in freezes {
        let what = format!("freeze {} “{}” to {}", f.id, one_line(&f.title), day(f.to));
        rows.push((f.from.max(days.0), 0, vec![day(f.from), "all day".into(), what]));
    }
    rows.extend(holidays.iter().map(|date| (*date, 1, vec![day(*date), "all day".into(), "day off".into()])));
    rows.sort();
    let message = Message::titled(format!("{} to {}, {zone}", day(days.0), day(days.1)));
    if rows.is_empty() {
        return message.text("Nothing is planned, nothing is frozen.");
    }
    message.block(table(&["Day", "Time", "What"], rows.into_iter().map(|(_, _, row)| row).collect()))
}

/// The slots found, or what stood in the way.
#[must_use]
pub fn suggestion(organisation: &Organisation, ask: &Ask, found: &Suggestion, unmeasured: &[String]) -> Message {
    let range = format!("from {} to {}", at(ask.earliest, &ask.zone), at(ask.before, &ask.zone));
    let services = ask.services.join(",");
    let mut message = if found.slots.is_empty() {
        let message =
            Message::titled(format!("No slot of {} {range} satisfies every rule", duration_words(ask.length)));
        let message = found.obstacles.iter().fold(message, |m, o| m.text(obstacle(o, found.looked_at)));
        let later = (ask.before + TimeDelta::days(60)).date_naive();
        message.text("Look further ahead:").copy(format!(
            "/maintenance suggest service:{services}{} duration:{} before:{later}",
            scope(ask),
            compact(ask.length)
        ))
    } else {
        let row = |(n, slot): (usize, &Slot)| {
            let why = slot.why.iter().map(|w| why(organisation, w)).collect::<Vec<_>>().join("; ");
            vec![(n + 1).to_string(), slot.span.to_string(), why]
        };
        let rows = found.slots.iter().enumerate().map(row).collect();
        let best = &found.slots[0].span;
        Message::titled(format!("{} of {}, best first", count(found.slots.len(), "slot"), duration_words(ask.length)))
            .block(table(&["", "When", "Why"], rows))
            .text("To take the first:")
            .copy(format!("/maintenance schedule \"…\" service:{services}{} when:\"{}\"", scope(ask), typed(best)))
    };
    if !unmeasured.is_empty() {
        message = message.text(format!(
            "The use of {} is not measured yet, so quiet hours or the earliest time decide.",
            unmeasured.join(", ")
        ));
    }
    message
}

/// A span as `when:` reads it, without the part in brackets.
#[must_use]
pub fn typed(span: &Span) -> String {
    let shown = span.to_string();
    shown.split_once(" (").map_or(shown.clone(), |(typed, _)| typed.to_owned())
}

/// What was asked for besides services and length, as options.
fn scope(ask: &Ask) -> String {
    let mut options = String::new();
    if !ask.regions.is_empty() {
        options += &format!(" regions:{}", ask.regions.join(","));
    }
    if ask.environment != "production" {
        options += &format!(" environment:{}", ask.environment);
    }
    if ask.kind.0 != Kind::SCHEDULED {
        options += &format!(" kind:{}", ask.kind);
    }
    options
}

fn obstacle(o: &Obstacle, looked_at: usize) -> String {
    let what = match o.kind {
        FindingKind::ShortNotice => "are too soon for the notice",
        FindingKind::BusinessHours => "touch working hours of an affected region",
        FindingKind::Freeze => "lie in a freeze",
        FindingKind::Conflict => "meet another window of the same service",
        FindingKind::Always => "need approval",
    };
    let alone = if o.alone > 0 { format!("; {} of them would be free otherwise", o.alone) } else { String::new() };
    format!("{} of {looked_at} possible starts {what}{alone}.", o.blocked)
}

/// Why a slot is good.
#[must_use]
pub fn why(organisation: &Organisation, why: &Why) -> String {
    match why {
        Why::Notice { notice, ahead } => format!("in time: {} ahead, {notice} needed", duration_words(round(*ahead))),
        Why::OutsideHours { region, from, to, zone } => {
            let where_ = region.as_ref().map_or_else(
                || "us".to_owned(),
                |id| organisation.regions.get(id).map_or_else(|| id.clone(), |r| r.name.clone()),
            );
            format!(
                "outside working hours of {where_} ({} {}–{} {zone})",
                from.format("%a"),
                clock_text(*from),
                clock_text(*to)
            )
        }
        Why::NoFreeze { nearest } => format!("in no freeze (nearest {nearest})"),
        Why::OtherWindow { id, gap, is_before, .. } => {
            let side = if *is_before { "after" } else { "before" };
            format!("{} {side} {id}", duration_words(round(*gap)))
        }
        Why::NoOtherWindow => "no other window near".into(),
        Why::Quietest { percent } => format!("in the quietest {percent}% of the week"),
        Why::QuietHours { services } => {
            let names = services.iter().map(|id| organisation.service_name(id)).collect::<Vec<_>>();
            format!("in the quiet hours of {}", names.join(", "))
        }
    }
}

/// Seconds and, from a day on, minutes say nothing about a distance.
fn round(length: TimeDelta) -> TimeDelta {
    let unit = if length >= TimeDelta::days(1) { 3600 } else { 60 };
    TimeDelta::seconds(length.num_seconds() / unit * unit)
}
