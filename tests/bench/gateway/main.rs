//! `cargo bench --bench gateway -- [--peer PATH] [--workload NAME] [--json FILE]`: what Weft costs.
//!
//! Self-contained: a graph of four services that exists nowhere else, composed here by Weft's own
//! composer; the services as one process that answers real bytes at nearly no cost; and up to three
//! systems before them, each a process of its own:
//!
//! - **weft**: the binary, as cargo built it for benchmarks;
//! - **relay**: the same requests to the services at the same concurrency and a canned answer, on hyper: the
//!   physical limit;
//! - **peer**: a Hive Router (`--peer PATH`), with the same supergraph and no deduplication but where the
//!   workload is about it.
//!
//! For each workload: the systems start, their answers are compared (as JSON values; of errors only
//! whether there are any, for everyone words them differently), and all are warmed up. Then rounds,
//! interleaved A B A B, of
//!
//! 1. **closed load**: every connection asks again at once; gives CPU per request and requests per
//!    second. CPU is what the kernel has given to the process in nanoseconds (its CPU clock), which is
//!    the figure that survives a noisy machine. Memory's peak is read after these;
//! 2. **open load**: a steady rate, the same for all; gives latencies, counted from when a request was due.
//!
//! Two more modes run only when they are named: `--workload cold` and `--workload distinct`, see [`novelty`].
//!
//! # Where the time goes
//!
//! 26 November 2026, two processors with nobody else's build on them, release build, Hive Router 0.2.0 as the peer,
//! medians of three interleaved rounds at 50 connections, CPU us per request:
//!
//! | workload | weft | relay | peer | vs relay | vs peer | p99 ms weft / peer | peak MB weft / peer | allocations |
//! |---|---|---|---|---|---|---|---|---|
//! | large, 92 KB | 146 | 77 | 742 | 1.90 | 0.20 | 0.44 / 3.19 | 45 / 74 | 204 |
//! | middle, 10 KB | 39.1 | 33.3 | 94.5 | 1.17 | 0.41 | 0.91 / 3.22 | 30 / 52 | 91 |
//! | small, 0.3 KB | 17.5 | 14.9 | 33.2 | 1.17 | 0.53 | 2.04 / 3.70 | 27 / 42 | 34 |
//! | large, answers kept | 18.4 | | | | | | 29 | 25 |
//! | the same, in Redis too | 20.2 | | | | | 1.26 / | 30 | 25 |
//! | small, charged to a budget | 18.4 | | | | | 1.91 / | 28 | 40 |
//! | the same, in Redis | 29.6 | | | | | 4.57 / | 28 | 69 |
//!
//! The same day two hours before, by another build:
//!
//! | workload | weft | relay | peer | vs relay | vs peer | p99 ms weft / peer | peak MB weft / peer | allocations |
//! |---|---|---|---|---|---|---|---|---|
//! | deep, 221 KB | 586 | 99 | 4666 | 5.95 | 0.13 | | 85 / 152 | 202 |
//! | errors, 34 KB | 183 | 50 | 489 | 3.71 | 0.38 | | 36 / 58 | 2 865 |
//! | strings, 101 KB | 85 | 52 | 215 | 1.64 | 0.40 | | 37 / 75 | 87 |
//! | large, fetches shared | 96 | | 551 | | 0.17 | 1.19 / 6.29 | 37 / 62 | 257 |
//! | large, queries shared | 23.6 | | 38.8 | | 0.61 | 1.64 / 2.88 | 32 / 42 | 265 |
//!
//! That evening, by a build with subscriptions, retries and traces: large 136 us, 1.81 times the relay and 0.24 of the
//! peer; small 17.3 us, 1.18 and 0.54. With every request recorded for a collector of traces that is away: large 140 us
//! (243 allocations, p99 2.28 ms, 69 MB), small 18.6 us (52, 1.79 ms, 46 MB).
//!
//! Five runs of the large workload alone gave 138 to 157 us, 1.78 to 1.90 times the relay. Beside cold planning
//! (`--workload cold`) p99 of cached traffic was 1.41, 1.57, 1.86, 2.68 and 3.39 times that without, in five rounds:
//! load, services, gateway and planning share the two processors.
//!
//! What the stages cost without any network, counted for the large workload (callgrind, instructions per request;
//! the counts do not depend on the load of the machine):
//!
//! | stage | before | now |
//! |---|---|---|
//! | ingest, 91 KB in 2 160 fields of 880 objects | 959 000 | 610 000 |
//! | project, 92 KB | 293 000 | 293 000 |
//! | represent, 16 KB in 380 objects | 190 000 | 190 000 |
//!
//! That is some 48 us instead of 64 in the fastest of 300 runs. A profile of the large workload (`perf`, by the
//! clock) has half of the time in the kernel, as the relay's has. Of the rest 14 % of all is reading (`ingest/object.rs`),
//! 9 % writing the answer, 6 % representations; nothing else is above 2 %: runtime, timers, clocks, allocator, HTTP.
//!
//! **What stands before the bar of 1.4**, which leaves 30 us for all that a relay does not do. Two thirds of the 65 us
//! between the two are these three stages, and they wait for memory more than they count: an answer written with
//! fewer steps (one check of capacity per piece, keys in blocks of their own, commas in the keys) came to 138 us
//! against 138 us in two interleaved rounds. (The bar was set against a relay of 186 us on another machine, 0.27 of the
//! peer's time there; here the relay takes 0.12 of it.) From 10 over 50 to 1 000 connections the ratio to the relay
//! is 1.65, 1.85, 1.75.
//!
//! What made it so, each measured by itself or between two builds: connections driven by the fetch that uses
//! them and a runtime per thread (the small workload spends 1.5 times a relay that has neither), keys copied and compared in
//! blocks (`execute/copy.rs`: 50 us to 15 us for 4 000 leaves), an allocator that gives back (107 MB to 55 MB),
//! strings searched 16 bytes at a time and plain fields read without detours (the table above).
//!
//! Tried and left: one block size instead of two when short texts are copied (project 306 000 instead of 293 000);
//! names of representations padded beforehand, so that they are copied in blocks (represent 174 000 instead of
//! 190 000, too little for a second form of them); the answer in a buffer that always has room for a block, see above.
//!
//! Next to try: fewer bytes touched twice, by writing leaves that need no check straight to where the answer will be;
//! one timer per request instead of one per fetch, with the clock read once (some 3 us of the large workload); errors as ready
//! bytes instead of maps (2 860 allocations in the errors workload).

