//! The facts of a window and plan as every surface shows them, sorted by who may read them.

use chrono::{DateTime, Utc};

use super::super::Block;
use super::super::language::Language;
use super::super::text::{clipped, one_line, shown};
use super::{finding, services};
use crate::domain::calendar::{at, duration_words};
use crate::domain::customer::{self, Customer, TellLine, Told};
use crate::domain::organisation::Organisation;
use crate::domain::plan::{Phases, Qa};
use crate::domain::window::Window;

/// Customers that are named one by one.
const NAMED_CUSTOMERS: usize = 10;

/// The facts of a window as its reply shows them to staff; empty ones are for the surface to leave out.
#[must_use]
pub fn facts(organisation: &Organisation, w: &Window, now: DateTime<Utc>) -> Vec<(&'static str, String)> {
    facts_of_phase(organisation, w, None, now)
}

/// The same of a window that may be a phase of a plan, saying which.
#[must_use]
pub fn facts_of_phase(
    organisation: &Organisation,
    w: &Window,
    phases: Option<&Phases>,
    now: DateTime<Utc>,
) -> Vec<(&'static str, String)> {
    let mut facts = public_facts(organisation, w, phases, now);
    let page = facts.pop();
    facts.extend([
        ("Requested by", w.requester.clone()),
        ("Rollback", w.rollback.clone()),
        ("Customers", w.customers.join(", ")),
        ("Links", w.links.join(" ")),
    ]);
    facts.extend(page);
    facts
}

/// The facts that everybody may read: without people other than the contact, customers and the rollback plan. The page
/// comes last.
#[must_use]
pub fn public_facts(
    organisation: &Organisation,
    w: &Window,
    phases: Option<&Phases>,
    now: DateTime<Utc>,
) -> Vec<(&'static str, String)> {
    let zone = &w.span.zone;
    let real = match (w.actual_start, w.actual_end) {
        (Some(from), Some(to)) => format!("{} to {}", at(from, zone), at(to, zone)),
        (Some(from), None) => format!("since {}", at(from, zone)),
        _ => String::new(),
    };
    let plan = match (phases, w.plan) {
        (Some(phases), _) => phase_words(phases, w),
        (None, Some(plan)) => plan.to_string(),
        (None, None) => String::new(),
    };
    let apart = if w.detached { ", changed apart from the series" } else { "" };
    vec![
        ("State", w.state_words(now).into()),
        ("When", w.span.to_string()),
        ("Length", duration_words(w.span.length())),
        ("Really", real),
        ("Plan", plan),
        ("Series", w.series.map(|series| format!("{series}{apart}")).unwrap_or_default()),
        ("Services", services(organisation, w)),
        ("Regions", regions(organisation, w)),
        ("Environment", w.environment.clone()),
        ("Kind", w.kind.0.clone()),
        ("Expected downtime", downtime_words(organisation, w)),
        ("Real downtime", w.actual_downtime.map(duration_words).unwrap_or_default()),
        ("Impact", w.impact.clone()),
        ("Category", w.category.map(|c| c.as_str().replace('_', " ")).unwrap_or_default()),
        ("Contact", w.poc.clone().unwrap_or_default()),
        ("Page", organisation.window_url(w)),
    ]
}

/// What waits for approval and why, for staff; nothing where nothing waits.
#[must_use]
pub fn approval_facts(organisation: &Organisation, w: &Window) -> Vec<(&'static str, String)> {
    let zone = &w.span.zone;
    let Some(request) = &w.request else { return Vec::new() };
    let findings: Vec<String> = request.findings.iter().map(|found| finding(organisation, zone, found)).collect();
    let approved = w.published.is_some().then(|| w.as_published().map(|shown| shown.span.to_string()));
    vec![
        ("Approval asked by", format!("{}, {}", request.by, at(request.at, zone))),
        ("Asked because", request.reason.clone()),
        ("Speaks against it", findings.join(" ")),
        ("Decide before", at(request.expires_at, zone)),
        ("Last approved times", approved.flatten().unwrap_or_default()),
    ]
}

/// The regions of a window by the names people know; empty where nobody has written any down and none is given.
#[must_use]
pub fn regions(organisation: &Organisation, w: &Window) -> String {
    if w.regions.is_empty() {
        return if organisation.regions.is_empty() { String::new() } else { "all".into() };
    }
    let name = |id: &String| organisation.regions.get(id).map_or_else(|| id.clone(), |region| region.name.clone());
    w.regions.iter().map(name).collect::<Vec<_>>().join(", ")
}

/// The expected downtime on one line: `up to 15m; Jira: up to 1h`. Empty where nobody said.
#[must_use]
pub fn downtime_words(organisation: &Organisation, w: &Window) -> String {
    downtime_words_in(Language::english(), organisation, w)
}

