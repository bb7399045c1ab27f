//! Rover's `supergraph.yaml`: which subgraphs to compose, and where their schemas are.
//!
//! ```yaml
//! federation_version: =2.9.0
//! subgraphs:
//!   products:
//!     routing_url: http://127.0.0.1:4003/graphql
//!     schema:
//!       file: ./products.graphql            # or: subgraph_url, with introspection_headers; or: sdl
//! ```

use super::values::{HeaderValueText, HttpUrl};
use super::yaml::{self, Reading, Reports, Setting, Surroundings, code};
use crate::diagnostic::{Diagnostic, Source, Span};
use http::{HeaderMap, HeaderName};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A `supergraph.yaml`.
#[derive(Debug, Clone)]
pub struct ComposeFile {
    /// Noted only: Weft composes as one version does.
    pub federation_version: Option<String>,
    /// Sorted by name.
    pub subgraphs: Vec<ComposeSubgraph>,
    /// The files that `${file.PATH}` read, to be watched together with the file.
    pub files: Vec<PathBuf>,
}

/// One subgraph of it.
#[derive(Debug, Clone)]
pub struct ComposeSubgraph {
    /// Its name.
    pub name: String,
    /// Where the gateway asks it; without one, the URL its schema came from, if it came from one.
    pub routing_url: Option<String>,
    /// Where its schema is.
    pub schema: SchemaLocation,
    /// Where the schema is named, for reports when it can not be had.
    pub span: Span,
}

