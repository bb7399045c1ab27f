//! The query graph: type-in-subgraph nodes and the moves between them.
