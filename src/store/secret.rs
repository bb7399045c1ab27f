//! The text of a key or of a registry's token: `weft_ID_SECRET`.
//!
//! The id is public: it finds the key, and stands in logs. The secret has 260 random bits, so one round of SHA-256
//! keeps it: nobody can try them out, and the slow hashes that passwords need would only help whoever floods the
//! gateway with bad keys.

use aws_lc_rs::digest::{SHA256, digest};
use std::fmt::Write;

/// How they begin, so that people and scanners of repositories know one when they see it.
pub const PREFIX: &str = "weft_";
/// Digits and letters, without those that look like others (Crockford's base 32).
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const ID_LENGTH: usize = 16;
const SECRET_LENGTH: usize = 52;

/// A key that was just made: the only time that it is at hand.
pub struct NewKey {
    /// The whole key.
    pub text: String,
    /// Its public name.
    pub id: String,
    /// What is kept of it.
    pub hash: String,
}

impl NewKey {
    /// A new key, of random bytes.
    ///
    /// # Errors
    /// When the system gives no random bytes.
    pub fn make() -> Result<Self, aws_lc_rs::error::Unspecified> {
        let mut bytes = [0; ID_LENGTH + SECRET_LENGTH];
        aws_lc_rs::rand::fill(&mut bytes)?;
        let letters: String = bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect();
        let (id, secret) = letters.split_at(ID_LENGTH);
        let text = format!("{PREFIX}{id}_{secret}");
        let hash = digits(&hash(&text));
        Ok(Self { id: id.to_owned(), hash, text })
    }
}

/// The id of a key, if the text has the form of one.
pub fn id(text: &str) -> Option<&str> {
    let parts = text.strip_prefix(PREFIX).and_then(|rest| rest.split_once('_'));
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    match parts {
        Some((id, secret))
            if (1..=32).contains(&id.len()) && (32..=128).contains(&secret.len()) && plain(id) && plain(secret) =>
        {
            Some(id)
        }
        _ => None,
    }
}

/// What is kept of a key.
pub fn hash(text: &str) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, text.as_bytes()).as_ref());
    hash
}

/// A hash in hexadecimal digits.
pub fn digits(hash: &[u8]) -> String {
    hash.iter().fold(String::with_capacity(hash.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_key_has_the_form_of_one() {
        let (one, other) = (NewKey::make().unwrap(), NewKey::make().unwrap());
        assert_eq!(id(&one.text).unwrap(), one.id);
        assert_eq!(one.text.len(), 5 + 16 + 1 + 52);
        assert_ne!(one.text, other.text);
        assert_eq!(crate::config::sha256(&one.hash), Some(hash(&one.text)));
        for bad in ["", "weft_", "weft_a_b", "weft__", &one.text[1..], &one.text.to_uppercase(), "weft_\u{e9}_x"] {
            assert!(id(bad).is_none(), "{bad}");
        }
    }
}
