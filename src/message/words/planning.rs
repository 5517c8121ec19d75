//! The words of replies about plans, series, freezes, customers and slots.

use chrono::{DateTime, Utc};

use super::finding::finding;
use super::{LedgerRow, facts, ledger, services};
use crate::domain::calendar::{Zone, at, compact, duration_words};
use crate::domain::change::ChangeItem;
use crate::domain::customer::{Customer, TellLine};
use crate::domain::event::{Event, FieldChange, LeftOut, What};
use crate::domain::finding::Finding;
use crate::domain::ledger::{MessageKind, Planned};
use crate::domain::organisation::Organisation;
use crate::domain::plan::{Phases, Plan, PlanState, Qa};
use crate::domain::series::{Scope, Series, SeriesState};
use crate::domain::subject::Subject;
use crate::domain::window::{State, Window};
use crate::message::text::{clipped, count, one_line};
use crate::message::{Block, Message};

/// Rows of a reply's table before it is folded.
const FOLD: usize = 12;

pub(super) fn heading(dry_run: bool, text: impl AsRef<str>) -> Message {
    let would = if dry_run { "Nothing is stored: " } else { "" };
    Message::titled(format!("{would}{}", text.as_ref()))
}

pub(super) fn table(head: &[&str], rows: Vec<Vec<String>>) -> Block {
    Block::Table { head: head.iter().map(|cell| (*cell).to_owned()).collect(), rows }
}

/// Approval is needed and nobody said why.
#[must_use]
pub fn needs_reason(organisation: &Organisation, zone: &Zone, needing: &[Finding]) -> String {
    let said = needing.iter().map(|f| finding(organisation, zone, f)).collect::<Vec<_>>().join(" ");
    format!("{said} An approver must agree: say why with reason:.")
}

/// An approver must agree, and is asked.
#[must_use]
pub fn approver_asked(why: &str, dry_run: bool) -> String {
    let asked = if dry_run { "An approver would be asked" } else { "An approver is asked" };
    format!("{asked}: {why}")
}

/// The length of a window as `duration:` reads it.
#[must_use]
pub fn length_of(w: &Window) -> String {
    compact(w.span.length())
}

/// What would keep a phase of a draft from being published as it is.
#[must_use]
pub fn draft_warnings(organisation: &Organisation, w: &Window, findings: &[Finding]) -> Vec<String> {
    let said = findings.iter().map(|f| finding(organisation, &w.span.zone, f));
    let draft = w
        .plan
        .map(|plan| format!("It is a phase of a draft: nothing is announced until /maintenance plan publish {plan}"));
    said.chain(draft).collect()
}

/// One line about what was decided of several windows.
#[must_use]
pub fn did_all(subject: Subject, windows: &[Window], what: &str, dry_run: bool) -> Message {
    let rows = windows.iter().map(short_row).collect();
    heading(dry_run, format!("{subject} {what}, with {}", count(windows.len(), "phase")))
        .block(table(&["Id", "When", "Title"], rows))
}

pub(super) fn short_row(w: &Window) -> Vec<String> {
    vec![w.id.to_string(), w.span.to_string(), clipped(&one_line(&w.title), 60)]
}

/// A plan was made.
#[must_use]
pub fn plan_made(plan: &Plan, dry_run: bool) -> Message {
    let title = one_line(&plan.title);
    if dry_run {
        return heading(dry_run, format!("this would make a draft “{title}”"));
    }
    Message::titled(format!("{} “{title}” is a draft", plan.id))
        .text("Add its phases; nothing is announced until you publish it.")
        .copy(format!(
            "/maintenance schedule \"Phase 1\" service:crm when:\"next sunday 16:00-20:00\" plan:{}",
            plan.id
        ))
        .copy(format!("/maintenance plan publish {}", plan.id))
}

/// Every plan, newest first.
#[must_use]
pub fn plans(found: &[Phases]) -> Message {
    if found.is_empty() {
        return Message::line("There is no plan yet.").copy("/maintenance plan new \"Infrastructure upgrade\"");
    }
    let row = |phases: &Phases| {
        let plan = &phases.plan;
        let first = phases.live().next().map(|w| w.span.to_string()).unwrap_or_default();
        vec![
            plan.id.to_string(),
            plan_state(plan),
            phases.live().count().to_string(),
            first,
            clipped(&one_line(&plan.title), 60),
        ]
    };
    Message::titled(count(found.len(), "plan"))
        .block(table(&["Id", "State", "Phases", "First phase", "Title"], found.iter().map(row).collect()))
}

