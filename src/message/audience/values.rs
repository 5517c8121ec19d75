//! The values that templates about a window can name. Every text from people goes through [`data`].

use chrono::{DateTime, TimeDelta, Utc};
use minijinja::value::merge_maps;
use minijinja::{Value, context};

use super::{Telling, data};
use crate::domain::access::Role;
use crate::domain::calendar::{Span, Zone, at, compact, duration_words};
use crate::domain::event::What;
use crate::domain::finding::is_short_notice;
use crate::domain::ledger::MessageKind;
use crate::domain::organisation::Organisation;
use crate::domain::plan::Phases;
use crate::domain::window::{Kind, Outcome, State, Window};
use crate::message::text::{count, one_line};
use crate::message::topic::WindowTopic;
use crate::message::words;

/// Everything for one message about a window.
pub(super) fn of(t: &Telling<'_>, topic: &WindowTopic) -> Value {
    let w = &topic.window;
    let zone = &w.span.zone;
    let (done, all) = topic.items.progress();
    let policy = t.organisation.policy(&w.kind, &w.services);
    context! {
        id => w.id.to_string(),
        title => data(&name(topic)),
        kind_words => kind_words(&w.kind),
        emergency => w.kind.0 == Kind::EMERGENCY,
        short_notice => short_notice(t, w),
        impact => data(&w.impact),
        when => w.span.to_string(),
        starts => at(w.span.starts_at, zone),
        ends => at(w.span.ends_at, zone),
        until_start => until(t.now, w.span.starts_at),
        poc => w.poc.as_deref().map(data).unwrap_or_default(),
        running => w.state.is_running(),
        auto_start => policy.auto_start,
        enough => compact(enough(t, w)),
        after => distance(&t.plan.occasion),
        person => data(t.plan.audience.trim_start_matches('@')),
        done => done,
        open => all - done,
        items => count(all, "item"),
        retold => t.retold,
        has_fields => !super::blocks::fields(t.events).is_empty(),
        their_number => super::blocks::theirs(t, topic).first().map_or(1, |line| line.number),
        ..merge_maps([phase(topic), end(t, w), approval(t, w), event(t, zone, Some(&w.span))])
    }
}

/// What a message calls its window: a phase goes by its plan first.
pub(super) fn name(topic: &WindowTopic) -> String {
    topic.phases.as_ref().map_or_else(|| topic.window.title.clone(), |phases| phase_name(phases, &topic.window))
}

/// `Infrastructure upgrade, phase 2 of 3: Germany`.
pub(super) fn phase_name(phases: &Phases, w: &Window) -> String {
    let place = phases.place_of(w).map(|(n, of)| format!(", phase {n} of {of}")).unwrap_or_default();
    format!("{}{place}: {}", one_line(&phases.plan.title), w.title)
}

/// What is true of a phase: whether it is held, and what becomes of the others.
fn phase(topic: &WindowTopic) -> Value {
    let held = topic.held();
    let ahead: Vec<&Window> = topic.phases.iter().flat_map(|phases| ahead_of(phases, &topic.window)).collect();
    let on_hold = topic.phases.as_ref().and_then(|phases| phases.plan.held.as_ref());
    let next = ahead.iter().find(|_| on_hold.is_none()).and_then(|next| {
        let (n, of) = topic.phases.as_ref()?.place_of(next)?;
        Some(format!("phase {n} of {of}, {}: {}", one_line(&next.title), next.span))
    });
    context! {
        held => held.is_some(),
        held_reason => held.map(|held| data(&held.reason)).unwrap_or_default(),
        others_held => on_hold.is_some() && !ahead.is_empty(),
        others_go_on => on_hold.is_none() && !ahead.is_empty(),
        next => next.map(|next| data(&next)).unwrap_or_default(),
    }
}

/// The other phases that have not begun.
fn ahead_of<'a>(phases: &'a Phases, w: &'a Window) -> impl Iterator<Item = &'a Window> {
    phases.live().filter(|other| other.id != w.id && other.state == State::Scheduled)
}

