//! The request path: [`respond`] and [`execute`] in HTTP's terms, [`operate`] in GraphQL's.

use super::clearance::Clearance;
use super::demand::{self, Charge};
use super::execution::{Executed, Execution};
use super::gateway::{Gateway, Served};
use super::insight::Asked;
use super::negotiation::{self, MediaType, StreamType};
use super::parameters::Parameters;
use super::persisted::Lists;
use super::query_plan::Asked as PlanAsked;
use super::rejection::Rejection;
use super::spans::Recording;
use super::subscription::{self, Subscription};
use super::trace::Watch;
use super::{batch, body, caching, cors, csrf, response, streaming, websocket};
use crate::access::{Claims, Unauthenticated};
use crate::cache::AnswerTags;
use crate::demand::Told;
use crate::operation::OperationKind;
use crate::prepare::Prepared;
use crate::telemetry::OperationType;
use crate::usage::{Client, Tally};
use axum::body::Body;
use bytes::Bytes;
use http::header::ORIGIN;
use http::request::Parts;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use std::net::IpAddr;
use std::sync::Arc;
use tokio::time::{Instant, timeout_at};

/// What the endpoint allows.
const ALLOWED: &str = "GET, POST, OPTIONS";

/// One request to the endpoint, measured.
pub(super) async fn answer(gateway: &Arc<Gateway>, request: Request<Incoming>, peer: IpAddr) -> Response<Body> {
    let timer = gateway.metrics().start_request();
    let mut aside = Aside::default();
    let response = respond(gateway, request, peer, &mut aside).await;
    let operation = aside.operation;
    let (status, duration) = (response.status(), timer.start().elapsed());
    tracing::debug!(status = status.as_u16(), operation = operation.name(), ?duration, "answered");
    timer.finish(status, operation);
    if let Some(recording) = aside.recording {
        recording.finish(status);
    }
    response
}

/// What is known of a request beside its answer, also when it is turned away.
#[derive(Default)]
pub(super) struct Aside {
    pub operation: OperationType,
    pub demand: Told,
    pub recording: Option<Arc<Recording>>,
}

/// What goes out.
#[expect(clippy::large_enum_variant, reason = "nearly all answers are whole, and are not to cost a box")]
pub(super) enum Answer<F> {
    Whole(Executed),
    /// Answers to come, in this form.
    Stream(F, Subscription),
}

/// What goes out over HTTP.
#[expect(clippy::large_enum_variant, reason = "as above")]
enum Outcome {
    One(Answer<StreamType>),
    Batch(Bytes),
}

/// A request that was let in.
#[derive(Clone)]
pub(super) struct Asking {
    pub head: Parts,
    pub body: Bytes,
    pub peer: IpAddr,
    pub claims: Arc<Claims>,
    pub start: Instant,
    pub deadline: Instant,
}

/// In HTTP's terms: what is asked for, by whom, and in which form the answer goes out.
async fn respond(
    gateway: &Arc<Gateway>,
    request: Request<Incoming>,
    peer: IpAddr,
    aside: &mut Aside,
) -> Response<Body> {
    let (head, body) = request.into_parts();
    let served = match gateway.serve() {
        Ok(served) => served,
        Err(not_ready) => return response::rejected(MediaType::Json, &not_ready),
    };
    if head.method == Method::OPTIONS {
        return cors::preflight(&served.snapshot.config.cors, &head.headers, ALLOWED);
    }
    if websocket::is_asked_for(&head) && served.snapshot.config.subscription.enabled {
        return websocket::respond(gateway, &served, head, peer);
    }
    if is_for_a_person(gateway, &head) {
        return gateway.pages.playground.page(&head.headers);
    }
    let (media, acceptable) = match negotiation::response_type(&head.headers) {
        Ok(media) => (media, Ok(None)),
        // Whoever reads nothing but streams gets any answer as one.
        Err(rejection) => (MediaType::Json, negotiation::stream_type(&head.headers).map(Some).ok_or(rejection)),
    };
    let stream = acceptable.as_ref().ok().copied().flatten();
    let (method, config) = (head.method.clone(), Arc::clone(&served.snapshot.config));
    let origin = head.headers.get(ORIGIN).cloned();
    let surrogate_keys = config.response_cache.surrogate_keys;
    let cached = served.cache.is_some().then(|| response::Keeping::of(&head.headers, surrogate_keys));
    let mut response = match execute(gateway, served, acceptable.map(drop), (head, peer), body, aside).await {
        Ok(Outcome::One(Answer::Stream(form, subscription))) => streaming::response(form, subscription),
        Ok(Outcome::One(Answer::Whole(Executed { body, lifetime, tags, .. }))) => match stream {
            None => response::executed(&method, media, body, lifetime, tags),
            Some(form) => streaming::once(form, body),
        },
        // Of arrays no media type but plain JSON says anything.
        Ok(Outcome::Batch(body)) => response::executed(&method, MediaType::Json, body, None, AnswerTags::None),
        Err(rejection) => {
            rejection.errors().iter().for_each(|error| gateway.metrics().error(error.code));
            response::rejected(media, &rejection)
        }
    };
    demand::write_fields(&aside.demand, response.headers_mut());
    response::say_who_may_keep(&method, cached.as_ref(), &mut response);
    cors::share(&config.cors, origin.as_ref(), response.headers_mut());
    response
}

