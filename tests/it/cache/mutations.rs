//! What mutations make stale when nobody waits for them.

use super::World;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Builder;
use tokio::sync::Semaphore;
use tokio::time::timeout;

const GRAPH: &str = r#"=== subgraph stock
type Query { left: Int }
type Mutation { restock: Int }
=== cache
stock Query.left 600
tag stock Query.left left
stale stock restock left
=== data stock
{"Query": {"left": 1, "restock": 2}}
"#;

#[test]
fn a_client_that_hangs_up_on_a_mutation_has_sent_it() {
    let runtime = Builder::new_current_thread().enable_time().build().unwrap();
    let world = World::begun(GRAPH, &runtime);
    let (query, mutation) = (world.planned("{ left }"), world.planned("mutation { restock }"));
    runtime.block_on(world.ask(&query, &[]));
    runtime.block_on(world.ask(&query, &[]));
    assert_eq!(world.asked(""), "stock: query{left }\n");
    let gate = Arc::new(Semaphore::new(0));
    world.service("stock", |service| service.gate = Some(Arc::clone(&gate)));
    let left = runtime.block_on(async { timeout(Duration::from_millis(20), world.ask(&mutation, &[])).await });
    assert!(left.is_err() && world.asked("").starts_with("stock: mutation"));
    world.service("stock", |service| service.gate = None);
    runtime.block_on(world.ask(&query, &[]));
    assert_eq!(world.asked(""), "stock: query{left }\n");
}
