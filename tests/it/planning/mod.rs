//! Plans of minimal graphs, one behaviour each: `cases/*.txt` hold subgraphs, a query and its plan.
//! `WEFT_BLESS=1` writes the plans anew.

mod independent;
mod proof;

use apollo_compiler::ExecutableDocument;
use std::fmt::Write;
use std::fs;
use std::path::Path;
use weft::compose::compose;
use weft::diagnostic::{Source, Style, render_all};
use weft::graph::{LabelSet, QueryGraph};
use weft::operation::Operation;
use weft::plan::{checker, explain, labels_of, plan};
use weft::subgraph::Subgraph;
use weft::supergraph::{PossibleTypes, Supergraph, api_schema};

#[test]
fn every_case_has_its_plan() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/planning/cases");
    let bless = std::env::var_os("WEFT_BLESS").is_some();
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(paths.len() >= 15, "cases are missing");
    let mut changed = Vec::new();
    for path in paths {
        let text = fs::read_to_string(&path).unwrap();
        let case = Case::read(&text);
        let outcome = format!("{}=== plan\n{}", case.given, case.plan());
        if bless {
            fs::write(&path, outcome).unwrap();
        } else if outcome != text {
            changed.push(format!("{}:\n{}", path.display(), outcome));
        }
    }
    assert!(changed.is_empty(), "WEFT_BLESS=1 writes these anew:\n{}", changed.join("\n"));
}

/// A case file: `=== subgraph NAME` sections, `=== labels LABEL...` where some are on, `=== query`, and at the end
/// `=== plan`.
struct Case<'t> {
    /// All but the plan.
    given: &'t str,
    subgraphs: Vec<(&'t str, &'t str)>,
    /// The labels of `@override` that are on.
    labels: Vec<&'t str>,
    query: &'t str,
}

impl<'t> Case<'t> {
    fn read(text: &'t str) -> Self {
        let given = text.split_once("=== plan\n").map_or(text, |(given, _)| given);
        let mut case = Self { given, subgraphs: Vec::new(), labels: Vec::new(), query: "" };
        for section in given.split("=== ").skip(1) {
            let (head, body) = section.split_once('\n').unwrap();
            match head.split_once(' ') {
                Some(("subgraph", name)) => case.subgraphs.push((name, body)),
                Some(("labels", names)) => case.labels = names.split(' ').collect(),
                _ if head == "query" => case.query = body,
                _ => panic!("unknown section {head}"),
            }
        }
        case
    }

    /// The normalized operation and the plan, or why there is none.
    fn plan(&self) -> String {
        let supergraph = match self.compose() {
            Ok(supergraph) => supergraph,
            Err(report) => return report,
        };
        let operation = normalized(&supergraph, self.query);
        let mut out = operation.print(&supergraph);
        let graph = QueryGraph::build(&supergraph);
        let position = |label: &&str| graph.labels().iter().position(|known| known == label).unwrap();
        let on: LabelSet = self.labels.iter().map(position).collect();
        let matter = labels_of(&supergraph, &graph, &operation);
        assert_eq!(matter.and(&on), on, "the plan depends on labels that are said not to matter");
        match plan(&supergraph, &graph.under(&on), &operation) {
            Ok(plan) => {
                let problems = checker::check(&supergraph, &PossibleTypes::new(&supergraph), &operation, &plan);
                assert!(problems.is_empty(), "{}\n{problems:?}", self.query);
                out.push_str(&explain::text(&plan, &supergraph));
            }
            Err(error) => writeln!(out, "no plan: {error}").unwrap(),
        }
        out
    }

    fn compose(&self) -> Result<Supergraph, String> {
        let sdls: Vec<(String, String)> =
            self.subgraphs.iter().map(|(name, sdl)| ((*name).to_owned(), (*sdl).to_owned())).collect();
        compose_all(&sdls)
    }
}

fn normalized(supergraph: &Supergraph, query: &str) -> Operation {
    let api = api_schema(supergraph).unwrap();
    let document = ExecutableDocument::parse_and_validate(&api, query, "query")
        .unwrap_or_else(|error| panic!("{query}\n{}", error.errors));
    let operation = document.operations.iter().next().unwrap();
    Operation::normalize(supergraph, &PossibleTypes::new(supergraph), &document, operation).unwrap()
}

/// The plan of a query, as text.
pub fn explained(supergraph: &Supergraph, query: &str) -> String {
    let operation = normalized(supergraph, query);
    explain::text(&plan(supergraph, &QueryGraph::build(supergraph), &operation).unwrap(), supergraph)
}

/// Composes subgraphs given by name and SDL; the directives are linked for them.
fn compose_all(sdls: &[(String, String)]) -> Result<Supergraph, String> {
    let link = "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.8\", import: [\"@key\", \
                \"@external\", \"@requires\", \"@provides\", \"@shareable\", \"@interfaceObject\", \"@inaccessible\", \
                \"@override\", \"@context\", \"@fromContext\"])\n";
    let subgraphs: Result<Vec<Subgraph>, _> = sdls
        .iter()
        .map(|(name, sdl)| {
            let source = Source::of_subgraph(name.as_str(), name.as_str(), format!("{link}{sdl}"));
            Subgraph::parse(name, &format!("http://{name}"), source)
        })
        .collect();
    let composed = subgraphs.and_then(|subgraphs| compose(&subgraphs));
    composed.map(|composed| composed.supergraph).map_err(|errors| render_all(&errors, Style::Plain))
}