#![allow(clippy::unwrap_used, clippy::cast_precision_loss, clippy::cast_possible_truncation)]

mod allocations;
mod answer;
mod graph;
mod load;
mod novelty;
mod process;
mod relay;
mod service;
mod table;
mod wire;
mod workload;

use clap::Parser;
use graph::SERVICES;
use load::{Load, Pace};
use process::{Process, Setting};
use relay::Script;
use serde_json::Value;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};
use table::Row;
use weft::compose::compose;
use weft::diagnostic::Source;
use weft::subgraph::Subgraph;
use weft::supergraph;
use workload::{Mode, WORKLOADS, Workload};

/// The variable that makes this program one of the processes.
const ROLE: &str = "WEFT_BENCH_ROLE";

#[derive(Parser)]
struct Arguments {
    /// A Hive Router binary to compare with
    #[arg(long, value_name = "PATH")]
    peer: Option<PathBuf>,
    /// Another Weft binary than the one built beside this, to compare versions
    #[arg(long, value_name = "PATH")]
    weft: Option<PathBuf>,
    /// Only the workload of this name (may be given several times)
    #[arg(long, value_name = "NAME")]
    workload: Vec<String>,
    /// Where to write the rows as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Connections of the load (may be given several times)
    #[arg(long, default_values_t = [50])]
    connections: Vec<usize>,
    /// Rounds of each load
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Seconds of one round
    #[arg(long, default_value_t = 3.0)]
    seconds: f64,
    /// The offered rate, as a part of what the slowest system can do
    #[arg(long, default_value_t = 0.4)]
    offered: f64,
    /// Leave the latencies out
    #[arg(long)]
    no_latency: bool,
    /// What cargo passes to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
}

impl Arguments {
    /// The Weft that is measured.
    fn program(&self) -> &Path {
        self.weft.as_deref().unwrap_or(Path::new(env!("CARGO_BIN_EXE_weft")))
    }
}

fn main() -> ExitCode {
    match std::env::var(ROLE).as_deref() {
        Ok("services") => service::run(),
        Ok("relay") => relay::run(),
        Ok("weft") => return allocations::run_weft(),
        _ => benchmark(&Arguments::parse()),
    }
    ExitCode::SUCCESS
}

