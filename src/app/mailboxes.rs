//! `maintbot mail`: addresses at which nobody was, and letting one have mail again.

use secrecy::ExposeSecret as _;
use serde_json::json;

use super::{rfc, say};
use crate::config::Config;
use crate::domain::channel::EmailAddress;
use crate::message::text::one_line;
use crate::store::Db;

/// Prints every address that gets no mail, the one refused last first.
///
/// # Errors
/// The database cannot be opened or read.
pub(super) async fn list(config: &Config, as_json: bool) -> anyhow::Result<()> {
    let db = Db::open(config.database.url.expose_secret()).await?;
    let refused = db.read(async |tx| tx.refused_mailboxes().await).await?;
    db.close().await;
    if as_json {
        let item = |mailbox: &crate::store::RefusedMailbox| json!({ "address": mailbox.address, "reason": mailbox.reason, "refused_at": rfc(mailbox.refused_at) });
        say(&json!({ "items": refused.iter().map(item).collect::<Vec<_>>() }).to_string());
    } else if refused.is_empty() {
        say("Every address gets its mail.");
    }
    for mailbox in refused.iter().filter(|_| !as_json) {
        let address = mailbox.address.to_string();
        say(&format!("{}  {address:<40} {}", rfc(mailbox.refused_at), one_line(&mailbox.reason)));
    }
    Ok(())
}

/// Lets an address have mail again.
///
/// # Errors
/// It is not refused, or the database cannot be opened or written.
pub(super) async fn allow(config: &Config, address: &EmailAddress, as_json: bool) -> anyhow::Result<()> {
    let db = Db::open(config.database.url.expose_secret()).await?;
    let allowed = db.write(async |tx| tx.allow_mailbox(address).await).await?;
    db.close().await;
    anyhow::ensure!(allowed, "{address} is not refused; `maintbot mail refused` shows which are");
    let done = json!({ "allowed": address }).to_string();
    say(&if as_json { done } else { format!("{address} gets what is sent from now on.") });
    Ok(())
}
