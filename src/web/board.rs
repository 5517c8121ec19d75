//! What the console shows beside the command line: windows at hand, change lists, channels. Read anew on every change.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use minijinja::context;
use minijinja::value::Value;

use super::window_view::brief;
use super::{Site, json};
use crate::domain::calendar::{Zone, at, local};
use crate::domain::organisation::{Channel, Organisation};
use crate::domain::window::{Step, Window};
use crate::message::words;
use crate::service::Service;
use crate::service::query::{Full, Issue, Overview, Post};

/// How many of each are shown.
const WINDOWS: usize = 8;
const OPEN_LISTS: i64 = 20;
const RECENT_LISTS: i64 = 12;
const CLOSED_LISTS: usize = 5;
const POSTS: i64 = 30;
/// `start` is possible from so long before the start.
const EARLY_START: TimeDelta = TimeDelta::minutes(30);

/// Everything on the board.
pub(super) async fn values(site: &Site) -> anyhow::Result<Value> {
    let service = &site.web.service;
    let organisation = service.organisation();
    let now = service.now();
    let overview = service.overview(50).await?;
    let mut lists: Vec<Value> = Vec::new();
    let mut open = service.issues(true, OPEN_LISTS).await?;
    open.sort_by_key(|(_, full)| (full.window.span.starts_at, full.window.id));
    lists.extend(open.iter().map(|(issue, full)| change_list(organisation, issue, full, now)));
    let recent = service.issues(false, RECENT_LISTS).await?;
    let closed = recent.iter().filter(|(issue, _)| !issue.open).take(CLOSED_LISTS);
    let closed: Vec<Value> = closed.map(|(issue, full)| change_list(organisation, issue, full, now)).collect();
    let at_hand: Vec<&Full> = overview.now.iter().chain(&overview.upcoming).take(WINDOWS).collect();
    let windows: Vec<Value> = at_hand.iter().map(|full| at_hand_window(organisation, full, now)).collect();
    Ok(context! {
        windows,
        more => (overview.now.len() + overview.upcoming.len()).saturating_sub(WINDOWS),
        empty => overview.now.is_empty() && overview.upcoming.is_empty() && overview.past.is_empty(),
        lists,
        closed,
        channels => channels(service).await?,
        zone => organisation.zone.name(),
        offers => offers(service, &overview).await?,
    })
}

fn at_hand_window(organisation: &Organisation, full: &Full, now: DateTime<Utc>) -> Value {
    let w = &full.window;
    let can = |step| w.state.permits(step);
    let command = |label: &str, name: &str, text: String, main: bool| context! { label, name, text, main };
    let mut buttons = Vec::new();
    if can(Step::Start) && now >= w.span.starts_at - EARLY_START {
        buttons.push(command("Start", "start", format!("/maintenance start {}", w.id), true));
    }
    if can(Step::Complete) {
        let all_done = full.items.open().is_empty();
        buttons.push(command("Complete", "complete", format!("/maintenance complete {}", w.id), all_done));
        buttons.push(command("Extend by 30 min", "extend", format!("/maintenance extend {} 30m", w.id), false));
    }
    if can(Step::Ack) && w.attended_at.is_none() && now >= w.span.starts_at - TimeDelta::days(1) {
        buttons.push(command("Acknowledge", "ack", format!("/maintenance ack {}", w.id), false));
    }
    buttons.push(command("Show", "show", format!("/maintenance show {}", w.id), false));
    buttons.push(command("Reminders", "reminders", format!("/maintenance reminders {}", w.id), false));
    context! { buttons, ..brief(organisation, w, &full.items, now) }
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
        ..brief(organisation, w, &full.items, now)
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
    let mut names: Vec<String> = organisation.audiences.iter().flat_map(|a| &a.channels).filter_map(builtin).collect();
    let ops: Vec<String> = organisation.ops.iter().filter_map(builtin).collect();
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
        window => p.window.map(|w| w.to_string()).unwrap_or_default(),
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
async fn offers(service: &Service, overview: &Overview) -> anyhow::Result<Value> {
    let organisation = service.organisation();
    let all = || overview.now.iter().chain(&overview.upcoming).chain(&overview.past).map(|full| &full.window);
    let windows: Vec<String> =
        all().map(|w| format!("{}\t{}", w.id, crate::message::text::one_line(&w.title))).collect();
    let people = all().filter_map(|w: &Window| w.poc.clone()).chain(organisation.people.keys().cloned());
    let people: BTreeSet<String> = people.map(|name| format!("@{name}")).collect();
    let regions = all().flat_map(|w| w.regions.clone()).chain(organisation.regions.keys().cloned());
    let environments = all().map(|w| w.environment.clone()).chain(["production".to_owned()]);
    let lines = |values: BTreeSet<String>| values.into_iter().collect::<Vec<_>>().join("\n");
    Ok(context! {
        windows => windows.join("\n"),
        people => lines(people),
        services => service.service_ids().await?.join("\n"),
        regions => lines(regions.collect()),
        environments => lines(environments.collect()),
        kinds => lines(organisation.policies.keys().cloned().collect()),
    })
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
