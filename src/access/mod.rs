//! Access: who asks, and what they may see.
//!
//! - [`claims`]: what is known of who asks, however they proved it.

mod claims;

pub use claims::{Claims, Credential};
