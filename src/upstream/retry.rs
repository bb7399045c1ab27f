//! What is sent again, and how long is waited before.
//!
//! Sent again is what may go well the next time: what reached nobody, broke off, or was answered with a status that says
//! so. A mutation only where the subgraph can not have acted on it, unless the configuration takes that on itself.
//!
//! The wait is drawn between nothing and a bound that doubles: *full jitter*, which spreads those who failed together
//! best (M. Brooker, *Exponential Backoff And Jitter*, AWS Architecture Blog, 2015). `Retry-After` is the least that is
//! waited.
//!
//! **Time.** A subgraph's `timeout` is for all attempts together: so it says the same with retries as without them, and a
//! subgraph that does not answer costs a client no more of its time. An attempt that times out has by itself used all
//! of it; whoever wants those repeated too sets `attempt_timeout`. Nothing is waited for that would end after the time
//! of the fetch, or of the client request that began it.

use super::FetchError;
use super::budget::Budget;
use crate::config::Retry;
use chrono::{DateTime, Utc};
use http::{HeaderMap, StatusCode, header};
use std::time::Duration;

/// How requests to one subgraph are sent again.
pub(super) struct Retries {
    pub(super) settings: Retry,
    pub(super) budget: Budget,
}

/// Why a request is sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryReason {
    /// It reached nobody.
    Connect,
    /// There was no trust.
    Tls,
    /// The connection broke off.
    Interrupted,
    /// The attempt took longer than one may.
    Timeout,
    /// The reply had this status.
    Status(StatusCode),
}

impl RetryReason {
    /// As metrics and traces have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Interrupted => "interrupted",
            Self::Timeout => "timeout",
            Self::Status(StatusCode::TOO_MANY_REQUESTS) => "http_429",
            Self::Status(StatusCode::BAD_GATEWAY) => "http_502",
            Self::Status(StatusCode::SERVICE_UNAVAILABLE) => "http_503",
            Self::Status(StatusCode::GATEWAY_TIMEOUT) => "http_504",
            Self::Status(_) => "http",
        }
    }
}

impl Retries {
    pub(super) fn new(settings: &Retry) -> Self {
        Self { settings: settings.clone(), budget: Budget::new(&settings.budget) }
    }

    /// Why an attempt is reason for another one, if it is: one that was answered with a status, or failed.
    pub(super) fn reason(&self, outcome: Result<StatusCode, FetchError>, writes: bool) -> Option<RetryReason> {
        let (reason, is_safe) = match outcome {
            Err(error) => (of_error(error)?, error.retry_is_safe()),
            Ok(status) => (of_status(status)?, false),
        };
        (!writes || is_safe || self.settings.mutations).then_some(reason)
    }

    /// How long to wait after the attempt of this number, the first being 1. `drawn` is from 0 to 1.
    pub(super) fn wait(&self, attempt: usize, drawn: f64) -> Duration {
        let doublings = u32::try_from(attempt.saturating_sub(1)).unwrap_or(u32::MAX);
        let bound = self.settings.interval.saturating_mul(2_u32.saturating_pow(doublings));
        bound.min(self.settings.max_interval).mul_f64(drawn)
    }
}

fn of_error(error: FetchError) -> Option<RetryReason> {
    match error {
        FetchError::Connect => Some(RetryReason::Connect),
        FetchError::Tls => Some(RetryReason::Tls),
        FetchError::Interrupted => Some(RetryReason::Interrupted),
        FetchError::Timeout => Some(RetryReason::Timeout),
        FetchError::TooLarge { .. }
        | FetchError::Encoding
        | FetchError::Overloaded
        | FetchError::CircuitOpen
        | FetchError::Protocol
        | FetchError::Unsendable => None,
    }
}

fn of_status(status: StatusCode) -> Option<RetryReason> {
    match status {
        StatusCode::TOO_MANY_REQUESTS
        | StatusCode::BAD_GATEWAY
        | StatusCode::SERVICE_UNAVAILABLE
        | StatusCode::GATEWAY_TIMEOUT => Some(RetryReason::Status(status)),
        _ => None,
    }
}

/// How long a reply asks to be left alone: seconds or a date (RFC 9110, section 10.2.3).
pub(super) fn retry_after(headers: &HeaderMap, now: DateTime<Utc>) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = DateTime::parse_from_rfc2822(text).ok()?;
    Some((date.with_timezone(&Utc) - now).to_std().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn reply(status: u16) -> Result<StatusCode, FetchError> {
        Ok(StatusCode::from_u16(status).unwrap())
    }

    #[test]
    fn reads_are_repeated_and_writes_only_where_nobody_saw_them() {
        let careful = Retries::new(&Retry::default());
        let bold = Retries::new(&Retry { mutations: true, ..Retry::default() });
        for (result, read, write) in [
            (Err(FetchError::Connect), true, true),
            (Err(FetchError::Tls), true, true),
            (Err(FetchError::Interrupted), true, false),
            (Err(FetchError::Timeout), true, false),
            (Err(FetchError::TooLarge { limit: 1 }), false, false),
            (Err(FetchError::Encoding), false, false),
            (Err(FetchError::Overloaded), false, false),
            (Err(FetchError::CircuitOpen), false, false),
            (reply(200), false, false),
            (reply(400), false, false),
            (reply(429), true, false),
            (reply(500), false, false),
            (reply(502), true, false),
            (reply(503), true, false),
            (reply(504), true, false),
        ] {
            assert_eq!(careful.reason(result, false).is_some(), read, "{result:?}");
            assert_eq!(careful.reason(result, true).is_some(), write, "{result:?}");
            assert_eq!(bold.reason(result, true).is_some(), read, "{result:?}");
        }
    }

    #[test]
    fn the_bound_of_the_wait_doubles_up_to_the_longest() {
        let settings =
            Retry { interval: Duration::from_millis(50), max_interval: Duration::from_millis(300), ..Retry::default() };
        let retries = Retries::new(&settings);
        let bounds: Vec<u128> = (1..=5).map(|attempt| retries.wait(attempt, 1.0).as_millis()).collect();
        assert_eq!(bounds, [50, 100, 200, 300, 300]);
        assert_eq!(retries.wait(3, 0.5), Duration::from_millis(100));
        assert_eq!(retries.wait(usize::MAX, 0.0), Duration::ZERO);
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = DateTime::parse_from_rfc2822("Sun, 06 Nov 1994 08:49:37 GMT").unwrap().with_timezone(&Utc);
        let said = |text: &'static str| {
            let headers = HeaderMap::from_iter([(header::RETRY_AFTER, HeaderValue::from_static(text))]);
            retry_after(&headers, now).map(|wait| wait.as_secs())
        };
        assert_eq!(said("120"), Some(120));
        assert_eq!(said("Sun, 06 Nov 1994 08:50:07 GMT"), Some(30));
        assert_eq!(said("Sun, 06 Nov 1994 08:00:00 GMT"), Some(0), "it is over");
        for none in ["", "soon", "-1", "1.5", "99999999999999999999999"] {
            assert_eq!(said(none), None, "{none}");
        }
    }
}