fn plan_state(plan: &Plan) -> String {
    match &plan.held {
        Some(_) => "on hold".into(),
        None => plan.state.to_string(),
    }
}

/// The phases of a plan as a table.
#[must_use]
pub fn phase_table(organisation: &Organisation, phases: &Phases, now: DateTime<Utc>) -> Block {
    let row = |w: &Window| {
        let place = phases.place_of(w).map(|(n, _)| n.to_string()).unwrap_or_default();
        let waits = if phases.holds(w) { "on hold" } else { w.state_words(now) };
        vec![
            place,
            w.id.to_string(),
            w.span.to_string(),
            w.environment.clone(),
            facts::regions(organisation, w),
            services(organisation, w),
            facts::downtime_words(organisation, w),
            one_line(&w.impact),
            waits.into(),
        ]
    };
    let head = ["Phase", "Id", "When", "Environment", "Regions", "Services", "Downtime", "Impact", "State"];
    table(&head, phases.windows.iter().map(row).collect())
}

/// A plan with its phases and questions.
#[must_use]
pub fn plan(organisation: &Organisation, phases: &Phases, qa: &[Qa], now: DateTime<Utc>) -> Message {
    let plan = &phases.plan;
    let mut message = Message::titled(format!("{} {}", plan.id, one_line(&plan.title)))
        .facts([("State", plan_state(plan)), ("Requested by", one_line(&plan.requester))]);
    if plan.held.is_some() {
        message = message.text(on_hold(plan)).copy(format!("/maintenance release {}", plan.id));
    }
    message = if phases.windows.is_empty() {
        message.text("It has no phase yet.").copy(format!(
            "/maintenance schedule \"Phase 1\" service:crm when:\"next sunday 16:00-20:00\" plan:{}",
            plan.id
        ))
    } else {
        message.block(phase_table(organisation, phases, now))
    };
    if plan.state == PlanState::Draft && !phases.windows.is_empty() {
        message = message.text("Nothing is announced yet:").copy(format!("/maintenance plan publish {}", plan.id));
    }
    facts::question_lines(qa).into_iter().fold(message, Message::block)
}

/// A plan was published: its phases and who hears what.
#[must_use]
pub fn plan_published(
    organisation: &Organisation,
    phases: &Phases,
    owed: &[Planned],
    dry_run: bool,
    now: DateTime<Utc>,
) -> Message {
    let plan = &phases.plan;
    let zone = phases.windows.first().map_or(&organisation.zone, |w| &w.span.zone);
    let message = heading(dry_run, format!("{} “{}” is published", plan.id, one_line(&plan.title))).block(phase_table(
        organisation,
        phases,
        now,
    ));
    let told = |row: &&Planned| matches!(row.message, MessageKind::Announcement | MessageKind::ApprovalRequest);
    let told: Vec<&Planned> = owed.iter().filter(told).collect();
    let message = if told.is_empty() {
        message
    } else {
        let rows = ledger(told.into_iter().map(LedgerRow::planned), zone);
        message.text("All phases are announced together:").block(rows)
    };
    let Some(first) = phases.live().next().filter(|_| !dry_run) else { return message };
    message.text("Each phase has reminders of its own:").copy(format!("/maintenance reminders {}", first.id))
}

/// A plan was called off.
#[must_use]
pub fn plan_cancelled(plan: &Plan, off: &[Window], on: &[Window], dry_run: bool) -> Message {
    let message = heading(dry_run, format!("{} is cancelled, with {}", plan.id, count(off.len(), "phase")))
        .block(table(&["Id", "When", "Title"], off.iter().map(short_row).collect()));
    on.iter().fold(message, |m, w| {
        m.text(format!("{} has begun and goes on; end it with:", w.id)).copy(format!("/maintenance complete {}", w.id))
    })
}

/// Why the later phases do not start.
#[must_use]
pub fn on_hold(plan: &Plan) -> String {
    let Some(held) = &plan.held else { return format!("{} is not on hold.", plan.id) };
    let why = if held.reason.is_empty() { String::new() } else { format!(": {}", one_line(&held.reason)) };
    format!("{} is on hold, by {}{why}. Its later phases do not start.", plan.id, one_line(&held.by))
}

/// A plan was held.
#[must_use]
pub fn plan_held(phases: &Phases, dry_run: bool) -> Message {
    let plan = &phases.plan;
    let waiting: Vec<_> = phases.windows.iter().filter(|w| phases.holds(w)).map(short_row).collect();
    heading(dry_run, format!("{} is on hold", plan.id))
        .text("These do not start until it is released:")
        .block(table(&["Id", "When", "Title"], waiting))
        .copy(format!("/maintenance release {}", plan.id))
}

