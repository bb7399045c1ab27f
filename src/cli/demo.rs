//! `weft demo`: a sample shop of four services, and the gateway over them.
//!
//! 1. the port is opened first, so that one that is taken costs no time;
//! 2. the services start and the four schemas in the binary are composed, at the same time;
//! 3. the supergraph is told the real ports, and served; one screen says what to try;
//! 4. Ctrl-C stops the gateway first, then the services.

use super::endpoints::Endpoints;
use super::report::{self, Failure};
use super::{gateway, signals};
use crate::config::{Config, Listen};
use crate::demo::{self, Data, Demo, Ports, Service, credentials};
use crate::diagnostic::{Diagnostic, Source, Style};
use crate::server::GatewayOptions;
use crate::snapshot::Snapshots;
use crate::source::{self, Composed, SubgraphSdl};
use crate::supergraph::Supergraph;
use clap::Args;
use std::fmt::Write;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The demo is for one person on one machine.
const HOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const DEFAULT_PORT: u16 = 4000;

/// A demo has nothing to hide, and customers log in by header. Whoever brings no key has points for a few hundred small
/// queries, which a loop uses up in seconds; demo keys have twenty times as many.
const CONFIG: &str = "\
response_cache:
  debug: true
  surrogate_keys: Cache-Tag
  private_id:
    header: x-user-id
include_subgraph_errors:
  all: true
headers:
  all:
    request:
      - propagate:
          named: x-user-id
demand_control:
  mode: enforce
  budget:
    points: 2000
    refill_per_second: 20
    identify_by: [api_key]
    tiers:
      demo:
        points: 40000
        refill_per_second: 400
";

/// Needs all four services: who, what orders, is there more of it, how was it paid.
const QUERY: &str = "\
query OrdersOfACustomer {
  user(id: \"1\") {
    name
    orders(first: 1) {
      nodes {
        number
        total
        items { quantity product { name inStock } }
        payment { status }
      }
    }
  }
}
";

#[derive(Args)]
pub(super) struct Arguments {
    /// Where clients connect, on 127.0.0.1; 0 lets the system choose [default: 4000]
    #[arg(long, value_name = "N")]
    port: Option<u16>,
    /// Run one service alone, on its own port, and no gateway
    #[arg(long, value_name = "NAME", value_parser = service)]
    service: Option<Service>,
    /// Where the services keep their databases: a folder, or `memory`
    #[arg(long, value_name = "DIR|memory", default_value = "memory", value_parser = data)]
    data: Data,
    /// What to log: error, warn, info, debug, trace, or directives
    #[arg(long, value_name = "LEVEL", env = "WEFT_LOG", hide_env_values = true, default_value = "warn")]
    log: String,
}

fn service(name: &str) -> Result<Service, String> {
    Service::named(name).ok_or_else(|| format!("the services are {}", Service::ALL.map(Service::name).join(", ")))
}

fn data(text: &str) -> Result<Data, String> {
    Ok(if text == "memory" { Data::Memory } else { Data::Directory(PathBuf::from(text)) })
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let config = config(arguments)?;
    gateway::start_log(&config)?;
    let runtime = super::runtime(None)?;
    match arguments.service {
        Some(service) => runtime.block_on(run_service(service, arguments)),
        None => runtime.block_on(run_shop(arguments, Arc::new(config))),
    }
}

/// The configuration of the demo's gateway.
fn config(arguments: &Arguments) -> Result<Config, Failure> {
    let mut config = Config::from_yaml(&Source::new("the demo's configuration", CONFIG), &|_| None, Path::new(""))?;
    config.supergraph.listen = match arguments.port {
        Some(port) => Listen::chosen(SocketAddr::new(HOST, port)),
        None => Listen::local(DEFAULT_PORT),
    };
    config.telemetry.logging.level.clone_from(&arguments.log);
    config.authentication = credentials::authentication();
    Ok(config)
}

async fn run_service(service: Service, arguments: &Arguments) -> Result<(), Failure> {
    let stop = signals::listen()?;
    report::progress(&format!("starting {}", service.name()));
    let address = SocketAddr::new(HOST, arguments.port.unwrap_or(service.default_port()));
    let running = demo::start(service, &arguments.data, address).await?;
    report::print(&format!("{} answers at {}\n", service.name(), running.url()))?;
    stop.cancelled().await;
    running.stop().await;
    Ok(())
}

