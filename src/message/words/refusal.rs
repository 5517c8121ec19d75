//! Refusals in words: what is wrong, where in the text, and one line to copy that would work.

use serde::{Deserialize, Serialize};

use super::super::text::shown;
use super::super::{Block, Message};
use crate::domain::access::Role;
use crate::domain::refusal::Refusal;
use crate::domain::window::{State, Step, WindowId};

/// A refusal as a surface shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// Which sort: `input`, `not_found`, `state`, `role`, `rule`, `storage`.
    pub sort: String,
    /// What is wrong and why.
    pub detail: String,
    /// One line to copy that would work.
    pub hint: Option<String>,
    /// Where in the typed text, in characters.
    pub position: Option<usize>,
    /// All of it as a message.
    pub message: Message,
}

/// Words a refusal.
#[must_use]
pub fn refused(refusal: &Refusal) -> Refused {
    let (sort, detail, hint) = match refusal {
        Refusal::Input { detail, hint, .. } => ("input", detail.clone(), hint.clone()),
        Refusal::NotFound { what, hint } => ("not_found", format!("There is no {what}."), Some(hint.clone())),
        Refusal::State { window, step, state, by, at_words, possible, hint, .. } => {
            ("state", cannot(*window, *step, *state, (by, at_words), possible), Some(hint.clone()))
        }
        Refusal::Role { verb, needed, holders } => {
            ("role", lacks_role(verb, *needed, holders), (verb != "whoami").then(|| "/maintenance whoami".into()))
        }
        Refusal::Rule { detail, hint } => ("rule", detail.clone(), Some(hint.clone())),
        Refusal::Storage { detail } => ("storage", detail.clone(), None),
    };
    let mut message = Message::line(detail.clone());
    let mut position = None;
    if let Refusal::Input { input, at, .. } = refusal {
        let (from, block) = caret(input, at);
        position = Some(from);
        message.blocks.extend(block);
    }
    if let Some(hint) = &hint {
        message = message.text("This would work:").copy(hint.clone());
    }
    Refused { sort: sort.into(), detail, hint, position, message }
}

/// The line that holds the wrong part, clipped around it, with the mark under it; and the position in characters of
/// the whole text.
fn caret(input: &str, at: &std::ops::Range<usize>) -> (usize, Option<Block>) {
    let floor = |mut n: usize| {
        n = n.min(input.len());
        while !input.is_char_boundary(n) {
            n -= 1;
        }
        n
    };
    let (from, to) = (floor(at.start), floor(at.end.max(at.start)));
    let position = input[..from].chars().count();
    let line_start = input[..from].rfind('\n').map_or(0, |n| n + 1);
    let line_end = input[from..].find('\n').map_or(input.len(), |n| from + n);
    // Marks must stand under what they mark: every character that is not one column wide becomes a dot.
    let column = |c: char| if shown(&c.to_string()).is_empty() || c == '\t' { '·' } else { c };
    let before: Vec<char> = input[line_start..from].chars().map(column).collect();
    let marked = input[from..to.min(line_end)].chars().count().clamp(1, 60);
    let skipped = before.len().saturating_sub(60);
    let mut line: String = if skipped > 0 { "…".into() } else { String::new() };
    line.extend(&before[skipped..]);
    let start = line.chars().count();
    line.extend(input[from..line_end].chars().take(100).map(column));
    if line.trim().is_empty() {
        return (position, None);
    }
    (position, Some(Block::Caret { line, from: start, width: marked }))
}

fn cannot(window: WindowId, step: Step, state: State, moved: (&str, &str), possible: &[Step]) -> String {
    let what = match step {
        Step::Start => "be started",
        Step::Verify => "go to verifying",
        Step::Complete => "be completed",
        Step::Extend => "be extended",
        Step::Reschedule => "be rescheduled",
        Step::Cancel => "be cancelled",
        Step::Edit => "be edited",
        Step::Change => "have its change list changed",
        Step::Done => "have items reported done",
        Step::Undo => "have items taken back",
        Step::Note => "get notes",
        Step::Ack => "be acknowledged",
        Step::Remind => "be reminded of",
        Step::Approve => "be approved",
        Step::Reject => "be rejected",
        Step::Told => "have customers told of it",
        Step::Qa => "get questions and answers",
        Step::Overrun => "run over",
    };
    let state = state.as_str().replace('_', " ");
    let (by, at) = moved;
    let verbs = possible.iter().map(|step| step.as_str()).collect::<Vec<_>>().join(", ");
    let now =
        if verbs.is_empty() { "Nothing can be done with it any more".into() } else { format!("Possible now: {verbs}") };
    format!("{window} is {state} and cannot {what}: {by} moved it there, {at}. {now}.")
}

fn lacks_role(verb: &str, needed: Role, holders: &[String]) -> String {
    let who = if holders.is_empty() {
        "nobody has it by name; ask whoever runs maintbot".into()
    } else {
        format!("these have it: {}", holders.join(", "))
    };
    format!("`{verb}` needs the role {needed}; {who}.")
}
