//! An identity provider of the test's making: it answers what it is told to, and counts what it is asked.

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;
use url::Url;

#[derive(Clone, Default)]
pub struct Provider {
    state: Arc<Mutex<Answers>>,
    address: Option<SocketAddr>,
}

#[derive(Default)]
struct Answers {
    by_path: BTreeMap<String, (u16, String)>,
    delay: Duration,
    asked: Vec<(String, HeaderMap, String)>,
}

impl Provider {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let provider = Self { address: Some(listener.local_addr().unwrap()), ..Self::default() };
        let router = Router::new().fallback(answer).with_state(provider.clone());
        tokio::spawn(async move {
            // hyper's own loop: axum's needs a feature that the gateway has no use for.
            while let Ok((stream, _)) = listener.accept().await {
                let service = hyper_util::service::TowerToHyperService::new(router.clone());
                let io = hyper_util::rt::TokioIo::new(stream);
                tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(io, service));
            }
        });
        provider
    }

    pub fn origin(&self) -> String {
        format!("http://{}", self.address.unwrap())
    }

    pub fn url(&self, path: &str) -> Url {
        Url::parse(&format!("{}{path}", self.origin())).unwrap()
    }

    /// From now on `path` answers this, with the value of the request's header for `{x-user-id}`.
    pub fn answer(&self, path: &str, status: u16, body: impl Into<String>) {
        self.state.lock().unwrap().by_path.insert(path.into(), (status, body.into()));
    }

    /// From now on every answer takes this long.
    pub fn delay(&self, delay: Duration) {
        self.state.lock().unwrap().delay = delay;
    }

    /// How often `path` was asked for.
    pub fn asked(&self, path: &str) -> usize {
        self.state.lock().unwrap().asked.iter().filter(|(asked, ..)| asked == path).count()
    }

    /// The headers and the body of the last request.
    pub fn last(&self) -> (HeaderMap, String) {
        let state = self.state.lock().unwrap();
        let (_, headers, body) = state.asked.last().unwrap();
        (headers.clone(), body.clone())
    }
}

async fn answer(State(provider): State<Provider>, uri: Uri, headers: HeaderMap, body: String) -> Response {
    let user = headers.get("x-user-id").map_or("", |value| value.to_str().unwrap()).to_owned();
    let (answer, delay) = {
        let mut state = provider.state.lock().unwrap();
        state.asked.push((uri.path().to_owned(), headers, body));
        (state.by_path.get(uri.path()).cloned(), state.delay)
    };
    tokio::time::sleep(delay).await;
    let (status, body) = answer.unwrap_or((404, String::new()));
    let body = body.replace("{x-user-id}", &user);
    let status = StatusCode::from_u16(status).unwrap();
    if status.is_redirection() {
        return (status, [("location", body)]).into_response();
    }
    (status, [("content-type", "application/json")], body).into_response()
}
