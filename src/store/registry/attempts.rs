//! Attempts: what somebody wanted to publish and did not compose. The last few of each variant are kept.

use super::{Counter, RegistryTables};
use crate::store::StoreError;

/// Attempts kept of each variant.
const KEPT: i64 = 20;

/// An attempt as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptRow {
    /// Counted from 1 in each variant.
    pub number: i64,
    /// When it was made.
    pub created: i64,
    /// By whom.
    pub author: String,
    /// What was to be done.
    pub action: String,
    /// What its author said of it.
    pub message: Option<String>,
    /// Why it did not compose, as JSON.
    pub errors: String,
}

/// An attempt that was just made.
pub struct NewAttempt<'a> {
    /// Of which variant.
    pub variant: &'a str,
    /// When.
    pub created: i64,
    /// By whom.
    pub author: &'a str,
    /// What was to be done.
    pub action: &'a str,
    /// What its author said of it.
    pub message: Option<&'a str>,
    /// Why it did not compose, as JSON.
    pub errors: &'a str,
}

type Row = (i64, i64, String, String, Option<String>, String);

impl RegistryTables {
    /// Keeps an attempt; its number.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn add_attempt(&self, attempt: &NewAttempt<'_>) -> Result<i64, StoreError> {
        let mut transaction = self.database.pool().await?.begin().await?;
        let number = Counter::Attempts.next(&mut transaction, attempt.variant).await?;
        let number = number.ok_or(sqlx::Error::RowNotFound)?;
        // Earlier releases kept what was submitted, too; nobody ever asked for it.
        sqlx::query("INSERT INTO weft_attempts VALUES ($1, $2, $3, $4, $5, $6, '', $7)")
            .bind(attempt.variant)
            .bind(number)
            .bind(attempt.created)
            .bind(attempt.author)
            .bind(attempt.action)
            .bind(attempt.message)
            .bind(attempt.errors)
            .execute(&mut *transaction)
            .await?;
        let old = sqlx::query("DELETE FROM weft_attempts WHERE variant = $1 AND number <= $2");
        old.bind(attempt.variant).bind(number - KEPT).execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(number)
    }

    /// The attempts of a variant that are still known, the newest first.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn attempts(&self, variant: &str) -> Result<Vec<AttemptRow>, StoreError> {
        let query = sqlx::query_as::<_, Row>(
            "SELECT number, created, author, action, message, errors FROM weft_attempts
             WHERE variant = $1 ORDER BY number DESC",
        );
        let rows = query.bind(variant).fetch_all(self.database.pool().await?).await?;
        let attempt = |(number, created, author, action, message, errors): Row| AttemptRow {
            number,
            created,
            author,
            action,
            message,
            errors,
        };
        Ok(rows.into_iter().map(attempt).collect())
    }
}
