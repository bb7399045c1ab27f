//! Demand over HTTP: what is refused, what clients are told, and what comes back.

use super::config;
use crate::serving::gateway::{Answer, Resolver, Running, always};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use weft::config::Config;
use weft::demo::credentials;

fn friends() -> Resolver {
    always(
        json!({ "data": { "me": { "id": "1", "friends": [{ "id": "2" }, { "id": "3" }] }, "bump": 1, "echo": "x" } }),
    )
}

async fn gateway(yaml: &str) -> Running {
    let configured = config(yaml);
    let configure = move |config: &mut Config| *config = configured;
    Running::with(configure, |_| {}, friends()).await
}

async fn ask(gateway: &Running, query: &str, headers: &[(&str, &str)]) -> Answer {
    let body = json!({ "query": query }).to_string();
    let request = gateway.client.post(&gateway.url).header("content-type", "application/json").body(body);
    let headers = headers.iter().chain(&[("accept", "application/graphql-response+json")]);
    Answer::of(headers.fold(request, |request, (name, value)| request.header(*name, *value))).await
}

const LISTS: &str = "{ me { friends { id } } }";

#[tokio::test]
async fn costs_are_told_to_whoever_asks() {
    let gateway = gateway("demand_control: { strategy: { static_estimated: { max: 20 } } }").await;
    let told = ask(&gateway, LISTS, &[("weft-expose-cost", "true")]).await;
    let expected = json!({ "estimated": 11, "actual": 3, "max": 20, "result": "COST_OK" });
    assert_eq!(told.json()["extensions"]["cost"], expected, "{}", told.text());
    assert_eq!(["x-cost-estimated", "x-cost-actual", "x-cost-max"].map(|name| told.header(name)), ["11", "3", "20"]);
    let plain = ask(&gateway, LISTS, &[]).await;
    assert_eq!(plain.json()["extensions"], Value::Null);
    assert!(plain.headers.keys().all(|name| !name.as_str().starts_with("x-cost")), "{:?}", plain.headers);
}

#[tokio::test]
async fn a_mode_that_measures_refuses_nothing() {
    let yaml = "demand_control: { mode: measure, strategy: { static_estimated: { max: 2 } }, budget: { points: 5 } }";
    let gateway = gateway(yaml).await;
    let told = ask(&gateway, LISTS, &[("weft-expose-cost", "true")]).await;
    assert_eq!(told.json()["extensions"]["cost"]["result"], "COST_ESTIMATED_TOO_EXPENSIVE");
    assert_eq!(told.json()["data"]["me"]["friends"][1]["id"], "3");
    let metrics = gateway.client.get(format!("http://{}/metrics", gateway.health)).send().await.unwrap();
    let metrics = metrics.text().await.unwrap();
    for line in [
        "weft_demand_refusals_total{reason=\"cost\",mode=\"measure\"} 1",
        "weft_demand_refusals_total{reason=\"budget_size\",mode=\"measure\"} 1",
        "graphql_operation_cost_bucket{le=\"10.0\",kind=\"estimated\"} 0",
        "graphql_operation_cost_bucket{le=\"10.0\",kind=\"actual\"} 1",
    ] {
        assert!(metrics.contains(line), "{line}\nis not in\n{metrics}");
    }
}

#[tokio::test]
async fn an_operation_that_is_too_dear_is_refused_before_anything_is_asked() {
    let yaml = "demand_control: { mode: enforce, strategy: { static_estimated: { max: 10, list_size: 10 } } }";
    let gateway = gateway(yaml).await;
    let refused = ask(&gateway, LISTS, &[("weft-expose-cost", "true")]).await;
    assert_eq!((refused.status, refused.code().as_str()), (400, "COST_ESTIMATED_TOO_EXPENSIVE"), "{}", refused.text());
    let message = "the operation costs 11 points by estimate, and 10 is the most that one may cost";
    assert_eq!(refused.json()["errors"][0]["message"], message);
    assert_eq!(refused.header("x-cost-estimated"), "11");
    assert!(gateway.asked.lock().unwrap().is_empty());
    assert_eq!(ask(&gateway, "{ me { id } }", &[]).await.status, 200);
}

