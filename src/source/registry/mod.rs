//! A registry -> the supergraph of one variant, and word of every new version.
//!
//! - [`RegistryClient`]: one question at a time, by HTTP, at one address after the other;
//! - [`Follower`]: asks again and again, each question held by the registry until there is news (a long poll);
//! - `last_good`: what served last, on disk, for a start without the registry.
//!
//! A version counts as delivered when its bytes have the hash that the registry names: a truncated or mangled body is
//! as good as none. What is delivered and does not build is told by whoever builds it, and is not asked for again.

mod client;
mod follow;
mod last_good;

pub use client::{Answer, RegistryClient, RegistryError};
pub use follow::Follower;

use crate::config::GraphRef;
use crate::diagnostic::Source;
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::sync::Arc;

/// One version of a supergraph, as the registry gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivered {
    /// The variant.
    pub graph: GraphRef,
    /// The registry's number of it, if it names one.
    pub version: Option<u64>,
    /// SHA-256 of the text, in hexadecimal digits.
    pub digest: Box<str>,
    /// The text.
    pub source: Arc<Source>,
}

impl Delivered {
    /// Of this text, called by its variant and version in reports.
    fn new(graph: &GraphRef, version: Option<u64>, text: String) -> Self {
        let name = match version {
            Some(version) => format!("{graph} version {version}"),
            None => graph.to_string(),
        };
        Self { graph: graph.clone(), version, digest: digest(text.as_bytes()), source: Source::new(name, text) }
    }
}

/// SHA-256 in hexadecimal digits.
fn digest(bytes: &[u8]) -> Box<str> {
    let mut digits = String::with_capacity(64);
    for byte in Sha256::digest(bytes) {
        let _ = write!(digits, "{byte:02x}");
    }
    digits.into()
}
