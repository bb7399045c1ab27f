//! The verdict on one request, and its charge.
//!
//! [`Demand::admit`] estimates, refuses what is too dear, and reserves the estimate in the client's budget.
//! [`Admission::settle`] corrects the reservation by what the answer cost. When costs are only measured, nothing is
//! refused; what would have been is counted.

use super::budget::{Budgets, Client, Clock, Refused, Reservation, Throttle, Wanted, client_address};
use super::cost::Given;
use super::limits::field_limits;
use super::tariff::OperationDemand;
use crate::access::Claims;
use crate::config::{Config, DemandControl, DemandMode};
use crate::operation::{ClosedGates, Variables};
use crate::store::redis::Redis;
use crate::supergraph::{Subgraph, Supergraph};
use crate::telemetry::{DemandMetrics, Metrics};
use http::HeaderMap;
use std::net::IpAddr;
use std::sync::Arc;

/// How much may be asked, under one configuration.
#[derive(Debug)]
pub struct Demand {
    settings: DemandControl,
    /// By subgraph: its name and the most that one operation may ask of it.
    subgraphs: Box<[(Box<str>, Option<u64>)]>,
    budgets: Option<Arc<Budgets>>,
    metrics: DemandMetrics,
}

/// How an operation's cost stands to what is allowed, under Apollo's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CostResult {
    /// It is allowed.
    Ok,
    /// The estimate is too high.
    EstimatedTooExpensive,
    /// The answer cost too much.
    ActualTooExpensive,
}

impl CostResult {
    /// As clients are told.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "COST_OK",
            Self::EstimatedTooExpensive => "COST_ESTIMATED_TOO_EXPENSIVE",
            Self::ActualTooExpensive => "COST_ACTUAL_TOO_EXPENSIVE",
        }
    }
}

/// What an operation costs, as clients are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Costs {
    /// Before it was run.
    pub estimated: u64,
    /// By what was answered, once it is.
    pub actual: Option<u64>,
    /// The most that it may be.
    pub max: Option<u64>,
    /// How these stand to each other.
    pub result: CostResult,
}

/// Why a request is not served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Denied {
    /// The operation is too dear for anybody: code and message.
    TooExpensive(&'static str, String),
    /// The client has too little left: message, seconds until there is enough.
    TooOften(String, u64),
    /// Whether there is enough cannot be found out.
    Undecided,
}

/// A request that may be served.
#[derive(Debug)]
pub struct Admission {
    demand: Arc<Demand>,
    operation: Arc<OperationDemand>,
    variables: Variables,
    closed: ClosedGates,
    costs: Costs,
    reservation: Option<Reservation>,
}

/// A request, as far as it matters here.
#[derive(Debug, Clone, Copy)]
pub struct Asker<'a> {
    /// Who asks.
    pub claims: &'a Claims,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// The other end of the connection.
    pub peer: IpAddr,
}

impl Demand {
    /// How much may be asked under `config`, if it says anything of it. Clients keep what they had under `previous`.
    pub fn new(
        config: &Config,
        supergraph: &Supergraph,
        redis: Option<&Arc<Redis>>,
        clock: Clock,
        previous: Option<&Self>,
        metrics: &Metrics,
    ) -> Option<Self> {
        let mut settings = config.demand_control.clone()?;
        if let Some(budget) = &mut settings.budget {
            budget.fields = field_limits(supergraph, budget);
        }
        let kept = previous.and_then(|previous| previous.budgets.as_ref());
        let budgets = settings.budget.as_ref().map(|budget| match kept {
            Some(kept) if kept.are_of(budget, redis) => Arc::clone(kept),
            kept => Arc::new(Budgets::new(budget.clone(), redis.cloned(), clock, kept.map(|kept| &**kept))),
        });
        let limit = |subgraph: &Subgraph| (subgraph.name.as_str().into(), settings.subgraphs.of(&subgraph.name).max);
        let subgraphs = supergraph.subgraphs.iter().map(limit).collect();
        Some(Self { settings, subgraphs, budgets, metrics: metrics.demand() })
    }

    /// What it was made of; the limits on fields are those of the supergraph too.
    pub fn settings(&self) -> &DemandControl {
        &self.settings
    }

    /// What an operation is taken to cost.
    pub fn estimate(&self, operation: &OperationDemand, given: Given<'_>) -> Costs {
        let (estimated, max) = (operation.cost.estimate(given), self.settings.max);
        let is_too_dear = max.is_some_and(|max| estimated > max);
        let result = if is_too_dear { CostResult::EstimatedTooExpensive } else { CostResult::Ok };
        Costs { estimated, actual: None, max, result }
    }

