//! The versions of the graph that is served, as the registry that it comes from tells of them.
//!
//! | path below `/playground-data/history/` | what of the registry's |
//! |---|---|
//! | `versions?before=N` | `history` |
//! | `diff?from=N&to=N` | `diff` |
//! | `attempts` | `attempts`: what was to be published and did not compose |
//! | `checks?before=N` | `checks`: what was asked about before it was published |
//! | `POST rollback` | `rollback`, with `{version, message}` |
//!
//! The page may ask nobody but its gateway, so the gateway passes these on, and nothing else. Whoever asks brings a token
//! of the registry's in `weft-registry-token`: what they may do there is for the registry to say, and the gateway's own
//! token is not lent to anybody. The answer is `{status, answer}`, with the registry's status.

use super::data::told;
use crate::config::RegistrySettings;
use crate::source::registry::{RegistryClient, RegistryError};
use axum::body::Body;
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, PoisonError};

/// The header with the token of whoever asks.
const TOKEN: &str = "weft-registry-token";
/// Bytes of a body.
const LARGEST: usize = 16 * 1024;
/// What may be asked, and what it is called there.
const QUESTIONS: [(&str, &str); 4] =
    [("versions", "history"), ("diff", "diff"), ("attempts", "attempts"), ("checks", "checks")];

/// The way to the registry, kept as long as its settings do not change.
#[derive(Default)]
pub(super) struct Relay {
    client: Mutex<Option<(RegistrySettings, Arc<RegistryClient>)>>,
}

impl Relay {
    fn client(&self, settings: &RegistrySettings) -> Result<Arc<RegistryClient>, RegistryError> {
        let mut kept = self.client.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, client)) = kept.as_ref().filter(|(known, _)| known == settings) {
            return Ok(Arc::clone(client));
        }
        let client = Arc::new(RegistryClient::new(settings.clone())?);
        *kept = Some((settings.clone(), Arc::clone(&client)));
        Ok(client)
    }
}

/// Answers what is asked of the history.
pub(super) async fn answer(
    relay: &Relay,
    settings: &RegistrySettings,
    what: &str,
    request: Request<Incoming>,
) -> Response<Body> {
    let token = request.headers().get(TOKEN).and_then(|token| token.to_str().ok()).map(str::to_owned);
    let Some(token) = token else {
        return told(StatusCode::OK, &json!({ "status": 401, "answer": Value::Null }));
    };
    let question = QUESTIONS.iter().find(|(name, _)| *name == what).map(|(_, theirs)| *theirs);
    let (question, body) = match (request.method(), question, what) {
        (&Method::GET, Some(theirs), _) => (format!("{theirs}{}", numbers(request.uri().query())), None),
        (&Method::POST, None, "rollback") => {
            let Ok(body) = Limited::new(request.into_body(), LARGEST).collect().await else {
                return told(StatusCode::PAYLOAD_TOO_LARGE, &json!({ "error": "the body is too large, or broke off" }));
            };
            ("rollback".to_owned(), Some(body.to_bytes()))
        }
        _ => return told(StatusCode::NOT_FOUND, &json!({ "error": "not found" })),
    };
    pass_on(relay.client(settings), &question, &token, body).await
}

async fn pass_on(
    client: Result<Arc<RegistryClient>, RegistryError>,
    question: &str,
    token: &str,
    body: Option<Bytes>,
) -> Response<Body> {
    let relayed = match client {
        Ok(client) => client.relay(question, token, body).await,
        Err(error) => Err(error),
    };
    let answer = match relayed {
        Ok((status, body)) => {
            let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
            json!({ "status": status.as_u16(), "answer": answer })
        }
        Err(error) => json!({ "status": 502, "answer": { "errors": [{ "message": error.to_string() }] } }),
    };
    told(StatusCode::OK, &answer)
}

/// The numbers of a query string, and nothing else of it.
fn numbers(query: Option<&str>) -> String {
    let pairs = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    let known = pairs.filter(|(name, value)| {
        ["before", "from", "to"].contains(&&**name)
            && !value.is_empty()
            && value.bytes().all(|byte| byte.is_ascii_digit())
    });
    let pairs: Vec<String> = known.map(|(name, value)| format!("{name}={value}")).collect();
    if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_numbers_are_passed_on() {
        assert_eq!(numbers(Some("from=1&to=2&x=3")), "?from=1&to=2");
        assert_eq!(numbers(Some("from=../../x&before=7&to=")), "?before=7");
        assert_eq!(numbers(None), "");
    }
}
