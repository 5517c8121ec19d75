//! The values that templates about a window can name. Every text from people goes through [`data`].

use chrono::{DateTime, TimeDelta, Utc};
use minijinja::value::merge_maps;
use minijinja::{Value, context};

use super::{Filling, data};
use crate::domain::access::Role;
use crate::domain::calendar::{Span, Zone, compact};
use crate::domain::event::What;
use crate::domain::finding::is_short_notice;
use crate::domain::ledger::MessageKind;
use crate::domain::organisation::Organisation;
use crate::domain::plan::Phases;
use crate::domain::window::{Kind, Outcome, State, Window};
use crate::message::language::Language;
use crate::message::text::one_line;
use crate::message::topic::WindowTopic;
use crate::message::words;

/// Everything for one message about a window.
pub(super) fn of(t: &Filling<'_>, topic: &WindowTopic) -> Value {
    let w = &topic.window;
    let zone = &w.span.zone;
    let (done, all) = topic.items.progress();
    let policy = t.organisation.policy(&w.kind, &w.services);
    context! {
        id => w.id.to_string(),
        title => data(&name(t.language, topic)),
        kind_words => kind_words(t.language, &w.kind),
        emergency => w.kind.0 == Kind::EMERGENCY,
        short_notice => short_notice(t, w),
        impact => data(&w.impact),
        when => t.language.span(&w.span),
        starts => t.language.at(w.span.starts_at, zone),
        ends => t.language.at(w.span.ends_at, zone),
        until_start => until(t, w.span.starts_at),
        poc => w.poc.as_deref().map(data).unwrap_or_default(),
        running => w.state.is_running(),
        auto_start => policy.auto_start,
        enough => compact(enough(t, w)),
        after => distance(t.language, &t.plan.occasion),
        person => data(t.plan.audience.trim_start_matches('@')),
        done => done,
        open => all - done,
        items => t.language.count(all, ["{n} item", "{n} items"]),
        retold => t.retold,
        has_fields => !super::blocks::fields(t).is_empty(),
        their_number => super::blocks::theirs(t, topic).first().map_or(1, |line| line.number),
        ..merge_maps([
            phase(t.language, topic),
            end(t, w),
            approval(t, w),
            super::advisory::of_window(t, topic),
            event(t, zone, Some(&w.span)),
        ])
    }
}

/// What a message calls its window: a phase goes by its plan first.
pub(super) fn name(language: &Language, topic: &WindowTopic) -> String {
    let phase = topic.phases.as_ref().map(|phases| phase_name(language, phases, &topic.window));
    phase.unwrap_or_else(|| topic.window.title.clone())
}

/// `Infrastructure upgrade, phase 2 of 3: Germany`.
pub(super) fn phase_name(language: &Language, phases: &Phases, w: &Window) -> String {
    let plan = one_line(&phases.plan.title);
    let Some((n, of)) = phases.place_of(w) else {
        return language.say("{plan}: {title}", &[("plan", &plan), ("title", &w.title)]);
    };
    let (n, of) = (n.to_string(), of.to_string());
    let values = [("plan", plan.as_str()), ("n", &n), ("of", &of), ("title", &w.title)];
    language.say("{plan}, phase {n} of {of}: {title}", &values)
}