fn benchmark(arguments: &Arguments) {
    let folder = process::folder();
    let mut services = Process::role("services", &[], &folder);
    let ports: Vec<u16> = serde_json::from_str(&services.hear()).expect("the ports of the services");
    let addresses: Vec<SocketAddr> = ports.iter().map(|&port| ([127, 0, 0, 1], port).into()).collect();
    let supergraph = folder.join("supergraph.graphql");
    fs::write(&supergraph, compose_graph(&addresses)).expect("a supergraph to write");
    for name in &arguments.workload {
        novelty::run(name, arguments.program(), &folder, &supergraph);
    }
    let mut rows = Vec::new();
    let wanted = |workload: &&Workload| {
        let named = arguments.workload.iter().any(|name| name == workload.name);
        named || (arguments.workload.is_empty() && !workload.mode.needs_redis())
    };
    for workload in WORKLOADS.iter().filter(wanted) {
        for &connections in &arguments.connections {
            let bench = Bench { arguments, workload, connections, folder: &folder, supergraph: &supergraph };
            let new = bench.run(&mut services, &addresses);
            eprint!("{}", table::text(&new));
            rows.extend(new);
        }
    }
    println!("{}", table::text(&rows));
    if let Some(path) = &arguments.json {
        fs::write(path, serde_json::to_string_pretty(&rows).expect("rows are JSON")).expect("a file to write");
    }
}

fn compose_graph(addresses: &[SocketAddr]) -> String {
    let subgraphs: Vec<Subgraph> = SERVICES
        .iter()
        .zip(addresses)
        .map(|(&(name, sdl), address)| {
            let source = Source::new(format!("{name}.graphql"), sdl);
            Subgraph::parse(name, &format!("http://{address}/graphql"), source).expect("a valid subgraph")
        })
        .collect();
    supergraph::render(&compose(&subgraphs).expect("subgraphs that compose").supergraph)
}

/// One workload at one number of connections.
struct Bench<'a> {
    arguments: &'a Arguments,
    workload: &'a Workload,
    connections: usize,
    folder: &'a Path,
    supergraph: &'a Path,
}

/// A system under load.
struct System {
    name: &'static str,
    process: Process,
    load: Load,
    /// CPU microseconds per request, by round.
    cpu: Vec<f64>,
    throughput: Vec<f64>,
    /// The percentiles, by round.
    latency: Vec<[f64; 3]>,
    peak: f64,
}

impl Bench<'_> {
    fn run(&self, services: &mut Process, addresses: &[SocketAddr]) -> Vec<Row> {
        let request =
            wire::graphql_request("/graphql", &serde_json::json!({ "query": self.workload.query }).to_string());
        let setting = self.setting();
        let (weft, address) = process::weft(Some(self.arguments.program()), &setting);
        let answer = first_answer(address, &request);
        // What the relay repeats is asked for twice: the first time connections open.
        let waves = record(services, || drop(first_answer(address, &request)));
        let service_requests = waves.iter().map(Vec::len).sum();
        let mut systems = vec![self.system("weft", weft, address, &request, &answer)];
        let (relay, relay_address) = self.relay(&waves, addresses, &answer);
        systems.push(self.system("relay", relay, relay_address, &request, &answer));
        if let Some(path) = &self.arguments.peer {
            let (peer, address) = process::peer(path, &setting);
            let theirs = first_answer(address, &request);
            check_equal(&answer, &theirs);
            systems.push(self.system("peer", peer, address, &request, &theirs));
        }
        self.closed(&mut systems);
        let offered = self.open(&mut systems);
        let allocations = self.allocations(&request);
        rows(self, &systems, (offered, answer.len(), service_requests, allocations))
    }

    fn setting(&self) -> Setting<'_> {
        let threads = thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Setting { folder: self.folder, supergraph: self.supergraph, mode: self.workload.mode, threads }
    }

    fn system(&self, name: &'static str, process: Process, to: SocketAddr, request: &[u8], answer: &[u8]) -> System {
        let load = Load::connect(to, self.connections, request, answer.len());
        System { name, process, load, cpu: Vec::new(), throughput: Vec::new(), latency: Vec::new(), peak: 0.0 }
    }

    fn relay(&self, waves: &[Vec<(usize, String)>], addresses: &[SocketAddr], answer: &[u8]) -> (Process, SocketAddr) {
        let to = |wave: &Vec<(usize, String)>| {
            wave.iter().map(|(service, body)| (addresses[*service], body.clone())).collect()
        };
        let script = Script {
            waves: waves.iter().map(to).collect(),
            answer: String::from_utf8(answer.to_vec()).expect("an answer is UTF-8"),
            threads: self.setting().threads,
        };
        let mut process = Process::role("relay", &[], self.folder);
        process.feed(&serde_json::to_string(&script).expect("a script is JSON"));
        let port: u16 = process.hear().parse().expect("a port");
        (process, ([127, 0, 0, 1], port).into())
    }

    fn closed(&self, systems: &mut [System]) {
        let round = Duration::from_secs_f64(self.arguments.seconds);
        for system in systems.iter_mut() {
            system.load.run(Pace::Closed, round.min(Duration::from_secs(1)));
        }
        for _ in 0..self.arguments.rounds {
            for system in systems.iter_mut() {
                let before = system.process.cpu();
                let outcome = system.load.run(Pace::Closed, round);
                let spent = system.process.cpu() - before;
                system.cpu.push(spent.as_secs_f64() * 1e6 / outcome.requests as f64);
                system.throughput.push(outcome.per_second());
            }
        }
        for system in systems {
            system.peak = system.process.peak_memory();
        }
    }

    /// Gives the rate that was offered.
    fn open(&self, systems: &mut [System]) -> f64 {
        let slowest = systems.iter().map(|system| median(&system.throughput)).fold(f64::INFINITY, f64::min);
        let rate = slowest * self.arguments.offered;
        let round = Duration::from_secs_f64(self.arguments.seconds);
        let rounds = if self.arguments.no_latency { 0 } else { self.arguments.rounds };
        for _ in 0..rounds {
            for system in systems.iter_mut() {
                let outcome = system.load.run(Pace::Open(rate), round);
                system.latency.push([0.5, 0.99, 0.999].map(|part| outcome.percentile(part)));
            }
        }
        rate
    }

    /// Allocations of Weft for one request, one request at a time.
    fn allocations(&self, request: &[u8]) -> f64 {
        const REQUESTS: u32 = 200;
        let (mut process, address) = process::weft(None, &self.setting());
        let expected = first_answer(address, request).len();
        let mut load = Load::connect(address, 1, request, expected);
        load.run(Pace::Closed, Duration::from_millis(300));
        let mut count = || {
            process.say("count");
            process.hear().parse::<u64>().expect("a count")
        };
        let before = count();
        let requests = load.run(Pace::Open(f64::from(REQUESTS)), Duration::from_secs(1)).requests;
        (count() - before) as f64 / requests as f64
    }
}