/// How it ended.
fn end(t: &Telling<'_>, w: &Window) -> Value {
    let expected = words::downtime_words(t.organisation, w);
    context! {
        cancelled => w.state == State::Cancelled,
        over => w.state == State::Completed,
        again => w.told_round > 0,
        outcome => w.outcome.map(Outcome::as_str).unwrap_or_default(),
        outcome_words => w.outcome.map(outcome_words).unwrap_or_default(),
        ended => at(w.actual_end.unwrap_or(t.now), &w.span.zone),
        downtime => w.actual_downtime.map(duration_words).unwrap_or_default(),
        expected_downtime => data(&expected),
    }
}

/// What approvers are asked, and what they may do.
fn approval(t: &Telling<'_>, w: &Window) -> Value {
    let request = w.request.as_ref();
    // What is decided is no longer a request; who asked, and why, is still in its history.
    let request_made = t.events.iter().find_map(|event| match &event.what {
        What::Requested { reason, .. } => Some((event.actor.as_str(), reason.as_str())),
        _ => None,
    });
    let asked = request.map(|request| (request.by.as_str(), request.reason.as_str())).or(request_made);
    let requester = asked.map_or(w.requester.as_str(), |(by, _)| by);
    let expires = request.map_or(w.span.starts_at, |request| request.expires_at);
    let mut barred = vec![requester];
    barred.extend(Some(w.requester.as_str()).filter(|other| *other != requester));
    let holders = t.organisation.holders_of(Role::Approver);
    let deciders: Vec<&str> = holders.iter().map(String::as_str).filter(|who| !barred.contains(who)).collect();
    let published = w.published.as_ref();
    let was = published.map(|p| Span { starts_at: p.starts_at, ends_at: p.ends_at, zone: p.zone.clone() });
    context! {
        asker => data(requester),
        barred => data(&barred.join(" or ")),
        deciders => data(&deciders.join(", ")),
        request_reason => asked.map(|(_, reason)| data(reason)).unwrap_or_default(),
        waits => request.is_some_and(|request| request.sequence == t.plan.sequence),
        has_findings => request.is_some_and(|request| !request.findings.is_empty()),
        change => was.is_some(),
        was_when => was.map(|was| was.to_string()).unwrap_or_default(),
        expires => at(expires, &w.span.zone),
        until_expiry => until(t.now, expires),
    }
}

/// What a message is called that did not arrive.
fn message_words(message: MessageKind) -> &'static str {
    use MessageKind as M;
    match message {
        M::Announcement => "announcement",
        M::Reminder => "reminder",
        M::ChangeList => "change list",
        M::ChangeListUpdate => "difference of the change list",
        M::Started => "message that work has begun",
        M::Moved => "message that it was moved",
        M::Extended => "message that it takes longer",
        M::Cancelled => "message that it was called off",
        M::Completed => "message that it is over",
        M::Note => "note",
        M::Starting => "message that it is about to start",
        M::NoShow => "message that nobody has done anything",
        M::Overrun => "message that it runs over",
        M::ConfirmCompletion => "request to confirm that it is over",
        M::EmptyList => "message that the change list is empty",
        M::NoPoc => "message that nobody owns it",
        M::DeliveryFailed => "message that something did not arrive",
        M::Assigned => "message that a change item is theirs",
        M::ApprovalRequest => "request for approval",
        M::ApprovalReminder => "reminder to decide",
        M::ApprovalDecision => "decision",
        M::ToldRequest => "request to tell customers",
        M::ToldOverdue => "reminder to tell customers",
        M::ConfirmSubscription => "request to confirm a subscription",
        M::IssueOpen => "change-list issue",
        M::IssueUpdate | M::IssueClose => "state of the change-list issue",
        M::PostEdit => "state of earlier posts",
        M::ScheduledEvent => "scheduled event",
        M::StatusPage => "entry on the status page",
        M::Silence => "silence of alerts",
    }
}

