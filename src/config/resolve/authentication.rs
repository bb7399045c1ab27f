//! `authentication`: where tokens stand, whose they are, and the gateway's own keys.

use super::{list, required, section, store_within};
use crate::config::raw::List;
use crate::config::raw::authentication::{
    RawApiKeys, RawAuthentication, RawFixedKey, RawIntrospection, RawJwks, RawJwt, RawNamedHeader, RawOidc, RawSigning,
    RawTokenSource, RawTokenSourceKind,
};
use crate::config::yaml::{Reports, Setting, code};
use crate::config::{
    ApiKeys, Authentication, ClaimNames, FixedKey, Introspection, KeyLocation, Signing, SigningAlgorithm,
    StoreLocation, TokenAlgorithm, TokenIssuer, TokenPlace,
};
use http::{HeaderName, HeaderValue};
use rustls_pki_types::PrivatePkcs8KeyDer;
use rustls_pki_types::pem::PemObject;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A key set is not fetched more often than this, whatever asks for it.
const SHORTEST_POLL: Duration = Duration::from_secs(30);
const LONGEST: Duration = Duration::from_secs(24 * 3_600);
/// The bound on how long a revoked key may work.
const LONGEST_KEY_TTL: Duration = Duration::from_secs(300);
/// As many bytes as HS256's hash has (RFC 7518, section 3.2).
const SHORTEST_SECRET: usize = 32;

pub(super) fn resolve(raw: RawAuthentication, reports: &Reports, base_dir: &Path) -> Authentication {
    let mut resolved = Authentication::default();
    let jwt = section(section(raw.router).jwt);
    let RawJwt { jwks, header_name, header_value_prefix, ignore_other_prefixes, sources, leeway } = jwt;
    resolved.token_places = token_places(header_name, header_value_prefix, sources, reports);
    ignore_other_prefixes.store(&mut resolved.ignore_other_prefixes);
    store_within(leeway, Duration::ZERO..=Duration::from_secs(600), &mut resolved.leeway, "leeway", reports);
    let of_sets = section(jwks).into_iter().filter_map(|setting| key_set(setting, reports, base_dir));
    let of_providers = section(raw.oidc).into_iter().filter_map(|setting| provider(setting, reports));
    resolved.issuers = of_sets.chain(of_providers).collect();
    resolved.introspection =
        section(raw.introspection).into_iter().filter_map(|setting| introspection(setting, reports)).collect();
    if raw.api_keys.key != (0..0) {
        resolved.api_keys = Some(api_keys(section(raw.api_keys), reports, base_dir));
    }
    resolved.signing = signing(raw.signing, reports);
    resolved
}

fn token_places(
    name: Setting<crate::config::values::HeaderNameText>,
    prefix: Setting<String>,
    sources: Setting<List<RawTokenSource>>,
    reports: &Reports,
) -> Vec<TokenPlace> {
    let name = name.take().map_or(http::header::AUTHORIZATION, |name| name.0);
    let first = TokenPlace::Header { name, prefix: self::prefix(prefix) };
    let more = section(sources).into_iter().filter_map(|setting| token_place(setting, reports));
    std::iter::once(first).chain(more).collect()
}

fn prefix(setting: Setting<String>) -> Box<str> {
    setting.take().map_or("Bearer".into(), |prefix| prefix.trim().into())
}

