//! Why a service of the demo did not start: each message names the path or the address concerned
//! and what to do about it.

use std::net::SocketAddr;
use std::path::PathBuf;

/// Why a service did not start.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// Nothing can listen on that address.
    #[error("the {service} service cannot listen on {address}: {source}; stop what uses it, or choose another port")]
    Listen {
        /// The service's name.
        service: &'static str,
        /// The address asked for.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// The data directory cannot be made or used.
    #[error("cannot use {} as the data directory: {source}; choose another with --data DIR, or --data memory", path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is damaged, or no SQLite database at all.
    #[error("{} is damaged or no SQLite database ({source}); delete it, and it is made afresh", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        source: sqlx::Error,
    },
    /// The file is a healthy database of something else, which must not be overwritten.
    #[error("{} is a database of another program; move it away, or choose another --data DIR", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The database cannot be opened or filled for another reason.
    #[error("cannot open or fill {}: {source}; check that it is writable, or use --data memory", path.display())]
    Database {
        /// The file, or `memory`.
        path: PathBuf,
        /// What SQLite said.
        source: sqlx::Error,
    },
    /// A service's start panicked.
    #[error("a service of the demo panicked while it started: {0}")]
    Panicked(tokio::task::JoinError),
}
