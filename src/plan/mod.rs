//! Planning: `Operation` x `QueryGraph` -> `Plan`.
