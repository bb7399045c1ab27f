//! Delivery: a gateway that follows a registry, on real sockets, against a registry that does as the test says.

mod fake;
mod flips;
mod following;
mod starting;
mod usage;
