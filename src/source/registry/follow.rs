//! Following a variant: a task asks the registry again and again, and keeps the newest version for whoever builds.
//!
//! 1. at the start one quick question, with the hash of the last good copy, so that nothing is sent twice; when the
//!    registry does not answer in time, the copy serves;
//! 2. then long polls without end. A failure is tried again after a wait that grows up to [`LONGEST_WAIT`]; it is
//!    told in the log when it begins, when its reason changes, and when it is over;
//! 3. after a new version the next question waits until that one is built, so that the registry hears what serves.

use super::last_good::{self, LastGoodError};
use super::{Answer, Delivered, RegistryClient, RegistryError};
use crate::config::RegistrySettings;
use crate::diagnostic::Diagnostic;
use crate::store::Backoff;
use crate::telemetry::RegistryMetrics;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::task::JoinHandle;

const SHORTEST_WAIT: Duration = Duration::from_millis(100);
/// How long a registry that fails is left alone at most.
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// What a question may take beside the time for which it is held.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long the next question waits for a version to be built.
const LONGEST_BUILD: Duration = Duration::from_secs(30);
/// Between two questions there is so much time at least, whatever the registry answers.
const PACE: Duration = Duration::from_millis(20);
/// The same, after a registry has answered a long poll at once that nothing is new: it does not know how to wait.
const RESTLESS: Duration = Duration::from_secs(1);

/// Knows the newest version of a variant.
#[derive(Debug)]
pub struct Follower {
    settings: RegistrySettings,
    heard: watch::Receiver<Heard>,
    built: watch::Sender<Built>,
    metrics: RegistryMetrics,
    /// What was on disk at the start, until the registry was heard.
    copy: Option<Result<Arc<Delivered>, LastGoodError>>,
    /// Whether a copy could not be written since one was.
    copy_failed: bool,
    task: JoinHandle<()>,
}

/// What came of asking.
#[derive(Debug, Clone, Default)]
struct Heard {
    /// The newest version.
    latest: Option<Arc<Delivered>>,
    /// Whether what was known at the start is what there is.
    confirmed: bool,
    /// Why there was no answer, when there never was one.
    failed: Option<Arc<RegistryError>>,
}

/// What came of building.
#[derive(Debug, Clone, Default)]
struct Built {
    /// The hash of what was built last, well or not.
    digest: Box<str>,
    /// The number of what serves.
    serving: Option<u64>,
}

/// Names this process to registries.
pub(super) fn instance() -> &'static str {
    static INSTANCE: OnceLock<String> = OnceLock::new();
    INSTANCE.get_or_init(|| {
        let host = std::env::var("HOSTNAME").unwrap_or_default();
        let host: String =
            host.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.')).take(64).collect();
        let random = fastrand::u64(..);
        if host.is_empty() { format!("{random:016x}") } else { format!("{host}-{random:016x}") }
    })
}

impl Follower {
    /// Begins to follow.
    ///
    /// # Errors
    /// When there is no TLS set-up.
    pub fn start(settings: &RegistrySettings, metrics: RegistryMetrics) -> Result<Self, RegistryError> {
        let client = RegistryClient::new(settings.clone())?;
        let copy = settings.last_good.as_deref().and_then(|file| last_good::read(file, settings).transpose());
        let copy = copy.map(|copy| copy.map(Arc::new));
        let known = copy.as_ref().and_then(|copy| copy.as_ref().ok()).map(|copy| copy.digest.clone());
        let (tell, heard) = watch::channel(Heard::default());
        let (built, told) = watch::channel(Built::default());
        let asking = Asking { client, tell, built: told, metrics: metrics.clone(), known };
        let task = tokio::spawn(asking.run());
        Ok(Self { settings: settings.clone(), heard, built, metrics, copy, copy_failed: false, task })
    }

    /// Whether it follows what these settings name.
    pub fn is_for(&self, settings: &RegistrySettings) -> bool {
        // Usage is told by somebody else.
        RegistrySettings { usage: None, ..self.settings.clone() }
            == RegistrySettings { usage: None, ..settings.clone() }
    }

