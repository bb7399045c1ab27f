//! The sample shop over real sockets: what each service answers, keeps and refuses.

mod entities;
mod mutations;
mod reads;
mod sdl;
mod storage;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::LazyLock;

use serde_json::{Value, json};
use weft::demo::{Data, Demo, Ports, Running, Service, start};

/// One shop in memory for all tests that do not change or count anything. It has a runtime of its
/// own, which outlives each test's.
static SHOP: LazyLock<Shop> = LazyLock::new(|| {
    let begin = || {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let demo = runtime.block_on(Demo::start(&Data::Memory, Ipv4Addr::LOCALHOST.into(), Ports::Free)).unwrap();
        Shop { demo, _runtime: runtime }
    };
    // Not on the test's thread, which is inside a runtime already.
    std::thread::spawn(begin).join().unwrap()
});

struct Shop {
    demo: Demo,
    _runtime: tokio::runtime::Runtime,
}

/// A service of the shared shop.
fn shared(service: Service) -> &'static Running {
    SHOP.demo.services().iter().find(|running| running.service() == service).unwrap()
}

/// A service of the test's own, in memory.
async fn own(service: Service) -> Running {
    start(service, &Data::Memory, any_port()).await.unwrap()
}

fn any_port() -> SocketAddr {
    SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 0)
}

/// The whole answer to a query.
async fn answer(service: &Running, query: &str, variables: Value) -> Value {
    let body = json!({ "query": query, "variables": variables }).to_string();
    let request = reqwest::Client::new().post(service.url()).header("content-type", "application/json").body(body);
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 200);
    serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
}

/// The data of an answer without errors.
async fn data(service: &Running, query: &str, variables: Value) -> Value {
    let answer = answer(service, query, variables).await;
    assert_eq!(answer.get("errors"), None, "{answer}");
    answer["data"].clone()
}

/// The entities for these representations, by the given selection.
async fn entities(service: &Running, representations: Value, selection: &str) -> Value {
    let query = format!("query ($r: [_Any!]!) {{ _entities(representations: $r) {{ {selection} }} }}");
    data(service, &query, json!({ "r": representations })).await["_entities"].clone()
}
