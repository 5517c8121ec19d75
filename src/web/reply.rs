//! A [`Message`] as values for the templates, block by block. Formats only; the words come from `message::words`.

use axum::http::StatusCode;
use minijinja::context;
use minijinja::value::Value;

use super::problem::{Problem, refused_status};
use crate::message::{Block, ItemLine, Message};
use crate::service::Answer;

/// What the console answers to a command, with the status that goes with it.
pub(super) fn of(answer: &Answer) -> (StatusCode, Value) {
    match answer {
        Answer::Done(reply) => {
            let windows: Vec<String> = reply.windows.iter().take(5).map(ToString::to_string).collect();
            let values = context! {
                done => true, blocks => blocks(&reply.message), windows => windows, warnings => reply.warnings.clone(),
            };
            (StatusCode::OK, values)
        }
        Answer::Refused(refused) => {
            let values = context! {
                done => false, blocks => blocks(&refused.message), windows => Vec::<String>::new(),
                warnings => Vec::<String>::new(),
            };
            (refused_status(refused), values)
        }
    }
}

/// A problem in the place of a reply.
pub(super) fn of_problem(problem: &Problem) -> (StatusCode, Value) {
    let message = Message::line(problem.detail());
    let values = context! {
        done => false, blocks => blocks(&message), windows => Vec::<String>::new(), warnings => Vec::<String>::new(),
    };
    (problem.status(), values)
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