/// A browser that shows the endpoint to a person asks for HTML and brings no query.
fn is_for_a_person(gateway: &Gateway, head: &Parts) -> bool {
    gateway.pages.at_endpoint
        && head.method == Method::GET
        && negotiation::wants_a_page(&head.headers)
        && !head.uri.query().is_some_and(|query| query.split('&').any(asks))
}

/// Whether a part of a URL's query says what is asked.
fn asks(pair: &str) -> bool {
    ["query=", "documentId=", "doc_id="].iter().any(|name| pair.starts_with(name))
}

/// From the request to the bytes of the answer; every step may turn the request away.
async fn execute(
    gateway: &Gateway,
    served: Served,
    acceptable: Result<(), Rejection>,
    (head, peer): (Parts, IpAddr),
    body: Incoming,
    aside: &mut Aside,
) -> Result<Outcome, Rejection> {
    let config = &served.snapshot.config;
    let start = Instant::now();
    aside.recording = Recording::begin(&served.snapshot, &head, start);
    let deadline = start + config.router.timeout;
    let _admission = gateway.admit(config.router.concurrency_limit)?;
    let (claims, body) = match admit(&served, acceptable, &head, deadline).await {
        Ok(claims) => (claims, read_body(&served, &head, body, deadline).await?),
        Err(rejection) => {
            body::discard_refused(&head.headers, body).await;
            return Err(rejection);
        }
    };
    let entries = batch::entries(&head.method, &body, config.batching)?;
    let asking = Asking { head, body, peer, claims, start, deadline };
    if let Some(entries) = entries {
        return Ok(Outcome::Batch(batch::answer(gateway, &served, &asking, entries, aside).await));
    }
    let form = |headers: &HeaderMap| negotiation::stream_type(headers).ok_or_else(Rejection::not_as_a_stream);
    operate(gateway, served, asking, form, aside).await.map(Outcome::One)
}

/// The same for a message that came over a WebSocket opened with `headers`: it is what the body of a POST would be.
pub(super) async fn answer_message(
    gateway: &Gateway,
    headers: HeaderMap,
    peer: IpAddr,
    body: Bytes,
) -> Result<Answer<()>, Rejection> {
    let served = gateway.serve()?;
    let start = Instant::now();
    let deadline = start + served.snapshot.config.router.timeout;
    let _admission = gateway.admit(served.snapshot.config.router.concurrency_limit)?;
    let claims = identify(&served, &headers, deadline).await?;
    let (mut head, ()) = Request::new(()).into_parts();
    (head.method, head.headers) = (Method::POST, headers);
    let mut aside = Aside { recording: Recording::begin(&served.snapshot, &head, start), ..Aside::default() };
    let asking = Asking { head, body, peer, claims, start, deadline };
    let answer = operate(gateway, served, asking, |_| Ok(()), &mut aside).await;
    if let Some(recording) = aside.recording {
        let rejected = |rejection: &Rejection| rejection.status(MediaType::GraphqlResponse);
        recording.finish(answer.as_ref().err().map_or(StatusCode::OK, rejected));
    }
    answer
}

/// From a GraphQL request to its answer; `form` says in which form answers to come go out, if they can at all.
pub(super) async fn operate<F>(
    gateway: &Gateway,
    served: Served,
    asking: Asking,
    form: impl FnOnce(&HeaderMap) -> Result<F, Rejection>,
    aside: &mut Aside,
) -> Result<Answer<F>, Rejection> {
    let Asking { head, body, peer, claims, start, deadline } = asking;
    let config = &served.snapshot.config;
    let asked = Asked::of(gateway, &config.insight, &head.headers, &claims);
    let recorded = aside.recording.as_ref().is_some_and(|recording| recording.is_sampled());
    let mut watch = (asked.trace || recorded).then(|| Box::new(Watch::new(start)));
    if let Some(watch) = &mut watch {
        watch.ends("receive");
    }
    let parameters = gateway.persisted.resolve(read_parameters(&head, &body)?, lists(&served, &head.headers))?;
    let prepared = prepare(&served, &head, &parameters, deadline).await?;
    if let Some(watch) = &mut watch {
        watch.prepared(&prepared);
    }
    aside.operation = operation_type(prepared.operation.kind);
    if let Some(recording) = &aside.recording {
        recording.is_of(&prepared);
    }
    let executes = asked.plan != PlanAsked::DryRun;
    let seat = match prepared.operation.kind {
        OperationKind::Subscription if executes => {
            Some((form(&head.headers)?, gateway.subscriptions.seat(config.subscription.max_opened)?))
        }
        _ => None,
    };
    let tally = if executes { count_usage(&served, &prepared, &head.headers) } else { None };
    let inputs = prepared.inputs(parameters.variables.as_deref())?;
    let debugged = caching::is_debugged(config, &head.headers);
    let clearance = Clearance::decide(&served, &prepared, &claims, &inputs.variables.conditions(), deadline).await?;
    let asker = (&*claims, &head.headers, peer);
    // Where nothing is executed there is nothing to pay for.
    let charge = match executes {
        true => {
            Charge::reserve(&served, &prepared, clearance.given(&inputs.variables), asker, &mut aside.demand).await?
        }
        false => None,
    };
    let headers = head.headers;
    let recording = aside.recording.clone();
    let execution =
        Execution { served, prepared, headers, claims, clearance, deadline, debugged, asked, watch, recording };
    if let Some((form, seat)) = seat {
        return Ok(Answer::Stream(form, subscription::open(execution, inputs, charge, peer, seat)));
    }
    let whole = (head.method == Method::POST).then(|| body.clone());
    let answer = execution.answer(inputs, whole, charge, gateway.metrics()).await;
    if let Some(tally) = tally.filter(|_| answer.as_ref().map_or(true, Executed::has_errors)) {
        tally.failed();
    }
    let answer = answer?;
    aside.demand = answer.told.unwrap_or(aside.demand);
    Ok(Answer::Whole(answer))
}