fn token_place(setting: Setting<RawTokenSource>, reports: &Reports) -> Option<TokenPlace> {
    let range = setting.range.clone();
    let RawTokenSource { r#type, name, value_prefix } = setting.take()?;
    let kind = required(r#type, "type", &range, reports);
    let place = name.range.clone();
    let name = required(name, "name", &range, reports)?;
    match kind? {
        RawTokenSourceKind::Header => {
            let Ok(name) = name.parse() else {
                reports.add(reports.error(code::INVALID_VALUE, place, "\"name\" is not the name of a header"));
                return None;
            };
            Some(TokenPlace::Header { name, prefix: prefix(value_prefix) })
        }
        RawTokenSourceKind::Cookie => {
            if value_prefix.is_set() {
                let message = "a cookie has no \"value_prefix\"";
                reports.add(reports.error(code::CONFLICT, value_prefix.key, message));
            }
            // RFC 6265, section 4.1.1.
            if name.is_empty()
                || !name.bytes().all(|byte| byte.is_ascii_graphic() && !b"()<>@,;:\\\"/[]?={}".contains(&byte))
            {
                reports.add(reports.error(code::INVALID_VALUE, place, "\"name\" is not the name of a cookie"));
                return None;
            }
            Some(TokenPlace::Cookie { name: name.into() })
        }
    }
}

fn key_set(setting: Setting<RawJwks>, reports: &Reports, base_dir: &Path) -> Option<TokenIssuer> {
    let range = setting.range.clone();
    let raw = setting.take()?;
    if raw.headers.is_set() && raw.file.is_set() {
        reports.add(reports.error(code::CONFLICT, raw.headers.key.clone(), "\"headers\" go with \"url\" only"));
    }
    if raw.issuer.is_set() && raw.issuers.is_set() {
        let message = "\"issuer\" and \"issuers\" are two words for one thing; give one";
        reports.add(reports.error(code::CONFLICT, raw.issuers.key.clone(), message));
    }
    let keys = match (raw.url.key != (0..0), raw.file.key != (0..0)) {
        (true, false) => location(raw.url.take()?.0, headers(raw.headers)),
        (false, true) => KeyLocation::File(base_dir.join(raw.file.take()?)),
        _ => {
            let message = "a set of keys has one of \"url\" and \"file\"";
            reports.add(reports.error(code::MISSING_KEY, range, message));
            return None;
        }
    };
    let mut issuer = TokenIssuer::new(keys);
    store_within(raw.poll_interval, SHORTEST_POLL..=LONGEST, &mut issuer.poll_interval, "poll_interval", reports);
    issuer.issuers = raw.issuer.take().into_iter().chain(list(raw.issuers).into_iter().flatten()).collect();
    issuer.audiences = list(raw.audiences).into_iter().flatten().collect();
    algorithms(raw.algorithms, &mut issuer.algorithms, reports);
    raw.require_expiry.store(&mut issuer.requires_expiry);
    issuer.claims = ClaimNames { scope: raw.scope_claim.take(), tier: raw.tier_claim.take() };
    Some(issuer)
}

fn location(url: url::Url, headers: Vec<(HeaderName, HeaderValue)>) -> KeyLocation {
    match url.to_file_path() {
        Ok(path) if url.scheme() == "file" => KeyLocation::File(path),
        _ => KeyLocation::Url { url, headers },
    }
}

fn provider(setting: Setting<RawOidc>, reports: &Reports) -> Option<TokenIssuer> {
    let range = setting.range.clone();
    let raw = setting.take()?;
    let place = raw.issuer.range.clone();
    let named = required(raw.issuer, "issuer", &range, reports);
    // Without it any client's tokens would do, also those that were made for somebody else's service.
    let audiences = required(raw.audiences, "audiences", &range, reports);
    let named = named?;
    let url = url::Url::parse(&named).ok().filter(|url| {
        matches!(url.scheme(), "http" | "https") && url.has_host() && url.query().is_none() && url.fragment().is_none()
    });
    if url.is_none() {
        let message = "\"issuer\" has to be an http or https URL without a query";
        reports.add(reports.error(code::INVALID_VALUE, place, message));
    }
    let mut issuer = TokenIssuer::new(KeyLocation::Discovery { issuer: named.clone() });
    issuer.issuers = vec![named];
    issuer.audiences = audiences?.into_iter().filter_map(Setting::take).collect();
    store_within(raw.poll_interval, SHORTEST_POLL..=LONGEST, &mut issuer.poll_interval, "poll_interval", reports);
    algorithms(raw.algorithms, &mut issuer.algorithms, reports);
    issuer.claims = ClaimNames { scope: raw.scope_claim.take(), tier: raw.tier_claim.take() };
    Some(issuer)
}

fn algorithms(setting: Setting<List<TokenAlgorithm>>, place: &mut Vec<TokenAlgorithm>, reports: &Reports) {
    let key = setting.key.clone();
    if let Some(named) = list(setting) {
        *place = named.collect();
        if place.is_empty() {
            reports.add(reports.error(code::INVALID_VALUE, key, "\"algorithms\" names none, so no token would do"));
        }
    }
}

fn introspection(setting: Setting<RawIntrospection>, reports: &Reports) -> Option<Introspection> {
    let range = setting.range.clone();
    let raw = setting.take()?;
    if raw.client_id.is_set() != raw.client_secret.is_set() {
        let message = "\"client_id\" and \"client_secret\" go together";
        reports.add(reports.error(code::MISSING_KEY, range.clone(), message));
    }
    let mut server = Introspection::new(required(raw.url, "url", &range, reports)?.0);
    server.client = raw.client_id.take().zip(raw.client_secret.take());
    server.headers = headers(raw.headers);
    server.issuers = raw.issuer.take().into_iter().collect();
    server.audiences = list(raw.audiences).into_iter().flatten().collect();
    server.claims = ClaimNames { scope: raw.scope_claim.take(), tier: raw.tier_claim.take() };
    let (shortest, second) = (Duration::from_millis(10), Duration::from_secs(1));
    store_within(raw.timeout, shortest..=60 * second, &mut server.timeout, "timeout", reports);
    raw.concurrency_limit.store(&mut server.concurrency_limit);
    let cache = section(raw.cache);
    store_within(cache.ttl, Duration::ZERO..=3_600 * second, &mut server.ttl, "ttl", reports);
    store_within(
        cache.negative_ttl,
        Duration::ZERO..=3_600 * second,
        &mut server.negative_ttl,
        "negative_ttl",
        reports,
    );
    Some(server)
}

fn api_keys(raw: RawApiKeys, reports: &Reports, base_dir: &Path) -> ApiKeys {
    let mut keys = ApiKeys::new(HeaderName::from_static("x-api-key"));
    raw.header.store(&mut keys.header);
    let has_fixed = raw.keys.is_set();
    keys.fixed = section(raw.keys).into_iter().filter_map(|setting| fixed_key(setting, reports)).collect();
    keys.store = raw.store.take().map(|store| store.0.in_folder(base_dir));
    if keys.store.is_none() && !has_fixed {
        keys.store = Some(StoreLocation::Sqlite(PathBuf::from("weft.db")).in_folder(base_dir));
    }
    let cache = section(raw.cache);
    store_within(cache.ttl, Duration::ZERO..=LONGEST_KEY_TTL, &mut keys.ttl, "ttl", reports);
    cache.max_entries.store(&mut keys.max_entries);
    keys
}

fn fixed_key(setting: Setting<RawFixedKey>, reports: &Reports) -> Option<FixedKey> {
    let range = setting.range.clone();
    let raw = setting.take()?;
    let id = required(raw.id, "id", &range, reports);
    let hash = required(raw.sha256, "sha256", &range, reports);
    let owner = required(raw.owner, "owner", &range, reports);
    let scopes = list(raw.scopes).into_iter().flatten().collect();
    Some(FixedKey { id: id?, hash: hash?.0, owner: owner?, scopes, tier: raw.tier.take() })
}

fn signing(setting: Setting<RawSigning>, reports: &Reports) -> Option<Signing> {
    let range = setting.range.clone();
    let raw = setting.take()?;
    let place = raw.key.range.clone();
    let algorithm = required(raw.algorithm, "algorithm", &range, reports);
    let key = required(raw.key, "key", &range, reports);
    let mut lifetime = Duration::from_secs(60);
    let (ten, hour) = (Duration::from_secs(10), Duration::from_secs(3_600));
    store_within(raw.lifetime, ten..=hour, &mut lifetime, "lifetime", reports);
    let (algorithm, key) = (algorithm?, key?);
    let key = match algorithm {
        SigningAlgorithm::HS256 => {
            let secret = key.trim_end().as_bytes().to_vec();
            (secret.len() >= SHORTEST_SECRET).then_some(secret).ok_or("\"key\" has to have 32 bytes or more")
        }
        SigningAlgorithm::ES256 | SigningAlgorithm::EdDSA => PrivatePkcs8KeyDer::from_pem_slice(key.as_bytes())
            .map(|key| key.secret_pkcs8_der().to_vec())
            .map_err(|_| "\"key\" has to be a private key as PEM, in PKCS #8 (BEGIN PRIVATE KEY)"),
    };
    match key {
        Ok(key) => Some(Signing {
            algorithm,
            key,
            key_id: raw.key_id.take(),
            issuer: raw.issuer.take().unwrap_or_else(|| "weft".to_owned()),
            lifetime,
        }),
        Err(message) => {
            reports.add(reports.error(code::INVALID_VALUE, place, message));
            None
        }
    }
}

pub(super) fn headers(setting: Setting<List<RawNamedHeader>>) -> Vec<(HeaderName, HeaderValue)> {
    let named = |raw: RawNamedHeader| {
        let mut value = raw.value.take()?.0;
        // Often a token.
        value.set_sensitive(true);
        Some((raw.name.take()?.0, value))
    };
    list(setting).into_iter().flatten().filter_map(named).collect()
}
