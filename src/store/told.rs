//! Who has told which customer of a window.

use chrono::{DateTime, Utc};

use super::convert::whole;
use super::{Result, Tx};
use crate::domain::customer::Told;
use crate::domain::window::WindowId;

pub(super) const OF_WINDOW: &str = "SELECT round, customer, told_by, told_at FROM told WHERE window_id = $1";

#[derive(sqlx::FromRow)]
struct ToldRow {
    round: i64,
    customer: String,
    told_by: String,
    told_at: DateTime<Utc>,
}

impl Tx {
    /// Records that a customer was told of a window. `false`: it was told in this round before.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn add_told(&mut self, window: WindowId, told: &Told) -> Result<bool> {
        let sql = "INSERT INTO told (window_id, round, customer, told_by, told_at) VALUES ($1, $2, $3, $4, $5) \
                   ON CONFLICT DO NOTHING";
        let added = on!(self, |c| {
            let insert = sqlx::query(sql).bind(window.0).bind(told.round).bind(&told.customer);
            insert.bind(&told.by).bind(whole(told.at)).execute(c).await?.rows_affected()
        });
        Ok(added == 1)
    }

    /// Who was told of a window, in every round, in the order they were told.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn told(&mut self, window: WindowId) -> Result<Vec<Told>> {
        let rows: Vec<ToldRow> = on!(self, |c| sqlx::query_as(OF_WINDOW).bind(window.0).fetch_all(c).await?);
        let told = |row: ToldRow| Told { customer: row.customer, round: row.round, by: row.told_by, at: row.told_at };
        let mut all: Vec<_> = rows.into_iter().map(told).collect();
        all.sort_by(|a, b| (a.round, a.at, &a.customer).cmp(&(b.round, b.at, &b.customer)));
        Ok(all)
    }
}
