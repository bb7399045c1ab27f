//! What becomes of a fetch over several attempts, against addresses that answer as a test wants.

use super::*;
use crate::config::{CircuitBreaker, Retry, RetryBudget};
use crate::telemetry::Metrics;
use futures::FutureExt;
use http::HeaderValue;
use http::header::RETRY_AFTER;
use std::collections::VecDeque;
use std::sync::Mutex;

/// What an address does with a request.
#[derive(Debug, Clone)]
enum Act {
    Answer(u16),
    /// A status, with a `Retry-After` of so many seconds.
    Defer(u16, u64),
    Fail(FetchError),
    Hang,
}

/// An address that does one thing after the other, the last for ever.
struct Scripted {
    acts: Mutex<VecDeque<Act>>,
    asked: Mutex<usize>,
}

impl Scripted {
    fn new(acts: &[Act]) -> Self {
        Self { acts: Mutex::new(acts.iter().cloned().collect()), asked: Mutex::new(0) }
    }

    fn next(&self) -> Act {
        *self.asked.lock().unwrap() += 1;
        let mut acts = self.acts.lock().unwrap();
        if acts.len() > 1 { acts.pop_front().unwrap() } else { acts[0].clone() }
    }
}

impl Ask for Scripted {
    async fn ask(&self, _: HeaderMap, _: Bytes, witness: Option<&Witness>) -> Result<FetchReply, Failure> {
        if let Some(witness) = witness {
            witness.attempt(true);
        }
        let mut headers = HeaderMap::new();
        let status = match self.next() {
            Act::Answer(status) => status,
            Act::Defer(status, seconds) => {
                headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
                status
            }
            Act::Fail(error) => return Err(error.into()),
            Act::Hang => std::future::pending().await,
        };
        Ok(FetchReply { status: StatusCode::from_u16(status).unwrap(), headers, body: Bytes::new() })
    }

    fn shown(&self) -> &str {
        "http://scripted/"
    }
}

/// Waits are of a millisecond at most.
fn retry() -> Retry {
    Retry { interval: Duration::from_millis(1), max_interval: Duration::from_millis(1), ..Retry::default() }
}

/// Opens after two failures, rests half a second, wants one trial.
fn breaker() -> CircuitBreaker {
    CircuitBreaker {
        volume_threshold: 2,
        reset_timeout: Duration::from_millis(500),
        half_open_attempts: 1,
        ..CircuitBreaker::default()
    }
}

struct Subgraph {
    guarded: Guarded<Scripted>,
    turns: Turns,
    metrics: Metrics,
}

impl Subgraph {
    fn new(addresses: &[&[Act]], retry: Option<Retry>, circuit_breaker: Option<CircuitBreaker>) -> Self {
        let metrics = Metrics::new();
        let settings = SubgraphSettings { retry, circuit_breaker, ..SubgraphSettings::default() };
        let asked = addresses.iter().map(|acts| Scripted::new(acts)).collect();
        let guarded = Guarded::new("products", asked, &settings, metrics.resilience("products"));
        Self { guarded, turns: Turns::new("products", None), metrics }
    }

    async fn within(&self, time: Duration, writes: bool, witness: Option<&Witness>) -> Result<u16, FetchError> {
        let end = Instant::now() + time;
        let (headers, body) = (HeaderMap::new(), Bytes::new());
        let outgoing = Outgoing { headers, body, end, patience: end, writes, witness };
        self.guarded.fetch(&self.turns, outgoing).await.map(|reply| reply.status.as_u16())
    }

    async fn ask(&self) -> Result<u16, FetchError> {
        self.within(Duration::from_secs(20), false, None).await
    }

    /// How often each address was asked.
    fn asked(&self) -> Vec<usize> {
        self.guarded.replicas.0.iter().map(|replica| *replica.asked.asked.lock().unwrap()).collect()
    }

