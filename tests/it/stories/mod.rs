//! Stories: what people do and what they see, on both databases.
