//! From a request to a connection (RFC 6455, section 4.2).

use super::conversation::Conversation;
use super::{messages, origin};
use crate::server::connections::Switch;
use crate::server::gateway::{Gateway, Served};
use crate::server::negotiation::MediaType;
use crate::server::rejection::Rejection;
use crate::server::response;
use axum::body::Body;
use http::header::{
    CONNECTION, HeaderMap, HeaderName, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL,
    SEC_WEBSOCKET_VERSION, UPGRADE,
};
use http::request::Parts;
use http::{Method, Response, StatusCode};
use hyper::upgrade::OnUpgrade;
use std::net::IpAddr;
use std::sync::Arc;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

/// Whether a request asks for a WebSocket.
pub(in crate::server) fn is_asked_for(head: &Parts) -> bool {
    head.method == Method::GET
        && head.headers.get(UPGRADE).is_some_and(|wanted| wanted.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

/// Answers such a request. What follows on its connection goes with the response, and begins when that is sent.
pub(in crate::server) fn respond(gateway: &Arc<Gateway>, served: &Served, head: Parts, peer: IpAddr) -> Response<Body> {
    match shake(gateway, served, head, peer) {
        Ok(response) => response,
        Err(rejection) => {
            rejection.errors().iter().for_each(|error| gateway.metrics().error(error.code));
            response::rejected(MediaType::Json, &rejection)
        }
    }
}

fn shake(gateway: &Arc<Gateway>, served: &Served, head: Parts, peer: IpAddr) -> Result<Response<Body>, Rejection> {
    let Parts { mut headers, mut extensions, .. } = head;
    let config = &served.snapshot.config;
    if !names(&headers, &CONNECTION, "upgrade") || !names(&headers, &SEC_WEBSOCKET_VERSION, "13") {
        return Err(Rejection::no_websocket());
    }
    let key = headers.get(SEC_WEBSOCKET_KEY).filter(|key| key.len() == KEY_LENGTH);
    let accept = key.map(|key| derive_accept_key(key.as_bytes())).ok_or_else(Rejection::no_websocket)?;
    let accept = HeaderValue::from_str(&accept).map_err(|_| Rejection::no_websocket())?;
    origin::check(&config.cors, &mut headers)?;
    let upgrade = extensions.remove::<OnUpgrade>().ok_or_else(Rejection::no_websocket)?;
    let speaks = names(&headers, &SEC_WEBSOCKET_PROTOCOL, messages::PROTOCOL);
    let (gateway, limit) = (Arc::clone(gateway), config.limits.http_max_request_bytes);
    let conversation = async move {
        if let Ok(socket) = upgrade.await {
            Conversation::new(gateway, socket, headers, peer, limit).await.run(speaks).await;
        }
    };
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    response.extensions_mut().insert(Switch::to(conversation));
    let out = response.headers_mut();
    out.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    out.insert(UPGRADE, HeaderValue::from_static("websocket"));
    out.insert(SEC_WEBSOCKET_ACCEPT, accept);
    // A client that does not speak it is told so by a close code, which is all that scripts get to see.
    if speaks {
        out.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(messages::PROTOCOL));
    }
    Ok(response)
}

/// Sixteen bytes in base64.
const KEY_LENGTH: usize = 24;

/// Whether one of the values of a header is this, by itself or in a list.
fn names(headers: &HeaderMap, header: &HeaderName, wanted: &str) -> bool {
    let values = headers.get_all(header).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|value| value.trim().eq_ignore_ascii_case(wanted))
}
