//! The registry from the command line, as a team meets it.

use super::world::{Site, products, quarrel, reviews};
use crate::process::{Folder, Weft, told};
use crate::reload::supergraph;
use serde_json::Value;
use std::collections::BTreeSet;
use std::process::Output;

/// A folder with a registry that runs in it, as the README has it.
struct Team {
    folder: Folder,
    url: String,
    _registry: Weft,
    admin: String,
}

impl Team {
    fn start() -> Self {
        let folder = Folder::new();
        let mut registry = folder.start(&["registry", "--listen", "127.0.0.1:0"]);
        registry.wait_for("This token is one");
        let admin = registry.wait_for("weft_").trim().to_owned();
        let line: Value = serde_json::from_str(&registry.wait_for("the registry is open")).unwrap();
        let url = line["registry"].as_str().unwrap().to_owned();
        Self { folder, url, _registry: registry, admin }
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.run_as(&self.admin, arguments)
    }

    fn run_as(&self, token: &str, arguments: &[&str]) -> Output {
        let variables = [("WEFT_TOKEN", token), ("WEFT_REGISTRY", self.url.as_str())];
        self.folder.run_with(arguments, &variables)
    }

    /// What a command that works prints.
    fn ok(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", told(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    /// What a command prints that is refused.
    fn refused(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {}", told(&output));
        told(&output)
    }

    fn publish(&self, name: &str, sdl: &str) -> Output {
        self.folder.write(&format!("{name}.graphql"), sdl);
        let (file, url) = (format!("{name}.graphql"), format!("http://{name}.internal/graphql"));
        self.run(&["subgraph", "publish", "shop@prod", "--name", name, "--schema", &file, "--routing-url", &url])
    }
}

#[test]
fn a_team_publishes_checks_and_rolls_back() {
    let team = Team::start();
    let first = told(&team.publish("products", &products("name: String price: Int")));
    assert!(first.contains("shop@prod is version 1 now: publish products, 1 subgraph"), "{first}");
    assert!(
        told(&team.publish("products", &products("name: String price: Int")))
            .contains("unchanged: shop@prod is still version 1")
    );
    assert_eq!(team.publish("reviews", &reviews()).status.code(), Some(0));
    let list = team.ok(&["subgraph", "list", "shop@prod"]);
    assert!(
        list.starts_with("SUBGRAPH  SCHEMA        URL\nproducts  ") && list.contains("http://reviews.internal/graphql"),
        "{list}"
    );
    assert_eq!(team.ok(&["subgraph", "fetch", "shop@prod", "--name", "reviews"]), reviews());

    team.folder.write("products.graphql", &products("name: String"));
    let check = ["subgraph", "check", "shop@prod", "--name", "products", "--schema", "products.graphql"];
    let breaking = team.refused(&check);
    assert!(breaking.contains("failed: shop@prod against version 2: 1 breaking"), "{breaking}");
    assert!(breaking.contains("FIELD_REMOVED") && breaking.contains("Product.price"), "{breaking}");
    let json = team.run(&[&check[..], &["--format", "json"]].concat());
    let json: Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!((json["verdict"].as_str(), json["version"].as_i64()), (Some("failed"), Some(2)));
    let markdown = team.refused(&[&check[..], &["--format", "markdown"]].concat());
    assert!(markdown.contains("### ❌ Schema check failed") && markdown.contains("| `FIELD_REMOVED` |"), "{markdown}");

    assert_eq!(team.publish("products", &products("name: String")).status.code(), Some(0));
    let diff = team.ok(&["graph", "diff", "shop@prod"]);
    assert!(diff.contains("version 3 against 2") && diff.contains("breaking   FIELD_REMOVED"), "{diff}");
    assert!(team.ok(&["graph", "rollback", "shop@prod", "--message", "oops"]).contains("version 4 now: rollback to 2"));
    let history = team.ok(&["graph", "history", "shop@prod"]);
    let lines: Vec<&str> = history.lines().collect();
    assert!(
        lines[0].starts_with("VERSION  WHEN") && lines[1].starts_with("4 ") && lines[1].ends_with("oops"),
        "{history}"
    );
    assert!(lines[1].contains("rollback to 2") && lines[1].contains("admin"), "{history}");
    assert!(team.ok(&["graph", "fetch", "shop@prod"]).contains("join__Graph"));
    let api = team.ok(&["graph", "fetch", "shop@prod", "--api", "--version", "3"]);
    assert!(api.contains("name: String") && !api.contains("price") && !api.contains("join__"), "{api}");
    assert!(team.ok(&["graph", "list"]).contains("shop@prod  4"));
    assert!(team.ok(&["graph", "gateways", "shop@prod"]).starts_with("GATEWAY"));
    let contract = team.ok(&["graph", "contract", "shop@public", "--from", "shop@prod", "--exclude", "internal"]);
    assert!(contract.contains("shop@public is version 1 now: part of shop@prod version 4"), "{contract}");
    assert_eq!(
        team.ok(&["graph", "contract", "shop@public"]),
        "shop@public is the part of shop@prod\n  without internal\n"
    );
    assert!(team.ok(&["subgraph", "delete", "shop@prod", "--name", "reviews"]).contains("delete reviews, 1 subgraph"));
    assert!(team.refused(&["graph", "delete", "shop@prod"]).contains("--confirm"));
    assert_eq!(team.ok(&["graph", "delete", "shop@prod", "--confirm"]), "deleted shop@prod\n");
}

/// Taking a field from a contract is no change of its source, and is told all the same.
#[test]
fn what_a_contract_would_lose_is_shown() {
    let team = Team::start();
    let schema = |tags: &str| {
        "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.5\", import: [\"@tag\"])
         type Query { a: Int b: Int TAGS }"
            .replace("TAGS", tags)
    };
    assert_eq!(team.publish("products", &schema("")).status.code(), Some(0));
    team.ok(&["graph", "contract", "shop@public", "--from", "shop@prod", "--exclude", "internal"]);
    team.folder.write("products.graphql", &schema("@tag(name: \"internal\")"));
    let check = ["subgraph", "check", "shop@prod", "--name", "products", "--schema", "products.graphql"];
    let text = team.refused(&check);
    let summary =
        "failed: shop@prod against version 1 composes, and clients see no difference; 1 contract of it would break";
    assert!(text.contains(summary), "{text}");
    assert!(text.contains("breaking in the contract shop@public (1)\n  FIELD_REMOVED"), "{text}");
    let markdown = team.refused(&[&check[..], &["--format", "markdown"]].concat());
    assert!(markdown.contains("#### Breaking changes in the contract shop&#64;public\n\n| rule |"), "{markdown}");
    assert!(team.ok(&["graph", "history", "shop@prod", "--checks"]).contains("1 contract broken"));
}

#[test]
fn what_does_not_compose_is_shown_with_the_line_of_the_local_file() {
    let team = Team::start();
    team.publish("products", &products("name: String"));
    let refused = team.publish("quarrel", &quarrel());
    let text = told(&refused);
    assert_eq!(refused.status.code(), Some(1), "{text}");
    assert!(text.contains("error[FIELD_TYPE_MISMATCH]") && text.contains("--> quarrel.graphql:3:"), "{text}");
    assert!(text.contains("--> products:3:") && text.contains("^^^^"), "the line of the other subgraph: {text}");
    assert!(text.contains("kept as attempt 1"), "{text}");
    let check = ["subgraph", "check", "shop@prod", "--name", "quarrel", "--schema", "quarrel.graphql"];
    let checked = team.refused(&check);
    assert!(checked.contains("does not compose: ") && checked.contains("--> quarrel.graphql:3:"), "{checked}");
    let checks = team.ok(&["graph", "history", "shop@prod", "--checks"]);
    assert!(
        checks.starts_with("CHECK  WHEN ") && checks.contains("  failed   1        2 errors  publish quarrel"),
        "{checks}"
    );
    let attempts = team.ok(&["graph", "history", "shop@prod", "--attempts"]);
    assert!(attempts.starts_with("attempt 1, ") && attempts.contains("FIELD_TYPE_MISMATCH"), "{attempts}");
}

#[test]
fn a_graph_begins_with_all_its_subgraphs_at_once() {
    let team = Team::start();
    team.folder.write("p.graphql", &products("name: String"));
    team.folder.write("r.graphql", &reviews());
    team.folder.write(
        "supergraph.yaml",
        "subgraphs:\n  products: { routing_url: http://p/, schema: { file: p.graphql } }\n  reviews: { routing_url: http://r/, schema: { file: r.graphql } }\n",
    );
    let published = team.ok(&["graph", "publish", "shop", "--message", "first"]);
    assert!(published.contains("shop@current is version 1 now: publish products, reviews, 2 subgraphs"), "{published}");
}

#[test]
fn tokens_are_made_listed_and_revoked() {
    let team = Team::start();
    let token = |arguments: &[&str]| team.ok(&[&["registry", "token"], arguments].concat());
    let create = ["create", "--owner", "team-a", "--role", "publisher", "--graph", "shop", "--subgraph", "products"];
    let made = token(&create).trim().to_owned();
    assert!(made.starts_with("weft_"));
    team.folder.write("p.graphql", &products("name: String"));
    let publish = |name| {
        let arguments =
            ["subgraph", "publish", "shop", "--name", name, "--schema", "p.graphql", "--routing-url", "http://p/"];
        team.run_as(&made, &arguments)
    };
    assert_eq!(publish("products").status.code(), Some(0));
    let refused = told(&publish("reviews"));
    assert!(
        refused.contains("[FORBIDDEN]") && refused.contains("publisher of shop for the subgraphs products"),
        "{refused}"
    );
    let list = token(&["list"]);
    assert!(
        list.contains("team-a") && list.contains("publisher") && !list.contains(made.rsplit('_').next().unwrap()),
        "{list}"
    );
    let id = made.split('_').nth(1).unwrap();
    assert_eq!(token(&["revoke", id]), format!("revoked {id}\n"));
    assert!(told(&publish("products")).contains("[UNAUTHENTICATED]"));
    assert!(team.refused(&["registry", "token", "revoke", id]).contains("is revoked already"));
    assert!(
        team.refused(&[
            "registry",
            "token",
            "create",
            "--owner",
            "x",
            "--role",
            "reader",
            "--graph",
            "shop",
            "--subgraph",
            "a"
        ])
        .contains("not limited")
    );
}

#[test]
fn a_gateway_brings_its_registry_along() {
    let folder = Folder::new().with("weft.yaml", "registry: { listen: 127.0.0.1:0 }\n");
    folder.write("supergraph.graphql", &supergraph(&["a"]));
    let ports = ["--listen", "127.0.0.1:0", "--health-listen", "127.0.0.1:0"];
    let schema = ["serve", "--config", "weft.yaml", "--supergraph", "supergraph.graphql"];
    let mut weft = folder.start(&[&schema[..], &ports].concat());
    let line: Value = serde_json::from_str(&weft.wait_for("the registry is open")).unwrap();
    weft.wait_for("\"serving\"");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let health = runtime.block_on(reqwest::get(format!("{}/health", line["registry"].as_str().unwrap())));
    assert_eq!(health.unwrap().status(), 200);
    assert!(folder.path().join("weft-registry.db").exists());
    weft.signal("TERM");
    assert_eq!(weft.wait(), Some(0), "both end");
}

/// The first block of the section, run by a shell as it stands but for the port, which others may have.
#[test]
fn the_readme_registers_a_schema_as_it_says() {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let section = readme.split("## Register your schema").nth(1).unwrap();
    let script = section.split("```sh\n").nth(1).unwrap().split("```").next().unwrap();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let script = script.replace("weft registry &", &format!("weft registry --listen 127.0.0.1:{port} &"));
    let script = script.replace("sleep 1", "until curl -sf $WEFT_REGISTRY/health > started; do sleep 0.1; done");
    let folder = Folder::new();
    let weft = std::path::Path::new(env!("CARGO_BIN_EXE_weft")).parent().unwrap();
    let path = format!("{}:{}", weft.display(), std::env::var("PATH").unwrap());
    let output = std::process::Command::new("bash")
        .args(["-c", &format!("{script}\nkill %1\nwait %1\n")])
        .current_dir(folder.path())
        .env("PATH", path)
        .env("WEFT_REGISTRY", format!("http://127.0.0.1:{port}"))
        .output()
        .unwrap();
    let text = told(&output);
    for line in [
        "shop@prod is version 1 now: publish products, reviews, 2 subgraphs",
        "failed: shop@prod against version 1: 1 breaking",
        "Product.price",
        "shop@prod is version 2 now: publish products, 2 subgraphs",
        "shop@prod, version 2 against 1",
        "breaking   FIELD_TYPE_CHANGED",
        "shop@prod is version 3 now: rollback to 1, 2 subgraphs",
        "the beginning",
    ] {
        assert!(text.contains(line), "no {line:?} in {text}");
    }
}

#[test]
fn every_code_of_a_refusal_is_explained() {
    let explained = Folder::new().run(&["explain", "--format", "json"]);
    let explained: Vec<Value> = serde_json::from_slice(&explained.stdout).unwrap();
    let explained: BTreeSet<&str> = explained.iter().map(|it| it["code"].as_str().unwrap()).collect();
    let mut pending = vec![std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src/registry"))];
    let mut codes = BTreeSet::new();
    while let Some(path) = pending.pop() {
        if path.is_dir() {
            pending.extend(std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        let text = std::fs::read_to_string(path).unwrap();
        let is_code = |word: &&str| {
            let letters = word.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
            letters && (word.contains('_') || ["FORBIDDEN", "UNAUTHENTICATED"].contains(word))
        };
        codes.extend(text.split('"').filter(is_code).map(ToOwned::to_owned));
    }
    assert!(codes.len() > 15, "{codes:?}");
    let silent: Vec<&String> = codes.iter().filter(|code| !explained.contains(code.as_str())).collect();
    assert!(silent.is_empty(), "{silent:?}");
}

#[test]
fn trouble_is_said_with_what_to_do() {
    let folder = Folder::new();
    let without = told(&folder.run(&["graph", "list"]));
    assert!(without.contains("the registry wants a token") && without.contains("WEFT_TOKEN"), "{without}");
    let nobody = [("WEFT_TOKEN", "x"), ("WEFT_REGISTRY", "http://127.0.0.1:9")];
    let output = told(&folder.run_with(&["graph", "list"], &nobody));
    assert!(output.contains("no answer from the registry at http://127.0.0.1:9/"), "{output}");
    assert!(output.contains("weft registry"), "{output}");
    assert_eq!(folder.run_with(&["graph", "history", "a@b@c"], &nobody).status.code(), Some(2));
    let taken = Folder::new();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let site = runtime.block_on(Site::open());
    let listen = site.url.trim_start_matches("http://");
    assert!(told(&taken.run(&["registry", "--listen", listen])).contains("choose another with --listen"));
}
