//! Counters of a variant: what is numbered in each variant by itself, and can go before the variant does.

use crate::store::StoreError;
use sqlx::AnyConnection;

/// What is counted.
pub(super) enum Counter {
    /// Attempts that did not compose.
    Attempts,
    /// Checks.
    Checks,
}

impl Counter {
    /// The next number, from 1; none where there is no such variant. Whoever else counts there waits until the
    /// transaction is over, so numbers have no gaps and come in order.
    pub(super) async fn next(&self, transaction: &mut AnyConnection, variant: &str) -> Result<Option<i64>, StoreError> {
        let statement = match self {
            Self::Attempts => "UPDATE weft_variants SET attempts = attempts + 1 WHERE variant = $1 RETURNING attempts",
            Self::Checks => "UPDATE weft_variants SET checks = checks + 1 WHERE variant = $1 RETURNING checks",
        };
        Ok(sqlx::query_scalar(statement).bind(variant).fetch_optional(transaction).await?)
    }
}
