//! Lanes: the serving threads, each with a runtime of its own, as far as upstream has to know them.
//!
//! A connection is driven by the runtime that opened it. Connections and pools therefore belong to a
//! lane: whoever fetches on a lane uses that lane's, and no other thread is ever woken for it. Threads
//! that are no lanes share the first.

use std::cell::Cell;
use std::num::NonZero;
use std::sync::LazyLock;

thread_local! {
    static LANE: Cell<usize> = const { Cell::new(0) };
}

/// How many there are: one per processor.
pub fn lanes() -> usize {
    static COUNT: LazyLock<usize> = LazyLock::new(|| std::thread::available_parallelism().map_or(1, NonZero::get));
    *COUNT
}

/// Makes the calling thread serve as this lane. It must drive one runtime, and nothing else may.
pub fn enter_lane(lane: usize) {
    LANE.set(lane + 1);
}

/// One value for each lane, and one for the threads that are none.
#[derive(Debug)]
pub(super) struct PerLane<T>(Box<[T]>);

impl<T> PerLane<T> {
    /// Makes the values.
    pub(super) fn new(make: impl FnMut() -> T) -> Self {
        Self(std::iter::repeat_with(make).take(lanes() + 1).collect())
    }

    /// The calling thread's.
    pub(super) fn mine(&self) -> &T {
        let lane = LANE.get();
        self.0.get(lane).unwrap_or(&self.0[0])
    }
}
