//! The words of replies about plans, series, freezes, customers and slots.

use chrono::{DateTime, NaiveDate, Utc};

use super::finding::finding;
use super::{LedgerRow, facts, ledger, services};
use crate::domain::calendar::{Span, Zone, at, clock_text, compact, duration_words, local};
use crate::domain::change::ChangeItem;
use crate::domain::customer::{Customer, TellLine};
use crate::domain::event::{Event, FieldChange, LeftOut, What};
use crate::domain::finding::{Finding, FindingKind};
use crate::domain::freeze::Freeze;
use crate::domain::ledger::{MessageKind, Planned};
use crate::domain::organisation::Organisation;
use crate::domain::plan::{Phases, Plan, PlanState, Qa};
use crate::domain::series::{Scope, Series, SeriesState};
use crate::domain::subject::Subject;
use crate::domain::suggest::{Ask, Obstacle, Suggestion, Why};
use crate::domain::window::{Kind, State, Window};
use crate::message::text::{clipped, count, one_line};
use crate::message::{Block, Message};

/// Rows of a reply's table before it is folded.
const FOLD: usize = 12;

fn heading(dry_run: bool, text: impl AsRef<str>) -> Message {
    let would = if dry_run { "Nothing is stored: " } else { "" };
    Message::titled(format!("{would}{}", text.as_ref()))
}

fn table(head: &[&str], rows: Vec<Vec<String>>) -> Block {
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

fn short_row(w: &Window) -> Vec<String> {
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

fn first_rows<'a, T>(
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

/// The slots found, or what stood in the way.
#[must_use]
pub fn suggestion(organisation: &Organisation, ask: &Ask, found: &Suggestion, unmeasured: &[String]) -> Message {
    let range = format!("from {} to {}", at(ask.earliest, &ask.zone), at(ask.before, &ask.zone));
    let services = ask.services.join(",");
    let mut message = if found.slots.is_empty() {
        let message =
            Message::titled(format!("No slot of {} {range} satisfies every rule", duration_words(ask.length)));
        let message = found.obstacles.iter().fold(message, |m, o| m.text(obstacle(o, found.looked_at)));
        let later = (ask.before + chrono::TimeDelta::days(60)).date_naive();
        message.text("Look further ahead:").copy(format!(
            "/maintenance suggest service:{services}{} duration:{} before:{later}",
            scope(ask),
            compact(ask.length)
        ))
    } else {
        let row = |(n, slot): (usize, &crate::domain::suggest::Slot)| {
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
fn round(length: chrono::TimeDelta) -> chrono::TimeDelta {
    let unit = if length >= chrono::TimeDelta::days(1) { 3600 } else { 60 };
    chrono::TimeDelta::seconds(length.num_seconds() / unit * unit)
}
