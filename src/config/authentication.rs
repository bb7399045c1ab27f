//! Who asks, and how that is proved: tokens, introspection, API keys, and the key that the gateway signs with.

use http::{HeaderName, HeaderValue};
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How clients prove who they are. When nothing is configured, everybody is anonymous.
#[derive(Debug, Clone, PartialEq)]
pub struct Authentication {
    /// Where tokens stand; the first place that has one decides.
    pub token_places: Vec<TokenPlace>,
    /// Whether a header with another prefix, such as `Basic`, is no credential instead of a bad one.
    pub ignore_other_prefixes: bool,
    /// How far the clocks of issuers and of the gateway may be apart.
    pub leeway: Duration,
    /// Who makes tokens that the gateway verifies itself.
    pub issuers: Vec<TokenIssuer>,
    /// Who is asked about tokens that mean nothing to the gateway.
    pub introspection: Vec<Introspection>,
    /// Weft's own keys.
    pub api_keys: Option<ApiKeys>,
    /// The key that vouches for claims before subgraphs.
    pub signing: Option<Signing>,
}

impl Default for Authentication {
    fn default() -> Self {
        Self {
            token_places: vec![TokenPlace::bearer()],
            ignore_other_prefixes: false,
            leeway: Duration::from_secs(10),
            issuers: Vec::new(),
            introspection: Vec::new(),
            api_keys: None,
            signing: None,
        }
    }
}

impl Authentication {
    /// Whether any token can prove anything.
    pub fn takes_tokens(&self) -> bool {
        !self.issuers.is_empty() || !self.introspection.is_empty()
    }
}

/// Where a token stands in a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenPlace {
    /// In a header, behind a prefix; the prefix's case does not matter.
    Header {
        /// Its name.
        name: HeaderName,
        /// `Bearer`, or nothing.
        prefix: Box<str>,
    },
    /// In a cookie.
    Cookie {
        /// Its name.
        name: Box<str>,
    },
}

impl TokenPlace {
    /// `Authorization: Bearer`.
    pub fn bearer() -> Self {
        Self::Header { name: http::header::AUTHORIZATION, prefix: "Bearer".into() }
    }
}

/// Somebody whose tokens the gateway verifies.
#[derive(Debug, Clone, PartialEq)]
pub struct TokenIssuer {
    /// Where its public keys are.
    pub keys: KeyLocation,
    /// How often they are read again.
    pub poll_interval: Duration,
    /// What `iss` may be; none: whatever it is.
    pub issuers: Vec<String>,
    /// One of them has to be in `aud`; none: `aud` is not looked at.
    pub audiences: Vec<String>,
    /// The algorithms that its keys may be used with.
    pub algorithms: Vec<TokenAlgorithm>,
    /// Whether a token without `exp` is refused.
    pub requires_expiry: bool,
    /// Where scopes and tier are.
    pub claims: ClaimNames,
}

impl TokenIssuer {
    /// One whose keys are there, with the defaults for all else.
    pub fn new(keys: KeyLocation) -> Self {
        Self {
            keys,
            poll_interval: Duration::from_secs(60),
            issuers: Vec::new(),
            audiences: Vec::new(),
            algorithms: TokenAlgorithm::ASYMMETRIC.to_vec(),
            requires_expiry: true,
            claims: ClaimNames::default(),
        }
    }
}

/// Where a set of public keys is.
#[derive(Debug, Clone, PartialEq)]
pub enum KeyLocation {
    /// At a URL.
    Url {
        /// The URL.
        url: url::Url,
        /// What is sent along.
        headers: Vec<(HeaderName, HeaderValue)>,
    },
    /// In a file.
    File(PathBuf),
    /// Where the issuer's discovery document says.
    Discovery {
        /// The issuer's identifier, exactly.
        issuer: String,
    },
    /// Here; for keys that are in the binary.
    Inline(String),
}

/// Which claims mean what. A name that begins with a slash is a JSON pointer into the claims.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClaimNames {
    /// Scopes beside `scope` and `scp`.
    pub scope: Option<String>,
    /// The tier.
    pub tier: Option<String>,
}

/// An algorithm of a token's signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Deserialize, schemars::JsonSchema)]
#[allow(missing_docs)]
pub enum TokenAlgorithm {
    RS256,
    RS384,
    RS512,
    PS256,
    PS384,
    PS512,
    ES256,
    ES384,
    EdDSA,
    HS256,
    HS384,
    HS512,
}

impl TokenAlgorithm {
    /// All for which the verifying key is public; shared secrets are for those who ask for them.
    pub const ASYMMETRIC: [Self; 9] = [
        Self::RS256,
        Self::RS384,
        Self::RS512,
        Self::PS256,
        Self::PS384,
        Self::PS512,
        Self::ES256,
        Self::ES384,
        Self::EdDSA,
    ];
}

