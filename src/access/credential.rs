//! A request's headers -> the one credential that it brings.
//!
//! Of the places where a token may stand the first that has one decides; a header is looked at before a
//! cookie, which a browser sends whether it is meant or not. Everything else that could be read in two
//! ways is refused: a header or cookie that comes twice, an API key together with a token.

use super::Refusal;
use crate::config::{Authentication, TokenPlace};
use crate::store::secret;
use http::{HeaderMap, HeaderName, header};

/// What a request brings.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Presented<'a> {
    /// No credential.
    Nothing,
    /// A token, of whatever kind.
    Token(&'a str),
    /// An API key.
    Key(&'a str),
}

/// Where credentials stand.
#[derive(Debug)]
pub(super) struct Places {
    tokens: Vec<TokenPlace>,
    ignore_other_prefixes: bool,
    key: Option<HeaderName>,
}

impl Places {
    pub fn new(config: &Authentication) -> Self {
        Self {
            tokens: if config.takes_tokens() { config.token_places.clone() } else { Vec::new() },
            ignore_other_prefixes: config.ignore_other_prefixes,
            key: config.api_keys.as_ref().map(|keys| keys.header.clone()),
        }
    }

    /// The credential of a request.
    pub fn find<'a>(&self, headers: &'a HeaderMap) -> Result<Presented<'a>, Refusal> {
        let key = self.key(headers)?;
        match (key, self.token(headers)?) {
            (Some(_), Some(_)) => Err(Refusal::TwoCredentials),
            (Some(key), None) => Ok(Presented::Key(key)),
            (None, Some(token)) => Ok(Presented::Token(token)),
            (None, None) => Ok(Presented::Nothing),
        }
    }

    /// The API key. Where its header may hold a token too, it is told by how Weft's keys begin.
    fn key<'a>(&self, headers: &'a HeaderMap) -> Result<Option<&'a str>, Refusal> {
        let Some(name) = &self.key else { return Ok(None) };
        let Some(value) = only(headers, name)? else { return Ok(None) };
        let bare = behind_prefix(value, "Bearer").unwrap_or(value);
        let shared =
            self.tokens.iter().any(|place| matches!(place, TokenPlace::Header { name: own, .. } if own == name));
        Ok((!shared || bare.starts_with(secret::PREFIX)).then_some(bare))
    }

    fn token<'a>(&self, headers: &'a HeaderMap) -> Result<Option<&'a str>, Refusal> {
        for place in &self.tokens {
            let found = match place {
                TokenPlace::Header { name, prefix } => self.in_header(headers, name, prefix)?,
                TokenPlace::Cookie { name } => in_cookie(headers, name)?,
            };
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    fn in_header<'a>(
        &self,
        headers: &'a HeaderMap,
        name: &HeaderName,
        prefix: &str,
    ) -> Result<Option<&'a str>, Refusal> {
        let Some(value) = only(headers, name)? else { return Ok(None) };
        match behind_prefix(value, prefix) {
            Some(token) if self.key.as_ref() == Some(name) && token.starts_with(secret::PREFIX) => Ok(None),
            None if self.key.as_ref() == Some(name) && value.starts_with(secret::PREFIX) => Ok(None),
            Some(token) => Ok(Some(token)),
            None if self.ignore_other_prefixes => Ok(None),
            None => Err(Refusal::OtherPrefix),
        }
    }
}

/// The only value of a header.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, Refusal> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(Refusal::Repeated);
    }
    value.to_str().map(|text| Some(text.trim())).map_err(|_| Refusal::Unreadable)
}

/// What stands behind the prefix and a space; the whole text where there is to be no prefix.
fn behind_prefix<'a>(value: &'a str, prefix: &str) -> Option<&'a str> {
    if prefix.is_empty() {
        return Some(value);
    }
    let (own, rest) = value.split_at_checked(prefix.len())?;
    (own.eq_ignore_ascii_case(prefix) && rest.starts_with(' ')).then(|| rest.trim_start())
}