    fn breaker(&self) -> BreakerState {
        self.guarded.addresses()[0].breaker.unwrap()
    }

    /// Whether a line is among the metrics.
    fn tells(&self, line: &str) -> bool {
        self.metrics.encode().lines().any(|one| one == line)
    }
}

#[tokio::test]
async fn what_failed_is_sent_again_until_it_goes_well() {
    let acts = [Act::Fail(FetchError::Connect), Act::Answer(503), Act::Answer(200)];
    let subgraph = Subgraph::new(&[&acts], Some(retry()), None);
    let witness = Witness::default();
    assert_eq!(subgraph.within(Duration::from_secs(20), false, Some(&witness)).await, Ok(200));
    assert_eq!(subgraph.asked(), [3]);
    let reasons: Vec<&str> = witness.retries().iter().map(|retry| retry.reason.name()).collect();
    assert_eq!(reasons, ["connect", "http_503"]);
    assert!(witness.retries().iter().all(|retry| retry.wait <= Duration::from_millis(1)));
    assert_eq!((witness.attempts(), witness.address()), (3, None));
    for reason in ["connect", "http_503"] {
        assert!(
            subgraph.tells(&format!("weft_subgraph_retries_total{{subgraph_name=\"products\",reason=\"{reason}\"}} 1"))
        );
    }
}

#[tokio::test]
async fn attempts_end_with_what_the_last_one_brought() {
    let acts = [Act::Fail(FetchError::Interrupted), Act::Answer(502), Act::Answer(503), Act::Answer(200)];
    let subgraph = Subgraph::new(&[&acts], Some(retry()), None);
    assert_eq!(subgraph.ask().await, Ok(503));
    assert_eq!(subgraph.asked(), [3]);
}

#[tokio::test]
async fn a_mutation_that_may_have_been_seen_is_not_sent_twice() {
    for (act, sent) in [
        (Act::Fail(FetchError::Interrupted), 1),
        (Act::Answer(503), 1),
        (Act::Answer(429), 1),
        (Act::Fail(FetchError::Connect), 2),
        (Act::Fail(FetchError::Tls), 2),
    ] {
        let subgraph = Subgraph::new(&[&[act.clone(), Act::Answer(200)]], Some(retry()), None);
        let _ = subgraph.within(Duration::from_secs(20), true, None).await;
        assert_eq!(subgraph.asked(), [sent], "{act:?}");
    }
}

#[tokio::test]
async fn nothing_is_waited_for_that_ends_after_the_time_of_the_fetch() {
    let start = Instant::now();
    let subgraph = Subgraph::new(&[&[Act::Defer(503, 30), Act::Answer(200)]], Some(retry()), None);
    assert_eq!(subgraph.ask().await, Ok(503), "it wants 30 s and has 20");
    let far = Subgraph::new(&[&[Act::Defer(503, u64::MAX), Act::Answer(200)]], Some(retry()), None);
    assert_eq!(far.ask().await, Ok(503));
    assert!(start.elapsed() < Duration::from_secs(10));
    let soon = Subgraph::new(&[&[Act::Defer(429, 1), Act::Answer(200)]], Some(retry()), None);
    assert_eq!(soon.ask().await, Ok(200));
    assert!(start.elapsed() >= Duration::from_secs(1), "it wanted 1 s");
}

#[tokio::test]
async fn the_patience_of_whoever_began_a_shared_fetch_is_not_waited_out() {
    let subgraph = Subgraph::new(&[&[Act::Defer(503, 5), Act::Answer(200)]], Some(retry()), None);
    let now = Instant::now();
    let (end, patience) = (now + Duration::from_secs(60), now + Duration::from_secs(1));
    let (headers, body) = (HeaderMap::new(), Bytes::new());
    let outgoing = Outgoing { headers, body, end, patience, writes: false, witness: None };
    let reply = subgraph.guarded.fetch(&subgraph.turns, outgoing).await.unwrap();
    assert_eq!((reply.status.as_u16(), subgraph.asked()), (503, vec![1]));
}

