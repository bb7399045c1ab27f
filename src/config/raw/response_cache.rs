//! `response_cache` as it is written.

use super::super::SurrogateHeader;
use super::super::values::{ByteSize, DurationText, HeaderNameText, UrlPath};
use super::{List, PerCoordinate, PerMutation, PerSubgraph, Setting};
use schemars::JsonSchema;
use serde::Deserialize;

sections! {
    /// The cache of what subgraphs answer. What is kept and for how long is said by the schemas (@cacheControl), by the
    /// Cache-Control of subgraphs' answers, which are the upper bound, and here.
    RawResponseCache {
        /// Whether it is on. Default: true, when the section is there.
        enabled: bool,
        /// Bytes in memory. Default: 256MiB.
        max_bytes: ByteSize,
        /// Nothing is kept for longer, whoever says so. Default: 24h.
        max_ttl: DurationText,
        /// Whether it is shared with other gateways through Redis, where that is configured. Default: true.
        shared: bool,
        /// For whom values are that the schema calls PRIVATE. Without it they are not kept.
        private_id: RawPrivateId,
        /// Whether clients that ask by the header weft-cache-debug (or apollo-cache-debugging) are told in
        /// extensions.cache how the cache served them, in all and field by field. Default: false.
        debug: bool,
        /// The header by which answers that caches between here and the client may share tell them the tags of all that
        /// is in them: Cache-Tag, Cache-Tags or Surrogate-Key. An answer with more than 16 KB of tags, or with one that
        /// no header can hold, is `private`. Default: none.
        surrogate_keys: SurrogateHeader,
        /// An endpoint at which others say what is not good any more, on the listener of the health check.
        invalidation: RawInvalidation,
        /// The tags that are stale once a field of the mutation has been asked for, in all subgraphs, such as
        /// `updateProduct: ["product-{$args.id}"]`; beside those of @cacheInvalidate in the schemas.
        mutations: PerMutation,
        /// How answers of subgraphs are kept.
        subgraph: RawCachedSubgraphs,
    }

    /// For whom private values are.
    RawPrivateId {
        /// A header of the client's request whose value names the client. It has to be one that clients cannot choose
        /// freely: a session's cookie or a token, or one that a proxy sets.
        header: HeaderNameText,
    }

    /// An endpoint for invalidation.
    RawInvalidation {
        /// Its path. Default: /invalidation.
        path: UrlPath,
        /// What has to stand in the header Authorization of requests, for instance ${env.INVALIDATION_KEY}.
        shared_key: String,
    }

    /// How answers of subgraphs are kept.
    RawCachedSubgraphs {
        /// Of every subgraph.
        all: RawCachedSubgraph,
        /// Of one subgraph; what it leaves out is as above.
        subgraphs: PerSubgraph<RawCachedSubgraph>,
    }

    /// How answers of a subgraph are kept.
    RawCachedSubgraph {
        /// Whether they are. Default: true.
        enabled: bool,
        /// For how long fields are kept that have no @cacheControl. Default: 0s.
        ttl: DurationText,
        /// For how long objects of a type (Product) or values of a field (Product.price) are kept, in place of what the
        /// schema says.
        ttls: PerCoordinate<DurationText>,
        /// For how long it is remembered that there is no such entity. Default: 0s.
        missing_ttl: DurationText,
        /// For how long a value is served after its time while a new one is fetched, unless the subgraph's
        /// Cache-Control says so itself. Default: 0s.
        stale_while_revalidate: DurationText,
        /// For how long a value is served after its time when a new one cannot be had, unless the subgraph's
        /// Cache-Control says so itself. Default: 0s.
        stale_if_error: DurationText,
        /// Headers of its requests that its answers depend on, beside those that it names in Vary.
        vary: List<HeaderNameText>,
    }
}
