//! Subgraphs over HTTP: the request path of one fetch, and what is prepared for it per subgraph.

use super::address::Address;
use super::connection::Clients;
use super::flights::{FlightKey, Flights};
use super::guarded::{Ask, Guarded};
use super::headers::SubgraphRules;
use super::streams::{EventStream, SubscribeRequest};
use super::turns::Turns;
use super::witness::Witness;
use super::{Fetch, FetchError, FetchReply, FetchRequest, Identity, OutboundHeaders};
use crate::config::{Config, SubgraphSettings};
use crate::telemetry::{BreakerState, Metrics, Outcome, SubgraphMetrics, TraceContext};
use bytes::Bytes;
use http::HeaderMap;
use std::sync::Arc;
use tokio::time::{Instant, timeout_at};

/// The subgraphs of one supergraph, each with its addresses, pools, limits and series.
pub struct Upstream {
    targets: Box<[Arc<Target>]>,
    rules: Arc<SubgraphRules>,
    flights: Flights<Result<FetchReply, FetchError>>,
}

/// One subgraph.
struct Target {
    name: Box<str>,
    /// Its URL in the supergraph.
    url: Box<str>,
    settings: SubgraphSettings,
    way: Way,
    turns: Turns,
    metrics: SubgraphMetrics,
}

/// How a subgraph is asked.
enum Way {
    /// At its one address, once.
    Plain(Address),
    /// With retries, breakers or at several addresses.
    Guarded(Guarded<Address>),
}

/// One request as it goes out, perhaps more than once.
pub(super) struct Outgoing<'a> {
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    /// When it has to be answered.
    pub(super) end: Instant,
    /// When whoever asked first stops waiting; others may wait longer.
    pub(super) patience: Instant,
    /// Whether it may change something.
    pub(super) writes: bool,
    pub(super) witness: Option<&'a Witness>,
}

