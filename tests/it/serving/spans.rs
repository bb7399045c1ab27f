//! Spans that reach a collector: what they tell, how they hang together, and what a collector that is away costs.

use super::gateway::{Answer, Resolver, Running};
use super::insight::{ORDERS, USERS};
use super::resilience::flaky;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Told;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use weft::config::{Config, Retry, Sampling, Tracing};

const QUERY: &str = "query Mine { me { name orders { total } } }";
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";

/// A collector that keeps what it is sent.
#[derive(Clone, Default)]
struct Collector {
    exports: Arc<Mutex<Vec<ExportTraceServiceRequest>>>,
}

impl Collector {
    /// It, and where spans go.
    async fn start() -> (Self, String) {
        let collector = Self::default();
        let receive = |State(collector): State<Self>, body: Bytes| async move {
            collector.exports.lock().unwrap().push(ExportTraceServiceRequest::decode(body).unwrap());
        };
        let router = Router::new().route("/v1/traces", post(receive)).with_state(collector.clone());
        (collector, format!("{}v1/traces", serve(router).await))
    }

    fn spans(&self) -> Vec<Span> {
        let exports = self.exports.lock().unwrap();
        let resources = exports.iter().flat_map(|export| &export.resource_spans);
        resources.flat_map(|resource| &resource.scope_spans).flat_map(|scope| scope.spans.clone()).collect()
    }

