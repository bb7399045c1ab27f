//! W3C trace context: `traceparent` and `tracestate` in from the client and out to subgraphs.
//!
//! The trace, its flags and its state are the client's; every outbound request has a span id of its
//! own. Where the client sent none, or none that is valid, a trace begins here. It begins sampled:
//! services that decide by their parent would otherwise stop recording the moment a gateway stands
//! before them. (<https://www.w3.org/TR/trace-context/>)

use crate::config::Sampling;
use http::{HeaderMap, HeaderName, HeaderValue};
use std::cell::RefCell;
use std::fmt;
use std::hash::{BuildHasher, Hasher, RandomState};

static TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
static TRACESTATE: HeaderName = HeaderName::from_static("tracestate");

/// The one flag of version 00 that means something to us.
const SAMPLED: u8 = 0x01;
/// What fits is passed on; a longer `tracestate` may be dropped whole (section 3.3.1.5 asks for 512 at least).
const MAX_TRACESTATE: usize = 8_192;

/// A trace: 16 bytes, never zero, written as 32 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TraceId(u128);

/// A span of a trace: 8 bytes, never zero, written as 16 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SpanId(u64);

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl fmt::Debug for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl TraceId {
    /// Its bytes, the highest first.
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }
}

impl SpanId {
    /// A new one.
    pub fn random() -> Self {
        Self(random())
    }

    /// The span that the headers of an outbound request name.
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        headers.get(&TRACEPARENT).and_then(|value| parse(value.as_bytes())).map(|(_, span, _)| span)
    }

    /// Its bytes, the highest first.
    pub const fn to_bytes(self) -> [u8; 8] {
        self.0.to_be_bytes()
    }
}

/// The trace that one client request belongs to.
#[derive(Debug, Clone)]
pub struct TraceContext {
    trace: TraceId,
    /// The client's span, if it has one.
    parent: Option<SpanId>,
    sampled: bool,
    state: Option<HeaderValue>,
}

impl TraceContext {
    /// The client's trace, or a new one.
    pub fn from_headers(headers: &HeaderMap) -> Self {
        match headers.get(&TRACEPARENT).and_then(|value| parse(value.as_bytes())) {
            Some((trace, parent, flags)) => {
                Self { trace, parent: Some(parent), sampled: flags & SAMPLED != 0, state: state(headers) }
            }
            None => Self::start(),
        }
    }

    /// A new trace.
    pub fn start() -> Self {
        let trace = TraceId(u128::from(random()) << 64 | u128::from(random()));
        Self { trace, parent: None, sampled: true, state: None }
    }

    /// The client's trace or a new one, sampled as it is wanted: where the client does not decide, by a share of all
    /// traces that is the same for every process that looks at their ids, as OpenTelemetry's `TraceIdRatioBased` is.
    pub fn sampled_by(headers: &HeaderMap, sampling: Sampling) -> Self {
        let mut context = Self::from_headers(headers);
        if context.parent.is_none() || !sampling.follows_parent {
            #[expect(clippy::cast_possible_truncation, reason = "the lower half is what is looked at")]
            let drawn = (context.trace.0 as u64) >> 1;
            #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            let bound = (sampling.share * (1_u64 << 63) as f64) as u64;
            context.sampled = drawn < bound;
        }
        context
    }

    /// What tracing systems have to say to each other, as the client sent it.
    pub fn state(&self) -> Option<&str> {
        self.state.as_ref()?.to_str().ok()
    }

    /// The trace.
    pub fn trace_id(&self) -> TraceId {
        self.trace
    }

    /// The client's span.
    pub fn parent(&self) -> Option<SpanId> {
        self.parent
    }

    /// Whether the trace is recorded.
    pub fn sampled(&self) -> bool {
        self.sampled
    }

    /// Writes the headers of one outbound request, which becomes a new span.
    pub fn inject(&self, headers: &mut HeaderMap) -> SpanId {
        let span = SpanId::random();
        if let Ok(value) = HeaderValue::from_bytes(&self.traceparent(span)) {
            headers.insert(TRACEPARENT.clone(), value);
        }
        if let Some(state) = &self.state {
            headers.insert(TRACESTATE.clone(), state.clone());
        }
        span
    }

