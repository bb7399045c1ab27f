//! Weft's own keys.

/// How they begin, so that people and scanners of repositories know one when they see it.
pub(super) const PREFIX: &str = "weft_";
