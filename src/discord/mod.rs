//! Discord: [`api`] asks it, [`render`] words for it, [`inbound`] takes what people do there.

pub mod api;
pub mod inbound;
pub mod render;
