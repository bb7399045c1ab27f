//! A request run until nothing in it moves, before anything else of the scheduler's turn does.
//!
//! Look-ups wait for one `yield_now` before their batch is made, so that all keys of a level meet.
//! tokio ends a yield when the task goes back to the scheduler, which should be when every resolver
//! waits for something outside. But an object's fields and a list's entries are polled by nested
//! `FuturesUnordered`, which hand back early "to be fair" after a few polls, long before that; how
//! early depends on timing, and batches would be cut where it happens. [`until_quiet`] polls again
//! for as long as the request wakes itself, so one turn is one level, always.

use std::future::{Future, poll_fn};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::task::{Context, Poll, Wake, Waker};

/// After so many polls others get a turn all the same. A request of thousands of entities takes
/// some thousand.
const POLLS: usize = 100_000;

/// Runs `future` so that it goes back to the scheduler only when it waits for something outside.
///
/// It must not be under tokio's cooperative budget (see `tokio::task::unconstrained`): a spent
/// budget wakes its task too.
pub async fn until_quiet<F: Future>(future: F) -> F::Output {
    let mut future = Box::pin(future);
    let mut relay: Option<Arc<Relay>> = None;
    poll_fn(move |cx| {
        let relay = match &relay {
            Some(relay) if relay.outside.will_wake(cx.waker()) => Arc::clone(relay),
            _ => Arc::clone(relay.insert(Arc::new(Relay::new(cx.waker().clone())))),
        };
        let waker = Waker::from(Arc::clone(&relay));
        for _ in 0..POLLS {
            relay.polling.store(true, SeqCst);
            let polled = future.as_mut().poll(&mut Context::from_waker(&waker));
            relay.polling.store(false, SeqCst);
            if polled.is_ready() || !relay.woken.swap(false, SeqCst) {
                return polled;
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await
}

/// Passes wakes on to the scheduler, but for those that come while the request is polled: these are
/// noted, and it is polled again. A wake sets `woken` before it reads `polling`, and the poller
/// does the opposite, so one of the two sees the other.
struct Relay {
    outside: Waker,
    polling: AtomicBool,
    woken: AtomicBool,
}

impl Relay {
    fn new(outside: Waker) -> Self {
        Self { outside, polling: AtomicBool::new(false), woken: AtomicBool::new(false) }
    }
}

impl Wake for Relay {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.woken.store(true, SeqCst);
        if !self.polling.load(SeqCst) {
            self.outside.wake_by_ref();
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::future::{BoxFuture, FutureExt};
    use futures::stream::{FuturesUnordered, StreamExt};

    use super::*;

    /// Hands back `times` times although it could go on.
    fn fussy(times: usize) -> impl Future<Output = ()> {
        let mut left = times;
        poll_fn(move |cx| {
            if left == 0 {
                return Poll::Ready(());
            }
            left -= 1;
            cx.waker().wake_by_ref();
            Poll::Pending
        })
    }

    #[tokio::test]
    async fn what_wakes_itself_is_done_before_a_yield_ends() {
        let done = AtomicBool::new(false);
        let work = async {
            fussy(1_000).await;
            done.store(true, SeqCst);
        };
        let yielding = async {
            tokio::task::yield_now().await;
            assert!(done.load(SeqCst), "the yield ended first");
        };
        let both: FuturesUnordered<BoxFuture<'_, ()>> = [yielding.boxed(), work.boxed()].into_iter().collect();
        tokio::task::unconstrained(until_quiet(both.collect::<()>())).await;
    }

    #[tokio::test]
    async fn wakes_from_outside_arrive() {
        let (sender, receiver) = tokio::sync::oneshot::channel();
        std::thread::spawn(move || sender.send(7));
        assert_eq!(until_quiet(receiver).await, Ok(7));
    }

    #[tokio::test]
    async fn what_never_rests_lets_others_run() {
        let other = tokio::spawn(async { 7 });
        tokio::select! {
            biased;
            () = tokio::task::unconstrained(until_quiet(fussy(usize::MAX))) => unreachable!("it never ends"),
            seen = other => assert_eq!(seen.unwrap(), 7),
        }
    }
}
