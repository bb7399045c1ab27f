//! The rules of an operation as `weft plan` lists them.

use super::linked;
use super::setting::Setting;
use apollo_compiler::ExecutableDocument;
use serde_json::json;
use weft::access::{Rules, explain};
use weft::graph::QueryGraph;
use weft::operation::Operation;
use weft::supergraph::{PossibleTypes, api_schema};

const SDL: &str = r#"
type Query { shop: Shop search: [[Found]] }
type Shop @authenticated { name: String sales: Int @requiresScopes(scopes: [["a", "b"], ["c"]]) @policy(policies: [["p"]]) }
union Found = Book | Secret
type Book { title: String }
type Secret @requiresScopes(scopes: [["s"]]) { title: String }
"#;

const QUERY: &str = "{ shop { name sales } search { ... on Book { title } ... on Secret { title } } }";

#[test]
fn the_rules_of_an_operation_are_listed() {
    let setting = Setting::composed(&[("a", linked(SDL))], json!({}));
    let (supergraph, possible) = (&setting.supergraph, PossibleTypes::new(&setting.supergraph));
    let graph = QueryGraph::build(supergraph);
    let rules = Rules::new(supergraph, &possible, |field| graph.reads(field));
    let api = api_schema(supergraph).unwrap();
    let document = ExecutableDocument::parse_and_validate(&api, QUERY, "query").unwrap();
    let operation = document.operations.iter().next().unwrap();
    let operation = Operation::normalize_behind(rules.gates(), supergraph, &possible, &document, operation).unwrap();
    let guarded = explain::guarded(supergraph, &rules, &operation);
    let expected = "# shop: authenticated\n\
                    # shop.sales: authenticated, scope a and scope b or scope c, policy p\n\
                    # search.@.@.title on Secret: scope s\n";
    assert_eq!(explain::text(&guarded), expected);
    let json = explain::json(&guarded);
    assert_eq!(json[0], json!({ "path": "shop", "rule": "authenticated" }));
    assert_eq!(json[2], json!({ "path": "search.@.@.title", "on": ["Secret"], "rule": "scope s" }));
}