/// An authorization server that is asked about tokens (RFC 7662).
#[derive(Clone, PartialEq)]
pub struct Introspection {
    /// The endpoint.
    pub url: url::Url,
    /// The gateway's own name and secret there.
    pub client: Option<(String, String)>,
    /// What is sent along.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// What `iss` may be, where the answer has one; none: whatever it is.
    pub issuers: Vec<String>,
    /// One of them has to be in `aud`; none: `aud` is not looked at.
    pub audiences: Vec<String>,
    /// Where scopes and tier are.
    pub claims: ClaimNames,
    /// How long one question may take.
    pub timeout: Duration,
    /// Questions under way at once.
    pub concurrency_limit: usize,
    /// How long an active token is taken for active, within its `exp`.
    pub ttl: Duration,
    /// How long one that is not is remembered as such.
    pub negative_ttl: Duration,
}

impl Introspection {
    /// One at this endpoint, with the defaults for all else.
    pub fn new(url: url::Url) -> Self {
        Self {
            url,
            client: None,
            headers: Vec::new(),
            issuers: Vec::new(),
            audiences: Vec::new(),
            claims: ClaimNames::default(),
            timeout: Duration::from_secs(2),
            concurrency_limit: 32,
            ttl: Duration::from_secs(30),
            negative_ttl: Duration::from_secs(10),
        }
    }
}

/// Without the secret.
impl fmt::Debug for Introspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Introspection").field("url", &self.url.as_str()).finish_non_exhaustive()
    }
}

/// Weft's own keys.
#[derive(Debug, Clone, PartialEq)]
pub struct ApiKeys {
    /// The header that they stand in.
    pub header: HeaderName,
    /// Where they are kept.
    pub store: Option<StoreLocation>,
    /// Keys that stand in the configuration, by their hashes.
    pub fixed: Vec<FixedKey>,
    /// How long a key is taken for what it was; a revoked one works no longer than this.
    pub ttl: Duration,
    /// Keys remembered.
    pub max_entries: usize,
}

impl ApiKeys {
    /// In this header, with the defaults for all else and no keys at all.
    pub fn new(header: HeaderName) -> Self {
        Self { header, store: None, fixed: Vec::new(), ttl: Duration::from_secs(5), max_entries: 10_000 }
    }
}

/// A key of the configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct FixedKey {
    /// Its public id.
    pub id: String,
    /// The SHA-256 of the whole key.
    pub hash: [u8; 32],
    /// Whose it is.
    pub owner: String,
    /// What it is for.
    pub scopes: Vec<String>,
    /// What limits it has.
    pub tier: Option<String>,
}

/// Where the gateway keeps what has to outlive it.
#[derive(Clone, PartialEq, Eq)]
pub enum StoreLocation {
    /// SQLite, in a file.
    Sqlite(PathBuf),
    /// PostgreSQL, at a URL.
    Postgres(url::Url),
}

impl StoreLocation {
    /// Reads `sqlite:FILE` or `postgres://USER:PASSWORD@HOST/DATABASE`.
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(path) = text.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            return (!path.is_empty()).then(|| Self::Sqlite(path.into()));
        }
        let url = url::Url::parse(text).ok()?;
        (matches!(url.scheme(), "postgres" | "postgresql") && url.has_host()).then_some(Self::Postgres(url))
    }

    /// The same, with a file's path starting from `folder` where it is relative.
    #[must_use]
    pub fn in_folder(self, folder: &Path) -> Self {
        match self {
            Self::Sqlite(path) => Self::Sqlite(folder.join(path)),
            postgres @ Self::Postgres(_) => postgres,
        }
    }
}

/// Without the password.
impl fmt::Debug for StoreLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for StoreLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "{}", path.display()),
            Self::Postgres(url) => {
                let host = url.host_str().unwrap_or("localhost");
                write!(f, "postgres://{host}:{}{}", url.port().unwrap_or(5432), url.path())
            }
        }
    }
}

/// The key that the gateway signs with, for subgraphs.
#[derive(Clone, PartialEq)]
pub struct Signing {
    /// The algorithm.
    pub algorithm: SigningAlgorithm,
    /// A secret for HS256, a private key in PKCS #8 for the others.
    pub key: Vec<u8>,
    /// The `kid` by which subgraphs find the key.
    pub key_id: Option<String>,
    /// The `iss`.
    pub issuer: String,
    /// How long what is signed is valid.
    pub lifetime: Duration,
}

/// Without the key.
impl fmt::Debug for Signing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signing").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

/// What the gateway can sign with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[allow(missing_docs)]
pub enum SigningAlgorithm {
    ES256,
    EdDSA,
    HS256,
}
