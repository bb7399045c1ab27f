//! What answers depend on beside the question: the headers that subgraphs name in `Vary`.
//!
//! Which they are is learned per subgraph, and only ever more. An answer is kept under the values of all that
//! are known when it comes, so one that was kept before a header was known is not found afterwards.

use arc_swap::ArcSwap;
use http::{HeaderMap, HeaderName};
use std::collections::HashMap;
use std::sync::Arc;

/// How many headers the answers of one subgraph may depend on. One that names more is not kept.
const MOST: usize = 16;

/// The headers, by subgraph.
#[derive(Debug, Default)]
pub struct Vary {
    names: ArcSwap<HashMap<Box<str>, Arc<[HeaderName]>>>,
}

impl Vary {
    /// The values of the headers that answers of a subgraph depend on, in a form in which different ones differ.
    /// Empty when there are no such headers, in which case `headers` is not asked for.
    pub fn variant(&self, subgraph: &str, configured: &[HeaderName], headers: impl FnOnce() -> HeaderMap) -> Vec<u8> {
        let names = self.names.load();
        let learned = names.get(subgraph).map(|names| &**names).unwrap_or_default();
        if learned.is_empty() && configured.is_empty() {
            return Vec::new();
        }
        let headers = headers();
        let mut all: Vec<&HeaderName> = configured.iter().chain(learned).collect();
        all.sort_unstable_by_key(|name| name.as_str());
        all.dedup();
        let mut variant = Vec::new();
        for name in all {
            let values = headers.get_all(name);
            put(name.as_str().as_bytes(), &mut variant);
            variant.push(u8::try_from(values.iter().count()).unwrap_or(u8::MAX));
            values.iter().for_each(|value| put(value.as_bytes(), &mut variant));
        }
        variant
    }

    /// Learns that answers depend on headers. `false`: on too many, so that they cannot be kept.
    pub fn learn(&self, subgraph: &str, more: &[HeaderName]) -> bool {
        let known = |names: &HashMap<Box<str>, Arc<[HeaderName]>>| {
            let names = names.get(subgraph);
            more.iter().all(|name| names.is_some_and(|names| names.contains(name)))
        };
        if more.is_empty() || known(&self.names.load()) {
            return true;
        }
        let mut fits = true;
        self.names.rcu(|names| {
            let mut names = HashMap::clone(names);
            let mut all: Vec<HeaderName> = names.get(subgraph).map(|names| names.to_vec()).unwrap_or_default();
            all.extend(more.iter().filter(|name| !all.contains(name)).cloned().collect::<Vec<_>>());
            fits = all.len() <= MOST;
            if fits {
                names.insert(subgraph.into(), all.into());
            }
            names
        });
        fits
    }
}

/// Writes bytes so that their end can be told.
fn put(bytes: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(&u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes());
    out.extend_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn headers(value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(HeaderName::from_static("x-tenant"), HeaderValue::from_static(value))])
    }

    #[test]
    fn values_of_named_headers_part_what_is_kept() {
        let (vary, tenant) = (Vary::default(), HeaderName::from_static("x-tenant"));
        assert!(vary.variant("a", &[], || panic!("nothing is looked at")).is_empty());
        assert!(vary.learn("a", std::slice::from_ref(&tenant)));
        assert_ne!(vary.variant("a", &[], || headers("1")), vary.variant("a", &[], || headers("2")));
        assert_ne!(vary.variant("a", &[], || headers("")), vary.variant("a", &[], HeaderMap::new));
        assert!(vary.variant("b", &[], || headers("1")).is_empty());
        assert_eq!(vary.variant("b", &[tenant], || headers("1")), vary.variant("a", &[], || headers("1")));
    }

    #[test]
    fn answers_that_depend_on_everything_are_not_kept() {
        let vary = Vary::default();
        let names: Vec<HeaderName> = (0..MOST).map(|n| format!("x-{n}").parse().unwrap()).collect();
        assert!(vary.learn("a", &names) && vary.learn("a", &names[..2]));
        assert!(!vary.learn("a", &[HeaderName::from_static("x-more")]));
    }
}
