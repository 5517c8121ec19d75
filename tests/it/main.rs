//! The only integration-test binary: one module per subject, so that everything links once.

mod bot;
mod commands;
mod config;
mod crash;
mod databases;
mod discord;
mod discord_render;
mod fake;
mod github;
mod layers;
mod measure;
mod migrations;
mod postgres;
mod process;
mod program;
mod prometheus;
mod recurrence;
mod scenarios;
mod slack;
mod slack_render;
mod store;
mod stories;
mod suggest;
mod templates;
mod web;
