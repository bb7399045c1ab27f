//! Changes as text in, text out: every `tests/it/change/cases/NAME.txt` holds the subgraph `# old`, the subgraph
//! `# new` and the `# changes` between what clients see of them.
//!
//! `WEFT_BLESS=1 cargo test --test it change` rewrites the last part.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use weft::change::{Rule, compare};
use weft::diagnostic::{Source, Style, render_all};
use weft::source::{SubgraphSdl, compose_all};
use weft::supergraph::{Supergraph, parse, render};

#[test]
fn cases_give_their_changes() {
    let bless = std::env::var_os("WEFT_BLESS").is_some();
    let mut different = Vec::new();
    for path in cases() {
        let text = fs::read_to_string(&path).unwrap();
        let case = Case::parse(&text);
        let changes = changes(&graph(case.old), &graph(case.new));
        if changes == case.changes {
            continue;
        }
        match bless {
            true => fs::write(&path, format!("# old\n{}# new\n{}# changes\n{changes}", case.old, case.new)).unwrap(),
            false => different.push(format!("{}:\n{changes}", path.display())),
        }
    }
    assert!(different.is_empty(), "WEFT_BLESS=1 accepts these:\n{}", different.join("\n"));
}

#[test]
fn every_rule_has_a_case() {
    let all: String = cases().iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    let without: Vec<&Rule> = Rule::ALL.iter().filter(|rule| !all.contains(&format!("[{rule}]"))).collect();
    assert!(without.is_empty(), "{without:?}");
}

#[test]
fn nothing_changes_between_a_graph_and_itself() {
    for path in cases() {
        let text = fs::read_to_string(&path).unwrap();
        let Case { old, .. } = Case::parse(&text);
        assert_eq!(changes(&graph(old), &graph(old)), "", "{}", path.display());
    }
}

/// What is read from a file changes no more than what was composed.
#[test]
fn a_graph_written_and_read_again_is_the_same() {
    let demo = fs::read_to_string(root().join("schemas/supergraph.graphql")).unwrap();
    let demo = read("demo", demo);
    assert_eq!(changes(&demo, &read("again", render(&demo))), "");
}

struct Case<'t> {
    old: &'t str,
    new: &'t str,
    changes: &'t str,
}

impl<'t> Case<'t> {
    fn parse(text: &'t str) -> Self {
        let text = text.strip_prefix("# old\n").expect("a case begins with `# old`");
        let (old, rest) = text.split_once("# new\n").expect("`# new`");
        let (new, changes) = rest.split_once("# changes\n").expect("`# changes`");
        Self { old, new, changes }
    }
}

fn changes(old: &Supergraph, new: &Supergraph) -> String {
    let mut text = String::new();
    for change in compare(old, new).unwrap_or_else(|errors| panic!("{}", render_all(&errors, Style::Plain))) {
        writeln!(text, "{change}").unwrap();
        if !change.used_as.is_empty() {
            writeln!(text, "  concerns {}", change.used_as.join(", ")).unwrap();
        }
    }
    text
}

/// The graph of one subgraph; or a supergraph as it stands, since composing gives root types their usual names.
fn graph(sdl: &str) -> Supergraph {
    if sdl.contains("join__") {
        return read("case", sdl.to_owned());
    }
    let sdl = Source::of_subgraph("only", "only.graphql", sdl);
    let only = SubgraphSdl { name: "only".to_owned(), url: "http://only.test".to_owned(), sdl };
    compose_all(&[only])
        .map(|composed| composed.supergraph)
        .unwrap_or_else(|e| panic!("{}", render_all(&e, Style::Plain)))
}

fn read(name: &str, text: String) -> Supergraph {
    parse(&Source::new(name, text)).unwrap_or_else(|errors| panic!("{}", render_all(&errors, Style::Plain)))
}

fn cases() -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join("tests/it/change/cases")).unwrap();
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    found.sort();
    assert!(found.len() > 10, "the cases were not found");
    found
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
