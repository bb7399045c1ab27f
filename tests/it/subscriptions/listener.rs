//! A client that listens, in either form of HTTP.

use super::{World, patiently};
use crate::serving::gateway::Answer;
use memchr::memmem;
use serde_json::{Value, json};

/// How the client reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    ServerSent,
    Multipart,
}

impl Form {
    pub const ALL: [Self; 2] = [Self::ServerSent, Self::Multipart];

    pub const fn accept(self) -> &'static str {
        match self {
            Self::ServerSent => "text/event-stream",
            Self::Multipart => "multipart/mixed;subscriptionSpec=1.0, application/json",
        }
    }
}

/// A subscription as the client has it.
pub struct Listener {
    response: reqwest::Response,
    form: Form,
    received: Vec<u8>,
}

impl World {
    /// Subscribes.
    pub async fn listen(&self, form: Form, query: &str) -> Listener {
        self.listen_with(form, json!({ "query": query }), &[]).await
    }

    /// Subscribes, with variables and headers.
    pub async fn listen_with(&self, form: Form, body: Value, headers: &[(&str, &str)]) -> Listener {
        Listener::of(self.send(form.accept(), body, headers).send().await.unwrap(), form).await
    }

    /// Subscribes where that is refused.
    pub async fn refused(&self, accept: &str, query: &str) -> Answer {
        Answer::of(self.send(accept, json!({ "query": query }), &[])).await
    }

    fn send(&self, accept: &str, body: Value, headers: &[(&str, &str)]) -> reqwest::RequestBuilder {
        let request = self.gateway.client.post(&self.gateway.url).header("content-type", "application/json");
        let request = request.header("accept", accept).body(body.to_string());
        headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))
    }
}

impl Listener {
    /// The answers that a response brings.
    pub async fn of(response: reqwest::Response, form: Form) -> Self {
        let kind = response.headers()["content-type"].to_str().unwrap().to_owned();
        let expected = match form {
            Form::ServerSent => "text/event-stream; charset=utf-8",
            Form::Multipart => "multipart/mixed;boundary=\"graphql\";subscriptionSpec=1.0",
        };
        if kind != expected {
            panic!("{kind}: {}", response.text().await.unwrap());
        }
        Self { response, form, received: Vec::new() }
    }

    /// The next answer, passing over signs of life; null when there are no more.
    pub async fn next(&mut self) -> Value {
        loop {
            let text = match self.form {
                Form::ServerSent => self.until(b"\n\n").await,
                Form::Multipart => self.until(b"--graphql").await,
            };
            match self.form {
                Form::ServerSent if text.starts_with("event: complete") => return Value::Null,
                Form::ServerSent => {
                    let data: String = text.lines().filter_map(|line| line.strip_prefix("data: ")).collect();
                    if let Some("event: next") = text.lines().next() {
                        return serde_json::from_str(&data).unwrap();
                    }
                    assert_eq!(text, ":", "neither an event nor a comment");
                }
                Form::Multipart if text == "--\r\n" => return Value::Null,
                Form::Multipart => {
                    let Some((_, content)) = text.split_once("\r\n\r\n") else { continue };
                    let mut part: Value = serde_json::from_str(content).unwrap();
                    match part.get_mut("payload").map(Value::take) {
                        None => assert_eq!(part, json!({})),
                        Some(Value::Null) => return json!({ "errors": part["errors"] }),
                        Some(payload) => return payload,
                    }
                }
            }
        }
    }

    /// The text up to a mark, or up to the end.
    async fn until(&mut self, mark: &[u8]) -> String {
        loop {
            if let Some(at) = memmem::find(&self.received, mark) {
                let text = String::from_utf8(self.received[..at].to_vec()).unwrap();
                self.received.drain(..at + mark.len());
                return text;
            }
            match patiently(self.response.chunk()).await.unwrap() {
                Some(chunk) => self.received.extend_from_slice(&chunk),
                None => return String::from_utf8(std::mem::take(&mut self.received)).unwrap(),
            }
        }
    }
}
