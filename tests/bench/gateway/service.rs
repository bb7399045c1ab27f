//! The four services as one process: real bytes at nearly no cost.
//!
//! An answer is worked out when a body is seen for the first time; from then on it is a look-up and a
//! write. One thread, level-triggered epoll, no runtime.
//!
//! **Recording**: between the lines `record` and `stop` on standard input, replies are held back until
//! nothing more comes for a moment. What arrived together was asked together: these waves are what
//! the relay repeats, whatever gateway they were learnt from.

use super::answer;
use super::graph::SERVICES;
use super::wire::{self, Unsent};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use serde_json::json;
use std::collections::HashMap;
use std::io::{self, BufRead, ErrorKind, Read};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

/// How many milliseconds nothing must come before the held replies go out.
const SILENCE: u8 = 40;

/// Serves until standard input ends. Prints the ports of the services first.
pub fn run() {
    let listeners: Vec<TcpListener> =
        SERVICES.iter().map(|_| TcpListener::bind("127.0.0.1:0").expect("a free port")).collect();
    let ports: Vec<u16> =
        listeners.iter().map(|listener| listener.local_addr().expect("its own address").port()).collect();
    println!("{}", json!(ports));
    let (sender, words) = channel();
    thread::spawn(move || {
        for line in io::stdin().lock().lines().map_while(Result::ok) {
            let _ = sender.send(line);
        }
        std::process::exit(0);
    });
    Services::new(listeners, words).serve();
}

struct Connection {
    stream: TcpStream,
    service: usize,
    received: Vec<u8>,
    unsent: Unsent,
    /// Whether room to write in is waited for.
    blocked: bool,
}

struct Held {
    connection: usize,
    service: usize,
    body: Vec<u8>,
    reply: Arc<[u8]>,
}

struct Services {
    epoll: Epoll,
    listeners: Vec<TcpListener>,
    connections: Vec<Option<Connection>>,
    answers: HashMap<Vec<u8>, Arc<[u8]>, ahash::RandomState>,
    words: Receiver<String>,
    recording: bool,
    held: Vec<Held>,
    waves: Vec<Vec<Held>>,
}

impl Services {
    fn new(listeners: Vec<TcpListener>, words: Receiver<String>) -> Self {
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC).expect("an epoll instance");
        for (number, listener) in listeners.iter().enumerate() {
            listener.set_nonblocking(true).expect("a socket without blocking");
            epoll.add(listener, EpollEvent::new(EpollFlags::EPOLLIN, number as u64)).expect("a listener to wait for");
        }
        Self {
            epoll,
            listeners,
            connections: Vec::new(),
            answers: HashMap::default(),
            words,
            recording: false,
            held: Vec::new(),
            waves: Vec::new(),
        }
    }

    fn serve(mut self) {
        let mut events = vec![EpollEvent::empty(); 256];
        let mut scratch = vec![0; 256 * 1024];
        loop {
            let count = match self.epoll.wait(&mut events, EpollTimeout::from(SILENCE)) {
                Ok(count) => count,
                Err(nix::errno::Errno::EINTR) => continue,
                Err(error) => panic!("epoll: {error}"),
            };
            if count == 0 {
                self.release();
                self.listen_to_words();
            }
            for event in &events[..count] {
                let number = event.data() as usize;
                match number.checked_sub(self.listeners.len()) {
                    None => self.accept(number),
                    Some(connection) => {
                        if self.advance(connection, &mut scratch).is_err() {
                            self.connections[connection] = None;
                        }
                    }
                }
            }
        }
    }

    fn accept(&mut self, service: usize) {
        while let Ok((stream, _)) = self.listeners[service].accept() {
            stream.set_nonblocking(true).expect("a socket without blocking");
            let _ = stream.set_nodelay(true);
            let number = self.connections.iter().position(Option::is_none).unwrap_or_else(|| {
                self.connections.push(None);
                self.connections.len() - 1
            });
            let event = EpollEvent::new(EpollFlags::EPOLLIN, (number + self.listeners.len()) as u64);
            self.epoll.add(&stream, event).expect("a connection to wait for");
            self.connections[number] =
                Some(Connection { stream, service, received: Vec::new(), unsent: Unsent::default(), blocked: false });
        }
    }

    fn advance(&mut self, number: usize, scratch: &mut [u8]) -> io::Result<()> {
        let Some(connection) = self.connections[number].as_mut() else { return Ok(()) };
        send(connection, &self.epoll, number + self.listeners.len(), &[])?;
        let count = match connection.stream.read(scratch) {
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => 0,
            Err(error) => return Err(error),
        };
        connection.received.extend_from_slice(&scratch[..count]);
        while let Some((head, length)) = wire::frame(&connection.received)
            && connection.received.len() >= head + length
        {
            let body = &connection.received[head..head + length];
            let reply = match self.answers.get(body) {
                Some(reply) => Arc::clone(reply),
                None => {
                    let reply = message(&answer::answer(body));
                    self.answers.insert(body.to_vec(), Arc::clone(&reply));
                    reply
                }
            };
            if self.recording {
                let service = connection.service;
                self.held.push(Held { connection: number, service, body: body.to_vec(), reply });
            } else {
                send(connection, &self.epoll, number + self.listeners.len(), &reply)?;
            }
            connection.received.drain(..head + length);
        }
        Ok(())
    }

    /// Sends what was held back: it is one wave.
    fn release(&mut self) {
        if self.held.is_empty() {
            return;
        }
        for held in &self.held {
            if let Some(connection) = &mut self.connections[held.connection] {
                let _ = send(connection, &self.epoll, held.connection + self.listeners.len(), &held.reply);
            }
        }
        self.waves.push(std::mem::take(&mut self.held));
    }

    fn listen_to_words(&mut self) {
        while let Ok(word) = self.words.try_recv() {
            self.recording = word == "record";
            let waves: Vec<Vec<_>> = std::mem::take(&mut self.waves)
                .iter()
                .map(|wave| {
                    wave.iter().map(|held| json!([held.service, String::from_utf8_lossy(&held.body)])).collect()
                })
                .collect();
            println!("{}", json!(waves));
        }
    }
}

/// Writes what goes at once, and waits for room for the rest.
fn send(connection: &mut Connection, epoll: &Epoll, data: usize, reply: &[u8]) -> io::Result<()> {
    let blocked = !connection.unsent.send(&mut connection.stream, reply)?;
    if std::mem::replace(&mut connection.blocked, blocked) != blocked {
        let room = if blocked { EpollFlags::EPOLLOUT } else { EpollFlags::empty() };
        epoll.modify(&connection.stream, &mut EpollEvent::new(EpollFlags::EPOLLIN | room, data as u64))?;
    }
    Ok(())
}

fn message(body: &[u8]) -> Arc<[u8]> {
    let head = format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat().into()
}
