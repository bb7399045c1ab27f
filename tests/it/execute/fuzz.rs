//! Random replies: never a panic, never invalid JSON, and what is valid comes out as it went in.

use super::fake::{Fake, Reply};
use super::{answer, plan_text, request};
use bytes::Bytes;
use proptest::prelude::*;
use serde_json::{Value, json};

const PLAN: &str = "
enum Colour BLUE RED
fetch a
  list: [Item]
    id: ID!
    name: String
    price: Float
    count: Int
    colour: Colour
    tags: [String]
    grid: [[Int]]
    any: Any
    media: Book|Film
      title: String
      pages: Int on Book
fetch b after a
  of list by Item id
    extra: String
answer
  list: [Item]
    id: ID!
    name: String
    price: Float
    count: Int
    colour: Colour
    tags: [String]
    grid: [[Int]]
    any: Any
    media: Any
      kind: Typename
      title: String
      pages: Int on Book
    extra: String
";

fn outcome(root: Bytes, entities: Bytes) -> (Value, usize) {
    let described = plan_text::parse(PLAN);
    let replies = [(0, Reply::Body(200, root)), (1, Reply::Body(200, entities))].into();
    let fake = Fake { replies, ..Fake::default() };
    let part = answer(request(&described), &fake).remove(0);
    for (_, body) in fake.requests.into_inner().unwrap() {
        serde_json::from_str::<Value>(&body).expect("requests are valid JSON");
    }
    let errors = part.errors.len();
    let body = part.finish(&[]);
    let mut value: Value = serde_json::from_slice(&body).unwrap_or_else(|error| panic!("{error}: {body:?}"));
    (value["data"].take(), errors)
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((any::<String>(), inner), 0..5)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

fn nullable(value: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
    prop_oneof![1 => Just(Value::Null), 4 => value]
}

fn media() -> impl Strategy<Value = Value> {
    let film = any::<String>().prop_map(|title| json!({ "__typename": "Film", "title": title }));
    let book = (any::<String>(), nullable(any::<i32>().prop_map(Value::from)))
        .prop_map(|(title, pages)| json!({ "__typename": "Book", "title": title, "pages": pages }));
    nullable(prop_oneof![film, book])
}

fn item() -> impl Strategy<Value = Value> {
    let tags = prop::collection::vec(nullable(any::<String>().prop_map(Value::from)), 0..4);
    let row = prop::collection::vec(nullable(any::<i32>().prop_map(Value::from)), 0..4);
    let grid = prop::collection::vec(nullable(row.prop_map(Value::from)), 0..3);
    let colour = prop_oneof![Just(json!("RED")), Just(json!("BLUE"))];
    let fields = (
        "[a-z]{1,3}",
        nullable(any::<String>().prop_map(Value::from)),
        nullable(any::<f64>().prop_map(Value::from)),
        nullable(any::<i32>().prop_map(Value::from)),
        nullable(colour),
        nullable(tags.prop_map(Value::from)),
        nullable(grid.prop_map(Value::from)),
        any_json(),
        media(),
    );
    nullable(fields.prop_map(|(id, name, price, count, colour, tags, grid, any, media)| {
        json!({
            "id": id, "name": name, "price": price, "count": count, "colour": colour,
            "tags": tags, "grid": grid, "any": any, "media": media,
        })
    }))
}

/// The keys of every object in another order, with one more that nobody asked for.
fn shuffled(value: &Value, seed: usize) -> Value {
    match value {
        Value::Array(elements) => elements.iter().map(|element| shuffled(element, seed)).collect(),
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().map(|(key, value)| (key.clone(), shuffled(value, seed))).collect();
            let middle = seed.checked_rem(fields.len()).unwrap_or(0);
            fields.rotate_left(middle);
            Value::Object(fields.into_iter().collect())
        }
        other => other.clone(),
    }
}

/// What the client should see of the items: `__typename` under its other key, `extra` filled in.
fn expected(items: &[Value]) -> Value {
    let shown = items.iter().map(|item| {
        let mut item = item.clone();
        if let Some(fields) = item.as_object_mut() {
            if let Some(media) = fields["media"].as_object_mut() {
                let kind = media.remove("__typename").unwrap();
                media.insert("kind".to_owned(), kind);
            }
            fields.insert("extra".to_owned(), json!(format!("x{}", fields["id"].as_str().unwrap())));
        }
        item
    });
    json!({ "list": shown.collect::<Vec<_>>() })
}

/// The entities for the items, each different one once, in order.
fn entities(items: &[Value]) -> Value {
    let mut ids: Vec<&str> = Vec::new();
    for id in items.iter().filter_map(|item| item["id"].as_str()) {
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    let entities: Vec<Value> = ids.iter().map(|id| json!({ "extra": format!("x{id}") })).collect();
    json!({ "data": { "_entities": entities } })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn valid_replies_come_out_as_they_went_in(items in prop::collection::vec(item(), 0..6), seed in 0usize..12, pretty: bool) {
        let root = shuffled(&json!({ "data": { "list": items } }), seed);
        let text = if pretty { serde_json::to_vec_pretty(&root) } else { serde_json::to_vec(&root) }.unwrap();
        let (data, errors) = outcome(text.into(), entities(&items).to_string().into());
        prop_assert_eq!(errors, 0);
        // Through text once, as numbers lose a bit on the way through serde_json.
        let expected: Value = serde_json::from_str(&expected(&items).to_string()).unwrap();
        prop_assert_eq!(data, expected);
    }

    #[test]
    fn broken_replies_break_nothing(
        items in prop::collection::vec(item(), 0..4),
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0u8..4), 1..6),
    ) {
        let mut root = json!({ "data": { "list": items } }).to_string().into_bytes();
        let mut more = entities(&items).to_string().into_bytes();
        for (at, byte, how) in edits {
            let text = if byte % 3 == 0 { &mut more } else { &mut root };
            if text.is_empty() { continue }
            let at = at.index(text.len());
            // Bytes that mean something to JSON are the likelier ones.
            let byte = b"{}[]\",:\\ntu0-e. "[usize::from(byte) % 16];
            match how {
                0 => text[at] = byte,
                1 => text.insert(at, byte),
                2 => drop(text.remove(at)),
                _ => text.truncate(at),
            }
        }
        outcome(root.into(), more.into());
    }

    #[test]
    fn any_json_at_all_breaks_nothing(data in any_json(), entities in any_json()) {
        outcome(json!({ "data": { "list": [data, { "id": 1 }] } }).to_string().into(), json!({ "data": { "_entities": [entities] } }).to_string().into());
        outcome(json!({ "data": data, "errors": entities }).to_string().into(), Bytes::new());
    }

    #[test]
    fn any_bytes_at_all_break_nothing(root in prop::collection::vec(any::<u8>(), 0..200)) {
        outcome(root.clone().into(), root.into());
    }
}
