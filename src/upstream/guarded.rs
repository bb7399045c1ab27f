//! The path of a fetch that may take more than one attempt: to a subgraph with retries, breakers or several addresses.
//!
//! An attempt waits for its turn, chooses an address, asks there, and tells what became of it to the breaker and the
//! load of that address; [`retry`](super::retry) says whether another one follows. Every attempt needs a turn of its own,
//! and nobody has one while it waits for the next.
//!
//! **Copies of one service.** The addresses of a subgraph are taken to answer alike. So identical queries are sent once
//! for the whole subgraph, `concurrency_limit` and the retry budget are the subgraph's, and the cache does not know from
//! where an answer came. A host name that stands for several machines is one address: the system's resolver orders
//! them, a new connection goes to the first that takes it, and breaker and load are of all of them together.

use super::balance::{Replica, Replicas, Tried};
use super::breaker::{Breaker, Pass, Verdict};
use super::error::Failure;
use super::load::Load;
use super::retry::{Retries, RetryReason, retry_after};
use super::streams::EventStream;
use super::subgraphs::{AddressState, Outgoing};
use super::turns::Turns;
use super::{FetchError, FetchReply, Witness};
use crate::config::SubgraphSettings;
use crate::telemetry::{BreakerState, ResilienceMetrics};
use bytes::Bytes;
use chrono::Utc;
use http::{HeaderMap, StatusCode};
use std::future::Future;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout_at};

/// An address that lets a request wait for so long without an answer has failed. Less time than that tells nothing: a
/// client request may come here with hardly any left.
const FAIR: Duration = Duration::from_secs(1);

/// Who can be asked: an address, or what stands in its place in a test.
pub(super) trait Ask: Send + Sync {
    /// Sends one request, once, and reads the whole answer.
    fn ask(
        &self,
        headers: HeaderMap,
        body: Bytes,
        witness: Option<&Witness>,
    ) -> impl Future<Output = Result<FetchReply, Failure>> + Send;

    /// As logs and metrics name it.
    fn shown(&self) -> &str;
}

/// A subgraph that is guarded against its own failures.
pub(super) struct Guarded<A: Ask> {
    subgraph: Box<str>,
    pub(super) replicas: Replicas<A>,
    retries: Option<Retries>,
    fair: Duration,
    metrics: ResilienceMetrics,
}

/// What became of one attempt.
struct Attempt {
    /// The address.
    at: usize,
    result: Result<FetchReply, Failure>,
}

impl<A: Ask> Guarded<A> {
    /// Of a subgraph that can be asked at these addresses, one at least.
    pub(super) fn new(subgraph: &str, asked: Vec<A>, settings: &SubgraphSettings, metrics: ResilienceMetrics) -> Self {
        let (now, several) = (Instant::now(), asked.len() > 1);
        let replica = |asked: A| {
            let breaker = settings.circuit_breaker.as_ref().map(|settings| Breaker::new(settings, now));
            let gauge = breaker.as_ref().map(|_| metrics.breaker(asked.shown()));
            Replica { asked, breaker, gauge, load: several.then(|| Load::new(now)) }
        };
        let replicas = Replicas(asked.into_iter().map(replica).collect());
        let attempt = settings.retry.as_ref().and_then(|retry| retry.attempt_timeout).unwrap_or(settings.timeout);
        // Some of an attempt's time has passed before it begins.
        let fair = FAIR.min(settings.timeout).min(attempt).mul_f64(0.9);
        Self { subgraph: subgraph.into(), replicas, retries: settings.retry.as_ref().map(Retries::new), fair, metrics }
    }

    /// One request, sent as often as it takes and is allowed.
    pub(super) async fn fetch(&self, turns: &Turns, outgoing: Outgoing<'_>) -> Result<FetchReply, FetchError> {
        let began = Instant::now();
        if let Some(retries) = &self.retries {
            retries.budget.deposit(began);
        }
        let mut tried = Tried::new();
        let mut last: Option<Attempt> = None;
        loop {
            let attempt = match (self.attempt(turns, &outgoing, &tried).await, last) {
                (Ok(attempt), _) => attempt,
                // What the attempt before has brought says more than that there is no other.
                (Err(_), Some(last)) => return self.told(last),
                (Err(error), None) => return Err(self.unsent(error)),
            };
            tried.push(attempt.at);
            let Some((reason, wait)) = self.next(&attempt, &tried, &outgoing) else { return self.told(attempt) };
            self.metrics.retry(reason.name());
            let (subgraph, url) = (&*self.subgraph, self.replicas.0[attempt.at].asked.shown());
            tracing::debug!(subgraph, url, reason = reason.name(), ?wait, "a subgraph request is sent again");
            if let Some(witness) = outgoing.witness {
                witness.retry(reason, began.elapsed(), wait);
            }
            if !wait.is_zero() {
                sleep(wait).await;
            }
            last = Some(attempt);
        }
    }

