//! The graph that is measured: four services of a shop with their schemas, and what each field of each
//! object is.
//!
//! Nothing is stored: every value follows from the object's type and number, so the same question
//! always has the same answer and there is no data to ship. Some fields fail or are null on purpose.

use std::fmt::Write;

/// The services, in the order of the supergraph.
pub const SERVICES: [(&str, &str); 4] =
    [("accounts", ACCOUNTS), ("inventory", INVENTORY), ("products", PRODUCTS), ("reviews", REVIEWS)];

const ACCOUNTS: &str = r#"
extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])

type Query {
  viewer: Member
  members(first: Int = 10): [Member!]!
}

type Member @key(fields: "id") {
  id: ID!
  handle: String!
  name: String
  city: String
  joined: Int!
  "Fails for every fourth member and is null for every other fourth one."
  contact: String
}
"#;

const INVENTORY: &str = r#"
extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key", "@external", "@requires"])

type Article @key(fields: "sku") {
  sku: ID!
  price: Int @external
  grams: Int @external
  stock: Int!
  available: Boolean!
  postage: Int @requires(fields: "price grams")
  "Fails for every third article and is null for every other third one."
  shelf: String
}
"#;

const PRODUCTS: &str = r#"
extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])

type Query {
  catalogue(first: Int = 10): [Article!]!
  article(sku: ID!): Article
}

type Article @key(fields: "sku") {
  sku: ID!
  title: String!
  price: Int
  grams: Int
  maker: Maker
  tags: [String!]!
  "Some four thousand bytes in several scripts, with escapes."
  manual: String!
}

type Maker {
  name: String!
  country: Country!
}

enum Country {
  AT
  DE
  FR
  JP
  PT
}
"#;

const REVIEWS: &str = r#"
extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])

type Opinion @key(fields: "id") {
  id: ID!
  stars: Int!
  text: String!
  author: Member
  article: Article
  "A member who has left; accounts knows none."
  moderator: Member
}

type Member @key(fields: "id") {
  id: ID!
  opinions(first: Int = 5): [Opinion!]
}

type Article @key(fields: "sku") {
  sku: ID!
  opinions(first: Int = 5): [Opinion!]
}
"#;

