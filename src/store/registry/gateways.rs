//! Gateways that follow a variant, as they last reported.

use super::RegistryTables;
use crate::store::StoreError;

/// A gateway as it last reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatewayRow {
    /// What it calls itself.
    pub instance: String,
    /// The release of its program.
    pub release: String,
    /// The version of the graph that it serves; 0 when it serves none of ours.
    pub serving: i64,
    /// When it was last heard of.
    pub seen: i64,
}

type Row = (String, String, i64, i64);

impl RegistryTables {
    /// Notes that a gateway was heard of. A new one is not noted when there are `at_most` already.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn note_gateway(&self, variant: &str, gateway: &GatewayRow, at_most: i64) -> Result<(), StoreError> {
        let GatewayRow { instance, release, serving, seen } = gateway;
        let pool = self.database.pool().await?;
        let known = sqlx::query(
            "UPDATE weft_gateways SET release = $1, serving = $2, seen = $3 WHERE variant = $4 AND instance = $5",
        );
        let known = known.bind(release).bind(*serving).bind(*seen).bind(variant).bind(instance);
        if known.execute(pool).await?.rows_affected() == 0 {
            let new = sqlx::query(
                "INSERT INTO weft_gateways SELECT $1, $2, $3, $4, $5
                 WHERE (SELECT COUNT(*) FROM weft_gateways) < $6 ON CONFLICT (variant, instance) DO NOTHING",
            );
            let new = new.bind(variant).bind(instance).bind(release).bind(*serving).bind(*seen).bind(at_most);
            new.execute(pool).await?;
        }
        Ok(())
    }

    /// The gateways of a variant that were heard of since `since`, by name.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn gateways(&self, variant: &str, since: i64) -> Result<Vec<GatewayRow>, StoreError> {
        let query = sqlx::query_as::<_, Row>(
            "SELECT instance, release, serving, seen FROM weft_gateways WHERE variant = $1 AND seen >= $2
             ORDER BY instance",
        );
        let rows = query.bind(variant).bind(since).fetch_all(self.database.pool().await?).await?;
        let gateway = |(instance, release, serving, seen): Row| GatewayRow { instance, release, serving, seen };
        Ok(rows.into_iter().map(gateway).collect())
    }

    /// Forgets gateways that were not heard of since `since`.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn forget_gateways(&self, since: i64) -> Result<(), StoreError> {
        let query = sqlx::query("DELETE FROM weft_gateways WHERE seen < $1").bind(since);
        query.execute(self.database.pool().await?).await?;
        Ok(())
    }
}
