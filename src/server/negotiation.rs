//! Media types: what the client wants to read and how it wrote (GraphQL over HTTP, sections 4 and 5).

use super::rejection::Rejection;
use http::StatusCode;
use http::header::{ACCEPT, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue};

/// The form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MediaType {
    /// `application/graphql-response+json`: the status tells of the operation.
    GraphqlResponse,
    /// `application/json`: the form of old; a well-formed request is always 200.
    Json,
}

impl MediaType {
    /// As a `content-type`.
    pub const fn header(self) -> HeaderValue {
        match self {
            Self::GraphqlResponse => HeaderValue::from_static("application/graphql-response+json; charset=utf-8"),
            Self::Json => HeaderValue::from_static("application/json; charset=utf-8"),
        }
    }

    const fn name(self) -> (&'static str, &'static str) {
        match self {
            Self::GraphqlResponse => ("application", "graphql-response+json"),
            Self::Json => ("application", "json"),
        }
    }
}

/// The form of answers that come one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StreamType {
    /// `multipart/mixed;subscriptionSpec=1.0`.
    Multipart,
    /// `text/event-stream`.
    ServerSent,
}

/// The form of a stream that the client likes best of those that it names: who takes anything, or multipart without
/// a word on subscriptions, may well wait for the end.
pub(super) fn stream_type(headers: &HeaderMap) -> Option<StreamType> {
    let named = ranges(headers).filter(|range| range.quality > 0).filter_map(|range| {
        let is = |kind: &str, subtype: &str| {
            range.kind.eq_ignore_ascii_case(kind) && range.subtype.eq_ignore_ascii_case(subtype)
        };
        let form = if is("text", "event-stream") {
            StreamType::ServerSent
        } else if is("multipart", "mixed") && range.subscriptions == Some("1.0") {
            StreamType::Multipart
        } else {
            return None;
        };
        Some((range.quality, form))
    });
    named.reduce(|best, next| if next.0 > best.0 { next } else { best }).map(|(_, form)| form)
}

/// The best form that the client accepts. Without preference, and for wildcards, it is
/// `application/json`, which clients that say nothing understand.
pub(super) fn response_type(headers: &HeaderMap) -> Result<MediaType, Rejection> {
    if !headers.contains_key(ACCEPT) {
        return Ok(MediaType::Json);
    }
    // At equal quality a type that is named beats a wildcard, and then the order of this list decides.
    let best = [MediaType::GraphqlResponse, MediaType::Json]
        .into_iter()
        .filter_map(|media| quality(headers, media).map(|rank| (rank, media)))
        .filter(|&((quality, _), _)| quality > 0)
        .reduce(|best, next| if next.0 > best.0 || (next.0 == best.0 && next.0.1 < NAMED) { next } else { best });
    match best {
        Some((_, media)) => Ok(media),
        None => Err(Rejection::new(
            StatusCode::NOT_ACCEPTABLE,
            "NOT_ACCEPTABLE",
            "the answer can be application/graphql-response+json or application/json",
        )),
    }
}

/// Whether `Accept` names one of the two forms: what an element of a web page (image, script, form) cannot do.
pub(super) fn names_a_response_type(headers: &HeaderMap) -> bool {
    [MediaType::GraphqlResponse, MediaType::Json]
        .into_iter()
        .any(|media| quality(headers, media).is_some_and(|(quality, specificity)| quality > 0 && specificity == NAMED))
}

/// Whether `Accept` names `text/html`: a browser shows a page to a person.
pub(super) fn wants_a_page(headers: &HeaderMap) -> bool {
    ranges(headers).any(|range| range.kind.eq_ignore_ascii_case("text") && range.subtype.eq_ignore_ascii_case("html"))
}

/// The specificity of a range that names the type.
const NAMED: u8 = 2;

/// Quality in thousandths and specificity of the most specific range that holds `media` (RFC 9110, section 12.5.1).
fn quality(headers: &HeaderMap, media: MediaType) -> Option<(u16, u8)> {
    let (kind, subtype) = media.name();
    ranges(headers)
        .filter_map(|range| {
            let specificity = match (range.kind, range.subtype) {
                ("*", "*") => 0,
                (a, "*") if a.eq_ignore_ascii_case(kind) => 1,
                (a, b) if a.eq_ignore_ascii_case(kind) && b.eq_ignore_ascii_case(subtype) => NAMED,
                _ => return None,
            };
            Some((specificity, range.quality))
        })
        .max_by_key(|&(specificity, quality)| (specificity, quality))
        .map(|(specificity, quality)| (quality, specificity))
}

struct Range<'a> {
    kind: &'a str,
    subtype: &'a str,
    /// In thousandths.
    quality: u16,
    /// Its parameter `subscriptionSpec`.
    subscriptions: Option<&'a str>,
}

