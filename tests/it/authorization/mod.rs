//! Who may see what: `cases/*.txt` are subgraphs with rules, a world, a query, who asks, and what comes of it.
//!
//! Sections are `=== subgraph NAME` or `=== supergraph`, `=== world`, `=== query`, `=== variables` where there are
//! some, then `=== as nobody` or `=== as somebody [SCOPE...] [policy:NAME...]` with what subgraphs were asked, the
//! answer, and the places that were withheld. `WEFT_BLESS=1` writes what comes of the requests anew.

mod listed;
mod matrix;
mod setting;
mod world;

use setting::{Asker, Setting};
use std::fmt::Write;
use std::fs;
use std::path::Path;

#[test]
fn every_case_is_answered_as_it_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/authorization/cases");
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(paths.len() >= 8, "cases are missing");
    let mut changed = Vec::new();
    for path in paths {
        let text = fs::read_to_string(&path).unwrap();
        let now = Case::read(&text).played();
        if std::env::var_os("WEFT_BLESS").is_some() {
            fs::write(&path, now).unwrap();
        } else if now != text {
            changed.push(format!("{}:\n{now}", path.display()));
        }
    }
    assert!(changed.is_empty(), "WEFT_BLESS=1 writes these anew:\n{}", changed.join("\n"));
}

struct Case<'t> {
    /// All before the first request.
    given: &'t str,
    subgraphs: Vec<(&'t str, String)>,
    supergraph: Option<&'t str>,
    world: &'t str,
    query: &'t str,
    variables: Option<&'t str>,
    askers: Vec<&'t str>,
}

impl<'t> Case<'t> {
    fn read(text: &'t str) -> Self {
        let given = &text[..text.find("=== as ").unwrap()];
        let mut case = Self {
            given,
            subgraphs: Vec::new(),
            supergraph: None,
            world: "{}",
            query: "",
            variables: None,
            askers: Vec::new(),
        };
        for section in text.split("=== ").skip(1) {
            let (head, body) = section.split_once('\n').unwrap();
            match head.split_once(' ').unwrap_or((head, "")) {
                ("subgraph", name) => case.subgraphs.push((name, linked(body))),
                ("supergraph", _) => case.supergraph = Some(body),
                ("world", _) => case.world = body,
                ("query", _) => case.query = body,
                ("variables", _) => case.variables = Some(body),
                ("as", asker) => case.askers.push(asker),
                _ => panic!("unknown section {head}"),
            }
        }
        case
    }

    fn played(&self) -> String {
        let world = serde_json::from_str(self.world).unwrap();
        let setting = match self.supergraph {
            Some(sdl) => Setting::read(sdl, world),
            None => Setting::composed(&self.subgraphs, world),
        };
        let mut out = self.given.to_owned();
        for &name in &self.askers {
            let words: Vec<&str> = name.split(' ').skip(1).collect();
            let policies: Vec<&str> = words.iter().filter_map(|word| word.strip_prefix("policy:")).collect();
            let scopes: Vec<&str> = words.iter().copied().filter(|word| !word.starts_with("policy:")).collect();
            let asker = Asker { authenticated: name != "nobody", scopes: &scopes, policies: &policies };
            let outcome = setting.ask(self.query, self.variables, asker);
            writeln!(out, "=== as {name}").unwrap();
            for exchange in &outcome.traffic {
                let subgraph = &setting.supergraph.subgraphs[exchange.subgraph].name;
                writeln!(out, "{subgraph}: {}", exchange.request).unwrap();
            }
            writeln!(out, "{}", outcome.data).unwrap();
            outcome.withheld.iter().for_each(|path| writeln!(out, "withheld {path}").unwrap());
            outcome.errors.iter().for_each(|message| writeln!(out, "error {message}").unwrap());
        }
        out
    }
}

/// Links the directives, unless the SDL does that itself.
pub fn linked(sdl: &str) -> String {
    if sdl.contains("@link") {
        return sdl.to_owned();
    }
    let link = "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.8\", import: [\"@key\", \
                \"@external\", \"@requires\", \"@provides\", \"@shareable\", \"@interfaceObject\", \"@context\", \
                \"@fromContext\", \"@authenticated\", \"@requiresScopes\", \"@policy\"])\n";
    format!("{link}{sdl}")
}
