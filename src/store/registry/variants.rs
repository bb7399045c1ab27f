//! Variants: what is served of each now.

use super::RegistryTables;
use crate::store::StoreError;

/// A variant as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VariantRow {
    /// `graph@variant`.
    pub variant: String,
    /// When it was first heard of.
    pub created: i64,
    /// Grows with every change; whoever writes says which they have seen.
    pub revision: i64,
    /// The version that is served; 0 when none ever was.
    pub current: i64,
    /// The hash of the supergraph that is served.
    pub supergraph: String,
}

type Row = (String, i64, i64, i64, String);

impl From<Row> for VariantRow {
    fn from((variant, created, revision, current, supergraph): Row) -> Self {
        Self { variant, created, revision, current, supergraph }
    }
}

impl RegistryTables {
    /// The variant, if there is one.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn variant(&self, variant: &str) -> Result<Option<VariantRow>, StoreError> {
        let query = sqlx::query_as::<_, Row>(
            "SELECT variant, created, revision, current, supergraph FROM weft_variants WHERE variant = $1",
        );
        Ok(query.bind(variant).fetch_optional(self.database.pool().await?).await?.map(Into::into))
    }

    /// All variants, by name.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn variants(&self) -> Result<Vec<VariantRow>, StoreError> {
        let query = sqlx::query_as::<_, Row>(
            "SELECT variant, created, revision, current, supergraph FROM weft_variants ORDER BY variant",
        );
        Ok(query.fetch_all(self.database.pool().await?).await?.into_iter().map(Into::into).collect())
    }

    /// Makes the variant unless it is there, or there are `at_most` already.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn add_variant(&self, variant: &str, now: i64, at_most: i64) -> Result<(), StoreError> {
        let query = sqlx::query(
            "INSERT INTO weft_variants (variant, created, revision, attempts, current, supergraph)
             SELECT $1, $2, 0, 0, 0, '' WHERE (SELECT COUNT(*) FROM weft_variants) < $3
             ON CONFLICT (variant) DO NOTHING",
        );
        query.bind(variant).bind(now).bind(at_most).execute(self.database.pool().await?).await?;
        Ok(())
    }

    /// Forgets the variant and all that belongs to it; whether there was one.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn remove_variant(&self, variant: &str) -> Result<bool, StoreError> {
        let mut transaction = self.database.pool().await?.begin().await?;
        let removal = sqlx::query("DELETE FROM weft_variants WHERE variant = $1").bind(variant);
        let removed = removal.execute(&mut *transaction).await?.rows_affected() > 0;
        for statement in [
            "DELETE FROM weft_versions WHERE variant = $1",
            "DELETE FROM weft_attempts WHERE variant = $1",
            "DELETE FROM weft_checks WHERE variant = $1",
            "DELETE FROM weft_usage WHERE variant = $1",
            "DELETE FROM weft_gateways WHERE variant = $1",
            "DELETE FROM weft_contracts WHERE variant = $1",
            // Versions count from 1 again when it comes back: its contracts must not take the first for one they know.
            "UPDATE weft_contracts SET built = 0 WHERE source = $1",
        ] {
            sqlx::query(statement).bind(variant).execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        Ok(removed)
    }
}
