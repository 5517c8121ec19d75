//! Facts and rules of planned maintenance. No I/O, no async, no clock, no foreign formats.

pub mod access;
pub mod calendar;
pub mod change;
pub mod event;
pub mod ledger;
pub mod notice;
pub mod organisation;
pub mod refusal;
pub mod timed;
pub mod window;