#[tokio::test]
async fn an_answer_that_cost_more_than_allowed_is_given_and_said_so() {
    let yaml = "demand_control: { mode: enforce, strategy: { static_estimated: { max: 2, list_size: 1 } } }";
    let gateway = gateway(yaml).await;
    let told = ask(&gateway, LISTS, &[("weft-expose-cost", "true")]).await;
    let expected = json!({ "estimated": 2, "actual": 3, "max": 2, "result": "COST_ACTUAL_TOO_EXPENSIVE" });
    assert_eq!(told.json()["extensions"]["cost"], expected, "{}", told.text());
}

const BUDGET: &str = "
demand_control:
  mode: enforce
  budget:
    points: 30
    refill_per_second: 2
    identify_by: [header:x-client]
trusted_proxies: [127.0.0.1]
";

#[tokio::test]
async fn a_budget_is_used_up_and_comes_back_by_retry_after() {
    let gateway = gateway(BUDGET).await;
    let first = ask(&gateway, LISTS, &[("weft-expose-cost", "true")]).await;
    assert_eq!(first.header("ratelimit-policy"), "\"points\";q=30;qu=\"points\";w=15");
    assert_eq!(first.header("ratelimit"), "\"points\";r=27;t=2", "the estimate was 11, the answer cost 3");
    let throttle = json!({ "limit": 30, "remaining": 27, "resetAfter": 2 });
    assert_eq!(first.json()["extensions"]["cost"]["throttle"], throttle);
    let mut answers = 1;
    let refused = loop {
        let answer = ask(&gateway, LISTS, &[]).await;
        if answer.status != 200 {
            break answer;
        }
        answers += 1;
        assert!(answers < 100, "the budget never ends");
    };
    // From 27 each takes 3, and the last needs 11 to begin with; a busy machine lets some refill.
    assert!(answers >= 7, "{answers}");
    assert_eq!((refused.status, refused.code().as_str()), (429, "REQUEST_RATE_LIMITED"), "{}", refused.text());
    assert!(refused.header("ratelimit").starts_with("\"points\";r="), "{:?}", refused.headers);
    let seconds: u64 = refused.header("retry-after").parse().unwrap();
    assert!((1..=6).contains(&seconds), "{seconds}");
    // Another client has a budget of its own.
    assert_eq!(ask(&gateway, LISTS, &[("x-client", "other")]).await.status, 200);
    assert_eq!(ask(&gateway, LISTS, &[("x-forwarded-for", "192.0.2.1")]).await.status, 200);
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    assert_eq!(ask(&gateway, LISTS, &[]).await.status, 200);
}

#[tokio::test]
async fn aliases_do_not_make_it_cheaper() {
    let gateway = gateway(BUDGET).await;
    let aliases: String = (0..30).map(|number| format!("a{number}: me {{ id }} ")).collect();
    let told = ask(&gateway, &format!("{{ {aliases} }}"), &[("weft-expose-cost", "true")]).await;
    assert_eq!(told.json()["extensions"]["cost"]["estimated"], 30, "{}", told.text());
    let aliases = format!("{aliases} more: me {{ id }}");
    let refused = ask(&gateway, &format!("{{ {aliases} }}"), &[]).await;
    assert_eq!((refused.status, refused.code().as_str()), (400, "COST_ESTIMATED_TOO_EXPENSIVE"), "{}", refused.text());
    assert_eq!(refused.header("retry-after"), "", "it would never be enough");
}

#[tokio::test]
async fn forwarded_addresses_have_budgets_of_their_own_only_behind_trusted_proxies() {
    let strangers = gateway(&BUDGET.replace("[127.0.0.1]", "[10.0.0.0/8]")).await;
    let proxies = gateway(BUDGET).await;
    let remaining =
        |answer: &Answer| answer.header("ratelimit").split([';', '=']).nth(2).unwrap().parse::<u64>().unwrap();
    for (gateway, expected) in [(&strangers, false), (&proxies, true)] {
        for number in 0..8 {
            ask(gateway, LISTS, &[("x-forwarded-for", &format!("192.0.2.{number}"))]).await;
        }
        let last = ask(gateway, "{ __typename }", &[("x-forwarded-for", "192.0.2.99")]).await;
        assert_eq!(remaining(&last) == 30, expected, "{:?}", last.headers);
    }
}

