//! The sample world: an online shop of four services.
