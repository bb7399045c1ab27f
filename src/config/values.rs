//! The words of the configuration: durations, sizes, addresses, header names, patterns, certificates.
//!
//! Each is read once, at its place in the file, and is from then on what it means. An error never
//! repeats the value, which an expansion may have put in.

use super::{ClientName, GraphRef, Network, StoreLocation};
use http::{HeaderName, HeaderValue, Method};
use regex::Regex;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error as _};
use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

/// Declares a value that is written as text: its type, what it is called in messages, its JSON schema
/// and how it is read.
macro_rules! text_values {
    ($($(#[$doc:meta])* $name:ident($inner:ty): $what:literal, $schema:tt, $read:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone)]
        pub struct $name(pub $inner);

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer).map_err(|_| D::Error::custom($what))?;
                let read: fn(&str) -> Option<$inner> = $read;
                read(&text).map(Self).ok_or_else(|| D::Error::custom($what))
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        }

        impl From<$name> for $inner {
            fn from(value: $name) -> Self {
                value.0
            }
        }
    )*};
}

text_values! {
    /// A span of time.
    DurationText(Duration): "a duration such as 500ms, 30s or 5m",
    { "type": "string", "description": "A duration: a number and one of ns, us, ms, s, m, h, d; 1m30s is possible.",
      "pattern": r"^([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h|d))+$|\$\{" }, duration;

    /// How often somebody is asked for a sign of life.
    HeartbeatText(Option<Duration>): "disabled, enabled, or a duration such as 10s",
    { "type": "string", "description": "disabled, enabled (5s), or a duration.",
      "pattern": r"^(disabled?|enabled?|([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h|d))+)$|\$\{" }, heartbeat;

    /// A number of bytes.
    ByteSize(u64): "a size such as 2MB or 64KiB",
    { "type": ["string", "integer"], "description": "A number of bytes, or with one of kB, MB, GB, KiB, MiB, GiB.",
      "pattern": r"^[0-9_]+(\.[0-9]+)? ?([kKmMgG]i?)?[bB]?$|\$\{" }, byte_size;

    /// An address to listen on.
    ListenAddress(SocketAddr): "an address such as 127.0.0.1:4000 or [::]:4000",
    { "type": "string", "description": "An IP address or localhost, and a port; port 0 lets the system choose." }, listen;

    /// The path of a URL.
    UrlPath(String): "a path such as /graphql",
    { "type": "string", "description": "The path of a URL; begins with a slash.", "pattern": r"^/[^?#\s]*$|\$\{" },
    |text| (text.starts_with('/') && !text.contains(['?', '#', '{', '}', '*', ' '])).then(|| text.to_owned());

    /// The URL of a subgraph.
    HttpUrl(url::Url): "an http or https URL without credentials",
    { "type": "string", "description": "An http or https URL." }, http_url;

    /// Where a set of keys is.
    KeySetUrl(url::Url): "an https, http or file URL without credentials",
    { "type": "string", "description": "An https, http or file URL." }, key_set_url;

    /// A variant of a graph.
    GraphRefText(GraphRef): "a graph and a variant such as shop@prod",
    { "type": "string", "description": "GRAPH@VARIANT, such as shop@prod.",
      "pattern": r"^[A-Za-z0-9][A-Za-z0-9._-]*@[A-Za-z0-9][A-Za-z0-9._-]*$|\$\{" }, GraphRef::parse;

    /// A file that may also be none.
    FileOrFalse(Option<String>): "a file, or false",
    { "type": ["string", "boolean"], "description": "A file, or false." },
    |text| Some((!matches!(text, "false" | "off")).then(|| text.to_owned()));

    /// Where the gateway keeps what has to outlive it.
    StoreUrl(StoreLocation): "sqlite:FILE or postgres://USER:PASSWORD@HOST/DATABASE",
    { "type": "string", "description": "sqlite:FILE or postgres://USER:PASSWORD@HOST/DATABASE.",
      "pattern": r"^(sqlite:|postgres(ql)?://)|\$\{" }, StoreLocation::parse;

    /// A hash.
    Sha256([u8; 32]): "a SHA-256: 64 hexadecimal digits",
    { "type": "string", "description": "64 hexadecimal digits.", "pattern": r"^[0-9a-fA-F]{64}$|\$\{" }, sha256;

    /// Where Redis is.
    RedisUrl(String): "a URL such as redis://localhost:6379 or rediss://user:password@host:6379/0",
    { "type": "string", "description": "A redis:// or rediss:// URL." }, redis_url;

    /// The name of a header.
    HeaderNameText(HeaderName): "the name of a header",
    { "type": "string", "description": "The name of a header; case does not matter." }, |text| text.parse().ok();

    /// The value of a header.
    HeaderValueText(HeaderValue): "the value of a header: visible characters without line breaks",
    { "type": "string", "description": "The value of a header." }, |text| HeaderValue::from_str(text).ok();

    /// A pattern that a whole name has to match.
    Pattern(Regex): "a regular expression",
    { "type": "string", "description": "A regular expression; it has to match the whole text." },
    |text| Regex::new(&format!("^(?:{text})$")).ok();

    /// A method.
    MethodText(Method): "a method such as POST",
    { "type": "string", "description": "An HTTP method." },
    |text| text.bytes().all(|byte| byte.is_ascii_uppercase()).then(|| text.parse().ok()).flatten();

    /// The origin of a web page.
    Origin(HeaderValue): "an origin such as https://shop.example, without a path",
    { "type": "string", "description": "Scheme, host and port of a web page, without a path." }, origin;

    /// Certificates of issuers.
    Certificates(Arc<[CertificateDer<'static>]>): "one or more PEM certificates, for instance ${file.ca.pem}",
    { "type": "string", "description": "PEM certificates, for instance ${file.ca.pem}." }, certificates;

    /// A private key.
    PrivateKey(Arc<PrivateKeyDer<'static>>): "a PEM private key, for instance ${file.key.pem}",
    { "type": "string", "description": "A PEM private key, for instance ${file.key.pem}." },
    |text| PrivateKeyDer::from_pem_slice(text.as_bytes()).ok().map(Arc::new);

    /// What the log shows.
    LogLevel(String): "a level (off, error, warn, info, debug, trace) or directives such as info,weft::upstream=debug",
    { "type": "string", "description": "off, error, warn, info, debug, trace, or directives such as info,weft::upstream=debug." },
    |text| super::Logging::is_level(text).then(|| text.to_owned());

    /// A share.
    Percent(f64): "a number from 0 to 100",
    { "type": "number", "minimum": 0, "maximum": 100 },
    |text| text.parse().ok().filter(|percent| (0.0..=100.0).contains(percent));

    /// A part of a whole.
    Share(f64): "a number from 0 to 1",
    { "type": "number", "minimum": 0, "maximum": 1 },
    |text| text.parse().ok().filter(|share| (0.0..=1.0).contains(share));

    /// Points of a budget, or a cost.
    Points(u64): "a whole number from 1 to 1000000000000",
    { "type": "integer", "minimum": 1, "maximum": 1_000_000_000_000_u64 },
    |text| text.replace('_', "").parse().ok().filter(|points| (1..=1_000_000_000_000).contains(points));

    /// Points that come back each second.
    Refill(u64): "a whole number from 1 to 1000000",
    { "type": "integer", "minimum": 1, "maximum": 1_000_000 },
    |text| text.replace('_', "").parse().ok().filter(|points| (1..=1_000_000).contains(points));

    /// Elements of a list.
    ListLength(u32): "a whole number, zero or more",
    { "type": "integer", "minimum": 0 }, |text| text.replace('_', "").parse().ok();

    /// How many, or none.
    Whole(usize): "a whole number, zero or more",
    { "type": "integer", "minimum": 0 }, |text| text.replace('_', "").parse().ok();

    /// What names a client.
    ClientNameText(ClientName): "api_key, subject, claim:NAME or header:NAME",
    { "type": "string", "pattern": r"^(api_key|subject|claim:.+|header:.+)$|\$\{" }, |text| text.parse().ok();

    /// Addresses that begin alike.
    NetworkText(Network): "an address or a network such as 10.0.0.0/8",
    { "type": "string", "description": "An IP address, or a network in CIDR notation." }, |text| text.parse().ok();

    /// How many.
    Count(usize): "a whole number, one or more",
    { "type": "integer", "minimum": 1 },
    |text| text.replace('_', "").parse().ok().filter(|&count| count > 0);
}

/// Longer than this is a mistake, and would not fit the clock everywhere.
const LONGEST: Duration = Duration::from_secs(366 * 24 * 3_600);

/// Reads a duration such as `500ms`, `30s` or `1m30s`.
pub fn duration(text: &str) -> Option<Duration> {
    let mut total = Duration::ZERO;
    let mut rest = text.trim();
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, tail) = rest.split_at(digits);
        let letters = tail.find(|c: char| c.is_ascii_digit()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(letters);
        let seconds = match unit.trim() {
            "ns" => 1e-9,
            "us" | "µs" => 1e-6,
            "ms" => 1e-3,
            "s" | "sec" => 1.0,
            "m" | "min" => 60.0,
            "h" => 3_600.0,
            "d" => 86_400.0,
            _ => return None,
        };
        let number: f64 = number.parse().ok()?;
        total = total.checked_add(Duration::try_from_secs_f64(number * seconds).ok()?)?;
        rest = tail;
    }
    (total <= LONGEST).then_some(total)
}

fn heartbeat(text: &str) -> Option<Option<Duration>> {
    match text {
        "disabled" | "disable" => Some(None),
        "enabled" | "enable" => Some(Some(Duration::from_secs(5))),
        other => duration(other).filter(|interval| !interval.is_zero()).map(Some),
    }
}

fn byte_size(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.' && c != '_').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let factor: u64 = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" => 1_000,
        "m" | "mb" => 1_000_000,
        "g" | "gb" => 1_000_000_000,
        "ki" | "kib" => 1 << 10,
        "mi" | "mib" => 1 << 20,
        "gi" | "gib" => 1 << 30,
        _ => return None,
    };
    let number = number.replace('_', "");
    if let Ok(whole) = number.parse::<u64>() {
        return whole.checked_mul(factor);
    }
    let fraction: f64 = number.parse().ok()?;
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let bytes = (fraction * factor as f64) as u64;
    Some(bytes)
}

fn listen(text: &str) -> Option<SocketAddr> {
    let text = text.trim();
    if let Ok(address) = text.parse() {
        return Some(address);
    }
    let (host, port) = text.rsplit_once(':')?;
    let ip = match host {
        "localhost" => IpAddr::V4(Ipv4Addr::LOCALHOST),
        "*" | "" => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        _ => return None,
    };
    Some(SocketAddr::new(ip, port.parse().ok()?))
}

fn http_url(text: &str) -> Option<url::Url> {
    let url = url::Url::parse(text.trim()).ok()?;
    let bare = url.username().is_empty() && url.password().is_none();
    (matches!(url.scheme(), "http" | "https") && url.has_host() && bare).then_some(url)
}

fn key_set_url(text: &str) -> Option<url::Url> {
    let file = url::Url::parse(text.trim()).ok().filter(|url| url.scheme() == "file" && url.to_file_path().is_ok());
    file.or_else(|| http_url(text))
}

/// Reads a hash of 64 hexadecimal digits.
pub fn sha256(text: &str) -> Option<[u8; 32]> {
    let digits = text.as_bytes();
    let mut hash = [0; 32];
    if digits.len() != 64 || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    for (byte, pair) in hash.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(hash)
}

fn redis_url(text: &str) -> Option<String> {
    let url = url::Url::parse(text.trim()).ok()?;
    let known = matches!(url.scheme(), "redis" | "rediss" | "valkey" | "valkeys");
    (known && url.has_host()).then(|| text.trim().to_owned())
}

/// As browsers send it: without a path, and without the scheme's own port.
fn origin(text: &str) -> Option<HeaderValue> {
    let url = url::Url::parse(text).ok()?;
    let bare = url.has_host() && matches!(url.path(), "" | "/") && !text.ends_with('/');
    let bare = bare && url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    if !bare {
        return None;
    }
    let written = match url.origin() {
        url::Origin::Tuple(..) => url.origin().ascii_serialization(),
        // Schemes of apps: `capacitor://localhost`.
        url::Origin::Opaque(_) => text.to_ascii_lowercase(),
    };
    HeaderValue::from_str(&written).ok()
}

fn certificates(text: &str) -> Option<Arc<[CertificateDer<'static>]>> {
    let found: Vec<CertificateDer<'static>> =
        CertificateDer::pem_slice_iter(text.as_bytes()).collect::<Result<_, _>>().ok()?;
    (!found.is_empty()).then(|| found.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_numbers_with_units() {
        assert_eq!(duration("1m30s"), Some(Duration::from_secs(90)));
        assert_eq!(duration("0.5s"), Some(Duration::from_millis(500)));
        assert_eq!(duration("100ms"), Some(Duration::from_millis(100)));
        for bad in ["", "5", "s", "5 parsecs", "-1s", "1e9s", "400d", "99999999999999999999d", "1..5s"] {
            assert_eq!(duration(bad), None, "{bad}");
        }
    }

    #[test]
    fn sizes_are_decimal_or_binary() {
        assert_eq!(byte_size("2MB"), Some(2_000_000));
        assert_eq!(byte_size("64KiB"), Some(65_536));
        assert_eq!(byte_size("1.5 kb"), Some(1_500));
        assert_eq!(byte_size("1_000"), Some(1_000));
        for bad in ["", "MB", "-1", "2 parsecs", "99999999999GiB"] {
            assert_eq!(byte_size(bad), None, "{bad}");
        }
    }

    #[test]
    fn origins_are_what_browsers_send() {
        assert_eq!(origin("https://Shop.example:443").unwrap(), "https://shop.example");
        assert_eq!(origin("http://localhost:3000").unwrap(), "http://localhost:3000");
        for bad in ["shop.example", "https://shop.example/", "https://shop.example/a", "*"] {
            assert_eq!(origin(bad), None, "{bad}");
        }
    }
}
