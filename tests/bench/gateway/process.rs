//! The processes that are measured: started, asked, weighed by the kernel, and stopped.

use super::workload::Mode;
use nix::time::ClockId;
use nix::unistd::Pid;
use serde_json::json;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

/// A child of the benchmark, stopped when it is dropped.
pub struct Process {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
}

impl Process {
    fn start(command: &mut Command, log: &Path) -> Self {
        let log = File::create(log).expect("a log file");
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?} cannot be started: {error}"));
        let stdin = child.stdin.take();
        let stdout = BufReader::new(child.stdout.take().expect("a piped output"));
        Self { child, stdin, stdout }
    }

    /// Another process of this benchmark, which does the work that `role` names.
    pub fn role(role: &str, arguments: &[&str], folder: &Path) -> Self {
        let program = std::env::current_exe().expect("the path of this program");
        let mut command = Command::new(program);
        command.env(super::ROLE, role).args(arguments);
        Self::start(&mut command, &folder.join(format!("{role}.log")))
    }

    /// A line to its standard input.
    pub fn say(&mut self, line: &str) {
        let stdin = self.stdin.as_mut().expect("an open input");
        writeln!(stdin, "{line}").and_then(|()| stdin.flush()).expect("a process that listens");
    }

    /// All of its standard input.
    pub fn feed(&mut self, text: &str) {
        let mut stdin = self.stdin.take().expect("an open input");
        stdin.write_all(text.as_bytes()).expect("a process that listens");
    }

    /// The next line of its standard output.
    pub fn hear(&mut self) -> String {
        let mut line = String::new();
        let count = self.stdout.read_line(&mut line).expect("a process that talks");
        assert!(count > 0, "a process ended early; see its log");
        line.trim().to_owned()
    }

    /// CPU time that the kernel has given to all its threads, those that have ended too.
    pub fn cpu(&self) -> Duration {
        let clock = ClockId::pid_cpu_clock_id(self.pid()).expect("a process that runs");
        clock.now().expect("its clock").into()
    }

    /// The most memory it ever had, in MiB.
    pub fn peak_memory(&self) -> f64 {
        self.status("VmHWM:")
    }

    /// The memory that it has, in MiB.
    pub fn memory(&self) -> f64 {
        self.status("VmRSS:")
    }

    fn status(&self, name: &str) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("a process that runs");
        let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("a size");
        line.trim().trim_end_matches("kB").trim().parse::<f64>().expect("a number") / 1024.0
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.child.id()).expect("a process id"))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port that was free a moment ago.
pub fn free_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("its own address")
}

/// What gateways are started with.
pub struct Setting<'a> {
    pub folder: &'a Path,
    pub supergraph: &'a Path,
    pub mode: Mode,
    pub threads: usize,
}

/// Weft as a program of its own; without one inside this benchmark, where allocations are counted.
pub fn weft(program: Option<&Path>, setting: &Setting<'_>) -> (Process, SocketAddr) {
    weft_with_health(program, setting, "off")
}

/// The same, with health and metrics at an address.
pub fn weft_with_health(program: Option<&Path>, setting: &Setting<'_>, health: &str) -> (Process, SocketAddr) {
    let address = free_address();
    let config = setting.folder.join("weft.yaml");
    fs::write(&config, weft_config(setting.mode)).expect("a configuration to write");
    let (config, supergraph, listen) = (text(&config), text(setting.supergraph), address.to_string());
    let arguments = [
        "serve",
        "--config",
        &config,
        "--supergraph",
        &supergraph,
        "--listen",
        &listen,
        "--health-listen",
        health,
        "--log",
        "error",
    ];
    let process = match program {
        None => Process::role("weft", &arguments, setting.folder),
        Some(program) => {
            let mut command = Command::new(program);
            Process::start(command.args(arguments), &setting.folder.join("weft.log"))
        }
    };
    (process, address)
}

fn weft_config(mode: Mode) -> String {
    let queries = mode == Mode::SharedQueries;
    let mut config = json!({
        "traffic_shaping": {
            "router": { "deduplicate_query": queries },
            "all": { "deduplicate_query": queries || mode == Mode::SharedFetches },
        },
    });
    if matches!(mode, Mode::Cached | Mode::CachedInRedis) {
        config["response_cache"] = json!({ "subgraph": { "all": { "ttl": "1h" } } });
    }
    if matches!(mode, Mode::Charged | Mode::ChargedInRedis) {
        let store = if mode == Mode::Charged { "memory" } else { "redis" };
        // Points that last: nobody is refused, everybody is charged.
        let budget = json!({ "points": 1_000_000_000, "refill_per_second": 1_000_000, "store": store });
        config["demand_control"] = json!({ "mode": "enforce", "budget": budget });
    }
    if mode == Mode::Traced {
        config["telemetry"] = json!({ "tracing": { "otlp": { "endpoint": "http://127.0.0.1:9" } } });
    }
    if mode.needs_redis() {
        let url = std::env::var("WEFT_BENCH_REDIS").unwrap_or_else(|_| "redis://127.0.0.1:6379".to_owned());
        config["redis"] = json!({ "url": url });
    }
    // JSON is YAML.
    config.to_string()
}

/// A Hive Router, without limits or reports that others do not have.
pub fn peer(program: &Path, setting: &Setting<'_>) -> (Process, SocketAddr) {
    let address = free_address();
    // It looks for this name in the folder in which it is started.
    let config = setting.folder.join("router.config.yaml");
    let queries = setting.mode == Mode::SharedQueries;
    let fetches = queries || setting.mode == Mode::SharedFetches;
    let text = json!({
        "supergraph": { "source": "file", "path": text(setting.supergraph) },
        "http": { "host": "127.0.0.1", "port": address.port(), "workers": setting.threads },
        "log": { "level": "error" },
        "traffic_shaping": {
            "all": { "dedupe_enabled": fetches },
            "router": { "dedupe": { "enabled": queries } },
        },
    });
    fs::write(&config, text.to_string()).expect("a configuration to write");
    let mut command = Command::new(program);
    command.current_dir(setting.folder);
    (Process::start(&mut command, &setting.folder.join("peer.log")), address)
}

fn text(path: &Path) -> String {
    path.to_str().expect("a path that is text").to_owned()
}

/// A folder for what the benchmark writes.
pub fn folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("gateway");
    fs::create_dir_all(&folder).expect("a folder to write to");
    folder
}
