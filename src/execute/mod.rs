//! Execution: `Plan` + variables -> response parts.
