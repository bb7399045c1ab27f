//! Why a credential proves nothing. For the log: clients are told only that it does not.

use std::fmt;

/// The reason, without anything secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A header or a cookie that there has to be one of.
    #[error("the credential is sent more than once")]
    Repeated,
    /// An API key and a token: whichever was meant, the other one would be hidden by it.
    #[error("an API key and a token are sent together")]
    TwoCredentials,
    /// `Basic` and the like.
    #[error("the header has another prefix than the configured one")]
    OtherPrefix,
    /// Control characters, spaces, other alphabets.
    #[error("the credential has characters that none may have")]
    Unreadable,
    /// Longer than any that is made.
    #[error("the credential is too long")]
    TooLong,
    /// Not three parts, not base64url, not JSON, or JSON that says something twice.
    #[error("the token is malformed: {0}")]
    Malformed(&'static str),
    /// A header that asks for what is not done here (RFC 7515, section 4.1.11).
    #[error("the token's header has `{0}`, which is not understood")]
    Extension(&'static str),
    /// Another kind of token (RFC 8725, section 3.11).
    #[error("the token's `typ` is not that of an access token")]
    Type,
    /// `none`, or another one that is not allowed.
    #[error("the token's algorithm is not allowed")]
    Algorithm,
    /// Nobody whose tokens are taken.
    #[error("the token's issuer is not known")]
    Issuer,
    /// No key with this id.
    #[error("no key with the token's id {0} is known")]
    UnknownKey(KeyId),
    /// Keys with this id, and none for this algorithm.
    #[error("the key with the token's id {0} is not for its algorithm")]
    KeyMisused(KeyId),
    /// The token was changed, or somebody else made it.
    #[error("the signature is wrong")]
    Signature,
    /// A claim that has to be there.
    #[error("the claim `{0}` is missing")]
    Missing(&'static str),
    /// A claim of the wrong kind, such as a time that is a string.
    #[error("the claim `{0}` is not of its kind")]
    Kind(&'static str),
    /// Its time is over.
    #[error("the credential has expired")]
    Expired,
    /// Its time has not come.
    #[error("the token is not valid yet")]
    NotYet,
    /// It was made for somebody else.
    #[error("the token is for another audience")]
    Audience,
    /// The authorization server says so.
    #[error("the token is not active")]
    Inactive,
    /// It can not be found out whether the credential is good.
    #[error("whoever knows the credential can not be asked")]
    Unavailable,
    /// No API key, or one that is not kept here.
    #[error("the API key is not known")]
    UnknownApiKey,
    /// Somebody took it back.
    #[error("the API key is revoked")]
    Revoked,
}

/// A key's id as a token names it: anybody's text, so it is shown short and escaped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyId(Option<Box<str>>);

impl KeyId {
    /// As much as a log line has room for.
    const SHOWN: usize = 64;

    /// Of this `kid`.
    pub fn of(kid: Option<&str>) -> Self {
        Self(kid.map(|kid| kid.chars().take(Self::SHOWN).collect()))
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(kid) => write!(f, "{kid:?}"),
            None => f.write_str("(it has none)"),
        }
    }
}
