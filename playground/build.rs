//! Builds the playground, so that the binary can embed it.
//!
//! In: the sources beside this file, and npm where there is one. Out, in `OUT_DIR`: `playground_bundle.rs`, an
//! expression of type `Result<Bundle, &'static str>` that `src/server/playground.rs` includes: the index and the
//! compressed assets, or why there are none, and then the gateway serves `plain.html`.
//!
//! **This script never fails and never hangs**: all that npm does has [`TIME_LIMIT`], and whatever goes wrong is
//! a warning. Phases, each of which may end the work:
//!
//! 1. `WEFT_PLAYGROUND=skip`: nothing is built;
//! 2. `OUT_DIR` holds a bundle of exactly these sources: it stays;
//! 3. another profile or `clippy`, which have an `OUT_DIR` of their own, holds one: it is copied;
//! 4. the sources are copied to `OUT_DIR`, so that the source tree stays clean;
//! 5. `npm ci`, unless these very packages are already installed;
//! 6. `npm run build`.
//!
//! No build-dependencies: they would be compiled before everything else.

use std::collections::hash_map::DefaultHasher;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::hash::{Hash, Hasher};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// For `npm ci` and `npm run build` together.
const TIME_LIMIT: Duration = Duration::from_secs(120);

/// What decides which packages are installed.
const PACKAGE_FILES: [&str; 3] = ["package.json", "package-lock.json", ".npmrc"];

/// What else goes into the bundle; `src` is a folder.
const SOURCES: [&str; 4] = ["index.html", "vite.config.ts", "tsconfig.json", "src"];

/// The gateway writes its settings here; a bundle whose index lost it is of no use.
const SETTINGS_PLACE: &str = "<!--weft:settings-->";

fn main() {
    for input in PACKAGE_FILES.iter().chain(&SOURCES) {
        println!("cargo:rerun-if-changed=playground/{input}");
    }
    println!("cargo:rerun-if-env-changed=WEFT_PLAYGROUND");

    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let skipped = std::env::var_os("WEFT_PLAYGROUND").is_some_and(|choice| choice == "skip");
    let bundle = if skipped { Err("WEFT_PLAYGROUND=skip".to_owned()) } else { Workshop::at(&out).bundle() };
    if let (Err(reason), false) = (&bundle, skipped) {
        println!(
            "cargo:warning=the plain playground page is embedded, because the full one was not built: {reason} \
             (to try again: WEFT_PLAYGROUND=retry, a value that was not set before; to be silent: WEFT_PLAYGROUND=skip)"
        );
    }
    let expression =
        bundle.and_then(|dist| bundle_expression(&dist)).unwrap_or_else(|reason| format!("Err({reason:?})"));
    fs::write(out.join("playground_bundle.rs"), expression).expect("OUT_DIR is writable");
}

/// The folder in `OUT_DIR` where the bundle is made.
struct Workshop {
    /// `playground/` of the source tree.
    sources: PathBuf,
    /// `OUT_DIR`.
    out: PathBuf,
    /// `OUT_DIR/playground`: the copied sources, `node_modules`, `dist`.
    folder: PathBuf,
}

impl Workshop {
    fn at(out: &Path) -> Self {
        Self { sources: "playground".into(), out: out.to_owned(), folder: out.join("playground") }
    }

    /// The folder of a bundle made of the present sources.
    fn bundle(&self) -> Result<PathBuf, String> {
        let packages = fingerprint(&self.sources, &PACKAGE_FILES).map_err(|e| format!("reading the sources: {e}"))?;
        let sources = fingerprint(&self.sources, &SOURCES).map_err(|e| format!("reading the sources: {e}"))?;
        let stamp = format!("{packages:016x}{sources:016x}");
        let dist = dist(&self.out);
        if is_bundle_of(&self.out, &stamp) || self.take_from_sibling(&stamp) {
            return Ok(dist);
        }
        // From here until it is written anew the stamp is gone, and no sibling takes a half-made bundle.
        remove(&stamp_file(&self.out)).map_err(|e| format!("removing the old bundle: {e}"))?;
        self.copy_sources().map_err(|e| format!("copying the sources: {e}"))?;
        let deadline = Instant::now() + TIME_LIMIT;
        self.install(&format!("{packages:016x}"), deadline)?;
        self.npm(&["run", "build"], deadline)?;
        let index = fs::read_to_string(dist.join("index.html")).map_err(|e| format!("reading index.html: {e}"))?;
        if !index.contains(SETTINGS_PLACE) {
            return Err(format!("its index.html has no {SETTINGS_PLACE}"));
        }
        fs::write(stamp_file(&self.out), &stamp).map_err(|e| format!("writing the stamp: {e}"))?;
        Ok(dist)
    }

