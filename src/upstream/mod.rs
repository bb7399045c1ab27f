//! Upstream: one request to one subgraph.
