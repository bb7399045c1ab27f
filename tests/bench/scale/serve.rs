//! The gateway itself: a supergraph in; out how long it takes until it serves, and how much memory then.

use super::measure::memory;
use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

/// Ticks of `/proc/PID/stat` per second, on every Linux that Weft runs on.
const TICKS: f64 = 100.0;

/// Starts `weft serve` on a supergraph, waits until it says that it serves, and ends it.
pub fn serve(supergraph: &Path) -> Value {
    let start = Instant::now();
    let child = Command::new(env!("CARGO_BIN_EXE_weft"))
        .args(["serve", "--listen", "127.0.0.1:0", "--health-listen", "off", "--supergraph"])
        .arg(supergraph)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the gateway starts");
    let mut gateway = Gateway(child);
    gateway.wait_until_it_serves();
    let wall = start.elapsed().as_secs_f64() * 1e3;
    let process = gateway.0.id().to_string();
    json!({
        "ready_wall_ms": wall, "ready_cpu_ms": processor(&process),
        "resident_mb": memory(&process, "VmRSS"), "peak_mb": memory(&process, "VmHWM"),
    })
}

/// Ended when it is dropped.
struct Gateway(Child);

impl Gateway {
    fn wait_until_it_serves(&mut self) {
        let log = self.0.stderr.take().map(BufReader::new).expect("the log is piped");
        let out = self.0.stdout.take().map(BufReader::new).expect("the output is piped");
        // Whichever of the two the log goes to.
        let (sender, receiver) = std::sync::mpsc::channel();
        for lines in [Box::new(log) as Box<dyn BufRead + Send>, Box::new(out)] {
            let sender = sender.clone();
            std::thread::spawn(move || {
                for line in lines.lines().map_while(Result::ok) {
                    if line.contains("serving") {
                        let _ = sender.send(());
                    }
                }
            });
        }
        drop(sender);
        receiver.recv().expect("the gateway says that it serves");
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Milliseconds for which all threads of a process have run, in user and in kernel mode.
fn processor(process: &str) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks: f64 = after_name.split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum();
    ticks * 1000.0 / TICKS
}
