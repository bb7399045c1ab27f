//! What the services answer to queries, page by page, and over HTTP.

use serde_json::{Value, json};
use weft::demo::{Running, Service};

use super::{answer, data, shared};

#[tokio::test]
async fn users_are_found_by_id_and_by_email() {
    let service = shared(Service::Users);
    let query = "query ($email: String!) {
        user(id: \"42\") { id email }
        userByEmail(email: $email) { id }
        nobody: user(id: \"0\") { id }
    }";
    let email = data(service, "{ user(id: 42) { email } }", json!({})).await["user"]["email"].clone();
    let shouted = email.as_str().unwrap().to_uppercase();
    let found = data(service, query, json!({ "email": shouted })).await;
    assert_eq!(found, json!({ "user": { "id": "42", "email": email }, "userByEmail": { "id": "42" }, "nobody": null }));
}

#[tokio::test]
async fn me_is_whom_the_header_names() {
    let service = shared(Service::Users);
    let ask = async |viewer: Option<&str>| {
        let mut request = reqwest::Client::new().post(service.url()).body("{\"query\": \"{ me { id } }\"}");
        request = request.header("content-type", "application/json");
        if let Some(viewer) = viewer {
            request = request.header("x-user-id", viewer);
        }
        request.send().await.unwrap().text().await.unwrap()
    };
    assert_eq!(ask(Some("7")).await, "{\"data\":{\"me\":{\"id\":\"7\"}}}");
    assert_eq!(ask(None).await, "{\"data\":{\"me\":null}}");
    assert_eq!(ask(Some("nonsense")).await, "{\"data\":{\"me\":null}}");
}

#[tokio::test]
async fn an_order_agrees_with_its_payment_and_its_customer() {
    let query = "{ order(id: \"1234\") { customer { id } total subtotal shippingCost shippingAddress { recipient city }
                   pieces items { line quantity unitPrice total product { id } takenFrom { warehouse { id } product { id } } } } }";
    let order = data(shared(Service::Orders), query, json!({})).await["order"].clone();
    let query = "{ payment(id: \"1234\") { amount order { id } payer { id } method { id owner { id } } } }";
    let payment = data(shared(Service::Payments), query, json!({})).await["payment"].clone();
    assert_eq!(payment["amount"], order["total"]);
    assert_eq!(payment["order"]["id"], "1234");
    assert_eq!(payment["payer"], order["customer"]);
    assert_eq!(payment["method"]["owner"], order["customer"]);
    let query = "query ($id: ID!) { user(id: $id) { name defaultAddress { recipient city } } }";
    let user = data(shared(Service::Users), query, json!({ "id": order["customer"]["id"] })).await["user"].clone();
    assert_eq!(user["defaultAddress"], order["shippingAddress"]);
    for item in order["items"].as_array().unwrap() {
        let query = "query ($id: ID!) { product(id: $id) { price stock { warehouse { id } } } }";
        let product =
            data(shared(Service::Products), query, json!({ "id": item["product"]["id"] })).await["product"].clone();
        assert_eq!(product["price"], item["unitPrice"]);
        let warehouse = json!({ "warehouse": item["takenFrom"]["warehouse"] });
        assert!(product["stock"].as_array().unwrap().contains(&warehouse), "{product} {item}");
    }
}

#[tokio::test]
async fn preferred_methods_are_what_the_payments_service_says() {
    let query = "{ users(first: 50) { nodes { preferredPaymentMethod { __typename id } notifications { subject { __typename } } } } }";
    let users = data(shared(Service::Users), query, json!({})).await;
    for user in users["users"]["nodes"].as_array().unwrap() {
        let preferred = &user["preferredPaymentMethod"];
        let query = "query ($id: ID!) { paymentMethod(id: $id) { __typename id label } }";
        let method = data(shared(Service::Payments), query, json!({ "id": preferred["id"] })).await;
        assert_eq!(method["paymentMethod"]["__typename"], preferred["__typename"]);
        assert!(!user["notifications"].as_array().unwrap().is_empty());
    }
}