    /// The verdict on a request. `told` are the points of its client, where it has any.
    ///
    /// # Errors
    /// Why it is not served.
    pub async fn admit(
        self: &Arc<Self>,
        operation: &Arc<OperationDemand>,
        given: Given<'_>,
        trusted: &[crate::config::Network],
        asker: Asker<'_>,
        told: &mut Told,
    ) -> Result<Admission, Denied> {
        let costs = self.estimate(operation, given);
        let (estimated, enforced) = (costs.estimated, self.settings.mode == DemandMode::Enforce);
        told.costs = Some(costs);
        self.metrics.estimated.observe(estimated);
        let verdict = self.too_expensive(operation, given, costs);
        if let Some((reason, denied)) = verdict {
            self.metrics.refused(reason, enforced);
            if enforced {
                return Err(denied);
            }
        }
        let reservation = match &self.budgets {
            None => None,
            Some(budgets) => {
                let address = client_address(asker.peer, asker.headers, trusted);
                let names = &budgets.settings().identify_by;
                let client = Client::of(names, asker.claims, asker.headers, address);
                let wanted = wanted(estimated, operation, |calls| calls.estimate(given));
                let reserved = budgets.reserve(client, asker.claims.tier.as_deref(), &wanted).await;
                self.reserved(reserved, enforced, told)?
            }
        };
        let (variables, closed) = (given.variables.clone(), given.closed.clone());
        let (demand, operation) = (Arc::clone(self), Arc::clone(operation));
        Ok(Admission { demand, operation, variables, closed, costs, reservation })
    }

    /// Why nobody may have this operation, with the reason as it is counted.
    fn too_expensive(
        &self,
        operation: &OperationDemand,
        given: Given<'_>,
        costs: Costs,
    ) -> Option<(&'static str, Denied)> {
        if let Some(max) = costs.max.filter(|max| costs.estimated > *max) {
            let message = format!(
                "the operation costs {} points by estimate, and {max} is the most that one may cost",
                costs.estimated
            );
            return Some(("cost", Denied::TooExpensive("COST_ESTIMATED_TOO_EXPENSIVE", message)));
        }
        if let Some(denied) = self.subgraph_too_expensive(operation, given) {
            return Some(("subgraph_cost", denied));
        }
        let message = operation.cost.unsized_list(given.variables)?;
        Some(("list_size", Denied::TooExpensive("COST_QUERY_PARSE_FAILURE", message)))
    }

    fn subgraph_too_expensive(&self, operation: &OperationDemand, given: Given<'_>) -> Option<Denied> {
        let mut estimates = operation.fetches.as_ref()?.estimates(given);
        estimates.find_map(|(subgraph, cost)| {
            let (name, max) = &self.subgraphs[subgraph.index()];
            let max = max.filter(|max| cost > *max)?;
            let message =
                format!("the operation asks {cost} points of subgraph {name} by estimate, and {max} is the most");
            Some(Denied::TooExpensive("SUBGRAPH_COST_ESTIMATED_TOO_EXPENSIVE", message))
        })
    }

    fn reserved(
        &self,
        reserved: Result<Reservation, Refused>,
        enforced: bool,
        told: &mut Told,
    ) -> Result<Option<Reservation>, Denied> {
        let refused = match reserved {
            Ok(reservation) => {
                told.throttle = Some(reservation.throttle());
                return Ok(Some(reservation));
            }
            Err(refused) => refused,
        };
        let (reason, denied) = match refused {
            Refused::NeverEnough { needs, most, field: None } => {
                let message = format!(
                    "the operation costs {needs} points by estimate, and {most} is the most that you can have at once"
                );
                ("budget_size", Denied::TooExpensive("COST_ESTIMATED_TOO_EXPENSIVE", message))
            }
            Refused::NeverEnough { needs, most, field: Some(field) } => {
                let message = format!("the operation resolves {field} {needs} times, and {most} is the most at once");
                ("field_limit", Denied::TooExpensive("REQUEST_RATE_LIMITED", message))
            }
            Refused::TooLittle { wait, field, throttle } => {
                told.throttle = Some(throttle);
                let seconds = wait.div_ceil(1_000_000).max(1);
                let (reason, what) = match field {
                    None => ("budget", "you have too few points left for this operation".to_owned()),
                    Some(field) => ("field_limit", format!("{field} was asked for too often")),
                };
                (reason, Denied::TooOften(format!("{what}; ask again in {seconds} s"), seconds))
            }
            Refused::Unavailable => ("redis", Denied::Undecided),
        };
        self.metrics.refused(reason, enforced);
        if enforced { Err(denied) } else { Ok(None) }
    }
}

/// What a request is told beside its answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Told {
    /// What the operation costs.
    pub costs: Option<Costs>,
    /// How the client's points stand.
    pub throttle: Option<Throttle>,
}

impl Admission {
    /// From here on something may be asked of subgraphs.
    pub fn begin(&mut self) {
        if let Some(reservation) = &mut self.reservation {
            reservation.begin();
        }
    }

    /// The answer is there: it has so many objects, by selection set. Gives what the client is told.
    pub fn settle(self, objects: &[u32]) -> Told {
        let Self { demand, operation, variables, closed, mut costs, reservation } = self;
        let given = Given { variables: &variables, closed: &closed };
        let actual = operation.cost.answered(given, objects);
        demand.metrics.actual.observe(actual);
        costs.actual = Some(actual);
        if costs.result == CostResult::Ok && costs.max.is_some_and(|max| actual > max) {
            costs.result = CostResult::ActualTooExpensive;
            demand.metrics.refused("actual_cost", false);
        }
        let used = || wanted(actual, &operation, |calls| calls.answered(given, objects));
        let throttle = reservation.map(|reservation| reservation.settle(&used()));
        Told { costs: Some(costs), throttle }
    }
}

fn wanted(points: u64, operation: &OperationDemand, calls: impl Fn(&super::cost::OperationCost) -> u64) -> Wanted {
    Wanted { points, calls: operation.calls.iter().map(|(limit, cost)| (*limit, calls(cost))).collect() }
}
