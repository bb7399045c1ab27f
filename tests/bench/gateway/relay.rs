//! The physical limit: the same requests to the services, in the same waves, and an answer that was
//! ready beforehand. Nothing is parsed, planned or looked into.
//!
//! hyper as a server and hyper's client with its pool, a runtime to each thread and a listener to each
//! runtime. What a gateway costs beyond this is what it does to the bytes.

use bytes::Bytes;
use futures::future::join_all;
use http::{HeaderValue, Method, Request, Response, Uri, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde::{Deserialize, Serialize};
use std::convert::Infallible;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread;
use std::time::Duration;
use tokio::runtime;
use tokio::task::LocalSet;

/// What the relay does for each request.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Script {
    /// Address and body of the requests, by wave.
    pub waves: Vec<Vec<(SocketAddr, String)>>,
    pub answer: String,
    pub threads: usize,
}

/// Serves the script that standard input holds. Prints the port first.
pub fn run() {
    let script: Script = serde_json::from_reader(std::io::stdin().lock()).expect("a script on standard input");
    let listener = nix_listener(0);
    let port = listener.local_addr().expect("its own address").port();
    let waves: Waves = script
        .waves
        .iter()
        .map(|wave| wave.iter().map(|(to, body)| (uri(*to), Bytes::from(body.clone()))).collect())
        .collect();
    let (waves, answer) = (Arc::new(waves), Bytes::from(script.answer));
    let mut listeners = vec![listener];
    listeners.extend((1..script.threads).map(|_| nix_listener(port)));
    println!("{port}");
    let threads: Vec<_> = listeners
        .into_iter()
        .map(|listener| {
            let (waves, answer) = (Arc::clone(&waves), answer.clone());
            thread::spawn(move || serve(listener, waves, answer))
        })
        .collect();
    for thread in threads {
        let _ = thread.join();
    }
}

type Waves = Vec<Vec<(Uri, Bytes)>>;

fn uri(address: SocketAddr) -> Uri {
    format!("http://{address}/graphql").parse().expect("an address is a URL")
}

/// A listener that shares its port with the other threads'.
fn nix_listener(port: u16) -> TcpListener {
    use nix::sys::socket::{
        AddressFamily, Backlog, SockFlag, SockType, SockaddrIn, bind, listen, setsockopt, socket, sockopt,
    };
    let flags = SockFlag::SOCK_NONBLOCK | SockFlag::SOCK_CLOEXEC;
    let socket = socket(AddressFamily::Inet, SockType::Stream, flags, None).expect("a socket");
    setsockopt(&socket, sockopt::ReusePort, &true).expect("a port that can be shared");
    let address = SockaddrIn::new(127, 0, 0, 1, port);
    bind(std::os::fd::AsRawFd::as_raw_fd(&socket), &address).expect("a free port");
    listen(&socket, Backlog::MAXCONN).expect("a socket that listens");
    TcpListener::from(socket)
}

fn serve(listener: TcpListener, waves: Arc<Waves>, answer: Bytes) {
    let runtime = runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let client: Client<HttpConnector, Full<Bytes>> =
        Client::builder(TokioExecutor::new()).pool_idle_timeout(Duration::from_secs(90)).build({
            let mut connector = HttpConnector::new();
            connector.set_nodelay(true);
            connector
        });
    LocalSet::new().block_on(&runtime, async move {
        let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
        loop {
            let Ok((stream, _)) = listener.accept().await else { continue };
            let _ = stream.set_nodelay(true);
            let (client, waves, answer) = (client.clone(), Arc::clone(&waves), answer.clone());
            tokio::task::spawn_local(async move {
                let service = service_fn(|request| relay(request, &client, &waves, &answer));
                let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
}

async fn relay(
    request: Request<Incoming>,
    client: &Client<HttpConnector, Full<Bytes>>,
    waves: &Waves,
    answer: &Bytes,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let _ = request.into_body().collect().await;
    for wave in waves {
        join_all(wave.iter().map(|(uri, body)| async {
            let mut request = Request::new(Full::new(body.clone()));
            *request.method_mut() = Method::POST;
            *request.uri_mut() = uri.clone();
            request.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
            request.headers_mut().insert(header::ACCEPT, HeaderValue::from_static("application/json"));
            let response = client.request(request).await.expect("a service that answers");
            response.into_body().collect().await.expect("a whole answer").to_bytes()
        }))
        .await;
    }
    let mut response = Response::new(Full::new(answer.clone()));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}
