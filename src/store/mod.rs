//! Stores outside of the process.
//!
//! - [`Database`]: what has to outlive the gateway, in SQLite or PostgreSQL; [`KeyTable`]: API keys in it.
//! - [`redis`]: what gateways share and may lose at any time.

mod database;
mod keys;
pub mod redis;

pub use database::{Database, StoreError};
pub use keys::{KeyTable, StoredKey};
