//! `weft dev`: a `supergraph.yaml` composed and served, and again with every save.
//!
//! 1. the ports are opened, and one screen says where;
//! 2. the schemas are read and composed; until that succeeds nothing is served, and the errors are shown;
//! 3. files are watched and services that are asked for their schema are polled. What does not compose is shown
//!    with its place, and the last good graph keeps serving.
//!
//! Subgraphs named by `--mock` are made up from their schemas ([`crate::mock`]).

use super::endpoints::Endpoints;
use super::report::{self, Failure, plain};
use super::{gateway, serve, signals};
use crate::diagnostic::{Diagnostic, Style};
use crate::mock::{Mock, Mocks};
use crate::server::GatewayOptions;
use crate::snapshot::{Configured, HealthListen, Observer, Reload, Settings, Snapshot, Snapshots};
use crate::source::{Origin, Schema};
use clap::Args;
use std::fmt::Write;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

#[derive(Args)]
pub(super) struct Arguments {
    /// The supergraph.yaml that names the subgraphs
    #[arg(long, short, value_name = "FILE", default_value = "supergraph.yaml", visible_alias = "supergraph-config")]
    config: PathBuf,
    /// The gateway's configuration [default: none, the defaults hold]
    #[arg(long, value_name = "weft.yaml")]
    router_config: Option<PathBuf>,
    /// Subgraphs to make up from their schemas, for services that do not exist or do not run
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    mock: Vec<String>,
    /// How often running services are asked for their schemas, in seconds; 0 never
    #[arg(long, value_name = "SECONDS", default_value_t = 1.0)]
    poll: f64,
    /// Where clients connect [default: 127.0.0.1:4000]
    #[arg(long, value_name = "ADDR", value_parser = serve::address)]
    listen: Option<SocketAddr>,
    /// Where health and metrics are served, or `off`
    #[arg(long, value_name = "ADDR|off", default_value = "off", value_parser = serve::health_listen)]
    health_listen: HealthListen,
    /// What to log: error, warn, info, debug, trace, or directives
    #[arg(long, value_name = "LEVEL", env = "WEFT_LOG", hide_env_values = true, default_value = "warn")]
    log: String,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    super::runtime(None)?.block_on(develop(arguments))
}

async fn develop(arguments: &Arguments) -> Result<(), Failure> {
    let stop = signals::listen()?;
    let mocks =
        Mocks::start().await.map_err(|error| Failure::because(format!("the mocks get no port: {}", plain(&error))))?;
    let settings = settings(arguments, &mocks)?;
    let Configured { files, config } = Configured::read(&settings);
    let config = config?;
    let log = gateway::start_log(&config)?;
    let listeners = gateway::listen(&config, "--listen").await?;
    let builder = gateway::builder(&config)?;
    report::print(&screen(&Endpoints::of(&config, &listeners), &arguments.mock, report::style_of(&io::stdout())))?;
    let snapshots = Arc::new(Snapshots::default());
    let screen = Screen { mocks, mocked: arguments.mock.clone(), serves: AtomicBool::new(false) };
    let reload = Reload {
        builder: builder.clone(),
        settings,
        snapshots: Arc::clone(&snapshots),
        log,
        config: Arc::clone(&config),
        origin: Origin::File(arguments.config.clone()),
        config_files: files,
        schema_files: Vec::new(),
        last: Err(Vec::new()),
        poll: poll(arguments.poll),
        observer: Arc::new(screen),
    };
    let reloading = reload.start(stop.clone()).map_err(|error| signals::refused(&error))?;
    let options = GatewayOptions { insight: true, ..GatewayOptions::default() };
    gateway::serve(&config, listeners, snapshots, &builder, options, stop).await;
    let _ = reloading.await;
    Ok(())
}

fn settings(arguments: &Arguments, mocks: &Mocks) -> Result<Settings, Failure> {
    let url = |name: &String| {
        let url =
            url::Url::parse(&mocks.url(name)).map_err(|error| Failure::because(format!("--mock {name}: {error}")))?;
        Ok((name.clone(), url))
    };
    Ok(Settings {
        config: arguments.router_config.clone(),
        supergraph: Some(arguments.config.clone()),
        listen: arguments.listen,
        health: Some(arguments.health_listen),
        log: Some(arguments.log.clone()),
        subgraph_urls: arguments.mock.iter().map(url).collect::<Result<_, Failure>>()?,
        // Whoever develops has nothing to hide from himself.
        show_errors: true,
        ..Settings::default()
    })
}

fn poll(seconds: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(seconds).ok().filter(|pause| !pause.is_zero())
}

/// Where what is.
fn screen(endpoints: &Endpoints, mocked: &[String], style: Style) -> String {
    let (bold, end) = if style == Style::Colour { ("\u{1b}[1m", "\u{1b}[0m") } else { ("", "") };
    let mut text = String::new();
    let _ = writeln!(text, "GraphQL     {bold}{}{end}", endpoints.graphql);
    if let Some(playground) = &endpoints.playground {
        let _ = writeln!(text, "Playground  {bold}{playground}{end}");
    }
    if !mocked.is_empty() {
        let _ = writeln!(text, "Made up     {}", mocked.join(", "));
    }
    text
}

/// Shows what came of every save.
struct Screen {
    mocks: Mocks,
    mocked: Vec<String>,
    /// Whether a graph has ever been served.
    serves: AtomicBool,
}

impl Observer for Screen {
    fn read(&self, schema: &Schema) {
        let Schema::Subgraphs(subgraphs) = schema else { return };
        let known = |name: &String| subgraphs.iter().find(|subgraph| subgraph.name == *name);
        for name in self.mocked.iter().filter(|name| known(name).is_none()) {
            let names: Vec<&str> = subgraphs.iter().map(|subgraph| subgraph.name.as_str()).collect();
            eprintln!("--mock {name}: there is no such subgraph; there are {}", names.join(", "));
        }
        let mocks = self.mocked.iter().filter_map(|name| {
            // What is wrong with a schema is reported by whoever composes it.
            Some((name.clone(), Mock::new(name, &known(name)?.sdl).ok()?))
        });
        self.mocks.replace(mocks);
    }

    fn serves(&self, snapshot: &Snapshot, _: usize, took: Duration) {
        let again = if self.serves.swap(true, Ordering::Relaxed) { " again" } else { "" };
        let (subgraphs, types) = (snapshot.supergraph.subgraphs.len(), snapshot.supergraph.types.len());
        let green =
            if report::style_of(&io::stderr()) == Style::Colour { ("\u{1b}[32m", "\u{1b}[0m") } else { ("", "") };
        eprintln!(
            "{}composed{again}{}: {subgraphs} subgraphs, {types} types, in {} ms",
            green.0,
            green.1,
            took.as_millis()
        );
    }

    fn refused(&self, errors: &[Diagnostic]) {
        report::print_diagnostics(errors);
        let state = if self.serves.load(Ordering::Relaxed) {
            "the last good graph keeps serving"
        } else {
            "nothing is served yet"
        };
        eprintln!("\n{state}; waiting for a change");
    }
}
