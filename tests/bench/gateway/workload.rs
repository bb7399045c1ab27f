//! What is asked: one query each, chosen so that the cost of one thing stands out.

/// A query and what it is for.
#[derive(Debug, Clone, Copy)]
pub struct Workload {
    pub name: &'static str,
    pub query: &'static str,
    /// How the answer is shared between requests that are under way together.
    pub sharing: Sharing,
}

/// What identical requests under way share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sharing {
    /// Nothing: every request does all of its work.
    Nothing,
    /// Requests to services.
    Fetches,
    /// Requests to services and whole queries of clients.
    Queries,
    /// What services have answered is kept, for whoever asks later.
    Kept,
}

const LARGE: &str = "query Large {
  members(first: 10) {
    id handle name city joined
    opinions(first: 5) {
      id stars text
      article {
        sku title price stock available postage
        opinions(first: 2) { id stars text author { id handle name } }
      }
    }
  }
  catalogue(first: 10) {
    sku title price grams stock available postage tags maker { name country }
    opinions(first: 5) {
      id stars text
      author { id handle name city opinions(first: 1) { id stars text article { sku title } } }
    }
  }
}";

const MIDDLE: &str = "query Middle {
  catalogue(first: 10) {
    sku title price stock available postage maker { name country }
    opinions(first: 3) { id stars text }
  }
}";

const SMALL: &str = "query Small { viewer { id handle name city joined } members(first: 3) { handle name joined } }";

const DEEP: &str = "query Deep {
  catalogue(first: 1000) {
    sku title stock
    opinions(first: 1) { stars author { name city opinions(first: 1) { stars article { title stock } } } }
  }
}";

const ERRORS: &str = "query Errors {
  catalogue(first: 60) {
    sku title shelf
    opinions(first: 2) { stars moderator { handle contact } author { handle contact } }
  }
}";

const STRINGS: &str = "query Strings {
  catalogue(first: 20) { sku title manual stock opinions(first: 3) { text } }
}";

const fn workload(name: &'static str, query: &'static str, sharing: Sharing) -> Workload {
    Workload { name, query, sharing }
}

/// All of them, in the order in which they run.
pub const WORKLOADS: [Workload; 9] = [
    workload("large", LARGE, Sharing::Nothing),
    workload("middle", MIDDLE, Sharing::Nothing),
    workload("small", SMALL, Sharing::Nothing),
    workload("deep", DEEP, Sharing::Nothing),
    workload("errors", ERRORS, Sharing::Nothing),
    workload("strings", STRINGS, Sharing::Nothing),
    workload("large-shared-fetches", LARGE, Sharing::Fetches),
    workload("large-shared-queries", LARGE, Sharing::Queries),
    workload("cached", LARGE, Sharing::Kept),
];
