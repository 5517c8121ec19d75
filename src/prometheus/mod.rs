//! Prometheus: asks how much a service is used in each hour of the week. Outward only; it stores and decides nothing.

mod answer;
mod api;

pub use api::{Client, Failure};
