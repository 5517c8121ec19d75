//! Addresses of mail at which nobody is.

use chrono::{DateTime, Utc};

use super::convert::{from_word, whole};
use super::{Result, StoreError, Tx};
use crate::domain::channel::EmailAddress;

/// An address that gets nothing, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedMailbox {
    /// The address.
    pub address: EmailAddress,
    /// What the server said.
    pub reason: String,
    /// When it said so first (UTC).
    pub refused_at: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct Row {
    address: String,
    reason: String,
    refused_at: DateTime<Utc>,
}

impl TryFrom<Row> for RefusedMailbox {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self> {
        let address = from_word("address of a refused mailbox", &row.address)?;
        Ok(Self { address, reason: row.reason, refused_at: row.refused_at })
    }
}

impl Tx {
    /// Why an address gets nothing; `None`: it does.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn refused_mailbox(&mut self, address: &EmailAddress) -> Result<Option<RefusedMailbox>> {
        let sql = "SELECT address, reason, refused_at FROM refused_mailboxes WHERE address = $1";
        let address = address.to_string();
        let row: Option<Row> = on!(self, |c| sqlx::query_as(sql).bind(address).fetch_optional(c).await?);
        row.map(RefusedMailbox::try_from).transpose()
    }

    /// Remembers that nobody is at an address, since `at` (UTC); what is known already stays.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn refuse_mailbox(&mut self, address: &EmailAddress, reason: &str, at: DateTime<Utc>) -> Result<()> {
        let sql = "INSERT INTO refused_mailboxes (address, reason, refused_at) VALUES ($1, $2, $3) \
                   ON CONFLICT DO NOTHING";
        let address = address.to_string();
        on!(self, |c| sqlx::query(sql).bind(address).bind(reason).bind(whole(at)).execute(c).await.map(drop))?;
        Ok(())
    }

    /// Lets an address have mail again. `false`: it was not refused.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn allow_mailbox(&mut self, address: &EmailAddress) -> Result<bool> {
        let sql = "DELETE FROM refused_mailboxes WHERE address = $1";
        let address = address.to_string();
        Ok(on!(self, |c| sqlx::query(sql).bind(address).execute(c).await?.rows_affected()) == 1)
    }

    /// Every address that gets nothing, the one refused last first.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn refused_mailboxes(&mut self) -> Result<Vec<RefusedMailbox>> {
        let sql = "SELECT address, reason, refused_at FROM refused_mailboxes ORDER BY refused_at DESC";
        let rows: Vec<Row> = on!(self, |c| sqlx::query_as(sql).fetch_all(c).await?);
        rows.into_iter().map(RefusedMailbox::try_from).collect()
    }
}