async fn run_shop(arguments: &Arguments, config: Arc<Config>) -> Result<(), Failure> {
    let stop = signals::listen()?;
    let listeners = gateway::listen(&config, "--port").await?;
    report::progress("starting users, orders, products and payments");
    let composing = tokio::task::spawn_blocking(compose);
    let shop = Demo::start(&arguments.data, HOST, Ports::Free).await?;
    let mut supergraph = composing.await.map_err(|panic| Failure::because(format!("composing failed: {panic}")))??;
    tell_real_ports(&mut supergraph, &shop);
    let builder = gateway::builder(&config)?;
    let snapshot = builder.build(Arc::clone(&config), Arc::new(supergraph), None)?;
    report::print(&screen(&Endpoints::of(&config, &listeners), &shop, report::style_of(&io::stdout())))?;
    // There is nothing to keep from whoever runs the demo.
    let options =
        GatewayOptions { insight: true, default_query: Some(QUERY.to_owned()), sign_ins: credentials::sign_ins() };
    gateway::serve(&config, listeners, Arc::new(Snapshots::new(snapshot)), &builder, options, stop).await;
    shop.stop().await;
    Ok(())
}

/// The four schemas that are in the binary, composed.
fn compose() -> Result<Supergraph, Vec<Diagnostic>> {
    let subgraphs = Service::ALL.map(|service| SubgraphSdl {
        name: service.name().to_owned(),
        url: format!("http://{HOST}:{}/graphql", service.default_port()),
        sdl: Source::of_subgraph(service.name(), format!("schemas/{}.graphql", service.name()), service.sdl()),
    });
    source::compose_all(&subgraphs).map(|Composed { supergraph, .. }| supergraph)
}

fn tell_real_ports(supergraph: &mut Supergraph, shop: &Demo) {
    for running in shop.services() {
        let subgraph = supergraph.subgraphs.iter_mut().find(|subgraph| subgraph.name == running.service().name());
        subgraph.expect("the supergraph is composed of these services").url = running.url();
    }
}

/// What runs where, and what to try.
fn screen(endpoints: &Endpoints, shop: &Demo, style: Style) -> String {
    let (bold, dim, end) = match style {
        Style::Colour => ("\u{1b}[1m", "\u{1b}[2m", "\u{1b}[0m"),
        Style::Plain => ("", "", ""),
    };
    let mut text = format!("\n{bold}Weft demo{end}: a shop of four services behind one graph\n\n");
    let mut row = |name: &str, url: &str| {
        let _ = writeln!(text, "  {name:<12}{bold}{url}{end}");
    };
    row("GraphQL", &endpoints.graphql);
    let others =
        [("Playground", &endpoints.playground), ("Health", &endpoints.health), ("Metrics", &endpoints.metrics)];
    for (name, url) in others {
        if let Some(url) = url {
            row(name, url);
        }
    }
    for running in shop.services() {
        let _ = writeln!(text, "  {dim}{:<12}{}{end}", running.service().name(), running.url());
    }
    let _ = writeln!(text, "\nWho asks: {bold}x-api-key: KEY{end}, or {bold}authorization: Bearer TOKEN{end}\n");
    let scopes = credentials::PAYMENTS_SCOPES.join(" ");
    let _ = writeln!(text, "  {:<9}{}  {dim}{scopes}{end}", "key", credentials::PAYMENTS_KEY);
    let _ = writeln!(text, "  {:<9}{}  {dim}no scopes{end}", "key", credentials::PLAIN_KEY);
    if let Some(token) = credentials::token() {
        let _ = writeln!(text, "  {:<9}{token}  {dim}{scopes}; good for a day{end}", "token");
    }
    // One line, and within the shell's single quotes.
    let query = QUERY.split_whitespace().collect::<Vec<_>>().join(" ").replace('"', "\\\"");
    let _ = write!(
        text,
        "\nTry it:\n\n  curl {} -H 'content-type: application/json' \\\n    -H 'x-api-key: {}' \\\n    -d '{{\"query\": \"{query}\"}}'\n\nCtrl-C stops all of it.\n",
        endpoints.graphql,
        credentials::PAYMENTS_KEY
    );
    text
}
