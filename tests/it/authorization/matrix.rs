//! A matrix: every kind of thing that can be guarded, met in every way, by everybody, under every kind of rule.
//!
//! One graph of five subgraphs has all the things, most of them below a product. What is guarded has `secret` in its
//! name or stands under a type of its own, and `SECRET` in its value, so a leak is seen as text: in the answer, in
//! what subgraphs are asked, and in what they say. Whoever may see a thing gets its value, and nobody else has more
//! than a null and its place.

use super::setting::{Asker, Outcome, Setting};
use serde_json::{Value as Json, json};

/// Something that is guarded.
struct Kind {
    name: &'static str,
    /// How a product is asked for it, `$` standing for an alias.
    leaf: &'static str,
    /// Where it is below the product when it is withheld; the first step goes by the alias.
    place: &'static [&'static str],
    /// What must not be in a request when it is withheld; nothing, where subgraphs need it among themselves.
    forbidden: Option<&'static str>,
}

const KINDS: [Kind; 15] = [
    Kind { name: "object field", leaf: "$secretField", place: &["secretField"], forbidden: Some("secret") },
    Kind { name: "object type", leaf: "$vault { secretText }", place: &["vault"], forbidden: Some("vault") },
    Kind {
        name: "interface field",
        leaf: "$item { secretItem }",
        place: &["item", "secretItem"],
        forbidden: Some("on Gold"),
    },
    Kind { name: "implementation", leaf: "$gem { id secretItem }", place: &["gem"], forbidden: Some("on Gem") },
    Kind {
        name: "union member",
        leaf: "$thing { __typename ... on Jewel { secretText } }",
        place: &["thing"],
        forbidden: Some("secret"),
    },
    Kind {
        name: "union of one",
        leaf: "$only { ... on Jewel { secretText } }",
        place: &["only"],
        forbidden: Some("only"),
    },
    Kind { name: "enum", leaf: "$grade", place: &["grade"], forbidden: Some("grade") },
    Kind { name: "scalar", leaf: "$stamp", place: &["stamp"], forbidden: Some("stamp") },
    Kind {
        name: "interface object",
        leaf: "$media { secretRating }",
        place: &["media", "secretRating"],
        forbidden: Some("secret"),
    },
    Kind { name: "requirement", leaf: "$secretDerived", place: &["secretDerived"], forbidden: Some("secret") },
    Kind { name: "key", leaf: "$account { id region }", place: &["account", "id"], forbidden: None },
    Kind {
        name: "provided",
        leaf: "$offer { secretPrice }",
        place: &["offer", "secretPrice"],
        forbidden: Some("secret"),
    },
    Kind { name: "renamed", leaf: "$secretRenamed", place: &["secretRenamed"], forbidden: Some("secret") },
    Kind { name: "namespaced", leaf: "$secretNamespaced", place: &["secretNamespaced"], forbidden: Some("secret") },
    Kind { name: "another subgraph's", leaf: "$dual { secretDual }", place: &["dual"], forbidden: Some("dual") },
];

/// Fields of the root types, which are met in fewer ways.
const ROOTS: [Kind; 2] = [
    Kind { name: "root field", leaf: "$secretRoot", place: &["secretRoot"], forbidden: Some("secret") },
    Kind { name: "mutation", leaf: "$secretAct", place: &["secretAct"], forbidden: Some("secret") },
];

