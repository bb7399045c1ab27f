//! The playground: a page on which people write operations and run them, served out of the binary.
//!
//! In: the settings of this gateway, and the bundle that `playground/build.rs` embedded. Out: the page, and the
//! assets that it loads. Where no bundle was built, the page is the hand-written `playground/plain.html`.
//!
//! **The page speaks to this host only**, and the content security policy holds it to that: no script, style,
//! font or request from elsewhere, no inline script, no frame around it. Inline styles stay allowed, for the
//! editor writes its theme as a style sheet.
//!
//! An asset's name holds a hash of its content, so a browser keeps it for good; the page names them, so a browser
//! asks for the page each time and mostly hears `304`.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use flate2::read::GzDecoder;
use http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, HeaderMap,
    HeaderName, HeaderValue, IF_NONE_MATCH, REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::{StatusCode, response};
use serde::Serialize;
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Read;
use std::sync::{Arc, OnceLock};

/// The route of the assets; [`Playground::asset`] takes the `name`. The bundle's links hold this path
/// (`base` in `playground/vite.config.ts`).
pub const ASSET_ROUTE: &str = "/playground-assets/{name}";

/// What the page must know, handed to it as JSON (`playground/src/settings.ts` reads it).
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlaygroundSettings {
    /// The path on this host to which operations are posted, `/graphql`.
    pub endpoint: String,
    /// What the editor shows to someone who has stored no query yet. Whoever knows the schema gives one that it
    /// answers, as the demo does; without, the page shows `{ __typename }`, which every schema answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_query: Option<String>,
    /// The path on this host below which the panels' data is; without it there are no panels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<&'static str>,
    /// As whom people can ask without looking for a credential: those of the demo, which are no secret.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sign_ins: Vec<SignIn>,
    /// The headers in which clients say who they are.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub credentials: Vec<String>,
}

/// A credential that the page offers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SignIn {
    /// Who that is.
    pub name: String,
    /// What they may.
    pub about: String,
    /// The header.
    pub header: String,
    /// Its value.
    pub value: String,
}

/// The page and its assets, ready to be served. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Playground {
    site: Arc<Site>,
}

#[derive(Debug)]
struct Site {
    page: Bytes,
    page_tag: HeaderValue,
    assets: BTreeMap<&'static str, Asset>,
}

#[derive(Debug)]
struct Asset {
    content_type: HeaderValue,
    cache_control: HeaderValue,
    /// None for what is embedded as it is.
    gzip: Option<&'static [u8]>,
    /// The plain form; of a packed asset it is made when the first client asks for it, once.
    plain: OnceLock<Bytes>,
}

/// What `playground/build.rs` made of `playground/`.
struct Bundle {
    index: &'static str,
    /// Name and gzip form.
    assets: &'static [(&'static str, &'static [u8])],
}

/// The bundle, or why there is none.
const BUNDLE: Result<Bundle, &str> = include!(concat!(env!("OUT_DIR"), "/playground_bundle.rs"));

const PLAIN_PAGE: &str = include_str!("../../playground/plain.html");
const PLAIN_SCRIPT: &str = include_str!("../../playground/plain.js");
const PLAIN_SCRIPT_NAME: &str = "plain.js";

/// Where both pages want their settings.
const SETTINGS_PLACE: &str = "<!--weft:settings-->";

const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self'; \
     img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);
const ASK_EACH_TIME: HeaderValue = HeaderValue::from_static("no-cache");
const KEEP_FOR_GOOD: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

impl Playground {
    /// The bundle's page; without a bundle, the plain one.
    pub fn new(settings: &PlaygroundSettings) -> Self {
        match BUNDLE {
            Ok(bundle) => {
                let assets = bundle.assets.iter().map(|(name, gzip)| (*name, Asset::bundled(name, gzip)));
                Self::of(bundle.index, settings, assets.collect())
            }
            Err(_) => Self::plain(settings),
        }
    }

    /// The plain page.
    pub fn plain(settings: &PlaygroundSettings) -> Self {
        Self::of(PLAIN_PAGE, settings, BTreeMap::from([(PLAIN_SCRIPT_NAME, Asset::plain_script())]))
    }

