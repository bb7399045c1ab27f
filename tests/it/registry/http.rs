//! The HTTP API: what it takes, gives and refuses.

use super::world::{Site, answer, island, products, quarrel};
use http::Method;
use serde_json::{Value, json};
use weft::registry::Role;

#[tokio::test]
async fn a_graph_is_published_read_and_deleted() {
    let site = Site::open().await;
    let token = site.admin().await;
    let first = site.publish("shop@prod", &token, "products", &products("name: String")).await;
    assert_eq!((first.status, first.json()["changed"].clone()), (200, json!(true)), "{}", first.text);
    assert_eq!(first.json()["version"]["subgraphs"][0]["url"], "http://products.internal/graphql");
    let again = site.publish("shop@prod", &token, "products", &products("name: String")).await;
    assert_eq!((again.json()["changed"].clone(), again.json()["version"]["number"].clone()), (json!(false), json!(1)));
    site.publish("shop@prod", &token, "island", &island("a")).await;
    let list = site.get("/v1/graphs/shop@prod/subgraphs", &token).await.json();
    assert_eq!((list[0]["name"].as_str(), list[1]["name"].as_str()), (Some("island"), Some("products")));
    let old = site.get("/v1/graphs/shop@prod/subgraphs?version=1", &token).await.json();
    assert_eq!(old.as_array().unwrap().len(), 1);
    let one = site.get("/v1/graphs/shop@prod/subgraphs/products", &token).await.json();
    assert_eq!(one["sdl"], products("name: String"));
    let schema = site.get("/v1/graphs/shop@prod/schema", &token).await;
    assert!(schema.text.contains("type Product") && !schema.text.contains("join__"), "{}", schema.text);
    let deleted = site.send(Method::DELETE, "/v1/graphs/shop@prod/subgraphs/island", &token, &Value::Null).await;
    assert_eq!(deleted.json()["version"]["number"], 3);
    let back = site.send(Method::POST, "/v1/graphs/shop@prod/rollback", &token, &json!({ "version": 2 })).await;
    assert_eq!(back.json()["version"]["action"], "rollback to 2");
    let diff = site.get("/v1/graphs/shop@prod/diff?from=1&to=4", &token).await.json();
    assert_eq!(diff["subgraphs"][0]["name"], "island");
    let graphs = site.get("/v1/graphs", &token).await.json();
    assert_eq!((graphs[0]["graph"].as_str(), graphs[0]["version"].as_i64()), (Some("shop@prod"), Some(4)));
    let gone = answer(site.request(Method::DELETE, "/v1/graphs/shop@prod", &token)).await;
    assert_eq!((gone.status, gone.text.as_str()), (204, ""));
    assert_eq!(site.get("/v1/graphs/shop@prod", &token).await.code(), "GRAPH_NOT_FOUND");
}

#[tokio::test]
async fn the_variant_that_is_not_named_is_the_current_one() {
    let site = Site::open().await;
    let token = site.admin().await;
    let published = site.publish("shop", &token, "products", &products("name: String")).await;
    assert_eq!(published.json()["graph"], "shop@current");
    assert_eq!(site.get("/v1/graphs/shop@current", &token).await.status, 200);
}

#[tokio::test]
async fn what_does_not_compose_is_answered_with_its_findings() {
    let site = Site::open().await;
    let token = site.admin().await;
    site.publish("shop", &token, "products", &products("name: String")).await;
    let refused = site.publish("shop", &token, "quarrel", &quarrel()).await;
    assert_eq!((refused.status, refused.code()), (422, "COMPOSITION_FAILED".into()));
    let refused = refused.json();
    assert_eq!(refused["attempt"], 1);
    let findings = refused["findings"].as_array().unwrap();
    let mismatch = findings.iter().find(|finding| finding["code"] == "FIELD_TYPE_MISMATCH").unwrap();
    let place = &mismatch["locations"][0];
    assert!(place["line"].is_number() && place["text"].as_str().unwrap().contains("name"), "{place}");
    let attempts = site.get("/v1/graphs/shop/attempts", &token).await.json();
    assert_eq!(attempts[0]["errors"], refused["findings"]);
}

