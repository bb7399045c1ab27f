//! Stores outside of the process.
//!
//! - [`redis`]: what gateways share and may lose at any time.

pub mod redis;
