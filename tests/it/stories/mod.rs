//! Stories: what people do and what they see, on both databases.

mod chases;
mod delivery;
mod ladder;
mod lists;
mod moves;
