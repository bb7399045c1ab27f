//! HTTP in and out.

pub mod playground;
