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

/// A database whose tables are there once it is used.
pub struct Database {
    pool: AnyPool,
    definition: &'static [&'static str],
    defined: OnceCell<()>,
}

impl Database {
    /// The database at this place. `definition` makes its tables where they are not there yet.
    ///
    /// # Errors
    /// When the location is none that can be opened.
    pub fn new(location: &StoreLocation, definition: &'static [&'static str]) -> Result<Self, StoreError> {
        sqlx::any::install_default_drivers();
        let url = match location {
            StoreLocation::Sqlite(path) => sqlite_url(path)?,
            StoreLocation::Postgres(url) => url.to_string(),
        };
        let options = AnyConnectOptions::from_str(&url).map_err(|_| StoreError::Location(location.to_string()))?;
        let pool = AnyPoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(PATIENCE);
        Ok(Self { pool: pool.connect_lazy_with(options), definition, defined: OnceCell::new() })
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

    async fn define(&self) -> Result<(), StoreError> {
        for statement in self.definition {
            sqlx::query(AssertSqlSafe(*statement)).execute(&self.pool).await?;
        }
        Ok(())
    }
}

fn sqlite_url(path: &Path) -> Result<String, StoreError> {
    let named = || StoreError::Location(path.display().to_string());
    let path = std::path::absolute(path).map_err(|_| named())?;
    let url = url::Url::from_file_path(path).map_err(|()| named())?;
    // The file is made where there is none.
    Ok(format!("sqlite://{}?mode=rwc", url.path()))
}
