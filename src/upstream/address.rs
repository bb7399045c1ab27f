//! Where a subgraph is: one URL, and the way to it.

use super::connection::{self, Clients, Transport};
use super::error::Failure;
use super::guarded::Ask;
use super::streams::Streams;
use super::witness::Witness;
use super::{FetchError, FetchReply, UpstreamError, body};
use crate::config::SubgraphSettings;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri, header};
use http_body_util::Full;

static JSON: HeaderValue = HeaderValue::from_static("application/json");
static ACCEPT: HeaderValue = HeaderValue::from_static("application/graphql-response+json, application/json;q=0.9");

/// See the module.
pub(super) struct Address {
    uri: Uri,
    /// The URL for the log: without its query, where some keep a key.
    shown: Box<str>,
    transport: Transport,
    streams: Streams,
    max_response_bytes: usize,
}

impl Address {
    /// Of the subgraph of this name, at this URL. No connection is opened.
    pub(super) fn new(
        subgraph: &str,
        url: &str,
        settings: &SubgraphSettings,
        clients: &mut Clients,
    ) -> Result<Self, UpstreamError> {
        let uri = uri(url).ok_or_else(|| UpstreamError::Url { subgraph: subgraph.into() })?;
        let transport = clients
            .of(settings, &uri, &own_headers())
            .map_err(|error| UpstreamError::Certificates { subgraph: subgraph.into(), error })?;
        let streams = Streams::new(settings, &uri)
            .map_err(|error| UpstreamError::Certificates { subgraph: subgraph.into(), error })?;
        let shown = uri.to_string().split('?').next().unwrap_or_default().into();
        Ok(Self { uri, shown, transport, streams, max_response_bytes: settings.max_response_bytes })
    }

    /// How streams of events are opened there.
    pub(super) fn streams(&self) -> &Streams {
        &self.streams
    }

    fn request(&self, mut headers: HeaderMap, body: Bytes) -> Request<Full<Bytes>> {
        headers.extend(own_headers());
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.uri.clone();
        *request.headers_mut() = headers;
        request
    }
}

impl Ask for Address {
    async fn ask(&self, headers: HeaderMap, body: Bytes, witness: Option<&Witness>) -> Result<FetchReply, Failure> {
        let limit = self.max_response_bytes;
        match &self.transport {
            Transport::Direct(direct) => {
                let reply = direct.exchange(&headers, &body, limit, witness, refuse_encodings).await?;
                Ok(FetchReply { status: reply.head.status, headers: reply.head.headers, body: reply.body })
            }
            Transport::Pooled(clients) => {
                if let Some(witness) = witness {
                    witness.attempt(true);
                }
                let sent = clients.mine().request(self.request(headers, body)).await;
                let response = sent.map_err(|error| Failure::caused(connection::meaning(&error), error))?;
                refuse_encodings(response.headers())?;
                let (head, body) = response.into_parts();
                Ok(FetchReply { status: head.status, headers: head.headers, body: body::read(body, limit).await? })
            }
        }
    }

    fn shown(&self) -> &str {
        &self.shown
    }
}

/// What every request to a subgraph has, whatever a [`FetchRequest`](super::FetchRequest) says.
fn own_headers() -> [(HeaderName, HeaderValue); 2] {
    [(header::CONTENT_TYPE, JSON.clone()), (header::ACCEPT, ACCEPT.clone())]
}

/// The URL as the client takes it; credentials belong into a header rule, where they are not logged.
fn uri(url: &str) -> Option<Uri> {
    let url = url::Url::parse(url).ok()?;
    let askable = matches!(url.scheme(), "http" | "https") && url.has_host();
    let bare = url.username().is_empty() && url.password().is_none();
    if askable && bare { url[..url::Position::AfterQuery].parse().ok() } else { None }
}

/// None was asked for, so none can be undone.
pub(super) fn refuse_encodings(headers: &HeaderMap) -> Result<(), FetchError> {
    match headers.get(header::CONTENT_ENCODING) {
        Some(encoding) if !encoding.as_bytes().eq_ignore_ascii_case(b"identity") => Err(FetchError::Encoding),
        _ => Ok(()),
    }
}
