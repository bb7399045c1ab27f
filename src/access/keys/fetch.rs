//! Requests to identity providers: bounded in time and size, and never sent on to somewhere else.

use crate::config::KeyLocation;
use http::StatusCode;
use http::header::{ACCEPT, HeaderMap};
use reqwest::{Client, RequestBuilder};
use serde::Deserialize;
use std::error::Error;
use std::time::Duration;
use url::Url;

/// How long one request may take; what waits for it waits no longer.
const TIMEOUT: Duration = Duration::from_secs(4);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// Bytes of an answer. The largest sets of real providers, certificates and all, have about 30 kB.
const LARGEST: usize = 256 * 1024;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(in crate::access) enum FetchError {
    #[error("{0}")]
    Http(String),
    #[error("it answers {0}")]
    Status(StatusCode),
    #[error("it answers more than {LARGEST} bytes")]
    TooLarge,
    #[error("the file can not be read: {0}")]
    File(#[from] std::io::Error),
    #[error("its answer is no JSON object")]
    NotAnAnswer,
    #[error("its discovery document is not one")]
    NotADocument,
    #[error("its discovery document is of another issuer")]
    OtherIssuer,
    #[error("its discovery document names no https URL for the keys")]
    KeysElsewhere,
}

impl From<reqwest::Error> for FetchError {
    /// The deepest cause, without the URL.
    fn from(error: reqwest::Error) -> Self {
        let mut cause: &dyn Error = &error;
        while let Some(deeper) = cause.source() {
            cause = deeper;
        }
        let what = if error.is_timeout() { "it does not answer in time" } else { "it can not be reached" };
        Self::Http(format!("{what}: {cause}"))
    }
}

/// The client for all providers.
pub(in crate::access) fn client() -> Result<Client, reqwest::Error> {
    Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("weft/", env!("CARGO_PKG_VERSION")))
        .build()
}

/// Sends a request and reads the whole answer, if it is a good one.
pub(in crate::access) async fn send(request: RequestBuilder) -> Result<Vec<u8>, FetchError> {
    let mut response = request.header(ACCEPT, "application/json").send().await?;
    if response.status() != StatusCode::OK {
        return Err(FetchError::Status(response.status()));
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > LARGEST {
            return Err(FetchError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Where the keys of an issuer are, by its discovery document (OpenID Connect Discovery 1.0, section 4).
pub(super) async fn discover(client: &Client, issuer: &str) -> Result<Url, FetchError> {
    #[derive(Deserialize)]
    struct Document {
        issuer: String,
        jwks_uri: String,
    }
    let place = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
    let body = send(client.get(place)).await?;
    let document: Document = serde_json::from_slice(&body).map_err(|_| FetchError::NotADocument)?;
    // Section 4.3: else one issuer could speak for another one.
    if document.issuer != issuer {
        return Err(FetchError::OtherIssuer);
    }
    let keys = Url::parse(&document.jwks_uri).map_err(|_| FetchError::KeysElsewhere)?;
    match keys.scheme() {
        "https" => Ok(keys),
        "http" if issuer.starts_with("http:") => Ok(keys),
        _ => Err(FetchError::KeysElsewhere),
    }
}

/// The text of a set, read from a file or from the binary.
pub(super) fn read_local(location: &KeyLocation) -> Option<Result<Vec<u8>, FetchError>> {
    match location {
        KeyLocation::Inline(text) => Some(Ok(text.clone().into_bytes())),
        KeyLocation::File(path) => Some(read_file(path)),
        KeyLocation::Url { .. } | KeyLocation::Discovery { .. } => None,
    }
}

fn read_file(path: &std::path::Path) -> Result<Vec<u8>, FetchError> {
    if std::fs::metadata(path)?.len() > LARGEST as u64 {
        return Err(FetchError::TooLarge);
    }
    Ok(std::fs::read(path)?)
}

/// The text of a set at a URL.
pub(super) async fn fetch_set(client: &Client, url: Url, headers: HeaderMap) -> Result<Vec<u8>, FetchError> {
    send(client.get(url).headers(headers)).await
}
