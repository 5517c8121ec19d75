//! GitHub: change-list issues and messages outward ([`api`], [`render`]), commands, forms and ticked boxes inward
//! ([`inbound`], [`read`]).

pub mod api;
pub mod inbound;
pub mod read;
pub mod render;
