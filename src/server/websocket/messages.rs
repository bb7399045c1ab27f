//! The messages of `graphql-transport-ws`, as a server reads and writes them.

use crate::server::subscription::Sent;
use crate::upstream::SocketMessage;
use bytes::Bytes;
use std::sync::Arc;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

/// The subprotocol.
pub(super) const PROTOCOL: &str = "graphql-transport-ws";

/// Bytes of an id; a longer one is none.
const LONGEST_ID: usize = 256;

/// What a client has said.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// `connection_init`, with its payload.
    Init(Option<Bytes>),
    /// `ping`.
    Ping,
    /// `pong`.
    Pong,
    /// `subscribe`, with a GraphQL request.
    Subscribe(Arc<str>, Bytes),
    /// `complete`: it wants no more.
    Complete(Arc<str>),
}

/// Reads a message; nothing when it is none.
pub(super) fn read(text: &Bytes) -> Option<Said> {
    let message = SocketMessage::read(text)?;
    let id = || message.id.as_deref().filter(|id| !id.is_empty() && id.len() <= LONGEST_ID).map(Arc::from);
    let payload = message.payload(text);
    Some(match &*message.kind {
        "connection_init" => Said::Init(payload),
        "ping" => Said::Ping,
        "pong" => Said::Pong,
        "subscribe" => Said::Subscribe(id()?, payload?),
        "complete" => Said::Complete(id()?),
        _ => return None,
    })
}

pub(super) const ACKNOWLEDGED: Message = fixed("{\"type\":\"connection_ack\"}");
pub(super) const PONG: Message = fixed("{\"type\":\"pong\"}");

const fn fixed(text: &'static str) -> Message {
    Message::Text(Utf8Bytes::from_static(text))
}

/// What is sent to an operation, as a message; nothing when it is no text, which answers always are.
pub(super) fn write(id: &str, sent: &Sent) -> Option<Message> {
    let (kind, payload) = match sent {
        Sent::Next(answer) => ("next", Some(answer)),
        Sent::Failed(errors) => ("error", Some(errors)),
        Sent::Completed => ("complete", None),
    };
    let mut text = format!("{{\"id\":{},\"type\":\"{kind}\"", serde_json::Value::from(id)).into_bytes();
    if let Some(payload) = payload {
        text.extend_from_slice(b",\"payload\":");
        text.extend_from_slice(payload);
    }
    text.push(b'}');
    Some(Message::Text(Utf8Bytes::try_from(Bytes::from(text)).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Option<Said> {
        read(&Bytes::copy_from_slice(text.as_bytes()))
    }

    #[test]
    fn messages_are_read() {
        assert_eq!(said(r#"{"type":"connection_init"}"#), Some(Said::Init(None)));
        let payload = Bytes::from_static(b"{ \"query\": 1 }");
        let asked = r#"{"payload":{ "query": 1 },"id":"a","type":"subscribe","more":[]}"#;
        assert_eq!(said(asked), Some(Said::Subscribe("a".into(), payload)));
        assert_eq!(said(r#"{"type":"complete","id":"\u0061"}"#), Some(Said::Complete("a".into())));
        let long = format!(r#"{{"type":"complete","id":"{}"}}"#, "x".repeat(257));
        for other in [
            "",
            "null",
            "{}",
            r#"{"type":1}"#,
            r#"{"type":"next","id":"1"}"#,
            r#"{"type":"subscribe","id":"1"}"#,
            r#"{"type":"subscribe","payload":{}}"#,
            r#"{"type":"complete","id":""}"#,
            r#"{"type":"complete","id":1}"#,
            &long,
        ] {
            assert_eq!(said(other), None, "{other}");
        }
    }

    #[test]
    fn answers_are_written_under_their_id() {
        let text = |sent| write("a\"b", &sent).unwrap().into_text().unwrap().to_string();
        let answer = Sent::Next(Bytes::from_static(b"{\"data\":{}}"));
        assert_eq!(text(answer), r#"{"id":"a\"b","type":"next","payload":{"data":{}}}"#);
        assert_eq!(text(Sent::Failed(Bytes::from_static(b"[]"))), r#"{"id":"a\"b","type":"error","payload":[]}"#);
        assert_eq!(text(Sent::Completed), r#"{"id":"a\"b","type":"complete"}"#);
    }
}
