//! `weft registry`: where teams publish their schemas, and gateways fetch what composes of them.

mod token;

use super::report::{Failure, plain};
use super::{gateway, keys, serve, signals};
use crate::config::{Config, StoreLocation};
use crate::registry::{self, NewToken, Registry, ServerOptions};
use crate::store::StoreError;
use clap::{Args, Subcommand};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    verb: Option<Verb>,
    #[command(flatten)]
    serve: Serve,
}

#[derive(Subcommand)]
enum Verb {
    /// Make, list and revoke tokens
    Token(token::Arguments),
}

#[derive(Args)]
struct Serve {
    #[command(flatten)]
    place: Place,
    /// Where to listen
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:4100", value_parser = serve::address)]
    listen: SocketAddr,
    /// What to log: error, warn, info, debug, trace, or directives
    #[arg(long, value_name = "LEVEL", env = "WEFT_LOG", hide_env_values = true, default_value = "info")]
    log: String,
}

/// Where the registry keeps what it knows.
#[derive(Args)]
struct Place {
    /// A file, sqlite:FILE or postgres://USER:PASSWORD@HOST/DATABASE [default: weft-registry.db]
    #[arg(long, value_name = "URL|FILE", env = "WEFT_REGISTRY_DATABASE", hide_env_values = true, value_parser = database)]
    database: Option<StoreLocation>,
}

impl Place {
    fn location(&self) -> StoreLocation {
        let here = || StoreLocation::Sqlite(PathBuf::from("weft-registry.db"));
        self.database.clone().unwrap_or_else(here).in_folder(Path::new(""))
    }
}

fn database(text: &str) -> Result<StoreLocation, &'static str> {
    match text.contains(':') {
        true => keys::location(text),
        false => Ok(StoreLocation::Sqlite(PathBuf::from(text))),
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    match &arguments.verb {
        Some(Verb::Token(arguments)) => token::run(arguments),
        None => {
            let mut config = Config::default();
            config.telemetry.logging.level.clone_from(&arguments.serve.log);
            let _log = gateway::start_log(&config)?;
            super::runtime(None)?.block_on(serve_until_stopped(&arguments.serve))
        }
    }
}

async fn serve_until_stopped(arguments: &Serve) -> Result<(), Failure> {
    let stop = signals::listen()?;
    let open = open(&arguments.place.location(), arguments.listen, stop.clone()).await?;
    open.serve(stop).await;
    Ok(())
}

/// A registry with its socket, not served yet.
pub(super) struct Open {
    registry: std::sync::Arc<Registry>,
    listener: TcpListener,
}

/// Opens the store and the socket. Who starts the first registry of a store on their own machine gets its admin's token.
pub(super) async fn open(
    location: &StoreLocation,
    listen: SocketAddr,
    stop: CancellationToken,
) -> Result<Open, Failure> {
    let listener = TcpListener::bind(listen).await.map_err(|error| {
        Failure::because(format!("the registry cannot listen on {listen}: {}", plain(&error)))
            .help("stop what uses the port, or choose another with --listen")
    })?;
    let registry = Registry::open(location, stop).await.map_err(|error| refused(&error, location))?;
    if !listen.ip().is_loopback() {
        tracing::warn!(%listen, "others than this machine may reach the registry: put a proxy with TLS in front of it");
    } else if let Some(first) = NewToken::first(registry.tables()).await.map_err(|error| refused(&error, location))? {
        eprintln!("This registry has no admin yet. This token is one; it is shown this once:\n\n    {}\n", first.text);
    }
    Ok(Open { registry, listener })
}

impl Open {
    /// Serves until `stop`.
    pub(super) async fn serve(self, stop: CancellationToken) {
        let address = self.listener.local_addr().map(|address| format!("http://{address}")).unwrap_or_default();
        tracing::info!(registry = address, "the registry is open");
        registry::serve(self.registry, self.listener, ServerOptions::default(), stop).await;
    }
}

fn refused(error: &StoreError, location: &StoreLocation) -> Failure {
    Failure::because(format!("{location}: {error}")).help("name the registry's store by `--database`")
}
