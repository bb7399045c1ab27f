//! `demand_control` as it is written.

use super::super::values::{ClientNameText, Count, DurationText, ListLength, Points, Refill};
use super::super::{ActualCostMode, BudgetStore, CostExposure, DemandMode, WithoutRedis};
use super::{List, PerSubgraph, Setting};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

sections! {
    /// How much may be asked.
    RawDemandControl {
        /// Whether any of this holds. Default: true where the section is there.
        enabled: bool,
        /// measure counts what costs too much, enforce refuses it. Default: measure.
        mode: DemandMode,
        /// How costs are found.
        strategy: RawDemandStrategy,
        /// Who is told what an operation costs, in extensions.cost and in the headers X-Cost-Estimated, X-Cost-Actual and
        /// X-Cost-Max: never, on_request (by the header weft-expose-cost: true), or always. Default: on_request.
        expose: CostExposure,
        /// What a client has over time; without it clients are not told apart.
        budget: RawBudget,
    }

    /// How costs are found.
    RawDemandStrategy {
        /// Before an operation is run, by @cost, @listSize, arguments and variables.
        static_estimated: RawStaticEstimated,
    }

    /// Costs by @cost and @listSize; without them an object costs 1, a mutation 10, and a scalar nothing.
    RawStaticEstimated {
        /// Elements of a list of which nothing else is known. Default: 10.
        list_size: ListLength,
        /// The most that one operation may cost. Default: no limit.
        max: Points,
        /// How the cost of an answer is counted. Default and only way: by_response_shape.
        actual_cost_mode: ActualCostMode,
        /// What one operation may ask of subgraphs.
        subgraph: RawSubgraphsDemand,
    }

    /// What one operation may ask of subgraphs.
    RawSubgraphsDemand {
        /// Of each subgraph that is not named.
        all: RawSubgraphDemand,
        /// Of one subgraph; what it leaves out is as for all.
        subgraphs: PerSubgraph<RawSubgraphDemand>,
    }

    /// What one operation may ask of a subgraph.
    RawSubgraphDemand {
        /// The most that it may cost. Default: no limit.
        max: Points,
        /// Elements of a list of which nothing else is known. Default: as for the whole operation.
        list_size: ListLength,
    }

    /// What a client has over time: points that its operations cost, and that come back.
    RawBudget {
        /// The most that a client can have. Default: 2000.
        points: Points,
        /// What comes back each second. Default: 20.
        refill_per_second: Refill,
        /// What clients of a tier have instead, by tier.
        tiers: BTreeMap<String, Setting<RawAllowance>>,
        /// What names a client, the first that a request has: api_key, subject, claim:NAME or header:NAME. A request that has
        /// none is named by its address, an IPv6 one by its /64. A header has to be set by something trusted, since
        /// whoever chooses its value has as many budgets as they like. Default: api_key, subject.
        identify_by: List<ClientNameText>,
        /// How often a client may have a field resolved, by Type.field.
        fields: BTreeMap<String, Setting<RawFieldLimit>>,
        /// Where budgets are kept: memory (each gateway for itself) or redis (all together). Default: memory.
        store: BudgetStore,
        /// What holds while Redis does not answer: local (each gateway for itself), open (no budgets) or closed (nothing
        /// is answered). Default: local.
        without_redis: WithoutRedis,
        /// Clients that are remembered in memory; those whose points are all there need not be. Default: 100000.
        max_clients: Count,
    }

    /// Points, and how they come back.
    RawAllowance {
        /// The most that a client can have. Default: as for everybody.
        points: Points,
        /// What comes back each second. Default: as for everybody.
        refill_per_second: Refill,
    }

    /// How often a field may be resolved.
    RawFieldLimit {
        /// So often ...
        limit: Count,
        /// ... in this time. Default: 1m.
        window: DurationText,
    }
}