/// Where a subgraph's schema is.
#[derive(Debug, Clone)]
pub enum SchemaLocation {
    /// In a file.
    File(PathBuf),
    /// At a running service, which answers `{ _service { sdl } }`.
    Service {
        /// Where.
        url: url::Url,
        /// Sent along.
        headers: HeaderMap,
    },
    /// In the file itself.
    Inline(String),
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawComposeFile {
    federation_version: Setting<String>,
    subgraphs: Setting<BTreeMap<String, Setting<RawComposeSubgraph>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawComposeSubgraph {
    routing_url: Setting<String>,
    schema: Setting<RawSchema>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawSchema {
    file: Setting<String>,
    subgraph_url: Setting<HttpUrl>,
    introspection_headers: Setting<BTreeMap<String, Setting<HeaderValueText>>>,
    sdl: Setting<String>,
    graphref: Setting<String>,
    subgraph: Setting<String>,
}

impl ComposeFile {
    /// Reads `supergraph.yaml`; see [`Config::from_yaml`](super::Config::from_yaml).
    ///
    /// # Errors
    /// Every problem of the file, in its order.
    pub fn from_yaml(
        source: &Arc<Source>,
        env: &dyn Fn(&str) -> Option<String>,
        base_dir: &Path,
    ) -> Result<Self, Vec<Diagnostic>> {
        let surroundings = Surroundings { env, base_dir, hint };
        let Reading { value: raw, reports, files } = yaml::read::<RawComposeFile>(source, &surroundings);
        let written = raw.subgraphs.key != (0..0);
        let named = raw.subgraphs.take().unwrap_or_default();
        if named.is_empty() && (!written || reports.is_empty()) {
            let error = Diagnostic::error(code::MISSING_KEY, "the file names no subgraphs");
            reports.add(error.at(reports.span(0..0), "").help("list them under \"subgraphs\""));
        }
        let subgraphs =
            named.into_iter().filter_map(|(name, setting)| subgraph(name, setting, &reports, base_dir)).collect();
        let problems = reports.into_diagnostics();
        if problems.is_empty() {
            Ok(Self { federation_version: raw.federation_version.take(), subgraphs, files })
        } else {
            Err(problems)
        }
    }

    /// Whether a text is a `supergraph.yaml` rather than SDL: it begins with a key or a brace, which no
    /// type system document does.
    pub fn looks_like(text: &str) -> bool {
        let text = text.trim_start_matches('\u{feff}');
        let first = text.lines().map(str::trim).find(|line| {
            let skipped = line.is_empty() || line.starts_with(['#', '%']) || *line == "---";
            !skipped
        });
        let Some(first) = first else { return false };
        let after_key = match first.chars().next() {
            Some('{') => return true,
            Some(quote @ ('"' | '\'')) => first[1..].split_once(quote).map(|(_, after)| after),
            _ => {
                let word = first.find(|c: char| !c.is_alphanumeric() && !"_-.".contains(c)).unwrap_or(first.len());
                (word > 0).then(|| &first[word..])
            }
        };
        after_key.is_some_and(|after| after.trim_start().starts_with(':'))
    }
}

fn subgraph(
    name: String,
    setting: Setting<RawComposeSubgraph>,
    reports: &Reports,
    base_dir: &Path,
) -> Option<ComposeSubgraph> {
    let key = setting.key.clone();
    let raw = setting.take()?;
    if raw.schema.key == (0..0) {
        let message = format!("\"subgraphs.{name}\" lacks the key \"schema\"");
        reports.add(reports.error(code::MISSING_KEY, key, message));
        return None;
    }
    let span = reports.span(raw.schema.key.clone());
    let schema = location(&name, raw.schema, reports, base_dir)?;
    let asked = match &schema {
        SchemaLocation::Service { url, .. } => Some(url.to_string()),
        SchemaLocation::File(_) | SchemaLocation::Inline(_) => None,
    };
    Some(ComposeSubgraph { routing_url: raw.routing_url.take().or(asked), name, schema, span })
}

fn location(name: &str, setting: Setting<RawSchema>, reports: &Reports, base_dir: &Path) -> Option<SchemaLocation> {
    let key = setting.key.clone();
    let raw = setting.take()?;
    for registry in [&raw.graphref.key, &raw.subgraph.key].into_iter().filter(|key| **key != (0..0)) {
        let error = reports.error(code::INVALID_VALUE, registry.clone(), "schemas of a graph registry can not be had");
        reports.add(error.help("fetch it with `rover subgraph fetch` and name the file"));
    }
    let registry = raw.graphref.is_set() || raw.subgraph.is_set();
    let written = [&raw.file.key, &raw.subgraph_url.key, &raw.sdl.key].iter().filter(|key| ***key != (0..0)).count();
    if written != 1 && !(registry && written == 0) {
        let message = format!(
            "\"subgraphs.{name}.schema\" takes one of \"file\", \"subgraph_url\" and \"sdl\", and has {written}"
        );
        reports.add(reports.error(code::CONFLICT, key, message));
        return None;
    }
    if let Some(file) = raw.file.take() {
        return Some(SchemaLocation::File(base_dir.join(file)));
    }
    if let Some(sdl) = raw.sdl.take() {
        return Some(SchemaLocation::Inline(sdl));
    }
    let headers = headers(raw.introspection_headers, reports);
    raw.subgraph_url.take().map(|url| SchemaLocation::Service { url: url.0, headers })
}

fn headers(setting: Setting<BTreeMap<String, Setting<HeaderValueText>>>, reports: &Reports) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, setting) in setting.take().unwrap_or_default() {
        let key = setting.key.clone();
        match (name.parse::<HeaderName>(), setting.take()) {
            (Ok(name), Some(value)) => {
                headers.insert(name, value.0);
            }
            (Ok(_), None) => {}
            (Err(_), _) => reports.add(reports.error(code::INVALID_VALUE, key, "this is not the name of a header")),
        }
    }
    headers
}

/// A configuration of the gateway given in its place.
fn hint(path: &str) -> Option<&'static str> {
    const GATEWAY: &[&str] =
        &["supergraph", "telemetry", "headers", "cors", "limits", "health_check", "traffic_shaping"];
    GATEWAY.contains(&path).then_some("this file says what to compose; the gateway's configuration is weft.yaml")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yaml_is_told_from_sdl() {
        for yaml in
            ["subgraphs:\n", "# a\n---\nfederation_version: =2.9.0\n", "{\"subgraphs\": {}}", "\"subgraphs\": {}\n"]
        {
            assert!(ComposeFile::looks_like(yaml), "{yaml}");
        }
        for sdl in [
            "schema @link(url: \"\") { query: Query }",
            "\"\"\"A: b\"\"\"\ntype A { a: B }",
            "# a: b\ntype A",
            "",
            "\"A: b\"\ntype A",
        ] {
            assert!(!ComposeFile::looks_like(sdl), "{sdl}");
        }
    }
}
