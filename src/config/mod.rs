//! Configuration: raw YAML -> resolved `Config`, with file:line errors and a JSON schema.
