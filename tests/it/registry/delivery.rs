//! What gateways poll, on the wire.

use super::world::{Site, answer, products, put};
use http::Method;
use std::time::{Duration, Instant};
use weft::registry::Role;
use weft::store::secret;

const PATH: &str = "/v1/graphs/shop@prod/supergraph";

#[tokio::test]
async fn a_supergraph_comes_with_its_checksum_and_version() {
    let site = Site::open().await;
    let token = site.token(Role::Gateway, &["shop@prod"], &[]).await;
    let none = site.get(PATH, &token).await;
    assert_eq!((none.status, none.code()), (404, "GRAPH_NOT_FOUND".into()));
    site.world.publish("shop@prod", put("products", &products("name: String"))).await.unwrap();
    let first = site.get(PATH, &token).await;
    assert_eq!((first.status, first.header("weft-version")), (200, "1"));
    assert_eq!(first.header("content-type"), "application/graphql; charset=utf-8");
    assert_eq!(first.header("etag"), format!("\"{}\"", secret::digits(&secret::hash(&first.text))));
    let same = answer(site.request(Method::GET, PATH, &token).header("if-none-match", first.header("etag"))).await;
    assert_eq!((same.status, same.header("etag"), same.text.as_str()), (304, first.header("etag"), ""));
    let other = answer(site.request(Method::GET, PATH, &token).header("if-none-match", "\"abc\"")).await;
    assert_eq!((other.status, other.text), (200, first.text));
}

#[tokio::test]
async fn who_waits_gets_the_next_version_at_once() {
    let site = Site::open().await;
    let token = site.token(Role::Gateway, &["shop"], &[]).await;
    site.world.publish("shop@prod", put("products", &products("name: String"))).await.unwrap();
    let etag = site.get(PATH, &token).await.header("etag").to_owned();
    let poll = |wait: &str| {
        let request = site.request(Method::GET, PATH, &token).header("if-none-match", &etag);
        request.header("prefer", format!("respond-async, wait={wait}"))
    };
    let start = Instant::now();
    assert_eq!(answer(poll("1")).await.status, 304);
    assert!((Duration::from_millis(900)..Duration::from_secs(5)).contains(&start.elapsed()), "{:?}", start.elapsed());
    let waiting = async { (answer(poll("30")).await, Instant::now()) };
    let publishing = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        site.world.publish("shop@prod", put("products", &products("title: String"))).await.unwrap();
        Instant::now()
    };
    let ((next, told), published) = tokio::join!(waiting, publishing);
    assert_eq!((next.status, next.header("weft-version")), (200, "2"));
    let late = told.saturating_duration_since(published);
    assert!(late < Duration::from_millis(500), "{late:?}");
    eprintln!("told {late:?} after the publish was answered");
}

#[tokio::test]
async fn gateways_are_seen_with_what_they_serve() {
    let site = Site::open().await;
    let token = site.token(Role::Gateway, &["shop@prod"], &[]).await;
    let admin = site.admin().await;
    site.world.publish("shop@prod", put("products", &products("name: String"))).await.unwrap();
    for (instance, serving) in [("gw-1", "1"), ("gw-2", "0"), ("gw-2", "")] {
        let poll = site.request(Method::GET, PATH, &token).header("weft-gateway", instance);
        let poll = poll.header("weft-gateway-release", "0.1.0").header("weft-serving", serving);
        assert_eq!(answer(poll).await.status, 200);
    }
    // It is noted beside the answer.
    let seen = loop {
        let seen = site.get("/v1/graphs/shop@prod/gateways", &admin).await.json();
        if seen.as_array().unwrap().len() == 2 {
            break seen;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert_eq!((seen[0]["instance"].as_str(), seen[0]["serving"].as_i64()), (Some("gw-1"), Some(1)));
    assert_eq!((seen[0]["current"].as_bool(), seen[0]["release"].as_str()), (Some(true), Some("0.1.0")));
    assert_eq!((seen[1]["serving"].as_i64(), seen[1]["current"].as_bool()), (None, Some(false)));
    // A comment is another schema and the same supergraph: no gateway is behind for it.
    let commented = format!("# with a comment\n{}", products("name: String"));
    let second = site.world.publish("shop@prod", put("products", &commented)).await.unwrap();
    let seen = site.get("/v1/graphs/shop@prod/gateways", &admin).await.json();
    assert_eq!((second.version.number, seen[0]["current"].as_bool()), (2, Some(true)), "{seen}");
    // Who reads only is no gateway, whatever it calls itself; an admin may try one out.
    let reader = site.token(Role::Reader, &["shop@prod"], &[]).await;
    for (token, instance) in [(&reader, "a person"), (&admin, "gw-3")] {
        assert_eq!(answer(site.request(Method::GET, PATH, token).header("weft-gateway", instance)).await.status, 200);
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    let seen = site.get("/v1/graphs/shop@prod/gateways", &admin).await.json();
    let instances: Vec<&str> = seen.as_array().unwrap().iter().filter_map(|it| it["instance"].as_str()).collect();
    assert_eq!(instances, ["gw-1", "gw-2", "gw-3"]);
}

#[tokio::test]
async fn who_waits_is_answered_when_the_registry_ends() {
    let site = Site::open().await;
    let token = site.token(Role::Gateway, &["shop@prod"], &[]).await;
    site.world.publish("shop@prod", put("products", &products("name: String"))).await.unwrap();
    let etag = site.get(PATH, &token).await.header("etag").to_owned();
    let poll = site.request(Method::GET, PATH, &token).header("if-none-match", etag).header("prefer", "wait=60");
    let waiting = tokio::spawn(answer(poll));
    tokio::time::sleep(Duration::from_millis(300)).await;
    drop(site);
    let answer = tokio::time::timeout(Duration::from_secs(5), waiting).await.unwrap().unwrap();
    assert_eq!(answer.status, 304);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_gateways_are_told_together() {
    let site = Site::open().await;
    let token = site.token(Role::Gateway, &["shop@prod"], &[]).await;
    site.world.publish("shop@prod", put("products", &products("name: String"))).await.unwrap();
    let etag = site.get(PATH, &token).await.header("etag").to_owned();
    let polls = (0..200).map(|number| {
        let poll = site.request(Method::GET, PATH, &token).header("if-none-match", &etag).header("prefer", "wait=60");
        let poll = poll.header("weft-gateway", format!("gw-{number}")).header("weft-serving", "1");
        tokio::spawn(async move { (answer(poll).await, Instant::now()) })
    });
    let polls: Vec<_> = polls.collect();
    tokio::time::sleep(Duration::from_secs(1)).await;
    site.world.publish("shop@prod", put("products", &products("title: String"))).await.unwrap();
    let published = Instant::now();
    let mut last = Duration::ZERO;
    for poll in polls {
        let (next, told) = poll.await.unwrap();
        assert_eq!((next.status, next.header("weft-version")), (200, "2"));
        last = last.max(told.saturating_duration_since(published));
    }
    eprintln!("200 gateways were told within {last:?}");
    assert!(last < Duration::from_secs(5), "{last:?}");
}
