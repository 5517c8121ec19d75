//! API tokens (their hashes, never themselves) and the services that were ever named.

use chrono::{DateTime, Utc};

use super::convert::{from_word, whole};
use super::{Result, StoreError, Tx};
use crate::domain::access::Role;

/// An API token as it is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Its number.
    pub id: i64,
    /// What it is for; text from a person.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// From when on it is refused (UTC).
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was made (UTC).
    pub created_at: DateTime<Utc>,
    /// When it was taken back (UTC).
    pub revoked_at: Option<DateTime<Utc>>,
}

#[derive(sqlx::FromRow)]
struct TokenRow {
    id: i64,
    name: String,
    role: String,
    expires_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    revoked_at: Option<DateTime<Utc>>,
}

impl TryFrom<TokenRow> for Token {
    type Error = StoreError;

    fn try_from(row: TokenRow) -> Result<Self> {
        Ok(Self {
            role: from_word(format_args!("token {}, role", row.id), &row.role)?,
            id: row.id,
            name: row.name,
            expires_at: row.expires_at,
            created_at: row.created_at,
            revoked_at: row.revoked_at,
        })
    }
}

impl Tx {
    /// Stores a token by its hash and returns its number. Times are UTC.
    ///
    /// # Errors
    /// A fault of the database, also where the hash is there already.
    pub async fn insert_token(
        &mut self,
        name: &str,
        hash: &str,
        role: Role,
        expires_at: Option<DateTime<Utc>>,
        created_at: DateTime<Utc>,
    ) -> Result<i64> {
        let id = self.next_id(Self::TOKEN).await?;
        let sql = "INSERT INTO tokens (id, name, hash, role, expires_at, created_at) VALUES ($1, $2, $3, $4, $5, $6)";
        on!(self, |c| {
            let insert = sqlx::query(sql).bind(id).bind(name).bind(hash).bind(role.as_str());
            insert.bind(expires_at.map(whole)).bind(whole(created_at)).execute(c).await.map(drop)
        })?;
        Ok(id)
    }

    /// Every token ever made, oldest first.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn tokens(&mut self) -> Result<Vec<Token>> {
        let sql = "SELECT id, name, role, expires_at, created_at, revoked_at FROM tokens ORDER BY id";
        let rows: Vec<TokenRow> = on!(self, |c| sqlx::query_as(sql).fetch_all(c).await?);
        rows.into_iter().map(Token::try_from).collect()
    }

    /// Takes a token back at `at` (UTC). `false`: there is no such token, or it was taken back before.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn revoke_token(&mut self, id: i64, at: DateTime<Utc>) -> Result<bool> {
        let sql = "UPDATE tokens SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL";
        let revoked = on!(self, |c| sqlx::query(sql).bind(id).bind(whole(at)).execute(c).await?.rows_affected());
        Ok(revoked == 1)
    }

    /// The token with this hash, also where it has expired or was taken back: the caller decides what that means.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn token_by_hash(&mut self, hash: &str) -> Result<Option<Token>> {
        let sql = "SELECT id, name, role, expires_at, created_at, revoked_at FROM tokens WHERE hash = $1";
        let row: Option<TokenRow> = on!(self, |c| sqlx::query_as(sql).bind(hash).fetch_optional(c).await?);
        row.map(Token::try_from).transpose()
    }

    /// Ids of services that were ever named, sorted.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn known_services(&mut self) -> Result<Vec<String>> {
        let mut ids: Vec<String> = on!(self, |c| sqlx::query_scalar("SELECT id FROM services").fetch_all(c).await?);
        ids.sort_unstable();
        Ok(ids)
    }

    /// Remembers a service. `false`: it was known.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn add_service(&mut self, id: &str, at: DateTime<Utc>) -> Result<bool> {
        let sql = "INSERT INTO services (id, added_at) VALUES ($1, $2) ON CONFLICT DO NOTHING";
        let added = on!(self, |c| sqlx::query(sql).bind(id).bind(whole(at)).execute(c).await?.rows_affected());
        Ok(added == 1)
    }
}
