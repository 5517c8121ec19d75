//! Rows to domain types and back: the only SQL in maintbot.
//!
//! One text serves SQLite and PostgreSQL (`migrations/README.md` names the portable subset); where they really differ
//! there is a visible `match` on [`Tx`]. Every function here is a method of [`Tx`], so that what belongs together
//! commits together: [`Db::write`] and [`Db::read`] are the only ways to get one. Nothing here reads a clock, decides
//! anything or talks to anybody but the database.

/// Runs the same expression on whichever connection the transaction has.
macro_rules! on {
    ($tx:expr, |$connection:ident| $body:expr) => {
        match $tx {
            $crate::store::Tx::Sqlite(open) => {
                let $connection = &mut **open;
                $body
            }
            $crate::store::Tx::Postgres(open) => {
                let $connection = &mut **open;
                $body
            }
        }
    };
}

mod advisories;
mod answers;
mod around;
mod builtin;
mod claims;
mod convert;
mod counters;
mod db;
mod deliveries;
mod digests;
mod error;
mod events;
mod freezes;
mod github;
mod glances;
mod group;
mod inbox;
mod inspect;
mod items;
mod mailboxes;
mod open;
mod plans;
mod questions;
mod series;
mod subscriptions;
mod tokens;
mod told;
mod traffic;
mod webhooks;
mod window_list;
mod windows;

#[cfg(test)]
mod tests;

pub use answers::{Repeat, StoredAnswer};
pub use builtin::{ConsoleChannel, Issue, Post};
pub use claims::{Claimed, Settled};
pub use db::{Db, Tx};
pub use deliveries::Owed;
pub use digests::DigestClock;
pub use error::{BackupError, Fault, OpenError, StoreError};
pub use events::NewEvent;
pub use github::{CommentRun, Conversation, IssueRole, ListIssue};
pub use glances::Glance;
pub use group::Writer;
pub use inbox::Inbound;
pub use mailboxes::RefusedMailbox;
pub use open::MIGRATIONS;
pub use subscriptions::ToPlan;
pub use tokens::Token;
pub use window_list::WindowFilter;
pub use windows::NewWindow;

/// What every function here returns.
pub type Result<T> = std::result::Result<T, StoreError>;