/// The answer to a request, once the system is up.
fn first_answer(address: SocketAddr, request: &[u8]) -> Vec<u8> {
    let start = Instant::now();
    loop {
        match wire::ask(address, request) {
            Ok(answer) => return answer,
            Err(error) if start.elapsed() > Duration::from_secs(20) => panic!("a system does not answer: {error}"),
            Err(_) => thread::sleep(Duration::from_millis(50)),
        }
    }
}

/// What was asked of the services, by wave.
fn record(services: &mut Process, ask: impl FnOnce()) -> Vec<Vec<(usize, String)>> {
    services.say("record");
    services.hear();
    ask();
    services.say("stop");
    serde_json::from_str(&services.hear()).expect("waves")
}

fn check_equal(ours: &[u8], theirs: &[u8]) {
    let parse = |answer: &[u8]| serde_json::from_slice::<Value>(answer).expect("an answer is JSON");
    let (ours, theirs) = (parse(ours), parse(theirs));
    if ours["data"] != theirs["data"] {
        let folder = process::folder();
        for (name, answer) in [("answer-weft.json", &ours), ("answer-peer.json", &theirs)] {
            fs::write(folder.join(name), serde_json::to_string_pretty(answer).expect("JSON")).expect("a file");
        }
        panic!("the answers differ; they are in {}", folder.display());
    }
    assert_eq!(ours.get("errors").is_some(), theirs.get("errors").is_some(), "only one of the answers has errors");
}

fn rows(bench: &Bench<'_>, systems: &[System], measured: (f64, usize, usize, f64)) -> Vec<Row> {
    let (offered_per_second, answer_bytes, service_requests, allocations) = measured;
    let cpu = |name: &str| systems.iter().find(|system| system.name == name).map(|system| median(&system.cpu));
    let (relay, peer) = (cpu("relay"), cpu("peer"));
    let row = |system: &System| {
        let cpu = median(&system.cpu);
        let percentile =
            |index: usize| median(&system.latency.iter().map(|percentiles| percentiles[index]).collect::<Vec<_>>());
        Row {
            workload: bench.workload.name,
            system: system.name,
            connections: bench.connections,
            cpu_us_per_request: cpu,
            cpu_us_spread: spread(&system.cpu),
            requests_per_second: median(&system.throughput),
            offered_per_second,
            p50_ms: percentile(0),
            p99_ms: percentile(1),
            p999_ms: percentile(2),
            peak_mb: system.peak,
            answer_bytes,
            service_requests,
            allocations_per_request: (system.name == "weft").then_some(allocations),
            // What shares its work is not what the relay does.
            cpu_to_relay: relay.filter(|_| bench.workload.mode == Mode::Plain).map(|relay| cpu / relay),
            cpu_to_peer: peer.map(|peer| cpu / peer),
        }
    };
    systems.iter().map(row).collect()
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

fn spread(values: &[f64]) -> (f64, f64) {
    values.iter().fold((f64::INFINITY, 0.0), |(least, most), &value| (least.min(value), value.max(most)))
}