/// Why a subgraph can not be asked at all.
#[derive(Debug, thiserror::Error)]
pub enum UpstreamError {
    /// An address is no URL that can be asked.
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

/// What is known of an address of a subgraph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressState {
    /// Its URL, without the query.
    pub url: String,
    /// The state of its breaker, where it has one.
    pub breaker: Option<BreakerState>,
    /// Requests in flight, where there are several addresses.
    pub in_flight: Option<usize>,
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
        Self::after(None, config, subgraphs, metrics)
    }

    /// The same after a reload: a subgraph whose address and settings are what they were is `previous`'s, with its
    /// connections, breakers, retry budget and requests under way. Any other begins afresh.
    ///
    /// # Errors
    /// Every subgraph that can not be asked.
    pub fn after<'a>(
        previous: Option<&Self>,
        config: &Config,
        subgraphs: impl IntoIterator<Item = (&'a str, &'a str)>,
        metrics: &Metrics,
    ) -> Result<Self, Vec<UpstreamError>> {
        let (mut targets, mut rules, mut errors) = (Vec::new(), Vec::new(), Vec::new());
        let mut clients = Clients::default();
        for (name, url) in subgraphs {
            rules.push(config.headers.of(name));
            let settings = config.subgraphs.of(name);
            let mut known = previous.into_iter().flat_map(|previous| &previous.targets);
            if let Some(kept) = known.find(|target| target.is(name, url, settings)) {
                targets.push(Arc::clone(kept));
                continue;
            }
            match Target::new(name, url, settings, &mut clients, metrics) {
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

    /// Opens a stream of events, within the subgraph's timeout. It is not tried twice.
    ///
    /// # Errors
    /// When there is none.
    pub async fn subscribe(&self, request: SubscribeRequest) -> Result<EventStream, FetchError> {
        let SubscribeRequest { subgraph, body, headers, deadline } = request;
        let target = self.targets.get(subgraph).ok_or(FetchError::Unsendable)?;
        target.subscribe(headers, body, target.end().min(deadline)).await
    }

    /// Whether clients may see the messages and extensions of a subgraph's errors.
    pub fn includes_errors(&self, subgraph: usize) -> bool {
        self.targets.get(subgraph).is_some_and(|target| target.settings.include_errors)
    }

    /// The addresses of a subgraph, in the order in which they are configured.
    pub fn addresses(&self, subgraph: usize) -> Vec<AddressState> {
        self.targets.get(subgraph).map(|target| target.addresses()).unwrap_or_default()
    }
}

impl Fetch for Upstream {
    async fn fetch(&self, request: FetchRequest) -> Result<FetchReply, FetchError> {
        let FetchRequest { subgraph, body, headers, deadline, shareable, writes, epoch, witness } = request;
        let target = self.targets.get(subgraph).ok_or(FetchError::Unsendable)?;
        if !(shareable && target.settings.deduplicate) {
            let end = target.end().min(deadline);
            let outgoing = Outgoing { headers, body, end, patience: deadline, writes, witness: witness.as_deref() };
            return target.measured(outgoing).await;
        }
        let mut own = false;
        // The flight has only the subgraph's own time; each who waits has its own deadline beside it.
        let flight = self.flights.join(FlightKey { target: subgraph, body, headers, epoch }, |key| {
            own = true;
            let (target, headers, body) = (Arc::clone(target), key.headers.clone(), key.body.clone());
            let witness = witness.clone();
            async move {
                let witness = witness.as_deref();
                let end = target.end();
                target.measured(Outgoing { headers, body, end, patience: deadline, writes, witness }).await
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
        let configured = settings.urls.iter().map(url::Url::as_str);
        let urls = configured.chain(settings.urls.is_empty().then_some(url));
        let mut addresses: Vec<Address> =
            urls.map(|url| Address::new(name, url, settings, clients)).collect::<Result<_, _>>()?;
        let is_guarded = addresses.len() > 1 || settings.retry.is_some() || settings.circuit_breaker.is_some();
        let way = match addresses.pop() {
            Some(only) if !is_guarded => Way::Plain(only),
            last => {
                addresses.extend(last);
                Way::Guarded(Guarded::new(name, addresses, settings, metrics.resilience(name)))
            }
        };
        Ok(Self {
            name: name.into(),
            url: url.into(),
            settings: settings.clone(),
            way,
            turns: Turns::new(name, settings.concurrency_limit),
            metrics: metrics.subgraph(name),
        })
    }

    /// Whether this is the subgraph of that name, at that URL, under those settings.
    fn is(&self, name: &str, url: &str, settings: &SubgraphSettings) -> bool {
        *self.name == *name && *self.url == *url && self.settings == *settings
    }

    /// When a fetch that begins now has to be over.
    fn end(&self) -> Instant {
        Instant::now() + self.settings.timeout
    }

    async fn measured(&self, outgoing: Outgoing<'_>) -> Result<FetchReply, FetchError> {
        let timer = self.metrics.start();
        let result = self.fetch(outgoing).await;
        timer.finish(outcome(&result));
        result
    }

    /// Waits for its turn, sends, and reads the whole answer, all within the subgraph's timeout and
    /// the client request's deadline.
    async fn fetch(&self, outgoing: Outgoing<'_>) -> Result<FetchReply, FetchError> {
        let address = match &self.way {
            Way::Plain(address) => address,
            // Boxed, so that fetches of subgraphs that need none of it do not carry its room about.
            Way::Guarded(guarded) => return Box::pin(guarded.fetch(&self.turns, outgoing)).await,
        };
        let Outgoing { headers, body, end, witness, .. } = outgoing;
        let _turn = self.turns.take(end).await?;
        let result =
            timeout_at(end, address.ask(headers, body, witness)).await.unwrap_or(Err(FetchError::Timeout.into()));
        result.map_err(|failure| failure.log(&self.name, address.shown()))
    }

    async fn subscribe(&self, headers: HeaderMap, body: Bytes, end: Instant) -> Result<EventStream, FetchError> {
        let open = async |address: &Address| address.streams().open(&self.name, headers, body).await;
        match &self.way {
            Way::Plain(address) => {
                let opening = timeout_at(end, open(address)).await.unwrap_or(Err(FetchError::Timeout.into()));
                opening.map_err(|failure| failure.log(&self.name, address.shown()))
            }
            Way::Guarded(guarded) => guarded.open(end, open).await,
        }
    }

    fn addresses(&self) -> Vec<AddressState> {
        match &self.way {
            Way::Plain(address) => {
                vec![AddressState { url: address.shown().to_owned(), breaker: None, in_flight: None }]
            }
            Way::Guarded(guarded) => guarded.addresses(),
        }
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
        Err(FetchError::CircuitOpen) => Outcome::CircuitOpen,
        Err(FetchError::Overloaded | FetchError::Unsendable) => Outcome::NotSent,
    }
}
