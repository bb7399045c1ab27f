//! Builds the playground.

fn main() {}
