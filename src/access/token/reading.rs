//! Checked claims -> [`Claims`]: who, with which scopes and which tier.

use crate::access::clock::{Millis, millis};
use crate::access::{Claims, Credential};
use crate::config::ClaimNames;
use serde_json::{Map, Value};
use std::time::Duration;

/// The claims of a token of `issuer`.
pub(in crate::access) fn read(values: Map<String, Value>, issuer: &str, names: &ClaimNames) -> Claims {
    let mut scopes = Vec::new();
    let configured = names.scope.as_deref().and_then(|name| claim(&values, name));
    for value in [values.get("scope"), values.get("scp"), configured].into_iter().flatten() {
        add_scopes(value, &mut scopes);
    }
    let tier = names.tier.as_deref().and_then(|name| claim(&values, name)).and_then(Value::as_str).map(Into::into);
    let subject = values.get("sub").and_then(Value::as_str).map(Into::into);
    let expires = values.get("exp").and_then(expiry);
    let mut claims = Claims::new(Credential::Token { issuer: issuer.into() }, subject, scopes, values);
    claims.tier = tier;
    claims.expires = expires;
    claims
}

/// A time in seconds, which may have a fraction (RFC 7519, section 2).
fn expiry(seconds: &Value) -> Option<Millis> {
    let span = Duration::try_from_secs_f64(seconds.as_f64()?).ok()?;
    Some(millis(span))
}

/// A claim by its name, or by a JSON pointer.
pub(in crate::access) fn claim<'a>(values: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    let Some(rest) = name.strip_prefix('/') else { return values.get(name) };
    let unescaped = |token: &str| token.replace("~1", "/").replace("~0", "~");
    let (first, rest) = rest.split_once('/').map_or((rest, None), |(first, rest)| (first, Some(rest)));
    let value = values.get(&unescaped(first))?;
    rest.map_or(Some(value), |rest| value.pointer(&format!("/{rest}")))
}

/// Scopes are one string, separated by spaces (RFC 6749, section 3.3), or a list.
fn add_scopes(value: &Value, scopes: &mut Vec<Box<str>>) {
    match value {
        Value::String(text) => scopes.extend(text.split(' ').filter(|scope| !scope.is_empty()).map(Into::into)),
        Value::Array(list) => scopes.extend(list.iter().filter_map(Value::as_str).map(Into::into)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn scopes_are_read_in_every_usual_form() {
        let names = ClaimNames { scope: Some("/realm/ro~1les".into()), tier: Some("plan".into()) };
        let values = json!({
            "sub": "u1", "plan": "gold", "exp": 1.5, "scope": "a  b", "scp": ["c", 4], "realm": { "ro/les": ["d d"] }, "roles": ["e"],
        });
        let claims = read(values.as_object().unwrap().clone(), "me", &names);
        assert_eq!(claims.scopes().collect::<Vec<_>>(), ["a", "b", "c", "d d"]);
        assert_eq!((claims.subject.as_deref(), claims.tier.as_deref()), (Some("u1"), Some("gold")));
        assert_eq!(claims.expires, Some(1_500));
    }
}
