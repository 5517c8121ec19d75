//! What people wrote on GitHub, read: commands in comments, boxes in change-list issues, answers in issue forms. Pure:
//! text in, facts out; whether something may be done is not asked here.
//!
//! The structure of a text is what a Markdown parser makes of it in GitHub's dialect, so that what GitHub shows as code,
//! as a quotation or not at all is never taken for something that was said.

mod commands;
mod form;
mod tasks;

pub use commands::{Commands, MOST_COMMANDS, commands};
pub use form::{Answer, Form, Problem, form};
pub use tasks::{Added, Split, Task, Ticks, difference, split, tasks};

/// GitHub's dialect of Markdown.
const DIALECT: pulldown_cmark::Options = pulldown_cmark::Options::ENABLE_TABLES
    .union(pulldown_cmark::Options::ENABLE_FOOTNOTES)
    .union(pulldown_cmark::Options::ENABLE_STRIKETHROUGH)
    .union(pulldown_cmark::Options::ENABLE_TASKLISTS)
    .union(pulldown_cmark::Options::ENABLE_GFM);

/// What stands between the beginning and the end of a marker of ours, such as `list MW-12`, where a line is one.
fn marker(line: &str) -> Option<&str> {
    line.trim().strip_prefix("<!-- maintbot:")?.strip_suffix("-->").map(str::trim_end)
}
