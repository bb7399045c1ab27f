//! Scale: time and memory of each stage against the size of the graph and of the operation.
//!
//! `cargo bench --bench scale` generates graphs of 1 to 200 subgraphs with 50 entity types each, composes
//! them, loads what came out, starts the gateway on it, and plans operations. `--json FILE` keeps the
//! figures. Each measurement is a process of its own, whose peak of memory is counted by the kernel.
//!
//! Measured in release on two virtual processors that sixteen compilers were loading too, so `wall` (until
//! `weft serve` answers) is some five times what a quiet machine takes; processor time counts for this thread
//! or process only (MB = 2^20 bytes):
//!
//! ```text
//! subgraphs  types  SDL MB  compose  peak  parse  api  graph  rest  load  ready  wall  resident  peak
//!         5    276     0.4       37    16      4    0      4     0     8     10    78        22    22
//!        20   1086     1.4      158    44     17    8      4     0    29     30   204        39    39
//!        50   2706     3.6      417    95     61   24     16     4   108    120   770        70    70
//!       100   5406     7.1      904   187    110   48     21     4   187    220  1385       119   119
//!       200  10806    14.3     1839   367    217  113     49     8   394    480  2524       206   223
//!
//! operation      subgraphs  fields  requests  depth  parse  validate  normalize  plan  total  of small  proof
//! op 8 fields           20       8         4      2      5         5          2    16     28      1.00  optimal
//! op 8 fields           50       8         4      2      6         5          2    16     29      1.04  optimal
//! op 8 fields          100       8         4      2      5         5          2    17     29      1.05  optimal
//! op 8 fields          200       8         4      2      5         5          2    17     30      1.06  optimal
//! op 160 fields         20     160        59      3     89       103         32   438    913      1.00  optimal
//! op 160 fields         50     160        59      3     89       101         33   518    977      1.07  optimal
//! op 160 fields        100     160        59      3    117       144         33   519   1104      1.21  optimal
//! op 160 fields        200     160        59      3    113       141         32   472   1030      1.13  optimal
//! op fragments          20       7         2      2     10         8          2    13     35      1.00  optimal
//! op fragments         200       7         2      2     10         9          2    15     37      1.04  optimal
//! op hard               12     106         6      3                              60018                at least 5 requests, depth 3
//! ```
//!
//! So composing, loading and memory grow with the graph, and planning a new operation with the operation. What is
//! built to be hard stops at the budget, after 60 ms on a processor, with a plan and a bound.
//!
//! On graphs of another generator, of 20 and 200 subgraphs with 50 types each (0.9 and 10 MB of supergraph): compose
//! 0.10 and 1.2 s on a processor with a peak of 45 and 304 MB; `weft serve` reads the supergraph and is ready after 20
//! and 370 ms on a processor, with 36 and 181 MB resident.

mod graph;
mod knot;
mod measure;
mod operations;
mod serve;
mod stages;
mod table;

use graph::Size;
use mimalloc::MiMalloc;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// How many subgraphs the graphs have.
const SUBGRAPHS: [usize; 6] = [1, 5, 20, 50, 100, 200];
/// How many entity types each of them owns.
const TYPES: usize = 50;

/// As in `weft` itself.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["stage", "compose", subgraphs, file] => println!("{}", stages::compose(size(subgraphs), Path::new(file))),
        ["stage", "load", subgraphs, file] => println!("{}", stages::load(size(subgraphs), Path::new(file))),
        ["stage", "hard"] => println!("{}", stages::hard()),
        [] => report(&run()),
        ["--json", file] => {
            let results = run();
            report(&results);
            std::fs::write(file, format!("{results:#}\n")).expect("the figures can be written");
        }
        _ => {
            eprintln!("usage: cargo bench --bench scale [-- --json FILE]");
            std::process::exit(2);
        }
    }
}

fn size(subgraphs: &str) -> Size {
    Size { subgraphs: subgraphs.parse().expect("a number of subgraphs"), types: TYPES }
}