/// What the event that caused a message says. `present` is the time of its window now.
pub(super) fn event(t: &Telling<'_>, zone: &Zone, present: Option<&Span>) -> Value {
    let event = t.events.first();
    let (mut reason, mut note, mut from_when, mut by) = (String::new(), String::new(), String::new(), String::new());
    let (mut failed_message, mut failed_channel) = ("", String::new());
    let (mut internal, mut what) = (false, "");
    match event.map(|e| &e.what) {
        Some(What::Moved { from_start, from_end, from_zone, reason: why, .. }) => {
            let from = Span { starts_at: *from_start, ends_at: *from_end, zone: from_zone.clone() };
            from_when = if present == Some(&from) { String::new() } else { from.to_string() };
            reason.clone_from(why);
        }
        Some(What::Extended { by_s, from_end, reason: why, .. }) => {
            by = duration_words(TimeDelta::seconds(*by_s));
            from_when = at(*from_end, zone);
            reason.clone_from(why);
        }
        Some(What::Completed { note: text, .. }) => note.clone_from(text),
        Some(What::Noted { text, internal: staff }) => {
            note.clone_from(text);
            internal = *staff;
        }
        Some(What::DeliveryFailed { message, channel, error }) => {
            failed_message = message_words(*message);
            failed_channel.clone_from(channel);
            reason.clone_from(error);
        }
        Some(What::Approved { note: text, .. }) => (what, note) = ("approved", text.clone()),
        Some(What::Rejected { reason: why }) => (what, reason) = ("rejected", why.clone()),
        Some(What::Expired) => what = "expired",
        Some(What::Held { reason: why, .. }) => (what, reason) = ("held", why.clone()),
        Some(What::Released { reason: why }) => (what, reason) = ("released", why.clone()),
        Some(What::Cancelled { reason: why }) => reason.clone_from(why),
        _ => {}
    }
    context! {
        what => what,
        reason => data(&reason),
        note => data(&note),
        internal => internal,
        actor => event.map(|e| data(&e.actor)).unwrap_or_default(),
        from_when => from_when,
        extended_by => by,
        failed_message => failed_message,
        failed_channel => data(&failed_channel),
        left_out => matches!(event.map(|e| &e.what), Some(What::Moved { .. })),
    }
}

/// Whether it is asked for later than the policy's notice. An emergency says more than that, and a post of old times is
/// not marked for what was changed since.
fn short_notice(t: &Telling<'_>, w: &Window) -> bool {
    t.plan.sequence == w.sequence && is_short(t.organisation, w)
}

/// Whether a window is asked for later than its policy's notice.
pub(super) fn is_short(organisation: &Organisation, w: &Window) -> bool {
    let policy = organisation.policy(&w.kind, &w.services);
    w.kind.0 != Kind::EMERGENCY && is_short_notice(&w.span, policy, organisation, w.sequence_at)
}

/// How much longer a window past its end may be given to go on for half an hour.
fn enough(t: &Telling<'_>, w: &Window) -> TimeDelta {
    TimeDelta::minutes((t.now - w.span.ends_at).num_minutes().max(0) + 30)
}

/// `+90m`, the occasion of a chase, as people read it.
fn distance(occasion: &str) -> String {
    let minutes = occasion.strip_prefix('+').and_then(|text| text.strip_suffix('m')).and_then(|n| n.parse().ok());
    minutes.map(|minutes| duration_words(TimeDelta::minutes(minutes))).unwrap_or_default()
}

pub(super) fn kind_words(kind: &Kind) -> String {
    match kind.0.as_str() {
        Kind::SCHEDULED => "Planned maintenance".into(),
        Kind::EMERGENCY => "Emergency maintenance".into(),
        Kind::NO_DOWNTIME => "Maintenance without downtime".into(),
        own => {
            let mut words = own.replace(['_', '-'], " ");
            if let Some(first) = words.get_mut(..1) {
                first.make_ascii_uppercase();
            }
            words
        }
    }
}

fn outcome_words(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Success => "",
        Outcome::Partial => "; a part of the work was done",
        Outcome::RolledBack => "; the change was taken back",
        Outcome::Failed => "; it did not succeed",
    }
}

/// `in 7 days`, `in 1 day`, `in 12 hours`, `in 45 minutes`, `now`.
fn until(now: DateTime<Utc>, start: DateTime<Utc>) -> String {
    let left = start - now;
    // A wall-clock day is 23 to 25 hours long where the clocks change.
    let days = (left + TimeDelta::hours(1)).num_days();
    if days >= 1 {
        format!("in {}", count(usize::try_from(days).unwrap_or(0), "day"))
    } else if left > TimeDelta::zero() {
        let whole_minutes = TimeDelta::minutes((left.num_seconds() + 59) / 60);
        format!("in {}", duration_words(whole_minutes))
    } else {
        "now".into()
    }
}
