//! Preparation: query text -> `Prepared`, cached.