#[tokio::test]
async fn a_field_has_a_limit_of_its_own() {
    let yaml = "
demand_control:
  mode: enforce
  budget:
    points: 1000
    fields:
      Query.echo: { limit: 3, window: 1h }
";
    let gateway = gateway(yaml).await;
    assert_eq!(ask(&gateway, "{ echo }", &[]).await.status, 200);
    assert_eq!(ask(&gateway, "{ a: echo b: echo }", &[]).await.status, 200);
    let refused = ask(&gateway, "{ echo }", &[]).await;
    assert_eq!((refused.status, refused.code().as_str()), (429, "REQUEST_RATE_LIMITED"));
    assert!(refused.json()["errors"][0]["message"].as_str().unwrap().starts_with("Query.echo was asked for too often"));
    assert_eq!(ask(&gateway, "{ me { id } }", &[]).await.status, 200);
    let refused = ask(&gateway, "{ a: echo b: echo c: echo d: echo }", &[]).await;
    assert_eq!((refused.status, refused.header("retry-after")), (400, ""), "{}", refused.text());
}

#[tokio::test]
async fn a_request_that_is_shared_is_paid_for_by_each() {
    let yaml = format!("{BUDGET}traffic_shaping: {{ router: {{ deduplicate_query: true }} }}\n");
    let configured = config(&yaml);
    let answer = json!({ "data": { "me": { "id": "1" } } });
    let slow: Resolver = Arc::new(move |_| {
        let answer = answer.clone();
        Box::pin(async move {
            tokio::time::sleep(Duration::from_millis(300)).await;
            answer
        })
    });
    let gateway = Running::with(move |config| *config = configured, |_| {}, slow).await;
    let same = [("x-client", "one")];
    let answers = futures::future::join_all((0..5).map(|_| ask(&gateway, "{ me { id } }", &same))).await;
    assert!(answers.iter().all(|answer| answer.status == 200));
    assert!(gateway.asked.lock().unwrap().len() < 5, "they were to be shared");
    let last = ask(&gateway, "{ __typename }", &same).await;
    let remaining = last.header("ratelimit");
    assert!(remaining.starts_with("\"points\";r=25;") || remaining.starts_with("\"points\";r=26;"), "{remaining}");
}

const USERS: &str = r#"
type Query { users: [User] }
type User @key(fields: "id") { id: ID! name: String }
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@listSize"])
"#;

const REVIEWS: &str = r#"
type User @key(fields: "id") { id: ID! reviews(first: Int = 2): [Review] @listSize(slicingArguments: ["first"]) }
type Review { text: String }
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@listSize"])
"#;

#[tokio::test]
async fn a_subgraph_that_would_be_asked_too_much_is_not_asked() {
    let yaml = "
demand_control:
  mode: enforce
  strategy:
    static_estimated:
      list_size: 5
      subgraph:
        all: { max: 1000 }
        subgraphs:
          reviews: { max: 20 }
";
    let configured = config(yaml);
    let users = always(json!({ "data": { "users": [{ "__typename": "User", "id": "1", "name": "A" }] } }));
    let reviews = always(json!({ "data": { "_entities": [{ "reviews": [{ "text": "t" }] }] } }));
    let subgraphs = [("users", USERS, users), ("reviews", REVIEWS, reviews)];
    let gateway = Running::composed(move |config| *config = configured, &subgraphs).await;
    // Five users are asked for by key, and two reviews of each: 5 x (1 + 2).
    let answer = ask(&gateway, "{ users { name reviews { text } } }", &[]).await;
    assert_eq!(answer.json()["data"]["users"][0]["reviews"][0]["text"], "t", "{}", answer.text());
    let asked = gateway.asked.lock().unwrap().len();
    let query = "query($n: Int) { users { name reviews(first: $n) { text } } }";
    let body = json!({ "query": query, "variables": { "n": 4 } });
    let refused = gateway.ask(body).await;
    assert_eq!((refused.status, refused.code().as_str()), (400, "SUBGRAPH_COST_ESTIMATED_TOO_EXPENSIVE"));
    let message = "the operation asks 25 points of subgraph reviews by estimate, and 20 is the most";
    assert_eq!(refused.json()["errors"][0]["message"], message);
    assert_eq!(gateway.asked.lock().unwrap().len(), asked, "nobody was asked");
    assert_eq!(gateway.ask(json!({ "query": query, "variables": { "n": 3 } })).await.status, 200);
}

