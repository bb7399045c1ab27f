//! All mocks of a graph behind one port on the loopback interface: `http://127.0.0.1:PORT/NAME`.

use super::answer::Mock;
use super::events::Events;
use arc_swap::ArcSwap;
use async_graphql_axum::GraphQLSubscription;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use std::collections::HashMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tower::ServiceExt;

/// How large a request may be: some 100 000 representations.
const BODY_LIMIT: usize = 16 * 1024 * 1024;

/// The mocks by name.
type Table = Arc<ArcSwap<HashMap<String, Arc<Mock>>>>;

/// The mocks that are being served. Dropping it stops them.
#[derive(Debug)]
pub struct Mocks {
    address: SocketAddr,
    by_name: Table,
    server: JoinHandle<io::Result<()>>,
}

impl Mocks {
    /// Opens a port that is free; no mock is there yet.
    ///
    /// # Errors
    /// When the system gives no port.
    pub async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let by_name = Table::default();
        let router = Router::new()
            .route("/{name}", post(answer).get(listen))
            .layer(DefaultBodyLimit::max(BODY_LIMIT))
            .with_state(Arc::clone(&by_name));
        let server = tokio::spawn(axum::serve(listener, router).into_future());
        Ok(Self { address, by_name, server })
    }

    /// Where the mock called `name` answers, whether it is there yet or not.
    pub fn url(&self, name: &str) -> String {
        let mut url = url::Url::parse(&format!("http://{}", self.address)).expect("an address makes a URL");
        url.set_path(name);
        url.into()
    }

    /// Puts these mocks in the place of those there were.
    pub fn replace(&self, mocks: impl IntoIterator<Item = (String, Mock)>) {
        let mocks = mocks.into_iter().map(|(name, mock)| (name, Arc::new(mock)));
        self.by_name.store(Arc::new(mocks.collect()));
    }
}

impl Drop for Mocks {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn answer(State(mocks): State<Table>, Path(name): Path<String>, body: Bytes) -> Response {
    let Some(mock) = mocks.load().get(&name).cloned() else {
        return (StatusCode::NOT_FOUND, format!("there is no mock called {name}\n")).into_response();
    };
    ([(header::CONTENT_TYPE, "application/json")], mock.answer(&body).to_string()).into_response()
}

/// Over WebSocket.
async fn listen(State(mocks): State<Table>, Path(name): Path<String>, request: Request) -> Response {
    let Some(mock) = mocks.load().get(&name).cloned() else {
        return (StatusCode::NOT_FOUND, format!("there is no mock called {name}\n")).into_response();
    };
    GraphQLSubscription::new(Events(mock)).oneshot(request).await.unwrap_or_else(|never| match never {})
}
