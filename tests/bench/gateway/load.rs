//! The load: requests of one kind over kept connections, by one thread without a runtime.
//!
//! **Closed**: every connection asks again as soon as it is answered. **Open**: requests fall due at a
//! steady rate, whatever became of those before; one that finds no idle connection waits, and its
//! waiting counts. A slow answer so cannot hide the slowness of the ones behind it ("coordinated
//! omission").

use super::wire::{self, Unsent};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::time::TimeSpec;
use nix::sys::timerfd::{ClockId, Expiration, TimerFd, TimerFlags, TimerSetTimeFlags};
use std::collections::VecDeque;
use std::io::{ErrorKind, Read};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// How requests follow each other.
#[derive(Debug, Clone, Copy)]
pub enum Pace {
    Closed,
    /// So many a second.
    Open(f64),
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Outcome {
    pub requests: u64,
    pub elapsed: Duration,
    /// One per answer, sorted.
    latencies: Vec<Duration>,
}

impl Outcome {
    pub fn per_second(&self) -> f64 {
        self.requests as f64 / self.elapsed.as_secs_f64()
    }

    /// The latency that this part of the requests did not exceed, in milliseconds.
    pub fn percentile(&self, part: f64) -> f64 {
        let index = ((self.latencies.len() as f64 * part) as usize).min(self.latencies.len().saturating_sub(1));
        self.latencies.get(index).map_or(f64::NAN, |latency| latency.as_secs_f64() * 1e3)
    }
}

/// Connections to one system.
pub struct Load {
    epoll: Epoll,
    timer: TimerFd,
    connections: Vec<Connection>,
    idle: Vec<usize>,
    request: Vec<u8>,
    expected: usize,
    scratch: Vec<u8>,
}

struct Connection {
    stream: TcpStream,
    unsent: Unsent,
    /// When the request under way was due.
    due: Instant,
    /// Bytes of the answer that are still to come; none before its head is here.
    left: Option<usize>,
    head: Vec<u8>,
}

/// The timer's place among the connections.
const TIMER: u64 = u64::MAX;

impl Load {
    /// Opens the connections; every answer must have a body of `expected` bytes.
    pub fn connect(address: SocketAddr, connections: usize, request: &[u8], expected: usize) -> Self {
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC).expect("an epoll instance");
        let timer = TimerFd::new(ClockId::CLOCK_MONOTONIC, TimerFlags::TFD_NONBLOCK).expect("a timer");
        epoll.add(&timer, EpollEvent::new(EpollFlags::EPOLLIN, TIMER)).expect("a timer to wait for");
        let connections: Vec<Connection> = (0..connections)
            .map(|number| {
                let stream = TcpStream::connect(address).expect("a system that accepts connections");
                stream.set_nodelay(true).expect("a TCP socket");
                stream.set_nonblocking(true).expect("a socket without blocking");
                epoll.add(&stream, EpollEvent::new(EpollFlags::EPOLLIN, number as u64)).expect("a connection");
                Connection { stream, unsent: Unsent::default(), due: Instant::now(), left: None, head: Vec::new() }
            })
            .collect();
        let idle = (0..connections.len()).collect();
        Self { epoll, timer, connections, idle, request: request.to_vec(), expected, scratch: vec![0; 256 * 1024] }
    }

    /// Drives the system for a while.
    pub fn run(&mut self, pace: Pace, duration: Duration) -> Outcome {
        let start = Instant::now();
        let end = start + duration;
        let mut run = Run { start, end, due: VecDeque::new(), count: 0, outcome: Outcome::default() };
        let interval = match pace {
            Pace::Closed => None,
            Pace::Open(rate) => Some(Duration::from_secs_f64(1.0 / rate)),
        };
        match interval {
            Some(interval) => {
                let tick = Expiration::Interval(TimeSpec::from_duration(interval));
                self.timer.set(tick, TimerSetTimeFlags::empty()).expect("a timer that can be set");
            }
            None => {
                while let Some(number) = self.idle.pop() {
                    self.ask(number, Instant::now());
                }
            }
        }
        let mut events = vec![EpollEvent::empty(); 256];
        loop {
            let now = Instant::now();
            if now >= end && self.idle.len() == self.connections.len() && (interval.is_none() || run.due.is_empty()) {
                break;
            }
            assert!(now < end + Duration::from_secs(30), "a system stopped answering");
            let count = match self.epoll.wait(&mut events, EpollTimeout::from(100u8)) {
                Ok(count) => count,
                Err(nix::errno::Errno::EINTR) => continue,
                Err(error) => panic!("epoll: {error}"),
            };
            for event in &events[..count] {
                if event.data() == TIMER {
                    let _ = self.timer.wait();
                    run.fall_due(interval.unwrap_or(duration));
                } else {
                    self.advance(event.data() as usize, interval.is_none(), &mut run);
                }
            }
            while let (Some(&due), Some(&number)) = (run.due.front(), self.idle.last()) {
                run.due.pop_front();
                self.idle.pop();
                self.ask(number, due);
            }
        }
        self.timer.unset().expect("a timer that can be stopped");
        run.outcome.elapsed = start.elapsed();
        run.outcome.latencies.sort_unstable();
        run.outcome
    }

    fn ask(&mut self, number: usize, due: Instant) {
        let connection = &mut self.connections[number];
        connection.due = due;
        let sent = connection.unsent.send(&mut connection.stream, &self.request).expect("a connection that stays");
        assert!(sent, "a request does not fit into a socket's buffer");
    }

    fn advance(&mut self, number: usize, closed: bool, run: &mut Run) {
        let connection = &mut self.connections[number];
        let count = match connection.stream.read(&mut self.scratch) {
            Ok(0) => panic!("a system closed a connection"),
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return,
            Err(error) => panic!("a connection broke: {error}"),
        };
        let left = match connection.left {
            Some(left) => left - count,
            None => {
                connection.head.extend_from_slice(&self.scratch[..count]);
                let Some((head, body)) = wire::frame(&connection.head) else { return };
                assert!(connection.head.starts_with(b"HTTP/1.1 200"), "an answer that is not 200");
                assert_eq!(body, self.expected, "an answer of another length than the first one");
                let here = connection.head.len();
                connection.head.clear();
                head + body - here
            }
        };
        connection.left = Some(left).filter(|&left| left > 0);
        if left > 0 {
            return;
        }
        let now = Instant::now();
        run.outcome.requests += 1;
        run.outcome.latencies.push(now - connection.due);
        if closed && now < run.end {
            self.ask(number, now);
        } else {
            self.idle.push(number);
        }
    }
}

/// What changes during one run.
struct Run {
    start: Instant,
    end: Instant,
    /// Requests that are due and have no connection yet.
    due: VecDeque<Instant>,
    /// How many have fallen due.
    count: u32,
    outcome: Outcome,
}

impl Run {
    fn fall_due(&mut self, interval: Duration) {
        let now = Instant::now();
        loop {
            let due = self.start + interval * self.count;
            if due > now || due >= self.end {
                return;
            }
            self.count += 1;
            self.due.push_back(due);
        }
    }
}
