//! The outside world, as tests meet it.
//!
//! - `github` is our double of GitHub: it can fail in every way that the network and GitHub can.
//! - `openapi` judges every request to that double, and every answer of it, by GitHub's own description.
//! - `emulate` is GitHub as others model it.
//! - `slack` is our double of Slack, with a judge of messages and views by Slack's own types and limits.
//! - `discord` is our double of Discord, its API and its gateway, with a judge by Discord's own description and limits.
//! - `pagerduty` is our double of PagerDuty, as far as its maintenance windows go, with its documented rules.
//! - `webhook` is a receiver of webhooks that fails in every way, with judges of what it gets that are not ours.
//! - `smtp` is a mail server that others wrote, with a judge of what it took by what others read.
//! - `statuspage` is our double of Atlassian Statuspage, and `json_page` of status pages that are filled by JSON.
//! - `wire` is what the doubles' connections run on, so that they can be cut; `planned` holds faults until they hit.

pub mod discord;
pub mod emulate;
pub mod github;
pub mod json_page;
pub mod openapi;
pub mod pagerduty;
mod planned;
pub mod slack;
pub mod smtp;
pub mod statuspage;
pub mod webhook;
mod wire;
