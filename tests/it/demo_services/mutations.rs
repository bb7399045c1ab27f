//! What the services change, and what they refuse to.

use serde_json::{Value, json};
use weft::demo::{Running, Service};

use super::{data, entities, own};

const ADDRESS: &str =
    "{ recipient: \"Ada Bauer\", street: \"Waldweg 1\", city: \"Berlin\", postalCode: \"10115\", country: DE }";

async fn place(service: &Running, customer: &str, items: &str) -> Value {
    let query = format!(
        "mutation {{ placeOrder(input: {{ customerId: \"{customer}\", items: {items}, shippingAddress: {ADDRESS} }}) {{
            order {{ id number status pieces subtotal shippingCost total customer {{ id orders(first: 1) {{ nodes {{ id }} }} }}
                     items {{ line quantity product {{ id name }} }} timeline {{ __typename }} }}
            problems {{ __typename message ... on InvalidInput {{ field }} ... on UnknownProduct {{ productId }} }} }} }}"
    );
    data(service, &query, json!({})).await["placeOrder"].clone()
}

#[tokio::test]
async fn a_placed_order_is_there_from_then_on() {
    let service = own(Service::Orders).await;
    let placed = place(&service, "5", "[{ productId: \"10\", quantity: 2 }, { productId: \"11\" }]").await;
    assert_eq!(placed["problems"], json!([]));
    let order = &placed["order"];
    assert_eq!(
        (&order["number"], &order["status"], &order["pieces"]),
        (&json!("W120001"), &json!("PLACED"), &json!(3))
    );
    assert_eq!(order["items"][1]["product"]["id"], "11");
    assert_eq!(order["customer"]["orders"]["nodes"][0]["id"], order["id"], "it is the customer's latest");
    let found =
        entities(&service, json!([{ "__typename": "Order", "number": "W120001" }]), "... on Order { id total }").await;
    assert_eq!(found[0], json!({ "id": order["id"], "total": order["total"] }));
    let again = place(&service, "5", "[{ productId: \"10\" }]").await;
    assert_eq!(again["order"]["number"], "W120002");
    service.stop().await;
}

#[tokio::test]
async fn an_order_is_refused_with_all_its_problems() {
    let service = own(Service::Orders).await;
    let refused = async |customer: &str, items: &str| {
        let answer = place(&service, customer, items).await;
        assert_eq!(answer["order"], Value::Null);
        let problem = |problem: &Value| {
            let detail = if problem["field"].is_null() { &problem["productId"] } else { &problem["field"] };
            format!("{} {}", problem["__typename"].as_str().unwrap(), detail.as_str().unwrap())
        };
        answer["problems"].as_array().unwrap().iter().map(problem).collect::<Vec<_>>()
    };
    assert_eq!(refused("5", "[]").await, ["InvalidInput items"]);
    assert_eq!(refused("5", "[{ productId: \"1\", quantity: 0 }]").await, ["InvalidInput items.0.quantity"]);
    assert_eq!(refused("5", "[{ productId: \"1\", quantity: 100 }]").await, ["InvalidInput items.0.quantity"]);
    assert_eq!(refused("5", "[{ productId: \"5001\" }, { productId: \"1\" }]").await, ["UnknownProduct 5001"]);
    assert_eq!(refused("1001", "[{ productId: \"1\" }]").await, ["InvalidInput customerId"]);
    assert_eq!(refused("5", "[{ productId: \"1\" }, { productId: \"1\" }]").await, ["InvalidInput items.1.productId"]);
    let many = ["InvalidInput customerId", "UnknownProduct x", "InvalidInput items.1.quantity"];
    assert_eq!(refused("y", "[{ productId: \"x\" }, { productId: \"1\", quantity: -1 }]").await, many);
    let count = data(&service, "{ orders { totalCount } }", json!({})).await;
    assert_eq!(count["orders"]["totalCount"], 20_000, "nothing was placed");
    service.stop().await;
}

