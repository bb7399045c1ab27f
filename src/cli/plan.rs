//! `weft plan`: how an operation would be answered, without asking anybody.

use super::cost;
use super::report::{self, Failure, READING};
use crate::access::{self, Rules};
use crate::config::ResponseCache;
use crate::diagnostic::{Diagnostic, Source, Span};
use crate::graph::{LabelSet, QueryGraph};
use crate::operation::{Operation, OperationKind};
use crate::plan::{Objective, Options, Plan, Planning, explain, lifetimes, stages};
use crate::prepare::cache_rules;
use crate::source::{self, Composed};
use crate::supergraph::{self, PossibleTypes, Supergraph};
use apollo_compiler::diagnostic::ToCliReport;
use apollo_compiler::validation::{DiagnosticList, Valid};
use apollo_compiler::{ExecutableDocument, Name, Node, Schema, executable};
use clap::{Args, ValueEnum};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

#[derive(Args)]
pub(super) struct Arguments {
    /// A supergraph SDL, or a supergraph.yaml to compose first
    #[arg(long, short, value_name = "FILE", env = "WEFT_SUPERGRAPH", hide_env_values = true)]
    supergraph: PathBuf,
    /// The file that holds the operation
    #[arg(value_name = "QUERY.graphql")]
    query: PathBuf,
    /// Which operation, when the file has several
    #[arg(long, value_name = "NAME")]
    operation: Option<String>,
    /// What the plan is to have little of: rounds of requests that wait for each other, or requests
    #[arg(long, value_enum, default_value_t = Goal::Latency)]
    objective: Goal,
    /// Show the choices that were considered, and why this plan won
    #[arg(long, conflicts_with = "stage")]
    explain: bool,
    /// Show a stage on the way to the plan: the normalized operation, what any plan needs, the steps of
    /// the best draft, or the graph of requests; or what of the plan can be cached by what the schemas say
    #[arg(long, value_enum)]
    stage: Option<Stage>,
    /// A label of @override that is on; the others are off
    #[arg(long = "override-label", value_name = "LABEL")]
    override_labels: Vec<String>,
    /// Values for the operation's variables, as JSON or as @FILE; the cost may depend on them
    #[arg(long, value_name = "JSON|@FILE")]
    variables: Option<String>,
    /// How to print the plan: for people, for scripts, for Graphviz, for Markdown
    #[arg(long, value_enum, default_value_t = PlanFormat::Text)]
    format: PlanFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum PlanFormat {
    Text,
    Json,
    Dot,
    Mermaid,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Stage {
    Operation,
    Space,
    Steps,
    Dag,
    Cache,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Goal {
    Latency,
    Requests,
}

impl From<Goal> for Objective {
    fn from(goal: Goal) -> Self {
        match goal {
            Goal::Latency => Self::Latency,
            Goal::Requests => Self::Requests,
        }
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let reading = super::runtime(Some(1))?.block_on(report::patiently(READING, source::read(&arguments.supergraph)));
    let Composed { supergraph, .. } = reading.schema?.supergraph()?;
    let query =
        fs::read_to_string(&arguments.query).map_err(|error| Failure::file("read", &arguments.query, &error))?;
    let source = Source::new(arguments.query.display().to_string(), query);
    let api = supergraph::api_schema(&supergraph)?;
    let graph = QueryGraph::build(&supergraph);
    let rules = Rules::new(&supergraph, graph.possible(), |field| graph.reads(field));
    let operation = read_operation(&supergraph, &api, &rules, &source, arguments)?;
    let variables = cost::variables(&api, &operation, arguments.variables.as_deref())?;
    if operation.kind == OperationKind::Subscription {
        report::note(
            "the first request subscribes; the others are made for each event, so this is how one event is answered",
        );
    }
    if arguments.stage == Some(Stage::Operation) {
        return report::print(&operation.print(&supergraph));
    }
    let graph = graph.under(&labels(&graph, &arguments.override_labels)?);
    let cached = cache_rules(&supergraph, &ResponseCache::switched_on());
    let mut planning = Planning::new(&supergraph, &graph, &operation);
    if let Some(cached) = &cached {
        planning = planning.caching(cached);
    }
    if arguments.stage == Some(Stage::Space) {
        return report::print(&stages::space(&planning, arguments.objective.into()));
    }
    let options = Options { objective: arguments.objective.into(), ..Options::default() };
    let planned = planning.plan(options).map_err(|error| Failure::because(format!("{}: {error}", source.name)))?;
    let cost = |by_field| cost::text(&supergraph, graph.possible(), &operation, variables.as_ref(), by_field);
    match arguments.stage {
        Some(Stage::Cache) => report::print(&lifetimes(&planned.plan, &supergraph)),
        Some(Stage::Dag) => report::print(&stages::dag(&planning, &planned)),
        Some(_) => report::print(&stages::steps(&planning, &planned)),
        None if arguments.explain && arguments.format == PlanFormat::Json => {
            report::print_json(&stages::choices_json(&planning, &planned))
        }
        None if arguments.explain => report::print(&[stages::choices(&planning, &planned), cost(true)].join("\n")),
        None => {
            let guarded = access::explain::guarded(&supergraph, &rules, &operation);
            print(&planned.plan, &guarded, &supergraph, arguments.format)?;
            if arguments.format == PlanFormat::Text { report::print(&cost(false)) } else { Ok(()) }
        }
    }
}

fn print(
    plan: &Plan,
    guarded: &[access::explain::Guarded],
    supergraph: &Supergraph,
    format: PlanFormat,
) -> Result<(), Failure> {
    match format {
        PlanFormat::Text => {
            report::print(&format!("{}{}", explain::text(plan, supergraph), access::explain::text(guarded)))
        }
        PlanFormat::Json => {
            let mut json = explain::json(plan, supergraph);
            if !guarded.is_empty() {
                json["access"] = access::explain::json(guarded);
            }
            report::print_json(&json)
        }
        PlanFormat::Dot => report::print(&explain::dot(plan, supergraph)),
        PlanFormat::Mermaid => report::print(&explain::mermaid(plan, supergraph)),
    }
}

fn read_operation(
    supergraph: &Supergraph,
    api: &Valid<Schema>,
    rules: &Rules,
    source: &Arc<Source>,
    arguments: &Arguments,
) -> Result<Operation, Failure> {
    let document = parse(api, source, &arguments.query)?;
    let operation = choose(&document, arguments.operation.as_deref(), &source.name)?;
    Operation::normalize_behind(rules.gates(), supergraph, &PossibleTypes::new(supergraph), &document, operation)
        .map_err(|error| Failure::because(format!("{}: {error}", source.name)))
}

/// The labels called `names`.
fn labels(graph: &QueryGraph, names: &[String]) -> Result<LabelSet, Failure> {
    let known = graph.labels();
    let position = |name: &String| {
        known.iter().position(|label| label == name).ok_or_else(|| {
            let failure = Failure::because(format!("the supergraph has no @override label \"{name}\""));
            match known {
                [] => failure.help("it has none at all"),
                known => failure.help(format!("it has {}", known.join(", "))),
            }
        })
    };
    names.iter().map(position).collect()
}

/// The operation `name`, or the only one there is.
fn choose<'a>(
    document: &'a ExecutableDocument,
    name: Option<&str>,
    file: &str,
) -> Result<&'a Node<executable::Operation>, Failure> {
    let names: Vec<&str> = document.operations.named.keys().map(Name::as_str).collect();
    document.operations.get(name).map_err(|_| match name {
        Some(name) => Failure::because(format!("{file} has no operation \"{name}\"")).help(match names.as_slice() {
            [] => "leave `--operation` out: none of its operations has a name".to_owned(),
            names => format!("it has {}", names.join(", ")),
        }),
        None if document.operations.is_empty() => {
            Failure::because(format!("{file} has no operation")).help("it needs one beside its fragments")
        }
        None => Failure::because(format!("{file} has several operations"))
            .help(format!("choose one with `--operation NAME`: {}", names.join(", "))),
    })
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
