//! Time and memory of this process, as the kernel counts them.
//!
//! Time is processor time of the measuring thread, so that other load on the machine does not count.
//! The kernel updates it every few milliseconds: short stages are repeated and averaged. What takes
//! microseconds is timed with the wall clock, many times over, and the median is taken of the runs during
//! which the thread kept its processor.

use std::fs;
use std::hint::black_box;
use std::time::Instant;

/// Processor time that a measurement should at least comprise, in milliseconds.
const ENOUGH: f64 = 80.0;

/// Runs of one operation.
const RUNS: usize = 301;

/// Runs of one operation that may be thrown away.
const MOST_INTERRUPTED: usize = 3_000;

/// Runs a stage; gives what it made and the milliseconds it took, averaged over as many runs as it needs.
pub fn stage<T>(mut run: impl FnMut() -> T) -> (T, f64) {
    let start = processor();
    let mut made = run();
    let mut runs = 1.0;
    while processor() - start < ENOUGH {
        made = black_box(run());
        runs += 1.0;
    }
    (made, (processor() - start) / runs)
}

/// Runs a stage once, for those that memory is measured of.
pub fn once<T>(run: impl FnOnce() -> T) -> (T, f64) {
    let start = processor();
    let made = run();
    (made, processor() - start)
}

/// The median time of something short, in microseconds.
pub fn median<T>(mut run: impl FnMut() -> T) -> f64 {
    let mut times = Vec::with_capacity(RUNS);
    for attempt in 0.. {
        let turns = counts().2;
        let start = Instant::now();
        black_box(run());
        let time = start.elapsed().as_secs_f64() * 1e6;
        // On a machine that is never idle, interrupted runs are better than none.
        if counts().2 <= turns || attempt > MOST_INTERRUPTED {
            times.push(time);
        }
        if times.len() == RUNS {
            break;
        }
    }
    times.sort_by(f64::total_cmp);
    times[RUNS / 2]
}

/// Milliseconds for which this thread has run.
fn processor() -> f64 {
    counts().0 / 1e6
}

/// What the kernel counts of this thread: nanoseconds on a processor, nanoseconds of waiting for one, and
/// how often it was given one.
fn counts() -> (f64, f64, f64) {
    let counts = fs::read_to_string("/proc/thread-self/schedstat").expect("Linux counts a thread's time");
    let mut counts = counts.split_whitespace().filter_map(|count| count.parse::<u64>().ok());
    let mut next = || counts.next().expect("there are three counts");
    (next() as f64, next() as f64, next() as f64)
}

/// Memory of a process in MB (2^20 bytes): `VmRSS`, now, or `VmHWM`, the most it ever was.
pub fn memory(process: &str, field: &str) -> f64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with(field)).unwrap_or_default();
    let kilobytes = line.split_whitespace().nth(1).and_then(|count| count.parse::<f64>().ok());
    kilobytes.unwrap_or(f64::NAN) / 1024.0
}
