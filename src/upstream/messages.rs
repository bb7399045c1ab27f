//! The messages of GraphQL over WebSocket, in both of its protocols.
//!
//! | | `graphql-transport-ws` | `graphql-ws`, of old |
//! |---|---|---|
//! | subscribe | `subscribe` | `start` |
//! | an event | `next` | `data` |
//! | no more, said by the subgraph | `complete` | `complete` |
//! | no more, said by the gateway | `complete` | `stop` |
//! | are you there | `ping`, `pong` | `ka`, which wants no answer |

use crate::config::SubscriptionProtocol;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use std::borrow::Cow;

/// The one subscription of a connection.
const ID: &str = "1";

/// Which of the protocols is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    TransportWs,
    Old,
}

/// What a subgraph has said.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// It has taken the connection.
    Acknowledged,
    /// A GraphQL response.
    Event(Bytes),
    /// A GraphQL response that says why there is no subscription.
    Refused(Bytes),
    /// There are no more events.
    Completed,
    /// It wants an answer.
    Ping,
    /// Something that needs none.
    Sign,
}

/// A message as both protocols have it, whoever says it.
#[derive(Debug, Deserialize)]
pub struct SocketMessage<'a> {
    /// What it means.
    #[serde(rename = "type", borrow)]
    pub kind: Cow<'a, str>,
    /// Which operation it is about.
    #[serde(borrow, default)]
    pub id: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    payload: Option<&'a RawValue>,
}

impl<'a> SocketMessage<'a> {
    /// Reads a message; nothing when it is none.
    pub fn read(text: &'a Bytes) -> Option<Self> {
        serde_json::from_slice(text).ok()
    }

    /// Its payload, as a part of the text that was read.
    pub fn payload(&self, text: &Bytes) -> Option<Bytes> {
        self.payload.map(|raw| text.slice_ref(raw.get().as_bytes()))
    }
}

impl Dialect {
    pub(super) fn of(protocol: SubscriptionProtocol) -> Self {
        if protocol == SubscriptionProtocol::OldWebSocket { Self::Old } else { Self::TransportWs }
    }

    /// The subprotocol, as a handshake names it.
    pub(super) const fn name(self) -> HeaderValue {
        match self {
            Self::TransportWs => HeaderValue::from_static("graphql-transport-ws"),
            Self::Old => HeaderValue::from_static("graphql-ws"),
        }
    }

    /// The first message. Servers that look for credentials there, since a browser cannot send headers, find those that
    /// the configuration lets through: by their names, and a token also where Apollo's router puts it.
    pub(super) fn init(self, headers: &HeaderMap) -> String {
        let told = headers.iter().filter(|(name, _)| !crate::config::is_trace_header(name));
        let mut payload: Map<String, Value> =
            told.filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.into()))).collect();
        if let Some(token) = payload.get(header::AUTHORIZATION.as_str()).cloned() {
            payload.insert("connectionParams".to_owned(), json!({ "token": token }));
        }
        match payload.is_empty() {
            true => json!({ "type": "connection_init" }),
            false => json!({ "type": "connection_init", "payload": payload }),
        }
        .to_string()
    }

    /// The message that subscribes; `request` is JSON.
    pub(super) fn subscribe(self, request: &str) -> String {
        let kind = if self == Self::Old { "start" } else { "subscribe" };
        format!("{{\"id\":\"{ID}\",\"type\":\"{kind}\",\"payload\":{request}}}")
    }

    /// The message by which the gateway says that it wants no more.
    pub(super) fn leave(self) -> String {
        let kind = if self == Self::Old { "stop" } else { "complete" };
        format!("{{\"id\":\"{ID}\",\"type\":\"{kind}\"}}")
    }

    /// The question whether the other side is there, if the protocol has one.
    pub(super) fn ping(self) -> Option<&'static str> {
        (self == Self::TransportWs).then_some("{\"type\":\"ping\"}")
    }

    /// Reads a message of the subgraph; nothing when it is none, or not about the subscription.
    pub(super) fn read(self, text: &Bytes) -> Option<Said> {
        let message = SocketMessage::read(text)?;
        let is_ours = message.id.as_deref() == Some(ID);
        let payload = message.payload(text);
        Some(match (self, &*message.kind) {
            (_, "connection_ack") => Said::Acknowledged,
            (Self::TransportWs, "next") | (Self::Old, "data") if is_ours => Said::Event(payload?),
            (_, "error") if is_ours => Said::Refused(refusal(&payload?)),
            (_, "complete") if is_ours => Said::Completed,
            (Self::TransportWs, "ping") => Said::Ping,
            (Self::TransportWs, "pong") | (Self::Old, "ka") => Said::Sign,
            _ => return None,
        })
    }
}

/// Errors as a response that has nothing else. The old protocol has one error that is no list.
fn refusal(errors: &[u8]) -> Bytes {
    let list = errors.trim_ascii_start().starts_with(b"[");
    let (open, close): (&[u8], &[u8]) = if list { (b"{\"errors\":", b"}") } else { (b"{\"errors\":[", b"]}") };
    [open, errors, close].concat().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(dialect: Dialect, text: &'static str) -> Option<Said> {
        dialect.read(&Bytes::from_static(text.as_bytes()))
    }

    #[test]
    fn messages_are_read_in_both_protocols() {
        let event = || Some(Said::Event(Bytes::from_static(b"{ \"data\": {} }")));
        assert_eq!(read(Dialect::TransportWs, r#"{"id":"1","type":"next","payload":{ "data": {} }}"#), event());
        assert_eq!(read(Dialect::Old, r#"{"payload":{ "data": {} },"type":"data","id":"1"}"#), event());
        let refused = Said::Refused(Bytes::from_static(br#"{"errors":[{"message":"no"}]}"#));
        assert_eq!(
            read(Dialect::TransportWs, r#"{"id":"1","type":"error","payload":[{"message":"no"}]}"#).unwrap(),
            refused
        );
        assert_eq!(read(Dialect::Old, r#"{"id":"1","type":"error","payload":{"message":"no"}}"#).unwrap(), refused);
        assert_eq!(read(Dialect::TransportWs, r#"{"type":"ping","payload":null}"#), Some(Said::Ping));
        assert_eq!(read(Dialect::Old, r#"{"type":"ka"}"#), Some(Said::Sign));
        for other in [
            "",
            "null",
            "[]",
            r#"{"type":"next","id":"2","payload":{}}"#,
            r#"{"type":"next","id":1}"#,
            r#"{"id":"1","type":"next"}"#,
        ] {
            assert_eq!(read(Dialect::TransportWs, other), None, "{other}");
        }
    }

    #[test]
    fn credentials_stand_where_servers_look_for_them() {
        assert_eq!(Dialect::TransportWs.init(&HeaderMap::new()), r#"{"type":"connection_init"}"#);
        let mut headers = HeaderMap::new();
        headers.insert("authorization", HeaderValue::from_static("Bearer x"));
        headers.insert("traceparent", HeaderValue::from_static("00-1-2-03"));
        assert_eq!(
            Dialect::TransportWs.init(&headers),
            r#"{"type":"connection_init","payload":{"authorization":"Bearer x","connectionParams":{"token":"Bearer x"}}}"#
        );
    }
}
