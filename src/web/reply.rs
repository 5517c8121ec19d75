//! A [`Message`] as values for the templates, block by block. Formats only; the words come from `message::words`.

use axum::http::StatusCode;
use minijinja::context;
use minijinja::value::Value;

use super::findings::Ground;
use super::problem::{Problem, refused_status};
use super::window_view::when;
use crate::command::{self, Command, Input, Suggest};
use crate::domain::calendar::{Span, Zone};
use crate::message::{Block, ItemLine, Message};
use crate::service::{Answer, Reply, Service, SlotView};

/// Windows whose pages a reply leads to.
const PAGES: usize = 5;

/// What the console answers to a command, with the status that goes with it.
pub(super) async fn of(service: &Service, input: &Input, answer: &Answer) -> anyhow::Result<(StatusCode, Value)> {
    match answer {
        Answer::Done(reply) => {
            let ground = Ground::of_reply(service, input, reply).await?;
            Ok((StatusCode::OK, done(service, input, reply, &ground)))
        }
        Answer::Refused(refused) => Ok((refused_status(refused), not_done(&refused.message))),
    }
}

/// A problem in the place of a reply.
pub(super) fn of_problem(problem: &Problem) -> (StatusCode, Value) {
    (problem.status(), not_done(&Message::line(problem.detail())))
}

fn not_done(message: &Message) -> Value {
    let none = Vec::<String>::new;
    context! {
        done => false, blocks => blocks(message), pages => none(), warnings => none(), findings => none(),
        slots => none(),
    }
}

fn done(service: &Service, input: &Input, reply: &Reply, ground: &Ground<'_>) -> Value {
    let slots = slots(service, input, reply.slots.as_deref().unwrap_or_default());
    let findings: Vec<Value> = reply.findings.iter().map(|finding| ground.line(finding)).collect();
    // What was found is listed with what policy makes of it, and need not be said twice.
    let said = |warning: &&String| !reply.findings.iter().any(|finding| ground.says(finding, warning));
    let warnings: Vec<String> = reply.warnings.iter().filter(said).cloned().collect();
    let plan = reply.subject.map(|subject| subject.to_string()).filter(|id| id.starts_with("PL-"));
    let plan = plan.map(|id| context! { address => format!("/console/plans/{id}"), id });
    let windows = reply.windows.iter().take(PAGES).map(ToString::to_string);
    let windows = windows.map(|id| context! { address => format!("/console/windows/{id}"), id });
    context! {
        done => true,
        blocks => blocks(&not_said_elsewhere(reply, !slots.is_empty())),
        pages => plan.into_iter().chain(windows).collect::<Vec<_>>(),
        warnings,
        findings,
        slots,
    }
}

/// What a reply says but its warnings, which stand above it, and but the table and the line to copy of slots, of which
/// there is a list that can be used.
fn not_said_elsewhere(reply: &Reply, has_slots: bool) -> Message {
    let all = &reply.message.blocks;
    let leads_to_copy = |n: usize| matches!(all.get(n + 1), Some(Block::Copy(_)));
    let shown = |(n, block): &(usize, &Block)| match block {
        Block::Text(text) => !(reply.warnings.contains(text) || (has_slots && leads_to_copy(*n))),
        Block::Table { .. } | Block::Copy(_) => !has_slots,
        _ => true,
    };
    Message {
        blocks: all.iter().enumerate().filter(shown).map(|(_, block)| block.clone()).collect(),
        ..Message::default()
    }
}

/// Slots with the reasons for each and the command that takes it, for a title to be filled in.
fn slots(service: &Service, input: &Input, found: &[SlotView]) -> Vec<Value> {
    let Ok(Command::Suggest(asked)) = command::parse(input).map(|parsed| parsed.command) else { return Vec::new() };
    let zone = zone(service, &asked);
    let one = |slot: &SlotView| {
        let span = Span { starts_at: slot.starts_at, ends_at: slot.ends_at, zone: zone.clone() };
        context! { when => when(&span), why => slot.why.clone(), command => take(&asked, &span) }
    };
    found.iter().map(one).collect()
}

/// The zone that a window of these services lives in where none is typed.
fn zone(service: &Service, asked: &Suggest) -> Zone {
    let organisation = service.organisation();
    let of_service = || asked.service.iter().find_map(|id| organisation.services.get(id)?.zone.clone());
    asked.tz.clone().or_else(of_service).unwrap_or_else(|| organisation.zone.clone())
}

/// The command that plans a window in a slot.
fn take(asked: &Suggest, span: &Span) -> String {
    let mut line = format!("/maintenance schedule \"…\" service:{} when:\"{span}\"", asked.service.join(","));
    if !asked.regions.is_empty() {
        line.push_str(&format!(" regions:{}", asked.regions.join(",")));
    }
    if let Some(kind) = &asked.kind {
        line.push_str(&format!(" kind:{kind}"));
    }
    if let Some(environment) = &asked.environment {
        line.push_str(&format!(" environment:{environment}"));
    }
    line
}

fn blocks(message: &Message) -> Vec<Value> {
    message.blocks.iter().map(block).collect()
}

fn block(block: &Block) -> Value {
    match block {
        Block::Heading(text) => context! { sort => "heading", text },
        Block::Text(text) => context! { sort => "text", text => text.trim_end() },
        Block::Facts(facts) => {
            let facts: Vec<Value> = facts.iter().map(|(name, value)| context! { name, value }).collect();
            context! { sort => "facts", facts }
        }
        Block::Items(items) => context! { sort => "items", items => items.iter().map(item).collect::<Vec<_>>() },
        Block::Table { head, rows } => context! { sort => "table", head => head.clone(), rows => rows.clone() },
        Block::Copy(line) => context! { sort => "copy", line },
        Block::Caret { line, from, width } => {
            let part = |skip: usize, take: usize| line.chars().skip(skip).take(take).collect::<String>();
            let end = from + width;
            context! {
                sort => "caret",
                before => part(0, *from),
                marked => part(*from, *width),
                after => part(end, usize::MAX),
                pointer => format!("{}{}", " ".repeat(*from), "^".repeat(*width)),
            }
        }
    }
}

fn item(line: &ItemLine) -> Value {
    context! {
        number => line.number, text => line.text.as_str(), depth => line.depth.min(4), done => line.done,
        aside => line.aside.as_str(),
    }
}
