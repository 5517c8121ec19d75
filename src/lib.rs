//! maintbot runs planned maintenance from chat: windows, notice, reminders, change lists, one record for all of it.
//!
//! Modules stand in layer order; each may use only what stands above it, as `docs/architecture.md` says and
//! `tests/it/layers.rs` checks.

// 0: facts and rules
pub mod clock;
pub mod domain;

// 1: words in, words out, rows, settings
pub mod command;
pub mod config;
pub mod message;
pub mod store;

// 2: what commands do; how the embedded channels are reached; what is asked of others
pub mod alertmanager;
pub mod builtin;
pub mod discord;
pub mod github;
pub mod inward;
pub mod mail;
pub mod outward;
pub mod pagerduty;
pub mod prometheus;
pub mod service;
pub mod slack;
pub mod statuspage;
pub mod webhook;

// 3: the only sender; the surfaces
pub mod cli;
pub mod delivery;
pub mod web;

// 4: everything put together
pub mod app;
