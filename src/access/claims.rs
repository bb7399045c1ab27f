//! What is known of who asks: [`Claims`], the same for tokens and API keys.

use super::clock::Millis;
use serde_json::{Map, Value};
use std::sync::{Arc, LazyLock};

/// How somebody proved who they are.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Credential {
    /// Not at all.
    None,
    /// By a token that this issuer made.
    Token {
        /// As in its `iss`, or as configured where it has none.
        issuer: Box<str>,
    },
    /// By an API key.
    Key {
        /// The key's public id.
        id: Box<str>,
    },
}

/// Who asks. Cheap to share and never changed: one value serves every request that brings the same credential.
#[derive(Debug, Clone, PartialEq)]
pub struct Claims {
    /// How they proved it.
    pub credential: Credential,
    /// Who they are: a token's `sub`, a key's owner.
    pub subject: Option<Box<str>>,
    /// What they pay for or are trusted with; chooses limits.
    pub tier: Option<Box<str>>,
    /// Until when they hold, where that is known.
    pub expires: Option<Millis>,
    /// Sorted, without duplicates; see [`Self::has_scope`].
    scopes: Box<[Box<str>]>,
    /// All claims of a token; of an API key what is kept with it.
    pub values: Map<String, Value>,
}

static ANONYMOUS: LazyLock<Arc<Claims>> =
    LazyLock::new(|| Arc::new(Claims::new(Credential::None, None, Vec::new(), Map::new())));

impl Claims {
    /// Claims with these scopes, in any order.
    pub fn new(
        credential: Credential,
        subject: Option<Box<str>>,
        mut scopes: Vec<Box<str>>,
        values: Map<String, Value>,
    ) -> Self {
        scopes.sort_unstable();
        scopes.dedup();
        Self { credential, subject, tier: None, expires: None, scopes: scopes.into(), values }
    }

    /// Those of a request without credentials.
    pub fn anonymous() -> Arc<Self> {
        Arc::clone(&ANONYMOUS)
    }

    /// Whether somebody has proved who they are.
    pub fn is_authenticated(&self) -> bool {
        self.credential != Credential::None
    }

    /// Whether a scope was given to them, exactly as it is written.
    pub fn has_scope(&self, scope: &str) -> bool {
        self.scopes.binary_search_by(|own| (**own).cmp(scope)).is_ok()
    }

    /// The scopes, sorted.
    pub fn scopes(&self) -> impl ExactSizeIterator<Item = &str> {
        self.scopes.iter().map(|scope| &**scope)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_found_whole() {
        let scopes = ["write", "read:all", "read", "read"].map(Into::into).to_vec();
        let claims = Claims::new(Credential::Key { id: "k".into() }, None, scopes, Map::new());
        assert!(claims.has_scope("read") && claims.has_scope("read:all") && claims.has_scope("write"));
        assert!(!claims.has_scope("rea") && !claims.has_scope("read:al") && !claims.has_scope(""));
        assert_eq!(claims.scopes().len(), 3);
    }

    #[test]
    fn nobody_has_proved_nothing() {
        assert!(!Claims::anonymous().is_authenticated());
    }
}
