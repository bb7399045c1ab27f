//! Composition: subgraphs -> one supergraph and hints, or all the errors.

pub mod satisfiability;
