//! `weft serve`: a configuration and a supergraph -> a gateway, until it is told to stop.
//!
//! 1. the configuration is read, the log starts;
//! 2. a registry that the configuration has is opened;
//! 3. the first snapshot is built: whatever is wrong ends the process here, before any port is open;
//! 4. the ports are opened and one line says where;
//! 5. files and signals are followed until the word to stop; requests under way finish.

use super::endpoints::Endpoints;
use super::remote::graph_ref;
use super::report::Failure;
use super::{gateway, registry, signals};
use crate::config::{Config, GraphRef, RegistryToken};
use crate::server::GatewayOptions;
use crate::snapshot::{
    Builder, Configured, HealthListen, Observer, RegistryChoice, Reload, Settings, Snapshot, Snapshots, ToLog,
    build_schema,
};
use crate::source::{Origin, Reading, Schema, WatchedFile};
use crate::telemetry::LogHandle;
use clap::Args;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

#[derive(Args)]
pub(super) struct Arguments {
    /// The configuration file [default: none, the defaults hold]
    #[arg(long, short, value_name = "weft.yaml", env = "WEFT_CONFIG", hide_env_values = true)]
    config: Option<PathBuf>,
    /// A supergraph SDL, or a supergraph.yaml to compose
    #[arg(long, short, value_name = "FILE", env = "WEFT_SUPERGRAPH", hide_env_values = true)]
    supergraph: Option<PathBuf>,
    /// A registry to take the supergraph from; several are tried in turn
    #[arg(long, value_name = "URL", env = "WEFT_REGISTRY", hide_env_values = true, value_delimiter = ',')]
    #[arg(requires = "graph", conflicts_with = "supergraph")]
    registry: Vec<url::Url>,
    /// The variant to follow there
    #[arg(long, value_name = "GRAPH@VARIANT", env = "WEFT_GRAPH", hide_env_values = true, value_parser = graph_ref)]
    graph: Option<GraphRef>,
    /// What proves to the registry who asks; better given as WEFT_TOKEN
    #[arg(long, value_name = "TOKEN", env = "WEFT_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// The file of the last good copy, for a start without the registry [default: .weft/GRAPH@VARIANT.graphql]
    #[arg(long, value_name = "FILE", env = "WEFT_LAST_GOOD", hide_env_values = true)]
    last_good: Option<PathBuf>,
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
            registry: self.registry_choice(),
            token: self.token.as_deref().map(|token| RegistryToken::Text(token.trim().into())),
            last_good: self.last_good.clone(),
            listen: self.listen,
            health: self.health_listen,
            log: self.log.clone(),
            ..Settings::default()
        }
    }

    fn registry_choice(&self) -> Option<RegistryChoice> {
        let graph = self.graph.clone()?;
        (!self.registry.is_empty()).then(|| RegistryChoice { urls: self.registry.clone(), graph })
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
    // It begins first and ends last: this gateway may follow it, and report to it.
    let end = CancellationToken::new();
    let registry = match &config.registry {
        Some(server) => Some(registry::open(&server.database, server.listen, end.clone()).await?),
        None => None,
    };
    let registry = registry.map(|open| tokio::spawn(open.serve(end.clone())));
    let builder = gateway::builder(&config)?;
    let mut origin = Origin::of(&config.supergraph, builder.metrics().registry()).map_err(|error| vec![error])?;
    let Reading { files, schema } = origin.read().await;
    let (read, snapshot) = first_snapshot(&builder, &config, &mut origin, Arc::new(schema?)).await?;
    builder.metrics().loaded(true);
    origin.settled(&read, true).await;
    let listeners = gateway::listen(&config, "--listen").await?;
    let Endpoints { graphql, playground, health, metrics } = Endpoints::of(&config, &listeners);
    let (schema, subgraphs) = (snapshot.schema_id.clone(), snapshot.supergraph.subgraphs.len());
    let version = snapshot.version.as_ref().and_then(|version| version.number);
    let snapshots = Arc::new(Snapshots::new(snapshot));
    let reload = Reload {
        builder: builder.clone(),
        settings,
        snapshots: Arc::clone(&snapshots),
        log,
        config: Arc::clone(&config),
        origin,
        config_files,
        schema_files: files,
        last: Ok(read),
        poll: None,
        observer: Arc::new(ToLog),
    };
    let reloading = reload.start(stop.clone()).map_err(|error| signals::refused(&error))?;
    tracing::info!(graphql, playground, health, metrics, subgraphs, %schema, version, "serving");
    let serving = Arc::clone(&snapshots);
    gateway::serve(&config, listeners, snapshots, &builder, GatewayOptions::default(), stop).await;
    let _ = reloading.await;
    let last = serving.current();
    if let Some(usage) = last.as_ref().and_then(|snapshot| snapshot.usage.as_ref()) {
        usage.finish().await;
    }
    end.cancel();
    if let Some(registry) = registry {
        let _ = registry.await;
    }
    Ok(())
}

/// The snapshot to start with: of what was read, or of the last good copy when a registry delivered what cannot be
/// served.
async fn first_snapshot(
    builder: &Builder,
    config: &Arc<Config>,
    origin: &mut Origin,
    read: Arc<Schema>,
) -> Result<(Arc<Schema>, Snapshot), Failure> {
    let errors = match build_schema(builder, Arc::clone(config), Arc::clone(&read), None).await {
        Ok(snapshot) => return Ok((read, snapshot)),
        Err(errors) => errors,
    };
    let Some(copy) = origin.instead_of(&read) else { return Err(errors.into()) };
    ToLog.refused(&errors);
    origin.settled(&read, false).await;
    let copy = Arc::new(copy);
    let snapshot = build_schema(builder, Arc::clone(config), Arc::clone(&copy), None).await?;
    Ok((copy, snapshot))
}
