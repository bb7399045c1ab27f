//! SQLite for one service: opened, checked, seeded, counted.
//!
//! Takes [`Data`] and a service's tables; gives a [`Database`]. A file is told by two numbers in
//! its header: the application id says that it is ours, the user version says which seed filled
//! it. Seeding is one transaction that sets both, so a file is either whole or empty; another
//! version is dropped and made afresh in the same way, also while another demo has it open.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sqlx::query::{Query, QueryAs};
use sqlx::sqlite::{
    SqliteArguments, SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
    SqliteRow, SqliteSynchronous,
};
use sqlx::{AssertSqlSafe, FromRow, Sqlite, Transaction};

use super::{Data, DemoError, Service, seed};

/// `WEFT` in ASCII: what `PRAGMA application_id` says of a database of the demo.
const APPLICATION: i64 = 0x5745_4654;

/// How many parameters one multi-row insert binds at most. SQLite allows 32 766; statements much
/// larger than this are no faster.
const INSERT_PARAMETERS: usize = 4_000;

/// What a service keeps and how it is filled.
pub trait Tables {
    /// Which service.
    const SERVICE: Service;
    /// The `CREATE` statements.
    const DEFINITION: &'static str;

    /// Fills the empty tables.
    fn fill(connection: &mut SqliteConnection) -> impl Future<Output = sqlx::Result<()>> + Send;
}

/// An open database. Clones share it.
#[derive(Debug, Clone)]
pub struct Database {
    pool: SqlitePool,
    statements: Arc<AtomicU64>,
}

/// A statement with its parameters, not run yet.
pub type Statement<'q> = Query<'q, Sqlite, SqliteArguments>;
/// A query whose rows become `T`.
pub type Rows<'q, T> = QueryAs<'q, Sqlite, T, SqliteArguments>;

impl Database {
    /// Opens the service's database and fills it unless the same seed already did.
    pub async fn open<T: Tables>(data: &Data) -> Result<Self, DemoError> {
        let (options, connections, path) = options(data, T::SERVICE)?;
        let failed = |source: sqlx::Error| failure(path.clone(), source);
        let pool = SqlitePoolOptions::new()
            .min_connections(1)
            .max_connections(connections)
            // An in-memory database lives as long as its connection.
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false)
            .connect_with(options)
            .await
            .map_err(failed)?;
        let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await.map_err(failed)?;
        if prepare::<T>(&mut transaction).await.map_err(failed)? == Owner::Other {
            return Err(DemoError::Foreign { path });
        }
        transaction.commit().await.map_err(failed)?;
        Ok(Self { pool, statements: Arc::default() })
    }

    /// All rows of a query.
    pub async fn all<'q, T>(&self, query: Rows<'q, T>) -> sqlx::Result<Vec<T>>
    where
        T: Send + Unpin + for<'r> FromRow<'r, SqliteRow> + 'q,
    {
        self.count();
        query.fetch_all(&self.pool).await
    }

    /// A transaction that writes: it waits for other writers at its beginning, never in the middle.
    pub async fn write(&self) -> sqlx::Result<Transaction<'static, Sqlite>> {
        self.count();
        self.pool.begin_with("BEGIN IMMEDIATE").await
    }

    /// How many statements were run, a transaction being one.
    pub fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    /// Closes all connections; a file is left without a journal beside it.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    fn count(&self) {
        self.statements.fetch_add(1, Ordering::Relaxed);
    }
}

/// Whose database a file is.
#[derive(PartialEq, Eq)]
enum Owner {
    Demo,
    Other,
}

/// Makes the database whole, or finds that it is or that it belongs to something else.
async fn prepare<T: Tables>(connection: &mut SqliteConnection) -> sqlx::Result<Owner> {
    let application: i64 = sqlx::query_scalar("PRAGMA application_id").fetch_one(&mut *connection).await?;
    let version: i64 = sqlx::query_scalar("PRAGMA user_version").fetch_one(&mut *connection).await?;
    // The latest first: tables refer to earlier ones, which must be dropped after them.
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY rowid DESC";
    let tables: Vec<String> = sqlx::query_scalar(sql).fetch_all(&mut *connection).await?;
    if application != APPLICATION && !tables.is_empty() {
        return Ok(Owner::Other);
    }
    if application == APPLICATION && version == seed::VERSION {
        return Ok(Owner::Demo);
    }
    for table in tables.iter().filter(|table| !table.starts_with("sqlite_")) {
        let drop = format!("DROP TABLE \"{}\"", table.replace('"', "\"\""));
        sqlx::raw_sql(AssertSqlSafe(drop)).execute(&mut *connection).await?;
    }
    sqlx::raw_sql(T::DEFINITION).execute(&mut *connection).await?;
    T::fill(connection).await?;
    let mark = format!("PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {}", seed::VERSION);
    sqlx::raw_sql(AssertSqlSafe(mark)).execute(&mut *connection).await?;
    Ok(Owner::Demo)
}

