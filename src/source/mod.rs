//! Sources of supergraphs: files and `supergraph.yaml`, and their changes.
