//! Webhooks of others: messages as signed JSON, posted to an address that somebody wrote into the configuration.

pub mod api;
pub mod render;