/// What is true of a phase: whether it is held, and what becomes of the others.
fn phase(language: &Language, topic: &WindowTopic) -> Value {
    let held = topic.held();
    let ahead: Vec<&Window> = topic.phases.iter().flat_map(|phases| ahead_of(phases, &topic.window)).collect();
    let on_hold = topic.phases.as_ref().and_then(|phases| phases.plan.held.as_ref());
    let next = ahead.iter().find(|_| on_hold.is_none()).and_then(|next| {
        let (n, of) = topic.phases.as_ref()?.place_of(next)?;
        let (n, of) = (n.to_string(), of.to_string());
        let (title, when) = (one_line(&next.title), language.span(&next.span));
        let values = [("n", n.as_str()), ("of", &of), ("title", &title), ("when", &when)];
        Some(language.say("phase {n} of {of}, {title}: {when}", &values))
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
fn end(t: &Filling<'_>, w: &Window) -> Value {
    let expected = words::downtime_words_in(t.language, t.organisation, w);
    context! {
        cancelled => w.state == State::Cancelled,
        over => w.state == State::Completed,
        again => w.told_round > 0,
        outcome => w.outcome.map(Outcome::as_str).unwrap_or_default(),
        outcome_words => w.outcome.map(|outcome| t.language.word(outcome_words(outcome))).unwrap_or_default(),
        ended => t.language.at(w.actual_end.unwrap_or(t.now), &w.span.zone),
        downtime => w.actual_downtime.map(|real| t.language.duration(real)).unwrap_or_default(),
        expected_downtime => data(&expected),
    }
}

/// What approvers are asked, and what they may do.
fn approval(t: &Filling<'_>, w: &Window) -> Value {
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
        barred => data(&barred.join(&format!(" {} ", t.language.word("or")))),
        deciders => data(&deciders.join(", ")),
        request_reason => asked.map(|(_, reason)| data(reason)).unwrap_or_default(),
        waits => request.is_some_and(|request| request.sequence == t.plan.sequence),
        has_findings => request.is_some_and(|request| !request.findings.is_empty()),
        change => was.is_some(),
        was_when => was.map(|was| t.language.span(&was)).unwrap_or_default(),
        expires => t.language.at(expires, &w.span.zone),
        until_expiry => until(t, expires),
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
        M::Digest => "digest",
        M::Advisory => "security advisory",
        M::Objection => "request for another time",
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
pub(super) fn event(t: &Filling<'_>, zone: &Zone, present: Option<&Span>) -> Value {
    let event = t.events.first();
    let (mut reason, mut note, mut from_when, mut by) = (String::new(), String::new(), String::new(), String::new());
    let (mut failed_message, mut failed_channel, mut remedy) = (String::new(), String::new(), String::new());
    let (mut internal, mut what) = (false, "");
    match event.map(|e| &e.what) {
        Some(What::Moved { from_start, from_end, from_zone, reason: why, .. }) => {
            let from = Span { starts_at: *from_start, ends_at: *from_end, zone: from_zone.clone() };
            from_when = if present == Some(&from) { String::new() } else { t.language.span(&from) };
            reason.clone_from(why);
        }
        Some(What::Extended { by_s, from_end, reason: why, .. }) => {
            by = t.language.duration(TimeDelta::seconds(*by_s));
            from_when = t.language.at(*from_end, zone);
            reason.clone_from(why);
        }
        Some(What::Completed { note: text, .. }) => note.clone_from(text),
        Some(What::Noted { text, internal: staff }) => {
            note.clone_from(text);
            internal = *staff;
        }
        Some(What::DeliveryFailed { message, channel, error, remedy: typed }) => {
            failed_message = t.language.word(message_words(*message));
            failed_channel.clone_from(channel);
            reason.clone_from(error);
            remedy.clone_from(typed);
        }
        Some(What::Approved { note: text, .. }) => (what, note) = ("approved", text.clone()),
        Some(What::Rejected { reason: why }) => (what, reason) = ("rejected", why.clone()),
        Some(What::Expired) => what = "expired",
        Some(What::Held { reason: why, .. }) => (what, reason) = ("held", why.clone()),
        Some(What::Released { reason: why }) => (what, reason) = ("released", why.clone()),
        Some(
            What::Cancelled { reason: why } | What::Withdrawn { reason: why } | What::Objected { reason: why, .. },
        ) => {
            reason.clone_from(why);
        }
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
        remedy => data(&remedy),
        left_out => matches!(event.map(|e| &e.what), Some(What::Moved { .. })),
    }
}

/// Whether it is asked for later than the policy's notice. An emergency says more than that, and a post of old times is
/// not marked for what was changed since.
fn short_notice(t: &Filling<'_>, w: &Window) -> bool {
    t.plan.sequence == w.sequence && is_short(t.organisation, w)
}

/// Whether a window is asked for later than its policy's notice.
pub(super) fn is_short(organisation: &Organisation, w: &Window) -> bool {
    let policy = organisation.policy(&w.kind, &w.services);
    w.kind.0 != Kind::EMERGENCY && is_short_notice(&w.span, policy, organisation, w.sequence_at)
}

/// How much longer a window past its end may be given to go on for half an hour.
fn enough(t: &Filling<'_>, w: &Window) -> TimeDelta {
    TimeDelta::minutes((t.now - w.span.ends_at).num_minutes().max(0) + 30)
}

/// `+90m`, the occasion of a chase, as people read it.
fn distance(language: &Language, occasion: &str) -> String {
    let minutes = occasion.strip_prefix('+').and_then(|text| text.strip_suffix('m')).and_then(|n| n.parse().ok());
    minutes.map(|minutes| language.duration(TimeDelta::minutes(minutes))).unwrap_or_default()
}

/// What the work is called, by its kind.
pub(super) fn kind_words(language: &Language, kind: &Kind) -> String {
    language.word(&kind_name(kind))
}

/// The same in English: a kind of the organisation's own goes by its name.
pub(super) fn kind_name(kind: &Kind) -> String {
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

/// `in 7 days`, `in 1 day`, `in 12h`, `in 45m`, `now`.
fn until(t: &Filling<'_>, start: DateTime<Utc>) -> String {
    let left = start - t.now;
    // A wall-clock day is 23 to 25 hours long where the clocks change.
    let days = (left + TimeDelta::hours(1)).num_days();
    if days >= 1 {
        t.language.count(usize::try_from(days).unwrap_or(0), ["in {n} day", "in {n} days"])
    } else if left > TimeDelta::zero() {
        let whole_minutes = TimeDelta::minutes((left.num_seconds() + 59) / 60);
        t.language.say("in {length}", &[("length", &t.language.duration(whole_minutes))])
    } else {
        t.language.word("now")
    }
}