    /// Copies the bundle of another `OUT_DIR` of this package under the same target folder, if one is there and
    /// up to date. `cargo check` and `cargo clippy` have one each, every profile has others, and without this
    /// each would install the packages again.
    fn take_from_sibling(&self, stamp: &str) -> bool {
        let Some(own) = self.out.parent() else { return false };
        let Some((build, name)) = own.parent().zip(own.file_name().and_then(OsStr::to_str)) else { return false };
        // target/PROFILE/build/weft-HASH/out
        let Some((package, _)) = name.rsplit_once('-') else { return false };
        let Some(target) = build.parent().and_then(Path::parent) else { return false };
        let siblings = folders(target).into_iter().flat_map(|profile| folders(&profile.join("build")));
        siblings
            .filter(|sibling| sibling != own)
            .filter(|sibling| sibling.file_name().and_then(OsStr::to_str).is_some_and(|name| name.starts_with(package)))
            .map(|sibling| sibling.join("out"))
            .any(|sibling| is_bundle_of(&sibling, stamp) && self.copy_bundle(&sibling, stamp).is_ok())
    }

    fn copy_bundle(&self, sibling: &Path, stamp: &str) -> io::Result<()> {
        remove(&stamp_file(&self.out))?;
        remove(&dist(&self.out))?;
        copy(&dist(sibling), &dist(&self.out))?;
        // The sibling may have begun to build anew while this copied.
        if !is_bundle_of(sibling, stamp) {
            return Err(io::Error::other("the bundle changed while it was copied"));
        }
        fs::write(stamp_file(&self.out), stamp)
    }

    fn copy_sources(&self) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        for input in PACKAGE_FILES.iter().chain(&SOURCES) {
            let copied = self.folder.join(input);
            remove(&copied)?;
            copy(&self.sources.join(input), &copied)?;
        }
        Ok(())
    }

    fn install(&self, packages: &str, deadline: Instant) -> Result<(), String> {
        let installed = self.folder.join("node_modules/.weft-installed");
        if fs::read_to_string(&installed).is_ok_and(|stamp| stamp == packages) {
            return Ok(());
        }
        self.npm(
            &[
                "ci",
                "--fetch-retries=0",
                // What the bundle needs stands in `dependencies`; type checkers and the like stay out.
                "--omit=dev",
                // No package needs its install script, and none should run one on the machine of whoever builds Weft.
                "--ignore-scripts",
                "--prefer-offline",
                "--no-audit",
                "--no-fund",
                "--no-update-notifier",
            ],
            deadline,
        )?;
        fs::write(installed, packages).map_err(|e| format!("writing the stamp of the packages: {e}"))
    }

    /// Runs npm until `deadline`. On failure: what it said last.
    fn npm(&self, arguments: &[&str], deadline: Instant) -> Result<(), String> {
        let name = format!(
            "`npm {}`",
            arguments.iter().take_while(|a| !a.starts_with('-')).copied().collect::<Vec<_>>().join(" ")
        );
        // A file and no pipe: a full pipe blocks, and a process left behind would keep cargo waiting for its end.
        let log_path = self.out.join("playground-npm.log");
        let log = File::create(&log_path).map_err(|e| format!("creating the log of npm: {e}"))?;
        let errors = log.try_clone().map_err(|e| format!("creating the log of npm: {e}"))?;
        let mut command = Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" });
        command.args(arguments).current_dir(&self.folder).env("NO_COLOR", "1").env("NODE_ENV", "production");
        command.stdin(Stdio::null()).stdout(log).stderr(errors);
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = match command.spawn() {
            Ok(child) => child,
            Err(e) if e.kind() == ErrorKind::NotFound => return Err("npm is not installed".to_owned()),
            Err(e) => return Err(format!("starting npm: {e}")),
        };
        match wait_until(&mut child, deadline) {
            Ok(Some(status)) if status.success() => Ok(()),
            Ok(Some(status)) => Err(format!("{name} failed ({status}): {}", last_words(&log_path))),
            Ok(None) => Err(format!("{name} was stopped: npm has {} s in all", TIME_LIMIT.as_secs())),
            Err(e) => Err(format!("waiting for npm: {e}")),
        }
    }
}