    /// The spans, once there are so many.
    async fn wait_for(&self, count: usize) -> Vec<Span> {
        let start = Instant::now();
        loop {
            let spans = self.spans();
            if spans.len() >= count {
                return spans;
            }
            assert!(start.elapsed() < Duration::from_secs(20), "{} of {count} spans: {spans:?}", spans.len());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

async fn shop(endpoint: &str, sampling: Sampling) -> Running {
    let answering = |answer: Value| -> Resolver {
        Arc::new(move |_| {
            let answer = answer.clone();
            Box::pin(async move { answer })
        })
    };
    let users = answering(json!({ "data": { "me": { "name": "Ada", "id": "1" } } }));
    let orders = answering(json!({ "data": { "_entities": [{ "orders": [{ "total": 3 }] }] } }));
    let subgraphs = [("users", USERS, users), ("orders", ORDERS, orders)];
    Running::composed(|config| config.telemetry.tracing = Some(tracing(endpoint, sampling)), &subgraphs).await
}

fn tracing(endpoint: &str, sampling: Sampling) -> Tracing {
    Tracing {
        endpoint: endpoint.parse().unwrap(),
        headers: Vec::new(),
        timeout: Duration::from_secs(2),
        service_name: "shop".into(),
        resource: vec![("deployment.environment.name".into(), "test".into())],
        sampling,
    }
}

/// A gateway over one service, and the trace contexts that the service was sent.
async fn listening(endpoint: &str, sampling: Sampling) -> (Running, Arc<Mutex<Vec<String>>>) {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let hear = |State(heard): State<Arc<Mutex<Vec<String>>>>, headers: http::HeaderMap| async move {
        heard.lock().unwrap().push(headers["traceparent"].to_str().unwrap().to_owned());
        axum::response::IntoResponse::into_response(([("content-type", "application/json")], r#"{"data":{"a":1}}"#))
    };
    let router = Router::new().route("/", post(hear)).with_state(Arc::clone(&heard));
    let url = serve(router).await;
    let configure = |config: &mut Config| config.telemetry.tracing = Some(tracing(endpoint, sampling));
    (Running::over_url(configure, ("one", "type Query { a: Int }", &url)).await, heard)
}

/// The URL of the router.
async fn serve(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

async fn ask(gateway: &Running, query: &str, traceparent: Option<&str>) -> Answer {
    let request = gateway.client.post(&gateway.url).header("content-type", "application/json");
    let request = traceparent.into_iter().fold(request, |request, value| request.header("traceparent", value));
    Answer::of(request.body(json!({ "query": query }).to_string())).await
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn told(span: &Span, name: &str) -> Value {
    let found = span.attributes.iter().find(|attribute| attribute.key == name);
    match found.and_then(|attribute| attribute.value.clone()?.value) {
        Some(Told::StringValue(text)) => text.into(),
        Some(Told::IntValue(number)) => number.into(),
        Some(Told::BoolValue(flag)) => flag.into(),
        other => json!(format!("{other:?}")),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_told_with_its_phases_and_fetches_in_the_clients_trace() {
    let (collector, url) = Collector::start().await;
    let gateway = shop(&url, Sampling { share: 0.0, follows_parent: true }).await;
    let answer = ask(&gateway, QUERY, Some(&format!("00-{TRACE}-{PARENT}-01"))).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(answer.json().get("extensions").is_none(), "the client is told nothing of it");
    let spans = collector.wait_for(8).await;
    assert!(
        spans.iter().all(|span| hex(&span.trace_id) == TRACE && span.end_time_unix_nano >= span.start_time_unix_nano)
    );
    let named = |name: &str| spans.iter().find(|span| span.name == name).unwrap_or_else(|| panic!("{name}: {spans:?}"));
    let (root, execute) = (named("query"), named("execute"));
    assert_eq!((hex(&root.parent_span_id).as_str(), root.kind), (PARENT, 2));
    assert_eq!(told(root, "graphql.operation.name"), "Mine");
    assert_eq!(told(root, "http.response.status_code"), 200);
    for phase in ["receive", "prepare", "decide", "execute", "write"] {
        assert_eq!(named(phase).parent_span_id, root.span_id, "{phase}");
    }
    let fetches: Vec<&Span> = spans.iter().filter(|span| span.name == "fetch").collect();
    assert_eq!(fetches.iter().map(|fetch| told(fetch, "subgraph.name")).collect::<Vec<_>>(), ["users", "orders"]);
    assert!(fetches.iter().all(|fetch| fetch.parent_span_id == execute.span_id && fetch.kind == 3));
    let resource = collector.exports.lock().unwrap()[0].resource_spans[0].resource.clone().unwrap();
    let said: Vec<&str> = resource.attributes.iter().map(|attribute| attribute.key.as_str()).collect();
    assert!(said.contains(&"service.name") && said.contains(&"deployment.environment.name"), "{said:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_subgraph_does_hangs_below_its_fetch() {
    let (collector, url) = Collector::start().await;
    let (gateway, heard) = listening(&url, Sampling::default()).await;
    ask(&gateway, "{ a }", None).await;
    let spans = collector.wait_for(7).await;
    let fetch = spans.iter().find(|span| span.name == "fetch").unwrap();
    let heard = heard.lock().unwrap();
    assert_eq!(*heard, [format!("00-{}-{}-01", hex(&fetch.trace_id), hex(&fetch.span_id))]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fetch_that_was_sent_again_says_so() {
    let (collector, url) = Collector::start().await;
    let (service, _) = flaky(&["503 Service Unavailable"], r#"{"data":{"a":1}}"#).await;
    let configure = |config: &mut Config| {
        config.telemetry.tracing = Some(tracing(&url, Sampling::default()));
        config.subgraphs.change_all(|settings| settings.retry = Some(Retry::default()));
    };
    let gateway = Running::over_url(configure, ("one", "type Query { a: Int }", &service)).await;
    ask(&gateway, "{ a }", None).await;
    let spans = collector.wait_for(7).await;
    let fetch = spans.iter().find(|span| span.name == "fetch").unwrap();
    let said = ["http.request.resend_count", "weft.retries", "weft.attempts"].map(|name| told(fetch, name));
    assert_eq!(said, [json!(1), json!("http_503"), json!(2)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_sampled_is_not_told_and_subgraphs_hear_so() {
    let (collector, url) = Collector::start().await;
    let (gateway, heard) = listening(&url, Sampling { share: 0.0, follows_parent: true }).await;
    ask(&gateway, "{ a }", None).await;
    ask(&gateway, "{ a }", Some(&format!("00-{TRACE}-{PARENT}-00"))).await;
    assert!(heard.lock().unwrap().iter().all(|context| context.ends_with("-00")));
    // Spans come in order, so those of a later request show that there were none before.
    ask(&gateway, "{ a }", Some(&format!("00-{TRACE}-{PARENT}-01"))).await;
    assert_eq!(collector.wait_for(7).await.len(), 7);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_refused_is_told_too() {
    let (collector, url) = Collector::start().await;
    let gateway = shop(&url, Sampling::default()).await;
    ask(&gateway, "{ nothing }", None).await;
    let spans = collector.wait_for(1).await;
    assert_eq!((spans.len(), spans[0].name.as_str()), (1, "request"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_is_away_costs_no_answer() {
    let gateway = shop("http://127.0.0.1:9/v1/traces", Sampling::default()).await;
    let start = Instant::now();
    for _ in 0..50 {
        assert_eq!(ask(&gateway, QUERY, None).await.status, 200);
    }
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}
