//! Introspection: a query and variables in, JSON out; and what is refused. `UPDATE_GOLDENS=1` writes
//! the goldens anew. The standard query's answer agrees with that of graphql-js 16 on the same
//! schema, but for the order of types and the descriptions of built-in definitions.

use apollo_compiler::ExecutableDocument;
use apollo_compiler::validation::Valid;
use serde_json::{Map, Value, json};
use std::path::Path;
use std::sync::Arc;
use weft::diagnostic::Source;
use weft::introspect::{IntrospectionError, Introspector, uses_introspection};
use weft::supergraph;

type Schema = Arc<Valid<apollo_compiler::Schema>>;

#[test]
fn answers_the_standard_query() {
    check_golden("standard", json!({}));
}

#[test]
fn answers_with_aliases_fragments_variables_and_conditions() {
    check_golden("details", json!({"name": "Query", "deprecated": true, "no": false}));
}

#[test]
fn knows_who_introspects() {
    let schema = schema();
    let uses = |query: &str| {
        uses_introspection(&parse(&schema, query), &parse(&schema, query).operations.iter().next().unwrap().clone())
    };
    assert!(uses("{ ...A } fragment A on Query { ... { __type(name: \"A\") { name } } }"));
    assert!(uses("query ($a: Boolean!) { __schema @skip(if: $a) { description } }"));
    assert!(!uses("{ __typename optional }"));
}

#[test]
fn refuses_lists_nested_too_deep() {
    let query = "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }";
    let error = answer(&schema(), query, json!({})).unwrap_err();
    assert!(matches!(error, IntrospectionError::TooDeep { at: Some(at) } if at.column == 54), "{error:?}");
    assert_eq!(error.code(), "MAX_INTROSPECTION_DEPTH_EXCEEDED");
}

#[test]
fn refuses_answers_that_are_too_large() {
    let types: String = (0..1_000)
        .map(|i| format!("a{i}: types {{ fields {{ description name type {{ fields {{ name }} }} }} }} "))
        .collect();
    let error = answer(&schema(), &format!("{{ __schema {{ {types} }} }}"), json!({})).map(drop).unwrap_err();
    assert!(matches!(error, IntrospectionError::TooLarge { limit } if limit < 3_000_000), "{error:?}");
    let roots: String =
        (0..1_000).map(|i| format!("a{i}: __schema {{ types {{ fields {{ description name }} }} }} ")).collect();
    assert!(answer(&schema(), &format!("{{ {roots} }}"), json!({})).is_err());
}

#[test]
fn refuses_fragments_that_multiply() {
    let fragments: String = (0..40)
        .map(|i| format!("fragment F{i} on __Type {{ a: ofType {{ ...F{} }} b: ofType {{ ...F{} }} }} ", i + 1, i + 1))
        .collect();
    let query = format!("{{ __type(name: \"Query\") {{ ...F0 }} }} {fragments} fragment F40 on __Type {{ name }}");
    let error = answer(&schema(), &query, json!({})).unwrap_err();
    assert_eq!(error.code(), "MAX_INTROSPECTION_SIZE_EXCEEDED");
}

#[test]
fn deep_selections_are_answered() {
    let deep = 90;
    let query = format!("{{ __type(name: \"Query\") {{ {} name {} }} }}", "ofType {".repeat(deep), "}".repeat(deep));
    assert_eq!(answer(&schema(), &query, json!({})).unwrap(), [("__type".to_owned(), json!({"ofType": null}))]);
}

fn schema() -> Schema {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/supergraph/composed/inaccessible.graphql");
    let source = Source::new("inaccessible.graphql", std::fs::read_to_string(path).unwrap());
    Arc::new(supergraph::api_schema(&supergraph::parse(&source).unwrap()).unwrap())
}

fn parse(schema: &Schema, query: &str) -> Valid<ExecutableDocument> {
    ExecutableDocument::parse_and_validate(schema, query, "query.graphql").unwrap_or_else(|e| panic!("{}", e.errors))
}

fn answer(schema: &Schema, query: &str, variables: Value) -> Result<Vec<(String, Value)>, IntrospectionError> {
    let document = parse(schema, query);
    let operation = document.operations.iter().next().unwrap();
    let variables: Map<String, Value> = variables.as_object().unwrap().clone();
    let answers = Introspector::new(Arc::clone(schema)).answer(&document, operation, &variables)?;
    Ok(answers.into_iter().map(|a| (a.key.to_string(), serde_json::from_slice(&a.json).unwrap())).collect())
}

fn check_golden(name: &str, variables: Value) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/introspect");
    let query = std::fs::read_to_string(folder.join(format!("{name}.graphql"))).unwrap();
    let answers: Map<String, Value> = answer(&schema(), &query, variables).unwrap().into_iter().collect();
    let actual = format!("{:#}\n", Value::Object(answers));
    let golden = folder.join(format!("{name}.json"));
    if std::env::var_os("UPDATE_GOLDENS").is_some() {
        std::fs::write(&golden, &actual).unwrap();
    }
    let expected = std::fs::read_to_string(&golden).unwrap_or_default();
    assert!(actual == expected, "{} differs; UPDATE_GOLDENS=1 writes it anew", golden.display());
}
