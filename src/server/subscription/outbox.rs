//! What waits for a client to read it: bounded in number and in bytes, with room for a last word.

use crate::prepare::ClientError;
use bytes::Bytes;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::mpsc;

/// Bytes that wait at most, beside the one answer that there is always room for.
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// What a client gets.
#[derive(Debug)]
pub(in crate::server) enum Sent {
    /// An answer, a GraphQL response.
    Next(Bytes),
    /// There are no more, and why: GraphQL errors.
    Failed(Bytes),
    /// There are no more.
    Completed,
}

/// Where answers are put.
pub(super) struct Outbox {
    sender: mpsc::Sender<Sent>,
    bytes: Arc<AtomicUsize>,
}

/// Where they are taken out; dropped, the subscription ends.
pub(in crate::server) struct Subscription {
    receiver: mpsc::Receiver<Sent>,
    bytes: Arc<AtomicUsize>,
    over: bool,
}

/// For so many answers.
pub(super) fn new(capacity: usize) -> (Outbox, Subscription) {
    let (sender, receiver) = mpsc::channel(capacity.saturating_add(1).min(tokio::sync::Semaphore::MAX_PERMITS));
    let bytes = Arc::<AtomicUsize>::default();
    (Outbox { sender, bytes: Arc::clone(&bytes) }, Subscription { receiver, bytes, over: false })
}

impl Outbox {
    /// Puts an answer in; whether there was room.
    pub(super) fn push(&self, answer: Bytes) -> bool {
        let length = answer.len();
        let waiting = self.bytes.fetch_add(length, Ordering::Relaxed);
        let fits = waiting == 0 || waiting.saturating_add(length) <= MOST_BYTES;
        // The last place is for the last word.
        fits && self.sender.capacity() > 1 && self.sender.try_send(Sent::Next(answer)).is_ok()
    }

    /// Says the last word.
    pub(super) fn end(self, errors: &[ClientError]) {
        let last = match errors {
            [] => Sent::Completed,
            errors => Sent::Failed(serde_json::to_vec(errors).unwrap_or_default().into()),
        };
        // Who left needs none.
        let _ = self.sender.try_send(last);
    }

    /// When nobody reads any more.
    pub(super) async fn abandoned(&self) {
        self.sender.closed().await;
    }
}

impl Subscription {
    /// What comes next; nothing after the last word.
    pub async fn next(&mut self) -> Option<Sent> {
        if self.over {
            return None;
        }
        let sent = self.receiver.recv().await.unwrap_or_else(without_last_word);
        match &sent {
            Sent::Next(answer) => {
                self.bytes.fetch_sub(answer.len(), Ordering::Relaxed);
            }
            Sent::Failed(_) | Sent::Completed => self.over = true,
        }
        Some(sent)
    }
}

/// Only a defect ends a subscription so.
fn without_last_word() -> Sent {
    let error = ClientError::new("INTERNAL_SERVER_ERROR", "internal error");
    Sent::Failed(serde_json::to_vec(&[error]).unwrap_or_default().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn there_is_room_for_so_many_answers_and_for_the_last_word() {
        let (outbox, mut subscription) = new(2);
        assert!(outbox.push(Bytes::from_static(b"1")) && outbox.push(Bytes::from_static(b"2")));
        assert!(!outbox.push(Bytes::from_static(b"3")));
        outbox.end(&[]);
        assert!(matches!(subscription.next().await, Some(Sent::Next(answer)) if &*answer == b"1"));
        assert!(matches!(subscription.next().await, Some(Sent::Next(_))));
        assert!(matches!(subscription.next().await, Some(Sent::Completed)));
        assert!(subscription.next().await.is_none());
    }

    #[tokio::test]
    async fn large_answers_wait_one_at_a_time() {
        let (outbox, mut subscription) = new(10);
        let large = Bytes::from(vec![b' '; MOST_BYTES + 1]);
        assert!(outbox.push(large.clone()));
        subscription.next().await;
        assert!(outbox.push(large));
        assert!(!outbox.push(Bytes::from_static(b"1")));
    }

    #[tokio::test]
    async fn a_task_that_vanishes_is_an_error() {
        let (outbox, mut subscription) = new(10);
        drop(outbox);
        assert!(matches!(subscription.next().await, Some(Sent::Failed(_))));
        assert!(subscription.next().await.is_none());
    }
}
