//! Supergraphs as text: reading, errors, round trips. `UPDATE_GOLDENS=1` writes the goldens anew.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use weft::diagnostic::{Source, Style, render_all};
use weft::supergraph::{self, Supergraph};

#[test]
fn renders_what_other_tools_compose() {
    for path in inputs("composed") {
        check_golden(&path, "rendered.graphql", &supergraph::render(&read(&path)));
    }
}

#[test]
fn reads_back_what_it_renders() {
    for path in inputs("composed") {
        let rendered = supergraph::render(&read(&path));
        let again = supergraph::parse(&Source::new("rendered", rendered.as_str())).unwrap();
        assert_eq!(supergraph::render(&again), rendered, "{}", path.display());
    }
}

#[test]
fn says_what_is_wrong_and_where() {
    for path in inputs("broken") {
        let errors = supergraph::parse(&source(&path)).expect_err(&path.display().to_string());
        check_golden(&path, "errors.txt", &render_all(&errors, Style::Plain));
    }
}

#[test]
fn clients_see_only_what_is_for_them() {
    for path in inputs("composed") {
        let supergraph = read(&path);
        supergraph::api_schema(&supergraph).unwrap_or_else(|errors| panic!("{}", render_all(&errors, Style::Plain)));
        check_golden(&path, "api.graphql", &supergraph::api_sdl(&supergraph).unwrap());
    }
}

#[test]
fn says_why_there_is_no_api_schema() {
    for path in inputs("no-api") {
        let errors = supergraph::api_schema(&read(&path)).expect_err(&path.display().to_string());
        check_golden(&path, "errors.txt", &render_all(&errors, Style::Plain));
    }
}

#[test]
fn knows_who_resolves_a_field() {
    let supergraph = read(&inputs("composed")[0]);
    let resolvers = |ty: &str, field: &str| {
        let id = supergraph.field_of(supergraph.type_id(ty).unwrap(), field).unwrap();
        let joins = supergraph.field_joins(id).map(|(graph, join)| {
            let name = &supergraph.subgraph(graph).name;
            if join.external { format!("{name} (external)") } else { name.clone() }
        });
        joins.collect::<Vec<_>>().join(", ")
    };
    assert_eq!(resolvers("Product", "price"), "catalogue, depot", "no join: all that define the type, each once");
    assert_eq!(resolvers("Product", "sku"), "catalogue");
    assert_eq!(resolvers("Product", "weight"), "catalogue, depot (external)");
    assert_eq!(resolvers("Media", "stars"), "ratings");
    assert_eq!(resolvers("Song", "stars"), "", "it comes through an interface object");
}

fn read(path: &Path) -> Supergraph {
    supergraph::parse(&source(path)).unwrap_or_else(|errors| panic!("{}", render_all(&errors, Style::Plain)))
}

fn source(path: &Path) -> Arc<Source> {
    let name = path.file_name().unwrap().to_str().unwrap();
    Source::new(name, std::fs::read_to_string(path).unwrap())
}

/// The inputs of a folder: the SDL files that are no golden of another.
fn inputs(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/supergraph").join(folder);
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| {
        let name = path.file_name().unwrap().to_str().unwrap();
        name.ends_with(".graphql") && !name.ends_with(".rendered.graphql") && !name.ends_with(".api.graphql")
    });
    paths.sort();
    assert!(!paths.is_empty());
    paths
}

/// Compares with the golden beside the input: `shop.graphql` has `shop.rendered.graphql`.
fn check_golden(input: &Path, extension: &str, actual: &str) {
    let golden = input.with_extension(extension);
    if std::env::var_os("UPDATE_GOLDENS").is_some() {
        std::fs::write(&golden, actual).unwrap();
    }
    let expected = std::fs::read_to_string(&golden).unwrap_or_default();
    assert_eq!(actual, expected, "{} differs; UPDATE_GOLDENS=1 writes it anew", golden.display());
}

#[test]
fn deep_nesting_is_an_error() {
    let deep = 20_000;
    for text in [
        format!("type Query {{ a: {}Int }}", "[".repeat(deep)),
        format!("type Query {{ a: {}Int{} }}", "[".repeat(deep), "]".repeat(deep)),
        format!("type Query @a(b: {}1{}) {{ a: Int }}", "[".repeat(deep), "]".repeat(deep)),
        format!("type Query @a(b: {}", "{b:".repeat(deep)),
        format!("query {}", "{a ".repeat(deep)),
        "}".repeat(deep),
        "\"\"\"".repeat(deep),
        "schema @link(url: \"https://specs.apollo.dev/join/v0.3\", as: \"".to_owned(),
    ] {
        let errors = supergraph::parse(&Source::new("deep", text)).unwrap_err();
        assert!(errors.len() < 1_000 && !render_all(&errors, Style::Plain).is_empty());
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(100))]
    #[test]
    fn cut_and_repeated_text_never_panics(which in 0_usize..4, from in 0.0_f64..1.0, to in 0.0_f64..1.0, repeat in 0_usize..3) {
        let source = source(&inputs("composed")[which]);
        let place = |share: f64| source.text.floor_char_boundary((share * source.text.len() as f64) as usize);
        let (from, to) = (place(from.min(to)), place(from.max(to)));
        let text = format!("{}{}{}", &source.text[..from], source.text[from..to].repeat(repeat), &source.text[to..]);
        match supergraph::parse(&Source::new("mutated", text)) {
            Ok(read) => {
                let rendered = supergraph::render(&read);
                let again = supergraph::parse(&Source::new("rendered", rendered.as_str())).unwrap();
                assert_eq!(supergraph::render(&again), rendered);
            }
            Err(errors) => assert!(!render_all(&errors, Style::Plain).is_empty()),
        }
    }
}
