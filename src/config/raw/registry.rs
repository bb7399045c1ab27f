//! `supergraph.registry` as it is written.

use super::super::values::{ByteSize, Count, DurationText, FileOrFalse, GraphRefText, HttpUrl};
use super::switch::RawSwitchOr;
use super::{List, Setting};
use schemars::JsonSchema;
use serde::Deserialize;

sections! {
    /// The registry that the schema comes from.
    RawRegistry {
        /// Where it is.
        url: HttpUrl,
        /// Several places of it, instead of "url"; the next one is tried when one fails.
        urls: List<HttpUrl>,
        /// The variant to follow, such as shop@prod.
        graph: GraphRefText,
        /// The token that proves who asks, such as ${env.WEFT_TOKEN}.
        token: String,
        /// The file that holds the token, relative to this one, instead of "token"; it is read for every question.
        token_file: String,
        /// How long the registry may hold a question until there is news, 1s to 5m. Default: 30s.
        wait: DurationText,
        /// How long the start may wait for the registry before it takes the last good copy, 100ms to 5m. Default: 5s.
        start_timeout: DurationText,
        /// Bytes of a supergraph that are taken. Default: 64MiB.
        max_bytes: ByteSize,
        /// The file of the last good copy, relative to this one, or false. Default: .weft/GRAPH@VARIANT.graphql.
        last_good: FileOrFalse,
        /// What the registry is told of how the graph is used: counts by operation and client, never values. Default:
        /// true.
        usage: RawSwitchOr<RawUsage>,
    }

    /// What the registry is told of how the graph is used.
    RawUsage {
        /// How often, 100ms to 10m. Default: 10s.
        interval: DurationText,
        /// How many pairs of operation and client are told apart between two reports; others are counted together.
        /// Default: 10000.
        max_entries: Count,
    }
}
