//! Whose budget it is.
//!
//! The configuration lists what may name a client; the first that a request has does. What a client can choose
//! freely (a header that no proxy sets) names as many clients as it likes: such a header belongs into the list only
//! where something trusted sets it.

use crate::access::{Claims, Credential};
use crate::config::ClientName;
use http::HeaderMap;
use serde_json::Value;
use std::fmt::{self, Write};
use std::net::{IpAddr, Ipv6Addr};

/// Longer names of clients are none: a table of them is bounded in number only.
const LONGEST_NAME: usize = 256;

/// Who has a budget. Two of different kinds are never the same.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Client {
    /// An API key, by its public id.
    Key(Box<str>),
    /// A token's subject, of an issuer.
    Subject(Box<str>),
    /// The value of a claim.
    Claim(Box<str>),
    /// The value of a header.
    Header(Box<str>),
    /// An address: an IPv4 one, or the /64 of an IPv6 one, which is what one subscriber gets.
    Address(IpAddr),
}

impl Client {
    /// The client of a request from `address`: the first of `names` that it has, else the address.
    pub fn of(names: &[ClientName], claims: &Claims, headers: &HeaderMap, address: IpAddr) -> Self {
        names.iter().find_map(|name| Self::by(name, claims, headers)).unwrap_or_else(|| Self::at(address))
    }

    fn by(name: &ClientName, claims: &Claims, headers: &HeaderMap) -> Option<Self> {
        let bounded =
            |text: &str| -> Option<Box<str>> { (!text.is_empty() && text.len() <= LONGEST_NAME).then(|| text.into()) };
        match name {
            ClientName::ApiKey => match &claims.credential {
                Credential::Key { id } => Some(Self::Key(id.clone())),
                _ => None,
            },
            ClientName::Subject => {
                let subject = claims.subject.as_deref().and_then(bounded)?;
                match &claims.credential {
                    // A subject is one among those of its issuer.
                    Credential::Token { issuer } => Some(Self::Subject([issuer, "\n", &*subject].concat().into())),
                    _ => Some(Self::Subject(subject)),
                }
            }
            ClientName::Claim(claim) => match claims.values.get(&**claim)? {
                Value::String(text) => bounded(text).map(Self::Claim),
                Value::Number(number) => Some(Self::Claim(number.to_string().into())),
                _ => None,
            },
            ClientName::Header(header) => headers.get(header)?.to_str().ok().and_then(bounded).map(Self::Header),
        }
    }

    /// The client at an address.
    pub fn at(address: IpAddr) -> Self {
        Self::Address(match address.to_canonical() {
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
            }
            v4 @ IpAddr::V4(_) => v4,
        })
    }
}

/// As part of a key in Redis: what is not plain is escaped, so that different clients have different keys.
impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, name) = match self {
            Self::Address(address) => return write!(f, "ip:{address}"),
            Self::Key(name) => ("key", name),
            Self::Subject(name) => ("subject", name),
            Self::Claim(name) => ("claim", name),
            Self::Header(name) => ("header", name),
        };
        write!(f, "{kind}:")?;
        for byte in name.bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'@' | b'|' => {
                    f.write_char(byte.into())?
                }
                _ => write!(f, "%{byte:02x}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderName;
    use serde_json::Map;

    #[test]
    fn the_first_name_that_a_request_has_counts() {
        let names = [
            ClientName::ApiKey,
            ClientName::Claim("org".into()),
            ClientName::Subject,
            ClientName::Header(HeaderName::from_static("x-client")),
        ];
        let address = "192.0.2.7".parse().unwrap();
        let mut headers = HeaderMap::new();
        let of = |claims: &Claims, headers: &HeaderMap| Client::of(&names, claims, headers, address).to_string();
        assert_eq!(of(&Claims::anonymous(), &headers), "ip:192.0.2.7");
        headers.insert("x-client", "app one".parse().unwrap());
        assert_eq!(of(&Claims::anonymous(), &headers), "header:app%20one");
        headers.insert("x-client", "a".repeat(257).parse().unwrap());
        assert_eq!(of(&Claims::anonymous(), &headers), "ip:192.0.2.7");
        let token = Credential::Token { issuer: "https://id.example".into() };
        let mut claims = Claims::new(token, Some("ada".into()), Vec::new(), Map::new());
        assert_eq!(of(&claims, &headers), "subject:https%3a%2f%2fid.example%0aada");
        claims.values.insert("org".into(), 7.into());
        assert_eq!(of(&claims, &headers), "claim:7");
        let claims = Claims::new(Credential::Key { id: "k1".into() }, Some("ada".into()), Vec::new(), Map::new());
        assert_eq!(of(&claims, &headers), "key:k1");
    }

    #[test]
    fn an_ipv6_subscriber_is_one_client() {
        let client = |text: &str| Client::at(text.parse().unwrap());
        assert_eq!(client("2001:db8:1:2::1"), client("2001:db8:1:2:ffff::9"));
        assert_ne!(client("2001:db8:1:2::1"), client("2001:db8:1:3::1"));
        assert_eq!(client("::ffff:192.0.2.7"), client("192.0.2.7"));
    }
}
