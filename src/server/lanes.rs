//! Serving threads: each has a runtime of its own, and whatever a connection needs stays on its thread.
//!
//! No task moves between threads and no thread wakes another, which on two processors made a request
//! cheaper than one shared runtime did (the figures stand in the benchmark). Sockets are accepted
//! elsewhere and handed to the lane with the fewest connections: `SO_REUSEPORT` would spread few
//! connections unevenly.

use crate::upstream;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use tokio::runtime::{self, Handle};
use tokio_util::sync::CancellationToken;

/// The serving threads; they end when this is dropped.
pub(super) struct Lanes {
    lanes: Vec<Lane>,
    end: CancellationToken,
}

struct Lane {
    handle: Handle,
    connections: Arc<AtomicUsize>,
}

/// A connection's place on a lane.
pub(super) struct Seat {
    /// The lane's runtime.
    pub handle: Handle,
    connections: Arc<AtomicUsize>,
}

impl Lanes {
    /// Starts one per processor.
    ///
    /// # Errors
    /// When the system gives no threads.
    pub fn start() -> io::Result<Self> {
        let end = CancellationToken::new();
        let lanes = (0..upstream::lanes()).map(|number| Lane::start(number, end.clone())).collect::<io::Result<_>>()?;
        Ok(Self { lanes, end })
    }

    /// A place on the lane with the fewest connections.
    pub fn seat(&self) -> Option<Seat> {
        let lane = self.lanes.iter().min_by_key(|lane| lane.connections.load(Ordering::Relaxed))?;
        lane.connections.fetch_add(1, Ordering::Relaxed);
        Some(Seat { handle: lane.handle.clone(), connections: Arc::clone(&lane.connections) })
    }
}

impl Drop for Lanes {
    fn drop(&mut self) {
        self.end.cancel();
    }
}

impl Lane {
    fn start(number: usize, end: CancellationToken) -> io::Result<Self> {
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        thread::Builder::new().name(format!("weft-serve-{number}")).spawn(move || {
            upstream::enter_lane(number);
            runtime.block_on(end.cancelled());
            runtime.shutdown_background();
        })?;
        Ok(Self { handle, connections: Arc::default() })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.connections.fetch_sub(1, Ordering::Relaxed);
    }
}