/// Checks the head: what can be known from it is known before the body is read.
async fn admit(
    served: &Served,
    acceptable: Result<(), Rejection>,
    head: &Parts,
    deadline: Instant,
) -> Result<Arc<Claims>, Rejection> {
    acceptable.and_then(|()| match head.method {
        Method::POST => negotiation::check_request_body(&head.headers),
        Method::GET => csrf::check(&head.headers, &served.snapshot.config.csrf),
        _ => Err(Rejection::method("the endpoint takes GET and POST", ALLOWED)),
    })?;
    identify(served, &head.headers, deadline).await
}

/// Who asks, if that may ask anything.
async fn identify(served: &Served, headers: &HeaderMap, deadline: Instant) -> Result<Arc<Claims>, Rejection> {
    let authenticating = served.snapshot.authenticator.authenticate(headers);
    let known = timeout_at(deadline, authenticating).await.map_err(|_| Rejection::timed_out())?;
    let claims = known.map_err(|Unauthenticated| Rejection::unauthenticated())?;
    if served.snapshot.config.authorization.require_authentication && !claims.is_authenticated() {
        return Err(Rejection::unauthenticated());
    }
    Ok(claims)
}

/// Reads the body, if there is to be one.
async fn read_body(served: &Served, head: &Parts, body: Incoming, deadline: Instant) -> Result<Bytes, Rejection> {
    if head.method == Method::GET {
        return Ok(Bytes::new());
    }
    let read = body::read(body, served.snapshot.config.limits.http_max_request_bytes);
    timeout_at(deadline, read).await.unwrap_or_else(|_| Err(Rejection::timed_out()))
}

fn read_parameters<'a>(head: &'a Parts, body: &'a [u8]) -> Result<Parameters<'a>, Rejection> {
    match head.method {
        Method::GET => Parameters::from_url(head.uri.query().unwrap_or_default()),
        _ => Parameters::from_body(body),
    }
}

/// The lists of documents that clients may ask for by their ids.
fn lists<'a>(served: &'a Served, headers: &'a HeaderMap) -> Option<Lists<'a>> {
    let documents = served.snapshot.documents.as_deref()?;
    let safelist = served.snapshot.config.persisted_documents.as_ref()?.safelist;
    Some(Lists { documents, safelist, client: Client::of(headers).name })
}

/// Looks the operation up, or waits until it is prepared, for the labels of `@override` that are on for this
/// request. What writes is not for GET.
async fn prepare(
    served: &Served,
    head: &Parts,
    parameters: &Parameters<'_>,
    deadline: Instant,
) -> Result<Arc<Prepared>, Rejection> {
    let preparer = &served.snapshot.preparer;
    let labels = preparer.labels(&head.headers);
    let preparing = preparer.prepare(
        parameters.query.as_deref().unwrap_or_default(),
        parameters.operation_name.as_deref(),
        &labels,
    );
    let outcome = timeout_at(deadline, preparing).await.map_err(|_| Rejection::timed_out())?;
    let kind = match &outcome {
        Ok(prepared) => Some(prepared.operation.kind),
        Err(refusal) => refusal.operation,
    };
    if head.method == Method::GET && kind == Some(OperationKind::Mutation) {
        return Err(Rejection::method("mutations cannot be sent by GET", "POST"));
    }
    outcome.map_err(Rejection::from)
}

/// Counts the request for the registry, where that wants to know.
fn count_usage(served: &Served, prepared: &Prepared, headers: &HeaderMap) -> Option<Arc<Tally>> {
    served.snapshot.usage.as_ref()?.count(prepared.footprint.as_ref()?, Client::of(headers))
}

const fn operation_type(kind: OperationKind) -> OperationType {
    match kind {
        OperationKind::Query => OperationType::Query,
        OperationKind::Mutation => OperationType::Mutation,
        OperationKind::Subscription => OperationType::Subscription,
    }
}