/// A way to a product: the operation, `#` standing for what is asked of it, and where the product is.
const WAYS: [(&str, &[&str]); 14] = [
    ("{ product { # } }", &["product"]),
    ("{ other: product { # name } }", &["other"]),
    ("{ product { ... on Product { # } } }", &["product"]),
    ("{ product { ... { ... @include(if: true) { # } } } }", &["product"]),
    ("{ product { ...F } } fragment F on Product { name # }", &["product"]),
    ("{ product { ...F } } fragment F on Node { id ... on Product { # } }", &["product"]),
    ("{ any { ... on Product { # } ... on Stone { id } } }", &["any"]),
    ("{ any { ... on Node { ... on Product { # } } } }", &["any"]),
    ("{ shelves { id # } }", &["shelves", "@", "@"]),
    ("{ product { name # } product { # id } }", &["product"]),
    ("query ($yes: Boolean!) { product { ... @include(if: $yes) { # } name } }", &["product"]),
    (
        "query ($no: Boolean!) { product { name ... @skip(if: $no) { # } } product @include(if: $no) { # } }",
        &["product"],
    ),
    ("{ node { id ... on Product { # } } }", &["node"]),
    ("{ orders { product { # } } }", &["orders", "@", "product"]),
];

const ROOT_WAYS: [&str; 5] =
    ["#", "__typename #", "... { # open }", "open # ... @include(if: $yes) { # }", "# ... @skip(if: $no) { open }"];

/// A kind of rule: its text, given how directives are called, and who meets it.
struct Ruling {
    name: &'static str,
    directive: &'static str,
    arguments: &'static str,
    askers: &'static [(Asker<'static>, bool)],
}

const fn asker(scopes: &'static [&'static str], policies: &'static [&'static str]) -> Asker<'static> {
    Asker { authenticated: true, scopes, policies }
}

const RULINGS: [Ruling; 3] = [
    Ruling {
        name: "scopes",
        directive: "requiresScopes",
        arguments: "(scopes: [[\"a\", \"b\"], [\"c\"]])",
        askers: &[
            (Asker::NOBODY, false),
            (asker(&[], &["a", "c"]), false),
            (asker(&["x", "ab", "A"], &[]), false),
            (asker(&["a"], &[]), false),
            (asker(&["c"], &[]), true),
            (asker(&["b", "a"], &[]), true),
        ],
    },
    Ruling {
        name: "authenticated",
        directive: "authenticated",
        arguments: "",
        askers: &[(Asker::NOBODY, false), (asker(&[], &[]), true)],
    },
    Ruling {
        name: "policy",
        directive: "policy",
        arguments: "(policies: [[\"p\", \"q\"]])",
        askers: &[(asker(&["p", "q"], &["p"]), false), (asker(&[], &["p", "q"]), true)],
    },
];

