//! Alertmanager, which keeps alerts quiet while a window is open. Outward only: `api` makes, changes and ends silences.

pub mod api;
