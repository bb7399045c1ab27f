//! Contracts: variants that are a part of another one.

use super::RegistryTables;
use crate::store::StoreError;

/// A contract as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContractRow {
    /// The variant that is a part.
    pub variant: String,
    /// The variant that it is a part of.
    pub source: String,
    /// Which part, as JSON.
    pub filter: String,
    /// The version of the source that it was made from last.
    pub built: i64,
}

type Row = (String, String, String, i64);

impl From<Row> for ContractRow {
    fn from((variant, source, filter, built): Row) -> Self {
        Self { variant, source, filter, built }
    }
}

impl RegistryTables {
    /// Makes the variant a contract, or another one than it was; whether it was still at this revision, which moves on.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn set_contract(&self, contract: &ContractRow, revision: i64) -> Result<bool, StoreError> {
        let mut transaction = self.database.pool().await?.begin().await?;
        let head = sqlx::query("UPDATE weft_variants SET revision = revision + 1 WHERE variant = $1 AND revision = $2");
        let head = head.bind(&contract.variant).bind(revision);
        if head.execute(&mut *transaction).await?.rows_affected() == 0 {
            transaction.rollback().await?;
            return Ok(false);
        }
        let statement = sqlx::query(
            "INSERT INTO weft_contracts VALUES ($1, $2, $3, $4) ON CONFLICT (variant)
             DO UPDATE SET source = excluded.source, filter = excluded.filter, built = excluded.built",
        );
        let statement = statement.bind(&contract.variant).bind(&contract.source).bind(&contract.filter);
        statement.bind(contract.built).execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Notes from which version of its source a contract was made, unless its terms are others meanwhile.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn built_contract(&self, contract: &ContractRow, version: i64) -> Result<(), StoreError> {
        let statement = sqlx::query("UPDATE weft_contracts SET built = $1 WHERE variant = $2 AND filter = $3");
        let statement = statement.bind(version).bind(&contract.variant).bind(&contract.filter);
        statement.execute(self.database.pool().await?).await?;
        Ok(())
    }

    /// The contract that a variant is, if it is one.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn contract(&self, variant: &str) -> Result<Option<ContractRow>, StoreError> {
        let query =
            sqlx::query_as::<_, Row>("SELECT variant, source, filter, built FROM weft_contracts WHERE variant = $1");
        Ok(query.bind(variant).fetch_optional(self.database.pool().await?).await?.map(Into::into))
    }

    /// The contracts that are a part of a variant, by name.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn contracts_of(&self, source: &str) -> Result<Vec<ContractRow>, StoreError> {
        let query = sqlx::query_as::<_, Row>(
            "SELECT variant, source, filter, built FROM weft_contracts WHERE source = $1 ORDER BY variant",
        );
        let query = query.bind(source);
        Ok(query.fetch_all(self.database.pool().await?).await?.into_iter().map(Into::into).collect())
    }

    /// All contracts whose source has another version than they were made from, by name.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn contracts_behind(&self) -> Result<Vec<ContractRow>, StoreError> {
        let query = sqlx::query_as::<_, Row>(
            "SELECT c.variant, c.source, c.filter, c.built FROM weft_contracts c
             JOIN weft_variants v ON v.variant = c.source WHERE v.current <> c.built ORDER BY c.variant",
        );
        Ok(query.fetch_all(self.database.pool().await?).await?.into_iter().map(Into::into).collect())
    }
}
