//! The registry as the command line asks it: where it is, with which token, and what it answers.

pub(super) mod checked;
pub(super) mod findings;
mod markdown;
pub(super) mod table;

use super::Format;
use super::report::{self, Failure, plain};
use crate::registry::{Finding, GraphRef};
use clap::Args;
use findings::Locals;
use http::Method;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;
use url::Url;

/// How long an answer may take: large graphs take seconds to compose.
const PATIENCE: Duration = Duration::from_secs(120);
/// The environment variable that has the token. It is no flag: other users of the machine see those.
const TOKEN: &str = "WEFT_TOKEN";

/// Where the registry is.
#[derive(Args)]
pub(super) struct Remote {
    /// The registry [default: http://127.0.0.1:4100]
    #[arg(long, value_name = "URL", env = "WEFT_REGISTRY", hide_env_values = true)]
    registry: Option<Url>,
    /// A file with the token [default: the environment variable WEFT_TOKEN]
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
}

/// What a verb about one graph is told.
#[derive(Args)]
pub(super) struct Target {
    /// The graph: shop, or a variant of it: shop@prod
    #[arg(value_name = "GRAPH", value_parser = graph_ref)]
    pub(super) graph: GraphRef,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,
    #[command(flatten)]
    pub(super) remote: Remote,
}

/// `shop` or `shop@prod`, as an argument.
pub(super) fn graph_ref(text: &str) -> Result<GraphRef, &'static str> {
    text.parse()
}

/// A registry to ask.
pub(super) struct Client {
    http: reqwest::Client,
    base: Url,
    token: String,
}

/// What the registry refused.
#[derive(Debug, Deserialize)]
struct Refused {
    errors: Vec<RefusedError>,
    #[serde(default)]
    attempt: Option<i64>,
    #[serde(default)]
    findings: Vec<Finding>,
}

#[derive(Debug, Deserialize)]
struct RefusedError {
    code: String,
    message: String,
    help: Option<String>,
}

/// Why there is no result.
pub(super) enum Trouble {
    /// It does not compose: everything that is wrong, and what is to be said.
    DoesNotCompose(Vec<Finding>, Failure),
    /// Anything else.
    Other(Failure),
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::DoesNotCompose(_, failure) | Trouble::Other(failure) => failure,
        }
    }
}

impl Remote {
    /// The registry, ready to be asked.
    pub(super) fn client(&self) -> Result<Client, Failure> {
        let base = match &self.registry {
            Some(url) => url.clone(),
            None => Url::parse("http://127.0.0.1:4100").expect("it is a URL"),
        };
        if !matches!(base.scheme(), "http" | "https") {
            let failure = Failure::because(format!("{base} is no address of a registry"));
            return Err(failure.help("give one as in https://registry.example.com"));
        }
        let http = reqwest::Client::builder()
            .timeout(PATIENCE)
            .connect_timeout(Duration::from_secs(5))
            .user_agent(concat!("weft/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| Failure::because(format!("no HTTP client could be made: {error}")))?;
        Ok(Client { http, base, token: self.token()? })
    }

    fn token(&self) -> Result<String, Failure> {
        let token = match &self.token_file {
            Some(path) => fs::read_to_string(path).map_err(|error| Failure::file("read", path, &error))?,
            None => std::env::var(TOKEN).unwrap_or_default(),
        };
        if token.trim().is_empty() {
            let failure = Failure::because("the registry wants a token, and there is none");
            return Err(failure.help(format!(
                "set {TOKEN}, or give --token-file; an admin makes tokens with `weft registry token create`"
            )));
        }
        Ok(token.trim().to_owned())
    }

    /// Asks, and waits for the answer.
    pub(super) fn ask<T>(&self, question: impl AsyncFnOnce(&Client) -> Result<T, Trouble>) -> Result<T, Trouble> {
        let client = self.client().map_err(Trouble::Other)?;
        let runtime = super::runtime(Some(1)).map_err(Trouble::Other)?;
        runtime.block_on(report::patiently("asking the registry", question(&client)))
    }
}

impl Client {
    /// Reads what is at this path.
    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        path: &[&str],
        numbers: &[(&str, Option<i64>)],
    ) -> Result<T, Trouble> {
        understood(&self.send(Method::GET, path, numbers, None).await?)
    }

    /// Reads the text at this path.
    pub(super) async fn text(&self, path: &[&str], numbers: &[(&str, Option<i64>)]) -> Result<String, Trouble> {
        self.send(Method::GET, path, numbers, None).await
    }

    /// Has something done.
    pub(super) async fn post<T: DeserializeOwned>(&self, path: &[&str], body: Value) -> Result<T, Trouble> {
        understood(&self.send(Method::POST, path, &[], Some(body)).await?)
    }

    /// Has something deleted.
    pub(super) async fn delete(&self, path: &[&str]) -> Result<String, Trouble> {
        self.send(Method::DELETE, path, &[], None).await
    }

    async fn send(
        &self,
        method: Method,
        path: &[&str],
        numbers: &[(&str, Option<i64>)],
        body: Option<Value>,
    ) -> Result<String, Trouble> {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(["v1", "graphs"]).extend(path);
        }
        for (name, number) in numbers {
            if let Some(number) = number {
                url.query_pairs_mut().append_pair(name, &number.to_string());
            }
        }
        let mut request = self.http.request(method, url).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await.map_err(|error| self.unreachable(&error))?;
        let status = response.status();
        let text = response.text().await.map_err(|error| self.unreachable(&error))?;
        if status.is_success() { Ok(text) } else { Err(refused(status, &text)) }
    }

    fn unreachable(&self, error: &reqwest::Error) -> Trouble {
        let cause = if error.is_timeout() {
            "it does not answer in time".to_owned()
        } else {
            let mut cause: &dyn std::error::Error = error;
            while let Some(deeper) = cause.source() {
                cause = deeper;
            }
            plain(&cause)
        };
        let failure = Failure::because(format!("no answer from the registry at {}: {cause}", self.base));
        Trouble::Other(failure.help("start it with `weft registry`, or say where it is: --registry URL"))
    }
}

fn understood<T: DeserializeOwned>(text: &str) -> Result<T, Trouble> {
    serde_json::from_str(text).map_err(|_| {
        let failure = Failure::because("the answer is none of a registry of this release");
        Trouble::Other(failure.help("look at the URL, and at the registry's version"))
    })
}

fn refused(status: http::StatusCode, text: &str) -> Trouble {
    let Ok(Refused { errors, attempt, findings }) = serde_json::from_str::<Refused>(text) else {
        return Trouble::Other(Failure::because(format!("the answer is HTTP {status}, and none of a registry")));
    };
    let Some(RefusedError { code, message, help }) = errors.into_iter().next() else {
        return Trouble::Other(Failure::because(format!("the registry answers HTTP {status} without a reason")));
    };
    let kept = attempt.map(|number| format!(" (kept as attempt {number})")).unwrap_or_default();
    let failure = Failure::because(format!("[{code}] {message}{kept}"));
    let failure = match help {
        Some(help) => failure.help(help),
        None => failure,
    };
    if findings.is_empty() { Trouble::Other(failure) } else { Trouble::DoesNotCompose(findings, failure) }
}

/// Shows what keeps a publish from composing, with the lines of the local files, and then what came of it.
pub(super) fn told(trouble: Trouble, locals: &Locals) -> Failure {
    if let Trouble::DoesNotCompose(findings, _) = &trouble {
        report::print_diagnostics(&locals.diagnostics(findings));
        eprintln!();
    }
    trouble.into()
}