    /// Opens a stream of events at one of the addresses, once: what is subscribed to is a long matter, and whoever wants
    /// it comes again.
    pub(super) async fn open(
        &self,
        end: Instant,
        open: impl AsyncFnOnce(&A) -> Result<EventStream, Failure>,
    ) -> Result<EventStream, FetchError> {
        let begun = Instant::now();
        let chosen = self.replicas.choose(&[], begun, |below| fastrand::usize(..below));
        let Some((at, pass)) = chosen else { return Err(self.unsent(FetchError::CircuitOpen)) };
        let mut visit = Visit::begin(self, at, pass, begun, end);
        let opening = timeout_at(end, open(&visit.replica.asked)).await.unwrap_or(Err(FetchError::Timeout.into()));
        visit.verdict = Some(match opening.as_ref().map(EventStream::status).map_err(|failure| failure.error) {
            outcome @ (Ok(_) | Err(FetchError::Connect | FetchError::Tls)) => verdict(outcome, true),
            // What a subgraph makes of an upgrade says nothing of how it answers requests.
            Err(_) => Verdict::Unclear,
        });
        opening.map_err(|failure| failure.log(&self.subgraph, visit.replica.asked.shown()))
    }

    /// Asks once, if there is a turn and an address.
    async fn attempt(&self, turns: &Turns, outgoing: &Outgoing<'_>, tried: &Tried) -> Result<Attempt, FetchError> {
        // The turns may all be with those who still wait for the subgraph; nobody has to wait for them to be refused.
        if self.replicas.are_cut_off(Instant::now()) {
            return Err(FetchError::CircuitOpen);
        }
        let _turn = turns.take(outgoing.end).await?;
        let begun = Instant::now();
        let chosen = self.replicas.choose(tried, begun, |below| fastrand::usize(..below));
        let (at, pass) = chosen.ok_or(FetchError::CircuitOpen)?;
        let mut visit = Visit::begin(self, at, pass, begun, outgoing.patience.min(outgoing.end));
        if let Some(witness) = outgoing.witness.filter(|_| self.replicas.0.len() > 1) {
            witness.replica(at);
        }
        let timeout = self.retries.as_ref().and_then(|retries| retries.settings.attempt_timeout);
        let end =
            timeout.and_then(|timeout| begun.checked_add(timeout)).map_or(outgoing.end, |end| end.min(outgoing.end));
        let asking = visit.replica.asked.ask(outgoing.headers.clone(), outgoing.body.clone(), outgoing.witness);
        let result = timeout_at(end, asking).await.unwrap_or(Err(FetchError::Timeout.into()));
        visit.verdict = Some(verdict(outcome(&result), begun.elapsed() >= self.fair));
        Ok(Attempt { at, result })
    }

    /// Why and after which time another attempt follows, if one does.
    fn next(&self, attempt: &Attempt, tried: &Tried, outgoing: &Outgoing<'_>) -> Option<(RetryReason, Duration)> {
        let retries = self.retries.as_ref().filter(|retries| tried.len() < retries.settings.max_attempts)?;
        let reason = retries.reason(outcome(&attempt.result), outgoing.writes)?;
        let now = Instant::now();
        if self.replicas.are_cut_off(now) {
            return None;
        }
        // The wait is for the address that failed; another one can be asked at once.
        let wait = if self.replicas.have_another(tried, now) {
            Duration::ZERO
        } else {
            let asked = attempt.result.as_ref().ok().and_then(|reply| retry_after(&reply.headers, Utc::now()));
            retries.wait(tried.len(), fastrand::f64()).max(asked.unwrap_or_default())
        };
        now.checked_add(wait).filter(|&then| then < outgoing.end.min(outgoing.patience))?;
        if !retries.budget.withdraw(now) {
            self.metrics.withheld();
            return None;
        }
        Some((reason, wait))
    }

