//! Clients over WebSocket: the protocol, and all that it shares with HTTP.

use super::service::{Speech, Step};
use super::{PLACED, World, config, patiently, placed, shown};
use futures::{SinkExt, StreamExt};
use http::Request;
use serde_json::{Value, json};
use std::sync::atomic::Ordering;
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::{self, Message};
use weft::config::{Config, CorsPolicy, Origins};
use weft::demo::credentials;

/// A client.
struct Client(WebSocketStream<TcpStream>);

impl World {
    /// Shakes hands with these headers beside those that have to be there.
    async fn shake(&self, headers: &[(&str, &str)]) -> Result<Client, tungstenite::Error> {
        let address = self.gateway.address;
        let mut request = Request::builder()
            .uri(format!("ws://{address}/graphql"))
            .header("host", address.to_string())
            .header("connection", "keep-alive, Upgrade")
            .header("upgrade", "websocket")
            .header("sec-websocket-version", "13")
            .header("sec-websocket-key", generate_key());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let stream = TcpStream::connect(address).await.unwrap();
        tokio_tungstenite::client_async(request.body(()).unwrap(), stream).await.map(|(socket, _)| Client(socket))
    }

    /// Connects, and has the connection taken.
    async fn connect(&self) -> Client {
        self.connect_with(&[], Value::Null).await
    }

    async fn connect_with(&self, headers: &[(&str, &str)], payload: Value) -> Client {
        let mut client = self.shake(&[headers, &[SPEAKS]].concat()).await.unwrap();
        client.says(json!({ "type": "connection_init", "payload": payload })).await;
        assert_eq!(client.hears().await, json!({ "type": "connection_ack" }));
        client
    }
}

const SPEAKS: (&str, &str) = ("sec-websocket-protocol", "graphql-transport-ws");

impl Client {
    async fn says(&mut self, message: Value) {
        self.sends(Message::text(message.to_string())).await;
    }

    async fn sends(&mut self, message: Message) {
        self.0.send(message).await.unwrap();
    }

    async fn asks(&mut self, id: &str, query: &str) {
        self.says(json!({ "id": id, "type": "subscribe", "payload": { "query": query } })).await;
    }

    /// The next message.
    async fn hears(&mut self) -> Value {
        match patiently(self.0.next()).await {
            Some(Ok(Message::Text(text))) => serde_json::from_str(&text).unwrap(),
            other => panic!("no message, but {other:?}"),
        }
    }

    /// The code with which the gateway closes.
    async fn closed(mut self) -> u16 {
        loop {
            match patiently(self.0.next()).await {
                Some(Ok(Message::Close(frame))) => return frame.unwrap().code.into(),
                Some(Ok(_)) => {}
                other => panic!("not closed, but {other:?}"),
            }
        }
    }
}

fn next(id: &str, payload: Value) -> Value {
    json!({ "id": id, "type": "next", "payload": payload })
}

#[tokio::test]
async fn operations_of_all_kinds_run_side_by_side() {
    let mut world = World::new(Speech::WebSocket).await;
    let mut client = world.connect().await;
    client.asks("a", PLACED).await;
    let source = world.orders.opened().await;
    client.asks("b", "{ __typename }").await;
    assert_eq!(client.hears().await, next("b", json!({ "data": { "__typename": "Query" } })));
    assert_eq!(client.hears().await, json!({ "id": "b", "type": "complete" }));
    source.sends(placed(3, "ada"));
    assert_eq!(client.hears().await, next("a", shown(3, "ADA")));
    client.says(json!({ "type": "ping" })).await;
    assert_eq!(client.hears().await, json!({ "type": "pong" }));
    // The id of what is over may be used again.
    client.asks("b", "{ nothing }").await;
    let refused = client.hears().await;
    assert_eq!((&refused["id"], &refused["type"]), (&json!("b"), &json!("error")));
    assert_eq!(refused["payload"][0]["extensions"]["code"], "GRAPHQL_VALIDATION_FAILED");
    source.does(Step::Complete);
    assert_eq!(client.hears().await, json!({ "id": "a", "type": "complete" }));
}

