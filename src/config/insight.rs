//! Who may see how requests are answered.

use std::fmt;

/// Nobody, unless one of these says otherwise.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Insight {
    /// Everybody may.
    pub everybody: bool,
    /// Whoever has this scope may.
    pub scope: Option<Box<str>>,
    /// Whoever brings a permission that is signed with this secret may.
    pub key: Option<Box<[u8]>>,
}

impl Insight {
    /// Whether anybody may, so that it is worth a look whether a client asks.
    pub fn is_for_somebody(&self) -> bool {
        self.everybody || self.scope.is_some() || self.key.is_some()
    }
}

/// Without the secret.
impl fmt::Debug for Insight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { everybody, scope, key } = self;
        let signed = key.is_some();
        f.debug_struct("Insight").field("everybody", everybody).field("scope", scope).field("signed", &signed).finish()
    }
}
