//! Demand: how much may be asked.
//!
//! - [`cost`]: what an operation costs, before it is run and by what was answered;
//! - [`tariff`]: what preparation works out about an operation, once;
//! - [`limits`]: how often fields may be resolved, by configuration and by directive;
//! - [`control`]: the verdict on one request, before anything is asked of subgraphs;
//! - [`budget`]: what a client has over time.

pub mod budget;
mod control;
pub mod cost;
mod limits;
mod tariff;

pub use control::{Admission, Asker, CostResult, Costs, Demand, Denied, Told};
pub use limits::{field_limits, unknown_fields};
pub use tariff::{OperationDemand, Tariff};
