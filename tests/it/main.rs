//! The only integration-test binary: one module per subject, so that everything links once.

mod migrations;
mod postgres;
mod store;
