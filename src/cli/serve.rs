//! `weft serve`: a configuration and a supergraph -> a gateway, until it is told to stop.
//!
//! 1. the configuration is read, the log starts;
//! 2. a registry that the configuration has is opened;
//! 3. the first snapshot is built: whatever is wrong ends the process here, before any port is open;
//! 4. the ports are opened and one line says where;
//! 5. files and signals are followed until the word to stop; requests under way finish.

use super::endpoints::Endpoints;
use super::report::Failure;
use super::{gateway, registry, signals};
use crate::config::Config;
use crate::server::GatewayOptions;
use crate::snapshot::{Configured, HealthListen, Reload, Settings, Snapshots, ToLog, build_schema, read_schema};
use crate::source::{Reading, WatchedFile};
use crate::telemetry::LogHandle;
use clap::Args;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

#[derive(Args)]
pub(super) struct Arguments {
    /// The configuration file [default: none, the defaults hold]
    #[arg(long, short, value_name = "weft.yaml", env = "WEFT_CONFIG", hide_env_values = true)]
    config: Option<PathBuf>,
    /// A supergraph SDL, or a supergraph.yaml to compose
    #[arg(long, short, value_name = "FILE", env = "WEFT_SUPERGRAPH", hide_env_values = true)]
    supergraph: Option<PathBuf>,
    /// Where clients connect [default: 127.0.0.1:4000]
    #[arg(long, value_name = "ADDR", env = "WEFT_LISTEN", hide_env_values = true, value_parser = address)]
    listen: Option<SocketAddr>,
    /// Where health and metrics are served, or `off` [default: 127.0.0.1:8088]
    #[arg(long, value_name = "ADDR|off", value_parser = health_listen)]
    health_listen: Option<HealthListen>,
    /// What to log: error, warn, info, debug, trace, or directives [default: info]
    #[arg(long, value_name = "LEVEL", env = "WEFT_LOG", hide_env_values = true)]
    log: Option<String>,
}

impl Arguments {
    fn settings(&self) -> Settings {
        Settings {
            config: self.config.clone(),
            supergraph: self.supergraph.clone(),
            listen: self.listen,
            health: self.health_listen,
            log: self.log.clone(),
            ..Settings::default()
        }
    }
}

pub(super) fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| "give an IP address and a port, such as 127.0.0.1:4000 or 0.0.0.0:4000".to_owned())
}

pub(super) fn health_listen(text: &str) -> Result<HealthListen, String> {
    match text {
        "off" => Ok(HealthListen::Off),
        address => match address.parse() {
            Ok(address) => Ok(HealthListen::At(address)),
            Err(_) => Err("give an address such as 127.0.0.1:8088, or `off`".to_owned()),
        },
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let settings = arguments.settings();
    let Configured { files, config } = Configured::read(&settings);
    let config = config?;
    let log = gateway::start_log(&config)?;
    super::runtime(None)?.block_on(serve(settings, config, files, log))
}

async fn serve(
    settings: Settings,
    config: Arc<Config>,
    config_files: Vec<WatchedFile>,
    log: LogHandle,
) -> Result<(), Failure> {
    let stop = signals::listen()?;
    // It comes first: this gateway may follow it.
    let registry = match &config.registry {
        Some(server) => Some(registry::open(&server.database, server.listen, stop.clone()).await?),
        None => None,
    };
    let registry = registry.map(|open| tokio::spawn(open.serve(stop.clone())));
    let builder = gateway::builder(&config)?;
    let Reading { files, schema } = read_schema(&config).await;
    let read = Arc::new(schema?);
    let snapshot = build_schema(&builder, Arc::clone(&config), Arc::clone(&read), None).await?;
    builder.metrics().loaded(true);
    let listeners = gateway::listen(&config, "--listen").await?;
    let Endpoints { graphql, playground, health, metrics } = Endpoints::of(&config, &listeners);
    let (schema, subgraphs) = (snapshot.schema_id.clone(), snapshot.supergraph.subgraphs.len());
    let snapshots = Arc::new(Snapshots::new(snapshot));
    let reload = Reload {
        builder: builder.clone(),
        settings,
        snapshots: Arc::clone(&snapshots),
        log,
        config: Arc::clone(&config),
        config_files,
        schema_files: files,
        last: Ok(read),
        poll: None,
        observer: Arc::new(ToLog),
    };
    let reloading = reload.start(stop.clone()).map_err(|error| signals::refused(&error))?;
    tracing::info!(graphql, playground, health, metrics, subgraphs, %schema, "serving");
    gateway::serve(&config, listeners, snapshots, &builder, GatewayOptions::default(), stop).await;
    let _ = reloading.await;
    if let Some(registry) = registry {
        let _ = registry.await;
    }
    Ok(())
}
