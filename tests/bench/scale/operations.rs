//! The operations that are planned: a small one, a large one, one with fragments; all over the first
//! block of the graph, so that they are the same on every graph of a block or more.

use super::graph::{Size, item};
use std::fmt::Write;

/// An operation and what it is called in the table.
pub struct Measured {
    /// For the table.
    pub name: &'static str,
    /// GraphQL.
    pub text: String,
}

/// All of them.
pub fn all(size: Size) -> Vec<Measured> {
    vec![
        Measured { name: "8 fields", text: small(size) },
        Measured { name: "160 fields", text: large(size) },
        Measured { name: "fragments", text: fragments(size) },
    ]
}

/// Eight fields of four subgraphs, one with a requirement; the root field is the last of its subgraph.
fn small(size: Size) -> String {
    let last = size.types - 1;
    format!("{{ d0Item{last}(id: \"1\") {{ title sku rating0 rating1 rating2 shipping {{ amount }} }} }}")
}

/// 160 fields in some 60 requests: an item of every department of the block, what its guests add, and what the
/// guests of a related item do; each round asks all twenty.
fn large(size: Size) -> String {
    let mut text = String::from("query Large($first: Int) {");
    for owner in 0..size.subgraphs.min(20) {
        let own = format_args!("d{owner}Item0(id: \"{owner}\") {{ title rating0 shipping {{ amount }}");
        write!(text, " {own} related1(first: $first) {{ rating0 rating1 }} }}").expect("text can be written to memory");
    }
    text.push_str(" }");
    text
}

/// An interface, a union and a spread: what validation has to know the possible types for.
fn fragments(size: Size) -> String {
    let last = item(0, size.types - 1);
    format!(
        "query Fragments {{ d0Item{0}(id: \"1\") {{ ... on D0Thing {{ title }} ...Rated \
         also {{ __typename ... on {1} {{ sku }} ... on D0Thing {{ id }} }} }} }} fragment Rated on {last} {{ rating0 }}",
        size.types - 1,
        item(0, 0)
    )
}
