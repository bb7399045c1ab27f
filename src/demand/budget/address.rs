//! The address of a client behind proxies.
//!
//! Each proxy adds the address that it was asked from at the right end of `Forwarded` (RFC 7239) or `X-Forwarded-For`.
//! Only what a trusted proxy wrote can be believed, so the list is read from the right, beginning with the address
//! of the connection itself: as long as an address is a trusted proxy's, the one that it names counts.

use crate::config::Network;
use http::{HeaderMap, HeaderName};
use std::net::{IpAddr, SocketAddr};

const FORWARDED: HeaderName = http::header::FORWARDED;
const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Proxies in a row that are followed.
const MOST_PROXIES: usize = 32;

/// Where a request comes from; `peer` is the other end of its connection.
pub fn client_address(peer: IpAddr, headers: &HeaderMap, trusted: &[Network]) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
    let mut at = peer.to_canonical();
    if !is_trusted(at) {
        return at;
    }
    // Both headers would be two stories; the standard one is believed.
    let name = if headers.contains_key(FORWARDED) { FORWARDED } else { X_FORWARDED_FOR };
    let values = headers.get_all(&name).iter().rev().filter_map(|value| value.to_str().ok());
    let entries = values.flat_map(|value| value.rsplit(',')).take(MOST_PROXIES);
    for entry in entries {
        let named = if name == FORWARDED { forwarded_for(entry) } else { address(entry) };
        // What cannot be read was written by the proxy at hand about somebody it does not name.
        let Some(named) = named else { return at };
        at = named;
        if !is_trusted(at) {
            return at;
        }
    }
    at
}

/// The address after `for=` in one element of `Forwarded`.
fn forwarded_for(element: &str) -> Option<IpAddr> {
    element.split(';').find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        name.trim().eq_ignore_ascii_case("for").then(|| address(value.trim().trim_matches('"')))?
    })
}

/// An address, with or without a port: `192.0.2.7`, `192.0.2.7:80`, `2001:db8::1`, `[2001:db8::1]:80`.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().or_else(|_| text.parse::<SocketAddr>().map(|address| address.ip()));
    address.ok().map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(peer: &str, headers: &[(&str, &str)]) -> String {
        let trusted = ["10.0.0.0/8", "2001:db8:ffff::/48", "127.0.0.1"].map(|text| text.parse::<Network>().unwrap());
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
        }
        client_address(peer.parse().unwrap(), &map, &trusted).to_string()
    }

    #[test]
    fn strangers_are_not_believed() {
        assert_eq!(from("192.0.2.1", &[("x-forwarded-for", "198.51.100.9")]), "192.0.2.1");
        assert_eq!(from("192.0.2.1", &[("forwarded", "for=198.51.100.9")]), "192.0.2.1");
    }

    #[test]
    fn the_list_is_read_from_the_right() {
        let spoofed = "203.0.113.66, 198.51.100.9, 10.0.0.3";
        assert_eq!(from("10.0.0.2", &[("x-forwarded-for", spoofed)]), "198.51.100.9");
        assert_eq!(
            from("10.0.0.2", &[("x-forwarded-for", "203.0.113.66"), ("x-forwarded-for", "198.51.100.9")]),
            "198.51.100.9"
        );
        assert_eq!(from("::ffff:10.0.0.2", &[("x-forwarded-for", "198.51.100.9")]), "198.51.100.9");
        assert_eq!(from("10.0.0.2", &[("x-forwarded-for", "10.0.0.9, 10.0.0.3")]), "10.0.0.9");
        assert_eq!(from("10.0.0.2", &[]), "10.0.0.2");
    }

    #[test]
    fn all_forms_of_an_address_are_read() {
        let v6 = r#"for=unknown, For="[2001:db8:1::7]:4711";proto=https, for=10.0.0.4;by=10.0.0.5"#;
        assert_eq!(from("10.0.0.2", &[("forwarded", v6)]), "2001:db8:1::7");
        assert_eq!(from("10.0.0.2", &[("x-forwarded-for", "198.51.100.9:123")]), "198.51.100.9");
        assert_eq!(from("2001:db8:ffff::1", &[("x-forwarded-for", "[2001:db8::9]")]), "2001:db8::9");
    }

    #[test]
    fn a_proxy_that_names_nobody_is_the_client() {
        assert_eq!(from("10.0.0.2", &[("forwarded", "for=198.51.100.9, for=_hidden")]), "10.0.0.2");
        assert_eq!(from("10.0.0.2", &[("x-forwarded-for", "198.51.100.9, nonsense")]), "10.0.0.2");
        assert_eq!(from("10.0.0.2", &[("forwarded", "for=unknown"), ("x-forwarded-for", "198.51.100.9")]), "10.0.0.2");
    }
}
