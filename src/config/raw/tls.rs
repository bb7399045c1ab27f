//! `tls` as it is written.

use super::super::values::{Certificates, PrivateKey};
use super::{PerSubgraph, Setting};
use schemars::JsonSchema;
use serde::Deserialize;

sections! {
    /// Trust.
    RawTls {
        /// Connections of clients. This section turns TLS on for them; health and metrics stay without.
        supergraph: RawClientsTls,
        /// Connections to subgraphs.
        subgraph: RawSubgraphsTls,
    }

    /// Connections of clients.
    RawClientsTls {
        /// The gateway's certificate, for instance ${file.certificate.pem}; those of its issuers may follow it.
        certificate: Certificates,
        /// The certificates of its issuers, where they stand by themselves.
        certificate_chain: Certificates,
        /// The key of the certificate, for instance ${file.key.pem}.
        key: PrivateKey,
    }

    /// Connections to subgraphs.
    RawSubgraphsTls {
        /// To every subgraph.
        all: RawSubgraphTls,
        /// To one subgraph.
        subgraphs: PerSubgraph<RawSubgraphTls>,
    }

    /// Connections to a subgraph.
    RawSubgraphTls {
        /// The issuers trusted instead of the system's, for instance ${file.ca.pem}.
        certificate_authorities: Certificates,
    }
}