#[tokio::test]
async fn a_client_that_wants_no_more_ends_the_stream_of_the_subgraph() {
    let mut world = World::new(Speech::WebSocket).await;
    let mut client = world.connect().await;
    client.asks("a", PLACED).await;
    let source = world.orders.opened().await;
    client.says(json!({ "id": "a", "type": "complete" })).await;
    source.left().await;
    client.asks("a", PLACED).await;
    let source = world.orders.opened().await;
    drop(client);
    source.left().await;
}

#[tokio::test]
async fn what_breaks_the_protocol_closes_the_connection() {
    let world = World::new(Speech::WebSocket).await;
    let init = json!({ "type": "connection_init" });
    let subscribe = json!({ "id": "a", "type": "subscribe", "payload": { "query": PLACED } });
    let text = |message: &Value| Message::text(message.to_string());
    for (messages, code) in [
        (vec![text(&subscribe)], 4401),
        (vec![text(&json!({ "type": "complete", "id": "a" }))], 4401),
        (vec![text(&init), text(&init)], 4429),
        (vec![text(&init), text(&subscribe), text(&subscribe)], 4409),
        (vec![text(&json!({ "type": "connection_init", "payload": 1 }))], 4400),
        (vec![Message::text("nonsense")], 4400),
        (vec![text(&json!({ "type": "next", "id": "a" }))], 4400),
        (vec![text(&init), text(&json!({ "type": "subscribe", "id": "", "payload": {} }))], 4400),
        (vec![Message::binary(init.to_string().into_bytes())], 4400),
        (vec![Message::text("x".repeat(2_000_001))], 1009),
    ] {
        let mut client = world.shake(&[SPEAKS]).await.unwrap();
        for message in &messages {
            // The gateway may have closed already.
            let _ = client.0.send(message.clone()).await;
        }
        let told: Vec<String> = messages.iter().map(|message| format!("{message:.80}")).collect();
        assert_eq!(client.closed().await, code, "{told:?}");
    }
    for protocol in ["graphql-ws", "chat"] {
        let refused = world.shake(&[("sec-websocket-protocol", protocol)]).await;
        assert!(refused.is_err(), "{protocol} is spoken");
    }
    assert_eq!(world.shake(&[]).await.unwrap().closed().await, 4406);
}

#[tokio::test]
async fn a_payload_that_is_no_request_is_an_error_of_its_operation() {
    let world = World::new(Speech::WebSocket).await;
    let mut client = world.connect().await;
    for payload in [json!([]), json!({}), json!({ "query": 1 }), json!({ "query": "{", "variables": {} })] {
        client.says(json!({ "id": "a", "type": "subscribe", "payload": payload })).await;
        assert_eq!(client.hears().await["type"], "error", "{payload}");
    }
}

#[tokio::test]
async fn pages_of_other_origins_need_a_policy() {
    let world = World::new(Speech::WebSocket).await;
    let refused = world.shake(&[SPEAKS, ("origin", "https://evil.example")]).await;
    let Err(tungstenite::Error::Http(response)) = refused else { panic!("a stranger is let in") };
    assert_eq!(response.status(), 403);
    let own = format!("http://{}", world.gateway.address);
    world.connect_with(&[("origin", &own)], Value::Null).await;
    let world = World::with(Speech::WebSocket, |config| {
        let policy = CorsPolicy {
            origins: Origins::Any,
            allow_credentials: false,
            allow_headers: None,
            expose_headers: Vec::new(),
            methods: Vec::new(),
            max_age: None,
        };
        config.cors.policies = vec![policy];
        config.headers = super::config("headers: { all: { request: [{ propagate: { named: cookie } }] } }").headers;
    });
    let mut world = world.await;
    let headers = [("origin", "https://shop.example"), ("cookie", "session=1")];
    let mut client = world.connect_with(&headers, Value::Null).await;
    client.asks("a", PLACED).await;
    // Cookies are not for pages that may not send them.
    assert!(world.orders.opened().await.headers.get("cookie").is_none());
}