    /// Why [`Playground::new`] gives the plain page, in words; `None` when the bundle is embedded.
    pub fn why_plain() -> Option<&'static str> {
        BUNDLE.err()
    }

    /// Serves the page at `/` and the assets at [`ASSET_ROUTE`], to GET and HEAD. The page can stand at other
    /// paths of the same host too: see [`Playground::page`].
    pub fn router(self) -> Router {
        Router::new()
            .route("/", get(async |State(site): State<Self>, headers: HeaderMap| site.page(&headers)))
            .route(
                ASSET_ROUTE,
                get(async |State(site): State<Self>, Path(name): Path<String>, headers: HeaderMap| {
                    site.asset(&name, &headers)
                }),
            )
            .with_state(self)
    }

    /// The answer to a GET of the page.
    pub fn page(&self, headers: &HeaderMap) -> Response {
        let response = guarded()
            .header(CACHE_CONTROL, ASK_EACH_TIME)
            .header(ETAG, self.site.page_tag.clone())
            // The same path may answer GraphQL to who asks for JSON.
            .header(VARY, HeaderValue::from_static("accept"));
        if holds_tag(headers, &self.site.page_tag) {
            return finish(response.status(StatusCode::NOT_MODIFIED), Body::empty());
        }
        let html = HeaderValue::from_static("text/html; charset=utf-8");
        finish(response.header(CONTENT_TYPE, html), Body::from(self.site.page.clone()))
    }

    /// The answer to a GET of an asset; 404 where there is none of this name.
    pub fn asset(&self, name: &str, headers: &HeaderMap) -> Response {
        let Some(asset) = self.site.assets.get(name) else {
            return finish(guarded().status(StatusCode::NOT_FOUND), Body::empty());
        };
        let response = guarded()
            .header(CONTENT_TYPE, asset.content_type.clone())
            .header(CACHE_CONTROL, asset.cache_control.clone())
            .header(VARY, HeaderValue::from_static("accept-encoding"));
        match asset.gzip.filter(|_| takes_gzip(headers)) {
            Some(packed) => {
                finish(response.header(CONTENT_ENCODING, HeaderValue::from_static("gzip")), Body::from(packed))
            }
            None => finish(response, Body::from(asset.plain())),
        }
    }

    fn of(html: &str, settings: &PlaygroundSettings, assets: BTreeMap<&'static str, Asset>) -> Self {
        let page = html.replacen(SETTINGS_PLACE, &settings_block(settings), 1);
        let mut hasher = DefaultHasher::new();
        page.hash(&mut hasher);
        // Weak: a layer above may compress the page, and the bytes then differ.
        let page_tag = HeaderValue::from_str(&format!("W/\"{:016x}\"", hasher.finish()));
        let page_tag = page_tag.expect("hexadecimal digits and quotes are a header value");
        Self { site: Arc::new(Site { page: page.into(), page_tag, assets }) }
    }
}

impl Asset {
    fn bundled(name: &str, gzip: &'static [u8]) -> Self {
        let content_type = mime_guess::from_path(name).first_raw().unwrap_or("application/octet-stream");
        let content_type = HeaderValue::from_static(content_type);
        Self { content_type, cache_control: KEEP_FOR_GOOD, gzip: Some(gzip), plain: OnceLock::new() }
    }

    /// The one asset that is embedded as it is: it is small, and its name has no hash.
    fn plain_script() -> Self {
        Self {
            content_type: HeaderValue::from_static("text/javascript"),
            cache_control: ASK_EACH_TIME,
            gzip: None,
            plain: OnceLock::from(Bytes::from_static(PLAIN_SCRIPT.as_bytes())),
        }
    }

    fn plain(&self) -> Bytes {
        let unpack = || {
            let mut bytes = Vec::new();
            // What the build packed unpacks; a test does so with every asset.
            let _ = GzDecoder::new(self.gzip.unwrap_or_default()).read_to_end(&mut bytes);
            Bytes::from(bytes)
        };
        self.plain.get_or_init(unpack).clone()
    }
}

/// The element that carries the settings.
fn settings_block(settings: &PlaygroundSettings) -> String {
    let json = serde_json::to_string(settings).expect("strings serialize");
    // In JSON `<` stands only within strings; escaped, no string can end the element.
    let json = json.replace('<', "\\u003c");
    format!("<script type=\"application/json\" id=\"weft-settings\">{json}</script>")
}

