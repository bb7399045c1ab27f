//! Redis or Valkey: what gateways share, and what none of them may depend on.
//!
//! [`Redis`] keeps one multiplexed connection: requests of all threads go into it as they come, without waiting
//! for each other's answers. A server that stops, hangs or is replaced costs at most one [`timeout`], once: the
//! first command that fails breaks the link for everybody, those who wait for an answer are told at once, and from
//! then on every command fails without a wait until the [`keeper`] has a connection that answers. Requests are
//! never the ones who try.
//!
//! Callers decide what it means that there is no answer; [`Unavailable`] says no more than that. Who wants to hear
//! what other gateways say listens with [`Redis::messages`].
//!
//! [`timeout`]: crate::config::RedisSettings::timeout

mod keeper;
mod messages;
mod tls;

pub use messages::Message;
pub use redis::{Cmd, FromRedisValue, Pipeline, Script, ScriptInvocation, Value, cmd, pipe};

use crate::config::RedisSettings;
use crate::store::Backoff;
use crate::telemetry::{Metrics, RedisMetrics};
use arc_swap::ArcSwapOption;
use redis::aio::MultiplexedConnection;
use redis::{ErrorKind, RedisError, RedisResult};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// There is no answer: the server is down, hangs, or refused the command. The log and the metrics know more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Redis gives no answer")]
pub struct Unavailable;

/// The way to one Redis server. Made once and shared; dropped, it closes its connections.
pub struct Redis {
    client: redis::Client,
    settings: RedisSettings,
    link: Arc<ArcSwapOption<Link>>,
    metrics: RedisMetrics,
    keeper: JoinHandle<()>,
}

/// A connection that has answered, until it is broken.
struct Link {
    connection: MultiplexedConnection,
    broken: CancellationToken,
}

impl Redis {
    /// Begins to connect, in tasks of the runtime that it is called on; that is not waited for.
    ///
    /// # Errors
    /// When the URL is none that the client can use.
    pub fn start(settings: &RedisSettings, metrics: &Metrics) -> Result<Self, RedisError> {
        let client = tls::client(settings)?;
        let (link, metrics) = (Arc::new(ArcSwapOption::empty()), metrics.redis());
        let keeper = keeper::Keeper {
            client: client.clone(),
            link: Arc::clone(&link),
            connect_timeout: settings.connect_timeout,
            up: metrics.up.clone(),
        };
        let keeper = tokio::spawn(keeper.run());
        Ok(Self { client, settings: settings.clone(), link, metrics, keeper })
    }

    /// What it was started with.
    pub fn settings(&self) -> &RedisSettings {
        &self.settings
    }

    /// A key under the configured prefix.
    pub fn key(&self, rest: &str) -> String {
        [&self.settings.namespace, ":", rest].concat()
    }

    /// Whether a command would be sent.
    pub fn is_up(&self) -> bool {
        self.link.load().as_ref().is_some_and(|link| !link.broken.is_cancelled())
    }

    /// Runs one command.
    ///
    /// # Errors
    /// When there is no answer in time, or it is not what is asked for.
    pub async fn command<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, Unavailable> {
        self.ask(async |mut connection| command.query_async(&mut connection).await).await
    }

    /// Runs several commands in one round trip.
    ///
    /// # Errors
    /// As [`Self::command`].
    pub async fn pipeline<T: FromRedisValue>(&self, pipeline: &Pipeline) -> Result<T, Unavailable> {
        self.ask(async |mut connection| pipeline.query_async(&mut connection).await).await
    }

    /// Runs a script by its name; a server that does not know it yet is told, which takes two more round trips.
    ///
    /// # Errors
    /// As [`Self::command`].
    pub async fn script<T: FromRedisValue>(&self, script: &ScriptInvocation<'_>) -> Result<T, Unavailable> {
        self.ask(async |mut connection| script.invoke_async(&mut connection).await).await
    }

    /// What is published on `channel` from now on, also after the connection was lost and found again.
    pub fn messages(&self, channel: &str) -> mpsc::Receiver<Message> {
        messages::listen(self.client.clone(), channel.to_owned(), self.settings.connect_timeout)
    }

    async fn ask<T>(
        &self,
        question: impl AsyncFnOnce(MultiplexedConnection) -> RedisResult<T>,
    ) -> Result<T, Unavailable> {
        let Some(link) = self.link.load_full().filter(|link| !link.broken.is_cancelled()) else {
            self.metrics.skipped.inc();
            return Err(Unavailable);
        };
        let answer = timeout(self.settings.timeout, question(link.connection.clone()));
        let answer = tokio::select! {
            biased;
            answer = answer => answer,
            () = link.broken.cancelled() => {
                self.metrics.skipped.inc();
                return Err(Unavailable);
            }
        };
        match answer {
            Ok(Ok(answer)) => {
                self.metrics.answered.inc();
                Ok(answer)
            }
            Ok(Err(error)) => {
                self.metrics.failed.inc();
                self.failed(&link, &error);
                Err(Unavailable)
            }
            Err(_) => {
                self.metrics.late.inc();
                link.fail("no answer in time");
                Err(Unavailable)
            }
        }
    }

    /// A server that refuses one command is there all the same; anything else means that the connection is not.
    fn failed(&self, link: &Link, error: &RedisError) {
        match error.kind() {
            ErrorKind::Server(_) | ErrorKind::UnexpectedReturnType | ErrorKind::Parse | ErrorKind::Extension => {
                tracing::warn!(%error, "Redis refused a command");
            }
            _ => link.fail(error.category()),
        }
    }
}

impl Link {
    /// Says once why, and tells everybody.
    fn fail(&self, reason: &str) {
        if !self.broken.is_cancelled() {
            tracing::warn!(reason, "Redis is left alone until it answers again");
            self.broken.cancel();
        }
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.keeper.abort();
    }
}

impl std::fmt::Debug for Redis {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Redis").field("settings", &self.settings).field("up", &self.is_up()).finish_non_exhaustive()
    }
}

/// How long a server that fails is left alone, so that one which comes back is not met by a stampede.
const fn backoff() -> Backoff {
    Backoff::new(Duration::from_millis(50), Duration::from_secs(2))
}