fn keys(config: &mut Config) {
    config.authentication = credentials::authentication();
    config.authorization.require_authentication = true;
}

#[tokio::test]
async fn credentials_come_with_the_first_message() {
    let mut world = World::with(Speech::WebSocket, keys).await;
    for payload in [Value::Null, json!({ "x-api-key": "wrong" })] {
        let mut client = world.shake(&[SPEAKS]).await.unwrap();
        client.says(json!({ "type": "connection_init", "payload": payload })).await;
        assert_eq!(client.closed().await, 4403);
    }
    let mut client = world.connect_with(&[], json!({ "x-api-key": credentials::PLAIN_KEY })).await;
    client.asks("a", "subscription { orderPlaced { total note } }").await;
    let source = world.orders.opened().await;
    source.sends(json!({ "data": { "orderPlaced": { "total": 1, "note": "for staff" } } }));
    assert_eq!(client.hears().await["payload"]["data"]["orderPlaced"]["note"], "for staff");
}

#[tokio::test]
async fn the_limits_of_requests_hold() {
    let demand = config("demand_control: { mode: enforce, budget: { points: 2 } }").demand_control;
    let configure = |config: &mut Config| {
        config.subscription.max_opened = 1;
        config.demand_control = demand;
    };
    let mut world = World::with(Speech::WebSocket, configure).await;
    let mut client = world.connect().await;
    client.asks("a", "subscription { orderPlaced { total } }").await;
    let _source = world.orders.opened().await;
    client.asks("b", "subscription { orderPlaced { total } }").await;
    let refused = client.hears().await;
    assert_eq!(refused["payload"][0]["extensions"]["code"], "SUBSCRIPTION_LIMIT_EXCEEDED");
    client.asks("b", "{ me { name } orders { total } }").await;
    assert_eq!(client.hears().await["payload"][0]["extensions"]["code"], "COST_ESTIMATED_TOO_EXPENSIVE");
    assert_eq!(world.orders.connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_reload_ends_subscriptions_and_not_the_connection() {
    let mut world = World::new(Speech::WebSocket).await;
    let mut client = world.connect().await;
    client.asks("a", PLACED).await;
    let source = world.orders.opened().await;
    world.gateway.reload("another");
    let ended = client.hears().await;
    assert_eq!(ended["payload"][0]["extensions"]["code"], "SUBSCRIPTION_SCHEMA_RELOAD");
    source.left().await;
    client.asks("a", PLACED).await;
    world.orders.opened().await.sends(placed(3, "ada"));
    assert_eq!(client.hears().await, next("a", shown(3, "ADA")));
}

#[tokio::test]
async fn a_shutdown_says_goodbye() {
    let mut world = World::new(Speech::WebSocket).await;
    let mut client = world.connect().await;
    client.asks("a", PLACED).await;
    let source = world.orders.opened().await;
    world.gateway.stop();
    assert_eq!(client.hears().await["payload"][0]["extensions"]["code"], "SUBSCRIPTION_GATEWAY_SHUTDOWN");
    assert_eq!(client.closed().await, 1001);
    source.left().await;
    assert!(world.gateway.stopped().await);
}

#[tokio::test]
async fn a_handshake_that_is_none_is_refused() {
    let world = World::new(Speech::WebSocket).await;
    let upgrade = [("upgrade", "websocket"), ("connection", "upgrade")];
    for more in [&[][..], &[("sec-websocket-version", "12"), ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")]] {
        let answer = world.gateway.get("/graphql", &[&upgrade, more].concat()).await;
        assert_eq!((answer.status, answer.code().as_str()), (426, "WEBSOCKET_UPGRADE_FAILED"));
        assert_eq!(answer.header("sec-websocket-version"), "13");
    }
}
