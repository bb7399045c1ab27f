//! Buckets that gateways share, in Redis.
//!
//! A bucket is a key with the moment at which it is full again, by the server's clock, so that the clocks of gateways do
//! not matter; it expires then. All buckets of one request are looked at and changed by one script, in one round trip.
//! What is given back goes through a queue, behind the answer.

use super::client::Client;
use super::quota::Quota;
use crate::store::redis::{Redis, Script, Unavailable};
use futures::StreamExt;
use smallvec::SmallVec;
use std::fmt::Write;
use std::sync::Arc;
use tokio::sync::mpsc;

/// Takes from all buckets, or from none. For each key: what to take, and the window.
/// Gives 0 and how long the first takes to fill, or the number of the bucket that has too little, how long to wait,
/// and how long the first takes to fill.
const TAKE: &str = r"
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local owed, levels = {}, {}
for i, key in ipairs(KEYS) do
  owed[i] = math.max(tonumber(redis.call('GET', key) or 0) - now, 0)
  levels[i] = owed[i] + tonumber(ARGV[2 * i - 1])
  local missing = levels[i] - tonumber(ARGV[2 * i])
  if missing > 0 then
    return {i, missing, owed[1]}
  end
end
for i, key in ipairs(KEYS) do
  if levels[i] > owed[i] then
    redis.call('SET', key, string.format('%.0f', now + levels[i]), 'PX', string.format('%.0f', math.ceil(levels[i] / 1000)))
  end
end
return {0, 0, levels[1]}
";

/// Moves the moments at which buckets are full. For each key: by how much.
const CORRECT: &str = r"
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
for i, key in ipairs(KEYS) do
  local full_at = redis.call('GET', key)
  if full_at then
    local level = tonumber(full_at) + tonumber(ARGV[i]) - now
    if level > 0 then
      redis.call('SET', key, string.format('%.0f', now + level), 'PX', string.format('%.0f', math.ceil(level / 1000)))
    else
      redis.call('DEL', key)
    end
  end
end
";

/// Corrections that wait; when there are more, the client has paid a little too much.
const QUEUE: usize = 4_096;
/// Corrections under way at once.
const SIDE_BY_SIDE: usize = 32;

/// The buckets of all gateways.
#[derive(Debug)]
pub(super) struct Shared {
    redis: Arc<Redis>,
    take: Script,
    corrections: mpsc::Sender<Correction>,
}

/// A change of a client's buckets: of which, and how much longer each takes to fill.
#[derive(Debug)]
pub(super) struct Correction {
    pub client: Client,
    pub changes: SmallVec<[(usize, i64); 2]>,
}

/// What became of taking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    /// All was there; so long until the first bucket is full.
    All { until_full: u64 },
    /// The bucket at this position had too little.
    TooLittle { at: usize, wait: u64, until_full: u64 },
}

impl Shared {
    /// Gives back in a task of the runtime that this is called on.
    pub fn new(redis: Arc<Redis>) -> Self {
        let (corrections, waiting) = mpsc::channel(QUEUE);
        tokio::spawn(correct(Arc::clone(&redis), waiting));
        Self { redis, take: Script::new(TAKE), corrections }
    }

    pub fn redis(&self) -> &Arc<Redis> {
        &self.redis
    }

    /// Takes from a client's buckets: of each its number, its quota and what to take, in microseconds.
    pub async fn take(&self, client: &Client, wanted: &[(usize, Quota, u64)]) -> Result<Taken, Unavailable> {
        let mut script = self.take.prepare_invoke();
        for (bucket, quota, micros) in wanted {
            script.key(key(&self.redis, client, *bucket)).arg(*micros).arg(quota.window());
        }
        let (at, wait, until_full): (usize, u64, u64) = self.redis.script(&script).await?;
        Ok(match at.checked_sub(1) {
            None => Taken::All { until_full },
            Some(at) => Taken::TooLittle { at, wait, until_full },
        })
    }

    /// Corrects, some time soon.
    pub fn correct(&self, correction: Correction) {
        if self.corrections.try_send(correction).is_err() {
            tracing::debug!("a correction of a budget was dropped");
        }
    }
}

async fn correct(redis: Arc<Redis>, mut waiting: mpsc::Receiver<Correction>) {
    let script = Script::new(CORRECT);
    let corrections = futures::stream::poll_fn(move |context| waiting.poll_recv(context));
    corrections
        .for_each_concurrent(SIDE_BY_SIDE, |Correction { client, changes }| {
            let mut invocation = script.prepare_invoke();
            for (bucket, more) in changes {
                invocation.key(key(&redis, &client, bucket)).arg(more);
            }
            let redis = &redis;
            async move {
                // Without an answer the client has paid a little too much, until it has refilled.
                let _ = redis.script::<()>(&invocation).await;
            }
        })
        .await;
}

/// The braces keep a client's buckets on one node of a cluster.
fn key(redis: &Redis, client: &Client, bucket: usize) -> String {
    let mut key = redis.key("budget:{");
    let _ = write!(key, "{client}}}:{bucket}");
    key
}