#[test]
fn nothing_leaks_whatever_is_guarded_however_it_is_met() {
    let (mut cases, mut wrong) = (0, Vec::new());
    for ruling in &RULINGS {
        let setting = Setting::composed(&subgraphs(ruling), world());
        for (kind, query, place) in questions() {
            let declares = query.contains("$yes") || query.contains("$no");
            let variables = declares.then_some("{\"yes\": true, \"no\": false}");
            for (asker, allowed) in ruling.askers {
                cases += 1;
                let outcome = setting.ask(&query, variables, *asker);
                let problem = if *allowed { given(kind, &outcome) } else { withheld(kind, &outcome, &place) };
                if let Err(problem) = problem {
                    wrong.push(format!("{} under {}, {asker:?}: {problem}\n{query}", kind.name, ruling.name));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {cases}:\n{}", wrong.len(), wrong[..wrong.len().min(5)].join("\n\n"));
    assert!(cases >= 2_000, "only {cases} cases");
}

/// Every kind in every way, plain and aliased, with the place of what is guarded.
fn questions() -> Vec<(&'static Kind, String, Vec<&'static str>)> {
    let mut questions = Vec::new();
    for kind in &KINDS {
        for (at, (way, product)) in WAYS.iter().enumerate() {
            let alias = if at % 3 == 1 { "x" } else { kind.place[0] };
            let place = product.iter().copied().chain([alias]).chain(kind.place[1..].iter().copied()).collect();
            questions.push((kind, way.replace('#', &leaf(kind, alias)), place));
        }
    }
    for kind in &ROOTS {
        let keyword = if kind.name == "mutation" { "mutation" } else { "query" };
        for (at, way) in ROOT_WAYS.iter().enumerate() {
            let alias = if at % 2 == 1 { "x" } else { kind.place[0] };
            let variables: Vec<&str> = ["$yes", "$no"].into_iter().filter(|name| way.contains(name)).collect();
            let declared = variables.iter().map(|name| format!("{name}: Boolean!")).collect::<Vec<_>>().join(" ");
            let declared = if declared.is_empty() { declared } else { format!("({declared})") };
            let query = format!("{keyword} {declared} {{ {} }}", way.replace('#', &leaf(kind, alias)));
            questions.push((kind, query, vec![alias]));
        }
    }
    questions
}

fn leaf(kind: &Kind, alias: &str) -> String {
    let prefix = if alias == kind.place[0] { String::new() } else { format!("{alias}: ") };
    kind.leaf.replace('$', &prefix)
}

/// Whoever may see it gets it, and hears of no error.
fn given(kind: &Kind, outcome: &Outcome) -> Result<(), String> {
    if !outcome.errors.is_empty() || !outcome.withheld.is_empty() {
        return Err(format!("errors {:?}, withheld {:?}, {}", outcome.errors, outcome.withheld, outcome.data));
    }
    let shown = outcome.data.to_string();
    let asked = kind.forbidden.is_none_or(|name| outcome.traffic.iter().any(|it| it.request.contains(name)));
    if shown.contains("SECRET") && asked { Ok(()) } else { Err(format!("it lacks: {shown}")) }
}

/// Nobody else gets it, nor is any subgraph asked for it, nor does one say it; the answer has a null and its place.
fn withheld(kind: &Kind, outcome: &Outcome, place: &[&str]) -> Result<(), String> {
    let shown = outcome.data.to_string();
    if shown.contains("SECRET") {
        return Err(format!("the answer shows it: {shown}"));
    }
    if let Some(name) = kind.forbidden {
        for exchange in &outcome.traffic {
            if exchange.request.contains(name) || exchange.reply.contains("SECRET") {
                return Err(format!("it is in the traffic: {} -> {}", exchange.request, exchange.reply));
            }
        }
    }
    if !outcome.errors.is_empty() || outcome.withheld != [place.join(".")] {
        return Err(format!("errors {:?}, withheld {:?}, {shown}", outcome.errors, outcome.withheld));
    }
    match is_null(&outcome.data, place) {
        true => Ok(()),
        false => Err(format!("there is no null at {place:?}: {shown}")),
    }
}

fn is_null(value: &Json, place: &[&str]) -> bool {
    match place {
        [] => value.is_null(),
        ["@", rest @ ..] => {
            value.as_array().is_some_and(|all| !all.is_empty() && all.iter().all(|it| is_null(it, rest)))
        }
        [key, rest @ ..] => value.get(key).is_some_and(|value| is_null(value, rest)),
    }
}

fn subgraphs(ruling: &Ruling) -> Vec<(&'static str, String)> {
    let rule = |prefix: &str| format!("@{prefix}{}{}", ruling.directive, ruling.arguments);
    let link =
        |import: &str| format!("extend schema @link(url: \"https://specs.apollo.dev/federation/v2.8\", {import})\n");
    let usual = "\"@key\", \"@external\", \"@requires\", \"@provides\", \"@shareable\", \"@interfaceObject\"";
    let plain = link(&format!("import: [{usual}, \"@{}\"]", ruling.directive));
    let renamed = link(&format!("import: [\"@key\", {{ name: \"@{0}\", as: \"@my_{0}\" }}]", ruling.directive));
    let namespaced = link("as: \"sec\", import: [\"@key\"]");
    vec![
        ("a", format!("{plain}{}", A.replace("@RULE", &rule("")))),
        ("b", format!("{plain}{}", B.replace("@RULE", &rule("")))),
        ("c", format!("{plain}{}", C.replace("@RULE", &rule("")))),
        ("d", format!("{renamed}{}", D.replace("@RULE", &rule("my_")))),
        ("e", format!("{namespaced}{}", E.replace("@RULE", &rule("sec__")))),
    ]
}

const A: &str = r#"
type Query { open: Int product: Product node: Node any: Any shelves: [[Product]] secretRoot: String @RULE }
type Mutation { open: Int secretAct: String @RULE }
interface Node { id: ID! }
union Any = Product | Stone
type Product implements Node @key(fields: "id") {
  id: ID! name: String secretField: String @RULE secretBase: String @RULE
  vault: Vault item: Item gem: Item thing: Thing only: Only grade: Grade stamp: Stamp
  media: Media account: Account offer: Offer @provides(fields: "secretPrice") dual: Dual
}
type Vault @RULE { secretText: String }
interface Item { id: ID! secretItem: String }
type Gold implements Item { id: ID! secretItem: String @RULE }
type Silver implements Item { id: ID! secretItem: String }
type Gem implements Item @RULE { id: ID! secretItem: String }
union Thing = Stone | Jewel
union Only = Jewel
type Stone { id: ID! }
type Jewel @RULE { secretText: String }
enum Grade @RULE { SECRET OTHER }
scalar Stamp @RULE
interface Media @key(fields: "id") { id: ID! }
type Book implements Media @key(fields: "id") { id: ID! }
type Account @key(fields: "id") { id: ID @RULE }
type Offer @key(fields: "id") { id: ID! secretPrice: String @external }
type Dual @key(fields: "id") { id: ID! }
"#;

const B: &str = r#"
type Query { orders: [Order] }
type Order { id: ID! product: Product }
type Product @key(fields: "id") {
  id: ID! secretBase: String @external secretDerived: String @requires(fields: "secretBase") @RULE
}
type Account @key(fields: "id") { id: ID @RULE region: String }
type Offer @key(fields: "id") { id: ID! secretPrice: String @shareable @RULE }
type Dual @key(fields: "id") @RULE { id: ID! secretDual: String }
"#;

const C: &str = r#"
type Media @key(fields: "id") @interfaceObject { id: ID! secretRating: String @RULE }
"#;

const D: &str = r#"
type Product @key(fields: "id") { id: ID! secretRenamed: String @RULE }
"#;

const E: &str = r#"
type Product @key(fields: "id") { id: ID! secretNamespaced: String @RULE }
"#;

fn world() -> Json {
    let product = json!({ "@": "p" });
    json!({
        "Query": {
            "open": 1, "product": product, "node": product, "any": product, "shelves": [[product], [product, product]],
            "secretRoot": "SECRET", "orders": [{ "__typename": "Order", "id": "o", "product": product }],
        },
        "Mutation": { "open": 1, "secretAct": "SECRET" },
        "p": {
            "__typename": "Product", "id": "p", "name": "Chair", "secretField": "SECRET", "secretBase": "SECRET",
            "vault": { "__typename": "Vault", "secretText": "SECRET" },
            "item": { "__typename": "Gold", "id": "i", "secretItem": "SECRET" },
            "gem": { "__typename": "Gem", "id": "i", "secretItem": "SECRET" },
            "thing": { "__typename": "Jewel", "secretText": "SECRET" },
            "only": { "__typename": "Jewel", "secretText": "SECRET" },
            "grade": "SECRET", "stamp": "SECRET", "media": { "@": "m" }, "account": { "@": "SECRET" },
            "offer": { "@": "f" }, "dual": { "@": "d" },
            "secretDerived": "SECRET", "secretRenamed": "SECRET", "secretNamespaced": "SECRET",
        },
        "m": { "__typename": "Book", "id": "m", "secretRating": "SECRET" },
        "SECRET": { "__typename": "Account", "id": "SECRET", "region": "eu" },
        "f": { "__typename": "Offer", "id": "f", "secretPrice": "SECRET" },
        "d": { "__typename": "Dual", "id": "d", "secretDual": "SECRET" },
    })
}
