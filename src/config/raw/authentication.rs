//! `authentication` as it is written.

use super::super::values::{
    Count, DurationText, HeaderNameText, HeaderValueText, HttpUrl, KeySetUrl, Sha256, StoreUrl,
};
use super::super::{SigningAlgorithm, TokenAlgorithm};
use super::{List, Setting};
use schemars::JsonSchema;
use serde::Deserialize;

sections! {
    /// How clients prove who they are.
    RawAuthentication {
        /// Tokens that the gateway verifies, as in Apollo's router.
        router: RawRouterAuthentication,
        /// Issuers of tokens whose keys are found by OpenID Connect discovery.
        oidc: List<RawOidc>,
        /// Servers that are asked about tokens that mean nothing to the gateway (RFC 7662), one after the other.
        introspection: List<RawIntrospection>,
        /// Weft's own keys, made with `weft keys create`.
        api_keys: RawApiKeys,
        /// The key that the gateway signs claims with, for subgraphs.
        signing: RawSigning,
    }

    /// Tokens that the gateway verifies.
    RawRouterAuthentication {
        /// JSON Web Tokens.
        jwt: RawJwt,
    }

    /// JSON Web Tokens.
    RawJwt {
        /// Sets of public keys, each with whose tokens they are for.
        jwks: List<RawJwks>,
        /// The header that has the token. Default: authorization.
        header_name: HeaderNameText,
        /// What stands before the token. Default: Bearer.
        header_value_prefix: String,
        /// Whether a header with another prefix is no credential instead of a bad one. Default: false.
        ignore_other_prefixes: bool,
        /// More places; the first that has a token decides, and the header comes first.
        sources: List<RawTokenSource>,
        /// How far the clocks of issuers and of the gateway may be apart. Default: 10s.
        leeway: DurationText,
    }

    /// A place where a token may stand.
    RawTokenSource {
        /// header or cookie.
        r#type: RawTokenSourceKind,
        /// The name of the header or of the cookie.
        name: String,
        /// What stands before the token in a header. Default: Bearer.
        value_prefix: String,
    }

    /// A set of public keys.
    RawJwks {
        /// Its URL: https, http or file.
        url: KeySetUrl,
        /// Its file, relative to this one, instead of a URL.
        file: String,
        /// How often it is read again, 30s or more. Default: 60s.
        poll_interval: DurationText,
        /// What is sent along.
        headers: List<RawNamedHeader>,
        /// What "iss" has to be. Default: whatever it is.
        issuer: String,
        /// What "iss" may be, instead of "issuer".
        issuers: List<String>,
        /// One of them has to be in "aud". Default: "aud" is not looked at.
        audiences: List<String>,
        /// The algorithms its keys may be used with. Default: all that have a public key; HS256 to HS512 only if named.
        algorithms: List<TokenAlgorithm>,
        /// Whether a token without "exp" is refused. Default: true.
        require_expiry: bool,
        /// A claim with scopes, beside "scope" and "scp"; one that begins with a slash is a JSON pointer.
        scope_claim: String,
        /// The claim with the tier; one that begins with a slash is a JSON pointer.
        tier_claim: String,
    }

    /// An OpenID provider, known by its issuer alone.
    RawOidc {
        /// Its issuer, exactly as in its discovery document and its tokens.
        issuer: String,
        /// One of them has to be in "aud".
        audiences: List<String>,
        /// The algorithms its keys may be used with. Default: all that have a public key.
        algorithms: List<TokenAlgorithm>,
        /// How often its keys are read again, 30s or more. Default: 60s.
        poll_interval: DurationText,
        /// A claim with scopes, beside "scope" and "scp"; one that begins with a slash is a JSON pointer.
        scope_claim: String,
        /// The claim with the tier; one that begins with a slash is a JSON pointer.
        tier_claim: String,
    }

    /// A server that is asked about tokens.
    RawIntrospection {
        /// Its introspection endpoint.
        url: HttpUrl,
        /// The gateway's name there, for HTTP's Basic authentication.
        client_id: String,
        /// The gateway's secret there.
        client_secret: String,
        /// What is sent along.
        headers: List<RawNamedHeader>,
        /// What "iss" has to be, where the answer has one. Default: whatever it is.
        issuer: String,
        /// One of them has to be in "aud". Default: "aud" is not looked at.
        audiences: List<String>,
        /// A claim with scopes, beside "scope" and "scp"; one that begins with a slash is a JSON pointer.
        scope_claim: String,
        /// The claim with the tier; one that begins with a slash is a JSON pointer.
        tier_claim: String,
        /// How long one question may take. Default: 2s.
        timeout: DurationText,
        /// Questions under way at once; more wait, within the timeout. Default: 32.
        concurrency_limit: Count,
        /// What is remembered.
        cache: RawIntrospectionCache,
    }

    /// What is remembered of a server's answers.
    RawIntrospectionCache {
        /// How long an active token is taken for active, within its "exp". Default: 30s.
        ttl: DurationText,
        /// How long one that is not is remembered as such. Default: 10s.
        negative_ttl: DurationText,
    }

    /// Weft's own keys.
    RawApiKeys {
        /// The header that they stand in. Default: x-api-key.
        header: HeaderNameText,
        /// Where they are kept: sqlite:FILE, relative to this file, or postgres://USER:PASSWORD@HOST/DATABASE.
        /// Default: sqlite:weft.db, unless there are "keys".
        store: StoreUrl,
        /// Keys that stand here, by their hashes.
        keys: List<RawFixedKey>,
        /// What is remembered.
        cache: RawApiKeyCache,
    }

    /// A key of this file.
    RawFixedKey {
        /// Its public id: the part between the underscores.
        id: String,
        /// The SHA-256 of the whole key, as 64 hexadecimal digits.
        sha256: Sha256,
        /// Whose it is.
        owner: String,
        /// What it is for.
        scopes: List<String>,
        /// What limits it has.
        tier: String,
    }

    /// What is remembered of keys.
    RawApiKeyCache {
        /// How long a key is taken for what it was, at most 5m: a revoked one may still work for so long. Default: 5s.
        ttl: DurationText,
        /// Keys remembered. Default: 10000.
        max_entries: Count,
    }

    /// The key that the gateway signs claims with.
    RawSigning {
        /// ES256, EdDSA or HS256.
        algorithm: SigningAlgorithm,
        /// A private key as PEM (PKCS #8), for instance ${file.key.pem}; for HS256 a secret of 32 bytes or more.
        key: String,
        /// The "kid" of what is signed.
        key_id: String,
        /// The "iss" of what is signed. Default: weft.
        issuer: String,
        /// How long what is signed is valid, from 10s to 1h. Default: 60s.
        lifetime: DurationText,
    }

    /// A header.
    RawNamedHeader {
        /// Its name.
        name: HeaderNameText,
        /// Its value.
        value: HeaderValueText,
    }
}

/// What kind of place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(in crate::config) enum RawTokenSourceKind {
    /// A header.
    Header,
    /// A cookie.
    Cookie,
}
