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
//! - `clock`: the time that it is all held against.
//!
//! [`claims`]: what is known of who asks, however they proved it.

mod api_key;
mod authenticator;
mod claims;
mod clock;
mod credential;
mod forward;
mod introspection;
mod keys;
mod log;
mod refusal;
mod remembered;
mod token;

pub use api_key::NewKey;
pub use authenticator::{Authenticator, AuthenticatorError, Unauthenticated};
pub use claims::{Claims, Credential};
pub use clock::{Clock, Millis};
pub use forward::Signer;
pub use refusal::{KeyId, Refusal};
