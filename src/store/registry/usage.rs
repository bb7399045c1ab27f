//! Usage: how often which client asked which operation, on which day, and what of the schema it touched.
//!
//! The coordinates that an operation touches are one text, kept once by its hash: most days and clients share it.

use super::RegistryTables;
use crate::store::StoreError;
use futures::TryStreamExt;

/// How often something was asked in the time of one report.
pub struct UsageCount<'a> {
    /// The client's name.
    pub client: &'a str,
    /// The client's version.
    pub client_version: &'a str,
    /// The operation's hash.
    pub operation: &'a str,
    /// The operation's name.
    pub name: &'a str,
    /// The hash of the coordinates.
    pub selection: String,
    /// The coordinates, sorted, one a line.
    pub coordinates: String,
    /// How often.
    pub count: i64,
    /// How often with errors.
    pub errors: i64,
}

/// How often something was asked, all days together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageRow {
    /// The client's name.
    pub client: String,
    /// The client's version.
    pub client_version: String,
    /// The operation's hash.
    pub operation: String,
    /// The operation's name.
    pub name: String,
    /// The hash of the coordinates.
    pub selection: String,
    /// How often.
    pub count: i64,
    /// How often with errors.
    pub errors: i64,
    /// The last day, counted from 1970.
    pub last: i64,
}

type Row = (String, String, String, String, String, i64, i64, i64);

impl RegistryTables {
    /// Adds a report, unless this one was added before. What would be a row more than `at_most` of the variant, or of the
    /// sets of coordinates of all, is left out; how many rows were.
    ///
    /// # Errors
    /// When the store does not answer; then nothing of the report is added.
    pub async fn add_usage(
        &self,
        variant: &str,
        report: &str,
        (day, now): (i64, i64),
        counts: &[UsageCount<'_>],
        at_most: i64,
    ) -> Result<usize, StoreError> {
        let mut transaction = self.database.pool().await?.begin().await?;
        let first = sqlx::query("INSERT INTO weft_reports VALUES ($1, $2) ON CONFLICT (id) DO NOTHING");
        let first = first.bind(format!("{variant} {report}")).bind(now);
        if first.execute(&mut *transaction).await?.rows_affected() == 0 {
            transaction.rollback().await?;
            return Ok(0);
        }
        let rows = sqlx::query_scalar::<_, i64>("SELECT COUNT(*) FROM weft_usage WHERE variant = $1");
        let rows = rows.bind(variant).fetch_one(&mut *transaction).await?;
        let sets = sqlx::query_scalar::<_, i64>("SELECT COUNT(*) FROM weft_selections");
        let mut room = at_most - rows.max(sets.fetch_one(&mut *transaction).await?);
        let mut left_out = 0;
        for count in counts {
            let known = sqlx::query(
                "UPDATE weft_usage SET count = count + $1, errors = errors + $2
                 WHERE variant = $3 AND day = $4 AND client = $5 AND client_version = $6 AND operation = $7
                 AND selection = $8",
            );
            let known = known.bind(count.count).bind(count.errors).bind(variant).bind(day).bind(count.client);
            let known = known.bind(count.client_version).bind(count.operation).bind(&count.selection);
            if known.execute(&mut *transaction).await?.rows_affected() > 0 {
                continue;
            }
            if room <= 0 {
                left_out += 1;
                continue;
            }
            room -= 1;
            let text = sqlx::query("INSERT INTO weft_selections VALUES ($1, $2) ON CONFLICT (hash) DO NOTHING");
            text.bind(&count.selection).bind(&count.coordinates).execute(&mut *transaction).await?;
            // Another instance may have made the row in between.
            sqlx::query(
                "INSERT INTO weft_usage VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
                 ON CONFLICT (variant, day, client, client_version, operation, selection)
                 DO UPDATE SET count = weft_usage.count + excluded.count, errors = weft_usage.errors + excluded.errors",
            )
            .bind(variant)
            .bind(day)
            .bind(count.client)
            .bind(count.client_version)
            .bind(count.operation)
            .bind(&count.selection)
            .bind(count.name)
            .bind(count.count)
            .bind(count.errors)
            .execute(&mut *transaction)
            .await?;
        }
        transaction.commit().await?;
        Ok(left_out)
    }

    /// What was asked of a variant since `since`, a day, each client and operation once per set of coordinates; at most
    /// `limit` rows, the most frequent first.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn usage(&self, variant: &str, since: i64, limit: i64) -> Result<Vec<UsageRow>, StoreError> {
        let query = sqlx::query_as::<_, Row>(
            "SELECT client, client_version, operation, MAX(name), selection, CAST(SUM(count) AS BIGINT) AS asked,
             CAST(SUM(errors) AS BIGINT), MAX(day)
             FROM weft_usage WHERE variant = $1 AND day >= $2
             GROUP BY client, client_version, operation, selection
             ORDER BY asked DESC, client, client_version, operation, selection LIMIT $3",
        );
        let rows = query.bind(variant).bind(since).bind(limit).fetch_all(self.database.pool().await?).await?;
        let usage = |(client, client_version, operation, name, selection, count, errors, last): Row| UsageRow {
            client,
            client_version,
            operation,
            name,
            selection,
            count,
            errors,
            last,
        };
        Ok(rows.into_iter().map(usage).collect())
    }

    /// Shows all sets of coordinates that a variant's operations touched since `since`, a day, by their hash. They are
    /// not gathered: together they may be large.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn selections(
        &self,
        variant: &str,
        since: i64,
        mut show: impl FnMut(String, &str),
    ) -> Result<(), StoreError> {
        let query = sqlx::query_as::<_, (String, String)>(
            "SELECT hash, coordinates FROM weft_selections WHERE hash IN
             (SELECT selection FROM weft_usage WHERE variant = $1 AND day >= $2)",
        );
        let mut rows = query.bind(variant).bind(since).fetch(self.database.pool().await?);
        while let Some((hash, coordinates)) = rows.try_next().await? {
            show(hash, &coordinates);
        }
        Ok(())
    }

    /// Forgets usage before `day`, and reports before `time`.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn forget_usage(&self, day: i64, time: i64) -> Result<(), StoreError> {
        let mut transaction = self.database.pool().await?.begin().await?;
        let usage = sqlx::query("DELETE FROM weft_usage WHERE day < $1").bind(day);
        usage.execute(&mut *transaction).await?;
        let reports = sqlx::query("DELETE FROM weft_reports WHERE created < $1").bind(time);
        reports.execute(&mut *transaction).await?;
        sqlx::query("DELETE FROM weft_selections WHERE hash NOT IN (SELECT selection FROM weft_usage)")
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(())
    }
}