/// Whether the client holds the page already; RFC 9110, section 13.1.2, with the weak comparison.
fn holds_tag(headers: &HeaderMap, tag: &HeaderValue) -> bool {
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let ours = tag.to_str().map(opaque).unwrap_or_default();
    listed(headers, IF_NONE_MATCH).any(|theirs| theirs.trim() == "*" || opaque(theirs) == ours)
}

/// Whether the client accepts gzip. One that says nothing may accept everything; it gets what all can read.
fn takes_gzip(headers: &HeaderMap) -> bool {
    let weight = |coding: &str| {
        listed(headers, ACCEPT_ENCODING).find_map(|item| {
            let (name, parameter) = item.split_once(';').unwrap_or((item, ""));
            let weight: f32 = parameter.trim().strip_prefix("q=").unwrap_or("1").parse().unwrap_or(0.0);
            name.trim().eq_ignore_ascii_case(coding).then_some(weight)
        })
    };
    weight("gzip").or_else(|| weight("*")).is_some_and(|weight| weight > 0.0)
}

/// The items of a header that is a list with commas.
fn listed(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','))
}

/// A response with the headers that every answer of the playground has. Workers take their policy from their
/// own script's response, so assets carry it too.
fn guarded() -> response::Builder {
    Response::builder()
        .header(CONTENT_SECURITY_POLICY, POLICY)
        .header(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"))
        .header(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"))
        .header(REFERRER_POLICY, HeaderValue::from_static("no-referrer"))
        .header(HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin"))
        .header(HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin"))
}

fn finish(response: response::Builder, body: Body) -> Response {
    // Every header above is a `HeaderValue` already, so nothing is left to fail.
    response.body(body).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn playground() -> Playground {
        Playground::new(&PlaygroundSettings { endpoint: "/graphql".to_owned(), ..PlaygroundSettings::default() })
    }

    /// What a browser loads before it paints: the page, and the assets that the page itself names.
    fn first_paint(site: &Site) -> Vec<&Asset> {
        let page = std::str::from_utf8(&site.page).unwrap();
        let linked = page.split("/playground-assets/").skip(1).map(|rest| rest.split('"').next().unwrap());
        linked.map(|name| site.assets.get(name).unwrap_or_else(|| panic!("the page names {name}"))).collect()
    }

    fn stored(asset: &Asset) -> usize {
        asset.gzip.map_or_else(|| asset.plain().len(), <[u8]>::len)
    }

    #[test]
    fn the_page_is_small_and_the_app_is_lean() {
        let playground = playground();
        let first_paint = first_paint(&playground.site);
        assert!(!first_paint.is_empty());
        let first: usize = playground.site.page.len() + first_paint.into_iter().map(stored).sum::<usize>();
        let whole: usize = playground.site.page.len() + playground.site.assets.values().map(stored).sum::<usize>();
        println!("first paint {first} bytes, all {whole} bytes, {} assets", playground.site.assets.len());
        assert!(first < 300 * 1024, "first paint takes {first} bytes");
        assert!(whole < 4 * 1024 * 1024, "the app takes {whole} bytes");
    }

    #[test]
    fn every_asset_unpacks_and_has_a_type() {
        for (name, asset) in &playground().site.assets {
            let expected = match name.rsplit_once('.').unwrap().1 {
                "js" => "text/javascript",
                "css" => "text/css",
                "ttf" => "font/ttf",
                other => panic!("{name}: what is {other}?"),
            };
            assert_eq!(asset.content_type, expected, "{name}");
            let packed = asset.gzip.unwrap_or_default();
            if !packed.is_empty() {
                // RFC 1952, section 2.3.1: the last four bytes are the size of the input.
                let size = u32::from_le_bytes(packed[packed.len() - 4..].try_into().unwrap());
                assert_eq!(asset.plain().len(), size as usize, "{name}");
                assert_eq!(asset.cache_control, KEEP_FOR_GOOD, "{name}");
            }
            assert!(!asset.plain().is_empty(), "{name}");
        }
    }
}
