//! One service on one listener: binds, opens its database, answers until it is stopped.
//!
//! The port is taken before the database is opened, so that a second demo on the same port fails
//! before it touches any file.

use std::future::{Future, IntoFuture};
use std::net::SocketAddr;
use std::time::Duration;

use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::database::Database;
use super::subgraph::Endpoint;
use super::{Data, DemoError, Service, orders, payments, products, users};

/// How long accepted requests may take to finish once the service is asked to stop.
const DRAIN: Duration = Duration::from_secs(5);

/// Starts `service` on `address`; port 0 takes any that is free.
///
/// # Errors
/// The address is taken, or the database cannot be opened.
pub async fn start(service: Service, data: &Data, address: SocketAddr) -> Result<Running, DemoError> {
    let taken = |source| DemoError::Listen { service: service.name(), address, source };
    let listener = TcpListener::bind(address).await.map_err(taken)?;
    let address = listener.local_addr().map_err(taken)?;
    let Endpoint { router, database } = match service {
        Service::Users => users::open(data).await?,
        Service::Orders => orders::open(data).await?,
        Service::Products => products::open(data).await?,
        Service::Payments => payments::open(data).await?,
    };
    let (stop, stopped) = oneshot::channel::<()>();
    // Small answers must not wait for the acknowledgement of the one before.
    let listener = listener.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "cannot turn off Nagle's algorithm");
        }
    });
    let server = axum::serve(listener, router).with_graceful_shutdown(async {
        // An error means that `Running` was dropped, which stops the service too.
        let _ = stopped.await;
    });
    let server = tokio::spawn(server.into_future());
    tracing::info!(service = service.name(), %address, "demo service started");
    Ok(Running { service, address, database, server, stop })
}

/// A service that is being served. Dropping it stops the service without waiting.
#[derive(Debug)]
pub struct Running {
    service: Service,
    address: SocketAddr,
    database: Database,
    server: JoinHandle<std::io::Result<()>>,
    stop: oneshot::Sender<()>,
}

impl Running {
    /// Which service this is.
    #[must_use]
    pub fn service(&self) -> Service {
        self.service
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The GraphQL endpoint, such as `http://127.0.0.1:4001/graphql`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/graphql", self.address)
    }

    /// How many SQL statements were run since the service started, seeding apart.
    #[must_use]
    pub fn statements(&self) -> u64 {
        self.database.statements()
    }

    /// Stops listening, lets accepted requests finish (for 5 s at most) and closes the database.
    pub fn stop(self) -> impl Future<Output = ()> {
        let Self { service, database, mut server, stop, .. } = self;
        async move {
            let _ = stop.send(());
            match tokio::time::timeout(DRAIN, &mut server).await {
                Ok(Ok(Ok(()))) => {}
                Ok(Ok(Err(error))) => tracing::warn!(%error, service = service.name(), "demo service failed"),
                Ok(Err(error)) => tracing::warn!(%error, service = service.name(), "demo service panicked"),
                Err(_) => server.abort(),
            }
            database.close().await;
        }
    }
}
