//! Watching: the files that were read -> a word when the bytes of one of them change.
//!
//! The system's notifications only say when to look: what counts is whether a file's bytes differ from
//! those that were read. So a touch, a rewrite of the same text and the noise of a busy folder cause
//! nothing. Folders are watched rather than files, because editors and config maps replace a file
//! instead of writing it. Where notifications are missing (network mounts, no inotify handles left) the
//! files are looked at every now and then.

use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};
use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, sleep_until, timeout_at};

/// How long it must be quiet before the files are looked at: a save is several events.
const QUIET: Duration = Duration::from_millis(50);
/// How long a folder without quiet can put that off.
const LONGEST_WAIT: Duration = Duration::from_millis(500);
/// How often the files are looked at when the system tells of changes, in case it does not.
const SLOW_POLL: Duration = Duration::from_secs(15);
/// How often they are looked at when the system does not.
const FAST_POLL: Duration = Duration::from_secs(1);

/// A file that took part, and what was in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchedFile {
    path: PathBuf,
    /// Of its bytes; none when it could not be read.
    digest: Option<u64>,
}

impl WatchedFile {
    /// A file and what reading it gave.
    pub fn new(path: &Path, bytes: &io::Result<Vec<u8>>) -> Self {
        Self { path: path.to_owned(), digest: bytes.as_ref().ok().map(|bytes| digest(bytes)) }
    }

    /// A file that somebody else read just now.
    pub fn read(path: &Path) -> Self {
        Self::new(path, &std::fs::read(path))
    }

    /// Whether its bytes are no longer those that were read.
    pub fn has_changed(&self) -> bool {
        *self != Self::read(&self.path)
    }
}

/// Tells when a watched file's bytes change.
pub struct Watcher {
    files: Vec<WatchedFile>,
    /// Folders that are watched now.
    folders: BTreeSet<PathBuf>,
    /// None where the system offers none.
    system: Option<RecommendedWatcher>,
    /// Whether every folder could be watched.
    complete: bool,
    /// Rung by the system.
    bell: Arc<Notify>,
}

impl Watcher {
    /// A watcher of nothing yet.
    pub fn new() -> Self {
        let bell = Arc::new(Notify::new());
        let ring = Arc::clone(&bell);
        let system = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            // Our own reading is an event too, and must not ring.
            if event.map_or(true, |event| !event.kind.is_access()) {
                ring.notify_one();
            }
        });
        if let Err(error) = &system {
            tracing::warn!(%error, "the system does not tell of file changes; polling");
        }
        Self { files: Vec::new(), folders: BTreeSet::new(), system: system.ok(), complete: true, bell }
    }

    /// Watches these files, as they were when they were read, and no others.
    pub fn watch(&mut self, files: Vec<WatchedFile>) {
        let wanted: BTreeSet<PathBuf> = files.iter().flat_map(|file| folders_of(&file.path)).collect();
        self.files = files;
        let Some(system) = &mut self.system else { return };
        for gone in self.folders.difference(&wanted) {
            // A folder that no longer exists is no longer watched either.
            let _ = system.unwatch(gone);
        }
        // Watched anew even when it was watched before: the folder may have been replaced meanwhile.
        let watched: BTreeSet<PathBuf> = wanted
            .iter()
            .filter(|folder| match system.watch(folder, RecursiveMode::NonRecursive) {
                Ok(()) => true,
                Err(error) => {
                    tracing::debug!(folder = %folder.display(), %error, "folder cannot be watched; polling");
                    false
                }
            })
            .cloned()
            .collect();
        self.complete = watched.len() == wanted.len();
        self.folders = watched;
    }

    /// Returns when the bytes of a watched file are no longer those that were read. Nothing is lost
    /// when the future is dropped.
    pub async fn changed(&mut self) {
        loop {
            if self.differs().await {
                return;
            }
            let pause = if self.system.is_some() && self.complete { SLOW_POLL } else { FAST_POLL };
            tokio::select! {
                () = self.bell.notified() => self.settle().await,
                () = sleep(pause) => {}
            }
        }
    }

    /// Waits for the end of a burst of events.
    async fn settle(&self) {
        let latest = Instant::now() + LONGEST_WAIT;
        loop {
            let quiet = Instant::now() + QUIET;
            if quiet >= latest {
                return sleep_until(latest).await;
            }
            if timeout_at(quiet, self.bell.notified()).await.is_err() {
                return;
            }
        }
    }

    async fn differs(&self) -> bool {
        let files = self.files.clone();
        let look = tokio::task::spawn_blocking(move || files.iter().any(WatchedFile::has_changed));
        look.await.unwrap_or(false)
    }
}

impl Default for Watcher {
    fn default() -> Self {
        Self::new()
    }
}

/// The folder of a file, and that of the file it links to.
fn folders_of(file: &Path) -> impl Iterator<Item = PathBuf> {
    let target = file.canonicalize().ok();
    [Some(file.to_owned()), target].into_iter().flatten().filter_map(|file| {
        let folder = file.parent()?;
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        folder.canonicalize().ok()
    })
}

fn digest(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// A folder of its own for one test, removed at its end.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("weft-watch-{name}-{}", std::process::id()));
            fs::create_dir_all(&path).unwrap();
            Self(path)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    async fn is_told(watcher: &mut Watcher, within: Duration) -> bool {
        tokio::time::timeout(within, watcher.changed()).await.is_ok()
    }

    #[tokio::test]
    async fn tells_of_a_replaced_file_and_not_of_the_same_bytes() {
        let folder = Folder::new("replaced");
        let (file, next) = (folder.0.join("a.graphql"), folder.0.join("a.graphql.new"));
        fs::write(&file, "one").unwrap();
        let mut watcher = Watcher::new();
        watcher.watch(vec![WatchedFile::read(&file)]);
        fs::write(&next, "one").unwrap();
        fs::rename(&next, &file).unwrap();
        assert!(!is_told(&mut watcher, Duration::from_millis(300)).await, "the same bytes");
        fs::write(&next, "two").unwrap();
        fs::rename(&next, &file).unwrap();
        assert!(is_told(&mut watcher, Duration::from_secs(5)).await, "other bytes");
    }

    #[tokio::test]
    async fn polls_where_the_system_is_silent() {
        let folder = Folder::new("polled");
        let file = folder.0.join("a.graphql");
        let mut watcher = Watcher { system: None, ..Watcher::new() };
        watcher.watch(vec![WatchedFile::read(&file)]);
        fs::write(&file, "appears").unwrap();
        assert!(is_told(&mut watcher, FAST_POLL * 5).await);
    }

    #[tokio::test]
    async fn a_change_between_reading_and_watching_is_seen() {
        let folder = Folder::new("between");
        let file = folder.0.join("a.graphql");
        fs::write(&file, "one").unwrap();
        let read = WatchedFile::read(&file);
        fs::write(&file, "two").unwrap();
        let mut watcher = Watcher::new();
        watcher.watch(vec![read]);
        assert!(is_told(&mut watcher, Duration::from_secs(1)).await);
    }
}
