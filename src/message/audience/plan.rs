//! Values and blocks of templates about a whole plan: its phases in one table.

use std::collections::BTreeSet;

use minijinja::{Value, context};

use super::blocks::{category, changed_fields, facts_block, filled, questions, regions, table as table_of};
use super::{Filling, data, values};
use crate::domain::calendar::{Span, Zone};
use crate::domain::event::{Event, What};
use crate::domain::plan::{Phases, PlanState};
use crate::domain::window::{Kind, State, Window};
use crate::message::language::Language;
use crate::message::text::{clipped, one_line};
use crate::message::topic::PlanTopic;
use crate::message::{Block, words};

/// Characters of a text from people in a cell of the table.
const CELL: usize = 200;

/// Everything for one message about a plan.
pub(super) fn values(t: &Filling<'_>, topic: &PlanTopic) -> Value {
    let phases = &topic.phases;
    let plan = &phases.plan;
    let moved = moved(t.events, phases);
    let title = match moved.as_slice() {
        [(one, _)] => values::phase_name(t.language, phases, one),
        _ => plan.title.clone(),
    };
    let kinds: BTreeSet<&Kind> = phases.live().map(|w| &w.kind).collect();
    let kind_words = match kinds.iter().collect::<Vec<_>>().as_slice() {
        [one] => values::kind_words(t.language, one),
        _ => t.language.word("Planned maintenance"),
    };
    let short = || phases.live().any(|w| values::is_short(t.organisation, w));
    let zone = phases.windows.first().map_or_else(Zone::utc, |w| w.span.zone.clone());
    context! {
        id => plan.id.to_string(),
        title => data(&title),
        kind_words => kind_words,
        emergency => kinds.iter().any(|kind| kind.0 == Kind::EMERGENCY),
        short_notice => t.plan.sequence == plan.sequence && short(),
        phases => t.language.count(phases.live().count(), ["{n} phase", "{n} phases"]),
        running => phases.live().any(|w| w.state != State::Scheduled),
        held => plan.held.is_some(),
        held_reason => plan.held.as_ref().map(|held| data(&held.reason)).unwrap_or_default(),
        other_times => moved.iter().any(|(w, what)| times_before(w, what).is_some()),
        joined => !moved.is_empty() && moved.iter().all(|(_, what)| has_joined(what)),
        begun => phases.live().any(|w| w.actual_start.is_some()),
        retold => t.retold,
        ..values::event(t, &zone, None)
    }
}

/// The blocks of one name, no block where there is nothing to show; `None`: there is no such name.
pub(super) fn block(name: &str, t: &Filling<'_>, topic: &PlanTopic) -> Option<Vec<Block>> {
    Some(match name {
        "phases" => vec![table(t, topic)],
        "moves" => moves(t, &topic.phases),
        "facts" => facts_block(t.language, facts(t, &topic.phases)),
        "questions" => questions(t.language, &topic.qa),
        _ => return None,
    })
}

/// What became of a plan since an earlier post was made; `None` where that post still says all.
pub(super) fn news(t: &Filling<'_>, topic: &PlanTopic) -> Option<String> {
    let plan = &topic.phases.plan;
    let now = |state: &str| {
        let values = [("id", plan.id.to_string()), ("state", t.language.word(state))];
        t.language.say("Updated: {id} is now {state}.", &values.each_ref().map(|(name, value)| (*name, value.as_str())))
    };
    let goes_on = topic.phases.windows.iter().any(|w| w.state != State::Scheduled) || plan.sequence != t.plan.sequence;
    if plan.state == PlanState::Cancelled {
        Some(now("cancelled"))
    } else if plan.held.is_some() {
        Some(now("on hold"))
    } else {
        goes_on.then(|| t.language.word("Updated: the table shows the phases as they are now."))
    }
}

/// The phases that this message says have moved or joined the plan, each with what happened to it.
fn moved<'a>(events: &'a [Event], phases: &'a Phases) -> Vec<(&'a Window, &'a What)> {
    let of = |event: &'a Event| {
        let id =
            event.subject.window().filter(|_| matches!(event.what, What::Moved { .. }) || has_joined(&event.what))?;
        Some((phases.windows.iter().find(|w| w.id == id)?, &event.what))
    };
    events.iter().filter_map(of).collect()
}

/// A phase became public after its plan: scheduled late, or approved late.
fn has_joined(what: &What) -> bool {
    matches!(what, What::Scheduled | What::Approved { .. })
}

/// When a phase was planned before, where the move gave it other times.
fn times_before(w: &Window, what: &What) -> Option<Span> {
    let What::Moved { from_start, from_end, from_zone, .. } = what else { return None };
    let before = Span { starts_at: *from_start, ends_at: *from_end, zone: from_zone.clone() };
    (before != w.span).then_some(before)
}

