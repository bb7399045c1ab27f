//! Authentication on the way of a request.

use super::accepted::issuer;
use super::issuer::{KEYS, claims_at, now, set};
use crate::serving::gateway::{Answer, Running};
use serde_json::json;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

async fn gateway() -> Running {
    Running::configured(|config| config.authentication.issuers.push(issuer(set(&[KEYS.p256.jwk("k")])))).await
}

#[tokio::test]
async fn a_request_without_a_credential_is_anonymous() {
    assert_eq!(gateway().await.query("{ __typename }").await.status, 200);
}

#[tokio::test]
async fn where_nothing_is_configured_headers_mean_nothing() {
    let gateway = Running::start().await;
    let request = gateway.client.post(&gateway.url).header("content-type", "application/json");
    let answer = Answer::of(request.header("authorization", "Bearer x").body(r#"{"query":"{ __typename }"}"#)).await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn credentials_are_checked_before_the_body_comes() {
    let gateway = gateway().await;
    let mut stream = TcpStream::connect(gateway.address).await.unwrap();
    let head = "POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\
                expect: 100-continue\r\nauthorization: Bearer bad\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = vec![0; 12];
    tokio::time::timeout(Duration::from_secs(5), stream.read_exact(&mut answer)).await.unwrap().unwrap();
    assert_eq!(answer, b"HTTP/1.1 401", "not 100, which would ask for the body");
}

#[tokio::test]
async fn a_get_is_authenticated_too() {
    let gateway = gateway().await;
    let token = KEYS.p256.token(&json!({ "alg": "ES256", "kid": "k" }), &claims_at(now()));
    let path = "/graphql?query=%7B__typename%7D";
    let ask = async |authorization: &str| {
        let headers = [("apollo-require-preflight", "1"), ("authorization", authorization)];
        gateway.get(path, &headers).await.status
    };
    assert_eq!(ask(&format!("Bearer {token}")).await, 200);
    assert_eq!(ask("Bearer x").await, 401);
}
