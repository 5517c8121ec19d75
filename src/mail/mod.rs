//! Mail, outward only. [`render`] makes a mail of a message, [`api`] hands it to the server. Knows nothing of rows or of
//! what is worth sending, and reads no mail.

pub mod api;
pub mod render;