#[tokio::test]
async fn only_an_order_that_was_not_sent_can_be_cancelled() {
    let service = own(Service::Orders).await;
    let query = "mutation ($id: ID!) { cancelOrder(id: $id) { order { status timeline { __typename } }
        problems { __typename message ... on OrderNotCancellable { order { status } } } } }";
    let delivered = data(&service, query, json!({ "id": "1" })).await["cancelOrder"].clone();
    assert_eq!(delivered["problems"][0]["__typename"], "OrderNotCancellable");
    assert_eq!(delivered["problems"][0]["order"]["status"], "DELIVERED");
    let unknown = data(&service, query, json!({ "id": "987654" })).await["cancelOrder"].clone();
    assert_eq!(unknown["problems"][0]["__typename"], "UnknownOrder");
    // Placed and cancelled in one request: the second sees what the first did, the query what both did.
    let both = format!(
        "mutation {{ placeOrder(input: {{ customerId: 1, items: [{{ productId: 1 }}], shippingAddress: {ADDRESS} }}) {{ order {{ id status }} }}
           cancelOrder(id: \"20001\") {{ order {{ status }} problems {{ message }} }} }}"
    );
    let both = data(&service, &both, json!({})).await;
    assert_eq!(both["placeOrder"]["order"], json!({ "id": "20001", "status": "PLACED" }));
    assert_eq!(both["cancelOrder"], json!({ "order": { "status": "CANCELLED" }, "problems": [] }));
    service.stop().await;
}

async fn settle(service: &Running, mutation: &str) -> Value {
    let query = format!(
        "mutation {{ m: {mutation} {{ payment {{ id status amount capturedAmount refundedAmount order {{ id }}
            refunds {{ amount items {{ line order {{ id }} }} }} timeline {{ __typename }} }}
            problems {{ __typename message ... on InvalidInput {{ field }} ... on WrongPaymentStatus {{ payment {{ status }} }} }} }} }}"
    );
    data(service, &query, json!({})).await["m"].clone()
}

#[tokio::test]
async fn a_payment_is_authorized_captured_and_refunded() {
    let service = own(Service::Payments).await;
    let authorized =
        settle(&service, "authorizePayment(input: { orderId: 20001, methodId: 1, amount: \"30.00\" })").await;
    let payment = &authorized["payment"];
    assert_eq!((&payment["id"], &payment["status"]), (&json!("20001"), &json!("AUTHORIZED")));
    let again = settle(&service, "authorizePayment(input: { orderId: 20001, methodId: 1, amount: \"30.00\" })").await;
    assert_eq!(again["problems"][0]["__typename"], "WrongPaymentStatus");
    let captured = settle(&service, "capturePayment(input: { paymentId: 20001, amount: \"20.00\" })").await;
    assert_eq!(
        (&captured["payment"]["status"], &captured["payment"]["capturedAmount"]),
        (&json!("CAPTURED"), &json!("20.00"))
    );
    let refunded = settle(&service, "refundPayment(input: { paymentId: 20001, amount: \"5.00\", lines: [2] })").await;
    assert_eq!(refunded["payment"]["status"], "CAPTURED");
    let refund = json!([{ "amount": "5.00", "items": [{ "line": 2, "order": { "id": "20001" } }] }]);
    assert_eq!(refunded["payment"]["refunds"], refund);
    let rest = settle(&service, "refundPayment(input: { paymentId: 20001 })").await;
    assert_eq!((&rest["payment"]["status"], &rest["payment"]["refundedAmount"]), (&json!("REFUNDED"), &json!("20.00")));
    let timeline = ["PaymentAuthorized", "PaymentCaptured", "PaymentRefunded", "PaymentRefunded"];
    let told: Vec<&str> = rest["payment"]["timeline"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["__typename"].as_str().unwrap())
        .collect();
    assert_eq!(told, timeline);
    service.stop().await;
}

#[tokio::test]
async fn nothing_is_captured_twice() {
    let service = own(Service::Payments).await;
    // The last order of the seed is not sent yet, or it is cancelled: take one that is open.
    let open =
        data(&service, "{ payments(filter: { status: AUTHORIZED }, first: 1) { nodes { id amount } } }", json!({}))
            .await;
    let open = open["payments"]["nodes"][0].clone();
    let capture = format!("capturePayment(input: {{ paymentId: {} }})", open["id"]);
    let attempts = futures::future::join_all((0..8).map(|_| settle(&service, &capture))).await;
    let done = attempts.iter().filter(|attempt| attempt["problems"] == json!([])).count();
    assert_eq!(done, 1);
    for refused in attempts.iter().filter(|attempt| attempt["payment"].is_null()) {
        assert_eq!(refused["problems"][0]["__typename"], "WrongPaymentStatus");
        assert_eq!(refused["problems"][0]["payment"]["status"], "CAPTURED");
    }
    service.stop().await;
}

