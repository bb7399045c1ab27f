//! `apq` and `persisted_queries` as they are written.

use super::super::values::ByteSize;
use super::{List, Setting};
use schemars::JsonSchema;
use serde::Deserialize;

sections! {
    /// Automatic persisted queries.
    RawApq {
        /// Whether a client may send a hash in place of a query that is known. Default: true.
        enabled: bool,
        /// Bytes of queries kept. Default: 16MiB.
        max_bytes: ByteSize,
    }

    /// Lists of documents that clients ask for by their ids.
    RawPersistedQueries {
        /// Whether they are on. Default: true, where there are manifests.
        enabled: bool,
        /// The files with the lists, relative to this one: {"ID": "DOCUMENT", ...}, or Apollo's
        /// persisted-query-manifest.json. A change of them is taken up as one of this file is.
        local_manifests: List<String>,
        /// Whether only what is on a list is executed.
        safelist: RawSafelist,
        /// Whether the log tells of documents that are on no list. Default: false.
        log_unknown: bool,
    }

    /// Whether only what is on a list is executed.
    RawSafelist {
        /// Whether a document that is on no list is refused. Default: false.
        enabled: bool,
        /// Whether a document is refused that does not come as its id, even one that is on a list. Default: false.
        require_id: bool,
    }
}
