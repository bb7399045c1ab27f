//! Subgraphs that do not keep to their protocol cost their subscription, and nothing else.

use super::listener::Form;
use super::service::{Speech, Step};
use super::{PLACED, World, code, placed, shown};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use weft::config::CircuitBreaker;

#[tokio::test]
async fn a_frame_that_is_none_ends_it_with_an_error() {
    let text = |text: &str| Message::text(text);
    let invalid = Frame::message(vec![b'"', 0xff, b'"'], OpCode::Data(Data::Text), true);
    let frames = [
        Message::binary(b"{\"id\":\"1\",\"type\":\"complete\"}".to_vec()),
        text("nonsense"),
        text("[]"),
        text(r#"{"id":"1","type":"next"}"#),
        text(r#"{"id":"2","type":"next","payload":{"data":{"orderPlaced":null}}}"#),
        text(r#"{"id":1,"type":"complete"}"#),
        Message::Frame(invalid),
        text(&json!({ "id": "1", "type": "next", "payload": placed(1, &"x".repeat(5000)) }).to_string()),
        Message::Close(None),
    ];
    for frame in frames {
        let told = format!("{frame:.100}");
        let limit = |config: &mut weft::config::Config| {
            config.subgraphs.change("orders", |orders| orders.max_response_bytes = 4_000);
        };
        let mut world = World::with(Speech::WebSocket, limit).await;
        let mut client = world.listen(Form::ServerSent, PLACED).await;
        let source = world.orders.opened().await;
        source.sends(placed(3, "ada"));
        assert_eq!(client.next().await, shown(3, "ADA"));
        source.does(Step::Frame(frame));
        let answer = client.next().await;
        assert_eq!(
            (&answer["data"], code(&answer)),
            (&json!({ "orderPlaced": null }), "SUBREQUEST_HTTP_ERROR"),
            "{told}"
        );
        assert_eq!(client.next().await, Value::Null);
        source.left().await;
    }
}

#[tokio::test]
async fn a_payload_that_is_no_response_is_an_error_of_its_event() {
    let mut world = World::new(Speech::WebSocket).await;
    let mut client = world.listen(Form::ServerSent, PLACED).await;
    let source = world.orders.opened().await;
    for payload in
        [json!(1), json!("x"), json!([]), json!({}), json!({ "data": [] }), json!({ "data": { "other": 1 } })]
    {
        source.sends(payload.clone());
        let answer = client.next().await;
        assert_eq!(
            (&answer["data"], code(&answer)),
            (&json!({ "orderPlaced": null }), "SUBREQUEST_MALFORMED_RESPONSE"),
            "{payload}"
        );
    }
    source.sends(placed(3, "ada"));
    assert_eq!(client.next().await, shown(3, "ADA"));
}

#[tokio::test]
async fn a_stream_of_http_that_is_none_ends_it_with_an_error() {
    for (speech, content) in
        [(Speech::Multipart, "nonsense".to_owned()), (Speech::ServerSent, format!("data: {}\n\n", "x".repeat(5_000)))]
    {
        let limit = |config: &mut weft::config::Config| {
            config.subgraphs.change("orders", |orders| orders.max_response_bytes = 4_000);
        };
        let mut world = World::with(speech, limit).await;
        let mut client = world.listen(Form::ServerSent, PLACED).await;
        let source = world.orders.opened().await;
        source.does(Step::Frame(Message::text(content)));
        assert_eq!(code(&client.next().await), "SUBREQUEST_HTTP_ERROR", "{speech:?}");
        assert_eq!(client.next().await, Value::Null);
        source.left().await;
    }
}

/// A subgraph that reads a request and then says something, or nothing.
async fn mute(answer: &'static str) -> url::Url {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut seen = [0; 4096];
                let _ = stream.read(&mut seen).await;
                stream.write_all(answer.as_bytes()).await.unwrap();
                // Until the gateway goes.
                while stream.read(&mut seen).await.is_ok_and(|read| read > 0) {}
            });
        }
    });
    url
}

#[tokio::test]
async fn a_handshake_that_does_not_come_about_is_an_error() {
    let json = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 28\r\n\r\n{\"errors\":[{\"message\":\"no\"}]}";
    let json = json.replace("28", "29");
    let json: &'static str = json.leak();
    for (speech, answer, expected) in [
        (Speech::WebSocket, "", "GATEWAY_TIMEOUT"),
        (Speech::ServerSent, "", "GATEWAY_TIMEOUT"),
        (Speech::WebSocket, "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n", "SUBREQUEST_HTTP_ERROR"),
        (Speech::ServerSent, "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n", "SUBREQUEST_HTTP_ERROR"),
        (Speech::WebSocket, "SSH-2.0\r\n\r\n", "SUBREQUEST_HTTP_ERROR"),
        (Speech::ServerSent, json, "DOWNSTREAM_SERVICE_ERROR"),
    ] {
        let url = mute(answer).await;
        let configure = |config: &mut weft::config::Config| {
            config.subgraphs.change("orders", |orders| {
                orders.urls = vec![url];
                orders.timeout = Duration::from_millis(300);
            });
        };
        let world = World::with(speech, configure).await;
        let mut client = world.listen(Form::Multipart, PLACED).await;
        let answer = client.next().await;
        assert_eq!(
            (&answer["data"], code(&answer)),
            (&json!({ "orderPlaced": null }), expected),
            "{speech:?}: {answer}"
        );
        assert_eq!(client.next().await, Value::Null);
    }
}

#[tokio::test]
async fn clients_cannot_open_a_breaker_by_subscribing_where_nobody_understands_it() {
    for answer in ["SSH-2.0\r\n\r\n", "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n"] {
        let url = mute(answer).await;
        let configure = |config: &mut weft::config::Config| {
            config.subgraphs.change("orders", |orders| {
                orders.urls = vec![url];
                orders.circuit_breaker = Some(CircuitBreaker { volume_threshold: 1, ..CircuitBreaker::default() });
            });
        };
        let world = World::with(Speech::WebSocket, configure).await;
        for _ in 0..3 {
            let mut client = world.listen(Form::ServerSent, PLACED).await;
            assert_eq!(code(&client.next().await), "SUBREQUEST_HTTP_ERROR", "{answer}");
        }
    }
}

#[tokio::test]
async fn a_subgraph_that_shows_no_sign_of_life_is_left() {
    let heartbeat = |config: &mut weft::config::Config| {
        config.subgraphs.change("orders", |orders| orders.subscription.heartbeat = Some(Duration::from_millis(100)));
    };
    let mut world = World::with(Speech::WebSocket, heartbeat).await;
    let mut client = world.listen(Form::ServerSent, PLACED).await;
    let source = world.orders.opened().await;
    // The test's service answers no ping of the protocol.
    assert_eq!(code(&client.next().await), "SUBREQUEST_HTTP_ERROR");
    assert_eq!(client.next().await, Value::Null);
    assert_eq!(source.left().await.first(), Some(&json!({ "type": "ping" })));
}