    /// The newest version; at the start the one that the registry gives in time, else the last good copy.
    ///
    /// # Errors
    /// When there is neither.
    pub async fn read(&mut self) -> Result<Arc<Delivered>, Diagnostic> {
        let deadline = tokio::time::Instant::now() + self.settings.start_timeout;
        loop {
            let heard = self.heard.borrow_and_update().clone();
            if let Some(latest) = heard.latest {
                self.tell_of_a_bad_copy();
                return Ok(latest);
            }
            let copy = self.copy.as_ref().and_then(|copy| copy.as_ref().ok());
            if let Some(copy) = copy.filter(|_| heard.confirmed) {
                return Ok(Arc::clone(copy));
            }
            // With a copy at hand a registry that fails is not waited for; without one, only when it says no.
            let is_over = heard.failed.as_ref().is_some_and(|error| copy.is_some() || error.is_refusal());
            if is_over || tokio::time::timeout_at(deadline, self.heard.changed()).await.is_err() {
                return self.without_the_registry();
            }
        }
    }

    /// The last good copy, when it is another version than this one, which cannot be served.
    pub fn instead_of(&self, version: &Delivered) -> Option<Arc<Delivered>> {
        self.copy.as_ref()?.as_ref().ok().filter(|copy| copy.digest != version.digest).cloned()
    }

    /// Returns when there is a version that was not read yet. Nothing is lost when the future is dropped.
    pub async fn changed(&mut self) {
        loop {
            if self.heard.changed().await.is_err() {
                // The task never ends but by a defect; then what serves goes on serving.
                std::future::pending().await
            }
            let news = self.heard.borrow().latest.clone();
            if news.is_some_and(|news| news.digest != self.built.borrow().digest) {
                return;
            }
        }
    }

    /// This version was built and serves, or cannot be. What serves is kept on disk.
    pub async fn settled(&mut self, version: &Arc<Delivered>, serves: bool) {
        let latest = self.heard.borrow().latest.clone();
        self.built.send_modify(|built| {
            // A copy that serves in place of the newest version leaves it refused.
            if latest.is_none_or(|latest| latest == *version) {
                built.digest = version.digest.clone();
            }
            if serves {
                built.serving = version.version;
            }
        });
        if serves {
            let number = version.version.and_then(|version| i64::try_from(version).ok()).unwrap_or_default();
            self.metrics.version.set(number);
            self.keep(Arc::clone(version)).await;
        }
    }

    /// A copy that cannot be written costs a warning, once until one can.
    async fn keep(&mut self, version: Arc<Delivered>) {
        let on_disk = self.copy.as_ref().and_then(|copy| copy.as_ref().ok());
        let Some(file) = self.settings.last_good.clone().filter(|_| on_disk != Some(&version)) else { return };
        let (path, written) = (file.display().to_string(), Arc::clone(&version));
        let writing = tokio::task::spawn_blocking(move || last_good::write(&file, &written));
        match writing.await {
            Ok(Ok(())) => {
                self.copy = Some(Ok(version));
                if std::mem::take(&mut self.copy_failed) {
                    tracing::info!(file = path, "the last good copy can be written again");
                }
            }
            Ok(Err(error)) if !std::mem::replace(&mut self.copy_failed, true) => {
                tracing::warn!(file = path, %error, "the last good copy cannot be written; serving goes on without one");
            }
            Ok(Err(_)) => {}
            Err(panic) => tracing::error!(%panic, "writing the last good copy failed"),
        }
    }

    fn tell_of_a_bad_copy(&mut self) {
        if let Some(Err(error)) = &self.copy {
            tracing::warn!(%error, "the last good copy is of no use; it will be replaced");
            self.copy = None;
        }
    }

