//! The registry's tables: what was published, by whom, what clients use of it.
//!
//! - [`variants`](VariantRow): one row per graph and variant, with what is served of it now;
//! - [`versions`](VersionRow): what was ever served, and the texts it is made of, by their hash;
//! - [`attempts`](AttemptRow): what did not compose;
//! - [`checks`](CheckRow): what was asked about before it was published;
//! - [`tokens`](TokenRow): who may do what;
//! - [`usage`](UsageRow): what clients asked for, day by day, and the last day of which not all is known;
//! - [`gateways`](GatewayRow): who follows a variant;
//! - [`contracts`](ContractRow): variants that are a part of another one.
//!
//! Only rows are known here; what they mean is the registry's business. A variant is written as `graph@variant`, times
//! are milliseconds since 1970.

mod attempts;
mod checks;
mod contracts;
mod counter;
mod gateways;
mod texts;
mod tokens;
mod usage;
mod variants;
mod versions;

pub use attempts::{AttemptRow, NewAttempt};
pub use checks::{CheckRow, NewCheck};
pub use contracts::ContractRow;
pub use gateways::GatewayRow;
pub use tokens::TokenRow;
pub use usage::{NewUsage, UsageCount, UsageRow};
pub use variants::{VariantLimits, VariantRow};
pub use versions::{NewVersion, VersionRow};

use super::{Database, Definition, StoreError};
use crate::config::StoreLocation;
use counter::Counter;

/// The tables of one registry.
pub struct RegistryTables {
    database: Database,
}

impl RegistryTables {
    /// The tables kept there.
    ///
    /// # Errors
    /// When the location is none that can be opened.
    pub fn new(location: &StoreLocation) -> Result<Self, StoreError> {
        Ok(Self { database: Database::new(location, &DEFINITION)? })
    }

    /// Closes the store.
    pub async fn close(&self) {
        self.database.close().await;
    }
}

const DEFINITION: Definition = Definition {
    name: "registry",
    steps: &[
        "CREATE TABLE weft_variants (
            variant TEXT PRIMARY KEY, created BIGINT NOT NULL, revision BIGINT NOT NULL, attempts BIGINT NOT NULL,
            current BIGINT NOT NULL, supergraph TEXT NOT NULL)",
        "CREATE TABLE weft_texts (hash TEXT PRIMARY KEY, text TEXT NOT NULL)",
        "CREATE TABLE weft_versions (
            variant TEXT NOT NULL, number BIGINT NOT NULL, created BIGINT NOT NULL, author TEXT NOT NULL,
            action TEXT NOT NULL, message TEXT, supergraph TEXT NOT NULL, members TEXT NOT NULL, hints TEXT NOT NULL,
            PRIMARY KEY (variant, number))",
        "CREATE TABLE weft_attempts (
            variant TEXT NOT NULL, number BIGINT NOT NULL, created BIGINT NOT NULL, author TEXT NOT NULL,
            action TEXT NOT NULL, message TEXT, submitted TEXT NOT NULL, errors TEXT NOT NULL,
            PRIMARY KEY (variant, number))",
        "CREATE TABLE weft_tokens (
            id TEXT PRIMARY KEY, hash TEXT NOT NULL, owner TEXT NOT NULL, role TEXT NOT NULL, graphs TEXT NOT NULL,
            subgraphs TEXT NOT NULL, created BIGINT NOT NULL, expires BIGINT, revoked BIGINT)",
        "CREATE TABLE weft_selections (hash TEXT PRIMARY KEY, coordinates TEXT NOT NULL)",
        "CREATE TABLE weft_usage (
            variant TEXT NOT NULL, day BIGINT NOT NULL, client TEXT NOT NULL, client_version TEXT NOT NULL,
            operation TEXT NOT NULL, selection TEXT NOT NULL, name TEXT NOT NULL, count BIGINT NOT NULL,
            errors BIGINT NOT NULL,
            PRIMARY KEY (variant, day, client, client_version, operation, selection))",
        "CREATE TABLE weft_reports (id TEXT PRIMARY KEY, created BIGINT NOT NULL)",
        "CREATE TABLE weft_gateways (
            variant TEXT NOT NULL, instance TEXT NOT NULL, release TEXT NOT NULL, serving BIGINT NOT NULL,
            seen BIGINT NOT NULL, PRIMARY KEY (variant, instance))",
        "CREATE TABLE weft_contracts (
            variant TEXT PRIMARY KEY, source TEXT NOT NULL, filter TEXT NOT NULL, built BIGINT NOT NULL)",
        "ALTER TABLE weft_variants ADD COLUMN checks BIGINT NOT NULL DEFAULT 0",
        "CREATE TABLE weft_checks (
            variant TEXT NOT NULL, number BIGINT NOT NULL, created BIGINT NOT NULL, author TEXT NOT NULL,
            action TEXT NOT NULL, message TEXT, outcome TEXT NOT NULL, PRIMARY KEY (variant, number))",
        "UPDATE weft_attempts SET submitted = ''",
        "ALTER TABLE weft_selections ADD COLUMN touched BIGINT NOT NULL DEFAULT 0",
        "CREATE TABLE weft_usage_gaps (variant TEXT PRIMARY KEY, day BIGINT NOT NULL)",
        "CREATE TABLE weft_unnamed (hash TEXT PRIMARY KEY, since BIGINT NOT NULL)",
    ],
    // What is said to be published survives the power's going: the journal is written before the answer.
    pragmas: &["PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL"],
};

#[cfg(test)]
mod tests {
    use super::*;

    /// How many steps the first release with checks had.
    const EARLIER: Definition = Definition { steps: DEFINITION.steps.split_at(12).0, ..DEFINITION };

    #[tokio::test]
    async fn a_store_of_an_earlier_release_is_opened_with_what_it_has() {
        let folder = std::env::temp_dir().join(format!("weft earlier store {}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let location = StoreLocation::Sqlite(folder.join("registry.db"));
        let earlier = Database::new(&location, &EARLIER).unwrap();
        for statement in [
            "INSERT INTO weft_variants VALUES ('shop@prod', 1, 2, 1, 1, 'hash', 0)",
            "INSERT INTO weft_attempts VALUES ('shop@prod', 1, 1, 'me', 'publish x', NULL, 'all of it', '[]')",
            "INSERT INTO weft_selections VALUES ('set', 'Query.a')",
            "INSERT INTO weft_usage VALUES ('shop@prod', 5, 'web', '1', 'h', 'set', 'Q', 3, 0)",
        ] {
            sqlx::query(statement).execute(earlier.pool().await.unwrap()).await.unwrap();
        }
        earlier.close().await;
        let tables = RegistryTables::new(&location).unwrap();
        assert_eq!(tables.variant("shop@prod").await.unwrap().unwrap().revision, 2);
        assert_eq!(tables.attempts("shop@prod").await.unwrap()[0].action, "publish x");
        let mut sets = Vec::new();
        tables.selections("shop@prod", 0, |_, coordinates| sets.push(coordinates.to_owned())).await.unwrap();
        assert_eq!(sets, ["Query.a"]);
        assert!(tables.is_usage_whole("shop@prod", 0).await.unwrap());
        tables.close().await;
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
