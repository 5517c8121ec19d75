//! What the inward halves of surfaces share: [`hook`] takes what is posted to them, bounded and signed; [`work`] works on
//! what they stored in the inbox; [`errand`] does what somebody waits for, and [`ways`] are tried to tell them afterwards.

pub mod errand;
pub mod hook;
pub mod trial;
pub mod ways;
pub mod work;
