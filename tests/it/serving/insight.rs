//! Who gets to see how a request was answered, and what that is.

use super::gateway::{Answer, Resolver, Running};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::time::Duration;
use weft::access::{Clock, permission};
use weft::config::{
    ApiKeys, Budget, Config, CostExposure, DemandControl, DemandMode, FixedKey, Insight, SubgraphDemand,
};

const KEY: &str = "a secret that has thirty-two bytes";

pub(super) const USERS: &str = "
    extend schema @link(url: \"https://specs.apollo.dev/federation/v2.3\", import: [\"@key\"])
    type Query { me: User }
    type User @key(fields: \"id\") { id: ID! name: String }
";
pub(super) const ORDERS: &str = "
    extend schema @link(url: \"https://specs.apollo.dev/federation/v2.3\", import: [\"@key\"])
    type User @key(fields: \"id\") { id: ID! orders: [Order] }
    type Order { total: Int }
";
const QUERY: &str = "{ me { name orders { total } } }";

fn answering(answer: Value, after: Duration) -> Resolver {
    Arc::new(move |_| {
        let answer = answer.clone();
        Box::pin(async move {
            tokio::time::sleep(after).await;
            answer
        })
    })
}

async fn shop(configure: impl FnOnce(&mut Config)) -> Running {
    shop_after(Duration::from_millis(20), configure).await
}

/// The users take so long.
async fn shop_after(after: Duration, configure: impl FnOnce(&mut Config)) -> Running {
    let users = answering(json!({ "data": { "me": { "name": "Ada", "id": "1" } } }), after);
    let orders = answering(json!({ "data": { "_entities": [{ "orders": [{ "total": 3 }] }] } }), Duration::ZERO);
    Running::composed(configure, &[("users", USERS, users), ("orders", ORDERS, orders)]).await
}

async fn ask(gateway: &Running, headers: &[(&'static str, &str)]) -> Answer {
    let request = gateway.client.post(&gateway.url).header("content-type", "application/json");
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    Answer::of(request.body(json!({ "query": QUERY }).to_string())).await
}

#[tokio::test]
async fn a_trace_tells_what_was_fetched_and_when() {
    let gateway = shop(|_| {}).await;
    let plain = ask(&gateway, &[]).await;
    let first = ask(&gateway, &[("weft-trace", "true")]).await.json();
    assert_eq!(first["data"], plain.json()["data"]);
    let trace = &first["extensions"]["trace"];
    let names: Vec<&str> = trace["phases"].as_array().unwrap().iter().map(|p| p["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["receive", "prepare", "decide", "execute", "write"]);
    assert_eq!(trace["phases"][1]["cached"], true, "the first request has prepared it");
    let micros = |value: &Value| value.as_u64().unwrap();
    let [users, orders] = trace["fetches"].as_array().unwrap().as_slice() else { panic!("{trace}") };
    assert_eq!((&users["subgraph"], &users["fetch"]), (&json!("users"), &json!(0)));
    assert_eq!(
        (&orders["subgraph"], &orders["entities"], &orders["objects"]),
        (&json!("orders"), &json!(1), &json!(1))
    );
    assert!(micros(&users["duration"]) >= 20_000, "{users}");
    assert!(micros(&orders["start"]) >= micros(&users["start"]) + micros(&users["duration"]), "{trace}");
    assert!(micros(&orders["start"]) + micros(&orders["duration"]) <= micros(&trace["total"]), "{trace}");
    let (received, sent) =
        (r#"{"data":{"me":{"id":"1","name":"Ada"}}}"#.len(), gateway.asked.lock().unwrap()[2].clone());
    assert_eq!((micros(&users["received"]), micros(&users["sent"])), (received as u64, sent.to_string().len() as u64));
    for fetch in [users, orders] {
        assert_eq!((&fetch["status"], &fetch["error"]), (&json!(200), &Value::Null));
        assert_eq!((&fetch["attempts"], &fetch["shared"]), (&json!(1), &json!(false)));
        assert_eq!(fetch["connected"], false, "the connection of the first request was kept");
    }
    assert_eq!(trace["answered"], plain.json()["data"].to_string().len());
}

#[tokio::test]
async fn a_trace_tells_of_what_failed_and_of_what_had_to_be_prepared() {
    let never = Duration::from_secs(60);
    let gateway = shop_after(never, |config| config.router.timeout = Duration::from_millis(500)).await;
    let late = ask(&gateway, &[("weft-trace", "true")]).await.json();
    let trace = &late["extensions"]["trace"];
    assert_eq!(late["errors"][0]["extensions"]["code"], "GATEWAY_TIMEOUT");
    assert_eq!(trace["phases"][1]["cached"], false);
    assert!(trace["phases"][1]["plan"].as_u64().unwrap() > 0, "{trace}");
    assert_eq!(trace["fetches"].as_array().unwrap().len(), 1, "nothing more is asked when the time is up");
    assert_eq!(trace["fetches"][0]["status"], Value::Null);
    assert!(trace["fetches"][0]["error"].is_string(), "{trace}");
}

#[tokio::test]
async fn a_trace_tells_which_requests_were_sent_for_several() {
    let gateway = shop(|_| {}).await;
    // Identical queries are sent once by default, while one is under way.
    let (one, other) = tokio::join!(ask(&gateway, &[("weft-trace", "true")]), ask(&gateway, &[("weft-trace", "true")]));
    let shared =
        [one, other].map(|answer| answer.json()["extensions"]["trace"]["fetches"][0]["shared"].as_bool().unwrap());
    assert_eq!(shared.iter().filter(|shared| **shared).count(), 1, "{shared:?}");
}

#[tokio::test]
async fn a_trace_tells_of_the_cache_field_by_field() {
    let sdl = "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.3\", import: [\"@key\"])
        directive @cacheControl(maxAge: Int) on FIELD_DEFINITION
        type Query { news(of: Int): Int @cacheControl(maxAge: 60) now: Int }";
    let news = answering(json!({ "data": { "news": 1, "now": 2 } }), Duration::ZERO);
    let gateway = Running::composed(|config| config.response_cache.enabled = true, &[("news", sdl, news)]).await;
    let lookups = async || {
        let request = gateway.client.post(&gateway.url).header("content-type", "application/json");
        let request = request.header("weft-trace", "true");
        let answer = Answer::of(request.body(json!({ "query": "{ news(of: 3) now }" }).to_string())).await.json();
        let fields = answer["extensions"]["trace"]["lookups"][0]["fields"].as_array().unwrap().clone();
        let told = |field: &Value| ["field", "hits", "misses", "kept"].map(|name| field[name].clone());
        (fields.iter().map(told).collect::<Vec<_>>(), fields[0]["left"].as_u64())
    };
    let now = [json!("now"), json!(0), json!(1), json!(false)];
    assert_eq!(lookups().await, (vec![[json!("news(of:3)"), json!(0), json!(1), json!(true)], now.clone()], None));
    let (fields, left) = lookups().await;
    assert_eq!(fields, [[json!("news(of:3)"), json!(1), json!(0), json!(true)], now]);
    assert!(left.is_some_and(|left| (1..=60_000).contains(&left)), "{left:?}");
}

#[tokio::test]
async fn a_plan_says_why_and_among_what_was_chosen() {
    let gateway = shop(|_| {}).await;
    let plan = ask(&gateway, &[("weft-expose-query-plan", "true")]).await.json()["extensions"]["queryPlan"].take();
    assert_eq!(
        plan["reasons"],
        json!([
            { "fetch": 0, "fields": [{ "field": "Query.me", "in": ["users"] }] },
            { "fetch": 1, "fields": [{ "field": "User.orders", "in": ["orders"] }] },
        ])
    );
    assert_eq!(plan["choices"]["optimality"], "optimal");
}

/// Everything that a client can ask to see.
const CURIOUS: [(&str, &str); 3] =
    [("weft-trace", "true"), ("weft-expose-query-plan", "true"), ("weft-expose-cost", "fields")];

#[tokio::test]
async fn in_production_only_those_see_it_whom_the_configuration_names() {
    let gateway = shop(|config| {
        config.insight =
            Insight { everybody: false, scope: Some("weft:insight".into()), key: Some(KEY.as_bytes().into()) };
        config.authentication.api_keys = Some(ApiKeys::new("x-api-key".parse().unwrap()));
        config.authentication.api_keys.as_mut().unwrap().fixed =
            vec![key("curious", &["weft:insight"]), key("other", &["weft"])];
    })
    .await;
    let now = Clock::System.now();
    let (minute, early) = (Duration::from_secs(60), now - 120_000);
    let signed = permission::sign(KEY.as_bytes(), now, minute).unwrap();
    let expired = permission::sign(KEY.as_bytes(), early, minute).unwrap();
    let forged = permission::sign(b"another secret of thirty-two byt", now, minute).unwrap();
    let cases: [(&str, &str, bool); 7] = [
        ("x-nothing", "", false),
        ("x-api-key", &secret("other"), false),
        ("x-api-key", &secret("curious"), true),
        ("weft-permission", &signed, true),
        ("weft-permission", &expired, false),
        ("weft-permission", &forged, false),
        ("weft-permission", "weft:insight", false),
    ];
    for (name, value, sees) in cases {
        let headers = [&CURIOUS[..], &[(name, value)]].concat();
        let answer = ask(&gateway, &headers).await;
        assert_eq!(answer.json()["data"]["me"]["name"], "Ada", "{name}: {value}");
        let extensions = answer.json()["extensions"].as_object().cloned().unwrap_or_default();
        assert_eq!(extensions.contains_key("trace"), sees, "{name}: {value}");
        assert_eq!(extensions.contains_key("queryPlan"), sees, "{name}: {value}");
        let session = gateway.get("/playground-data/session", &[(name, value)]).await.json();
        assert_eq!(session["panels"].as_array().unwrap().is_empty(), !sees, "{session}");
        assert_eq!(session["subgraphs"].as_array().unwrap().is_empty(), !sees, "{session}");
        for data in ["/playground-data/graph", "/playground-data/subgraphs"] {
            let status = gateway.get(data, &[(name, value)]).await.status;
            assert_eq!(status, if sees { 200 } else { 403 }, "{data} with {name}: {value}");
        }
    }
}

fn secret(id: &str) -> String {
    format!("weft_{id}_{}", "s".repeat(32))
}

fn key(id: &str, scopes: &[&str]) -> FixedKey {
    let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
    FixedKey { id: id.to_owned(), hash: Sha256::digest(secret(id)).into(), owner: id.to_owned(), scopes, tier: None }
}

#[tokio::test]
async fn without_a_playground_there_is_no_data_for_it() {
    let gateway = shop(|config| (config.playground.at_root, config.playground.at_endpoint) = (false, false)).await;
    assert_eq!(gateway.get("/playground-data/session", &[]).await.status, 404);
    let gateway = shop(|_| {}).await;
    assert_eq!(gateway.get("/playground-data/nothing", &[]).await.status, 404);
    let posted = Answer::of(gateway.client.post(format!("http://{}/playground-data/graph", gateway.address))).await;
    assert_eq!((posted.status, posted.header("allow")), (405, "GET"));
    assert_eq!(gateway.get("/playground-data/graph", &[]).await.header("cache-control"), "no-store");
}

#[tokio::test]
async fn the_graph_says_who_owns_which_field() {
    let gateway = shop(|_| {}).await;
    let graph = gateway.get("/playground-data/graph", &[]).await.json();
    assert_eq!(graph["roots"], json!(["Query"]));
    let user = graph["types"].as_array().unwrap().iter().find(|ty| ty["name"] == "User").unwrap();
    assert_eq!(user["in"], json!(["orders", "users"]));
    let keys = ["orders", "users"].map(|name| json!({ "in": name, "fields": "id", "resolvable": true }));
    assert_eq!(user["keys"], json!(keys));
    let owners: Vec<(&str, &Value)> =
        user["fields"].as_array().unwrap().iter().map(|f| (f["name"].as_str().unwrap(), &f["owners"])).collect();
    let by = |names: &[&str]| Value::from(names.iter().map(|name| json!({ "in": name })).collect::<Vec<_>>());
    assert_eq!(owners, [("id", &by(&["orders", "users"])), ("orders", &by(&["orders"])), ("name", &by(&["users"]))]);
}

#[tokio::test]
async fn requests_to_subgraphs_are_counted() {
    let gateway = shop(|_| {}).await;
    ask(&gateway, &[]).await;
    ask(&gateway, &[]).await;
    let health = gateway.get("/playground-data/subgraphs", &[]).await.json();
    let users = &health["subgraphs"][1];
    assert_eq!((&users["name"], &users["active"]), (&json!("users"), &json!(0)));
    let [ended] = users["ended"].as_array().unwrap().as_slice() else { panic!("{users}") };
    let counts: Vec<u64> = ended["counts"].as_array().unwrap().iter().map(|count| count.as_u64().unwrap()).collect();
    assert_eq!((ended["outcome"].as_str().unwrap(), counts.iter().sum::<u64>()), ("success", 2));
    assert_eq!(counts.len(), health["bounds"].as_array().unwrap().len() + 1);
}

#[tokio::test]
async fn a_dry_run_tells_the_cost_by_field_and_costs_nothing() {
    let gateway = shop(|config| {
        config.demand_control = Some(DemandControl {
            mode: DemandMode::Enforce,
            list_size: 10,
            max: None,
            subgraphs: SubgraphDemand::default(),
            expose: CostExposure::OnRequest,
            budget: Some(Budget::default()),
        });
    })
    .await;
    let dry = [("weft-expose-query-plan", "dry-run"), ("weft-expose-cost", "fields")];
    let answer = ask(&gateway, &dry).await;
    let cost = answer.json()["extensions"]["cost"].take();
    assert_eq!(cost["estimated"], 11);
    let told: Vec<(&str, u64)> = cost["fields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|field| (field["coordinate"].as_str().unwrap(), field["cost"].as_u64().unwrap()))
        .collect();
    assert_eq!(told, [("Query.me", 11), ("User.name", 0), ("User.orders", 10), ("Order.total", 0)]);
    assert_eq!(cost["fields"][2]["list"], json!({ "length": 10, "each": 1 }));
    assert_eq!(answer.header("ratelimit"), "", "nobody is charged");
    assert!(gateway.asked.lock().unwrap().is_empty(), "nobody is asked");
    let run = ask(&gateway, &[("weft-expose-cost", "fields")]).await.json();
    assert_eq!(
        (&run["extensions"]["cost"]["estimated"], &run["extensions"]["cost"]["actual"]),
        (&json!(11), &json!(2))
    );
    assert_eq!(run["extensions"]["cost"]["fields"], cost["fields"]);
}