/// The same in a language.
#[must_use]
pub fn downtime_words_in(language: &Language, organisation: &Organisation, w: &Window) -> String {
    if !w.kind.has_downtime() {
        return language.word("none");
    }
    let whole = w.downtime.iter().map(|downtime| language.downtime(downtime));
    let each = downtime_lines_in(language, organisation, w).into_iter();
    let each = each
        .map(|(service, words)| language.say("{service}: {downtime}", &[("service", &service), ("downtime", &words)]));
    whole.chain(each).collect::<Vec<_>>().join("; ")
}

/// Services with an expected downtime of their own, each with it in words.
#[must_use]
pub fn downtime_lines(organisation: &Organisation, w: &Window) -> Vec<(String, String)> {
    downtime_lines_in(Language::english(), organisation, w)
}

/// The same in a language.
#[must_use]
pub fn downtime_lines_in(language: &Language, organisation: &Organisation, w: &Window) -> Vec<(String, String)> {
    let each = w.downtimes.iter().filter(|_| w.kind.has_downtime());
    let name = |id: &str| clipped(&one_line(organisation.service_name(id)), 40);
    each.map(|(id, downtime)| (name(id), language.downtime(downtime))).collect()
}

/// Which phase of which plan a window is: `Infrastructure upgrade (PL-3), phase 2 of 3`.
#[must_use]
pub fn phase_words(phases: &Phases, w: &Window) -> String {
    phase_words_in(Language::english(), phases, w)
}

/// The same in a language.
#[must_use]
pub fn phase_words_in(language: &Language, phases: &Phases, w: &Window) -> String {
    let plan = format!("{} ({})", one_line(&phases.plan.title), phases.plan.id);
    match phases.place_of(w) {
        Some((n, of)) => {
            let (n, of) = (n.to_string(), of.to_string());
            language.say("{plan}, phase {n} of {of}", &[("plan", &plan), ("n", &n), ("of", &of)])
        }
        None => plan,
    }
}

/// The customers that a window touches, with their owners and contacts, for staff.
#[must_use]
pub fn customer_words(organisation: &Organisation, w: &Window) -> String {
    customer_words_in(Language::english(), organisation, w)
}

/// The same in a language.
#[must_use]
pub fn customer_words_in(language: &Language, organisation: &Organisation, w: &Window) -> String {
    let customers = customer::touched(organisation, w);
    let one = |c: &&Customer| {
        let owner = c.owner.iter().map(|owner| language.say("owner {name}", &[("name", owner)]));
        let aside = owner.chain(c.contacts.iter().map(|contact| one_line(contact))).collect::<Vec<_>>().join("; ");
        if aside.is_empty() { c.name.clone() } else { format!("{} ({aside})", c.name) }
    };
    let named = customers.iter().take(NAMED_CUSTOMERS).map(one).collect::<Vec<_>>().join(", ");
    match customers.len().saturating_sub(NAMED_CUSTOMERS) {
        0 => named,
        more => language.say("{customers} and {n} more", &[("customers", &named), ("n", &more.to_string())]),
    }
}

/// Who has told which customer, in the present round; `None` where the window touches no customer.
#[must_use]
pub fn tell_table(organisation: &Organisation, w: &Window, told: &[Told]) -> Option<Block> {
    let row = |line: &TellLine<'_>| {
        let told = line.told.map_or_else(|| "not yet".into(), |t| format!("by {}, {}", t.by, at(t.at, &w.span.zone)));
        vec![line.customer.name.clone(), line.customer.owner.clone().unwrap_or_else(|| "nobody".into()), told]
    };
    let lines = customer::tell_list(organisation, w, told);
    let head = ["Customer", "Owner", "Told"].map(String::from).to_vec();
    (!lines.is_empty()).then(|| Block::Table { head, rows: lines.iter().map(row).collect() })
}

/// Questions with their answers, one paragraph each. Further lines of an answer are moved in, so that none of them looks
/// like a question.
#[must_use]
pub fn question_lines(qa: &[Qa]) -> Vec<Block> {
    question_lines_in(Language::english(), qa)
}

/// The same in a language.
#[must_use]
pub fn question_lines_in(language: &Language, qa: &[Qa]) -> Vec<Block> {
    let (q, a) = (language.word("Q"), language.word("A"));
    let one = |qa: &Qa| {
        let answer = shown(&qa.answer).trim().replace('\n', "\n   ");
        Block::Text(format!("{q}: {}\n{a}: {answer}", one_line(&qa.question)))
    };
    qa.iter().map(one).collect()
}
