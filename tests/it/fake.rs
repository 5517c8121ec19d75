//! The outside world, as tests meet it.
//!
//! - `github` is our double of GitHub: it can fail in every way that the network and GitHub can.
//! - `openapi` judges every request to that double, and every answer of it, by GitHub's own description.
//! - `emulate` is GitHub as others model it.

pub mod emulate;
pub mod github;
pub mod openapi;
