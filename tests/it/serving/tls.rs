//! TLS with clients, by a process that is served with a certificate of its own.

use crate::process::{Folder, Weft};
use crate::reload::supergraph;
use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use reqwest::{Certificate, Client};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

const CONFIG: &str = "tls: { supergraph: { certificate: '${file.cert.pem}', key: '${file.key.pem}' } }\n";

/// A gateway, its address, and the certificate that its folder has.
struct Secured {
    folder: Folder,
    weft: Weft,
    url: String,
    certificate: Certificate,
}

impl Secured {
    fn address(&self) -> SocketAddr {
        let port = self.url.trim_end_matches("/graphql").rsplit(':').next().unwrap();
        SocketAddr::from(([127, 0, 0, 1], port.parse().unwrap()))
    }
}

fn certificate(folder: &Folder) -> Certificate {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    folder.write("key.pem", &signing_key.serialize_pem());
    folder.write("cert.pem", &cert.pem());
    Certificate::from_pem(cert.pem().as_bytes()).unwrap()
}

fn start() -> Secured {
    let folder = Folder::new().with("graph.graphql", &supergraph(&["a"])).with("weft.yaml", CONFIG);
    let certificate = certificate(&folder);
    let (weft, endpoint) = folder.serve(&["--supergraph", "graph.graphql", "--config", "weft.yaml"]);
    assert!(endpoint.graphql.starts_with("https://127.0.0.1:"), "{}", endpoint.graphql);
    assert!(endpoint.health.starts_with("http://"), "health is served without TLS");
    let url = endpoint.graphql.replace("127.0.0.1", "localhost");
    Secured { folder, weft, url, certificate }
}

fn trusting(certificate: &Certificate) -> reqwest::ClientBuilder {
    Client::builder().tls_certs_only([certificate.clone()]).resolve("localhost", ([127, 0, 0, 1], 0).into())
}

async fn ask(client: &Client, url: &str) -> reqwest::Result<Value> {
    client.post(url).json(&json!({ "query": "{ __typename }" })).send().await?.json().await
}

/// A connection on which HTTP/2 was agreed.
async fn agreed(secured: &Secured) -> tokio_rustls::client::TlsStream<TcpStream> {
    let mut roots = rustls::RootCertStore::empty();
    roots
        .add(
            CertificateDer::from_pem_slice(
                std::fs::read_to_string(secured.folder.path().join("cert.pem")).unwrap().as_bytes(),
            )
            .unwrap(),
        )
        .unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let stream = TcpStream::connect(secured.address()).await.unwrap();
    TlsConnector::from(Arc::new(config)).connect("localhost".try_into().unwrap(), stream).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_choose_the_protocol_in_the_handshake() {
    let secured = start();
    let old = trusting(&secured.certificate).build().unwrap();
    assert_eq!(ask(&old, &secured.url).await.unwrap()["data"]["__typename"], "Query");
    let stream = agreed(&secured).await;
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let (mut sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let request = Request::post(&secured.url).header("content-type", "application/json");
    let request = request.body(Full::new(Bytes::from_static(b"{\"query\":\"{ __typename }\"}"))).unwrap();
    let answer = sender.send_request(request).await.unwrap().into_body().collect().await.unwrap().to_bytes();
    assert_eq!(&*answer, br#"{"data":{"__typename":"Query"}}"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_certificate_is_taken_up_without_a_restart() {
    let mut secured = start();
    let kept = trusting(&secured.certificate).build().unwrap();
    ask(&kept, &secured.url).await.unwrap();
    let next = certificate(&secured.folder);
    // The key and the certificate are two files: until both are there the old ones serve.
    secured.weft.wait_for("\"reloaded\"");
    let until = std::time::Instant::now() + Duration::from_secs(20);
    let client = loop {
        let client = trusting(&next).build().unwrap();
        match ask(&client, &secured.url).await {
            Ok(_) => break client,
            Err(error) => assert!(std::time::Instant::now() < until, "{error:?}"),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert!(ask(&trusting(&secured.certificate).build().unwrap(), &secured.url).await.is_err(), "it is another one");
    assert!(ask(&kept, &secured.url).await.is_ok(), "connections that are there stay");
    assert!(ask(&client, &secured.url).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_speak_tls_is_turned_away_and_the_others_served() {
    let secured = start();
    for bytes in [
        &b"POST /graphql HTTP/1.1\r\nhost: x\r\n\r\n"[..],
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x16\x03\x01\xff\xff\x00",
    ] {
        let mut stream = TcpStream::connect(secured.address()).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        let mut answer = Vec::new();
        let read = tokio::time::timeout(Duration::from_secs(15), stream.read_to_end(&mut answer)).await;
        assert!(read.is_ok(), "the connection is closed");
        assert!(!answer.starts_with(b"HTTP/"), "nothing is answered in the clear");
    }
    assert!(ask(&trusting(&secured.certificate).build().unwrap(), &secured.url).await.is_ok());
}