#[tokio::test]
async fn timelines_are_of_their_own_service() {
    let query = "{ order(id: \"1\") { status timeline { __typename } shipment { carrier trackingNumber } } }";
    let order = data(shared(Service::Orders), query, json!({})).await["order"].clone();
    assert_eq!(order["status"], "DELIVERED");
    assert_eq!(
        order["timeline"],
        json!([{ "__typename": "OrderPlaced" }, { "__typename": "OrderShipped" }, { "__typename": "OrderDelivered" }])
    );
    let query = "{ payments(filter: { status: VOIDED }, first: 1) { nodes { timeline { __typename } } } }";
    let payments = data(shared(Service::Payments), query, json!({})).await;
    let voided = json!([{ "__typename": "PaymentAuthorized" }, { "__typename": "PaymentVoided" }]);
    assert_eq!(payments["payments"]["nodes"][0]["timeline"], voided);
}

#[tokio::test]
async fn a_search_finds_things_of_several_types() {
    let query = "{ search(text: \"desk\") { __typename ... on Product { name } ... on Category { slug } } }";
    let found = data(shared(Service::Products), query, json!({})).await["search"].clone();
    let found = found.as_array().unwrap();
    assert_eq!(found[0], json!({ "__typename": "Category", "slug": "desks" }));
    assert_eq!(found.len(), 20);
    assert!(found[1..].iter().all(|hit| hit["name"].as_str().unwrap().to_lowercase().contains("desk")));
}

#[tokio::test]
async fn related_products_share_the_category() {
    let query = "{ product(id: 4990) { id category { slug } related(first: 20) { id category { slug } } } }";
    let product = data(shared(Service::Products), query, json!({})).await["product"].clone();
    let related = product["related"].as_array().unwrap();
    assert_eq!(related.len(), 20);
    assert!(related.iter().all(|other| other["category"] == product["category"] && other["id"] != product["id"]));
}

#[tokio::test]
async fn categories_form_a_tree() {
    let query = "{ categories { slug parent { slug } children { slug parent { slug } products(first: 2) { totalCount nodes { category { slug } } } } } }";
    let roots = data(shared(Service::Products), query, json!({})).await["categories"].clone();
    for root in roots.as_array().unwrap() {
        assert_eq!(root["parent"], Value::Null);
        for child in root["children"].as_array().unwrap() {
            assert_eq!(child["parent"]["slug"], root["slug"]);
            let products = &child["products"];
            assert!(products["totalCount"].as_i64().unwrap() > 100);
            assert!(
                products["nodes"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .all(|product| product["category"]["slug"] == child["slug"])
            );
        }
    }
}

/// Walks a connection at the root to its end; gives the ids and the total that it told.
async fn walk(service: &Running, field: &str, arguments: &str, first: usize) -> (Vec<String>, usize) {
    let mut ids = Vec::new();
    let mut after = Value::Null;
    loop {
        let query = format!(
            "query ($after: String) {{ c: {field}(first: {first}, after: $after {arguments}) {{
                totalCount edges {{ cursor node {{ id }} }} nodes {{ id }}
                pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} }}"
        );
        let page = data(service, &query, json!({ "after": after })).await["c"].clone();
        let edges = page["edges"].as_array().unwrap();
        assert!(edges.len() <= first);
        assert_eq!(page["pageInfo"]["hasPreviousPage"], json!(!after.is_null()));
        assert_eq!(page["pageInfo"]["startCursor"], edges[0]["cursor"]);
        assert_eq!(page["pageInfo"]["endCursor"], edges[edges.len() - 1]["cursor"]);
        assert_eq!(page["nodes"], edges.iter().map(|edge| edge["node"].clone()).collect::<Value>());
        ids.extend(edges.iter().map(|edge| edge["node"]["id"].as_str().unwrap().to_owned()));
        if page["pageInfo"]["hasNextPage"] == json!(false) {
            let total = usize::try_from(page["totalCount"].as_u64().unwrap()).unwrap();
            return (ids, total);
        }
        assert_eq!(edges.len(), first, "a page that is not the last is full");
        after = page["pageInfo"]["endCursor"].clone();
    }
}