#[tokio::test]
async fn bad_requests_are_refused_with_a_reason() {
    let site = Site::open().await;
    let token = site.admin().await;
    let put = async |graph: &str, name: &str, body: Value| {
        let answer = site.send(Method::PUT, &format!("/v1/graphs/{graph}/subgraphs/{name}"), &token, &body).await;
        (answer.status, answer.code())
    };
    let sdl = island("a");
    let body = |url: &str| json!({ "sdl": sdl, "url": url });
    assert_eq!(put("a@b@c", "x", body("http://x/")).await, (400, "INVALID_NAME".into()));
    assert_eq!(put("shop", "x%20y", body("http://x/")).await, (400, "INVALID_NAME".into()));
    assert_eq!(put("shop", "x", json!({ "sdl": sdl })).await, (400, "ROUTING_URL_MISSING".into()));
    for url in ["", "x", "ftp://x/", "file:///etc/passwd", "http://"] {
        assert_eq!(put("shop", "x", body(url)).await, (400, "ROUTING_URL_INVALID".into()), "{url}");
    }
    assert_eq!(put("shop", "x", json!({ "sld": sdl })).await, (400, "INVALID_REQUEST".into()));
    assert_eq!(put("shop", "x", json!([1])).await, (400, "INVALID_REQUEST".into()));
    let mut noisy = body("http://x/");
    noisy["message"] = json!("\u{1b}[2Jhello\u{0}");
    assert_eq!(put("shop", "x", noisy).await, (400, "INVALID_NAME".into()));
    let empty = site.send(Method::POST, "/v1/graphs/shop/publish", &token, &json!({})).await;
    assert_eq!((empty.status, empty.code()), (400, "NOTHING_SUBMITTED".into()));
    assert_eq!(site.get("/v1/graphs/shop/history?limit=x", &token).await.code(), "INVALID_REQUEST");
    assert_eq!(site.get("/v1/nothing", &token).await.code(), "NOT_FOUND");
    assert_eq!(site.get("/v1/graphs/shop/history", &token).await.code(), "GRAPH_NOT_FOUND");
    let large = json!({ "sdl": "#".repeat(33 * 1024 * 1024), "url": "http://x/" });
    assert_eq!(put("shop", "x", large).await, (413, "TOO_LARGE".into()));
}

#[tokio::test]
async fn a_report_needs_an_id_and_is_taken_once() {
    let site = Site::open().await;
    let token = site.token(Role::Gateway, &["shop"], &[]).await;
    let admin = site.admin().await;
    site.publish("shop@prod", &admin, "products", &products("name: String price: Int")).await;
    let now = chrono::Utc::now().timestamp();
    let report = json!({ "from": now - 10, "to": now, "operations": [{
        "hash": "h", "name": "Q", "client": { "name": "web", "version": "1" }, "count": 7, "errors": 0,
        "coordinates": ["Query.products", "Product.price"],
    }]});
    let post = async |graph: &str, id: Option<&str>| {
        let request = site.request(Method::POST, &format!("/v1/graphs/{graph}/usage"), &token).json(&report);
        answer(id.into_iter().fold(request, |request, id| request.header("weft-report", id))).await
    };
    assert_eq!(post("shop@prod", None).await.code(), "INVALID_REPORT");
    assert_eq!(post("shop@gone", Some("1")).await.code(), "GRAPH_NOT_FOUND");
    for _ in 0..2 {
        assert_eq!(post("shop@prod", Some("7b1c")).await.status, 204);
    }
    let check = json!({ "subgraphs": [{ "name": "products", "sdl": products("name: String") }] });
    let checked = site.send(Method::POST, "/v1/graphs/shop@prod/check", &admin, &check).await.json();
    assert_eq!(checked["verdict"], "failed");
    assert_eq!(checked["changes"][0]["clients"][0]["count"], 7);
    let mut lenient = check.clone();
    lenient["allowUnused"] = json!(true);
    lenient["subgraphs"][0]["sdl"] = json!(products("price: Int"));
    let checked = site.send(Method::POST, "/v1/graphs/shop@prod/check", &admin, &lenient).await.json();
    assert_eq!(checked["verdict"], "passed", "nobody asks for the name: {checked}");
}

#[tokio::test]
async fn a_web_page_may_ask_with_a_token() {
    let site = Site::open().await;
    let preflight = site.client.request(Method::OPTIONS, format!("{}/v1/graphs/shop/history", site.url));
    let preflight = preflight.header("origin", "http://localhost:4000").header("access-control-request-method", "GET");
    let answered = answer(preflight.header("access-control-request-headers", "authorization")).await;
    assert_eq!((answered.status, answered.header("access-control-allow-origin")), (200, "*"));
    assert!(answered.header("access-control-allow-headers").contains("authorization"));
}
