//! Tokens of the registry, as they are kept: by id, with the hash of the token and never the token.

use super::RegistryTables;
use crate::store::StoreError;

/// A token as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRow {
    /// Its public name.
    pub id: String,
    /// The SHA-256 of the whole token, in hexadecimal digits.
    pub hash: String,
    /// Whose it is.
    pub owner: String,
    /// What it may do.
    pub role: String,
    /// For which graphs, spaces between.
    pub graphs: String,
    /// For which subgraphs, spaces between; empty for all.
    pub subgraphs: String,
    /// When it was made.
    pub created: i64,
    /// From when on it is no good.
    pub expires: Option<i64>,
    /// When it was taken back.
    pub revoked: Option<i64>,
}

type Row = (String, String, String, String, String, String, i64, Option<i64>, Option<i64>);

impl From<Row> for TokenRow {
    fn from((id, hash, owner, role, graphs, subgraphs, created, expires, revoked): Row) -> Self {
        Self { id, hash, owner, role, graphs, subgraphs, created, expires, revoked }
    }
}

impl RegistryTables {
    /// Keeps a new token.
    ///
    /// # Errors
    /// When the store does not answer, or has a token of this id.
    pub async fn add_token(&self, token: &TokenRow) -> Result<(), StoreError> {
        sqlx::query("INSERT INTO weft_tokens VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)")
            .bind(&token.id)
            .bind(&token.hash)
            .bind(&token.owner)
            .bind(&token.role)
            .bind(&token.graphs)
            .bind(&token.subgraphs)
            .bind(token.created)
            .bind(token.expires)
            .bind(token.revoked)
            .execute(self.database.pool().await?)
            .await?;
        Ok(())
    }

    /// The token with this id.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn token(&self, id: &str) -> Result<Option<TokenRow>, StoreError> {
        let query = sqlx::query_as::<_, Row>(
            "SELECT id, hash, owner, role, graphs, subgraphs, created, expires, revoked FROM weft_tokens WHERE id = $1",
        );
        Ok(query.bind(id).fetch_optional(self.database.pool().await?).await?.map(Into::into))
    }

    /// All tokens, the newest first.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn tokens(&self) -> Result<Vec<TokenRow>, StoreError> {
        let query = sqlx::query_as::<_, Row>(
            "SELECT id, hash, owner, role, graphs, subgraphs, created, expires, revoked FROM weft_tokens
             ORDER BY created DESC, id",
        );
        Ok(query.fetch_all(self.database.pool().await?).await?.into_iter().map(Into::into).collect())
    }

    /// Takes a token back; whether there was one of this id that had not been taken back.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn revoke_token(&self, id: &str, now: i64) -> Result<bool, StoreError> {
        let query = sqlx::query("UPDATE weft_tokens SET revoked = $1 WHERE id = $2 AND revoked IS NULL");
        Ok(query.bind(now).bind(id).execute(self.database.pool().await?).await?.rows_affected() > 0)
    }
}
