//! Two tenants that ask the same at the same time never get each other's answers.
//!
//! `cargo test` races for a moment; for thirty seconds and more than 6 000 answers:
//!
//! ```text
//! WEFT_RACE_SECONDS=30 cargo test --locked --test it -- cache::race --nocapture
//! ```

use super::World;
use futures::future::join_all;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::runtime::Builder;
use tokio::sync::Semaphore;

/// A private field and one that varies by a header that the reply names, both saying whose they are.
const GRAPH: &str = r#"=== subgraph products
type Query { products: [Product!] me: User }
type Product @key(fields: "id") { id: ID! }
type User { name: String }
=== subgraph stock
type Product @key(fields: "id") { id: ID! basket: String price: String }
=== cache
products Query.products 600
products Query.me 1 private
products User 1
stock Product 1
stock Product.basket 1 private
identity x-tenant
=== data products
{"Query": {"products": [{"__typename":"Product","id":"1"},{"__typename":"Product","id":"2"}], "me": {"name":"$x-tenant"}}, "entities": []}
=== data stock
{"Query": {}, "entities": [{"__typename":"Product","id":"1","basket":"$x-tenant","price":"$x-region"},{"__typename":"Product","id":"2","basket":"$x-tenant","price":"$x-region"}]}
=== reply stock
vary: x-region
"#;

#[test]
fn tenants_never_get_each_others_answers() {
    let seconds = std::env::var("WEFT_RACE_SECONDS").map_or(1.0, |text| text.parse::<f64>().unwrap());
    let runtime = Builder::new_multi_thread().worker_threads(4).enable_time().build().unwrap();
    let world = World::begun(GRAPH, &runtime);
    let plan = world.planned("{ me { name } products { basket price } }");
    let (start, mut answers, mut served) = (Instant::now(), 0, 0);
    while start.elapsed() < Duration::from_secs_f64(seconds) || answers < 400 {
        let tenants = (0..20).map(|number| {
            let (tenant, region) = (["ann", "bob"][number % 2], ["north", "south", "east"][number % 3]);
            let (world, plan) = (&world, &plan);
            async move {
                let own = format!(
                    r#"{{"me":{{"name":"{tenant}"}},"products":[{{"basket":"{tenant}","price":"{region}"}},{{"basket":"{tenant}","price":"{region}"}}]}}"#
                );
                assert_eq!(world.ask(plan, &[("x-tenant", tenant), ("x-region", region)]).await, own);
            }
        });
        answers += runtime.block_on(join_all(tenants)).len();
        served += 1;
        if served % 3 == 0 {
            world.clock.advance(Duration::from_millis(700));
        }
    }
    let asked = world.services.asked.lock().unwrap().len();
    assert!(asked < answers * 2, "the cache served nothing");
    println!("{answers} answers, {asked} requests, none crossed");
}

#[test]
fn an_answer_that_was_on_its_way_is_not_served_after_an_invalidation() {
    let runtime = Builder::new_current_thread().enable_time().build().unwrap();
    let world = World::begun(GRAPH, &runtime);
    let plan = world.planned("{ products { price } }");
    let (gate, headers) = (Arc::new(Semaphore::new(0)), [("x-region", "north")]);
    world.service("stock", |service| service.gate = Some(Arc::clone(&gate)));
    runtime.block_on(async {
        let mut early = std::pin::pin!(world.ask(&plan, &headers));
        while !world.services.asked.lock().unwrap().iter().any(|asked| asked.starts_with("stock")) {
            tokio::select! {
                _ = &mut early => panic!("it is answered already"),
                () = tokio::time::sleep(Duration::from_millis(1)) => {}
            }
        }
        // What it was asked for changes while its reply is on its way.
        let changed = r#"{"entities":[{"__typename":"Product","id":"1","price":"new"},{"__typename":"Product","id":"2","price":"new"}]}"#;
        world.service("stock", |service| service.data = serde_json::from_str(changed).unwrap());
        world.invalidate(r#"[{"kind":"type","type":"Product","subgraph":"stock"}]"#);
        gate.add_permits(10);
        assert_eq!(early.await, r#"{"products":[{"price":"north"},{"price":"north"}]}"#);
        assert_eq!(world.ask(&plan, &headers).await, r#"{"products":[{"price":"new"},{"price":"new"}]}"#);
        let asked = world.services.asked.lock().unwrap().len();
        assert_eq!(world.ask(&plan, &headers).await, r#"{"products":[{"price":"new"},{"price":"new"}]}"#);
        assert_eq!(world.services.asked.lock().unwrap().len(), asked);
    });
}