/// How to connect, with how many connections, and what to call it in messages.
fn options(data: &Data, service: Service) -> Result<(SqliteConnectOptions, u32, PathBuf), DemoError> {
    let common = SqliteConnectOptions::new()
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(5))
        // Rows cross a thread border: fewer, larger hand-overs.
        .row_buffer_size(1_024)
        .statement_cache_capacity(200)
        .create_if_missing(true);
    match data {
        Data::Memory => {
            let options = common.in_memory(true).journal_mode(SqliteJournalMode::Memory);
            // Each connection would be a database of its own.
            Ok((options.synchronous(SqliteSynchronous::Off), 1, PathBuf::from("memory")))
        }
        Data::Directory(directory) => {
            std::fs::create_dir_all(directory)
                .map_err(|source| DemoError::Directory { path: directory.clone(), source })?;
            let path = directory.join(format!("{}.sqlite", service.name()));
            let options = common.filename(&path).journal_mode(SqliteJournalMode::Wal);
            Ok((options.synchronous(SqliteSynchronous::Normal), 4, path))
        }
    }
}

/// SQLITE_CORRUPT and SQLITE_NOTADB are for the user to mend; anything else is told as it is.
fn failure(path: PathBuf, source: sqlx::Error) -> DemoError {
    let code = source.as_database_error().and_then(|error| error.code()).and_then(|code| code.parse::<u32>().ok());
    // The primary code is in the low byte of an extended one.
    match code.map(|code| code & 0xff) {
        Some(11 | 26) => DemoError::Corrupt { path, source },
        _ => DemoError::Database { path, source },
    }
}

/// One value of a row to insert.
#[derive(Debug, Clone)]
pub enum Cell {
    /// A number: also ids, cents and seconds since 1970.
    Integer(i64),
    /// A text.
    Text(String),
    /// Nothing.
    Null,
}

impl From<i64> for Cell {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<String> for Cell {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl From<&str> for Cell {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// Inserts rows of `N` columns, many per statement. `head` is `INSERT INTO table (columns)`.
pub async fn insert<const N: usize>(
    connection: &mut SqliteConnection,
    head: &'static str,
    rows: impl IntoIterator<Item = [Cell; N]>,
) -> sqlx::Result<()> {
    let capacity = INSERT_PARAMETERS / N;
    let full: Arc<str> = insert_text::<N>(head, capacity).into();
    let mut rows = rows.into_iter();
    loop {
        let chunk: Vec<[Cell; N]> = rows.by_ref().take(capacity).collect();
        if chunk.is_empty() {
            return Ok(());
        }
        let last = chunk.len() < capacity;
        let text = if last { insert_text::<N>(head, chunk.len()).into() } else { Arc::clone(&full) };
        let mut statement = sqlx::query(AssertSqlSafe(text)).persistent(!last);
        for cell in chunk.into_iter().flatten() {
            statement = bind(statement, cell);
        }
        statement.execute(&mut *connection).await?;
    }
}

fn insert_text<const N: usize>(head: &str, rows: usize) -> String {
    let row = format!("({})", vec!["?"; N].join(","));
    format!("{head} VALUES {}", vec![row; rows].join(","))
}

fn bind(statement: Statement<'_>, cell: Cell) -> Statement<'_> {
    match cell {
        Cell::Integer(value) => statement.bind(value),
        Cell::Text(value) => statement.bind(value),
        Cell::Null => statement.bind(None::<i64>),
    }
}

/// Integers as a JSON array, to be bound once and read by `json_each`: the statement's text does
/// not depend on how many there are, so it is prepared once.
pub fn integers(values: impl IntoIterator<Item = i64>) -> String {
    let mut text = String::from("[");
    for value in values {
        if text.len() > 1 {
            text.push(',');
        }
        text.push_str(itoa::Buffer::new().format(value));
    }
    text.push(']');
    text
}
