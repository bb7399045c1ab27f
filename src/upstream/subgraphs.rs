//! Subgraphs over HTTP: the request path of one fetch, and what is prepared for it per subgraph.

use super::connection::{self, Clients, Transport};
use super::error::Failure;
use super::flights::{FlightKey, Flights};
use super::headers::SubgraphRules;
use super::streams::{EventStream, Streams, SubscribeRequest};
use super::witness::Witness;
use super::{Fetch, FetchError, FetchReply, FetchRequest, Identity, OutboundHeaders, body};
use crate::config::{Config, SubgraphSettings};
use crate::telemetry::{Metrics, Outcome, SubgraphMetrics, TraceContext};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri, header};
use http_body_util::Full;
use std::sync::Arc;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, timeout_at};

static JSON: HeaderValue = HeaderValue::from_static("application/json");
static ACCEPT: HeaderValue = HeaderValue::from_static("application/graphql-response+json, application/json;q=0.9");

/// The subgraphs of one supergraph, each with its address, pool, limits and series.
pub struct Upstream {
    targets: Box<[Arc<Target>]>,
    rules: Arc<SubgraphRules>,
    flights: Flights<Result<FetchReply, FetchError>>,
}

/// One subgraph.
struct Target {
    name: Box<str>,
    uri: Uri,
    /// The URL for the log: without its query, where some keep a key.
    address: Box<str>,
    transport: Transport,
    streams: Streams,
    settings: SubgraphSettings,
    permits: Option<Semaphore>,
    metrics: SubgraphMetrics,
}

/// Why a subgraph can not be asked at all.
#[derive(Debug, thiserror::Error)]
pub enum UpstreamError {
    /// The address is no URL that can be asked.
    #[error("subgraph \"{subgraph}\": its address is not an http or https URL without credentials")]
    Url {
        /// Its name.
        subgraph: String,
    },
    /// The certificates are of no use.
    #[error("subgraph \"{subgraph}\": {error}")]
    Certificates {
        /// Its name.
        subgraph: String,
        /// What is wrong with them.
        error: rustls::Error,
    },
}

