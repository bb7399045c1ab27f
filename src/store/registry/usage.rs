//! Usage: how often which client asked which operation, on which day, and what of the schema it touched.
//!
//! The coordinates that an operation touches are one text, kept once by its hash: most days and clients share it.
//!
//! Rows are bounded, and so is what a check may conclude from them: the last day of which something was left out is
//! kept, since who is not among the rows may be among what was left out.

use super::RegistryTables;
use crate::store::StoreError;
use futures::TryStreamExt;
use sqlx::AnyConnection;

/// What a gateway has counted.
pub struct NewUsage<'a> {
    /// Of which variant.
    pub variant: &'a str,
    /// By what the report is known.
    pub report: &'a str,
    /// The day that it counts for, from 1970.
    pub day: i64,
    /// When it came.
    pub now: i64,
    /// What was counted, by its set of coordinates and in an order that all reports share: two at once do not wait for
    /// each other in a ring.
    pub counts: &'a [UsageCount<'a>],
    /// Whether something was asked that is not among the counts.
    pub left_out: bool,
}

/// How often something was asked in the time of one report.
#[derive(Clone)]
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
    /// Adds a report, unless this one was added before; whether all of it was.
    ///
    /// The variant has `at_most` rows, and all variants together as many sets of coordinates. Three quarters of the rows
    /// are for clients: what comes later is counted without its client, then not at all, which is noted.
    ///
    /// # Errors
    /// When the store does not answer; then nothing of the report is added.
    pub async fn add_usage(&self, usage: &NewUsage<'_>, at_most: i64) -> Result<bool, StoreError> {
        let NewUsage { variant, report, day, now, counts, left_out } = *usage;
        let mut transaction = self.database.pool().await?.begin().await?;
        let first = sqlx::query("INSERT INTO weft_reports VALUES ($1, $2) ON CONFLICT (id) DO NOTHING");
        let first = first.bind(format!("{variant} {report}")).bind(now);
        if first.execute(&mut *transaction).await?.rows_affected() == 0 {
            transaction.rollback().await?;
            return Ok(true);
        }
        let mut adding = Adding::begin(&mut transaction, usage, at_most).await?;
        let mut is_whole = !left_out;
        for count in counts {
            is_whole &= adding.add(&mut transaction, count).await?;
        }
        if !is_whole {
            note_gap(&mut transaction, variant, day).await?;
        }
        transaction.commit().await?;
        Ok(is_whole)
    }

    /// Notes that something was asked on a day that is not known.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn note_usage_gap(&self, variant: &str, day: i64) -> Result<(), StoreError> {
        let mut connection = self.database.pool().await?.acquire().await?;
        note_gap(&mut connection, variant, day).await
    }

    /// Whether all is known that was asked of a variant since `since`, a day.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn is_usage_whole(&self, variant: &str, since: i64) -> Result<bool, StoreError> {
        let gap = sqlx::query_scalar::<_, i64>("SELECT day FROM weft_usage_gaps WHERE variant = $1 AND day >= $2");
        Ok(gap.bind(variant).bind(since).fetch_optional(self.database.pool().await?).await?.is_none())
    }

    /// Shows what was asked of a variant since `since`, a day, each client and operation once per set of coordinates.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn usage(&self, variant: &str, since: i64, mut show: impl FnMut(UsageRow)) -> Result<(), StoreError> {
        let query = sqlx::query_as::<_, Row>(
            "SELECT client, client_version, operation, MAX(name), selection, CAST(SUM(count) AS BIGINT),
             CAST(SUM(errors) AS BIGINT), MAX(day)
             FROM weft_usage WHERE variant = $1 AND day >= $2
             GROUP BY client, client_version, operation, selection",
        );
        let mut rows = query.bind(variant).bind(since).fetch(self.database.pool().await?);
        while let Some((client, client_version, operation, name, selection, count, errors, last)) =
            rows.try_next().await?
        {
            show(UsageRow { client, client_version, operation, name, selection, count, errors, last });
        }
        Ok(())
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

    /// Forgets usage before `day`, and reports and sets of coordinates that nobody needs from before `time`.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn forget_usage(&self, day: i64, time: i64) -> Result<(), StoreError> {
        let mut transaction = self.database.pool().await?.begin().await?;
        let usage = sqlx::query("DELETE FROM weft_usage WHERE day < $1").bind(day);
        usage.execute(&mut *transaction).await?;
        let reports = sqlx::query("DELETE FROM weft_reports WHERE created < $1").bind(time);
        reports.execute(&mut *transaction).await?;
        // PostgreSQL looks at rows that others write meanwhile again, but not at other tables: a set that a report is
        // about to use is known by its time, which that report has moved on.
        let sets = sqlx::query(
            "DELETE FROM weft_selections WHERE touched < $1 AND hash NOT IN (SELECT selection FROM weft_usage)",
        );
        sets.bind(time).execute(&mut *transaction).await?;
        let gaps = sqlx::query("DELETE FROM weft_usage_gaps WHERE day < $1").bind(day);
        gaps.execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(())
    }
}