#[tokio::test]
async fn a_silent_attempt_is_repeated_where_attempts_have_a_time_of_their_own() {
    let short = Retry { attempt_timeout: Some(Duration::from_millis(20)), ..retry() };
    let subgraph = Subgraph::new(&[&[Act::Hang, Act::Answer(200)]], Some(short), None);
    assert_eq!(subgraph.ask().await, Ok(200));
    let patient = Subgraph::new(&[&[Act::Hang, Act::Answer(200)]], Some(retry()), None);
    assert_eq!(patient.within(Duration::from_millis(50), false, None).await, Err(FetchError::Timeout));
    assert_eq!(patient.asked(), [1]);
}

#[tokio::test]
async fn an_outage_is_not_multiplied() {
    let budget = RetryBudget { min_per_second: 1, percent: 10.0, ttl: Duration::from_secs(10) };
    let subgraph = Subgraph::new(&[&[Act::Answer(503)]], Some(Retry { budget, ..retry() }), None);
    for _ in 0..200 {
        assert_eq!(subgraph.ask().await, Ok(503));
    }
    let sent = subgraph.asked()[0];
    assert!((210..=230).contains(&sent), "10 retries are free, and 20 come with 200 requests: {sent}");
    assert!(!subgraph.tells("weft_subgraph_retries_withheld_total{subgraph_name=\"products\"} 0"));
}

#[tokio::test]
async fn an_open_breaker_answers_at_once_and_closes_after_recovery() {
    let acts = [Act::Answer(500), Act::Fail(FetchError::Connect), Act::Answer(200)];
    let subgraph = Subgraph::new(&[&acts], None, Some(breaker()));
    assert_eq!(subgraph.ask().await, Ok(500));
    assert_eq!(subgraph.ask().await, Err(FetchError::Connect));
    assert_eq!(subgraph.breaker(), BreakerState::Open);
    let gauge = "weft_circuit_breaker_state{subgraph_name=\"products\",address=\"http://scripted/\"}";
    assert!(subgraph.tells(&format!("{gauge} 2")));
    for _ in 0..100 {
        // It does not wait for anything: the first time it is looked at, it is there.
        assert_eq!(subgraph.ask().now_or_never(), Some(Err(FetchError::CircuitOpen)));
    }
    assert_eq!(subgraph.asked(), [2]);
    assert!(subgraph.tells("weft_circuit_breaker_rejections_total{subgraph_name=\"products\"} 100"));
    sleep(Duration::from_millis(550)).await;
    assert_eq!(subgraph.ask().await, Ok(200));
    assert_eq!(subgraph.breaker(), BreakerState::Closed);
    assert!(subgraph.tells(&format!("{gauge} 0")));
}

#[tokio::test]
async fn what_is_the_clients_fault_does_not_open_a_breaker() {
    for act in [Act::Answer(400), Act::Answer(404), Act::Fail(FetchError::TooLarge { limit: 1 }), Act::Answer(200)] {
        let subgraph = Subgraph::new(&[std::slice::from_ref(&act)], None, Some(breaker()));
        for _ in 0..20 {
            let _ = subgraph.ask().await;
        }
        assert_eq!(subgraph.breaker(), BreakerState::Closed, "{act:?}");
    }
}

#[tokio::test]
async fn a_client_who_hangs_up_is_no_failure_and_keeps_no_trial() {
    let acts = [Act::Hang, Act::Hang, Act::Hang, Act::Answer(503), Act::Answer(503), Act::Hang, Act::Answer(200)];
    let subgraph = Subgraph::new(&[&acts], None, Some(breaker()));
    for _ in 0..3 {
        assert_eq!(subgraph.ask().now_or_never(), None);
    }
    assert_eq!(subgraph.breaker(), BreakerState::Closed);
    for _ in 0..2 {
        assert_eq!(subgraph.ask().await, Ok(503));
    }
    sleep(Duration::from_millis(550)).await;
    assert_eq!(subgraph.ask().now_or_never(), None, "the trial is under way, and left");
    assert_eq!(subgraph.breaker(), BreakerState::HalfOpen);
    assert_eq!(subgraph.ask().await, Ok(200));
    assert_eq!(subgraph.breaker(), BreakerState::Closed);
}