impl Upstream {
    /// Prepares the subgraphs, given as name and URL in the order of their ids. No connection is opened.
    ///
    /// # Errors
    /// Every subgraph that can not be asked.
    pub fn new<'a>(
        config: &Config,
        subgraphs: impl IntoIterator<Item = (&'a str, &'a str)>,
        metrics: &Metrics,
    ) -> Result<Self, Vec<UpstreamError>> {
        let (mut targets, mut rules, mut errors) = (Vec::new(), Vec::new(), Vec::new());
        let mut clients = Clients::default();
        for (name, url) in subgraphs {
            rules.push(config.headers.of(name));
            match Target::new(name, url, config.subgraphs.of(name), &mut clients, metrics) {
                Ok(target) => targets.push(Arc::new(target)),
                Err(error) => errors.push(error),
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        let keys = config.authentication.api_keys.as_ref().map(|keys| &keys.header);
        let own = config.headers.vouched().chain(keys).cloned().collect();
        let rules = Arc::new(SubgraphRules { of: rules.into(), own });
        Ok(Self { targets: targets.into(), rules, flights: Flights::new() })
    }

    /// What the subgraphs get of one client request's headers; without `trace` they get no trace context.
    pub fn outbound_headers<I: Identity>(
        &self,
        client: &HeaderMap,
        identity: I,
        trace: Option<TraceContext>,
    ) -> OutboundHeaders<I> {
        OutboundHeaders::new(&self.rules, client, identity, trace)
    }

    /// Opens a stream of events, within the subgraph's timeout.
    ///
    /// # Errors
    /// When there is none.
    pub async fn subscribe(&self, request: SubscribeRequest) -> Result<EventStream, FetchError> {
        let SubscribeRequest { subgraph, body, headers, deadline } = request;
        let target = self.targets.get(subgraph).ok_or(FetchError::Unsendable)?;
        let end = Instant::now().checked_add(target.settings.timeout).map_or(deadline, |t| t.min(deadline));
        let opening = timeout_at(end, target.streams.open(&target.name, headers, body)).await;
        opening.unwrap_or(Err(FetchError::Timeout.into())).map_err(|failure| target.tell(&failure))
    }

    /// Whether clients may see the messages and extensions of a subgraph's errors.
    pub fn includes_errors(&self, subgraph: usize) -> bool {
        self.targets.get(subgraph).is_some_and(|target| target.settings.include_errors)
    }
}

impl Fetch for Upstream {
    async fn fetch(&self, request: FetchRequest) -> Result<FetchReply, FetchError> {
        let FetchRequest { subgraph, body, headers, deadline, shareable, epoch, witness } = request;
        let target = self.targets.get(subgraph).ok_or(FetchError::Unsendable)?;
        if !(shareable && target.settings.deduplicate) {
            return target.measured(headers, body, deadline, witness.as_deref()).await;
        }
        let mut own = false;
        // The flight has only the subgraph's own time; each who waits has its own deadline beside it.
        let flight = self.flights.join(FlightKey { target: subgraph, body, headers, epoch }, |key| {
            own = true;
            let (target, headers, body) = (Arc::clone(target), key.headers.clone(), key.body.clone());
            let witness = witness.clone();
            async move {
                let end = Instant::now() + target.settings.timeout;
                target.measured(headers, body, end, witness.as_deref()).await
            }
        });
        if let Some(witness) = witness.as_ref().filter(|_| !own) {
            witness.join();
        }
        timeout_at(deadline, flight).await.unwrap_or(Err(FetchError::Timeout))
    }
}

impl Target {
    fn new(
        name: &str,
        url: &str,
        settings: &SubgraphSettings,
        clients: &mut Clients,
        metrics: &Metrics,
    ) -> Result<Self, UpstreamError> {
        let url = settings.url.as_ref().map_or(url, url::Url::as_str);
        let uri = uri(url).ok_or_else(|| UpstreamError::Url { subgraph: name.into() })?;
        let transport = clients
            .of(settings, &uri, &own_headers())
            .map_err(|error| UpstreamError::Certificates { subgraph: name.into(), error })?;
        let streams = Streams::new(settings, &uri)
            .map_err(|error| UpstreamError::Certificates { subgraph: name.into(), error })?;
        let address = uri.to_string().split('?').next().unwrap_or_default().into();
        Ok(Self {
            name: name.into(),
            address,
            uri,
            transport,
            streams,
            settings: settings.clone(),
            permits: settings.concurrency_limit.map(|limit| Semaphore::new(limit.min(Semaphore::MAX_PERMITS))),
            metrics: metrics.subgraph(name),
        })
    }

    async fn measured(
        &self,
        headers: HeaderMap,
        body: Bytes,
        deadline: Instant,
        witness: Option<&Witness>,
    ) -> Result<FetchReply, FetchError> {
        let timer = self.metrics.start();
        let result = self.fetch(headers, body, deadline, witness).await;
        timer.finish(outcome(&result));
        result
    }

    /// Waits for its turn, sends, and reads the whole answer, all within the subgraph's timeout and
    /// the client request's deadline.
    async fn fetch(
        &self,
        headers: HeaderMap,
        body: Bytes,
        deadline: Instant,
        witness: Option<&Witness>,
    ) -> Result<FetchReply, FetchError> {
        let end = Instant::now().checked_add(self.settings.timeout).map_or(deadline, |t| t.min(deadline));
        let _turn = self.turn(end).await?;
        let result =
            timeout_at(end, self.exchange(headers, body, witness)).await.unwrap_or(Err(FetchError::Timeout.into()));
        result.map_err(|failure: Failure| self.tell(&failure))
    }

    /// Tells the log all of a failure, and its client what it may know.
    fn tell(&self, failure: &Failure) -> FetchError {
        let (error, causes) = (failure.error, failure.causes());
        tracing::warn!(subgraph = &*self.name, url = &*self.address, %error, causes, "subgraph request failed");
        error
    }

    /// A place among the requests that may be under way.
    async fn turn(&self, end: Instant) -> Result<Option<SemaphorePermit<'_>>, FetchError> {
        let Some(permits) = &self.permits else { return Ok(None) };
        match timeout_at(end, permits.acquire()).await {
            Ok(Ok(permit)) => Ok(Some(permit)),
            Ok(Err(_)) | Err(_) => {
                tracing::warn!(subgraph = &*self.name, "too many requests to the subgraph are under way");
                Err(FetchError::Overloaded)
            }
        }
    }

    async fn exchange(
        &self,
        headers: HeaderMap,
        body: Bytes,
        witness: Option<&Witness>,
    ) -> Result<FetchReply, Failure> {
        let limit = self.settings.max_response_bytes;
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

    fn request(&self, mut headers: HeaderMap, body: Bytes) -> Request<Full<Bytes>> {
        headers.extend(own_headers());
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.uri.clone();
        *request.headers_mut() = headers;
        request
    }
}

/// What every request to a subgraph has, whatever a [`FetchRequest`] says.
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

fn outcome(result: &Result<FetchReply, FetchError>) -> Outcome {
    match result {
        Ok(reply) if reply.status.is_success() => Outcome::Success,
        Ok(_) => Outcome::HttpError,
        Err(FetchError::Timeout) => Outcome::Timeout,
        Err(FetchError::Connect) => Outcome::Connect,
        Err(FetchError::Tls) => Outcome::Tls,
        Err(FetchError::TooLarge { .. }) => Outcome::TooLarge,
        Err(FetchError::Interrupted | FetchError::Encoding | FetchError::Protocol) => Outcome::Interrupted,
        Err(FetchError::Overloaded | FetchError::Unsendable) => Outcome::NotSent,
    }
}
