//! Stores outside of the process.
//!
//! - [`Database`]: what has to outlive the gateway, in SQLite or PostgreSQL; [`KeyTable`]: API keys in it;
//!   [`registry`]: what was published; [`secret`]: keys and tokens as texts.
//! - [`Backoff`]: how long to wait before what failed is tried again;
//! - [`redis`]: what gateways share and may lose at any time.

mod backoff;
mod database;
mod keys;
pub mod redis;
pub mod registry;
pub mod secret;

pub use backoff::Backoff;
pub use database::{Database, Definition, StoreError};
pub use keys::{KeyTable, StoredKey};
