//! Versions: what was ever served of a variant. None is changed once it is there.

use super::RegistryTables;
use crate::store::StoreError;

/// A version as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionRow {
    /// Counted from 1 in each variant.
    pub number: i64,
    /// When it was made.
    pub created: i64,
    /// By whom.
    pub author: String,
    /// What was done.
    pub action: String,
    /// What its author said of it.
    pub message: Option<String>,
    /// The hash of its supergraph.
    pub supergraph: String,
    /// Its subgraphs, as JSON.
    pub members: String,
    /// What composition had to say, as JSON.
    pub hints: String,
}

/// A version that is to be served from now on.
pub struct NewVersion<'a> {
    /// Of which variant.
    pub variant: &'a str,
    /// The revision of the variant that it was made from: when there is a newer one nothing is written.
    pub revision: i64,
    /// The version.
    pub version: VersionRow,
    /// Its texts by their hash, in the order of the hashes.
    pub texts: Vec<(&'a str, &'a str)>,
}

type Row = (i64, i64, String, String, Option<String>, String, String, String);

impl From<Row> for VersionRow {
    fn from((number, created, author, action, message, supergraph, members, hints): Row) -> Self {
        Self { number, created, author, action, message, supergraph, members, hints }
    }
}

impl RegistryTables {
    /// Makes a version and serves it, in one transaction; whether the variant was still at its revision.
    ///
    /// The first statement decides: it takes the variant's row, for which others wait, before anything is read.
    ///
    /// # Errors
    /// When the store does not answer, or can not write; then nothing has changed.
    pub async fn commit(&self, new: &NewVersion<'_>) -> Result<bool, StoreError> {
        let NewVersion { variant, revision, version, texts } = new;
        let mut transaction = self.database.pool().await?.begin().await?;
        let head = sqlx::query(
            "UPDATE weft_variants SET revision = revision + 1, current = $1, supergraph = $2
             WHERE variant = $3 AND revision = $4",
        );
        let head = head.bind(version.number).bind(&version.supergraph).bind(*variant).bind(*revision);
        if head.execute(&mut *transaction).await?.rows_affected() == 0 {
            transaction.rollback().await?;
            return Ok(false);
        }
        for (hash, text) in texts {
            // In this order everywhere: two that write the same texts do not wait for each other in a ring. Whoever is
            // about to remove the text is waited for, and it is written anew; see `texts`.
            let note = sqlx::query("DELETE FROM weft_unnamed WHERE hash = $1").bind(*hash);
            note.execute(&mut *transaction).await?;
            let statement = sqlx::query("INSERT INTO weft_texts VALUES ($1, $2) ON CONFLICT (hash) DO NOTHING");
            statement.bind(*hash).bind(*text).execute(&mut *transaction).await?;
        }
        sqlx::query("INSERT INTO weft_versions VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)")
            .bind(*variant)
            .bind(version.number)
            .bind(version.created)
            .bind(&version.author)
            .bind(&version.action)
            .bind(version.message.as_deref())
            .bind(&version.supergraph)
            .bind(&version.members)
            .bind(&version.hints)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// A version of a variant.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn version(&self, variant: &str, number: i64) -> Result<Option<VersionRow>, StoreError> {
        let query = sqlx::query_as::<_, Row>(
            "SELECT number, created, author, action, message, supergraph, members, hints FROM weft_versions
             WHERE variant = $1 AND number = $2",
        );
        let query = query.bind(variant).bind(number);
        Ok(query.fetch_optional(self.database.pool().await?).await?.map(Into::into))
    }

    /// At most `limit` versions of a variant before `before`, the newest first.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn versions(&self, variant: &str, before: i64, limit: i64) -> Result<Vec<VersionRow>, StoreError> {
        let query = sqlx::query_as::<_, Row>(
            "SELECT number, created, author, action, message, supergraph, members, hints FROM weft_versions
             WHERE variant = $1 AND number < $2 ORDER BY number DESC LIMIT $3",
        );
        let query = query.bind(variant).bind(before).bind(limit);
        Ok(query.fetch_all(self.database.pool().await?).await?.into_iter().map(Into::into).collect())
    }

    /// The text with this hash.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn text(&self, hash: &str) -> Result<Option<String>, StoreError> {
        let query = sqlx::query_scalar("SELECT text FROM weft_texts WHERE hash = $1").bind(hash);
        Ok(query.fetch_optional(self.database.pool().await?).await?)
    }
}
