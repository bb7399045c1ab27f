//! Introspection: `__schema` and `__type` selections -> ready bytes.
