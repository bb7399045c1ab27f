//! Texts that perhaps nothing names any more: those of variants that were deleted.
//!
//! A text is kept once for all versions of all variants, so what a deleted variant had may be another's, too. Such texts
//! are noted, and looked at later; whoever names one meanwhile takes the note away. A version that is being written is
//! not seen by whoever looks, so a note has to be older than any write may last.

use super::RegistryTables;
use crate::store::StoreError;
use futures::TryStreamExt;

impl RegistryTables {
    /// Shows the supergraph's hash and the subgraphs, as JSON, of all versions; of one variant, or of all.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn version_texts(
        &self,
        variant: Option<&str>,
        mut show: impl FnMut(&str, &str),
    ) -> Result<(), StoreError> {
        let query = match variant {
            Some(variant) => sqlx::query_as::<_, (String, String)>(
                "SELECT supergraph, members FROM weft_versions WHERE variant = $1",
            )
            .bind(variant),
            None => sqlx::query_as("SELECT supergraph, members FROM weft_versions"),
        };
        let mut rows = query.fetch(self.database.pool().await?);
        while let Some((supergraph, members)) = rows.try_next().await? {
            show(&supergraph, &members);
        }
        Ok(())
    }

    /// The texts that were noted before `before`; at most `limit`.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn unnamed_texts(&self, before: i64, limit: i64) -> Result<Vec<String>, StoreError> {
        let query = sqlx::query_scalar("SELECT hash FROM weft_unnamed WHERE since < $1 ORDER BY hash LIMIT $2");
        Ok(query.bind(before).bind(limit).fetch_all(self.database.pool().await?).await?)
    }

    /// Takes the note of a text away, and the text itself unless it is named; nothing when somebody else took the note.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn settle_text(&self, hash: &str, is_named: bool) -> Result<(), StoreError> {
        let mut transaction = self.database.pool().await?.begin().await?;
        let note = sqlx::query("DELETE FROM weft_unnamed WHERE hash = $1").bind(hash);
        let is_noted = note.execute(&mut *transaction).await?.rows_affected() > 0;
        if is_noted && !is_named {
            sqlx::query("DELETE FROM weft_texts WHERE hash = $1").bind(hash).execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        Ok(())
    }
}
