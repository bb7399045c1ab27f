//! Access: who asks, and what they may see.
//!
//! **Who.** The headers of a request go in, [`Claims`] come out, or a [`Refusal`] that only the log gets to see:
//!
//! - [`Authenticator`]: the way of a request, from its headers to its claims;
//! - `credential`: where in the headers a credential stands;
//! - `token`: JSON Web Tokens, verified with the `keys` of their issuers;
//! - `introspection`: tokens that only whoever made them can say something of;
//! - `api_key`: Weft's own keys;
//! - `remembered`: what was found out, for the next request;
//! - `forward`: claims as headers for subgraphs, plain or signed;
//! - [`permission`]: that somebody may see how requests are answered, whoever they are;
//! - `clock`: the time that it is all held against.
//!
//! **What.** [`Claims`] and the rules of a supergraph go in, and the parts of a plan that are off come out:
//!
//! - [`claims`]: what is known of who asks, however they proved it;
//! - [`rule`]: what somebody's claims must hold; [`rules`]: which rule stands before which part of a supergraph;
//! - [`guards`]: the rules of one operation, and which of its gates are closed for somebody;
//! - [`policies`]: which policies are granted to somebody, by claims or by a [`policy_service`];
//! - [`explain`]: the rules of an operation for readers.

mod api_key;
mod authenticator;
mod claims;
mod clock;
mod credential;
pub mod explain;
mod forward;
mod guards;
mod introspection;
mod keys;
mod log;
pub mod permission;
mod policies;
mod policy_service;
mod refusal;
mod remembered;
mod rule;
mod rules;
mod token;

pub use authenticator::{Authenticator, AuthenticatorError, Unauthenticated};
pub use claims::{Claims, Credential};
pub use clock::{Clock, Millis};
pub use forward::Signer;
pub use guards::Guards;
pub use policies::{Granted, Policies, Undecided};
pub use policy_service::PolicyServiceError;
pub use refusal::{KeyId, Refusal};
pub use rule::{Demand, Rule};
pub use rules::Rules;
