//! The threads on which operations are prepared, away from those that serve.
//!
//! A bounded queue: when it is full the caller learns at once, and the client is told to come back.
//! The stacks are large because validation and planning recurse as deep as a document nests. A job
//! that panics costs its own answer, never a thread. Where the system can do it the threads have a lower
//! priority than those that serve: new operations wait for cached traffic, never the other way round.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::{io, thread};

type Job = Box<dyn FnOnce() + Send>;

/// Threads that prepare operations; they end when the pool is dropped and the queue is empty.
#[derive(Debug)]
pub struct Pool {
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    wake: Condvar,
    capacity: usize,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Job>,
    closed: bool,
}

/// The queue is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full;

impl Pool {
    /// Enough for selections as deep as the limits allow, in a build without optimization too.
    const STACK: usize = 16 * 1024 * 1024;

    /// Jobs that may wait for each thread; at a few milliseconds each this is a second of work.
    const WAITING_PER_THREAD: usize = 256;

    /// Starts `threads` threads (at least one), or as many as half of the processors.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(threads: Option<usize>) -> io::Result<Self> {
        let half = || thread::available_parallelism().map_or(1, |processors| processors.get().div_ceil(2));
        let threads = threads.unwrap_or_else(half).max(1);
        let shared = Arc::new(Shared {
            state: Mutex::default(),
            wake: Condvar::new(),
            capacity: threads * Self::WAITING_PER_THREAD,
        });
        for number in 0..threads {
            let shared = Arc::clone(&shared);
            let name = format!("weft-prepare-{number}");
            thread::Builder::new().name(name).stack_size(Self::STACK).spawn(move || {
                yield_to_others();
                shared.work();
            })?;
        }
        Ok(Self { shared })
    }

    /// Puts a job into the queue.
    ///
    /// # Errors
    /// [`Full`] when too many wait already.
    pub fn submit(&self, job: impl FnOnce() + Send + 'static) -> Result<(), Full> {
        let mut state = self.shared.lock();
        if state.queue.len() >= self.shared.capacity {
            return Err(Full);
        }
        state.queue.push_back(Box::new(job));
        drop(state);
        self.shared.wake.notify_one();
        Ok(())
    }
}

/// Gives the calling thread a tenth of the weight that others have. On Linux priorities are the threads';
/// elsewhere they are the process's and stay as they are.
fn yield_to_others() {
    #[cfg(target_os = "linux")]
    {
        use rustix::{process::setpriority_process, thread::gettid};
        if let Err(error) = setpriority_process(Some(gettid()), 10) {
            tracing::debug!(%error, "planning has the priority of serving");
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.wake.notify_all();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self) {
        while let Some(job) = self.next() {
            if catch_unwind(AssertUnwindSafe(job)).is_err() {
                tracing::error!("a panic while an operation was prepared");
            }
        }
    }

    fn next(&self) -> Option<Job> {
        let idle = |state: &mut State| state.queue.is_empty() && !state.closed;
        let mut state = self.wake.wait_while(self.lock(), idle).unwrap_or_else(PoisonError::into_inner);
        state.queue.pop_front()
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("capacity", &self.capacity).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[test]
    fn a_panicking_job_does_not_take_its_thread_along() {
        let pool = Pool::start(Some(1)).unwrap();
        pool.submit(|| panic!("on purpose")).unwrap();
        let (sender, receiver) = mpsc::channel();
        pool.submit(move || sender.send(7).unwrap()).unwrap();
        assert_eq!(receiver.recv(), Ok(7));
    }

    #[test]
    fn a_full_queue_says_so() {
        let pool = Pool::start(Some(1)).unwrap();
        let (release, wait) = mpsc::channel::<()>();
        pool.submit(move || wait.recv().unwrap_or_default()).unwrap();
        // The first job may have left the queue already.
        let taken = (0..=Pool::WAITING_PER_THREAD).take_while(|_| pool.submit(|| ()).is_ok()).count();
        assert!(taken <= Pool::WAITING_PER_THREAD && taken + 1 >= Pool::WAITING_PER_THREAD);
        drop(release);
    }
}
