//! `weft` as a real process: started in a folder of its own, listened to, stopped.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};
use std::{fs, thread};

/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// A folder of its own for one test, removed at its end.
pub struct Folder(PathBuf);

impl Folder {
    /// An empty folder.
    pub fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("weft-it-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// With a file in it.
    pub fn with(self, name: &str, text: &str) -> Self {
        self.write(name, text);
        self
    }

    /// Replaces a file as editors do: a new one is written beside it and takes its name.
    pub fn write(&self, name: &str, text: &str) {
        let beside = self.0.join(format!(".{name}.new"));
        fs::write(&beside, text).unwrap();
        fs::rename(beside, self.0.join(name)).unwrap();
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Runs `weft` in it to its end.
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs `weft` in it to its end, with these environment variables.
    pub fn run_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
        self.command(arguments).envs(variables.iter().copied()).output().unwrap()
    }

    /// Starts `weft` in it.
    pub fn start(&self, arguments: &[&str]) -> Weft {
        self.start_with(arguments, &[])
    }

    /// Starts `weft` in it, with these environment variables.
    pub fn start_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Weft {
        let mut command = self.command(arguments);
        command.envs(variables.iter().copied()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (tell, told) = channel();
        let streams: [Box<dyn Read + Send>; 2] =
            [Box::new(child.stdout.take().unwrap()), Box::new(child.stderr.take().unwrap())];
        for stream in streams {
            let tell = tell.clone();
            thread::spawn(move || {
                BufReader::new(stream).lines().map_while(Result::ok).try_for_each(|line| tell.send(line))
            });
        }
        Weft { child, told, seen: Vec::new() }
    }

    /// Starts `weft serve` on free ports, and waits until it serves.
    pub fn serve(&self, arguments: &[&str]) -> (Weft, Endpoint) {
        self.serve_with(arguments, &[])
    }

    /// Starts `weft serve` on free ports with these environment variables, and waits until it serves.
    pub fn serve_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> (Weft, Endpoint) {
        let fixed = ["serve", "--listen", "127.0.0.1:0", "--health-listen", "127.0.0.1:0"];
        let mut weft = self.start_with(&[&fixed[..], arguments].concat(), variables);
        let line: Value = serde_json::from_str(&weft.wait_for("\"serving\"")).unwrap();
        let graphql = line["graphql"].as_str().unwrap_or_else(|| panic!("no endpoint in {line}"));
        let health = line["health"].as_str().unwrap_or_default();
        (weft, Endpoint { graphql: graphql.to_owned(), health: health.to_owned() })
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_weft"));
        command.args(arguments).current_dir(&self.0).stdin(Stdio::null());
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("WEFT_")) {
            command.env_remove(name);
        }
        command
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A running `weft`; killed when dropped.
pub struct Weft {
    child: Child,
    told: Receiver<String>,
    seen: Vec<String>,
}

impl Weft {
    /// The next line it writes that holds `text`.
    pub fn wait_for(&mut self, text: &str) -> String {
        self.wait_at_most(PATIENCE, text).unwrap_or_else(|| panic!("no {text:?} in:\n{}", self.seen.join("\n")))
    }

    /// The next line it writes that holds `text`, if there is one within `longest`.
    pub fn wait_at_most(&mut self, longest: Duration, text: &str) -> Option<String> {
        let latest = Instant::now() + longest;
        loop {
            match self.told.recv_timeout(latest.saturating_duration_since(Instant::now())) {
                Ok(line) => {
                    self.seen.push(line.clone());
                    if line.contains(text) {
                        return Some(line);
                    }
                }
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return None,
            }
        }
    }

    /// Whether it has written a line that holds `text` so far.
    pub fn saw(&mut self, text: &str) -> bool {
        self.seen.extend(self.told.try_iter());
        self.seen.iter().any(|line| line.contains(text))
    }

    /// Its memory.
    pub fn resident_bytes(&self) -> usize {
        let pages = fs::read_to_string(format!("/proc/{}/statm", self.child.id())).unwrap();
        pages.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 4_096
    }

    /// Sends a signal, by name: `HUP`.
    pub fn signal(&self, name: &str) {
        let done = Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status().unwrap();
        assert!(done.success());
    }

    /// Waits for its end; the exit code.
    pub fn wait(&mut self) -> Option<i32> {
        let latest = Instant::now() + PATIENCE;
        while Instant::now() < latest {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            thread::sleep(Duration::from_millis(10));
        }
        panic!("it does not end:\n{}", self.seen.join("\n"))
    }
}

impl Drop for Weft {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Where a running `weft` answers.
pub struct Endpoint {
    /// The GraphQL endpoint.
    pub graphql: String,
    /// The health check.
    pub health: String,
}

impl Endpoint {
    /// Asks a query; the answer.
    pub fn ask(&self, query: &str) -> Value {
        self.try_ask(query).unwrap()
    }

    /// Asks a query as a client that says its name and version; the answer.
    pub fn ask_as(&self, name: &str, version: &str, query: &str) -> Value {
        let who = [("apollographql-client-name", name), ("apollographql-client-version", version)];
        self.send(&json!({ "query": query }), who.into_iter().filter(|(_, value)| !value.is_empty())).unwrap()
    }

    /// Asks a query with an API key; the answer.
    pub fn ask_with_key(&self, key: &str, query: &str) -> Value {
        self.send(&json!({ "query": query }), [("x-api-key", key)]).unwrap()
    }

    /// Asks a query; the answer, if there is one.
    pub fn try_ask(&self, query: &str) -> reqwest::Result<Value> {
        self.send(&json!({ "query": query }), [])
    }

    /// Sends a request as it is; the answer.
    pub fn post(&self, request: &Value) -> Value {
        self.send(request, []).unwrap()
    }

    fn send<'a>(
        &self,
        request: &Value,
        headers: impl IntoIterator<Item = (&'static str, &'a str)>,
    ) -> reqwest::Result<Value> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let request = reqwest::Client::new().post(&self.graphql).json(request);
            let request = headers.into_iter().fold(request, |request, (name, value)| request.header(name, value));
            request.send().await?.json().await
        })
    }

    /// Gets a path beside the health check.
    pub fn health(&self, path: &str) -> String {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let url = url::Url::parse(&self.health).unwrap().join(path).unwrap();
        runtime.block_on(async { reqwest::get(url).await?.text().await }).unwrap()
    }

    /// The names of the query type's fields, which need no subgraph.
    pub fn query_fields(&self) -> Vec<String> {
        let answer = self.ask("{ __schema { queryType { fields { name } } } }");
        let fields = answer["data"]["__schema"]["queryType"]["fields"].as_array();
        let fields = fields.unwrap_or_else(|| panic!("{answer}"));
        fields.iter().map(|field| field["name"].as_str().unwrap().to_owned()).collect()
    }
}

/// Standard output and error of a process that ended, with its exit code, as one text.
pub fn told(output: &Output) -> String {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    format!("exit code {}\n--- stdout\n{out}--- stderr\n{err}", output.status.code().unwrap_or(-1))
}
