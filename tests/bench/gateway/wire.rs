//! Just enough HTTP/1.1 to measure with: messages that have a `content-length`, on connections that stay.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;

/// Where a message's body begins, and how long it is; none while the head is not complete.
pub fn frame(bytes: &[u8]) -> Option<(usize, usize)> {
    let head = bytes.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    Some((head, content_length(&bytes[..head])))
}

fn content_length(head: &[u8]) -> usize {
    const NAME: &[u8] = b"content-length:";
    let line = head
        .split(|&byte| byte == b'\n')
        .find(|line| line.get(..NAME.len()).is_some_and(|name| name.eq_ignore_ascii_case(NAME)));
    let line = line.expect("a message without content-length");
    let text = std::str::from_utf8(&line[NAME.len()..]).expect("a content-length that is no text");
    text.trim().parse().expect("a content-length that is no number")
}

/// What waits to be written to a connection that could not take it at once.
#[derive(Default)]
pub struct Unsent(Vec<u8>);

impl Unsent {
    /// Writes as much as goes; whether all did.
    pub fn send(&mut self, stream: &mut TcpStream, bytes: &[u8]) -> io::Result<bool> {
        if !self.0.is_empty() {
            self.0.extend_from_slice(bytes);
            return self.flush(stream);
        }
        let written = write_some(stream, bytes)?;
        self.0.extend_from_slice(&bytes[written..]);
        Ok(self.0.is_empty())
    }

    pub fn flush(&mut self, stream: &mut TcpStream) -> io::Result<bool> {
        let written = write_some(stream, &self.0)?;
        self.0.drain(..written);
        Ok(self.0.is_empty())
    }
}

fn write_some(stream: &mut TcpStream, bytes: &[u8]) -> io::Result<usize> {
    let mut written = 0;
    while written < bytes.len() {
        match stream.write(&bytes[written..]) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(count) => written += count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => break,
            Err(error) => return Err(error),
        }
    }
    Ok(written)
}

/// One blocking request; the body of the answer, whose status must be 200.
pub fn ask(address: std::net::SocketAddr, request: &[u8]) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(std::time::Duration::from_secs(10)))?;
    stream.write_all(request)?;
    let mut answer = Vec::new();
    let mut piece = vec![0; 64 * 1024];
    loop {
        if let Some((head, body)) = frame(&answer)
            && answer.len() >= head + body
        {
            let ok = answer.starts_with(b"HTTP/1.1 200");
            let body = answer.split_off(head);
            return if ok { Ok(body) } else { Err(io::Error::other(String::from_utf8_lossy(&body).into_owned())) };
        }
        match stream.read(&mut piece)? {
            0 => return Err(ErrorKind::UnexpectedEof.into()),
            count => answer.extend_from_slice(&piece[..count]),
        }
    }
}

/// A GraphQL request as bytes.
pub fn graphql_request(path: &str, body: &str) -> Vec<u8> {
    format!(
        "POST {path} HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\naccept: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}
