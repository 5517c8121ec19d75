//! What the console shows beside the command line: windows at hand, change lists, channels. Read anew on every change.

mod planning;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use minijinja::context;
use minijinja::value::Value;

use super::staff::buttons;
use super::window_view::brief;
use super::{Site, json};
use crate::domain::calendar::{Zone, at, local};
use crate::domain::organisation::{Channel, Organisation};
use crate::domain::subject::Subject;
use crate::domain::window::{Step, Window};
use crate::message::text::one_line;
use crate::message::words;
use crate::service::Service;
use crate::service::query::{Full, Issue, Overview, Post};

/// How many of each are shown.
const WINDOWS: usize = 8;
const OPEN_LISTS: i64 = 20;
const RECENT_LISTS: i64 = 12;
const CLOSED_LISTS: usize = 5;
const POSTS: i64 = 30;

/// Everything on the board.
pub(super) async fn values(site: &Site) -> anyhow::Result<Value> {
    let service = &site.web.service;
    let organisation = service.organisation();
    let now = service.now();
    let overview = service.overview(50).await?;
    let mut open = service.issues(true, OPEN_LISTS).await?;
    open.sort_by_key(|(_, windows)| windows.first().map(|full| (full.window.span.starts_at, full.window.id)));
    let lists: Vec<Value> = open.iter().flat_map(|(issue, of)| change_lists(organisation, issue, of, now)).collect();
    let recent = service.issues(false, RECENT_LISTS).await?;
    let closed = recent.iter().filter(|(issue, _)| !issue.open).take(CLOSED_LISTS);
    let closed: Vec<Value> = closed.flat_map(|(issue, of)| change_lists(organisation, issue, of, now)).collect();
    let at_hand: Vec<&Full> = overview.now.iter().chain(&overview.upcoming).take(WINDOWS).collect();
    let windows: Vec<Value> = at_hand.iter().map(|full| at_hand_window(organisation, full, now)).collect();
    let planning = planning::read(service).await?;
    let nothing_planned = planning.is_empty();
    Ok(context! {
        windows,
        more => (overview.now.len() + overview.upcoming.len()).saturating_sub(WINDOWS),
        empty => overview.now.is_empty() && overview.upcoming.is_empty() && overview.past.is_empty() && nothing_planned,
        lists,
        closed,
        planning => planning.values(organisation, now),
        channels => channels(service).await?,
        zone => organisation.zone.name(),
        offers => offers(service, &overview, &planning).await?,
    })
}

fn at_hand_window(organisation: &Organisation, full: &Full, now: DateTime<Utc>) -> Value {
    context! {
        buttons => buttons(full, now), ..brief(organisation, &full.window, full.phases.as_ref(), &full.items, now)
    }
}

/// The lists of an issue: one for a window, one for each phase of a plan.
fn change_lists(organisation: &Organisation, issue: &Issue, windows: &[Full], now: DateTime<Utc>) -> Vec<Value> {
    windows.iter().map(|full| change_list(organisation, issue, full, now)).collect()
}

fn change_list(organisation: &Organisation, issue: &Issue, full: &Full, now: DateTime<Utc>) -> Value {
    let w = &full.window;
    let items: Vec<Value> = words::item_lines(&full.items, &w.span.zone)
        .iter()
        .map(|line| {
            let step = if line.done { Step::Undo } else { Step::Done };
            context! {
                number => line.number, text => line.text.as_str(), depth => line.depth.min(4), done => line.done,
                aside => line.aside.as_str(), verb => step.as_str(), can => w.state.permits(step),
            }
        })
        .collect();
    context! {
        open => issue.open,
        closed_because => issue.close_reason.clone().unwrap_or_default(),
        items,
        ..brief(organisation, w, full.phases.as_ref(), &full.items, now)
    }
}

/// Configured channels, also while nothing was posted there, then others that have posts; those of ops last.
async fn channels(service: &Service) -> anyhow::Result<Vec<Value>> {
    let organisation = service.organisation();
    let builtin = |channel: &Channel| match channel {
        Channel::Builtin(name) => Some(name.clone()),
        _ => None,
    };
    let mut counts: BTreeMap<String, i64> = service.channels().await?.into_iter().map(|c| (c.name, c.posts)).collect();
    let ops: Vec<String> = organisation.ops.iter().filter_map(builtin).collect();
    let mut names: Vec<String> =
        organisation.channels().filter_map(builtin).filter(|name| !ops.contains(name)).collect();
    names.extend(counts.keys().filter(|name| !ops.contains(name)).cloned());
    names.extend(ops);
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for name in names {
        if !seen.insert(name.clone()) {
            continue;
        }
        let posts = service.posts(&name, None, POSTS).await?;
        let posts: Vec<Value> = posts.iter().map(|p| post(p, organisation)).collect();
        let count = counts.remove(&name).unwrap_or(0);
        found.push(context! { name, count, shown => posts.len(), posts });
    }
    Ok(found)
}

fn post(p: &Post, organisation: &Organisation) -> Value {
    let (heading, rest) = p.text.split_once('\n').unwrap_or((&p.text, ""));
    let parts: Vec<Value> =
        rest.split("\n\n").map(|part| part.trim_matches('\n')).filter(|part| !part.is_empty()).map(part).collect();
    let zone = &organisation.zone;
    context! {
        id => p.id,
        heading,
        parts,
        at => short_moment(p.posted_at, zone),
        edited => p.edited_at.map(|edited| short_moment(edited, zone)),
        subject => p.subject.map(|subject| subject.to_string()).unwrap_or_default(),
        address => p.subject.and_then(address).unwrap_or_default(),
    }
}

