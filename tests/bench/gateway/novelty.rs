//! New operations: what planning them does to cached traffic (`--workload cold`), and what a great many of
//! them leave behind (`--workload distinct`).
//!
//! **Cold**: the cached operation comes at a third of what Weft can do of it, first alone and then while
//! 500 operations a second that nobody asked before are planned beside it. They are as heavy to plan as
//! the large workload and cost nothing to execute: a variable switches all of it off.
//!
//! **Distinct**: 200 000 operations, each with texts, names and variables of its own. Memory and the number
//! of metric series must be the same at the end as when the caches were full for the first time.

use super::load::{Load, Pace};
use super::process::{self, Setting};
use super::wire;
use super::workload::{Mode, WORKLOADS};
use serde_json::json;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Connections that bring new operations.
const BRINGERS: u32 = 16;
const NEW_PER_SECOND: f64 = 500.0;
/// Operations after which every cache is full.
const FULL: u32 = 40_000;
const DISTINCT: u32 = 200_000;

/// Runs the mode of this name; none has it: `false`.
pub fn run(name: &str, program: &Path, folder: &Path, supergraph: &Path) -> bool {
    let setting = Setting { folder, supergraph, mode: Mode::Plain, threads: 0 };
    match name {
        "cold" => cold(program, &setting),
        "distinct" => distinct(program, &setting),
        _ => return false,
    }
    true
}

fn query(name: &str) -> &'static str {
    WORKLOADS.iter().find(|workload| workload.name == name).expect("a workload of this name").query
}

fn cold(program: &Path, setting: &Setting<'_>) {
    let (_weft, address) = process::weft(Some(program), setting);
    let request = wire::graphql_request("/graphql", &json!({ "query": query("middle") }).to_string());
    let expected = super::first_answer(address, &request).len();
    let mut load = Load::connect(address, 50, &request, expected);
    load.run(Pace::Closed, Duration::from_secs(1));
    let rate = load.run(Pace::Closed, Duration::from_secs(5)).per_second() / 3.0;
    println!("cached alone and beside {NEW_PER_SECOND} new operations a second, {rate:.0} requests/s offered");
    println!("round  alone p50  p99 ms   beside p50  p99 ms   p99 ratio   new answered");
    let mut number = 0;
    for round in 0..5 {
        let alone = load.run(Pace::Open(rate), Duration::from_secs(4));
        let (stop, answered, first) = (AtomicBool::new(false), AtomicU32::new(0), number);
        number += 1_000_000;
        let beside = thread::scope(|scope| {
            for bringer in 0..BRINGERS {
                let (stop, answered) = (&stop, &answered);
                scope.spawn(move || {
                    let pause = Duration::from_secs_f64(f64::from(BRINGERS) / NEW_PER_SECOND);
                    let numbers = (0..).map(|turn| first + bringer + turn * BRINGERS);
                    bring(address, numbers, heavy, Some(pause), stop, answered);
                });
            }
            let beside = load.run(Pace::Open(rate), Duration::from_secs(4));
            stop.store(true, Ordering::Relaxed);
            beside
        });
        let (p99, with) = (alone.percentile(0.99), beside.percentile(0.99));
        println!(
            "{round:>5}  {:>9.2}  {p99:>6.2}   {:>10.2}  {with:>6.2}   {:>9.2}   {:>12}",
            alone.percentile(0.5),
            beside.percentile(0.5),
            with / p99,
            answered.load(Ordering::Relaxed),
        );
    }
}

/// An operation as heavy to plan as the large workload, and new by its name.
fn heavy(number: u32) -> String {
    let (_, selections) = query("large").split_once('{').expect("an operation has braces");
    let query = format!("query Heavy{number}($on: Boolean!) {{ ... @include(if: $on) {{ {selections} }}");
    json!({ "query": query, "variables": { "on": false } }).to_string()
}

fn distinct(program: &Path, setting: &Setting<'_>) {
    let health = process::free_address();
    let (weft, address) = process::weft_with_health(Some(program), setting, &health.to_string());
    let request = wire::graphql_request("/graphql", r#"{"query":"{ viewer { id } }"}"#);
    super::first_answer(address, &request);
    let (mut done, start) = (0, Instant::now());
    println!("operations   memory MB   series");
    for until in [0, FULL / 4, FULL, DISTINCT / 2, DISTINCT] {
        thread::scope(|scope| {
            for bringer in 0..BRINGERS {
                scope.spawn(move || {
                    let numbers = (done + bringer..until).step_by(BRINGERS as usize);
                    bring(address, numbers, trifle, None, &AtomicBool::new(false), &AtomicU32::new(0));
                });
            }
        });
        done = until;
        // What is swept in the background gets a moment for it.
        thread::sleep(Duration::from_secs(2));
        println!("{done:>10}   {:>9.1}   {:>6}", weft.memory(), series(health));
    }
    println!("{:.0} s", start.elapsed().as_secs_f64());
}

/// A small operation with a name, an alias, a variable and a value that no other one has.
fn trifle(number: u32) -> String {
    let query =
        format!("query Trifle{number}($sku{number}: ID!) {{ a{number}: article(sku: $sku{number}) {{ sku }} }}");
    let variables = json!({ format!("sku{number}"): format!("a-{number}") });
    json!({ "query": query, "operationName": format!("Trifle{number}"), "variables": variables }).to_string()
}

/// Sends operations one after the other, each at its time, and counts the answers with data.
fn bring(
    address: SocketAddr,
    numbers: impl Iterator<Item = u32>,
    body: fn(u32) -> String,
    pause: Option<Duration>,
    stop: &AtomicBool,
    answered: &AtomicU32,
) {
    let mut stream = TcpStream::connect(address).expect("a system that accepts connections");
    let mut received = Vec::new();
    let mut piece = vec![0; 16 * 1024];
    let mut due = Instant::now();
    for number in numbers {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        stream.write_all(&wire::graphql_request("/graphql", &body(number))).expect("a connection that stays");
        received.clear();
        loop {
            if let Some((head, length)) = wire::frame(&received)
                && received.len() >= head + length
            {
                break;
            }
            let count = stream.read(&mut piece).expect("a connection that stays");
            assert!(count > 0, "the system closed a connection");
            received.extend_from_slice(&piece[..count]);
        }
        if received.starts_with(b"HTTP/1.1 200") {
            answered.fetch_add(1, Ordering::Relaxed);
        }
        if let Some(pause) = pause {
            due += pause;
            thread::sleep(due.saturating_duration_since(Instant::now()));
        }
    }
}

/// Lines of `/metrics` that are values.
fn series(health: SocketAddr) -> usize {
    let text = wire::ask(health, b"GET /metrics HTTP/1.1\r\nhost: bench\r\n\r\n").expect("metrics");
    String::from_utf8_lossy(&text).lines().filter(|line| !line.starts_with('#')).count()
}
