//! Change items, each under the number it has in its window.

use chrono::{DateTime, Utc};
use sqlx::QueryBuilder;

use super::convert::{ROWS_AT_ONCE, from_json, from_word, to_json, whole};
use super::{Result, StoreError, Tx};
use crate::domain::change::{ChangeItem, ChangeList, Done};
use crate::domain::window::WindowId;

const INSERT: &str = "INSERT INTO change_items (window_id, number, text, kind, from_version, to_version, advisories, \
     assignee, parent, done_by, done_at, late, created_at) ";

const UPDATE: &str = "UPDATE change_items SET text = $3, kind = $4, from_version = $5, to_version = $6, \
     advisories = $7, assignee = $8, parent = $9, done_by = $10, done_at = $11, late = $12, created_at = $13 \
     WHERE window_id = $1 AND number = $2";

/// Binds an item in the order of its columns; `$bind` is the method that takes a value.
macro_rules! put_item {
    ($into:expr, $bind:ident, $window:expr, $item:expr, $advisories:expr) => {
        $into
            .$bind($window.0)
            .$bind($item.number)
            .$bind(&$item.text)
            .$bind($item.kind.as_str())
            .$bind(&$item.from_version)
            .$bind(&$item.to_version)
            .$bind($advisories)
            .$bind(&$item.assignee)
            .$bind($item.parent)
            .$bind($item.done.as_ref().map(|done| &done.by))
            .$bind($item.done.as_ref().map(|done| whole(done.at)))
            .$bind($item.late)
            .$bind(whole($item.created_at))
    };
}

#[derive(sqlx::FromRow)]
struct ItemRow {
    number: i64,
    text: String,
    kind: String,
    from_version: Option<String>,
    to_version: Option<String>,
    advisories: String,
    assignee: Option<String>,
    parent: Option<i64>,
    done_by: Option<String>,
    done_at: Option<DateTime<Utc>>,
    late: bool,
    created_at: DateTime<Utc>,
}

impl ItemRow {
    fn item(self, window: WindowId) -> Result<ChangeItem> {
        let what = |column: &str| format!("{window}, item {}, {column}", self.number);
        Ok(ChangeItem {
            kind: from_word(what("kind"), &self.kind)?,
            advisories: from_json(what("advisories"), &self.advisories)?,
            number: self.number,
            text: self.text,
            from_version: self.from_version,
            to_version: self.to_version,
            assignee: self.assignee,
            parent: self.parent,
            done: self.done_by.zip(self.done_at).map(|(by, at)| Done { by, at }),
            late: self.late,
            created_at: self.created_at,
        })
    }
}

impl Tx {
    /// The change list of a window in number order.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn items(&mut self, window: WindowId) -> Result<ChangeList> {
        let sql = "SELECT number, text, kind, from_version, to_version, advisories, assignee, parent, done_by, done_at, \
                   late, created_at FROM change_items WHERE window_id = $1 ORDER BY number";
        let rows: Vec<ItemRow> = on!(self, |c| sqlx::query_as(sql).bind(window.0).fetch_all(c).await?);
        rows.into_iter().map(|row| row.item(window)).collect::<Result<_>>().map(ChangeList)
    }

    /// The number for a new item of a window; the first is 1. No number is given twice, also after items were removed.
    ///
    /// # Errors
    /// A fault of the database; [`StoreError::Missing`] where there is no such window.
    pub async fn next_item_number(&mut self, window: WindowId) -> Result<i64> {
        let sql = "UPDATE windows SET last_item_number = last_item_number + 1 WHERE id = $1 RETURNING last_item_number";
        let number: Option<i64> = on!(self, |c| sqlx::query_scalar(sql).bind(window.0).fetch_optional(c).await?);
        number.ok_or_else(|| StoreError::Missing(window.to_string()))
    }

    /// Stores a new item; its parent is stored already.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn insert_item(&mut self, window: WindowId, item: &ChangeItem) -> Result<()> {
        self.insert_items(&[(window, item)]).await
    }

    /// Stores new items of windows; in each list parents come before their parts.
    pub(super) async fn insert_items(&mut self, items: &[(WindowId, &ChangeItem)]) -> Result<()> {
        for rows in items.chunks(ROWS_AT_ONCE) {
            let rows: Vec<_> =
                rows.iter().map(|(window, item)| Ok((window, item, advisories(item)?))).collect::<Result<_>>()?;
            on!(self, |c| {
                let mut query = QueryBuilder::new(INSERT);
                query.push_values(&rows, |mut values, (window, item, advisories)| {
                    put_item!(values, push_bind, window, item, advisories);
                });
                query.build().execute(c).await.map(drop)
            })?;
        }
        Ok(())
    }

    /// Stores what is now known of an item.
    ///
    /// # Errors
    /// A fault of the database; [`StoreError::Missing`] where there is no such item.
    pub async fn update_item(&mut self, window: WindowId, item: &ChangeItem) -> Result<()> {
        let advisories = advisories(item)?;
        let updated = on!(self, |c| {
            put_item!(sqlx::query(UPDATE), bind, window, item, &advisories).execute(c).await?.rows_affected()
        });
        item_found(updated, window, item.number)
    }

    /// Removes an item; its parts are removed already.
    ///
    /// # Errors
    /// A fault of the database, also where parts are left; [`StoreError::Missing`] where there is no such item.
    pub async fn remove_item(&mut self, window: WindowId, number: i64) -> Result<()> {
        let sql = "DELETE FROM change_items WHERE window_id = $1 AND number = $2";
        let removed = on!(self, |c| sqlx::query(sql).bind(window.0).bind(number).execute(c).await?.rows_affected());
        item_found(removed, window, number)
    }
}

fn advisories(item: &ChangeItem) -> Result<String> {
    to_json(&item.advisories)
}

fn item_found(rows: u64, window: WindowId, number: i64) -> Result<()> {
    if rows == 0 { Err(StoreError::Missing(format!("item {number} of {window}"))) } else { Ok(()) }
}
