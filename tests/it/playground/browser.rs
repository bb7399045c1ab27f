//! A headless Chromium, driven through chromedriver.
//!
//! In: a script of steps, as an async closure. Out: what the browser noticed meanwhile: its console and the addresses that it asked for. The browser is closed whatever the steps did, and can reach
//! no host but 127.0.0.1.

use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// For one thing to appear; a loaded machine takes its time.
const PATIENCE: Duration = Duration::from_secs(30);

/// How a visit's steps end: what stops them is told once the browser is closed.
pub type Steps = Result<(), Box<dyn std::error::Error>>;

/// What the browser noticed.
pub struct Visit {
    /// Console messages of level WARNING and above.
    pub complaints: Vec<String>,
    /// The address of every request that the page made.
    pub requested: Vec<String>,
}

/// A running chromedriver.
pub struct Browser {
    driver: Child,
    // Held open: chromedriver would die of a closed pipe at its next message.
    _messages: BufReader<ChildStdout>,
    port: u16,
    profile: PathBuf,
}

impl Browser {
    /// Starts chromedriver; the error says what is missing.
    pub fn start() -> Result<Self, String> {
        let chromium = Command::new("chromium").arg("--version").output();
        chromium.map_err(|e| format!("chromium cannot be started: {e}"))?;
        let mut command = Command::new("chromedriver");
        command.arg("--port=0").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut driver = command.spawn().map_err(|e| format!("chromedriver cannot be started: {e}"))?;
        let mut messages = BufReader::new(driver.stdout.take().unwrap());
        let port = loop {
            let mut line = String::new();
            if messages.read_line(&mut line).unwrap() == 0 {
                let _ = driver.wait();
                return Err("chromedriver ended before it said its port".to_owned());
            }
            if let Some((_, port)) = line.split_once("started successfully on port ") {
                break port.trim().trim_end_matches('.').parse().unwrap();
            }
        };
        static STARTED: AtomicUsize = AtomicUsize::new(0);
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let profile =
            PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("chromium-{}-{number}", std::process::id()));
        Ok(Self { driver, _messages: messages, port, profile })
    }

    /// Opens a browser, lets `steps` use it, and closes it.
    pub async fn visit(self, steps: impl AsyncFnOnce(&Client) -> Steps) -> Visit {
        let address = format!("http://127.0.0.1:{}", self.port);
        let mut builder = ClientBuilder::new(HttpConnector::new());
        let client = builder.capabilities(self.capabilities()).connect(&address).await.unwrap();
        // The browser opens with a page of its own, whose requests are not the visit's.
        client.goto("about:blank").await.unwrap();
        log(&client, "performance").await;
        let outcome = steps(&client).await;
        let console = log(&client, "browser").await;
        let network = log(&client, "performance").await;
        // Before anything is asserted: a panic would leave the browser running.
        client.close().await.unwrap();
        let complaints: Vec<String> = console.iter().filter_map(complaint).collect();
        if let Err(problem) = outcome {
            panic!("{problem}; console: {complaints:#?}");
        }
        Visit { complaints, requested: network.iter().filter_map(request).collect() }
    }

    fn capabilities(&self) -> serde_json::Map<String, Value> {
        let profile = format!("--user-data-dir={}", self.profile.display());
        let capabilities = json!({
            "goog:chromeOptions": {
                "args": [
                    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                    "--disable-background-networking", "--disable-component-update", "--disable-sync",
                    "--disable-dev-shm-usage", "--window-size=1280,800",
                    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", profile,
                ],
            },
            "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
        });
        capabilities.as_object().unwrap().clone()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.driver.kill();
        let _ = self.driver.wait();
        let _ = std::fs::remove_dir_all(&self.profile);
    }
}

/// Waits until the script's text holds `expected`.
pub async fn wait_for(page: &Client, script: &str, expected: &str) -> Steps {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let found = page.execute(script, Vec::new()).await?;
        // The editor shows spaces as no-break spaces.
        if found.as_str().is_some_and(|text| text.replace('\u{a0}', " ").contains(expected)) {
            return Ok(());
        }
        if Instant::now() > deadline {
            return Err(format!("`{expected}` did not appear, but {found}, by `{script}`").into());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// chromedriver's own command for its logs, which stands in no standard.
#[derive(Debug)]
struct GetLog(&'static str);

impl WebDriverCompatibleCommand for GetLog {
    fn endpoint(&self, base: &url::Url, session: Option<&str>) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/se/log", session.unwrap()))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(json!({ "type": self.0 }).to_string()))
    }
}

async fn log(client: &Client, kind: &'static str) -> Vec<Value> {
    client.issue_cmd(GetLog(kind)).await.unwrap().as_array().unwrap().clone()
}

fn complaint(entry: &Value) -> Option<String> {
    let level = entry["level"].as_str()?;
    ["WARNING", "SEVERE"].contains(&level).then(|| format!("{level} {}", entry["message"].as_str().unwrap_or_default()))
}

fn request(entry: &Value) -> Option<String> {
    let event: Value = serde_json::from_str(entry["message"].as_str()?).ok()?;
    let event = &event["message"];
    (event["method"] == "Network.requestWillBeSent").then(|| event["params"]["request"]["url"].as_str().unwrap().into())
}
