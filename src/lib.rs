//! maintbot runs planned maintenance from chat: windows, notice, reminders, change lists, one record for all of it.
//!
//! Modules stand in layer order; each may use only what stands above it, as `docs/architecture.md` says and
//! `tests/it/layers.rs` checks.

// 0: facts and rules
pub mod clock;
pub mod domain;

// 1: words in, words out, rows, settings
pub mod config;
pub mod message;
pub mod store;
