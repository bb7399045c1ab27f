//! Keys of issuers: where they come from, and how they are kept in step with that.
//!
//! - `jwk`: the text of a set -> keys, each pinned to its algorithms;
//! - `fetch`: requests to providers, and OpenID Connect discovery;
//! - [`KeySource`]: one set, read again from time to time and when a token names a key that is not in it.

pub(super) mod fetch;
pub(super) mod jwk;
mod source;

pub(super) use jwk::{Key, algorithm};
pub(super) use source::KeySource;