/// The only value of a cookie. Two of one name are what an attacker with a foothold on a neighbouring
/// domain can bring about.
fn in_cookie<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, Refusal> {
    let mut found = None;
    for value in headers.get_all(header::COOKIE) {
        let Ok(text) = value.to_str() else { continue };
        for pair in text.split(';') {
            let Some((own, value)) = pair.split_once('=') else { continue };
            if own.trim() == name && found.replace(value.trim().trim_matches('"')).is_some() {
                return Err(Refusal::Repeated);
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{ApiKeys, KeyLocation, TokenIssuer};

    fn places(change: impl FnOnce(&mut Authentication)) -> Places {
        let mut config = Authentication::default();
        config.issuers.push(TokenIssuer::new(KeyLocation::Inline("{}".into())));
        config.token_places.push(TokenPlace::Cookie { name: "session".into() });
        config.api_keys = Some(ApiKeys::new(HeaderName::from_static("x-api-key")));
        change(&mut config);
        Places::new(&config)
    }

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn the_first_place_with_a_token_decides() {
        let places = places(|_| {});
        let find = |pairs| places.find(&headers(pairs)).map(|found| format!("{found:?}"));
        assert_eq!(find(&[]).unwrap(), "Nothing");
        assert_eq!(find(&[("authorization", "bearer  a.b.c")]).unwrap(), "Token(\"a.b.c\")");
        assert_eq!(find(&[("cookie", "x=1; session=\"c\"; y")]).unwrap(), "Token(\"c\")");
        assert_eq!(find(&[("cookie", "session=c"), ("authorization", "Bearer h")]).unwrap(), "Token(\"h\")");
        assert_eq!(find(&[("x-api-key", "weft_a_b"), ("cookie", "xsession=c")]).unwrap(), "Key(\"weft_a_b\")");
    }

    #[test]
    fn what_can_be_read_in_two_ways_is_refused() {
        let places = places(|_| {});
        for (pairs, refusal) in [
            (&[("authorization", "Bearer a"), ("authorization", "Bearer a")][..], Refusal::Repeated),
            (&[("cookie", "session=a; session=b")], Refusal::Repeated),
            (&[("cookie", "session=a"), ("cookie", "session=b")], Refusal::Repeated),
            (&[("x-api-key", "weft_a_b"), ("x-api-key", "weft_c_d")], Refusal::Repeated),
            (&[("x-api-key", "weft_a_b"), ("authorization", "Bearer a")], Refusal::TwoCredentials),
            (&[("x-api-key", "weft_a_b"), ("cookie", "session=a")], Refusal::TwoCredentials),
            (&[("authorization", "Basic abc")], Refusal::OtherPrefix),
            (&[("authorization", "Bearer")], Refusal::OtherPrefix),
            (&[("authorization", "Bearerabc")], Refusal::OtherPrefix),
            (&[("authorization", "a.b.c")], Refusal::OtherPrefix),
        ] {
            assert_eq!(places.find(&headers(pairs)).unwrap_err(), refusal, "{pairs:?}");
        }
    }

    #[test]
    fn other_prefixes_are_ignored_on_request() {
        let places = places(|config| config.ignore_other_prefixes = true);
        assert_eq!(places.find(&headers(&[("authorization", "Basic abc")])).unwrap(), Presented::Nothing);
    }

    #[test]
    fn a_key_may_stand_where_tokens_do() {
        let places = places(|config| config.api_keys = Some(ApiKeys::new(header::AUTHORIZATION)));
        let find = |value| places.find(&headers(&[("authorization", value)])).map(|found| format!("{found:?}"));
        assert_eq!(find("Bearer weft_a_b").unwrap(), "Key(\"weft_a_b\")");
        assert_eq!(find("weft_a_b").unwrap(), "Key(\"weft_a_b\")");
        assert_eq!(find("Bearer a.b.c").unwrap(), "Token(\"a.b.c\")");
        assert_eq!(find("Basic abc").unwrap_err(), Refusal::OtherPrefix);
    }

    #[test]
    fn headers_without_a_meaning_are_not_looked_at() {
        let places = Places::new(&Authentication::default());
        let all = headers(&[("authorization", "Basic x"), ("authorization", "y"), ("x-api-key", "z")]);
        assert_eq!(places.find(&all).unwrap(), Presented::Nothing);
    }
}
