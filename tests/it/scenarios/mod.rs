//! How operators run maintenance today, by configuration and commands alone, with the exact timeline of messages.

mod eagle_eye;
mod easysend;
mod eficode;
mod immuta;
mod sourcegraph;
