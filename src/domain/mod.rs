//! Facts and rules of planned maintenance. No I/O, no async, no clock, no foreign formats.

pub mod access;
pub mod advisory;
pub mod calendar;
pub mod change;
pub mod channel;
pub mod customer;
pub mod digest;
pub mod event;
pub mod finding;
pub mod freeze;
pub mod ledger;
pub mod notice;
pub mod organisation;
pub mod pattern;
pub mod plan;
pub mod refusal;
pub mod series;
pub mod silence;
pub mod subject;
pub mod subscription;
pub mod suggest;
pub mod timed;
pub mod window;