/// The Rust expression that embeds the bundle in `dist`.
fn bundle_expression(dist: &Path) -> Result<String, String> {
    // Relative paths would be resolved from the including source file.
    let dist = fs::canonicalize(dist).map_err(|e| format!("finding the bundle: {e}"))?;
    let path = |name: &str| dist.join(name).to_str().map(|path| format!("{path:?}")).ok_or("a path is not UTF-8");
    let mut expression = format!("Ok(Bundle {{\n    index: include_str!({}),\n    assets: &[\n", path("index.html")?);
    let mut names: Vec<String> = entries(&dist)
        .map_err(|e| format!("listing the bundle: {e}"))?
        .iter()
        .filter_map(|entry| entry.file_name()?.to_str().map(str::to_owned))
        .collect();
    names.sort();
    for stored in names {
        if let Some(name) = stored.strip_suffix(".gz") {
            expression.push_str(&format!("        ({name:?}, include_bytes!({})),\n", path(&stored)?));
        }
    }
    expression.push_str("    ],\n})\n");
    Ok(expression)
}

/// The status of the child, or `None` when the time was over and the child with all it started was ended.
fn wait_until(child: &mut Child, deadline: Instant) -> io::Result<Option<ExitStatus>> {
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if Instant::now() >= deadline {
            end_group(child);
            child.wait()?;
            return Ok(None);
        }
        thread::sleep(Duration::from_millis(50));
    }
}

/// Ends the child and its descendants. The standard library signals only single processes.
fn end_group(child: &mut Child) {
    let id = child.id();
    let mut command = if cfg!(windows) { Command::new("taskkill") } else { Command::new("kill") };
    if cfg!(windows) {
        command.args(["/F", "/T", "/PID", &id.to_string()]);
    } else {
        command.args(["-KILL", "--", &format!("-{id}")]);
    }
    // Best effort, on purpose: the child itself is ended in any case.
    let _ = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    let _ = child.kill();
}

/// What npm's log says of the failure, on one line: from the first error on; without one, its end.
fn last_words(log: &Path) -> String {
    let text = fs::read(log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    // Not everyone heeds NO_COLOR: what follows an escape, up to the `m`, is a colour.
    let mut pieces = text.split('\u{1b}');
    let first = pieces.next().unwrap_or_default();
    let rest = pieces.filter_map(|piece| piece.split_once('m').map(|(_, text)| text));
    let text: String = std::iter::once(first).chain(rest).collect();
    let chatter = |line: &&str| line.is_empty() || line.starts_with("npm warn") || line.starts_with("npm notice");
    let telling: Vec<&str> = text.lines().map(str::trim).filter(|line| !chatter(line)).collect();
    let end = telling.len().saturating_sub(4);
    let start = telling.iter().position(|line| line.contains("rror")).unwrap_or(end);
    let words: Vec<&str> = telling[start..].iter().take(4).map(|line| line.trim_start_matches("npm error ")).collect();
    words.join("; ").chars().filter(|c| !c.is_control()).take(400).collect()
}

fn dist(out: &Path) -> PathBuf {
    out.join("playground/dist")
}

fn stamp_file(out: &Path) -> PathBuf {
    out.join("playground/bundle.stamp")
}

fn is_bundle_of(out: &Path, stamp: &str) -> bool {
    fs::read_to_string(stamp_file(out)).is_ok_and(|found| found == stamp) && dist(out).join("index.html").is_file()
}

/// A hash of the names and contents of `inputs`, files or folders under `base`.
fn fingerprint(base: &Path, inputs: &[&str]) -> io::Result<u64> {
    let mut hasher = DefaultHasher::new();
    for input in inputs {
        hash_tree(&base.join(input), &mut hasher)?;
    }
    Ok(hasher.finish())
}

fn hash_tree(path: &Path, hasher: &mut DefaultHasher) -> io::Result<()> {
    path.hash(hasher);
    if path.is_dir() {
        entries(path)?.iter().try_for_each(|entry| hash_tree(entry, hasher))
    } else {
        fs::read(path)?.hash(hasher);
        Ok(())
    }
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    if !from.is_dir() {
        // Written anew, so that a read-only source tree does not make read-only copies.
        return File::create(to)?.write_all(&fs::read(from)?);
    }
    fs::create_dir_all(to)?;
    entries(from)?.iter().try_for_each(|entry| copy(entry, &to.join(entry.file_name().unwrap_or_default())))
}

fn remove(path: &Path) -> io::Result<()> {
    let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    removed.or_else(|e| if e.kind() == ErrorKind::NotFound { Ok(()) } else { Err(e) })
}

/// What is in a folder, sorted.
fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = fs::read_dir(folder)?.map(|entry| entry.map(|e| e.path())).collect::<io::Result<Vec<_>>>()?;
    found.sort();
    Ok(found)
}

/// The folders in a folder; none when it cannot be read.
fn folders(folder: &Path) -> Vec<PathBuf> {
    entries(folder).unwrap_or_default().into_iter().filter(|path| path.is_dir()).collect()
}
