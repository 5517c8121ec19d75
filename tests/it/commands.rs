//! The commands: declarations, grammar, refusals, round trips, and what is derived from the declarations.

mod any;
mod declarations;
mod derived;
mod discord;
mod fuzz;
mod grammar;
mod planning;
mod properties;
mod refusals;
mod times;

use maintbot::command::{Command, Input, Parsed, parse};
use maintbot::domain::refusal::Refusal;

/// Reads a line of text.
fn read(line: &str) -> Result<Parsed, Refusal> {
    parse(&Input::Text(line.to_owned()))
}

/// The command of a line that must be readable.
fn command(line: &str) -> Command {
    read(line).unwrap_or_else(|refusal| panic!("{line}\n{refusal:?}")).command
}

/// What a refusal says, the text its caret marks, and its line to copy, which must be readable.
fn refusal(result: Result<Parsed, Refusal>) -> (String, String, String) {
    match result {
        Err(Refusal::Input { detail, hint: Some(hint), input, at }) => {
            let marked = input.get(at.clone()).unwrap_or_else(|| panic!("{at:?} is not in {input:?}")).to_owned();
            if let Err(refusal) = read(&hint) {
                panic!("the line to copy is refused: {hint}\n{refusal:?}\nfor {input}");
            }
            (detail, marked, hint)
        }
        other => panic!("not a refusal with a line to copy: {other:?}"),
    }
}

fn refused(line: &str) -> (String, String, String) {
    refusal(read(line))
}