/// An object: its type and its number.
pub type Object = (&'static str, u32);

/// The value of a field.
pub enum Value {
    Null,
    Int(u32),
    Boolean(bool),
    Text(String),
    Texts(Vec<String>),
    One(Object),
    Many(Vec<Object>),
    /// The field fails, with this message.
    Failure(&'static str),
}

/// Members and articles from this number on do not exist.
const GONE: u32 = 1_000_000;

/// The field of an object that answers its key, and the object that a key names, unless there is none.
pub fn by_key(typename: &str, key: &str) -> Option<Object> {
    let number = key.rsplit('-').next()?.parse().ok().filter(|&number| number < GONE)?;
    let ty = ["Member", "Article", "Opinion"].into_iter().find(|ty| *ty == typename)?;
    Some((ty, number))
}

/// The name of a type's key field.
pub fn key_of(typename: &str) -> &'static str {
    if typename == "Article" { "sku" } else { "id" }
}

/// What a field is; `first` and `key` are its arguments.
pub fn field((ty, n): Object, name: &str, first: Option<u32>, key: Option<&str>) -> Value {
    let many = |ty, from: u32, step: u32, modulus: u32, count: u32| {
        Value::Many((0..count).map(|i| (ty, from.wrapping_add(i * step) % modulus)).collect())
    };
    match (ty, name) {
        ("Query", "viewer") => Value::One(("Member", 7)),
        ("Query", "members") => many("Member", 1, 1, 2_000, first.unwrap_or(10)),
        ("Query", "catalogue") => many("Article", 1, 1, 2_000, first.unwrap_or(10)),
        ("Query", "article") => key.and_then(|key| by_key("Article", key)).map_or(Value::Null, Value::One),
        ("Member", "id") => Value::Text(format!("m-{n}")),
        ("Member", "handle") => Value::Text(format!("reader{n}")),
        ("Member", "name") => Value::Text(format!("{} {}", GIVEN[n as usize % 8], FAMILY[n as usize / 8 % 8])),
        ("Member", "city") => Value::Text(CITIES[n as usize % 6].to_owned()),
        ("Member", "joined") => Value::Int(2_004 + n % 20),
        ("Member", "contact") => match n % 4 {
            0 => Value::Failure("the address book is closed"),
            1 => Value::Null,
            _ => Value::Text(format!("reader{n}@example.org")),
        },
        ("Member", "opinions") => many("Opinion", n * 7, 1, 4_000, first.unwrap_or(5)),
        ("Article", "sku") => Value::Text(format!("a-{n}")),
        ("Article", "title") => Value::Text(format!("{} no. {n} in {}", GOODS[n as usize % 6], CITIES[n as usize % 6])),
        ("Article", "price") => Value::Int(199 + n * 13 % 9_000),
        ("Article", "grams") => Value::Int(20 + n * 37 % 4_000),
        ("Article", "maker") => Value::One(("Maker", n % 40)),
        ("Article", "tags") => Value::Texts((0..n % 4).map(|i| format!("tag{}", (n + i * 5) % 30)).collect()),
        ("Article", "manual") => Value::Text(manual(n)),
        ("Article", "stock") => Value::Int(n * 11 % 300),
        ("Article", "available") => Value::Boolean(!n.is_multiple_of(5)),
        ("Article", "postage") => Value::Int(350 + (20 + n * 37 % 4_000) / 10),
        ("Article", "shelf") => match n % 3 {
            0 => Value::Failure("the warehouse does not answer"),
            1 => Value::Null,
            _ => Value::Text(format!("row {} shelf {}", n % 20, n % 7)),
        },
        ("Article", "opinions") => many("Opinion", n * 3, 1, 4_000, first.unwrap_or(5)),
        ("Maker", "name") => Value::Text(format!("{} & {}", FAMILY[n as usize % 8], FAMILY[n as usize / 5 % 8])),
        ("Maker", "country") => Value::Text(["AT", "DE", "FR", "JP", "PT"][n as usize % 5].to_owned()),
        ("Opinion", "id") => Value::Text(format!("o-{n}")),
        ("Opinion", "stars") => Value::Int(1 + n % 5),
        ("Opinion", "text") => Value::Text(format!(
            "{} {} I have read it {} times since, and lent it to {}.",
            REMARKS[n as usize % 5],
            REMARKS[n as usize / 5 % 5],
            n % 9,
            GIVEN[n as usize % 8]
        )),
        ("Opinion", "author") => Value::One(("Member", n * 5 % 2_000)),
        ("Opinion", "article") => Value::One(("Article", n * 3 % 1_999)),
        ("Opinion", "moderator") => Value::One(("Member", if n.is_multiple_of(2) { GONE + n } else { n % 50 })),
        _ => unreachable!("the gateway asks for {ty}.{name}, which no service has"),
    }
}

const GIVEN: [&str; 8] = ["Ada", "Bela", "Chiyo", "Dario", "Edith", "Femi", "Gustav", "Hanna"];
const FAMILY: [&str; 8] = ["Lindqvist", "Okafor", "Moreau", "Tanaka", "Silva", "Berger", "Novak", "Hughes"];
const CITIES: [&str; 6] = ["Graz", "Lisbon", "Kyoto", "Leipzig", "Lyon", "Porto"];
const GOODS: [&str; 6] = ["Walks", "A winter", "Recipes", "Rivers", "Night trains", "Gardens"];
const REMARKS: [&str; 5] = [
    "A quiet book that grows with every page, and one that my whole family now quotes at breakfast.",
    "Too long by half, and still I could not put it down before the train had passed my station.",
    "The maps alone are worth it, though whoever folded them has never been outdoors in the wind.",
    "My copy fell apart within a month, a pity, for the second half is the better one by far.",
    "Bought as a present and kept, which I regret a little and would do again without hesitation.",
];

/// A long text: scripts of two, three and four bytes a character, and what JSON has to escape.
fn manual(n: u32) -> String {
    let mut text = String::new();
    while text.len() < 4_000 {
        let _ = writeln!(
            text,
            "§{}: \"Öffnen\" → 開ける, затем закрыть; ✂️ C:\\{n}\\tmp\t½ — ok 🙂 {}",
            text.len(),
            "x".repeat(90)
        );
    }
    text
}
