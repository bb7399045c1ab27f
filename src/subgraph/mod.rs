//! Subgraphs: one service's SDL read and validated.
