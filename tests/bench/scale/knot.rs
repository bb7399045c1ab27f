//! A graph and an operation built to be hard to plan: to find the fewest requests is to find the
//! smallest cover of a set, at several levels that depend on each other.
//!
//! Every field of a knot is in three of the subgraphs, so that each subgraph would do for some of them and
//! none for all; the next knot is reached from three of them, so that the cover of one level decides
//! what is free at the next.

use std::fmt::Write;

/// The subgraphs of the knot.
const SUBGRAPHS: usize = 12;
/// The fields that have to be covered at each level.
const FIELDS: usize = 24;
/// How many knots hang on each other in the operation.
const LEVELS: usize = 4;

/// The SDL of every subgraph, with its name.
pub fn subgraphs() -> Vec<(String, String)> {
    (0..SUBGRAPHS).map(|at| (format!("knot{at:02}"), subgraph(at))).collect()
}

/// Asks for all fields of all levels.
pub fn operation() -> String {
    let fields: Vec<String> = (0..FIELDS).map(|field| format!("f{field}")).collect();
    let fields = fields.join(" ");
    let mut text = String::from("{ knot { id");
    for _ in 0..LEVELS {
        write!(text, " {fields} next {{ id").expect("text can be written to memory");
    }
    text.push_str(&" }".repeat(LEVELS + 2));
    text
}

fn subgraph(at: usize) -> String {
    let mut sdl = String::from(
        "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.5\", import: [\"@key\", \"@shareable\"])\n\n",
    );
    if at == 0 {
        sdl.push_str("type Query { knot: Knot }\n\n");
    }
    sdl.push_str("type Knot @key(fields: \"id\") {\n  id: ID!\n");
    for field in (0..FIELDS).filter(|&field| homes(field).contains(&at)) {
        writeln!(sdl, "  f{field}: Int @shareable").expect("text can be written to memory");
    }
    if at % 4 == 1 {
        sdl.push_str("  next: Knot @shareable\n");
    }
    sdl.push_str("}\n");
    sdl
}

/// The three subgraphs that have a field; which they are crosses over from field to field.
fn homes(field: usize) -> [usize; 3] {
    [field % SUBGRAPHS, (field * 5 + 1) % SUBGRAPHS, (field * 7 + 3) % SUBGRAPHS]
}
