//! The outside world, as tests meet it.
//!
//! - `github` is our double of GitHub: it can fail in every way that the network and GitHub can.
//! - `openapi` judges every request to that double, and every answer of it, by GitHub's own description.
//! - `emulate` is GitHub as others model it.
//! - `slack` is our double of Slack, with a judge of messages and views by Slack's own types and limits.
//! - `discord` is our double of Discord, its API and its gateway, with a judge by Discord's own description and limits.
//! - `statuspage` is our double of Atlassian Statuspage, and `json_page` of status pages that are filled by JSON.
//! - `wire` is what the doubles' connections run on, so that they can be cut.

pub mod discord;
pub mod emulate;
pub mod github;
pub mod json_page;
pub mod openapi;
pub mod slack;
pub mod statuspage;
mod wire;
