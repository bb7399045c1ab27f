//! `cors` and `csrf` as they are written.

use super::super::values::{DurationText, HeaderNameText, MethodText, Origin, Pattern};
use super::{List, Setting};
use schemars::JsonSchema;
use serde::Deserialize;

sections! {
    /// CORS: either for every origin or by policies.
    RawCors {
        /// Whether pages of every origin may ask. Default: false.
        allow_any_origin: bool,
        /// Origins that may ask.
        origins: List<Origin>,
        /// Patterns of origins that may ask.
        match_origins: List<Pattern>,
        /// Whether cookies may be sent along. Default: false.
        allow_credentials: bool,
        /// Request headers. Default: whichever the page asks for.
        allow_headers: List<HeaderNameText>,
        /// Response headers that the page may read.
        expose_headers: List<HeaderNameText>,
        /// Methods. Default: GET, POST, OPTIONS.
        methods: List<MethodText>,
        /// How long a browser may remember the answer.
        max_age: DurationText,
        /// Origins with settings of their own; what a policy leaves out is as above. The first that fits decides.
        policies: List<RawCorsPolicy>,
    }

    /// What pages of some origins may do.
    RawCorsPolicy {
        /// The origins.
        origins: List<Origin>,
        /// Patterns of origins.
        match_origins: List<Pattern>,
        /// Whether cookies may be sent along.
        allow_credentials: bool,
        /// Request headers.
        allow_headers: List<HeaderNameText>,
        /// Response headers that the page may read.
        expose_headers: List<HeaderNameText>,
        /// Methods.
        methods: List<MethodText>,
        /// How long a browser may remember the answer.
        max_age: DurationText,
    }

    /// The guard against cross-site request forgery.
    RawCsrf {
        /// Whether it is on. Default: true.
        enabled: bool,
        /// Any of these lets a request pass that a page could send without asking first.
        required_headers: List<HeaderNameText>,
    }
}