#[tokio::test]
async fn pages_cover_a_list_once() {
    let cases = [
        (Service::Users, "users", "filter: { tier: GOLD }", 7),
        (Service::Products, "products", "filter: { categorySlug: \"knives\" }, sort: PRICE_LOW_TO_HIGH", 25),
        (Service::Products, "products", "filter: { brandId: \"3\" }, sort: PRICE_HIGH_TO_LOW", 30),
        (Service::Products, "products", "filter: { status: UPCOMING }, sort: NEWEST", 20),
        (Service::Orders, "orders", "filter: { status: PLACED }", 9),
        (Service::Payments, "payments", "filter: { status: REFUNDED }", 40),
    ];
    for (service, field, arguments, first) in cases {
        let (ids, total) = walk(shared(service), field, &format!(", {arguments}"), first).await;
        let mut unique = ids.clone();
        unique.sort();
        unique.dedup();
        assert_eq!(unique.len(), ids.len(), "{field}({arguments}) repeats nodes");
        assert_eq!(ids.len(), total, "{field}({arguments})");
        assert!(total > first, "{field}({arguments}) has one page only");
    }
}

#[tokio::test]
async fn sorted_lists_are_sorted() {
    let query = "{ products(sort: PRICE_LOW_TO_HIGH, first: 100) { nodes { price } } }";
    let products = data(shared(Service::Products), query, json!({})).await["products"]["nodes"].clone();
    let price = |product: &Value| product["price"].as_str().unwrap().parse::<f64>().unwrap();
    let prices: Vec<f64> = products.as_array().unwrap().iter().map(price).collect();
    assert!(prices.is_sorted());
    assert!(prices[0] < prices[99]);
}

#[tokio::test]
async fn nested_pages_go_on_where_they_ended() {
    let query = "query ($r: [_Any!]!, $after: String) { _entities(representations: $r) { ... on User {
        orders(first: 2, after: $after) { totalCount nodes { id } pageInfo { hasNextPage endCursor } } } } }";
    let user = json!([{ "__typename": "User", "id": "5" }]);
    let mut seen = Vec::new();
    let mut after = Value::Null;
    loop {
        let page = data(shared(Service::Orders), query, json!({ "r": user, "after": after })).await;
        let page = page["_entities"][0]["orders"].clone();
        seen.extend(
            page["nodes"].as_array().unwrap().iter().map(|order| order["id"].as_str().unwrap().parse::<i64>().unwrap()),
        );
        after = page["pageInfo"]["endCursor"].clone();
        if page["pageInfo"]["hasNextPage"] == json!(false) {
            assert_eq!(page["totalCount"], json!(seen.len()));
            break;
        }
    }
    assert!(seen.len() > 5 && seen.is_sorted_by(|a, b| a > b), "the latest first: {seen:?}");
}

#[tokio::test]
async fn pages_are_bounded_and_cursors_checked() {
    let cases = [
        (Service::Users, "{ users(first: 101) { totalCount } }"),
        (Service::Users, "{ users(first: 0) { totalCount } }"),
        (Service::Users, "{ user(id: 1) { notifications(first: 1000) { id } } }"),
        (Service::Products, "{ products(first: -1) { totalCount } }"),
        (Service::Products, "{ product(id: 1) { related(first: 21) { id } } }"),
        (Service::Products, "{ search(text: \"  \") { __typename } }"),
        (Service::Orders, "{ orders(after: \"nonsense\") { totalCount } }"),
        (Service::Payments, "{ payments(first: 2147483647) { totalCount } }"),
    ];
    for (service, query) in cases {
        let answer = answer(shared(service), query, json!({})).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{query}: {answer}");
    }
}

#[tokio::test]
async fn health_and_media_types() {
    let service = shared(Service::Orders);
    let client = reqwest::Client::new();
    let health = client.get(service.url().replace("/graphql", "/health")).send().await.unwrap();
    assert_eq!((health.status().as_u16(), health.text().await.unwrap().as_str()), (200, "ok\n"));
    for (accept, given) in [
        ("application/json", "application/json"),
        ("application/graphql-response+json, application/json;q=0.9", "application/graphql-response+json"),
    ] {
        let request = client.post(service.url()).header("content-type", "application/json").header("accept", accept);
        let response = request.body("{\"query\": \"{ __typename }\"}").send().await.unwrap();
        assert_eq!(response.headers()["content-type"], given);
    }
    let garbage = client.post(service.url()).header("content-type", "application/json").body("{");
    assert_eq!(garbage.send().await.unwrap().status(), 400);
}
