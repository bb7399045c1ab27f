//! `weft graph gateways`: who follows a graph, and what each of them serves.

use crate::cli::Format;
use crate::cli::remote::Target;
use crate::cli::remote::table::table;
use crate::cli::report::{self, Failure};
use crate::registry::FollowingGateway;
use clap::Args;
use serde_json::json;
use std::io;

#[derive(Args)]
pub(in crate::cli) struct Arguments {
    #[command(flatten)]
    target: Target,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let Target { graph, format, remote } = &arguments.target;
    let path = [graph.as_str(), "gateways"];
    let gateways: Vec<FollowingGateway> = remote.ask(async |client| client.get(&path, &[]).await)?;
    if *format == Format::Json {
        return report::print_json(&json!(gateways));
    }
    let cells = |gateway: FollowingGateway| {
        let serving = gateway.serving.map_or_else(|| "-".to_owned(), |version| version.to_string());
        let state = if gateway.current { "current" } else { "behind" };
        vec![gateway.instance, gateway.release, serving, state.to_owned(), gateway.seen]
    };
    let rows: Vec<Vec<String>> = gateways.into_iter().map(cells).collect();
    let head = ["GATEWAY", "RELEASE", "SERVES", "STATE", "LAST SEEN"];
    report::print(&table(&head, &rows, report::style_of(&io::stdout())))
}
