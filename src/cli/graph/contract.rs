//! `weft graph contract`: a variant that is a part of another one, chosen by `@tag`.

use crate::cli::Format;
use crate::cli::remote::findings::Locals;
use crate::cli::remote::{Target, Trouble};
use crate::cli::report::{self, Failure};
use crate::cli::subgraph::publish;
use crate::registry::{ContractTerms, GraphRef};
use clap::Args;
use serde_json::json;

#[derive(Args)]
pub(in crate::cli) struct Arguments {
    /// The variant that it is a part of; without it, the terms as they are now are shown
    #[arg(long, value_name = "GRAPH", value_parser = crate::cli::remote::graph_ref)]
    from: Option<GraphRef>,
    /// A tag: only what has one of them is in it; may be given several times
    #[arg(long, value_name = "TAG", requires = "from")]
    include: Vec<String>,
    /// A tag: nothing that has one of them is in it; may be given several times
    #[arg(long, value_name = "TAG", requires = "from")]
    exclude: Vec<String>,
    /// Leave out types that no root field leads to
    #[arg(long, requires = "from")]
    hide_unreachable: bool,
    #[command(flatten)]
    target: Target,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let Arguments { from, include, exclude, hide_unreachable, target: Target { graph, format, remote } } = arguments;
    let path = [graph.as_str(), "contract"];
    let Some(source) = from else {
        let terms: ContractTerms = remote.ask(async |client| client.get(&path, &[]).await)?;
        return match format {
            Format::Json => report::print_json(&json!(terms)),
            Format::Text => report::print(&text(graph, &terms)),
        };
    };
    let body = json!({
        "source": source, "include": include, "exclude": exclude, "hideUnreachable": hide_unreachable,
    });
    let published = remote.ask(async |client| -> Result<_, Trouble> { client.post(&path, body).await });
    publish::told(published, &Locals::default(), *format)
}

fn text(graph: &GraphRef, terms: &ContractTerms) -> String {
    let ContractTerms { source, include, exclude, hide_unreachable } = terms;
    let tags = |what: &str, tags: &[String]| match tags {
        [] => String::new(),
        tags => format!("  {what} {}\n", tags.join(", ")),
    };
    let unreachable = if *hide_unreachable { "  without what no root field leads to\n" } else { "" };
    let (include, exclude) = (tags("only", include), tags("without", exclude));
    format!("{graph} is the part of {source}\n{include}{exclude}{unreachable}")
}
