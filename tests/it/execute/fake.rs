//! A subgraph side that answers by heart.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::Barrier;
use weft::upstream::{Fetch, FetchError, FetchReply, FetchRequest};

/// What a subgraph does when it is asked.
#[derive(Debug, Clone)]
pub enum Reply {
    Body(u16, Bytes),
    Fails(FetchError),
    Hangs,
}

impl Reply {
    pub fn json(text: impl Into<String>) -> Self {
        Self::Body(200, Bytes::from(text.into()))
    }
}

/// Answers by subgraph.
#[derive(Default)]
pub struct Fake {
    pub replies: HashMap<usize, Reply>,
    /// What was asked, in order.
    pub requests: Mutex<Vec<(usize, String)>>,
    /// Every request waits for so many to be there.
    pub meeting: Option<Barrier>,
    /// Requests that are under way.
    pub under_way: AtomicUsize,
    /// How many requests may be made once for others that are the same.
    pub shareable: AtomicUsize,
}

struct Leaving<'a>(&'a AtomicUsize);

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Fetch for Fake {
    async fn fetch(&self, request: FetchRequest) -> Result<FetchReply, FetchError> {
        self.under_way.fetch_add(1, Ordering::SeqCst);
        let _leaving = Leaving(&self.under_way);
        self.shareable.fetch_add(usize::from(request.shareable), Ordering::SeqCst);
        let body = String::from_utf8(request.body.to_vec()).unwrap();
        self.requests.lock().unwrap().push((request.subgraph, body));
        if let Some(meeting) = &self.meeting {
            meeting.wait().await;
        }
        match self.replies.get(&request.subgraph).cloned().unwrap_or(Reply::Fails(FetchError::Connect)) {
            Reply::Body(status, body) => {
                Ok(FetchReply { status: StatusCode::from_u16(status).unwrap(), headers: HeaderMap::new(), body })
            }
            Reply::Fails(error) => Err(error),
            Reply::Hangs => std::future::pending().await,
        }
    }
}
