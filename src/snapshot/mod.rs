//! Snapshots: everything one version of the supergraph needs to serve.
