//! Batches: an array of requests in one body, answered with an array of answers in the same order.
//!
//! Each entry takes the path of a request of its own: limits, access, costs, errors. They are answered side by side, as if
//! they had come over connections of their own, so what one of them writes another may not see yet.

use super::gateway::Gateway;
use super::rejection::Rejection;
use super::request::{Answer, Aside, Asking, operate};
use super::{execution::Executed, gateway::Served};
use crate::config::Batching;
use bytes::Bytes;
use futures::future::join_all;
use http::{Method, StatusCode};
use serde_json::json;
use serde_json::value::RawValue;

/// The requests of a body that is an array; none where it is one request.
pub(super) fn entries(
    method: &Method,
    body: &Bytes,
    batching: Option<Batching>,
) -> Result<Option<Vec<Bytes>>, Rejection> {
    if *method != Method::POST || body.trim_ascii_start().first() != Some(&b'[') {
        return Ok(None);
    }
    let Some(Batching { maximum_size }) = batching else {
        let message = "an array of requests is not accepted; send one request each";
        return Err(Rejection::new(StatusCode::BAD_REQUEST, "BATCHING_NOT_ENABLED", message));
    };
    let entries: Vec<&RawValue> = serde_json::from_slice(body)
        .map_err(|error| Rejection::bad_request(format!("the request body cannot be read: {error}")))?;
    match entries.len() {
        0 => Err(Rejection::bad_request("the request body is an array without a request")),
        count if count > maximum_size => {
            let message = format!("{count} requests in one body, and at most {maximum_size} are answered");
            Err(Rejection::new(StatusCode::PAYLOAD_TOO_LARGE, "BATCH_LIMIT_EXCEEDED", message))
        }
        _ => Ok(Some(entries.into_iter().map(|entry| body.slice_ref(entry.get().as_bytes())).collect())),
    }
}

/// The array of answers. What is told of the whole request is what is told of its first entry.
pub(super) async fn answer(
    gateway: &Gateway,
    served: &Served,
    asking: &Asking,
    entries: Vec<Bytes>,
    aside: &mut Aside,
) -> Bytes {
    let one = async |body: Bytes| {
        let mut own = Aside::default();
        let asking = Asking { body, ..asking.clone() };
        let alone = |_: &_| Err(Rejection::bad_request("a subscription has a request of its own"));
        let answer = operate(gateway, served.clone(), asking, alone, &mut own).await;
        (written(gateway, answer), own)
    };
    let (mut all, mut first) = (vec![b'['], None);
    for (answer, own) in join_all(entries.into_iter().map(one)).await {
        if first.is_some() {
            all.push(b',');
        }
        all.extend_from_slice(&answer);
        first.get_or_insert(own);
    }
    all.push(b']');
    if let Some(Aside { operation, demand, .. }) = first {
        (aside.operation, aside.demand) = (operation, demand);
    }
    all.into()
}

fn written(gateway: &Gateway, answer: Result<Answer<()>, Rejection>) -> Bytes {
    match answer {
        Ok(Answer::Whole(Executed { body, .. })) => body,
        Ok(Answer::Stream((), _)) => unreachable!("there is no form in which an entry could stream"),
        Err(rejection) => {
            rejection.errors().iter().for_each(|error| gateway.metrics().error(error.code));
            json!({ "errors": rejection.errors() }).to_string().into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(body: &'static str) -> Result<Option<usize>, Rejection> {
        let batching = Some(Batching { maximum_size: 2 });
        entries(&Method::POST, &Bytes::from_static(body.as_bytes()), batching)
            .map(|found| found.map(|found| found.len()))
    }

    #[test]
    fn an_array_is_a_batch_within_its_size() {
        assert_eq!(count(" {}").unwrap(), None);
        assert_eq!(count("").unwrap(), None);
        assert_eq!(count(" [ {}, 1 ]").unwrap(), Some(2));
        for bad in ["[]", "[{}", "[{},{},{}]", "[{}] x"] {
            assert!(count(bad).is_err(), "{bad}");
        }
        assert!(entries(&Method::POST, &Bytes::from_static(b"[{}]"), None).is_err());
    }
}
