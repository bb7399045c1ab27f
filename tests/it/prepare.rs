//! Plans under labels of `@override`: one per assignment of the labels that matter, and not without bound.

use std::fmt::Write;
use std::sync::Arc;
use weft::config::Config;
use weft::diagnostic::Source;
use weft::graph::LabelSet;
use weft::prepare::{Pool, Preparer};
use weft::supergraph::{api_schema, parse};
use weft::telemetry::Metrics;

/// A supergraph of two subgraphs with `labels` fields, each under a label of its own.
fn preparer(labels: usize) -> Preparer {
    let mut fields = String::new();
    for field in 0..labels {
        let _ = writeln!(
            fields,
            "  f{field}: Int @join__field(graph: A, overrideLabel: \"l{field:03}\") \
             @join__field(graph: B, override: \"a\", overrideLabel: \"l{field:03}\")"
        );
    }
    let sdl = format!(
        "{HEAD}type Item @join__type(graph: A, key: \"id\") @join__type(graph: B, key: \"id\") {{\n  id: ID!\n{fields}}}\n"
    );
    let supergraph = Arc::new(parse(&Source::new("supergraph.graphql", sdl)).unwrap());
    let api = Arc::new(api_schema(&supergraph).unwrap());
    let pool = Arc::new(Pool::start(Some(1)).unwrap());
    Preparer::new(supergraph, api, &Config::default(), None, pool, Arc::new(Metrics::new()))
}

const HEAD: &str = r#"schema @link(url: "https://specs.apollo.dev/link/v1.0") @link(url: "https://specs.apollo.dev/join/v0.5", for: EXECUTION) { query: Query }
directive @link(url: String, as: String, for: link__Purpose, import: [link__Import]) repeatable on SCHEMA
directive @join__graph(name: String!, url: String!) on ENUM_VALUE
directive @join__type(graph: join__Graph!, key: join__FieldSet, extension: Boolean! = false, resolvable: Boolean! = true, isInterfaceObject: Boolean! = false) repeatable on OBJECT | INTERFACE | UNION | ENUM | INPUT_OBJECT | SCALAR
directive @join__field(graph: join__Graph, requires: join__FieldSet, provides: join__FieldSet, type: String, external: Boolean, override: String, usedOverridden: Boolean, overrideLabel: String) repeatable on FIELD_DEFINITION | INPUT_FIELD_DEFINITION
scalar link__Import
scalar join__FieldSet
enum link__Purpose { SECURITY EXECUTION }
enum join__Graph { A @join__graph(name: "a", url: "http://a/") B @join__graph(name: "b", url: "http://b/") }
type Query @join__type(graph: A) @join__type(graph: B) { item: Item @join__field(graph: A) }
"#;

fn on(labels: impl IntoIterator<Item = usize>) -> LabelSet {
    labels.into_iter().collect()
}

#[tokio::test]
async fn only_the_labels_of_its_fields_matter_to_an_operation() {
    let preparer = preparer(4);
    let off = preparer.prepare("{ item { f1 } }", None, &on([])).await.unwrap();
    let other = preparer.prepare("{ item { f1 } }", None, &on([0, 2, 3])).await.unwrap();
    assert!(Arc::ptr_eq(&off.plan, &other.plan));
    let under = preparer.prepare("{ item { f1 } }", None, &on([1])).await.unwrap();
    assert_eq!((off.plan.fetches.len(), under.plan.fetches.len()), (1, 2));
    let again = preparer.prepare("{ item { f1 } }", None, &on([1, 2])).await.unwrap();
    assert!(Arc::ptr_eq(&again, &under), "it was planned once");
    let none = preparer.prepare("{ item { id } }", None, &on([0])).await.unwrap();
    let one = preparer.prepare("{ item { id } }", None, &on([])).await.unwrap();
    assert!(Arc::ptr_eq(&none, &one), "no label matters to it");
}

#[tokio::test]
async fn plans_of_an_operation_are_bounded() {
    let preparer = preparer(70);
    let fields: String = (0..70).fold(String::new(), |all, field| format!("{all} f{field}"));
    let query = format!("{{ item {{{fields} }} }}");
    let first = preparer.prepare(&query, None, &on([])).await.unwrap();
    let mut random = fastrand::Rng::with_seed(1);
    for _ in 0..200 {
        let labels = on((0..70).filter(|_| random.bool()));
        let prepared = preparer.prepare(&query, None, &labels).await.unwrap();
        assert_eq!(prepared.plan.fetches.len(), 2);
        let again = preparer.prepare(&query, None, &labels).await.unwrap();
        assert!(Arc::ptr_eq(&prepared, &again), "what was used last is kept");
        assert!(Arc::ptr_eq(&preparer.prepare(&query, None, &on([])).await.unwrap(), &first));
    }
    assert_eq!(first.plans(), 64);
}

#[tokio::test]
async fn what_several_ask_under_other_labels_is_planned_once_each() {
    let preparer = preparer(3);
    let query = "{ item { f0 f1 f2 } }";
    let sets: Vec<LabelSet> = (0..80).map(|at: usize| on((0..3).filter(|label| at >> label & 1 == 1))).collect();
    let all = futures::future::join_all(sets.iter().map(|labels| preparer.prepare(query, None, labels))).await;
    for (labels, prepared) in sets.iter().zip(all) {
        let fetches = if labels.is_empty() { 1 } else { 2 };
        assert_eq!(prepared.unwrap().plan.fetches.len(), fetches, "{labels:?}");
    }
    // The one that was planned first knows the others.
    let plans: Vec<usize> =
        futures::future::join_all(sets[..8].iter().map(|labels| preparer.prepare(query, None, labels)))
            .await
            .into_iter()
            .map(|prepared| prepared.unwrap().plans())
            .collect();
    assert_eq!(plans.into_iter().max(), Some(8));
}
