//! How much a service is used in every hour of the week, as it was last measured.

use chrono::{DateTime, Utc};

use super::convert::{from_json, to_json, whole};
use super::{Result, StoreError, Tx};

pub(super) const OF_SERVICE: &str = "SELECT measured_at, loads FROM traffic WHERE service = $1";

impl Tx {
    /// Stores the loads of a service in the 168 hours of the week (Monday 00:00 UTC first), measured at `at` (UTC), in
    /// place of those before.
    ///
    /// # Errors
    /// A fault of the database; [`StoreError::Corrupt`] where a load is no number.
    pub async fn save_traffic(&mut self, service: &str, at: DateTime<Utc>, loads: &[f64]) -> Result<()> {
        if loads.iter().any(|load| !load.is_finite()) {
            return Err(StoreError::Corrupt(format!("a load of {service} that is no number")));
        }
        let sql = "INSERT INTO traffic (service, measured_at, loads) VALUES ($1, $2, $3) ON CONFLICT (service) \
                   DO UPDATE SET measured_at = excluded.measured_at, loads = excluded.loads";
        let loads = to_json(loads)?;
        on!(self, |c| sqlx::query(sql).bind(service).bind(whole(at)).bind(loads).execute(c).await.map(drop))?;
        Ok(())
    }

    /// When the loads of a service were measured (UTC), and what they were; Monday 00:00 UTC first.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn traffic(&mut self, service: &str) -> Result<Option<(DateTime<Utc>, Vec<f64>)>> {
        let row: Option<(DateTime<Utc>, String)> =
            on!(self, |c| sqlx::query_as(OF_SERVICE).bind(service).fetch_optional(c).await?);
        let Some((at, loads)) = row else { return Ok(None) };
        Ok(Some((at, from_json(format_args!("traffic of {service}"), &loads)?)))
    }
}
