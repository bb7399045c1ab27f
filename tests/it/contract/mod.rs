//! Contracts as text in, text out: every `tests/it/contract/cases/NAME.graphql` is a subgraph whose first lines say
//! what a contract includes and excludes; beside it stands what clients see of it (`NAME.api.graphql`), or why that is
//! nothing (`NAME.errors.txt`).
//!
//! `WEFT_BLESS=1 cargo test --test it contract` rewrites the goldens.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use weft::contract::{Contract, Filter, apply};
use weft::diagnostic::{Diagnostic, Source, Style, render_all};
use weft::source::{SubgraphSdl, compose_all};
use weft::supergraph::{Supergraph, api_sdl, parse, render};

#[test]
fn cases_give_their_goldens() {
    let bless = std::env::var_os("WEFT_BLESS").is_some();
    let mut different = Vec::new();
    for case in cases() {
        let outcome = contract(&fs::read_to_string(&case).unwrap());
        let texts = match outcome {
            Ok(contract) => {
                let hints = render_all(&contract.hints, Style::Plain);
                let hints: String = hints.lines().map(|line| format!("# {line}\n")).collect();
                [("api.graphql", Some(hints + &api_sdl(&contract.supergraph).unwrap())), ("errors.txt", None)]
            }
            Err(errors) => [("api.graphql", None), ("errors.txt", Some(render_all(&errors, Style::Plain)))],
        };
        for (extension, text) in texts {
            let golden = case.with_extension(extension);
            if text == fs::read_to_string(&golden).ok() {
                continue;
            }
            match (&text, bless) {
                (Some(text), true) => fs::write(&golden, text).unwrap(),
                (None, true) => fs::remove_file(&golden).unwrap(),
                _ => different.push(format!("{}:\n{}", golden.display(), text.unwrap_or_default())),
            }
        }
    }
    assert!(different.is_empty(), "WEFT_BLESS=1 accepts these:\n{}", different.join("\n"));
}

/// What is left out is left out for every reader: nothing but marks says so.
#[test]
fn a_contract_is_a_supergraph_like_any_other() {
    for case in cases() {
        let Ok(Contract { supergraph, .. }) = contract(&fs::read_to_string(&case).unwrap()) else { continue };
        let text = render(&supergraph);
        let read = parse(&Source::new("contract", text.as_str())).unwrap_or_else(|errors| panic!("{}", shown(&errors)));
        assert_eq!(render(&read), text, "{}", case.display());
        assert_eq!(api_sdl(&read).unwrap(), api_sdl(&supergraph).unwrap(), "{}", case.display());
    }
}

#[test]
fn an_empty_filter_changes_nothing_that_clients_see() {
    for case in cases() {
        let whole = graph(&[&fs::read_to_string(&case).unwrap()]);
        let contract = apply(&whole, &Filter::default()).unwrap_or_else(|errors| panic!("{}", shown(&errors)));
        assert_eq!(api_sdl(&contract.supergraph).unwrap(), api_sdl(&whole).unwrap(), "{}", case.display());
    }
}

/// A key that clients do not see still leads from one subgraph to the other.
#[test]
fn plans_use_what_is_left_out() {
    let whole = graph(&[
        "type Query { product: Product }\ntype Product @key(fields: \"sku\") { sku: ID! @tag(name: \"internal\") name: String }",
        "type Product @key(fields: \"sku\") { sku: ID! @tag(name: \"internal\") rating: Int }",
    ]);
    let contract = apply(&whole, &filter(&["# exclude: internal"])).unwrap();
    assert!(!api_sdl(&contract.supergraph).unwrap().contains("sku"));
    let plan = crate::planning::explained(&contract.supergraph, "{ product { name rating } }");
    assert!(plan.contains("sku"), "{plan}");
}

fn contract(case: &str) -> Result<Contract, Vec<Diagnostic>> {
    let head: Vec<&str> = case.lines().take_while(|line| line.starts_with('#')).collect();
    apply(&graph(&[case]), &filter(&head))
}

fn filter(head: &[&str]) -> Filter {
    let tags = |word: &str| -> BTreeSet<String> {
        let named = head.iter().filter_map(|line| line.strip_prefix(&format!("# {word}: ")));
        named.flat_map(|tags| tags.split(", ")).map(str::to_owned).collect()
    };
    let hide_unreachable = head.contains(&"# hide unreachable");
    Filter { include: tags("include"), exclude: tags("exclude"), hide_unreachable }
}

fn graph(subgraphs: &[&str]) -> Supergraph {
    let link = "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.9\", import: [\"@key\", \"@tag\", \"@inaccessible\"])\n";
    let subgraphs: Vec<SubgraphSdl> = subgraphs
        .iter()
        .enumerate()
        .map(|(index, sdl)| {
            let name = format!("s{index}");
            let sdl = Source::of_subgraph(name.as_str(), name.as_str(), format!("{link}{sdl}"));
            SubgraphSdl { url: format!("http://{name}.test"), name, sdl }
        })
        .collect();
    compose_all(&subgraphs).unwrap_or_else(|errors| panic!("{}", shown(&errors))).supergraph
}

fn shown(errors: &[Diagnostic]) -> String {
    render_all(errors, Style::Plain)
}

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/contract/cases");
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let is_case = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_str().unwrap();
        name.ends_with(".graphql") && !name.ends_with(".api.graphql")
    };
    let mut found: Vec<PathBuf> = entries.filter(is_case).collect();
    found.sort();
    assert!(found.len() > 5, "the cases were not found");
    found
}
