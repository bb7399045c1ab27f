//! Checks: what somebody asked about before publishing it. The last ones of each variant are kept.

use super::{Counter, RegistryTables};
use crate::store::StoreError;

/// Checks kept of each variant: some days of a busy pipeline.
const KEPT: i64 = 100;

/// A check as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckRow {
    /// Counted from 1 in each variant.
    pub number: i64,
    /// When it was made.
    pub created: i64,
    /// By whom.
    pub author: String,
    /// What would be done.
    pub action: String,
    /// What its author said of it.
    pub message: Option<String>,
    /// What came of it, as JSON.
    pub outcome: String,
}

/// A check that was just made.
pub struct NewCheck<'a> {
    /// Of which variant.
    pub variant: &'a str,
    /// When.
    pub created: i64,
    /// By whom.
    pub author: &'a str,
    /// What would be done.
    pub action: &'a str,
    /// What its author said of it.
    pub message: Option<&'a str>,
    /// What came of it, as JSON.
    pub outcome: &'a str,
}

type Row = (i64, i64, String, String, Option<String>, String);

impl From<Row> for CheckRow {
    fn from((number, created, author, action, message, outcome): Row) -> Self {
        Self { number, created, author, action, message, outcome }
    }
}

impl RegistryTables {
    /// Keeps a check; its number, or none where the variant is not known: a check makes no variant.
    ///
    /// # Errors
    /// When the store does not answer, or can not write; then nothing has changed.
    pub async fn add_check(&self, check: &NewCheck<'_>) -> Result<Option<i64>, StoreError> {
        let mut transaction = self.database.pool().await?.begin().await?;
        let Some(number) = Counter::Checks.next(&mut transaction, check.variant).await? else { return Ok(None) };
        sqlx::query("INSERT INTO weft_checks VALUES ($1, $2, $3, $4, $5, $6, $7)")
            .bind(check.variant)
            .bind(number)
            .bind(check.created)
            .bind(check.author)
            .bind(check.action)
            .bind(check.message)
            .bind(check.outcome)
            .execute(&mut *transaction)
            .await?;
        let old = sqlx::query("DELETE FROM weft_checks WHERE variant = $1 AND number <= $2");
        old.bind(check.variant).bind(number - KEPT).execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(Some(number))
    }

    /// At most `limit` checks of a variant that are still known, the newest first.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn checks(&self, variant: &str, before: i64, limit: i64) -> Result<Vec<CheckRow>, StoreError> {
        let query = sqlx::query_as::<_, Row>(
            "SELECT number, created, author, action, message, outcome FROM weft_checks
             WHERE variant = $1 AND number < $2 ORDER BY number DESC LIMIT $3",
        );
        let query = query.bind(variant).bind(before).bind(limit);
        Ok(query.fetch_all(self.database.pool().await?).await?.into_iter().map(Into::into).collect())
    }
}
