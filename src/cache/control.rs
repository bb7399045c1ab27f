//! What the headers of a subgraph's reply say of keeping it: `Cache-Control`, `Age`, `Vary` and tags.
//!
//! They are the upper bound of what the schema allows, as RFC 9111 has it for a shared cache: `s-maxage` counts before
//! `max-age`, and what the reply has aged on its way counts. `stale-while-revalidate` and
//! `stale-if-error` are RFC 5861's.

use http::header::{AGE, CACHE_CONTROL, HeaderMap, HeaderName, VARY};

/// What a reply's headers say.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Control {
    /// It must not be kept.
    pub forbidden: bool,
    /// It is for the one who asked.
    pub private: bool,
    /// Seconds for which it is fresh, from now on.
    pub max_age: Option<u64>,
    /// Seconds for which it may be served afterwards, while a new one is fetched.
    pub stale_while_revalidate: Option<u64>,
    /// Seconds for which it may be served afterwards, when a new one cannot be had.
    pub stale_if_error: Option<u64>,
    /// The headers of the request that it depends on.
    pub vary: Vec<HeaderName>,
    /// What all of it is tagged with.
    pub tags: Vec<Box<str>>,
}

/// The names under which tags go.
const TAGS: [&str; 3] = ["cache-tag", "cache-tags", "surrogate-key"];

impl Control {
    /// Reads headers. What is no header field value by the grammar is passed over, as caches do; a time that is none
    /// is no time at all.
    pub fn of(headers: &HeaderMap) -> Self {
        let mut control = Self::default();
        let mut shared = None;
        for (name, value) in values(headers, &CACHE_CONTROL).flat_map(|value| value.split(',')).map(directive) {
            let seconds = || Some(value.and_then(|value| value.parse().ok()).unwrap_or(0));
            match name.to_ascii_lowercase().as_str() {
                "no-store" | "no-cache" => control.forbidden = true,
                "private" => control.private = true,
                "max-age" => control.max_age = seconds(),
                "s-maxage" => shared = seconds(),
                "stale-while-revalidate" => control.stale_while_revalidate = seconds(),
                "stale-if-error" => control.stale_if_error = seconds(),
                _ => {}
            }
        }
        let age = values(headers, &AGE).next().and_then(|age| age.trim().parse().ok()).unwrap_or(0);
        control.max_age = shared.or(control.max_age).map(|seconds: u64| seconds.saturating_sub(age));
        for name in
            values(headers, &VARY).flat_map(|value| value.split(',')).map(str::trim).filter(|name| !name.is_empty())
        {
            match name.parse() {
                // It depends on something that no header says.
                _ if name == "*" => control.forbidden = true,
                Ok(name) if !control.vary.contains(&name) => control.vary.push(name),
                Ok(_) => {}
                Err(_) => control.forbidden = true,
            }
        }
        for value in TAGS.iter().flat_map(|name| headers.get_all(*name)).filter_map(|value| value.to_str().ok()) {
            let tags = value.split([',', ' ']).filter(|tag| !tag.is_empty());
            control.tags.extend(tags.take(MOST_TAGS + 1).map(Into::into));
        }
        // What could not be forgotten by all of its tags is not kept.
        if control.tags.len() > MOST_TAGS {
            control.forbidden = true;
            control.tags.clear();
        }
        control
    }
}

/// Tags that one reply may have.
const MOST_TAGS: usize = 1_024;

fn values<'h>(headers: &'h HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'h str> {
    headers.get_all(name).iter().filter_map(|value| value.to_str().ok())
}

fn directive(text: &str) -> (&str, Option<&str>) {
    match text.split_once('=') {
        Some((name, value)) => (name.trim(), Some(value.trim().trim_matches('"'))),
        None => (text.trim(), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn control(headers: &[(&'static str, &'static str)]) -> Control {
        let headers =
            headers.iter().map(|&(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        Control::of(&headers.collect())
    }

    #[test]
    fn the_shared_age_counts_before_the_other_and_time_on_the_way_after_both() {
        assert_eq!(control(&[("cache-control", "max-age=60")]).max_age, Some(60));
        assert_eq!(control(&[("cache-control", "public, MAX-AGE=60 , s-maxage=\"10\"")]).max_age, Some(10));
        assert_eq!(control(&[("cache-control", "max-age=60"), ("age", "50")]).max_age, Some(10));
        assert_eq!(control(&[("cache-control", "max-age=60"), ("age", "500")]).max_age, Some(0));
        assert_eq!(control(&[("cache-control", "max-age=soon")]).max_age, Some(0));
        assert_eq!(control(&[("cache-control", "public")]).max_age, None);
    }

    #[test]
    fn what_must_not_be_kept_is_not() {
        for value in ["no-store", "no-cache", "max-age=60, no-store", "no-cache=\"set-cookie\""] {
            assert!(control(&[("cache-control", value)]).forbidden, "{value}");
        }
        assert!(control(&[("vary", "*")]).forbidden && control(&[("vary", "accept, *")]).forbidden);
        assert!(control(&[("cache-control", "private, max-age=5")]).private);
    }

    #[test]
    fn tags_and_vary_are_lists() {
        let control = control(&[
            ("vary", "Accept-Language, x-tenant"),
            ("vary", "x-tenant"),
            ("surrogate-key", "a b"),
            ("cache-tag", "c,d"),
        ]);
        assert_eq!(control.vary, ["accept-language", "x-tenant"]);
        assert_eq!(control.tags.iter().map(|tag| &**tag).collect::<Vec<_>>(), ["c", "d", "a", "b"]);
    }

    #[test]
    fn a_reply_with_too_many_tags_is_not_kept() {
        let tags = |count: usize| {
            let value = (0..count).map(|n| n.to_string()).collect::<Vec<_>>().join(",");
            Control::of(&HeaderMap::from_iter([(HeaderName::from_static("cache-tag"), value.parse().unwrap())]))
        };
        assert!(!tags(MOST_TAGS).forbidden && tags(MOST_TAGS).tags.len() == MOST_TAGS);
        assert!(tags(MOST_TAGS + 1).forbidden);
    }
}