/// A report that is being added.
struct Adding<'a> {
    usage: &'a NewUsage<'a>,
    at_most: i64,
    /// Rows of the variant.
    rows: i64,
    /// Sets of coordinates of all variants.
    sets: i64,
}

impl<'a> Adding<'a> {
    async fn begin(connection: &mut AnyConnection, usage: &'a NewUsage<'a>, at_most: i64) -> Result<Self, StoreError> {
        let rows = sqlx::query_scalar("SELECT COUNT(*) FROM weft_usage WHERE variant = $1").bind(usage.variant);
        let rows = rows.fetch_one(&mut *connection).await?;
        let sets = sqlx::query_scalar("SELECT COUNT(*) FROM weft_selections").fetch_one(&mut *connection).await?;
        Ok(Self { usage, at_most, rows, sets })
    }

    /// Adds a count: to its client, else to nobody; whether there was room.
    async fn add(&mut self, connection: &mut AnyConnection, count: &UsageCount<'_>) -> Result<bool, StoreError> {
        if self.add_within(connection, count, self.at_most - self.at_most / 4).await? {
            return Ok(true);
        }
        let nobody = UsageCount { client: "", client_version: "", ..count.clone() };
        self.add_within(connection, &nobody, self.at_most).await
    }

    async fn add_within(
        &mut self,
        connection: &mut AnyConnection,
        count: &UsageCount<'_>,
        at_most: i64,
    ) -> Result<bool, StoreError> {
        if self.add_to_row(connection, count).await? {
            return Ok(true);
        }
        if self.rows >= at_most || !self.keep_set(connection, count).await? {
            return Ok(false);
        }
        self.rows += 1;
        self.add_row(connection, count).await?;
        Ok(true)
    }

    /// Adds to the row that there is; whether there is one.
    async fn add_to_row(&self, connection: &mut AnyConnection, count: &UsageCount<'_>) -> Result<bool, StoreError> {
        let known = sqlx::query(
            "UPDATE weft_usage SET count = count + $1, errors = errors + $2
             WHERE variant = $3 AND day = $4 AND client = $5 AND client_version = $6 AND operation = $7
             AND selection = $8",
        );
        let known = known.bind(count.count).bind(count.errors).bind(self.usage.variant).bind(self.usage.day);
        let known = known.bind(count.client).bind(count.client_version).bind(count.operation).bind(&count.selection);
        Ok(known.execute(connection).await?.rows_affected() > 0)
    }

    /// Keeps the set of coordinates; whether there was room. From here on it is not forgotten until the report is added.
    async fn keep_set(&mut self, connection: &mut AnyConnection, count: &UsageCount<'_>) -> Result<bool, StoreError> {
        let known = sqlx::query("UPDATE weft_selections SET touched = $1 WHERE hash = $2");
        let known = known.bind(self.usage.now).bind(&count.selection);
        if known.execute(&mut *connection).await?.rows_affected() > 0 {
            return Ok(true);
        }
        if self.sets >= self.at_most {
            return Ok(false);
        }
        self.sets += 1;
        // Another instance may have kept it in between.
        let set = sqlx::query(
            "INSERT INTO weft_selections (hash, coordinates, touched) VALUES ($1, $2, $3)
             ON CONFLICT (hash) DO UPDATE SET touched = excluded.touched",
        );
        let set = set.bind(&count.selection).bind(&count.coordinates).bind(self.usage.now);
        set.execute(connection).await?;
        Ok(true)
    }

    async fn add_row(&self, connection: &mut AnyConnection, count: &UsageCount<'_>) -> Result<(), StoreError> {
        // Another instance may have made the row in between.
        sqlx::query(
            "INSERT INTO weft_usage VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
             ON CONFLICT (variant, day, client, client_version, operation, selection)
             DO UPDATE SET count = weft_usage.count + excluded.count, errors = weft_usage.errors + excluded.errors",
        )
        .bind(self.usage.variant)
        .bind(self.usage.day)
        .bind(count.client)
        .bind(count.client_version)
        .bind(count.operation)
        .bind(&count.selection)
        .bind(count.name)
        .bind(count.count)
        .bind(count.errors)
        .execute(connection)
        .await?;
        Ok(())
    }
}

/// The day of a gap is the last one.
async fn note_gap(connection: &mut AnyConnection, variant: &str, day: i64) -> Result<(), StoreError> {
    let gap = sqlx::query(
        "INSERT INTO weft_usage_gaps VALUES ($1, $2) ON CONFLICT (variant)
         DO UPDATE SET day = CASE WHEN excluded.day > weft_usage_gaps.day THEN excluded.day ELSE weft_usage_gaps.day END",
    );
    gap.bind(variant).bind(day).execute(connection).await?;
    Ok(())
}
