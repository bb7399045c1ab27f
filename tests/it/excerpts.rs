//! Validation against an excerpt of the schema agrees with validation against all of it.

use apollo_compiler::Schema;
use apollo_compiler::ast::Document;
use apollo_compiler::validation::Valid;
use weft::diagnostic::Source;
use weft::prepare::{Whole, excerpt};
use weft::supergraph::{self, PossibleTypes, Supergraph};

const SUPERGRAPH: &str = include_str!("../../schemas/supergraph.graphql");

const VALID: [&str; 5] = [
    "query A($f: ProductFilter, $on: Boolean = true) { products(filter: $f, first: 3) { __typename ... on ProductConnection { __typename } ...C @include(if: $on) } } fragment C on ProductConnection { __typename }",
    "{ search(text: \"a\") { __typename ... on Product { id } ...X } } fragment X on SearchResult { ... on Category { name } ... on Brand { name } }",
    "mutation M { placeOrder(input: { addressId: \"1\", items: [{ productId: \"1\", quantity: 2 }] }) { __typename ... on Problem { message } } }",
    "{ product(id: 1) { ... { id } ... on Product { id } } }",
    "{ __schema { types { ...T } } __type(name: \"Product\") { ...T } } fragment T on __Type { name fields { type { ... on __Type { kind } } } }",
];

#[test]
fn agrees_with_the_whole_schema() {
    let graph = Graph::new();
    let mut excerpts = 0;
    for text in VALID {
        excerpts += usize::from(graph.compare(text));
    }
    assert!(excerpts >= 2, "the documents are to have excerpts");
}

/// Words put in other places: what is valid stays so, and what is not is refused by both.
#[test]
fn agrees_on_documents_with_mistakes() {
    let graph = Graph::new();
    let mut random = fastrand::Rng::with_seed(7);
    let spare = [
        "Product",
        "Problem",
        "id",
        "SearchResult",
        "... on Brand",
        "\"x\"",
        "Order",
        "[1]",
        "{ id }",
        "$f",
        "String",
        "{a: 1}",
    ];
    for _ in 0..600 {
        let mut words: Vec<&str> = random.choice(VALID).unwrap().split(' ').collect();
        for _ in 0..random.usize(1..3) {
            let at = random.usize(0..words.len());
            if random.bool() {
                words[at] = random.choice(spare).unwrap();
            } else {
                words[at] = words[random.usize(0..words.len())];
            }
        }
        graph.compare(&words.join(" "));
    }
}

#[test]
fn is_small_and_only_made_where_fragments_are() {
    let graph = Graph::new();
    let parse = |text: &str| Document::parse(text, "query").unwrap();
    assert!(excerpt(graph.whole(), &parse("{ product(id: 1) { id } }")).is_none());
    let small = excerpt(graph.whole(), &parse(VALID[1])).unwrap();
    assert!(small.types.len() < 12, "{:?}", small.types.keys().collect::<Vec<_>>());
}

struct Graph {
    supergraph: Supergraph,
    api: Valid<Schema>,
    possible: PossibleTypes,
}

impl Graph {
    fn new() -> Self {
        let supergraph = supergraph::parse(&Source::new("supergraph.graphql", SUPERGRAPH)).unwrap();
        let api = supergraph::api_schema(&supergraph).unwrap();
        let possible = PossibleTypes::new(&supergraph);
        Self { supergraph, api, possible }
    }

    fn whole(&self) -> Whole<'_> {
        Whole { api: &self.api, supergraph: &self.supergraph, possible: &self.possible }
    }

    /// Whether there is an excerpt.
    #[track_caller]
    fn compare(&self, text: &str) -> bool {
        let Ok(document) = Document::parse(text, "query") else { return false };
        let is_valid = document.to_executable_validate(&self.api).is_ok();
        let Some(excerpt) = excerpt(self.whole(), &document) else { return false };
        assert_eq!(document.to_executable_validate(&excerpt).is_ok(), is_valid, "{text}");
        true
    }
}
