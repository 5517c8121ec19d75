//! The only integration-test binary: one module per subject, so that everything links once.

mod bot;
mod commands;
mod config;
mod databases;
mod layers;
mod migrations;
mod postgres;
mod scenarios;
mod store;
mod stories;
