//! API keys, as they are kept: by id, with the hash of the key and never the key.

use super::{Database, Definition, StoreError};
use crate::config::StoreLocation;

/// A key as it is kept. Times are milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredKey {
    /// Its public name.
    pub id: String,
    /// The SHA-256 of the whole key, in hexadecimal digits.
    pub hash: String,
    /// Whose it is.
    pub owner: String,
    /// What it is for; none has a space in it.
    pub scopes: Vec<String>,
    /// What limits it has.
    pub tier: Option<String>,
    /// When it was made.
    pub created: i64,
    /// From when on it is no good.
    pub expires: Option<i64>,
    /// When it was taken back.
    pub revoked: Option<i64>,
}

type Row = (String, String, String, String, Option<String>, i64, Option<i64>, Option<i64>);

impl From<Row> for StoredKey {
    fn from((id, hash, owner, scopes, tier, created, expires, revoked): Row) -> Self {
        let scopes = scopes.split(' ').filter(|scope| !scope.is_empty()).map(ToOwned::to_owned).collect();
        Self { id, hash, owner, scopes, tier, created, expires, revoked }
    }
}

const DEFINITION: Definition = Definition {
    name: "keys",
    steps: &["CREATE TABLE IF NOT EXISTS weft_api_keys (
        id TEXT PRIMARY KEY, hash TEXT NOT NULL, owner TEXT NOT NULL, scopes TEXT NOT NULL, tier TEXT,
        created BIGINT NOT NULL, expires BIGINT, revoked BIGINT)"],
    pragmas: &[],
};

/// The keys of one store.
pub struct KeyTable {
    database: Database,
}

impl KeyTable {
    /// The keys kept there.
    ///
    /// # Errors
    /// When the location is none that can be opened.
    pub fn new(location: &StoreLocation) -> Result<Self, StoreError> {
        Ok(Self { database: Database::new(location, &DEFINITION)? })
    }

    /// Keeps a new key.
    ///
    /// # Errors
    /// When the store does not answer, or has a key of this id.
    pub async fn add(&self, key: &StoredKey) -> Result<(), StoreError> {
        sqlx::query("INSERT INTO weft_api_keys VALUES ($1, $2, $3, $4, $5, $6, $7, $8)")
            .bind(&key.id)
            .bind(&key.hash)
            .bind(&key.owner)
            .bind(key.scopes.join(" "))
            .bind(key.tier.as_deref())
            .bind(key.created)
            .bind(key.expires)
            .bind(key.revoked)
            .execute(self.database.pool().await?)
            .await?;
        Ok(())
    }

    /// The key with this id.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn find(&self, id: &str) -> Result<Option<StoredKey>, StoreError> {
        let query = sqlx::query_as::<_, Row>(
            "SELECT id, hash, owner, scopes, tier, created, expires, revoked FROM weft_api_keys WHERE id = $1",
        );
        Ok(query.bind(id).fetch_optional(self.database.pool().await?).await?.map(Into::into))
    }

    /// All keys, the newest first.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn all(&self) -> Result<Vec<StoredKey>, StoreError> {
        let query = sqlx::query_as::<_, Row>(
            "SELECT id, hash, owner, scopes, tier, created, expires, revoked FROM weft_api_keys
             ORDER BY created DESC, id",
        );
        Ok(query.fetch_all(self.database.pool().await?).await?.into_iter().map(Into::into).collect())
    }

    /// Takes a key back; whether there was one of this id that had not been taken back.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn revoke(&self, id: &str, now: i64) -> Result<bool, StoreError> {
        let query = sqlx::query("UPDATE weft_api_keys SET revoked = $1 WHERE id = $2 AND revoked IS NULL");
        let done = query.bind(now).bind(id).execute(self.database.pool().await?).await?;
        Ok(done.rows_affected() > 0)
    }

    /// Closes the store.
    pub async fn close(&self) {
        self.database.close().await;
    }
}
