//! What identical queries that are under way together share: requests to subgraphs, and whole answers.

use super::gateway::{Answer, Resolver, Running};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use weft::config::Config;

const QUERY: &str = "{ me { id } }";

/// A gateway whose subgraph answers once permits are added.
async fn held(configure: impl FnOnce(&mut Config)) -> (Arc<Running>, Arc<Semaphore>) {
    let gate = Arc::new(Semaphore::new(0));
    let held = Arc::clone(&gate);
    let resolver: Resolver = Arc::new(move |_| {
        let held = Arc::clone(&held);
        Box::pin(async move {
            held.acquire().await.unwrap().forget();
            json!({ "data": { "me": { "id": "1" } } })
        })
    });
    (Arc::new(Running::with(configure, |_| {}, resolver).await), gate)
}

/// Sends a query in the background.
fn send(gateway: &Arc<Running>, query: &str, headers: &[(&'static str, &str)]) -> tokio::task::JoinHandle<Answer> {
    let request = gateway.client.post(&gateway.url).header("content-type", "application/json");
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    tokio::spawn(Answer::of(request.body(json!({ "query": query }).to_string())))
}

/// Waits until the subgraph was asked so often, and a moment for more.
async fn asked(gateway: &Running, count: usize) -> usize {
    let reached = async {
        while gateway.asked.lock().unwrap().len() < count {
            sleep(Duration::from_millis(2)).await;
        }
    };
    timeout(Duration::from_secs(10), reached).await.unwrap();
    sleep(Duration::from_millis(150)).await;
    gateway.asked.lock().unwrap().len()
}

fn answers_with(answer: &Answer, id: &Value) -> bool {
    answer.status == 200 && answer.json()["data"]["me"]["id"] == *id
}

#[tokio::test]
async fn identical_fetches_under_way_are_sent_once_and_outlive_the_first_client() {
    let (gateway, gate) = held(|_| {}).await;
    let first = send(&gateway, QUERY, &[]);
    asked(&gateway, 1).await;
    let others: Vec<_> = (0..5).map(|_| send(&gateway, QUERY, &[("traceparent", "x")])).collect();
    assert_eq!(asked(&gateway, 1).await, 1);
    first.abort();
    sleep(Duration::from_millis(50)).await;
    gate.add_permits(1);
    for other in others {
        assert!(answers_with(&timeout(Duration::from_secs(5), other).await.unwrap().unwrap(), &json!("1")));
    }
    // Nothing is kept: the next one asks again.
    gate.add_permits(1);
    assert!(answers_with(&send(&gateway, QUERY, &[]).await.unwrap(), &json!("1")));
    assert_eq!(gateway.asked.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn fetches_with_other_credentials_are_sent_on_their_own() {
    let yaml = "headers: { all: { request: [ { propagate: { named: authorization } } ] } }";
    let source = weft::diagnostic::Source::new("weft.yaml", yaml);
    let configured = Config::from_yaml(&source, &|_| None, std::path::Path::new("/")).unwrap();
    let (gateway, gate) = held(|config| *config = configured).await;
    let one = send(&gateway, QUERY, &[("authorization", "one")]);
    let other = send(&gateway, QUERY, &[("authorization", "other")]);
    assert_eq!(asked(&gateway, 2).await, 2);
    gate.add_permits(2);
    assert!(answers_with(&one.await.unwrap(), &json!("1")) && answers_with(&other.await.unwrap(), &json!("1")));
}

#[tokio::test]
async fn sharing_of_fetches_can_be_turned_off() {
    let (gateway, gate) = held(|config| config.subgraphs.change_all(|settings| settings.deduplicate = false)).await;
    let both = [send(&gateway, QUERY, &[]), send(&gateway, QUERY, &[])];
    assert_eq!(asked(&gateway, 2).await, 2);
    gate.add_permits(2);
    for answer in both {
        assert!(answers_with(&answer.await.unwrap(), &json!("1")));
    }
}

#[tokio::test]
async fn identical_queries_are_executed_once_where_that_is_configured() {
    let configure = |config: &mut Config| {
        config.router.deduplicate = true;
        config.subgraphs.change_all(|settings| settings.deduplicate = false);
    };
    let (gateway, gate) = held(configure).await;
    let first = send(&gateway, QUERY, &[]);
    asked(&gateway, 1).await;
    let same: Vec<_> = (0..4).map(|_| send(&gateway, QUERY, &[])).collect();
    assert_eq!(asked(&gateway, 1).await, 1);
    // Whoever says something else about itself is somebody else.
    let stranger = send(&gateway, QUERY, &[("x-user", "2")]);
    assert_eq!(asked(&gateway, 2).await, 2);
    first.abort();
    sleep(Duration::from_millis(50)).await;
    gate.add_permits(2);
    for answer in same.into_iter().chain([stranger]) {
        assert!(answers_with(&timeout(Duration::from_secs(5), answer).await.unwrap().unwrap(), &json!("1")));
    }
    assert_eq!(gateway.asked.lock().unwrap().len(), 2);
}