/// Measures everything.
fn run() -> Value {
    let folder = std::env::temp_dir().join(format!("weft-scale-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("the temporary folder can be written to");
    let graphs: Vec<Value> = SUBGRAPHS.iter().map(|&subgraphs| graph_row(subgraphs, &folder)).collect();
    let _ = std::fs::remove_dir_all(&folder);
    json!({ "types_per_subgraph": TYPES, "graphs": graphs, "hard": stage(&["hard"]) })
}

fn graph_row(subgraphs: usize, folder: &Path) -> Value {
    eprintln!("{subgraphs} subgraphs ...");
    let file: PathBuf = folder.join(format!("{subgraphs}.graphql"));
    let path = file.to_str().expect("the temporary folder has a name of text");
    let compose = stage(&["compose", &subgraphs.to_string(), path]);
    let load = stage(&["load", &subgraphs.to_string(), path]);
    let serve = serve::serve(&file);
    json!({ "subgraphs": subgraphs, "compose": compose, "load": load, "serve": serve })
}

/// Runs a stage in a process of its own.
fn stage(request: &[&str]) -> Value {
    let program = std::env::current_exe().expect("a program knows where it is");
    let output = Command::new(program).arg("stage").args(request).stderr(Stdio::inherit()).output();
    let output = output.expect("a program can start itself");
    assert!(output.status.success(), "stage {request:?} failed");
    serde_json::from_slice(&output.stdout).expect("a stage prints JSON")
}

/// Prints the tables.
fn report(results: &Value) {
    let graphs = results["graphs"].as_array().expect("the graphs were measured");
    println!("graphs: processor ms, MB; `ready` is `weft serve` until it serves, all threads\n");
    println!("{}", table::render(&graph_table(graphs)));
    println!("operations never seen before: median us; `of small` is the total against that of the smallest graph\n");
    println!("{}", table::render(&operation_table(graphs, &results["hard"])));
}

fn graph_table(graphs: &[Value]) -> Vec<Vec<String>> {
    let head = "subgraphs,types,SDL MB,compose,peak,parse,api,graph,rest,load,ready,wall,resident,peak";
    let mut rows = vec![head.split(',').map(str::to_owned).collect::<Vec<String>>()];
    for graph in graphs {
        let (compose, load, serve) = (&graph["compose"], &graph["load"], &graph["serve"]);
        let parts = ["read_ms", "parse_ms", "api_ms", "graph_ms", "rest_ms"];
        let total: f64 = parts.iter().filter_map(|part| load[part].as_f64()).sum();
        rows.push(vec![
            graph["subgraphs"].to_string(),
            compose["types"].to_string(),
            number(&compose["sdl_mb"], 1),
            number(&compose["compose_ms"], 0),
            number(&compose["peak_mb"], 0),
            number(&load["parse_ms"], 0),
            number(&load["api_ms"], 0),
            number(&load["graph_ms"], 0),
            number(&load["rest_ms"], 0),
            format!("{total:.0}"),
            number(&serve["ready_cpu_ms"], 0),
            number(&serve["ready_wall_ms"], 0),
            number(&serve["resident_mb"], 0),
            number(&serve["peak_mb"], 0),
        ]);
    }
    rows
}

fn operation_table(graphs: &[Value], hard: &Value) -> Vec<Vec<String>> {
    let head = "operation,subgraphs,fields,requests,depth,parse,validate,normalize,plan,total,of small,proof";
    let mut rows = vec![head.split(',').map(str::to_owned).collect::<Vec<String>>()];
    let names = ["8 fields", "160 fields", "fragments"];
    for (at, name) in names.iter().enumerate() {
        let measured = graphs.iter().filter(|graph| graph["load"]["operations"][at].is_object());
        let mut smallest = None;
        for graph in measured {
            let row = &graph["load"]["operations"][at];
            let total = row["total_us"].as_f64().unwrap_or(f64::NAN);
            let ratio = total / *smallest.get_or_insert(total);
            let mut cells = operation_cells(name, &graph["subgraphs"].to_string(), row);
            cells.extend([number(&row["total_us"], 0), format!("{ratio:.2}"), text(&row["proof"])]);
            rows.push(cells);
        }
    }
    let mut cells = operation_cells("hard", "12", hard);
    cells.extend([String::new(), String::new(), text(&hard["proof"])]);
    rows.push(cells);
    rows
}

fn operation_cells(name: &str, subgraphs: &str, row: &Value) -> Vec<String> {
    let mut cells = vec![format!("op {name}"), subgraphs.to_owned()];
    cells.extend(["fields", "requests", "depth"].map(|key| row[key].to_string()));
    cells.extend(["parse_us", "validate_us", "normalize_us", "plan_us"].map(|key| number(&row[key], 0)));
    cells
}

fn number(value: &Value, digits: usize) -> String {
    value.as_f64().map(|value| format!("{value:.digits$}")).unwrap_or_default()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
