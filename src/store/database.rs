//! SQLite in a file or PostgreSQL at a URL, with one text of SQL for both.
//!
//! Nothing is opened before it is needed: a gateway starts, and serves what needs no store, also while that is down.
//! Statements use what both understand: `$1`, `TEXT`, `BIGINT`, `ON CONFLICT`.

use crate::config::StoreLocation;
use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::{AnyPool, AssertSqlSafe};
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;
use tokio::sync::OnceCell;

/// Connections to the store.
const CONNECTIONS: u32 = 8;
/// How long to wait for one.
const PATIENCE: Duration = Duration::from_secs(3);

/// What went wrong in the store; never with what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The location is none.
    #[error("the store's location can not be used: {0}")]
    Location(String),
    /// The database says no, or nothing.
    #[error("the store does not answer: {0}")]
    Database(#[from] sqlx::Error),
}

impl StoreError {
    /// Whether the database could not write: its disk is full, its file may not grow, or a limit of its own is reached.
    pub fn is_full(&self) -> bool {
        let Self::Database(error) = self else { return false };
        let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
        // SQLITE_FULL; SQLITE_IOERR with WRITE, FSYNC, TRUNCATE or SHMSIZE; PostgreSQL's disk_full.
        code.is_some_and(|code| matches!(&*code, "13" | "778" | "1034" | "1546" | "4874" | "53100"))
    }
}

/// What makes a database's tables.
pub struct Definition {
    /// Whose tables they are.
    pub name: &'static str,
    /// Statements, run once each and in order. Later versions add to the end and change nothing before it.
    pub steps: &'static [&'static str],
    /// What every connection to SQLite is told first.
    pub pragmas: &'static [&'static str],
}

/// A database whose tables are there once it is used.
pub struct Database {
    pool: AnyPool,
    definition: &'static Definition,
    shared: bool,
    defined: OnceCell<()>,
}

impl Database {
    /// The database at this place. `definition` makes its tables where they are not there yet.
    ///
    /// # Errors
    /// When the location is none that can be opened.
    pub fn new(location: &StoreLocation, definition: &'static Definition) -> Result<Self, StoreError> {
        sqlx::any::install_default_drivers();
        let (url, pragmas, shared) = match location {
            StoreLocation::Sqlite(path) => (sqlite_url(path)?, definition.pragmas, false),
            StoreLocation::Postgres(url) => (url.to_string(), &[][..], true),
        };
        let options = AnyConnectOptions::from_str(&url).map_err(|_| StoreError::Location(location.to_string()))?;
        let pool = AnyPoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(PATIENCE);
        let pool = pool.after_connect(move |connection, _| {
            Box::pin(async move {
                for pragma in pragmas {
                    sqlx::query(*pragma).execute(&mut *connection).await?;
                }
                Ok(())
            })
        });
        Ok(Self { pool: pool.connect_lazy_with(options), definition, shared, defined: OnceCell::new() })
    }

    /// Its connections, once the tables are there.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn pool(&self) -> Result<&AnyPool, StoreError> {
        self.defined.get_or_try_init(|| self.define()).await?;
        Ok(&self.pool)
    }

    /// Closes all connections.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// Runs the steps that this database has not seen yet, all or none; whoever else starts at this moment waits.
    async fn define(&self) -> Result<(), StoreError> {
        let begin = if self.shared { "BEGIN" } else { "BEGIN IMMEDIATE" };
        let mut transaction = self.pool.begin_with(begin).await?;
        if self.shared {
            sqlx::query(LOCK).execute(&mut *transaction).await?;
        }
        sqlx::query(STEPS).execute(&mut *transaction).await?;
        let known = sqlx::query_scalar::<_, i64>("SELECT done FROM weft_steps WHERE name = $1");
        let done = known.bind(self.definition.name).fetch_optional(&mut *transaction).await?.unwrap_or_default();
        let all = self.definition.steps;
        let missing = &all[usize::try_from(done).unwrap_or_default().min(all.len())..];
        for statement in missing {
            sqlx::query(AssertSqlSafe(*statement)).execute(&mut *transaction).await?;
        }
        if !missing.is_empty() {
            let mark = "INSERT INTO weft_steps VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET done = excluded.done";
            let count = i64::try_from(all.len()).unwrap_or(i64::MAX);
            sqlx::query(mark).bind(self.definition.name).bind(count).execute(&mut *transaction).await?;
        }
        Ok(transaction.commit().await?)
    }
}

/// Which steps of which definition were run.
const STEPS: &str = "CREATE TABLE IF NOT EXISTS weft_steps (name TEXT PRIMARY KEY, done BIGINT NOT NULL)";
/// Held to the end of the transaction. In PostgreSQL `CREATE TABLE IF NOT EXISTS` fails when two run it at once. Called
/// from a block, as the function gives a type that is none of both databases'.
const LOCK: &str = "DO $$ BEGIN PERFORM pg_advisory_xact_lock(5724836); END $$";

fn sqlite_url(path: &Path) -> Result<String, StoreError> {
    let named = || StoreError::Location(path.display().to_string());
    let path = std::path::absolute(path).map_err(|_| named())?;
    let url = url::Url::from_file_path(path).map_err(|()| named())?;
    // The file is made where there is none.
    Ok(format!("sqlite://{}?mode=rwc", url.path()))
}
