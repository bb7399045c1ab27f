//! A running service -> its SDL, asked for with the federation query `{ _service { sdl } }`.
//!
//! Time and size are bounded, and every way to fail is said in words a service's owner can act on.

use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use std::time::Duration;

/// How long connecting may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// How long the whole exchange may take.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Bytes of an answer; the largest known schemas are a tenth of that.
const LARGEST_ANSWER: usize = 32 * 1024 * 1024;
/// Characters of a service's error message that are repeated.
const LONGEST_MESSAGE: usize = 300;

/// Why there is no SDL.
#[derive(Debug, thiserror::Error)]
pub(super) enum FetchSdlError {
    /// No HTTP client, which is to say no TLS set-up.
    #[error("no HTTP client could be made: {0}")]
    Client(reqwest::Error),
    /// Nobody answered.
    #[error("{}", describe(.0, Some(TIMEOUT)))]
    Http(reqwest::Error),
    /// Somebody answered something else.
    #[error("it answered HTTP {0}")]
    Status(StatusCode),
    /// More than [`LARGEST_ANSWER`].
    #[error("its answer is larger than {} MB", LARGEST_ANSWER / (1024 * 1024))]
    TooLarge,
    /// Not the JSON of a GraphQL answer.
    #[error("its answer is not a GraphQL response: {0}")]
    NotGraphql(serde_json::Error),
    /// The service refused.
    #[error("it answered with the error {0:?}")]
    Refused(String),
    /// Neither data nor errors.
    #[error("its answer has no SDL in it")]
    NoSdl,
}

impl FetchSdlError {
    /// What to do about it.
    pub(super) fn help(&self) -> &'static str {
        match self {
            Self::Client(_) => "look at the system's certificates",
            Self::Http(error) if error.is_timeout() => "see whether the service is well, or give its schema as `file`",
            Self::Http(_) => "start the service, correct `subgraph_url`, or give its schema as `file`",
            Self::Status(StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) => {
                "give the credentials it wants as `introspection_headers`"
            }
            Self::Status(StatusCode::NOT_FOUND) => "see whether the URL has the path of the GraphQL endpoint",
            Self::Refused(_) => "let the service answer `{ _service { sdl } }`, or give its schema as `file`",
            Self::Status(_) | Self::TooLarge | Self::NotGraphql(_) | Self::NoSdl => {
                "see whether the URL is that of a federated GraphQL service"
            }
        }
    }
}

/// The client that all services of one `supergraph.yaml` are asked with.
pub(super) fn client() -> Result<reqwest::Client, FetchSdlError> {
    reqwest::Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(TIMEOUT)
        .user_agent(concat!("weft/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(FetchSdlError::Client)
}

/// Asks the service at `url` for its SDL.
pub(super) async fn fetch_sdl(
    client: &reqwest::Client,
    url: &url::Url,
    headers: HeaderMap,
) -> Result<String, FetchSdlError> {
    let response = client
        .post(url.clone())
        .header(header::ACCEPT, "application/graphql-response+json, application/json;q=0.9")
        .headers(headers)
        .json(&serde_json::json!({ "query": "query WeftSdl { _service { sdl } }", "operationName": "WeftSdl" }))
        .send()
        .await
        .map_err(FetchSdlError::Http)?;
    let status = response.status();
    let body = read_bounded(response, LARGEST_ANSWER).await.map_err(FetchSdlError::Http)?;
    let answer = parse(&body.ok_or(FetchSdlError::TooLarge)?);
    match answer {
        Ok(answer) => answer.into_sdl(status),
        Err(_) if !status.is_success() => Err(FetchSdlError::Status(status)),
        Err(error) => Err(FetchSdlError::NotGraphql(error)),
    }
}

#[derive(Deserialize)]
struct Answer {
    data: Option<AnswerData>,
    #[serde(default)]
    errors: Vec<AnswerError>,
}

#[derive(Deserialize)]
struct AnswerData {
    #[serde(rename = "_service")]
    service: Option<Service>,
}

#[derive(Deserialize)]
struct Service {
    sdl: Option<String>,
}

#[derive(Deserialize)]
struct AnswerError {
    message: String,
}

impl Answer {
    fn into_sdl(self, status: StatusCode) -> Result<String, FetchSdlError> {
        let sdl = self.data.and_then(|data| data.service).and_then(|service| service.sdl);
        match (sdl, self.errors.into_iter().next()) {
            (Some(sdl), _) if !sdl.trim().is_empty() => Ok(sdl),
            (_, Some(error)) => Err(FetchSdlError::Refused(error.message.chars().take(LONGEST_MESSAGE).collect())),
            _ if !status.is_success() => Err(FetchSdlError::Status(status)),
            _ => Err(FetchSdlError::NoSdl),
        }
    }
}

fn parse(body: &[u8]) -> Result<Answer, serde_json::Error> {
    serde_json::from_slice(body)
}

/// The body; none when it is larger than `largest`.
pub(super) async fn read_bounded(mut response: reqwest::Response, largest: usize) -> reqwest::Result<Option<Vec<u8>>> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > largest {
            return Ok(None);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Some(body))
}

/// The cause in plain words: the client's own message speaks of "error sending request" and hides why.
pub(super) fn describe(error: &reqwest::Error, timeout: Option<Duration>) -> String {
    match timeout {
        Some(timeout) if error.is_timeout() => return format!("it did not answer within {} s", timeout.as_secs()),
        None if error.is_timeout() => return "it did not answer in time".to_owned(),
        _ => {}
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    format!("it cannot be reached: {cause}")
}
