//! What the inward halves of surfaces share: [`hook`] takes what is posted to them, bounded and signed; [`work`] works on
//! what they stored in the inbox.

pub mod hook;
pub mod work;
