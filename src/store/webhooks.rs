//! Webhooks whose receivers said that they want nothing more.

use chrono::{DateTime, Utc};

use super::convert::whole;
use super::{Result, Tx};

pub(super) const DISABLED: &str = "SELECT disabled_at FROM webhooks_disabled WHERE name = $1 AND address = $2";

impl Tx {
    /// Records that nothing is sent to a webhook any more since `at` (UTC), as long as it has this address, which is given
    /// as a digest: addresses may be secret. The first time stays.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn disable_webhook(&mut self, name: &str, address: &str, at: DateTime<Utc>) -> Result<()> {
        let sql =
            "INSERT INTO webhooks_disabled (name, address, disabled_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
        on!(self, |c| sqlx::query(sql).bind(name).bind(address).bind(whole(at)).execute(c).await.map(drop))?;
        Ok(())
    }

    /// Since when (UTC) nothing is sent to a webhook that has this address; `None`: it gets everything.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn webhook_disabled(&mut self, name: &str, address: &str) -> Result<Option<DateTime<Utc>>> {
        Ok(on!(self, |c| sqlx::query_scalar(DISABLED).bind(name).bind(address).fetch_optional(c).await?))
    }

    /// Lets a webhook get everything again, whatever its address. `false`: it was not disabled.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn enable_webhook(&mut self, name: &str) -> Result<bool> {
        let sql = "DELETE FROM webhooks_disabled WHERE name = $1";
        Ok(on!(self, |c| sqlx::query(sql).bind(name).execute(c).await?.rows_affected()) > 0)
    }
}
