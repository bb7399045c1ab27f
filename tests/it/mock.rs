//! Mocks: what they make up is the same thing however it is reached, and fits the schema.

use serde_json::{Value, json};
use weft::diagnostic::Source;
use weft::mock::Mock;

const SDL: &str = r#"
extend schema @link(url: "https://specs.apollo.dev/federation/v2.5", import: ["@key", "@external", "@requires"])

type Query {
  product(id: ID!): Product
  products(first: Int = 10): [Product!]!
  search(text: String!): [Found!]!
  node(id: ID!): Node
}

type Mutation {
  rename(id: ID!, name: String!): Product!
}

interface Node {
  id: ID!
}

union Found = Product | Shop

type Product implements Node @key(fields: "id") @key(fields: "code region { name }") {
  id: ID!
  code: String!
  region: Region!
  kind: Kind!
  sizes: [Int!]
  weight: Float @external
  postage: Float @requires(fields: "weight")
  made(unit: Unit = DAYS): Int
  shop: Shop
}

type Region {
  name: String!
}

type Shop {
  name: String
  products(first: Int): [Product!]
}

enum Kind {
  SMALL
  LARGE
}

enum Unit {
  DAYS
  HOURS
}
"#;

fn ask(query: &str, variables: Value) -> Value {
    let mock = Mock::new("products", &Source::new("products.graphql", SDL)).unwrap();
    let request = json!({ "query": query, "variables": variables });
    let answer = mock.answer(request.to_string().as_bytes());
    assert_eq!(answer, mock.answer(request.to_string().as_bytes()), "it answers the same again");
    answer
}

fn data(query: &str) -> Value {
    let answer = ask(query, json!({}));
    assert_eq!(answer.get("errors"), None, "{answer}");
    answer["data"].clone()
}

#[test]
fn a_thing_is_the_same_however_it_is_reached() {
    let found = data("{ product(id: \"5\") { __typename id code kind made shop { name } } }");
    let product = &found["product"];
    assert_eq!((&product["id"], &product["__typename"]), (&json!("5"), &json!("Product")));
    let entities = ask(
        "query($r: [_Any!]!) { _entities(representations: $r) { ... on Product { id code kind made shop { name } } } }",
        json!({ "r": [{ "__typename": "Product", "id": "5" }, { "__typename": "Product", "id": "6" }] }),
    );
    let entity = &entities["data"]["_entities"][0];
    for field in ["id", "code", "kind", "made", "shop"] {
        assert_eq!(entity[field], product[field], "{field}");
    }
    assert_ne!(entities["data"]["_entities"][1]["code"], product["code"]);
}

#[test]
fn what_a_list_gives_can_be_looked_up() {
    let list = data("{ products(first: 2) { id code } }");
    let products = list["products"].as_array().unwrap();
    assert_eq!(products.len(), 2);
    for product in products {
        let id = product["id"].as_str().unwrap();
        assert_eq!(data(&format!("{{ product(id: \"{id}\") {{ id code }} }}"))["product"], *product);
    }
}

#[test]
fn representations_are_echoed_with_what_is_required() {
    let answer = ask(
        "query($r: [_Any!]!) { _entities(representations: $r) { ... on Product { weight code region { name } } } }",
        json!({ "r": [{ "__typename": "Product", "code": "c", "region": { "name": "north" }, "weight": 2.5 }] }),
    );
    let entity = &answer["data"]["_entities"][0];
    assert_eq!(*entity, json!({ "weight": 2.5, "code": "c", "region": { "name": "north" } }));
}

#[test]
fn abstract_types_become_objects_that_fit() {
    let found =
        data("{ search(text: \"x\") { __typename ... on Node { id } ... on Shop { name } } node(id: \"7\") { id } }");
    assert_eq!(found["node"]["id"], "7");
    for item in found["search"].as_array().unwrap() {
        let (has_id, has_name) = (item.get("id").is_some(), item.get("name").is_some());
        assert_eq!((has_id, has_name), (item["__typename"] == "Product", item["__typename"] == "Shop"), "{item}");
    }
}

#[test]
fn conditions_fragments_aliases_and_arguments_count() {
    let query = "query($yes: Boolean = true) { a: product(id: \"1\") { ...P code @skip(if: $yes) } }
        fragment P on Product { days: made hours: made(unit: HOURS) ... @include(if: $yes) { kind } sizes }";
    let found = data(query);
    let product = found["a"].as_object().unwrap();
    assert_eq!(product.keys().collect::<Vec<_>>(), ["days", "hours", "kind", "sizes"]);
    assert_ne!(product["days"], product["hours"], "other arguments, another value");
    assert!(["SMALL", "LARGE"].contains(&product["kind"].as_str().unwrap()));
    assert_eq!(product["sizes"].as_array().unwrap().len(), 3);
}

#[test]
fn the_schema_can_be_asked_for() {
    assert_eq!(data("{ _service { sdl } }")["_service"]["sdl"], SDL);
}

#[test]
fn nonsense_is_refused_in_words() {
    for (query, words) in [("{ product(", "cannot be parsed"), ("{ nothing }", "Query has no field nothing")] {
        let answer = ask(query, json!({}));
        assert!(answer["errors"][0]["message"].as_str().unwrap().contains(words), "{answer}");
    }
    let mock = Mock::new("products", &Source::new("products.graphql", SDL)).unwrap();
    assert!(mock.answer(b"{").to_string().contains("no JSON"));
}

#[test]
fn lists_in_lists_end_somewhere() {
    let inner = "shop { products { ".repeat(14) + "id" + &" } }".repeat(14);
    let answer = ask(&format!("{{ products {{ {inner} }} }}"), json!({}));
    assert!(answer["errors"][0]["message"].as_str().unwrap().contains("too large"), "{answer}");
}