#[tokio::test]
async fn a_directive_that_is_composed_limits_a_field() {
    let sdl = r#"
extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@composeDirective"])
  @link(url: "https://shop.example/limits/v1.0", import: ["@rateLimit"])
  @composeDirective(name: "@rateLimit")
directive @rateLimit(limit: Int!, window: String) on FIELD_DEFINITION
type Query { login: String @rateLimit(limit: 2, window: "1h") other: String @rateLimit(limit: 2) }
"#;
    let configured =
        config("demand_control: { mode: enforce, budget: { fields: { Query.other: { limit: 1, window: 1h } } } }");
    let answer = always(json!({ "data": { "login": "x", "other": "y" } }));
    let gateway = Running::composed(move |config| *config = configured, &[("s", sdl, answer)]).await;
    for expected in [200, 200, 429] {
        assert_eq!(ask(&gateway, "{ login }", &[]).await.status, expected);
    }
    // The configuration wins over the directive.
    for expected in [200, 429] {
        assert_eq!(ask(&gateway, "{ other }", &[]).await.status, expected);
    }
}

const GATED: &str = "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.9\", \
                     import: [\"@requiresScopes\", \"@cost\", \"@key\"])\n\
                     type Query { open: Int @cost(weight: 2) paid: [Order] @requiresScopes(scopes: [[\"payments:read\"]]) }\n\
                     type Mutation { open: Int pay: Int @requiresScopes(scopes: [[\"payments:read\"]]) }\n\
                     type Order @key(fields: \"id\") { id: ID! }";

const ORDERS: &str = "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.9\", import: [\"@key\"])\n\
                      type Order @key(fields: \"id\") { id: ID! total: Int }";

#[tokio::test]
async fn what_a_client_may_not_see_is_neither_estimated_nor_charged() {
    let configured = config(
        "demand_control: { mode: enforce, expose: always, strategy: { static_estimated: { subgraph: { subgraphs: { orders: { max: 5 } } } } } }",
    );
    let configure = move |config: &mut Config| {
        *config = configured;
        config.authentication = credentials::authentication();
    };
    let open = always(json!({ "data": { "open": 1, "paid": [], "pay": 1 } }));
    let orders = always(json!({ "data": { "_entities": [] } }));
    let gateway = Running::composed(configure, &[("a", GATED, open), ("orders", ORDERS, orders)]).await;
    let key = [("x-api-key", credentials::PAYMENTS_KEY)];
    for (query, all, without) in [
        ("{ open paid { id } }", [12, 2], [2, 2]),
        ("{ paid { id } }", [10, 0], [0, 0]),
        ("mutation { open pay }", [20, 20], [10, 10]),
        ("{ open }", [2, 2], [2, 2]),
    ] {
        for (headers, expected) in [(&key[..], all), (&[], without)] {
            let told = ask(&gateway, query, headers).await;
            let cost = &told.json()["extensions"]["cost"];
            assert_eq!(
                [&cost["estimated"], &cost["actual"]],
                [&json!(expected[0]), &json!(expected[1])],
                "{query} {told:?}"
            );
        }
    }
    // Ten orders at one point each are too many for their subgraph, but for who gets none of them.
    let query = "{ open paid { total } }";
    assert_eq!(ask(&gateway, query, &key).await.code(), "SUBGRAPH_COST_ESTIMATED_TOO_EXPENSIVE");
    assert_eq!(ask(&gateway, query, &[]).await.json()["data"], json!({ "open": 1, "paid": null }));
}
