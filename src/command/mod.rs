//! From words to a typed [`Command`]: one grammar for every surface, declared once in `commands/*.toml`.
//!
//! `spec` holds the declarations, `verbs` the typed commands, `text` the words of a line, `reading` what they mean,
//! `value` and `field` the types, `line` writes a line, `parse` puts them together; `help`, `cli`, `manifest`,
//! `issue_form` and `complete` (what is offered while people type) are derived. Uses only `domain`; no I/O, no clock. It
//! words refusals but never decides whether a command is allowed or possible: that is the service's work.

pub mod cli;
pub mod complete;
pub mod every;
pub mod field;
pub mod help;
pub mod issue_form;
pub mod manifest;
pub mod spec;
pub mod value;
pub mod when;

mod expected;
mod line;
mod parse;
mod reading;
mod text;
mod verbs;

pub use expected::Expected;
pub use parse::{Input, LONGEST_INPUT, Parsed, parse, parse_within};
pub use value::Person;
pub use verbs::*;