fn ranges(headers: &HeaderMap) -> impl Iterator<Item = Range<'_>> {
    let values = headers.get_all(ACCEPT).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).filter_map(|range| {
        let mut parts = range.split(';').map(str::trim);
        let (kind, subtype) = parts.next()?.split_once('/')?;
        let (mut quality, mut subscriptions) = (1000, None);
        for parameter in parts {
            let Some((name, value)) = parameter.split_once('=') else { continue };
            let (name, value) = (name.trim(), value.trim().trim_matches('"'));
            if name.eq_ignore_ascii_case("q") {
                quality = thousandths(value)?;
            } else if name.eq_ignore_ascii_case("subscriptionSpec") {
                subscriptions = Some(value);
            } else if name.eq_ignore_ascii_case("charset") && !is_utf8(value) {
                return None;
            }
        }
        Some(Range { kind, subtype, quality, subscriptions })
    })
}

/// `0`, `0.5`, `1.000`: at most three decimals, at most one.
fn thousandths(value: &str) -> Option<u16> {
    let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
    let digits = |text: &str| text.len() <= 3 && text.bytes().all(|byte| byte.is_ascii_digit());
    if !matches!(whole, "0" | "1") || !digits(fraction) {
        return None;
    }
    let value = format!("{whole}{fraction:0<3}").parse::<u16>().ok()?;
    (value <= 1000).then_some(value)
}

/// Accepts a POST body that is `application/json` in UTF-8 and not compressed.
pub(super) fn check_request_body(headers: &HeaderMap) -> Result<(), Rejection> {
    let identity = |value: &HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"identity") || value.is_empty();
    if !headers.get_all(CONTENT_ENCODING).iter().all(identity) {
        return Err(Rejection::encoded_body());
    }
    if is_json(headers) {
        return Ok(());
    }
    Err(Rejection::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "UNSUPPORTED_MEDIA_TYPE",
        "the request body must be sent as application/json in UTF-8",
    ))
}

/// Whether there is exactly one content type and it is `application/json` in UTF-8.
pub(super) fn is_json(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(CONTENT_TYPE).iter();
    let (Some(value), None) = (values.next().and_then(|value| value.to_str().ok()), values.next()) else {
        return false;
    };
    let mut parts = value.split(';').map(str::trim);
    let essence = parts.next().is_some_and(|essence| essence.eq_ignore_ascii_case("application/json"));
    essence
        && parts.all(|parameter| match parameter.split_once('=') {
            Some((name, value)) if name.trim().eq_ignore_ascii_case("charset") => {
                is_utf8(value.trim().trim_matches('"'))
            }
            _ => true,
        })
}

fn is_utf8(charset: &str) -> bool {
    charset.eq_ignore_ascii_case("utf-8") || charset.eq_ignore_ascii_case("utf8")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepted(accept: &'static str) -> Option<MediaType> {
        let headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static(accept))]);
        response_type(&headers).ok()
    }

    #[test]
    fn the_best_accepted_type_is_chosen() {
        let (graphql, json) = (Some(MediaType::GraphqlResponse), Some(MediaType::Json));
        for (accept, expected) in [
            ("*/*", json),
            ("application/*", json),
            ("application/json", json),
            ("application/graphql-response+json", graphql),
            ("application/graphql-response+json, application/json;q=0.9", graphql),
            ("application/json, application/graphql-response+json;q=0.9", json),
            ("application/json, application/graphql-response+json", graphql),
            ("application/graphql-response+json; charset=utf-8, */*", graphql),
            ("application/json;q=0, */*", graphql),
            ("APPLICATION/JSON;Q=0.5, text/html", json),
            ("text/html, */*;q=0.1", json),
            ("application/graphql-response+json;q=0.2, */*;q=0.8", json),
            ("application/json; charset=latin1", None),
            ("text/html", None),
            ("application/json;q=0", None),
            ("", None),
        ] {
            assert_eq!(accepted(accept), expected, "{accept}");
        }
        assert_eq!(response_type(&HeaderMap::new()).ok(), json);
    }

    #[test]
    fn a_stream_has_to_be_asked_for_by_name() {
        let stream =
            |accept: &'static str| stream_type(&HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static(accept))]));
        let (multipart, events) = (Some(StreamType::Multipart), Some(StreamType::ServerSent));
        for (accept, expected) in [
            ("multipart/mixed;subscriptionSpec=1.0, application/json", multipart),
            ("multipart/mixed; boundary=\"graphql\"; subscriptionSpec=\"1.0\", */*", multipart),
            ("text/event-stream", events),
            ("Text/Event-Stream, multipart/mixed;subscriptionspec=1.0", events),
            ("text/event-stream;q=0.5, multipart/mixed;subscriptionSpec=1.0", multipart),
            ("multipart/mixed;deferSpec=20220824, application/json", None),
            ("multipart/mixed;subscriptionSpec=2.0", None),
            ("text/event-stream;q=0", None),
            ("*/*", None),
            ("application/json", None),
        ] {
            assert_eq!(stream(accept), expected, "{accept}");
        }
    }

    #[test]
    fn request_bodies_are_json_in_utf8() {
        for (content_type, fits) in [
            ("application/json", true),
            ("application/json; charset=UTF-8", true),
            ("application/json;charset=\"utf-8\"", true),
            ("application/json; charset=iso-8859-1", false),
            ("text/plain", false),
            ("text/plain; application/json", false),
            ("application/jsonx", false),
        ] {
            let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(content_type))]);
            assert_eq!(check_request_body(&headers).is_ok(), fits, "{content_type}");
        }
        assert!(check_request_body(&HeaderMap::new()).is_err());
    }
}