/// A plan goes on.
#[must_use]
pub fn plan_released(phases: &Phases, dry_run: bool) -> Message {
    let ahead = phases.windows.iter().filter(|w| w.state == State::Scheduled).map(short_row).collect();
    heading(dry_run, format!("{} goes on", phases.plan.id)).block(table(&["Id", "When", "Title"], ahead))
}

/// A phase whose start went by while its plan was held does not start by itself.
#[must_use]
pub fn missed_start(message: Message, w: &Window, now: DateTime<Utc>) -> Message {
    let message = message.text(format!("The start of {} went by; it does not start by itself any more.", w.id));
    if now < w.span.ends_at {
        return message.copy(format!("/maintenance start {}", w.id));
    }
    message.copy(format!("/maintenance reschedule {} when:\"next sunday 16:00-20:00\"", w.id))
}

/// The questions and answers of a plan or window.
#[must_use]
pub fn questions(subject: Subject, qa: &[Qa], dry_run: bool) -> Message {
    let message = heading(dry_run, format!("{subject} has {}", count(qa.len(), "question")));
    if qa.is_empty() {
        return message.copy(format!("/maintenance qa add {subject} \"Is data safe?\" \"Yes: …\""));
    }
    let row = |qa: &Qa| vec![qa.number.to_string(), one_line(&qa.question), one_line(&qa.answer)];
    message.block(table(&["", "Question", "Answer"], qa.iter().map(row).collect()))
}

pub(super) fn first_rows<'a, T>(
    message: Message,
    all: &'a [T],
    head: &[&str],
    row: impl Fn(&'a T) -> Vec<String>,
    more: &str,
) -> Message {
    let message = message.block(table(head, all.iter().take(FOLD).map(row).collect()));
    let rest = all.len().saturating_sub(FOLD);
    if rest == 0 { message } else { message.text(format!("and {rest} more{more}")) }
}

/// When a series' windows start, in words.
#[must_use]
pub fn rule(series: &Series) -> String {
    let shift = series.shift;
    let moved = match shift.num_seconds() {
        0 => String::new(),
        s if s > 0 => format!(", {} later", duration_words(shift)),
        _ => format!(", {} earlier", duration_words(-shift)),
    };
    format!("{}{moved}, for {} ({})", series.rule.words(), duration_words(series.length), series.zone)
}

/// A series was made, with the windows it made and those it left out.
#[must_use]
pub fn series_made(
    organisation: &Organisation,
    series: &Series,
    made: &[Window],
    left_out: &[LeftOut],
    dry_run: bool,
) -> Message {
    let template = &series.template;
    let named = template.services.iter().map(|id| organisation.service_name(id)).collect::<Vec<_>>().join(", ");
    let until = made.last().map(|w| at(w.span.starts_at, &w.span.zone)).unwrap_or_default();
    let title = one_line(&template.title);
    let what = if dry_run {
        format!("this is what “{title}” would do")
    } else {
        format!("{} “{title}” recurs", series.id)
    };
    let message = heading(dry_run, what).facts([
        ("When", rule(series)),
        ("Services", named),
        ("Made", format!("{}, up to {until}; more are made as time passes", count(made.len(), "window"))),
    ]);
    let message = first_rows(
        message,
        made,
        &["Id", "When", "State"],
        |w| {
            let state = if w.state == State::Pending { "awaiting approval" } else { "scheduled" };
            vec![w.id.to_string(), w.span.to_string(), state.into()]
        },
        "",
    );
    let message = left_out_table(message, left_out);
    if dry_run {
        return message;
    }
    message.copy(format!("/maintenance series show {}", series.id))
}

fn left_out_table(message: Message, left_out: &[LeftOut]) -> Message {
    if left_out.is_empty() {
        return message;
    }
    let message = message.text("Not made:");
    first_rows(message, left_out, &["When", "Why"], |l| vec![l.when.clone(), l.why.clone()], "")
}

/// A series without a point of contact.
#[must_use]
pub fn no_contact_in_series() -> String {
    "Nobody is named as point of contact of these windows: add poc:@name".into()
}

