//! The claims of a token whose signature is right: times, issuer, audience (RFC 7519, section 4.1).

use crate::access::Refusal;
use crate::access::clock::Millis;
use serde_json::{Map, Value};

/// What a token's claims have to be.
#[derive(Debug)]
pub(in crate::access) struct Expected<'a> {
    pub issuers: &'a [String],
    pub audiences: &'a [String],
    pub requires_expiry: bool,
    /// How far clocks may be apart.
    pub leeway: Millis,
}

impl Expected<'_> {
    /// Checks the claims at this time; gives the time from which on they are not valid any more.
    pub fn check(&self, claims: &Map<String, Value>, now: Millis) -> Result<Millis, Refusal> {
        self.check_issuer(claims)?;
        self.check_audience(claims)?;
        if claims.get("sub").is_some_and(|subject| !subject.is_string()) {
            return Err(Refusal::Kind("sub"));
        }
        time(claims, "iat")?;
        if time(claims, "nbf")?.is_some_and(|begin| now.saturating_add(self.leeway) < begin) {
            return Err(Refusal::NotYet);
        }
        let end = match time(claims, "exp")? {
            Some(end) => end.saturating_add(self.leeway),
            None if self.requires_expiry => return Err(Refusal::Missing("exp")),
            None => Millis::MAX,
        };
        if now < end { Ok(end) } else { Err(Refusal::Expired) }
    }

    fn check_issuer(&self, claims: &Map<String, Value>) -> Result<(), Refusal> {
        match claims.get("iss") {
            Some(Value::String(issuer)) if self.issuers.is_empty() || self.issuers.contains(issuer) => Ok(()),
            Some(Value::String(_)) => Err(Refusal::Issuer),
            Some(_) => Err(Refusal::Kind("iss")),
            None if self.issuers.is_empty() => Ok(()),
            None => Err(Refusal::Missing("iss")),
        }
    }

    fn check_audience(&self, claims: &Map<String, Value>) -> Result<(), Refusal> {
        let fits = |audience: &str| self.audiences.iter().any(|own| own == audience);
        let found = match claims.get("aud") {
            None if self.audiences.is_empty() => return Ok(()),
            None => return Err(Refusal::Missing("aud")),
            Some(Value::String(audience)) => fits(audience),
            Some(Value::Array(all)) if all.iter().all(Value::is_string) => {
                all.iter().filter_map(Value::as_str).any(fits)
            }
            Some(_) => return Err(Refusal::Kind("aud")),
        };
        if found || self.audiences.is_empty() { Ok(()) } else { Err(Refusal::Audience) }
    }
}

/// A time in seconds since 1970, which may have a fraction.
fn time(claims: &Map<String, Value>, name: &'static str) -> Result<Option<Millis>, Refusal> {
    let Some(value) = claims.get(name) else { return Ok(None) };
    if let Some(seconds) = value.as_i64() {
        return Ok(Some(seconds.saturating_mul(1_000)));
    }
    let seconds = value.as_f64().ok_or(Refusal::Kind(name))?;
    // Far beyond any date it saturates.
    #[allow(clippy::cast_possible_truncation)]
    Ok(Some((seconds * 1_000.0) as Millis))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(claims: &Value, now: Millis) -> Result<Millis, Refusal> {
        let (issuers, audiences) = (["me".to_owned()], ["us".to_owned(), "them".to_owned()]);
        let expected = Expected { issuers: &issuers, audiences: &audiences, requires_expiry: true, leeway: 10_000 };
        expected.check(claims.as_object().unwrap(), now)
    }

    #[test]
    fn clocks_may_differ_by_the_leeway_and_no_more() {
        let claims = json!({ "iss": "me", "aud": "us", "nbf": 1_000, "exp": 2_000 });
        for (now, outcome) in [
            (989_999, Err(Refusal::NotYet)),
            (990_000, Ok(2_010_000)),
            (2_009_999, Ok(2_010_000)),
            (2_010_000, Err(Refusal::Expired)),
        ] {
            assert_eq!(check(&claims, now), outcome, "{now}");
        }
        let fraction = json!({ "iss": "me", "aud": "us", "exp": 2_000.5 });
        assert_eq!(check(&fraction, 2_010_499), Ok(2_010_500));
        assert_eq!(check(&fraction, 2_010_500), Err(Refusal::Expired));
    }

    #[test]
    fn one_audience_of_several_is_enough() {
        assert!(check(&json!({ "iss": "me", "aud": ["others", "us"], "exp": 1 }), 0).is_ok());
        assert_eq!(check(&json!({ "iss": "me", "aud": ["others", "else"], "exp": 1 }), 0), Err(Refusal::Audience));
        assert_eq!(check(&json!({ "iss": "me", "aud": [], "exp": 1 }), 0), Err(Refusal::Audience));
        assert_eq!(check(&json!({ "iss": "me", "aud": ["us", 1], "exp": 1 }), 0), Err(Refusal::Kind("aud")));
    }
}
