//! One operation with 20 boolean variables in `@skip` and `@include`, and all of its 2^20 masks: it is planned
//! once, each mask selects the fetches that it needs, and memory does not grow with the masks seen.
//!
//! All masks are turned into liveness; some thousands also go the whole way, from the text of the variables
//! over the executor to the answer. What is expected is worked out from the bits alone.

use super::allocations::live_bytes;
use super::fake::{Fake, Reply};
use super::{NoHeaders, run, runtime};
use futures::StreamExt;
use http::HeaderMap;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use weft::compose::compose;
use weft::config::Config;
use weft::diagnostic::Source;
use weft::execute::{ExecutionRequest, ExecutionSettings, SubgraphSettings};
use weft::graph::LabelSet;
use weft::operation::ConditionValues;
use weft::plan::Plan;
use weft::prepare::{Pool, Prepared, Preparer};
use weft::subgraph::Subgraph;
use weft::supergraph::{Supergraph, api_schema};
use weft::telemetry::Metrics;

pub const VARIABLES: usize = 20;

const SUBGRAPHS: [(&str, &str); 4] = [
    (
        "a",
        "type Query { items: [Item!]! } \
         type Item @key(fields: \"id\") { id: ID! a0: Int a1: Int a2: Int a3: Int a4: Int }",
    ),
    ("b", "type Query { two: Int } type Item @key(fields: \"id\") { id: ID! b0: Int b1: Int b2: Int b3: Int b4: Int }"),
    (
        "c",
        "type Item @key(fields: \"id\") \
         { id: ID! b0: Int @external c0: Int c1: Int c2: Int c3: Int c4: Int @requires(fields: \"b0\") }",
    ),
    ("d", "type Item @key(fields: \"id\") { id: ID! d0: Int d1: Int }"),
];

/// `c4` needs `b0`, and the fragment has conditions around conditions.
pub fn query() -> String {
    let mut query = String::from("query (");
    (0..VARIABLES).for_each(|variable| write!(query, "$v{variable}: Boolean! ").unwrap());
    query.push_str(") { items @skip(if: $v19) { id ");
    (0..5).for_each(|i| write!(query, "a{i} @include(if: $v{i}) ").unwrap());
    (0..5).for_each(|i| write!(query, "b{i} @skip(if: $v{}) ", i + 5).unwrap());
    (0..5).for_each(|i| write!(query, "c{i} @include(if: $v{}) ", i + 10).unwrap());
    query.push_str("... @include(if: $v16) { d0 @skip(if: $v17) d1 @include(if: $v18) } } two @include(if: $v15) }");
    query
}

/// The value of a variable under a mask.
pub fn bit(mask: u32, variable: usize) -> bool {
    mask >> variable & 1 == 1
}

/// The subgraphs that a mask needs.
fn needed(mask: u32) -> [bool; 4] {
    let on = |variable| bit(mask, variable);
    let items = !on(19);
    let of_b = (5..10).any(|variable| !on(variable)) || on(14);
    let of_c = (10..15).any(on);
    let of_d = on(16) && (!on(17) || on(18));
    [items, on(15) || (items && of_b), items && of_c, items && of_d]
}

/// The data of the answer under a mask. Fields of item `i` are 10 times their number and `i`.
pub fn data(mask: u32) -> String {
    let on = |variable| bit(mask, variable);
    let mut fields: Vec<String> = Vec::new();
    if !on(19) {
        let items: Vec<String> = (0..2).map(|item| self::item(mask, item)).collect();
        fields.push(format!("\"items\":[{}]", items.join(",")));
    }
    if on(15) {
        fields.push("\"two\":2".into());
    }
    format!("{{{}}}", fields.join(","))
}

fn item(mask: u32, item: usize) -> String {
    let on = |variable| bit(mask, variable);
    let mut text = format!("{{\"id\":\"{item}\"");
    let mut add = |wanted: bool, letter: char, number: usize| {
        if wanted {
            write!(text, ",\"{letter}{number}\":{}", number * 10 + item).unwrap();
        }
    };
    (0..5).for_each(|i| add(on(i), 'a', i));
    (0..5).for_each(|i| add(!on(i + 5), 'b', i));
    (0..5).for_each(|i| add(on(i + 10), 'c', i));
    add(on(16) && !on(17), 'd', 0);
    add(on(16) && on(18), 'd', 1);
    text + "}"
}

