//! Variants: what is served of each now.

use super::RegistryTables;
use crate::store::StoreError;
use std::collections::BTreeSet;

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

/// How many variants there may be.
#[derive(Debug, Clone, Copy)]
pub struct VariantLimits {
    /// Of all graphs together.
    pub all: i64,
    /// Of one graph.
    pub of_graph: i64,
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

    /// Makes the variant unless it is there, or there are as many as there may be.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn add_variant(&self, variant: &str, now: i64, at_most: VariantLimits) -> Result<(), StoreError> {
        let graph = variant.split_once('@').map_or(variant, |(graph, _)| graph);
        let query = sqlx::query(
            "INSERT INTO weft_variants (variant, created, revision, attempts, current, supergraph)
             SELECT $1, $2, 0, 0, 0, '' WHERE (SELECT COUNT(*) FROM weft_variants) < $3
             AND (SELECT COUNT(*) FROM weft_variants WHERE substr(variant, 1, length($4)) = $4) < $5
             ON CONFLICT (variant) DO NOTHING",
        );
        let query = query.bind(variant).bind(now).bind(at_most.all).bind(format!("{graph}@")).bind(at_most.of_graph);
        query.execute(self.database.pool().await?).await?;
        Ok(())
    }

    /// Forgets variants that are older than `before`, have never served anything, and to which nobody has tried to
    /// publish since; at most a thousand at a time.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn forget_unserved(&self, before: i64) -> Result<(), StoreError> {
        let unserved = sqlx::query_scalar::<_, String>(
            "SELECT variant FROM weft_variants WHERE current = 0 AND created < $1
             AND variant NOT IN (SELECT variant FROM weft_contracts)
             AND variant NOT IN (SELECT variant FROM weft_attempts WHERE created >= $1)
             ORDER BY variant LIMIT 1000",
        );
        for variant in unserved.bind(before).fetch_all(self.database.pool().await?).await? {
            // A publish, or a contract, has moved the revision on.
            let removal = "DELETE FROM weft_variants WHERE variant = $1 AND revision = 0";
            self.remove(removal, &variant, &BTreeSet::new(), before).await?;
        }
        Ok(())
    }

    /// Forgets the variant and all that belongs to it; whether there was one. Its texts are noted, which another
    /// variant may have, too.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn remove_variant(&self, variant: &str, texts: &BTreeSet<String>, now: i64) -> Result<bool, StoreError> {
        self.remove("DELETE FROM weft_variants WHERE variant = $1", variant, texts, now).await
    }

    /// Removes a variant with this statement, and what belongs to it; whether the statement found it.
    async fn remove(
        &self,
        removal: &'static str,
        variant: &str,
        texts: &BTreeSet<String>,
        now: i64,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.database.pool().await?.begin().await?;
        if sqlx::query(removal).bind(variant).execute(&mut *transaction).await?.rows_affected() == 0 {
            transaction.rollback().await?;
            return Ok(false);
        }
        for statement in [
            "DELETE FROM weft_versions WHERE variant = $1",
            "DELETE FROM weft_attempts WHERE variant = $1",
            "DELETE FROM weft_checks WHERE variant = $1",
            "DELETE FROM weft_usage WHERE variant = $1",
            "DELETE FROM weft_usage_gaps WHERE variant = $1",
            "DELETE FROM weft_gateways WHERE variant = $1",
            "DELETE FROM weft_contracts WHERE variant = $1",
            // Versions count from 1 again when it comes back: its contracts must not take the first for one they know.
            "UPDATE weft_contracts SET built = 0 WHERE source = $1",
        ] {
            sqlx::query(statement).bind(variant).execute(&mut *transaction).await?;
        }
        for hash in texts {
            let note = sqlx::query(
                "INSERT INTO weft_unnamed VALUES ($1, $2) ON CONFLICT (hash) DO UPDATE SET since = excluded.since",
            );
            note.bind(hash).bind(now).execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        Ok(true)
    }
}