#[tokio::test]
async fn wrong_payments_are_refused() {
    let service = own(Service::Payments).await;
    let open =
        data(&service, "{ payments(filter: { status: AUTHORIZED }, first: 1) { nodes { id } } }", json!({})).await;
    let open = &open["payments"]["nodes"][0]["id"];
    let cases = [
        ("capturePayment(input: { paymentId: \"999999\" })".to_owned(), "UnknownPayment"),
        ("capturePayment(input: { paymentId: \"x\" })".to_owned(), "UnknownPayment"),
        (format!("capturePayment(input: {{ paymentId: {open}, amount: \"0\" }})"), "InvalidInput"),
        (format!("capturePayment(input: {{ paymentId: {open}, amount: \"1000000.00\" }})"), "InvalidInput"),
        (format!("refundPayment(input: {{ paymentId: {open} }})"), "WrongPaymentStatus"),
        (format!("refundPayment(input: {{ paymentId: {open}, lines: [0] }})"), "InvalidInput"),
        ("authorizePayment(input: { orderId: 1, methodId: 1, amount: \"-1\" })".to_owned(), "InvalidInput"),
        (
            "authorizePayment(input: { orderId: 30000, methodId: 99999, amount: \"1\" })".to_owned(),
            "UnknownPaymentMethod",
        ),
        ("authorizePayment(input: { orderId: \"\", methodId: 1, amount: \"1\" })".to_owned(), "InvalidInput"),
    ];
    for (mutation, problem) in cases {
        let refused = settle(&service, &mutation).await;
        assert_eq!(refused["payment"], Value::Null, "{mutation}");
        assert_eq!(refused["problems"][0]["__typename"], problem, "{mutation}");
    }
    service.stop().await;
}

#[tokio::test]
async fn stock_is_adjusted_but_never_below_zero() {
    let service = own(Service::Products).await;
    let adjust = async |change: i64, warehouse: i64| {
        let query = format!(
            "mutation {{ adjustStock(input: {{ warehouseId: {warehouse}, productId: 12, change: {change} }}) {{
                stockItem {{ quantity product {{ stock {{ quantity warehouse {{ id }} }} }} }} problems {{ __typename message }} }} }}"
        );
        data(&service, &query, json!({})).await["adjustStock"].clone()
    };
    let one = adjust(1, 1).await["stockItem"]["quantity"].as_i64().unwrap();
    let after = adjust(10, 1).await["stockItem"].clone();
    assert_eq!(after["quantity"], one + 10);
    assert_eq!(after["product"]["stock"][0], json!({ "quantity": one + 10, "warehouse": { "id": "1" } }));
    assert_eq!(adjust(-(one + 11), 1).await["problems"][0]["__typename"], "InvalidInput");
    assert_eq!(adjust(0, 1).await["problems"][0]["__typename"], "InvalidInput");
    assert_eq!(adjust(1, 3).await["problems"][0]["__typename"], "UnknownStockItem");
    service.stop().await;
}

#[tokio::test]
async fn an_address_is_added_once_it_is_complete() {
    let service = own(Service::Users).await;
    let add = async |user: &str, address: &str| {
        let query = format!(
            "mutation {{ addAddress(input: {{ userId: \"{user}\", address: {address}, makeDefault: true }}) {{
                user {{ defaultAddress {{ city }} addresses {{ city }} }}
                problems {{ __typename message ... on InvalidInput {{ field }} }} }} }}"
        );
        data(&service, &query, json!({})).await["addAddress"].clone()
    };
    let added = add("1", ADDRESS).await;
    assert_eq!(added["user"]["defaultAddress"]["city"], "Berlin");
    assert!(added["user"]["addresses"].as_array().unwrap().len() > 1);
    let empty = add("1", &ADDRESS.replace("Berlin", " ")).await;
    assert_eq!(empty["problems"][0]["field"], "address.city");
    assert_eq!(add("4711", ADDRESS).await["problems"][0]["__typename"], "UnknownUser");
    service.stop().await;
}