    fn without_the_registry(&mut self) -> Result<Arc<Delivered>, Diagnostic> {
        let failed = self.heard.borrow().failed.clone();
        let reason = match &failed {
            Some(error) => error.to_string(),
            None => format!("it did not answer within {:.1} s", self.settings.start_timeout.as_secs_f64()),
        };
        let urls: Vec<&str> = self.settings.urls.iter().map(url::Url::as_str).collect();
        let (urls, graph) = (urls.join(", "), &self.settings.graph);
        match &self.copy {
            Some(Ok(copy)) => {
                tracing::warn!(
                    registry = urls, %reason, %graph, version = copy.version,
                    "the registry gives no supergraph; the last good copy serves"
                );
                Ok(Arc::clone(copy))
            }
            copy => {
                let message = format!("the registry at {urls} gives no supergraph for {graph}: {reason}");
                let help = failed.map_or("see whether the registry runs there".to_owned(), |error| error.help());
                let copy = match copy {
                    Some(Err(error)) => format!("the last good copy is of no use: {error}"),
                    _ => "there is no last good copy to start from".to_owned(),
                };
                Err(Diagnostic::error("REGISTRY_UNAVAILABLE", message).help(format!("{help}; {copy}")))
            }
        }
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The task.
struct Asking {
    client: RegistryClient,
    tell: watch::Sender<Heard>,
    built: watch::Receiver<Built>,
    metrics: RegistryMetrics,
    /// The hash of what needs not be sent again.
    known: Option<Box<str>>,
}

impl Asking {
    async fn run(mut self) {
        let mut backoff = Backoff::new(SHORTEST_WAIT, LONGEST_WAIT);
        let mut trouble = None;
        let mut is_first = true;
        loop {
            let asked = Instant::now();
            match self.ask(is_first).await {
                Ok(answer) => {
                    backoff.reset();
                    self.answered(&mut trouble);
                    self.take(answer, asked.elapsed()).await;
                    is_first = false;
                }
                Err(error) => {
                    self.failed(error, &mut trouble);
                    backoff.wait().await;
                }
            }
        }
    }

    /// The first question is quick: nothing serves before it is answered.
    async fn ask(&self, is_first: bool) -> Result<Answer, RegistryError> {
        let settings = self.client.settings();
        let serving = self.built.borrow().serving;
        let known = self.known.as_deref();
        match is_first {
            true => {
                let places = u32::try_from(settings.urls.len()).unwrap_or(u32::MAX);
                self.client.ask(known, None, serving, settings.start_timeout / places).await
            }
            false => self.client.ask(known, Some(settings.wait), serving, PATIENCE).await,
        }
    }

    async fn take(&mut self, answer: Answer, took: Duration) {
        match answer {
            Answer::New(version) if self.known.as_deref() != Some(&version.digest) => {
                self.metrics.new.inc();
                let digest = version.digest.clone();
                tracing::debug!(graph = %version.graph, version = version.version, "the registry has a new version");
                self.known = Some(digest.clone());
                self.tell.send_modify(|heard| {
                    *heard = Heard { latest: Some(Arc::new(version)), confirmed: true, failed: None };
                });
                let built = self.built.wait_for(|built| built.digest == digest);
                let _ = tokio::time::timeout(LONGEST_BUILD, built).await;
                tokio::time::sleep(PACE).await;
            }
            // A registry that sends what is known has not looked at what it was told.
            Answer::New(_) | Answer::Same => {
                self.metrics.same.inc();
                self.tell.send_if_modified(|heard| !std::mem::replace(&mut heard.confirmed, true));
                if took < RESTLESS {
                    tokio::time::sleep(RESTLESS.saturating_sub(took)).await;
                }
            }
        }
    }

    fn answered(&self, trouble: &mut Option<String>) {
        self.metrics.up.set(1);
        if trouble.take().is_some() {
            tracing::info!(graph = %self.client.settings().graph, "the registry answers again");
        }
    }

    fn failed(&self, error: RegistryError, trouble: &mut Option<String>) {
        self.metrics.up.set(0);
        self.metrics.failed.inc();
        let reason = error.to_string();
        if trouble.as_ref() != Some(&reason) {
            let graph = &self.client.settings().graph;
            tracing::warn!(%graph, %error, help = error.help(), "the registry gives no answer; what serves goes on serving");
            *trouble = Some(reason);
        }
        self.tell.send_modify(|heard| {
            if heard.latest.is_none() {
                heard.failed = Some(Arc::new(error));
            }
        });
    }
}