#[tokio::test]
async fn a_subgraph_that_never_answers_opens_the_breaker_though_all_leave_when_their_time_is_up() {
    let settings = SubgraphSettings {
        timeout: Duration::from_millis(20),
        circuit_breaker: Some(breaker()),
        ..SubgraphSettings::default()
    };
    let metrics = Metrics::new();
    let hanging = vec![Scripted::new(&[Act::Hang])];
    let guarded = Guarded::new("products", hanging, &settings, metrics.resilience("products"));
    let turns = Turns::new("products", None);
    for _ in 0..2 {
        let patience = Instant::now() + Duration::from_millis(30);
        let (headers, body, end) = (HeaderMap::new(), Bytes::new(), patience + Duration::from_secs(60));
        let outgoing = Outgoing { headers, body, end, patience, writes: false, witness: None };
        assert!(timeout_at(patience, guarded.fetch(&turns, outgoing)).await.is_err());
    }
    assert_eq!(guarded.addresses()[0].breaker, Some(BreakerState::Open));
}

#[tokio::test]
async fn a_trial_waits_for_no_turn_that_others_hold() {
    let settings = SubgraphSettings { circuit_breaker: Some(breaker()), ..SubgraphSettings::default() };
    let acts = [Act::Answer(503), Act::Answer(503)];
    let metrics = Metrics::new();
    let guarded = Guarded::new("products", vec![Scripted::new(&acts)], &settings, metrics.resilience("products"));
    let turns = Turns::new("products", Some(1));
    let outgoing = || {
        let end = Instant::now() + Duration::from_secs(20);
        Outgoing { headers: HeaderMap::new(), body: Bytes::new(), end, patience: end, writes: false, witness: None }
    };
    for _ in 0..2 {
        assert!(guarded.fetch(&turns, outgoing()).await.is_ok());
    }
    let _stuck = turns.take(Instant::now()).await.unwrap();
    let refused = guarded.fetch(&turns, outgoing()).now_or_never().expect("it is refused at once");
    assert_eq!(refused.unwrap_err(), FetchError::CircuitOpen);
}

#[tokio::test]
async fn a_retry_goes_to_another_address_without_waiting() {
    let slow = Retry { interval: Duration::from_secs(60), max_interval: Duration::from_secs(60), ..Retry::default() };
    let dead: &[Act] = &[Act::Fail(FetchError::Connect)];
    let subgraph = Subgraph::new(&[dead, &[Act::Answer(200)]], Some(slow), None);
    for _ in 0..50 {
        assert_eq!(subgraph.ask().now_or_never(), Some(Ok(200)));
    }
    let [dead, alive] = subgraph.asked()[..] else { unreachable!("there are two") };
    assert_eq!(alive, 50);
    assert!(dead < 10, "what fails at once is not taken for fast: {dead}");
}

#[tokio::test]
async fn without_retries_a_dead_address_is_soon_left_for_the_others() {
    let dead: &[Act] = &[Act::Fail(FetchError::Connect)];
    let resting = CircuitBreaker { reset_timeout: Duration::from_secs(60), ..breaker() };
    let subgraph = Subgraph::new(&[dead, &[Act::Answer(200)], &[Act::Answer(200)]], None, Some(resting));
    let mut failed = 0;
    for _ in 0..200 {
        failed += usize::from(subgraph.ask().await.is_err());
    }
    assert!(failed <= 2, "{failed}");
}