    /// `00-<trace>-<span>-<flags>`.
    fn traceparent(&self, span: SpanId) -> [u8; 55] {
        let mut text = *b"00-00000000000000000000000000000000-0000000000000000-00";
        hex(&mut text[3..35], self.trace.0);
        hex(&mut text[36..52], u128::from(span.0));
        text[54] = b'0' + u8::from(self.sampled);
        text
    }
}

/// Writes the lowest digits of `number` into all of `digits`.
fn hex(digits: &mut [u8], mut number: u128) {
    for digit in digits.iter_mut().rev() {
        *digit = b"0123456789abcdef"[(number & 0xf) as usize];
        number >>= 4;
    }
}

/// Reads `version-trace-parent-flags`; a later version than 00 may have more fields behind (section 4.3).
fn parse(text: &[u8]) -> Option<(TraceId, SpanId, u8)> {
    let fields = text.get(..55)?;
    if fields[2] != b'-' || fields[35] != b'-' || fields[52] != b'-' {
        return None;
    }
    let version = number(&fields[..2])?;
    let ends_well = if version == 0 { text.len() == 55 } else { text.get(55).is_none_or(|&next| next == b'-') };
    if version == 0xff || !ends_well {
        return None;
    }
    let trace = number(&fields[3..35]).filter(|&id| id != 0)?;
    let parent = number(&fields[36..52]).and_then(|id| u64::try_from(id).ok()).filter(|&id| id != 0)?;
    let flags = u8::try_from(number(&fields[53..55])?).ok()?;
    Some((TraceId(trace), SpanId(parent), flags))
}

/// Lower-case hexadecimal digits, as the specification demands.
fn number(digits: &[u8]) -> Option<u128> {
    digits.iter().try_fold(0_u128, |number, &digit| {
        let value = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            _ => return None,
        };
        Some(number << 4 | u128::from(value))
    })
}

/// `tracestate` may come in several headers; they are one list.
fn state(headers: &HeaderMap) -> Option<HeaderValue> {
    let mut values = headers.get_all(&TRACESTATE).iter().filter(|value| !value.is_empty());
    let first = values.next()?;
    let mut joined = Vec::new();
    for value in values {
        if joined.is_empty() {
            joined.extend_from_slice(first.as_bytes());
        }
        joined.push(b',');
        joined.extend_from_slice(value.as_bytes());
    }
    let state = if joined.is_empty() { first.clone() } else { HeaderValue::from_bytes(&joined).ok()? };
    (state.len() <= MAX_TRACESTATE).then_some(state)
}

/// A random number that is not zero. Each thread's generator is seeded by the system's randomness, by
/// way of the keys of a `RandomState`.
fn random() -> u64 {
    thread_local! {
        static GENERATOR: RefCell<fastrand::Rng> =
            RefCell::new(fastrand::Rng::with_seed(RandomState::new().build_hasher().finish()));
    }
    GENERATOR.with_borrow_mut(|generator| generator.u64(1..))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context(headers: &[(&'static str, &'static str)]) -> TraceContext {
        let headers = headers
            .iter()
            .map(|&(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .fold(HeaderMap::new(), |mut map, (name, value)| {
                map.append(name, value);
                map
            });
        TraceContext::from_headers(&headers)
    }

    #[test]
    fn the_clients_trace_goes_on_under_a_new_span() {
        let context = context(&[
            ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"),
            ("tracestate", "a=1"),
            ("tracestate", "b=2"),
        ]);
        let (mut one, mut two) = (HeaderMap::new(), HeaderMap::new());
        let spans = (context.inject(&mut one), context.inject(&mut two));
        assert_ne!(spans.0, spans.1);
        assert_eq!(one["traceparent"], format!("00-4bf92f3577b34da6a3ce929d0e0e4736-{}-00", spans.0));
        assert_eq!(one["tracestate"], "a=1,b=2");
        assert_eq!(context.parent().unwrap().to_string(), "00f067aa0ba902b7");
    }

    #[test]
    fn what_is_not_valid_begins_a_new_trace_without_state() {
        for bad in [
            "",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        ] {
            let context = context(&[("traceparent", bad), ("tracestate", "a=1")]);
            assert_eq!(context.parent(), None, "{bad}");
            assert_eq!(context.state, None, "{bad}");
            assert!(context.sampled());
        }
    }

    #[test]
    fn a_later_version_is_read_as_far_as_it_is_known() {
        let context = context(&[("traceparent", "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what-else")]);
        assert_eq!(context.trace_id().to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
    }
}
