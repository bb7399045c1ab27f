//! A real Redis server on a free loopback port, for one test.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// A running server; killed when dropped.
pub struct RedisServer {
    process: Child,
    port: u16,
    settings: Vec<String>,
}

impl RedisServer {
    /// Starts one. Where it is not installed the test is skipped and says so, but in CI that is a failure.
    pub fn start() -> Option<Self> {
        Self::start_with(&[])
    }

    /// Starts one with more settings.
    pub fn start_with(settings: &[&str]) -> Option<Self> {
        Self::spawned(settings).map(Self::ready)
    }

    fn spawned(settings: &[&str]) -> Option<Self> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        match spawn(port, settings) {
            Ok(process) => {
                let settings = settings.iter().map(ToString::to_string).collect();
                Some(Self { process, port, settings })
            }
            Err(error) if std::env::var_os("CI").is_none() => {
                eprintln!("SKIPPED: redis-server cannot be started ({error}); install it to run this test");
                None
            }
            Err(error) => panic!("redis-server cannot be started: {error}"),
        }
    }

    /// Starts one that speaks TLS only, by files of a certificate and its key.
    pub fn start_with_tls(certificate: &str, key: &str) -> Option<Self> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port().to_string();
        // What is said last counts.
        let tls = ["--port", "0", "--tls-port", &port, "--tls-auth-clients", "no"];
        let mut server = Self::spawned(&[&tls[..], &["--tls-cert-file", certificate, "--tls-key-file", key]].concat())?;
        server.port = port.parse().unwrap();
        Some(server.ready())
    }

    /// Where clients reach it.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Where clients reach one with TLS.
    pub fn tls_url(&self) -> String {
        format!("rediss://localhost:{}", self.port)
    }

    /// Stops it at once, as a crash would.
    pub fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Starts it again at the same port, with nothing in it.
    pub fn restart(&mut self) {
        let settings: Vec<&str> = self.settings.iter().map(String::as_str).collect();
        self.process = spawn(self.port, &settings).unwrap();
        self.wait();
    }

    /// Makes it forget all keys and scripts.
    pub fn flush(&self) {
        for command in ["FLUSHALL\r\n", "SCRIPT FLUSH\r\n"] {
            let mut connection = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).unwrap();
            connection.write_all(command.as_bytes()).unwrap();
            let mut answer = [0; 5];
            connection.read_exact(&mut answer).unwrap();
            assert_eq!(&answer, b"+OK\r\n");
        }
    }

    /// Makes it hang: it keeps its connections and answers nothing.
    pub fn freeze(&self) {
        self.signal("-STOP");
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let status = Command::new("kill").args([signal, &self.process.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    fn ready(self) -> Self {
        self.wait();
        self
    }

    fn wait(&self) {
        let start = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_err() {
            assert!(start.elapsed() < Duration::from_secs(20), "redis-server does not listen");
            sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        // A frozen process dies of SIGKILL too.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn spawn(port: u16, settings: &[&str]) -> std::io::Result<Child> {
    Command::new("redis-server")
        .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
        .args(settings)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
}
