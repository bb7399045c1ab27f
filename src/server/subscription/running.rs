//! A subscription under way.

use super::ahead::{Event, ReadAhead};
use super::end::End;
use super::open_ones::Seat;
use super::outbox::Outbox;
use crate::access::Clock;
use crate::execute;
use crate::prepare::Inputs;
use crate::server::demand::Charge;
use crate::server::execution::Execution;
use crate::upstream::{EventStream, SubscribeRequest};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// See the module.
pub(super) struct Running {
    pub(super) execution: Execution,
    pub(super) inputs: Inputs,
    /// What was reserved for the next event.
    pub(super) charge: Option<Charge>,
    pub(super) peer: IpAddr,
    pub(super) seat: Seat,
}

impl Running {
    /// Runs to its end. Whatever ends it drops what is under way; the subgraph hears of it when the client knows.
    pub(super) async fn run(mut self, outbox: Outbox) {
        let mut stream = None;
        let end = self.watched(&mut stream, &outbox).await;
        let metrics = &self.seat.all.metrics;
        let errors = end.errors();
        errors.iter().for_each(|error| metrics.error(error.code));
        metrics.subscriptions().ended(end.reason());
        tracing::debug!(reason = end.reason(), "a subscription ended");
        outbox.end(&errors);
        // What the subgraph takes to hear of it must not keep the snapshot.
        drop(self);
        if let Some(stream) = stream {
            stream.leave().await;
        }
    }

    /// Answers events until something ends that.
    async fn watched(&mut self, stream: &mut Option<EventStream>, outbox: &Outbox) -> End {
        let all = Arc::clone(&self.seat.all);
        let snapshot = Arc::clone(&self.execution.served.snapshot);
        let expiry = self.execution.claims.expires.and_then(|expires| {
            let left = u64::try_from(expires.saturating_sub(Clock::System.now())).unwrap_or_default();
            Instant::now().checked_add(Duration::from_millis(left))
        });
        let lifetime = snapshot.config.subscription.max_lifetime;
        let lifetime = lifetime.and_then(|lifetime| Instant::now().checked_add(lifetime));
        tokio::select! {
            biased;
            () = outbox.abandoned() => End::ClientLeft,
            () = all.shutdown() => End::Shutdown,
            replaced = all.replaced(&snapshot) => End::Replaced(replaced),
            () = at(expiry) => End::Expired,
            () = at(lifetime) => End::Lifetime,
            end = self.answer_events(stream, outbox) => end,
        }
    }

    /// Subscribes, and answers what comes.
    async fn answer_events(&mut self, stream: &mut Option<EventStream>, outbox: &Outbox) -> End {
        let plan = Arc::clone(&self.execution.prepared.plan);
        let liveness = self.execution.liveness(&self.inputs.variables);
        let Some((subgraph, body)) = execute::opening(&plan, &liveness, &self.inputs.variables) else {
            // Nothing of it is for whoever asks, so nobody is asked, and there is one answer that says so.
            return self.answer(None, outbox).await.err().unwrap_or(End::Completed);
        };
        self.charge.iter_mut().for_each(Charge::begin);
        let snapshot = Arc::clone(&self.execution.served.snapshot);
        let headers = self.execution.outbound_headers().of(subgraph);
        let deadline = Instant::now() + snapshot.config.router.timeout;
        let opened = snapshot.upstream.subscribe(SubscribeRequest { subgraph, body, headers, deadline }).await;
        let stream = match opened {
            Ok(opened) => stream.insert(opened),
            Err(error) => return self.answer(Some(Err(error)), outbox).await.err().unwrap_or(End::SubgraphFailed),
        };
        let mut events = ReadAhead::of(stream);
        while let Some(event) = events.next().await {
            let broken = event.is_err();
            let answered = tokio::select! {
                answered = self.answer(Some(event), outbox) => answered,
                never = events.read() => match never {},
            };
            if let Err(end) = answered {
                return end;
            }
            if broken {
                return End::SubgraphFailed;
            }
        }
        End::Completed
    }

    /// Answers one event.
    async fn answer(&mut self, event: Option<Event>, outbox: &Outbox) -> Result<(), End> {
        let charge = self.charge().await?;
        let metrics = &self.seat.all.metrics;
        let answer = self.execution.answer_event(self.inputs.clone(), event, charge, metrics).await;
        metrics.subscriptions().events.inc();
        if outbox.push(answer.ok_or(End::Internal)?) { Ok(()) } else { Err(End::TooSlow) }
    }

    /// What the next event is charged.
    async fn charge(&mut self) -> Result<Option<Charge>, End> {
        if let Some(reserved) = self.charge.take() {
            return Ok(Some(reserved));
        }
        let Execution { served, prepared, headers, claims, clearance, .. } = &self.execution;
        let (given, asker) = (clearance.given(&self.inputs.variables), (&**claims, headers, self.peer));
        let mut charge =
            Charge::reserve(served, prepared, given, asker, &mut Default::default()).await.map_err(End::Refused)?;
        charge.iter_mut().for_each(Charge::begin);
        Ok(charge)
    }
}

/// Never, where there is no such time.
async fn at(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => std::future::pending().await,
    }
}