    /// What is known of the addresses.
    pub(super) fn addresses(&self) -> Vec<AddressState> {
        let state = |replica: &Replica<A>| AddressState {
            url: replica.asked.shown().to_owned(),
            breaker: replica.breaker_state(),
            in_flight: replica.load.as_ref().map(Load::in_flight),
        };
        self.replicas.0.iter().map(state).collect()
    }

    /// What whoever asked is told, and the log.
    fn told(&self, attempt: Attempt) -> Result<FetchReply, FetchError> {
        attempt.result.map_err(|failure| failure.log(&self.subgraph, self.replicas.0[attempt.at].asked.shown()))
    }

    /// Nothing was sent. That the breaker has opened is in the log already.
    fn unsent(&self, error: FetchError) -> FetchError {
        if error == FetchError::CircuitOpen {
            self.metrics.rejected();
            tracing::debug!(subgraph = &*self.subgraph, "the circuit breaker let a request not through");
        }
        error
    }

    /// A breaker is in another state now.
    fn changed(&self, replica: &Replica<A>, state: BreakerState) {
        let (subgraph, url) = (&*self.subgraph, replica.asked.shown());
        if let Some(gauge) = &replica.gauge {
            gauge.set(state);
        }
        match state {
            BreakerState::Open => tracing::warn!(subgraph, url, "too many requests failed: circuit breaker opened"),
            BreakerState::Closed => tracing::info!(subgraph, url, "the subgraph answers again: circuit breaker closed"),
            BreakerState::HalfOpen => tracing::debug!(subgraph, url, "circuit breaker half open"),
        }
    }
}

/// One attempt at an address. However it ends, also by being dropped, the breaker and the load of the address hear of it.
struct Visit<'a, A: Ask> {
    guarded: &'a Guarded<A>,
    replica: &'a Replica<A>,
    pass: Option<Pass>,
    begun: Instant,
    /// When whoever asked stops waiting.
    patience: Instant,
    verdict: Option<Verdict>,
}

impl<'a, A: Ask> Visit<'a, A> {
    fn begin(guarded: &'a Guarded<A>, at: usize, pass: Option<Pass>, begun: Instant, patience: Instant) -> Self {
        let replica = &guarded.replicas.0[at];
        if pass.as_ref().is_some_and(Pass::is_trial) {
            guarded.changed(replica, BreakerState::HalfOpen);
        }
        if let Some(load) = &replica.load {
            load.begin();
        }
        Self { guarded, replica, pass, begun, patience, verdict: None }
    }
}

impl<A: Ask> Drop for Visit<'_, A> {
    fn drop(&mut self) {
        let now = Instant::now();
        let took = now.saturating_duration_since(self.begun);
        // Whoever leaves before the time is up does not blame the address; when it is up, everybody leaves.
        let left = || {
            if now >= self.patience {
                verdict(Err(FetchError::Timeout), took >= self.guarded.fair)
            } else {
                Verdict::Unclear
            }
        };
        let verdict = self.verdict.unwrap_or_else(left);
        if let Some(load) = &self.replica.load {
            load.end((verdict != Verdict::Unclear).then_some((took, verdict == Verdict::Failing)), now);
        }
        if let Some((breaker, pass)) = self.replica.breaker.as_ref().zip(self.pass.as_ref())
            && let Some(state) = breaker.end(pass, verdict, now)
        {
            self.guarded.changed(self.replica, state);
        }
    }
}

fn outcome(result: &Result<FetchReply, Failure>) -> Result<StatusCode, FetchError> {
    match result {
        Ok(reply) => Ok(reply.status),
        Err(failure) => Err(failure.error),
    }
}

/// What an attempt says of the address. `fair`: whether it had time enough to answer.
fn verdict(outcome: Result<StatusCode, FetchError>, fair: bool) -> Verdict {
    match outcome {
        Ok(status) if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS => Verdict::Failing,
        // It answers; what it does, and whether the request was any good, is another matter.
        Ok(_) | Err(FetchError::TooLarge { .. } | FetchError::Encoding) => Verdict::Healthy,
        Err(FetchError::Connect | FetchError::Tls | FetchError::Interrupted) => Verdict::Failing,
        Err(FetchError::Timeout) if fair => Verdict::Failing,
        Err(
            FetchError::Timeout
            | FetchError::Protocol
            | FetchError::Overloaded
            | FetchError::CircuitOpen
            | FetchError::Unsendable,
        ) => Verdict::Unclear,
    }
}

#[cfg(test)]
mod tests;
