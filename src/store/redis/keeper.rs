//! Keeps the link: connects, asks whether the server answers, and begins again when the link is broken.

use super::{Link, backoff};
use arc_swap::ArcSwapOption;
use prometheus_client::metrics::gauge::Gauge;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, RedisResult};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

/// Commands that wait to be written; more wait before they are handed over, all within their timeout.
const QUEUE: usize = 1_024;
/// A link that lasted so long was a good one: the next is tried for without a longer wait.
const STEADY: Duration = Duration::from_secs(5);
/// How often a link that nobody uses is asked whether it is still there.
const IDLE_CHECK: Duration = Duration::from_secs(15);

pub(super) struct Keeper {
    pub client: redis::Client,
    pub link: Arc<ArcSwapOption<Link>>,
    pub connect_timeout: Duration,
    pub up: Gauge,
}

impl Keeper {
    /// Never ends; whoever started it aborts it.
    pub async fn run(self) {
        let mut pause = backoff();
        let mut told = false;
        loop {
            match self.connect().await {
                Ok(connection) => {
                    tracing::info!("Redis answers");
                    told = false;
                    let since = Instant::now();
                    self.hold(connection).await;
                    if since.elapsed() > STEADY {
                        pause.reset();
                    }
                }
                Err(error) if !told => {
                    tracing::warn!(reason = error.category(), "Redis cannot be reached");
                    told = true;
                }
                Err(error) => tracing::debug!(reason = error.category(), "Redis cannot be reached"),
            }
            pause.wait().await;
        }
    }

    /// A connection whose server has answered: one that hangs accepts connections too.
    async fn connect(&self) -> RedisResult<MultiplexedConnection> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(self.connect_timeout))
            // Each command has its own, see `Redis::ask`.
            .set_response_timeout(None)
            .set_pipeline_buffer_size(QUEUE);
        let mut connection = self.client.get_multiplexed_async_connection_with_config(&config).await?;
        ping(&mut connection, self.connect_timeout).await?;
        Ok(connection)
    }

    /// Lends the connection to everybody until somebody finds it broken.
    async fn hold(&self, connection: MultiplexedConnection) {
        let broken = CancellationToken::new();
        let link = Arc::new(Link { connection: connection.clone(), broken: broken.clone() });
        self.link.store(Some(Arc::clone(&link)));
        let _up = Up::count(&self.up);
        let mut connection = connection;
        loop {
            tokio::select! {
                () = broken.cancelled() => break,
                () = tokio::time::sleep(IDLE_CHECK) => {
                    if let Err(error) = ping(&mut connection, self.connect_timeout).await {
                        link.fail(error.category());
                    }
                }
            }
        }
        self.link.store(None);
    }
}

/// A connection that answers, counted until it is dropped: the one before a reload may live on beside the one after it.
struct Up<'a>(&'a Gauge);

impl<'a> Up<'a> {
    fn count(gauge: &'a Gauge) -> Self {
        gauge.inc();
        Self(gauge)
    }
}

impl Drop for Up<'_> {
    fn drop(&mut self) {
        self.0.dec();
    }
}

async fn ping(connection: &mut MultiplexedConnection, longest: Duration) -> RedisResult<()> {
    match timeout(longest, redis::cmd("PING").query_async(connection)).await {
        Ok(answer) => answer,
        Err(_) => Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into()),
    }
}
