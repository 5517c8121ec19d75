//! Stories: what people do and what they see, on both databases.

mod answers;
mod chases;
mod delivery;
mod ladder;
mod lists;
mod messages;
mod moves;
mod reading;
mod roles;
mod text;
