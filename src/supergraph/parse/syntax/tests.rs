//! The quick reader against the compiler's parser: what it accepts, the compiler accepts and reads alike.

use super::read;
use apollo_compiler::ast::{Definition, Document};

const SUPERGRAPH: &str = include_str!("../../../../schemas/supergraph.graphql");

fn judge(text: &str) -> Option<Vec<Definition>> {
    Document::parse(text, "text").ok().map(|document| document.definitions)
}

#[track_caller]
fn assert_sound(text: &str) -> bool {
    let read = read(text);
    if let Some(definitions) = &read {
        assert_eq!(judge(text).as_ref(), Some(definitions), "{text}");
    }
    read.is_some()
}

#[test]
fn reads_every_kind_of_definition_as_the_compiler_does() {
    let text = r#"
        # A comment, then a byte that is no ASCII: ä
        "about" schema @link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION) { query: Query mutation: M }
        """ about """ directive @join__field(graph: join__Graph, requires: [String!]! = ["a", "b"]) repeatable on | FIELD_DEFINITION | INPUT_FIELD_DEFINITION
        scalar join__FieldSet @specifiedBy(url: "x\n\u00e4\"y\\")
        interface Node implements A & B @x { id: ID! }
        type Query implements & A @join__type(graph: A, n: -1, f: [1.5e-3, 0.0, 1E2], o: {a: {}, b: [true, false, null]}) {
          "one" a(
            """
              two
                three

              four
            """ b: [[Int!]!]! = [[1]] @y, c: In = {d: E}): [[Query!]] @join__field(graph: A)
          type: Int, query: Int, on: Int, true: Int
        }
        union U @x = | Query | M
        union Empty
        enum E { "v" A @deprecated(reason: """block \""" end""") B, C }
        input In { a: Int! = 3 @x b: String = "" , c: ID = """""" }
        type M
    "#;
    assert!(assert_sound(text));
    assert!(assert_sound(&format!("\u{feff}{text}")));
}

#[test]
fn reads_block_strings_as_the_compiler_does() {
    let blocks = [
        "",
        " ",
        "\n",
        "\n\n a\n  b\n\n",
        "a\n  b\n c",
        "  a\r\n\tb\rc ",
        "\n\n\t\n  x  \n",
        "a\n\n\n b\n   \n",
        "\n ä\n  ö",
        "a\\n\n b",
        "\n  a\n b\n",
        "\\",
        "a\\\"\"\"b",
        "\n   \n x\n  ",
    ];
    for block in blocks {
        assert!(assert_sound(&format!("\"\"\"{block} \"\"\" scalar A")), "{block:?}");
        assert_sound(&format!("\"\"\"{block}\"\"\" scalar A"));
    }
}

#[test]
fn leaves_the_rest_to_the_compiler() {
    let others = [
        "",
        "#",
        "extend type A { a: Int }",
        "{ a }",
        "query { a }",
        "fragment F on A { a }",
        "type A {}",
        "type A { a }",
        "type A { a: Int",
        "enum E { true }",
        "type A @x() { a: Int }",
        "type A @x(a: $b) { a: Int }",
        "schema @x",
        "schema { a: B }",
        "directive @a on NOWHERE",
        "directive @a on",
        "type A { a: [Int }",
        "union U =",
        "type A { a: 1 }",
        "\"a",
        "\"\"\"a",
        "\"a\nb\" type A",
        "scalar A @x(a: 01)",
        "scalar A @x(a: 1.)",
        "scalar A @x(a: 1a)",
        "scalar A @x(a: -)",
        "scalar A @x(a: \"\\q\")",
        "scalar A @x(a: \"\\ud800\")",
        "type A implements { a: Int }",
        "scalar \u{e4}",
        "scalar A ...",
    ];
    for other in others {
        assert!(!assert_sound(other), "{other}");
    }
    assert!(!assert_sound(&format!("scalar A @x(a: {}1{})", "[".repeat(100), "]".repeat(100))));
    assert!(!assert_sound(&format!("type A {{ a: {}Int{} }}", "[".repeat(100), "]".repeat(100))));
}

#[test]
fn reads_a_whole_supergraph_as_the_compiler_does() {
    assert!(assert_sound(SUPERGRAPH));
}

/// Bytes taken out, doubled and changed: what is left is accepted by both or left to the compiler.
#[test]
fn accepts_nothing_that_the_compiler_refuses() {
    let mut random = fastrand::Rng::with_seed(3);
    let spare = [
        "\"", "{", "}", "(", ")", "!", "@", ":", "[", "]", "|", "&", "=", "#", "\\", "-", "1", ".", "extend ",
        "\"\"\"", "\r", "\t", "true",
    ];
    for _ in 0..400 {
        let start = random.usize(0..SUPERGRAPH.len());
        let mut text: String = SUPERGRAPH.chars().skip(start).take(random.usize(20..600)).collect();
        for _ in 0..random.usize(0..4) {
            let at = text.char_indices().map(|(at, _)| at).nth(random.usize(0..text.chars().count())).unwrap_or(0);
            if random.bool() {
                text.insert_str(at, spare[random.usize(0..spare.len())]);
            } else {
                text.remove(at);
            }
        }
        assert_sound(&text);
    }
}
