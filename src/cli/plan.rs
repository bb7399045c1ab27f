//! `weft plan`: how an operation would be answered, without asking anybody.

use super::report::{self, Failure};
use crate::diagnostic::{Diagnostic, Source, Span};
use crate::graph::QueryGraph;
use crate::operation::Operation;
use crate::plan::{self, Plan, PlanOptions, explain};
use crate::source::{self, Composed};
use crate::supergraph::{self, PossibleTypes, Supergraph};
use apollo_compiler::diagnostic::ToCliReport;
use apollo_compiler::validation::{DiagnosticList, Valid};
use apollo_compiler::{ExecutableDocument, Schema};
use clap::{Args, ValueEnum};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

#[derive(Args)]
pub(super) struct Arguments {
    /// A supergraph SDL, or a supergraph.yaml to compose first
    #[arg(long, short, value_name = "FILE", env = "WEFT_SUPERGRAPH")]
    supergraph: PathBuf,
    /// The file that holds the operation
    #[arg(value_name = "QUERY.graphql")]
    query: PathBuf,
    /// Which operation, when the file has several
    #[arg(long, value_name = "NAME")]
    operation: Option<String>,
    /// How to print the plan
    #[arg(long, value_enum, default_value_t = PlanFormat::Text)]
    format: PlanFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum PlanFormat {
    /// For people
    Text,
    /// For scripts
    Json,
    /// For Graphviz
    Dot,
    /// For Mermaid, as in Markdown
    Mermaid,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let reading = super::runtime(Some(1))?.block_on(source::read(&arguments.supergraph));
    let Composed { supergraph, .. } = reading.schema?.supergraph()?;
    let query =
        fs::read_to_string(&arguments.query).map_err(|error| Failure::file("read", &arguments.query, &error))?;
    let source = Source::new(arguments.query.display().to_string(), query);
    let plan = plan_operation(&supergraph, &source, arguments)?;
    match arguments.format {
        PlanFormat::Text => report::print(&explain::text(&plan, &supergraph)),
        PlanFormat::Json => report::print_json(&explain::json(&plan, &supergraph)),
        PlanFormat::Dot => report::print(&explain::dot(&plan, &supergraph)),
        PlanFormat::Mermaid => report::print(&explain::mermaid(&plan, &supergraph)),
    }
}

fn plan_operation(supergraph: &Supergraph, source: &Arc<Source>, arguments: &Arguments) -> Result<Plan, Failure> {
    let api = supergraph::api_schema(supergraph)?;
    let document = parse(&api, source, &arguments.query)?;
    let operation = document.operations.get(arguments.operation.as_deref()).map_err(|_| {
        let names: Vec<&str> = document.operations.named.keys().map(|name| name.as_str()).collect();
        match &arguments.operation {
            Some(name) => Failure::because(format!("{} has no operation {name}", source.name)),
            None => Failure::because(format!("{} has several operations or none", source.name)),
        }
        .help(format!("choose one with `--operation NAME`; it has {}", names.join(", ")))
    })?;
    let operation = Operation::normalize(supergraph, &PossibleTypes::new(supergraph), &document, operation)
        .map_err(|error| Failure::because(format!("{}: {error}", source.name)))?;
    let graph = QueryGraph::build(supergraph);
    plan::plan(supergraph, &graph, &operation, &PlanOptions::default())
        .map_err(|error| Failure::because(format!("{}: {error}", source.name)))
}

fn parse(api: &Valid<Schema>, source: &Arc<Source>, path: &Path) -> Result<Valid<ExecutableDocument>, Failure> {
    ExecutableDocument::parse_and_validate(api, source.text.as_str(), path)
        .map_err(|invalid| Failure::Input(diagnostics(&invalid.errors, source)))
}

/// The compiler's findings as ours, so that all that Weft prints looks alike.
fn diagnostics(list: &DiagnosticList, source: &Arc<Source>) -> Vec<Diagnostic> {
    list.iter()
        .map(|found| {
            let span = found
                .error
                .location()
                .map(|location| Span { source: Arc::clone(source), range: location.offset()..location.end_offset() });
            Diagnostic::error("INVALID_OPERATION", found.error.to_string()).at_opt(span, "")
        })
        .collect()
}