/// The page for staff of what a post is about.
fn address(subject: Subject) -> Option<String> {
    match subject {
        Subject::Window(id) => Some(format!("/console/windows/{id}")),
        Subject::Plan(id) => Some(format!("/console/plans/{id}")),
        Subject::Advisory(id) => Some(format!("/console/advisories/{id}")),
        Subject::Series(_) | Subject::Freeze(_) | Subject::Subscription(_) | Subject::Digest => None,
    }
}

/// An instant on the wall clock of `zone`, which the page names once above all posts.
fn short_moment(instant: DateTime<Utc>, zone: &Zone) -> Value {
    let text = local(instant, zone).format("%a %-d %b %Y %H:%M").to_string();
    context! { text, from => json::instant(instant), to => "", zone => zone.name() }
}

/// A paragraph of a post's plain text. Facts wrap better as facts than as aligned columns, and aligned columns need
/// letters of one width; what looks like neither is text.
fn part(paragraph: &str) -> Value {
    let facts: Option<Vec<Value>> = paragraph.lines().map(fact).collect();
    if let Some(facts) = facts.filter(|facts| facts.len() > 1) {
        return context! { sort => "facts", facts };
    }
    let columns = paragraph.lines().any(|line| line.trim_start().contains("  "));
    context! { sort => if columns { "columns" } else { "text" }, text => paragraph }
}

/// `Contact:   anna`, as facts look in plain text.
fn fact(line: &str) -> Option<Value> {
    let (name, value) = line.split_once(": ")?;
    let is_name = name.len() <= 24
        && name.starts_with(|c: char| c.is_ascii_uppercase())
        && name.chars().all(|c| c.is_alphabetic() || c == ' ');
    is_name.then(|| context! { name, value => value.trim() })
}

/// Values for completing what is typed, by the source that the catalogue names.
async fn offers(service: &Service, overview: &Overview, planning: &planning::Planning) -> anyhow::Result<Value> {
    let organisation = service.organisation();
    let waiting = planning.waiting.iter().map(|full| &full.window);
    let public = overview.now.iter().chain(&overview.upcoming).chain(&overview.past).map(|full| &full.window);
    let all: Vec<&Window> = waiting.chain(public).collect();
    let windows = all.iter().map(|w| offer(&w.id.to_string(), &w.title)).collect::<BTreeSet<_>>();
    let plans: Vec<String> =
        planning.plans.iter().map(|p| offer(&p.phases.plan.id.to_string(), &p.phases.plan.title)).collect();
    let series = planning.series.iter().map(|s| offer(&s.id.to_string(), &s.template.title)).collect::<Vec<_>>();
    let freezes = planning.freezes.iter().map(|f| offer(&f.id.to_string(), &f.title)).collect::<Vec<_>>();
    let advisories = planning.advisories.iter().map(|topic| {
        let known = topic.is_disclosed(service.now());
        offer(&topic.advisory.id.to_string(), if known { &topic.advisory.title } else { "" })
    });
    let advisories = advisories.collect::<Vec<_>>();
    let customers = organisation.customers.values().map(|c| offer(&c.id, &c.name)).collect::<Vec<_>>();
    let people = all.iter().filter_map(|w| w.poc.clone()).chain(organisation.people.keys().cloned());
    let people: BTreeSet<String> = people.map(|name| format!("@{name}")).collect();
    let regions = all.iter().flat_map(|w| w.regions.clone()).chain(organisation.regions.keys().cloned());
    let environments = all.iter().map(|w| w.environment.clone()).chain(["production".to_owned()]);
    let lines = |values: BTreeSet<String>| values.into_iter().collect::<Vec<_>>().join("\n");
    let windows = lines(windows);
    Ok(context! {
        windows_and_plans => [windows.as_str(), &plans.join("\n")].join("\n"),
        windows,
        plans => plans.join("\n"),
        series => series.join("\n"),
        freezes => freezes.join("\n"),
        advisories => advisories.join("\n"),
        customers => customers.join("\n"),
        people => lines(people),
        services => service.service_ids().await?.join("\n"),
        regions => lines(regions.collect()),
        environments => lines(environments.collect()),
        kinds => lines(organisation.policies.keys().cloned().collect()),
    })
}

/// A value with what it stands for.
fn offer(value: &str, meaning: &str) -> String {
    format!("{}\t{}", one_line(value), one_line(meaning))
}

/// The clock of a demo: what it shows, and where it could go next.
pub(super) async fn clock(site: &Site) -> anyhow::Result<Option<Value>> {
    if site.web.mover.is_none() {
        return Ok(None);
    }
    let service = &site.web.service;
    let (now, zone) = (service.now(), &service.organisation().zone);
    let overview = service.overview(50).await?;
    let windows = overview.now.iter().chain(&overview.upcoming).map(|full| &full.window);
    let ends = windows.flat_map(|w| [(w.span.starts_at, "start", w.id), (w.span.ends_at, "end", w.id)]);
    let next = ends.filter(|(at, _, _)| *at > now).min();
    let next =
        next.map(|(to, what, id)| context! { to => json::instant(to), label => format!("To the {what} of {id}") });
    Ok(Some(context! {
        text => at(now, zone),
        zone => zone.name(),
        local => local(now, zone).format("%Y-%m-%dT%H:%M").to_string(),
        next,
    }))
}