/// One paragraph per phase that moved, and the facts that changed besides its times.
fn moves(t: &Filling<'_>, phases: &Phases) -> Vec<Block> {
    let (mut blocks, language) = (Vec::new(), t.language);
    for (w, what) in moved(t.events, phases) {
        let (name, now) = (phase_words(language, phases, w), language.span(&w.span));
        if let Some(before) = times_before(w, what) {
            let values = [("name", name.as_str()), ("before", &language.span(&before)), ("now", &now)];
            let moved = language.say("{name} was planned for {before}. The new time is {now}.", &values);
            blocks.push(Block::Text(moved));
        }
        if has_joined(what) {
            blocks.push(Block::Text(language.say("{name} is new: {when}.", &[("name", &name), ("when", &now)])));
        }
        let What::Moved { changes, .. } = what else { continue };
        let besides = changed_fields(language, changes);
        if !besides.is_empty() {
            blocks.push(Block::Text(language.say("What changed in {name}:", &[("name", &name)])));
            blocks.extend(facts_block(language, besides));
        }
    }
    blocks
}

/// `Phase 2 of 3, Germany,` as the subject of a sentence.
fn phase_words(language: &Language, phases: &Phases, w: &Window) -> String {
    let title = one_line(&w.title);
    let Some((n, of)) = phases.place_of(w) else { return title };
    let (n, of) = (n.to_string(), of.to_string());
    language.say("Phase {n} of {of}, {title},", &[("n", &n), ("of", &of), ("title", &title)])
}

/// Every phase: when, where, who is hit and for how long. A phase that was called off is in it without a number where
/// people may have been told of it; of a plan that was called off none has one.
fn table(t: &Filling<'_>, topic: &PlanTopic) -> Block {
    let phases = &topic.phases;
    let first_word = t.events.is_empty() && !t.retold;
    let shown = phases.windows.iter().filter(|w| w.state != State::Cancelled || !first_word);
    let row = |w: &Window| {
        let place = phases.place_of(w).filter(|_| phases.plan.state != PlanState::Cancelled);
        let title = clipped(&one_line(&w.title), CELL);
        let numbered = place.map(|(n, of)| {
            let (n, of) = (n.to_string(), of.to_string());
            t.language.say("{n} of {of}: {title}", &[("n", &n), ("of", &of), ("title", &title)])
        });
        vec![
            numbered.unwrap_or(title),
            t.language.span(&w.span),
            w.environment.clone(),
            words::services(t.organisation, w),
            regions(t, w),
            clipped(&one_line(&w.impact), CELL),
            downtime(t, w),
            mark(t, phases, w),
        ]
    };
    let rows = shown.map(row).collect();
    let head = ["Phase", "When", "Environment", "Services", "Regions", "Impact", "Expected downtime", "State"];
    table_of(t.language, &head, rows)
}

/// The expected downtime of all of it beside its length, then of single services.
fn downtime(t: &Filling<'_>, w: &Window) -> String {
    let whole = Some(super::blocks::downtime_inside(t.language, w)).filter(|words| !words.is_empty());
    let each = words::downtime_lines_in(t.language, t.organisation, w).into_iter();
    let each = each.map(|(service, words)| {
        t.language.say("{service}: {downtime}", &[("service", &service), ("downtime", &words)])
    });
    whole.into_iter().chain(each).collect::<Vec<_>>().join("; ")
}

/// What is to be known of a phase besides its plan: moved, on hold, or where it is.
fn mark(t: &Filling<'_>, phases: &Phases, w: &Window) -> String {
    let state = w.state_words(t.now);
    let changed_since = t.retold && w.sequence > 0 && w.sequence_at > t.plan.due_at;
    let news = moved(t.events, phases).into_iter().find(|(moved, _)| moved.id == w.id);
    let word = match news {
        _ if state != "scheduled" => state,
        Some((_, what)) if has_joined(what) => "new",
        Some((w, what)) if times_before(w, what).is_some() => "moved",
        Some(_) => "changed",
        None if phases.holds(w) => "on hold",
        None if changed_since => "changed",
        None => "",
    };
    t.language.word(word)
}

/// Whom to ask, where to read more, and what its readers alone may know.
fn facts(t: &Filling<'_>, phases: &Phases) -> Vec<(String, String)> {
    let unique = |of: &dyn Fn(&Window) -> Vec<String>, separator: &str| {
        let mut all: Vec<String> = Vec::new();
        for text in phases.live().flat_map(of).filter(|text| !text.is_empty()) {
            if !all.contains(&text) {
                all.push(text);
            }
        }
        all.join(separator)
    };
    let category = |w: &Window| w.category.iter().map(|c| category(t.language, *c)).collect();
    let rollback = |w: &Window| {
        let plan = Some(one_line(&w.rollback)).filter(|plan| !plan.is_empty());
        let numbered = |plan: String| match phases.place_of(w) {
            Some((n, _)) => t.language.say("phase {n}: {text}", &[("n", &n.to_string()), ("text", &plan)]),
            None => plan,
        };
        plan.map(numbered).into_iter().collect()
    };
    let ahead = phases.live().find(|w| !w.state.is_over()).or_else(|| phases.windows.first());
    let mut facts = filled([
        ("Category", unique(&category, ", ")),
        ("Contact", unique(&|w| w.poc.clone().into_iter().collect(), ", ")),
    ]);
    if t.is_for_staff() {
        facts.extend(filled([
            ("Customers", unique(&|w| vec![words::customer_words_in(t.language, t.organisation, w)], "; ")),
            ("Rollback", unique(&rollback, "; ")),
        ]));
    }
    facts.extend(filled([
        ("More", unique(&|w| w.links.clone(), " ")),
        ("Details", ahead.map(|w| t.organisation.window_url(w)).unwrap_or_default()),
    ]));
    facts
}