/// Every series.
#[must_use]
pub fn all_series(found: &[Series]) -> Message {
    if found.is_empty() {
        return Message::line("There is no series yet.")
            .copy("/maintenance series \"Monthly break\" service:all every:\"second sunday of month 16:00 for 4h\"");
    }
    let row =
        |s: &Series| vec![s.id.to_string(), s.state.to_string(), rule(s), clipped(&one_line(&s.template.title), 60)];
    // One or many, the word is the same.
    Message::titled(format!("{} series", found.len()))
        .block(table(&["Id", "State", "When", "Title"], found.iter().map(row).collect()))
}

/// A series with its windows ahead and what was left out.
#[must_use]
pub fn series(
    organisation: &Organisation,
    series: &Series,
    windows: &[Window],
    events: &[Event],
    now: DateTime<Utc>,
) -> Message {
    let template = &series.template;
    let named = template.services.iter().map(|id| organisation.service_name(id)).collect::<Vec<_>>().join(", ");
    let message = Message::titled(format!("{} {}", series.id, one_line(&template.title))).facts([
        ("State", series.state.to_string()),
        ("When", rule(series)),
        ("Services", named),
        ("Contact", template.poc.clone().unwrap_or_default()),
        ("Requested by", one_line(&series.requester)),
    ]);
    let ahead: Vec<&Window> = windows.iter().filter(|w| w.span.ends_at > now || w.state.is_running()).collect();
    let row = |w: &&Window| {
        let own = if w.detached { "changed on its own" } else { "" };
        vec![w.id.to_string(), w.span.to_string(), w.state_words(now).into(), own.into()]
    };
    let message = first_rows(message, &ahead, &["Id", "When", "State", ""], row, "");
    let left_out: Vec<LeftOut> = events
        .iter()
        .flat_map(|e| match &e.what {
            What::Occurred { left_out, .. } => left_out.clone(),
            _ => Vec::new(),
        })
        .collect();
    let message = left_out_table(message, &left_out);
    if template.items.is_empty() {
        return message;
    }
    let lines = template.items.iter().map(|item| vec![one_line(&item.text)]).collect();
    message.text("Every window starts with this change list:").block(table(&["Item"], lines))
}

/// A series makes no more windows.
#[must_use]
pub fn series_stopped(series: &Series, off: &[Window], dry_run: bool) -> Message {
    let state = if series.state == SeriesState::Stopped { "makes no more windows" } else { "goes on" };
    let message = heading(dry_run, format!("{} {state}; {} called off", series.id, count(off.len(), "window")));
    first_rows(message, off, &["Id", "When", "Title"], short_row, "")
}

/// Several windows of a series were changed.
#[must_use]
pub fn series_changed(
    series: &Series,
    scope: Scope,
    touched: &[Window],
    changes: &[FieldChange],
    dry_run: bool,
) -> Message {
    let which = match scope {
        Scope::This => "this one",
        Scope::Following => "this one and the following",
        Scope::All => "all that have not begun",
    };
    let said = changes.iter().map(|c| c.field.clone()).collect::<Vec<_>>().join(", ");
    let message = heading(dry_run, format!("{} has a new {said} for {which}", series.id))
        .facts([("When", rule(series))])
        .text(format!("{} changed:", count(touched.len(), "window")));
    first_rows(message, touched, &["Id", "When", "Title"], short_row, "")
}

/// What a series made and left out after a change of its times, if anything.
#[must_use]
pub fn more_made(message: Message, made: &[Window], left_out: &[LeftOut]) -> Message {
    let message = match made.last() {
        Some(last) => message.text(format!("{} more made, up to {}.", count(made.len(), "window"), last.span)),
        None => message,
    };
    left_out_table(message, left_out)
}

/// Open items went to the next window.
#[must_use]
pub fn carried_over(open: &[&ChangeItem], next: &Window) -> String {
    let lines = open.iter().map(|item| format!("{}. {}", item.number, item.line())).collect::<Vec<_>>().join("; ");
    format!("Carried over to {} ({}): {lines}", next.id, next.span)
}

/// A customer was told; who is left.
#[must_use]
pub fn told(w: &Window, customer: &Customer, lines: &[TellLine<'_>], dry_run: bool) -> Message {
    let left: Vec<&str> = lines
        .iter()
        .filter(|l| l.told.is_none() && l.customer.id != customer.id)
        .map(|l| l.customer.name.as_str())
        .collect();
    let message = heading(dry_run, format!("{} is told of {}", one_line(&customer.name), w.id));
    if left.is_empty() {
        message.text("Everybody is told.")
    } else {
        message.text(format!("Still to tell: {}.", left.join(", ")))
    }
}
