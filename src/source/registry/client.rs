//! One question to the registry: settings in, a version or word that nothing is new out.
//!
//! The addresses are tried in turn, beginning with the one that answered last. Time and size are bounded, redirects
//! are not followed (they would carry the token elsewhere), and every failure says what to do about it.

use super::Delivered;
use crate::config::{RegistrySettings, RegistryToken};
use crate::source::fetch::{describe, read_bounded};
use http::header::{AUTHORIZATION, CONTENT_TYPE, ETAG, HeaderValue, IF_NONE_MATCH};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use url::Url;

/// How long connecting may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// Bytes of the body of a refusal.
const LARGEST_REFUSAL: usize = 64 * 1024;
/// Characters of the registry's words that are repeated.
const LONGEST_MESSAGE: usize = 300;
/// How long the registry may take for a person's question, and bytes of its answer.
const RELAY_TIMEOUT: Duration = Duration::from_secs(15);
const LARGEST_RELAYED: usize = 8 * 1024 * 1024;
/// How long the registry may take for a report.
const REPORT_TIMEOUT: Duration = Duration::from_secs(10);

/// What the registry says.
#[derive(Debug)]
pub enum Answer {
    /// This is what serves now.
    New(Delivered),
    /// What is known is what there is.
    Same,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// No HTTP client, which is to say no TLS set-up.
    #[error("no HTTP client could be made: {0}")]
    Client(reqwest::Error),
    /// The file of the token.
    #[error("the token cannot be read from {}: {error}", .path.display())]
    Token {
        /// Which file.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
    /// The token cannot stand in a header.
    #[error("the token has characters that a token cannot have")]
    TokenText,
    /// Nobody answered, or not to the end.
    #[error("{}", describe(.0, None))]
    Http(reqwest::Error),
    /// Nobody answered in time.
    #[error("it did not answer within {:.1} s", .0.as_secs_f64())]
    Late(Duration),
    /// The registry says no.
    #[error("it answered HTTP {}: {message}", .status.as_u16())]
    Refused {
        /// How.
        status: StatusCode,
        /// Its words.
        message: String,
        /// What it says to do.
        help: Option<String>,
    },
    /// More than is taken.
    #[error("its answer is larger than {0} bytes")]
    TooLarge(usize),
    /// Not as a registry answers.
    #[error("its answer is not what a registry answers: {0}")]
    Malformed(&'static str),
    /// Not the bytes that it announced.
    #[error("its answer does not have the hash that it names, so it is not whole")]
    WrongHash,
}

impl RegistryError {
    /// Whether asking again soon is of no use: somebody has to change something.
    pub fn is_refusal(&self) -> bool {
        let Self::Refused { status, .. } = self else { return false };
        matches!(*status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::NOT_FOUND)
    }

    /// Whether what was sent will never be taken.
    pub fn is_unwanted(&self) -> bool {
        let Self::Refused { status, .. } = self else { return false };
        matches!(*status, StatusCode::BAD_REQUEST | StatusCode::PAYLOAD_TOO_LARGE | StatusCode::UNPROCESSABLE_ENTITY)
    }

    /// What to do about it.
    pub fn help(&self) -> String {
        match self {
            Self::Client(_) => "look at the system's certificates".to_owned(),
            Self::Token { .. } => "correct `supergraph.registry.token_file`".to_owned(),
            Self::TokenText => "give the token as `weft registry` printed it".to_owned(),
            Self::Refused { help: Some(help), .. } => help.clone(),
            Self::Refused { status: StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN, .. } => {
                "give a token with the role `gateway` for this graph: WEFT_TOKEN or `supergraph.registry.token`"
                    .to_owned()
            }
            Self::Refused { status: StatusCode::NOT_FOUND, .. } => {
                "see whether the graph and variant exist, and whether something was published".to_owned()
            }
            _ => "see whether the registry runs there: `supergraph.registry.url`, `--registry`".to_owned(),
        }
    }
}

/// Asks one registry about one variant.
#[derive(Debug)]
pub struct RegistryClient {
    settings: RegistrySettings,
    http: reqwest::Client,
    /// Which of the addresses is asked first.
    first: AtomicUsize,
}

impl RegistryClient {
    /// For these settings.
    ///
    /// # Errors
    /// When there is no TLS set-up.
    pub fn new(settings: RegistrySettings) -> Result<Self, RegistryError> {
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("weft/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(RegistryError::Client)?;
        Ok(Self { settings, http, first: AtomicUsize::new(0) })
    }

    /// The settings.
    pub fn settings(&self) -> &RegistrySettings {
        &self.settings
    }

    /// Asks for what is newer than `known`. Each address has `patience` beside the time for which the registry may
    /// hold the question.
    ///
    /// # Errors
    /// Why none of the addresses gave an answer, by the last one.
    pub async fn ask(
        &self,
        known: Option<&str>,
        wait: Option<Duration>,
        serving: Option<u64>,
        patience: Duration,
    ) -> Result<Answer, RegistryError> {
        let mut headers = self.headers()?;
        if let Some(known) = known.and_then(|digest| HeaderValue::from_str(&format!("\"{digest}\"")).ok()) {
            headers.insert(IF_NONE_MATCH, known);
            if let Some(wait) = wait {
                headers.insert("prefer", text(&format!("wait={}", wait.as_secs())));
            }
        }
        if let Some(serving) = serving {
            headers.insert("weft-serving", HeaderValue::from(serving));
        }
        let longest = wait.unwrap_or_default() + patience;
        self.in_turn("supergraph", |place| async {
            let asking = self.ask_one(place, headers.clone());
            tokio::time::timeout(longest, asking).await.unwrap_or(Err(RegistryError::Late(longest)))
        })
        .await
    }

    /// Hands over a report of usage. The same report sent twice counts once by its `id`.
    ///
    /// # Errors
    /// Why it was not taken.
    pub async fn report(&self, id: &str, body: bytes::Bytes) -> Result<(), RegistryError> {
        let mut headers = self.headers()?;
        headers.insert("weft-report", text(id));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        self.in_turn("usage", |place| async {
            let request = self.http.post(place).headers(headers.clone()).body(body.clone());
            let response = request.timeout(REPORT_TIMEOUT).send().await.map_err(RegistryError::Http)?;
            if response.status().is_success() { Ok(()) } else { Err(refusal(response).await) }
        })
        .await
    }

    /// Asks about the variant for somebody who brings a token of their own, and gives what is answered, a refusal too.
    /// What does something, with a `body`, is sent to one address only.
    ///
    /// # Errors
    /// When nobody answers.
    pub async fn relay(
        &self,
        what: &str,
        token: &str,
        body: Option<bytes::Bytes>,
    ) -> Result<(StatusCode, Vec<u8>), RegistryError> {
        let mut authorization =
            HeaderValue::from_str(&format!("Bearer {token}")).map_err(|_| RegistryError::TokenText)?;
        authorization.set_sensitive(true);
        let send = |request: reqwest::RequestBuilder| {
            let request = request.header(AUTHORIZATION, authorization.clone()).timeout(RELAY_TIMEOUT);
            async move {
                let response = request.send().await.map_err(RegistryError::Http)?;
                let status = response.status();
                let body = read_bounded(response, LARGEST_RELAYED).await.map_err(RegistryError::Http)?;
                Ok((status, body.ok_or(RegistryError::TooLarge(LARGEST_RELAYED))?))
            }
        };
        let Some(body) = body else { return self.in_turn(what, |place| send(self.http.get(place))).await };
        let first = self.first.load(Ordering::Relaxed);
        let url = self.settings.urls.get(first).ok_or(RegistryError::Malformed("there is no address to ask"))?;
        let json = HeaderValue::from_static("application/json");
        send(self.http.post(self.place(url, what)).header(CONTENT_TYPE, json).body(body)).await
    }

    /// Tries the addresses, beginning with the one that answered last.
    async fn in_turn<T, F: Future<Output = Result<T, RegistryError>>>(
        &self,
        what: &str,
        ask: impl Fn(String) -> F,
    ) -> Result<T, RegistryError> {
        let urls = &self.settings.urls;
        let first = self.first.load(Ordering::Relaxed);
        let mut outcome = Err(RegistryError::Malformed("there is no address to ask"));
        for turn in 0..urls.len() {
            let index = (first + turn) % urls.len();
            outcome = ask(self.place(&urls[index], what)).await;
            match &outcome {
                Ok(_) => {
                    self.first.store(index, Ordering::Relaxed);
                    break;
                }
                Err(error) => tracing::debug!(url = %urls[index], %error, "the registry gives no answer here"),
            }
        }
        outcome
    }

    async fn ask_one(&self, url: String, headers: HeaderMap) -> Result<Answer, RegistryError> {
        let response = self.http.get(url).headers(headers).send().await.map_err(RegistryError::Http)?;
        match response.status() {
            StatusCode::NOT_MODIFIED => return Ok(Answer::Same),
            StatusCode::OK => {}
            _ => return Err(refusal(response).await),
        }
        let announced = response.headers().get(ETAG).and_then(|etag| etag.to_str().ok()).and_then(strong_tag);
        let announced = announced.map(Box::<str>::from).ok_or(RegistryError::Malformed("it names no ETag"))?;
        let version = response.headers().get("weft-version").and_then(|version| version.to_str().ok()?.parse().ok());
        let largest = self.settings.max_bytes;
        let body = read_bounded(response, largest).await.map_err(RegistryError::Http)?;
        let body = body.ok_or(RegistryError::TooLarge(largest))?;
        if super::digest(&body) != announced {
            return Err(RegistryError::WrongHash);
        }
        let text = String::from_utf8(body).map_err(|_| RegistryError::Malformed("it is not UTF-8 text"))?;
        Ok(Answer::New(Delivered::new(&self.settings.graph, version, text)))
    }

    fn place(&self, url: &Url, what: &str) -> String {
        format!("{}/v1/graphs/{}/{what}", url.as_str().trim_end_matches('/'), self.settings.graph)
    }

    fn headers(&self) -> Result<HeaderMap, RegistryError> {
        let mut headers = HeaderMap::new();
        headers.insert("weft-gateway", text(super::follow::instance()));
        headers.insert("weft-gateway-release", HeaderValue::from_static(env!("CARGO_PKG_VERSION")));
        let token = match &self.settings.token {
            None => return Ok(headers),
            Some(RegistryToken::Text(token)) => token.clone(),
            Some(RegistryToken::File(path)) => match std::fs::read_to_string(path) {
                Ok(token) => token.trim().into(),
                Err(error) => return Err(RegistryError::Token { path: path.clone(), error }),
            },
        };
        let value = HeaderValue::from_str(&format!("Bearer {token}"));
        let mut value = value.map_err(|_| RegistryError::TokenText)?;
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
        Ok(headers)
    }
}

#[derive(Default, Deserialize)]
struct Refusal {
    #[serde(default)]
    errors: Vec<RefusalError>,
}

#[derive(Default, Deserialize)]
struct RefusalError {
    #[serde(default)]
    message: String,
    help: Option<String>,
}

/// What the registry says to a question that it does not answer.
async fn refusal(response: reqwest::Response) -> RegistryError {
    let status = response.status();
    let body = read_bounded(response, LARGEST_REFUSAL).await.ok().flatten().unwrap_or_default();
    let said: Refusal = serde_json::from_slice(&body).unwrap_or_default();
    let first = said.errors.into_iter().next().unwrap_or_default();
    let message = if first.message.is_empty() { "it does not say why".to_owned() } else { shortened(&first.message) };
    RegistryError::Refused { status, message, help: first.help.map(|help| shortened(&help)) }
}

fn shortened(text: &str) -> String {
    text.chars().take(LONGEST_MESSAGE).collect()
}

/// What stands between the quotes; a weak tag says nothing of the bytes.
fn strong_tag(etag: &str) -> Option<&str> {
    etag.strip_prefix('"')?.strip_suffix('"')
}

/// A header value of text that is plain by construction.
fn text(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}
