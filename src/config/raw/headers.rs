//! `headers` as they are written.

use super::super::values::{HeaderNameText, HeaderValueText, Pattern};
use super::{List, PerSubgraph, Setting};
use schemars::JsonSchema;
use serde::Deserialize;

sections! {
    /// Header rules.
    RawHeaders {
        /// For every subgraph.
        all: RawHeaderRules,
        /// For one subgraph, after those for all.
        subgraphs: PerSubgraph<RawHeaderRules>,
    }

    /// Rules in the order they run.
    RawHeaderRules {
        /// For requests to the subgraph.
        request: List<RawHeaderRule>,
    }

    /// One rule: propagate, insert or remove.
    RawHeaderRule {
        /// Passes on headers of the client's request.
        propagate: RawPropagate,
        /// Sends a header of the gateway's own.
        insert: RawInsert,
        /// Takes back headers that earlier rules passed on.
        remove: RawRemove,
    }

    /// Passes on one header by name, or all that match.
    RawPropagate {
        /// The header's name.
        named: HeaderNameText,
        /// A pattern for whole names.
        matching: Pattern,
        /// Its name in the subgraph's request.
        rename: HeaderNameText,
        /// Its value when the client sends none.
        default: HeaderValueText,
    }

    /// Sends a header: with a fixed value, with a claim of whoever asks, or with several claims, signed. No client's
    /// header passes under the name of one with claims.
    RawInsert {
        /// Its name.
        name: HeaderNameText,
        /// Its value.
        value: HeaderValueText,
        /// The claim that is its value; one that begins with a slash is a JSON pointer. Without it nothing is sent.
        claim: String,
        /// What stands between the elements of a claim that is a list. Default: a comma.
        join: HeaderValueText,
        /// The claims that are signed, as a JWT, with "authentication.signing".
        signed: List<String>,
    }

    /// Takes headers back.
    RawRemove {
        /// The header's name.
        named: HeaderNameText,
        /// A pattern for whole names.
        matching: Pattern,
    }
}
