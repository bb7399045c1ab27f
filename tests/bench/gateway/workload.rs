//! What is asked: one query each, chosen so that the cost of one thing stands out.

/// A query and what it is for.
#[derive(Debug, Clone, Copy)]
pub struct Workload {
    pub name: &'static str,
    pub query: &'static str,
    /// What the gateway does beside answering.
    pub mode: Mode,
}

/// What a gateway is to do beside answering.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Nothing: every request does all of its work, and for everybody.
    Plain,
    /// Identical requests to services are made once while they are under way.
    SharedFetches,
    /// Whole queries of clients too.
    SharedQueries,
    /// What services have answered is kept, for whoever asks later.
    Cached,
    /// The same, in Redis too.
    CachedInRedis,
    /// What is asked is charged to a budget in memory.
    Charged,
    /// The same in Redis.
    ChargedInRedis,
    /// Every request is recorded for a collector of traces, which is away.
    Traced,
}

impl Mode {
    /// Whether it takes a server that is not a part of this benchmark.
    pub const fn needs_redis(self) -> bool {
        matches!(self, Self::CachedInRedis | Self::ChargedInRedis)
    }
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

const fn workload(name: &'static str, query: &'static str, mode: Mode) -> Workload {
    Workload { name, query, mode }
}

/// All of them, in the order in which they run.
pub const WORKLOADS: [Workload; 15] = [
    workload("large", LARGE, Mode::Plain),
    workload("middle", MIDDLE, Mode::Plain),
    workload("small", SMALL, Mode::Plain),
    workload("deep", DEEP, Mode::Plain),
    workload("errors", ERRORS, Mode::Plain),
    workload("strings", STRINGS, Mode::Plain),
    workload("large-shared-fetches", LARGE, Mode::SharedFetches),
    workload("large-shared-queries", LARGE, Mode::SharedQueries),
    workload("cached", LARGE, Mode::Cached),
    workload("charged", LARGE, Mode::Charged),
    workload("small-charged", SMALL, Mode::Charged),
    workload("traced", LARGE, Mode::Traced),
    workload("small-traced", SMALL, Mode::Traced),
    workload("cached-in-redis", LARGE, Mode::CachedInRedis),
    workload("small-charged-in-redis", SMALL, Mode::ChargedInRedis),
];
