//! Access: who asks, and what they may see.
//!
//! - [`claims`]: what is known of who asks, however they proved it;
//! - [`rule`]: what somebody's claims must hold; [`rules`]: which rule stands before which part of a supergraph;
//! - [`guards`]: the rules of one operation, and which of its gates are closed for somebody;
//! - [`policies`]: which policies are granted to somebody, by claims or by a [`policy_service`];
//! - [`explain`]: the rules of an operation for readers.

mod claims;
pub mod explain;
mod guards;
mod policies;
mod policy_service;
mod rule;
mod rules;

pub use claims::{Claims, Credential};
pub use guards::Guards;
pub use policies::{Granted, Policies, Undecided};
pub use policy_service::PolicyServiceError;
pub use rule::{Demand, Rule};
pub use rules::Rules;