/// What each subgraph gives, whatever it is asked: all it has.
pub fn replies() -> [String; 4] {
    let of = |letter: char, item: usize| {
        (0..5).fold(format!("\"id\":\"{item}\""), |all, i| format!("{all},\"{letter}{i}\":{}", i * 10 + item))
    };
    let both = |letter: char| format!("[{{{}}},{{{}}}]", of(letter, 0), of(letter, 1));
    ['a', 'b', 'c', 'd'].map(|letter| {
        let entities = both(letter);
        let keys = ["items", "_entities", "_e0", "_e1"].map(|key| format!("\"{key}\":{entities}"));
        format!(r#"{{"data":{{"two":2,{}}}}}"#, keys.join(","))
    })
}

/// The subgraphs by name, with their SDL.
pub fn subgraphs() -> [(&'static str, String); 4] {
    let link = "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.5\", import: [\"@key\", \
                \"@external\", \"@requires\"])\n";
    SUBGRAPHS.map(|(name, sdl)| (name, format!("{link}{sdl}")))
}

fn supergraph() -> Supergraph {
    let subgraphs = subgraphs().map(|(name, sdl)| {
        Subgraph::parse(name, &format!("http://{name}/"), Source::of_subgraph(name, name, sdl)).unwrap()
    });
    compose(&subgraphs).unwrap().supergraph
}

/// The prepared operation, with what prepared it and counted.
fn prepare() -> (Preparer, Arc<Metrics>, Arc<Prepared>) {
    let supergraph = Arc::new(supergraph());
    let api = Arc::new(api_schema(&supergraph).unwrap());
    let metrics = Arc::new(Metrics::new());
    let pool = Arc::new(Pool::start(Some(1)).unwrap());
    let preparer = Preparer::new(supergraph, api, &Config::default(), None, pool, Arc::clone(&metrics));
    let prepared = runtime().block_on(preparer.prepare(&query(), None, &LabelSet::new())).unwrap();
    (preparer, metrics, prepared)
}

/// The subgraphs whose fetches are live.
fn selected(plan: &Plan, conditions: &ConditionValues) -> [bool; 4] {
    let liveness = plan.liveness(conditions);
    let mut selected = [false; 4];
    for fetch in plan.fetches.iter().filter(|fetch| liveness.is_live(fetch.live)) {
        selected[fetch.subgraph.index()] = true;
    }
    selected
}

#[test]
fn every_mask_selects_what_it_needs() {
    let (_preparer, _, prepared) = prepare();
    let plan = &prepared.plan;
    let before = live_bytes();
    for mask in 0..1_u32 << VARIABLES {
        let conditions = ConditionValues::new((0..VARIABLES).map(|variable| bit(mask, variable)).collect());
        assert_eq!(selected(plan, &conditions), needed(mask), "{mask:020b}");
    }
    assert!(live_bytes() - before < 1_000, "{} bytes are left", live_bytes() - before);
}

#[test]
fn masks_are_answered_from_one_plan() {
    let (preparer, metrics, first) = prepare();
    let subgraphs = ["a", "b", "c", "d"].map(|name| SubgraphSettings { name: name.into(), show_errors: true });
    let settings = Arc::new(ExecutionSettings { subgraphs: subgraphs.into(), ..ExecutionSettings::default() });
    let (query, runtime, mut before) = (query(), runtime(), 0);
    let rounds = 3_000_u32;
    for round in 0..rounds {
        // Every mask comes up once in 2^20 rounds, in no order.
        let mask = round.wrapping_mul(0x9E37_79B1) >> (32 - VARIABLES);
        let replies = replies().into_iter().map(Reply::json).enumerate().collect();
        let fake = Fake { replies, ..Fake::default() };
        let part = runtime.block_on(async {
            let prepared = preparer.prepare(&query, None, &LabelSet::new()).await.unwrap();
            assert!(Arc::ptr_eq(&prepared, &first));
            let request = request(&prepared, mask, &settings);
            Box::pin(run(request, &fake)).next().await.unwrap()
        });
        assert!(part.errors.is_empty(), "{mask:020b}: {:?}", part.errors);
        assert_eq!(std::str::from_utf8(part.data()).unwrap(), data(mask), "{mask:020b}");
        let asked: BTreeSet<usize> = fake.requests.lock().unwrap().iter().map(|(subgraph, _)| *subgraph).collect();
        let needed: BTreeSet<usize> = (0..4).filter(|&subgraph| needed(mask)[subgraph]).collect();
        assert_eq!(asked, needed, "{mask:020b}");
        drop((part, fake));
        if round == rounds / 2 {
            before = live_bytes();
        }
    }
    let grown = live_bytes() - before;
    // The cache of prepared operations notes what is used, and clears its notes now and then.
    assert!(grown < 50_000, "{grown} bytes more after {} masks", rounds / 2);
    assert_eq!(first.plans(), 1);
    let text = metrics.encode();
    assert!(text.contains("graphql_operation_planning_duration_seconds_count{} 1\n"), "{text}");
}

/// The variables of a mask, JSON.
pub fn variables(mask: u32) -> String {
    let values: Vec<String> =
        (0..VARIABLES).map(|variable| format!("\"v{variable}\":{}", bit(mask, variable))).collect();
    format!("{{{}}}", values.join(","))
}

fn request(prepared: &Prepared, mask: u32, settings: &Arc<ExecutionSettings>) -> ExecutionRequest<NoHeaders> {
    let inputs = prepared.inputs(Some(&variables(mask))).unwrap();
    ExecutionRequest {
        trace: None,
        plan: Arc::clone(&prepared.plan),
        liveness: prepared.plan.liveness(&inputs.variables.conditions()),
        variables: inputs.variables,
        introspection: inputs.introspection,
        counts_objects: false,
        headers: |_| HeaderMap::new(),
        deadline: Instant::now() + Duration::from_secs(20),
        settings: Arc::clone(settings),
        cache: None,
    }
}
