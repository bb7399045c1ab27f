//! Whether the generator makes what it says: each of these is somewhere among the first seeds.

use super::case::Made;
use super::operations::Operations;
use super::random::Random;
use std::fmt::Write;
use weft::supergraph::api_schema;

/// Regular expressions over subgraphs, and over operations.
const SUBGRAPHS: &[&str] = &[
    r#"@key\(fields: "num sku"\)"#,
    r#"@key\(fields: "ref \{ code area \}"\)"#,
    r#"@key\(fields: "boss \{ id \}"\)"#,
    r#"@key.* @key.* @key"#,
    r"resolvable: false",
    r#"@override\(from: "s\d"\)"#,
    r"@inaccessible",
    r"MILD @inaccessible",
    r#"@requires\(fields: "f\d f\d"\)"#,
    r#"@requires\(fields: "f\d\(x: 7\)"#,
    r#"@requires\(fields: "f\d \{ x \}"#,
    r#"@requires\(fields: "f\d \{ f\d \}"#,
    r#"@requires\(fields: "f\d \{ f\d \{ f\d"#,
    r#"@requires\(fields: "f\d \{ ... on E\d"#,
    r#"@requires\(fields: "label"\)"#,
    r#"@provides\(fields: "f\d"\)"#,
    r#"@provides\(fields: "f\d \{ f\d \}"\)"#,
    r#"@provides\(fields: "... on E\d \{"#,
    r#"interface I0 @key"#,
    r"@interfaceObject \{(?s:[^}]*)link: E\d",
    r"@interfaceObject \{(?s:[^}]*)peer: \[?I0",
    r"@interfaceObject \{(?s:[^}]*)extra\(x: Int",
    r"loose: ",
    r"union U0 = E\d \| .*V\d",
    r"type Mutation",
    r"inner: \[*V1",
    r"shape: Shape",
    r"type E\d [^}]*again\d: Query",
    r"type Query [^}]*again\d: \[Query",
    r"type Mutation [^}]*again\d: Query",
];
const OPERATIONS: &[&str] = &[
    r"^mutation",
    r"@skip\(if: \$b\d\)",
    r"@include\(if: \$b\d\) \{",
    r"\.\.\.F\d @",
    r"@skip\(if: \$b\d\) @include",
    r"@include\(if: (true|false)\)",
    r"t: __typename",
    r"\$b2: Boolean = true",
    r"\$m: Int = 4",
    r"shape: \{.*inner",
    r"shape: \$shape",
    r"lists: \[",
    r"\.\.\. on U0",
    r"\.\.\. on I0",
    r"\.\.\. on Query",
    r"x: null",
    r"again\d.*again\d",
];

#[test]
fn everything_is_made() {
    let mut subgraphs = String::new();
    let mut operations = String::new();
    for seed in 0..150 {
        let random = &mut Random::new(seed);
        let made = Made::new(random);
        subgraphs.push_str(&made.shown());
        let api = api_schema(&made.composed().unwrap()).unwrap();
        for _ in 0..6 {
            writeln!(operations, "{}", Operations::generate(random, &api).text).unwrap();
        }
    }
    let lacking = |patterns: &[&'static str], text: &str| -> Vec<&'static str> {
        let found = |pattern: &str| regex::RegexBuilder::new(pattern).multi_line(true).build().unwrap().is_match(text);
        patterns.iter().copied().filter(|pattern| !found(pattern)).collect()
    };
    assert_eq!(lacking(SUBGRAPHS, &subgraphs), [""; 0]);
    assert_eq!(lacking(OPERATIONS, &operations), [""; 0]);
}
