//! The embedded default: console channels and the change-list tracker, in maintbot's own database.

pub mod api;
