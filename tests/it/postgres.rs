//! A real PostgreSQL server on a free loopback port, for one test.

use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use weft::config::StoreLocation;

/// A PostgreSQL of the test's own, on a port that the system chose.
pub struct Postgres {
    folder: PathBuf,
    port: u16,
}

impl Postgres {
    /// Starts one, where it is installed; elsewhere the test says that it is left out.
    pub fn start() -> Option<Self> {
        let Some(programs) = Self::programs() else {
            assert!(std::env::var_os("CI").is_none(), "PostgreSQL is not installed");
            eprintln!("skipped: PostgreSQL is not installed");
            return None;
        };
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("weft postgres {} {number}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let data = folder.join("data");
        let run = |program: &str, arguments: &[&str]| {
            // PostgreSQL does not run as root; who is root runs it as somebody else.
            let program = programs.join(program);
            let mut command = if is_root() {
                let mut command = Command::new("setpriv");
                command.args(["--reuid", "65534", "--regid", "65534", "--clear-groups"]).arg(program);
                command
            } else {
                Command::new(program)
            };
            // The server outlives the command, and must not hold its pipes.
            let output = command.args(arguments).stdin(std::process::Stdio::null()).stdout(std::process::Stdio::null());
            assert!(output.status().unwrap().success(), "{arguments:?}");
        };
        if is_root() {
            assert!(Command::new("chown").args(["65534:65534"]).arg(&folder).status().unwrap().success());
        }
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let data = data.to_str().unwrap();
        run("initdb", &["-D", data, "-U", "weft", "-A", "trust", "--no-sync"]);
        let log = folder.join("log");
        let options = format!("-p {port} -h 127.0.0.1 -c unix_socket_directories='' -c fsync=off");
        run("pg_ctl", &["-D", data, "-w", "-o", &options, "-l", log.to_str().unwrap(), "start"]);
        Some(Self { folder, port })
    }

    fn programs() -> Option<PathBuf> {
        let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
        let paths = std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).collect::<Vec<_>>();
        let mut folders: Vec<PathBuf> = versions.map(|version| version.path().join("bin")).collect();
        folders.extend(paths);
        folders.into_iter().find(|folder| folder.join("initdb").exists() && folder.join("pg_ctl").exists())
    }

    /// Its database.
    pub fn location(&self) -> StoreLocation {
        StoreLocation::parse(&format!("postgres://weft@127.0.0.1:{}/postgres", self.port)).unwrap()
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // The first line of its file is the id of the process that was started here.
        if let Ok(text) = std::fs::read_to_string(self.folder.join("data/postmaster.pid"))
            && let Some(id) = text.lines().next()
        {
            let _ = Command::new("kill").args(["-QUIT", id]).status();
        }
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0)
}
