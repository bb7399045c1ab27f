//! Custom scalars, and ids as the stores number them.

use std::fmt;

use async_graphql::{ID, InputValueError, InputValueResult, Scalar, ScalarType, Value};
use chrono::{DateTime, SecondsFormat};

/// An amount in cents of a euro; `"19.90"` in GraphQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Money(pub i64);

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let cents = self.0.unsigned_abs();
        write!(f, "{sign}{}.{:02}", cents / 100, cents % 100)
    }
}

/// An amount of euros as a string with two decimals, such as `"19.90"`.
#[Scalar(name = "Money", specified_by_url = "https://schema.org/price")]
impl ScalarType for Money {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else {
            return Err(InputValueError::expected_type(value));
        };
        cents(text).map(Self).ok_or_else(|| InputValueError::custom("an amount looks like \"19.90\""))
    }

    fn to_value(&self) -> Value {
        Value::String(self.to_string())
    }
}

/// The cents of an amount of at most 15 digits before an optional point and one or two after it.
fn cents(text: &str) -> Option<i64> {
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (euros, decimals) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(euros) || !digits(decimals) || euros.len() > 15 || decimals.len() > 2 {
        return None;
    }
    let decimals: i64 = format!("{decimals:0<2}").parse().ok()?;
    let cents = euros.parse::<i64>().ok()? * 100 + decimals;
    Some(if negative { -cents } else { cents })
}

/// A moment in seconds since 1970; RFC 3339 in GraphQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(pub i64);

impl Moment {
    /// The present.
    pub fn now() -> Self {
        Self(chrono::Utc::now().timestamp())
    }
}

/// A moment in UTC, such as `2025-03-01T09:30:00Z`.
#[Scalar(name = "DateTime", specified_by_url = "https://scalars.graphql.org/andimarek/date-time.html")]
impl ScalarType for Moment {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else {
            return Err(InputValueError::expected_type(value));
        };
        DateTime::parse_from_rfc3339(text)
            .map(|moment| Self(moment.timestamp()))
            .map_err(|_| InputValueError::custom("a moment looks like \"2025-03-01T09:30:00Z\""))
    }

    fn to_value(&self) -> Value {
        let moment = DateTime::from_timestamp(self.0, 0).unwrap_or_default();
        Value::String(moment.to_rfc3339_opts(SecondsFormat::Secs, true))
    }
}

/// The number of a row, if `id` is written as this service writes ids.
pub fn row_id(id: &ID) -> Option<i64> {
    let text = id.as_str();
    let canonical = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    if canonical { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_written_as_it_is_read() {
        for (text, amount) in [("19.90", 1990), ("0.05", 5), ("-3.00", -300), ("1000000.00", 100_000_000)] {
            assert_eq!(cents(text), Some(amount));
            assert_eq!(Money(amount).to_string(), text);
        }
        assert_eq!(cents("7"), Some(700));
        assert_eq!(cents("7.5"), Some(750));
    }

    #[test]
    fn nonsense_is_no_money() {
        for text in ["", ".", "1.", ".5", "1,50", "1.234", "--1", "+1", "1e3", "9999999999999999"] {
            assert_eq!(cents(text), None, "{text}");
        }
    }

    #[test]
    fn only_canonical_ids_name_rows() {
        assert_eq!(row_id(&ID::from("42")), Some(42));
        for text in ["", "0", "042", "+4", "-4", "x", "99999999999999999999"] {
            assert_eq!(row_id(&ID::from(text)), None, "{text}");
        }
    }
}
