//! Permissions: somebody may see how requests are answered, for a while, whoever they are.
//!
//! A permission is a JSON Web Token (HS256) that says nothing but for what it is and until when. It goes beside the
//! credential of a request and not in its place, so that whoever looks for the reason of a slow answer gets to see the
//! very request of the client who has it.

use super::clock::Millis;
use super::token::Compact;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};
use serde_json::{Value, json};
use std::time::Duration;

/// The header that it comes in.
pub const HEADER: &str = "weft-permission";
/// For what it is.
const AUDIENCE: &str = "weft:insight";
/// For how long one is good at most: it cannot be taken back.
pub const LONGEST: Duration = Duration::from_secs(24 * 3_600);

/// Makes a permission that is good for so long from now on; nothing when that is too long, or the key is none.
pub fn sign(key: &[u8], now: Millis, lifetime: Duration) -> Option<String> {
    if lifetime > LONGEST {
        return None;
    }
    let expires = now.div_euclid(1_000).saturating_add_unsigned(lifetime.as_secs());
    let header = URL_SAFE_NO_PAD.encode(json!({ "alg": "HS256", "typ": "JWT" }).to_string());
    let claims = URL_SAFE_NO_PAD.encode(json!({ "aud": AUDIENCE, "exp": expires }).to_string());
    let message = format!("{header}.{claims}");
    let signed = jsonwebtoken::crypto::sign(message.as_bytes(), &EncodingKey::from_secret(key), Algorithm::HS256);
    Some(format!("{message}.{}", signed.ok()?))
}

/// Whether a permission was made with this key, and is good now.
pub fn holds(permission: &str, key: &[u8], now: Millis) -> bool {
    let Ok(token) = Compact::parse(permission) else { return false };
    let verifying = DecodingKey::from_secret(key);
    let is_ours = || {
        let signed = token.signed.as_bytes();
        jsonwebtoken::crypto::verify(token.signature, signed, &verifying, Algorithm::HS256).unwrap_or(false)
    };
    let now = now.div_euclid(1_000);
    let longest = now.saturating_add_unsigned(LONGEST.as_secs());
    let expires = token.claims.get("exp").and_then(Value::as_i64).unwrap_or(i64::MIN);
    *token.algorithm == *"HS256"
        && token.claims.get("aud").is_some_and(|audience| audience == AUDIENCE)
        && now < expires
        && expires <= longest
        && is_ours()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &[u8] = b"a secret of thirty-two bytes....";
    const NOW: Millis = 1_800_000_000_000;

    #[test]
    fn a_permission_holds_until_it_ends() {
        let permission = sign(KEY, NOW, Duration::from_secs(900)).unwrap();
        assert!(holds(&permission, KEY, NOW) && holds(&permission, KEY, NOW + 899_000));
        assert!(!holds(&permission, KEY, NOW + 900_000));
        assert!(!holds(&permission, b"another secret of thirty-two b..", NOW));
    }

    #[test]
    fn none_is_good_for_long() {
        assert_eq!(sign(KEY, NOW, LONGEST + Duration::from_secs(1)), None);
        // Made by somebody with the key, for next week.
        let early = sign(KEY, NOW + 7 * 24 * 3_600_000, LONGEST).unwrap();
        assert!(!holds(&early, KEY, NOW));
    }

    #[test]
    fn what_is_for_something_else_is_none() {
        let encode = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let token = |header: Value, claims: Value| {
            let message = format!("{}.{}", encode(header), encode(claims));
            let key = EncodingKey::from_secret(KEY);
            let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, Algorithm::HS256).unwrap();
            format!("{message}.{signature}")
        };
        let (hs256, soon) = (|| json!({ "alg": "HS256" }), NOW / 1_000 + 60);
        assert!(holds(&token(hs256(), json!({ "aud": AUDIENCE, "exp": soon })), KEY, NOW));
        for wrong in [
            token(hs256(), json!({ "exp": soon })),
            token(hs256(), json!({ "aud": "weft", "exp": soon })),
            token(hs256(), json!({ "aud": AUDIENCE })),
            token(hs256(), json!({ "aud": AUDIENCE, "exp": soon.to_string() })),
            token(json!({ "alg": "none" }), json!({ "aud": AUDIENCE, "exp": soon })),
            String::new(),
            "a.b.c".to_owned(),
        ] {
            assert!(!holds(&wrong, KEY, NOW), "{wrong}");
        }
    }
}
