//! The rules of `src/lib.rs` as tests: module arrows run one way, every file opens with `//!`.

use std::fs;
use std::path::{Path, PathBuf};

/// What each room may use beside itself. `*` is everything. The table changes with the design, on
/// purpose and with a reason.
const ARROWS: &[(&str, &[&str])] = &[
    ("diagnostic", &[]),
    ("config", &["diagnostic"]),
    ("telemetry", &["config"]),
    ("subgraph", &["diagnostic"]),
    ("supergraph", &["diagnostic"]),
    ("change", &["diagnostic", "supergraph"]),
    ("contract", &["diagnostic", "supergraph"]),
    ("graph", &["supergraph"]),
    ("compose", &["diagnostic", "subgraph", "supergraph", "graph"]),
    ("operation", &["diagnostic", "supergraph"]),
    ("plan", &["supergraph", "graph", "operation"]),
    ("introspect", &["supergraph", "operation"]),
    ("store", &["config", "telemetry"]),
    ("access", &["supergraph", "operation", "store", "config", "telemetry"]),
    ("demand", &["supergraph", "operation", "access", "store", "config", "telemetry"]),
    ("upstream", &["config", "telemetry"]),
    ("cache", &["store", "config", "telemetry"]),
    // Of `plan` only the model and the shapes; of `operation` only the variables.
    ("execute", &["operation", "plan", "upstream", "cache", "telemetry"]),
    // `diagnostic` for the lists of documents, which are files of whoever runs the gateway.
    (
        "prepare",
        &[
            "diagnostic",
            "supergraph",
            "operation",
            "introspect",
            "access",
            "demand",
            "plan",
            "graph",
            "telemetry",
            "config",
        ],
    ),
    ("source", &["diagnostic", "subgraph", "compose", "supergraph", "store", "config", "telemetry"]),
    ("usage", &["source", "operation", "config", "telemetry"]),
    (
        "snapshot",
        &[
            "source",
            "supergraph",
            "graph",
            "prepare",
            "access",
            "demand",
            "store",
            "upstream",
            "config",
            "telemetry",
            "diagnostic",
            "usage",
        ],
    ),
    (
        "server",
        &[
            "diagnostic",
            "config",
            "telemetry",
            "store",
            "supergraph",
            "operation",
            "plan",
            "introspect",
            "access",
            "demand",
            "upstream",
            "execute",
            "cache",
            "prepare",
            "source",
            "snapshot",
            "usage",
        ],
    ),
    // Of `source` only how subgraphs given as text are composed.
    ("registry", &["diagnostic", "subgraph", "supergraph", "change", "contract", "source", "store", "config"]),
    ("migrate", &["diagnostic", "config"]),
    ("mock", &["diagnostic", "subgraph"]),
    ("demo", &["*"]),
    ("cli", &["*"]),
    ("main.rs", &["*"]),
    ("lib.rs", &["*"]),
];

#[test]
fn modules_use_only_what_the_design_allows() {
    let mut violations = Vec::new();
    for (path, text) in sources() {
        let room = room(&path);
        let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == room) else {
            violations.push(format!("{}: room `{room}` is not in the table", path.display()));
            continue;
        };
        for (number, line) in text.lines().enumerate() {
            if line.trim_start().starts_with("//") {
                continue;
            }
            for used in rooms_used(line) {
                if used != room && !allowed.contains(&"*") && !allowed.contains(&used) {
                    violations.push(format!("{}:{}: `{room}` may not use `{used}`", path.display(), number + 1));
                }
            }
        }
    }
    assert!(violations.is_empty(), "{}", violations.join("\n"));
}

/// Rooms that are synchronous, do no I/O and know no telemetry.
const PURE: &[&str] = &[
    "diagnostic",
    "subgraph",
    "supergraph",
    "graph",
    "compose",
    "change",
    "contract",
    "operation",
    "plan",
    "introspect",
];

#[test]
fn pure_rooms_do_no_io() {
    let impure = ["tokio", "tracing::", "std::fs", "std::net", "std::env", "std::time", "std::thread", "async fn"];
    let mut violations = Vec::new();
    for (path, text) in sources().into_iter().filter(|(path, _)| PURE.contains(&room(path).as_str())) {
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//")) {
            for word in impure.iter().filter(|word| line.contains(**word)) {
                violations.push(format!("{}:{}: `{word}` in a pure room", path.display(), number + 1));
            }
        }
    }
    assert!(violations.is_empty(), "{}", violations.join("\n"));
}

#[test]
fn the_executor_sees_only_the_model_of_a_plan() {
    let seen = ["Plan", "model", "sets", "{Plan", "{model"];
    let mut violations = Vec::new();
    for (path, text) in sources().into_iter().filter(|(path, _)| room(path) == "execute") {
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//")) {
            for (_, rest) in line.match_indices("crate::plan::").map(|(at, found)| (at, &line[at + found.len()..])) {
                if !seen.iter().any(|allowed| rest.starts_with(allowed)) {
                    violations.push(format!("{}:{}: {line}", path.display(), number + 1));
                }
            }
        }
    }
    assert!(violations.is_empty(), "{}", violations.join("\n"));
}

#[test]
fn every_file_opens_with_a_module_doc() {
    let bare: Vec<String> = sources()
        .into_iter()
        .filter(|(_, text)| !text.starts_with("//!"))
        .map(|(path, _)| path.display().to_string())
        .collect();
    assert!(bare.is_empty(), "these files do not open with `//!`:\n{}", bare.join("\n"));
}

#[test]
fn every_room_stands_in_the_map() {
    let map = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    for entry in fs::read_dir(root().join("src")).unwrap() {
        let entry = entry.unwrap();
        if entry.path().is_dir() {
            let room = entry.file_name().into_string().unwrap();
            assert!(map.contains(&format!("pub mod {room};")), "src/{room} is no module of lib.rs");
            assert!(map.contains(&format!("[`{room}`]")), "src/{room} is not described in lib.rs");
        }
    }
}

/// The rooms that a line names as `crate::room`, also inside `crate::{a, b::c}` on one line.
fn rooms_used(line: &str) -> Vec<&str> {
    let mut used = Vec::new();
    for (at, prefix) in line.match_indices("crate::") {
        let rest = &line[at + prefix.len()..];
        let names: Vec<&str> = match rest.strip_prefix('{') {
            Some(group) => group.split(['{', '}', ',']).collect(),
            None => vec![rest],
        };
        used.extend(names.into_iter().map(|name| {
            let name = name.trim_start();
            &name[..name.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(name.len())]
        }));
    }
    used.retain(|name| ARROWS.iter().any(|(room, _)| room == name));
    used
}

fn room(path: &Path) -> String {
    let inside = path.strip_prefix(root().join("src")).unwrap();
    inside.components().next().unwrap().as_os_str().to_str().unwrap().to_owned()
}

fn sources() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut pending = vec![root().join("src")];
    while let Some(folder) = pending.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                pending.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    assert!(found.len() > 20, "the sources were not found");
    found.sort();
    found
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn the_room_finder_sees_grouped_paths() {
    assert_eq!(rooms_used("use crate::{plan::Plan, server::{a, b}};"), ["plan", "server"]);
    assert_eq!(rooms_used("let x = crate::execute::run(crate::plan::p());"), ["execute", "plan"]);
}
