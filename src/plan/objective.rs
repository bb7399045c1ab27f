//! Objectives: which of two plans is better.

use super::model::Cost;
use serde::{Deserialize, Serialize};

/// What a plan should have little of, first of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Objective {
    /// Rounds of requests that wait for each other, then requests, then fields: the answer comes soonest.
    #[default]
    Latency,
    /// Requests, then rounds, then fields: subgraphs have the least to do.
    Requests,
}

impl Objective {
    /// What to compare costs by; the first difference decides, and less is better.
    pub const fn rank(self, cost: Cost) -> [u32; 3] {
        match self {
            Self::Latency => [cost.depth, cost.requests, cost.fields],
            Self::Requests => [cost.requests, cost.depth, cost.fields],
        }
    }
}
