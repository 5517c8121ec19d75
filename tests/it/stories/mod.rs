//! Stories: what people do and what they see, on both databases.

mod answers;
mod approvals;
mod business_hours;
mod calendar;
mod carry_over;
mod chases;
mod conflicts;
mod customers;
mod delivery;
mod freezes;
mod holds;
mod ladder;
mod lists;
mod messages;
mod moves;
mod notice;
mod peers;
mod plans;
mod questions;
mod reading;
mod roles;
mod send_hours;
mod series;
mod suggest;
mod text;
mod working_days;
