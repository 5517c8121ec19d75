//! How operators run maintenance today, by configuration and commands alone, with the exact timeline of messages.

mod eficode;
mod sourcegraph;
