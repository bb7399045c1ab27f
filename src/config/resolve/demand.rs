//! `demand_control`.

use super::{Mentions, list, section};
use crate::config::raw::demand::{RawAllowance, RawBudget, RawDemandControl, RawSubgraphDemand};
use crate::config::yaml::{Reports, Setting, code};
use crate::config::{
    Allowance, Budget, BudgetStore, DemandControl, DemandMode, FieldLimit, SubgraphDemand, SubgraphLimit,
};

/// Nothing, unless it is there and not switched off.
pub(super) fn resolve(
    raw: Setting<RawDemandControl>,
    has_redis: bool,
    reports: &Reports,
    mentions: &mut Mentions,
) -> Option<DemandControl> {
    let raw = raw.take()?;
    let enabled = raw.enabled.get().copied().unwrap_or(true);
    let estimated = section(section(raw.strategy).static_estimated);
    let mut demand = DemandControl {
        mode: DemandMode::default(),
        list_size: 10,
        max: estimated.max.take().map(|points| points.0),
        subgraphs: SubgraphDemand::default(),
        expose: Default::default(),
        budget: raw.budget.take().map(|raw| budget(raw, has_redis, reports)),
    };
    raw.mode.store(&mut demand.mode);
    raw.expose.store(&mut demand.expose);
    estimated.list_size.store(&mut demand.list_size);
    let subgraph = section(estimated.subgraph);
    demand.subgraphs.all = limit(section(subgraph.all));
    for (name, setting) in section(subgraph.subgraphs) {
        mentions.push((name.clone(), reports.span(setting.key.clone())));
        demand.subgraphs.by_name.insert(name, limit(section(setting)));
    }
    enabled.then_some(demand)
}

fn limit(raw: RawSubgraphDemand) -> SubgraphLimit {
    SubgraphLimit { max: raw.max.take().map(|points| points.0), list_size: raw.list_size.take().map(|size| size.0) }
}

fn budget(raw: RawBudget, has_redis: bool, reports: &Reports) -> Budget {
    let mut budget = Budget::default();
    raw.points.store(&mut budget.default.points);
    raw.refill_per_second.store(&mut budget.default.refill_per_second);
    let default = budget.default;
    let tiers = section(raw.tiers).into_iter();
    budget.tiers = tiers.map(|(name, tier)| (name, allowance(section(tier), default))).collect();
    if let Some(names) = list(raw.identify_by) {
        budget.identify_by = names.map(|name| name.0).collect();
    }
    for (coordinate, setting) in section(raw.fields) {
        let place = setting.key.clone();
        let raw = section(setting);
        let well_formed = coordinate.split_once('.').is_some_and(|(ty, field)| !ty.is_empty() && !field.is_empty());
        if !well_formed {
            let message = format!("\"{coordinate}\" is no field; write Type.field");
            reports.add(reports.error(code::INVALID_VALUE, place, message));
            continue;
        }
        let Some(limit) = raw.limit.take() else {
            let message = format!("the limit of \"{coordinate}\" is missing");
            reports.add(reports.error(code::INVALID_VALUE, place, message).help("say how often: `limit: 10`"));
            continue;
        };
        let window = raw.window.take().map_or(std::time::Duration::from_secs(60), Into::into);
        budget.fields.insert(coordinate, FieldLimit { limit: limit.0 as u64, window });
    }
    let store = raw.store.range.clone();
    raw.store.store(&mut budget.store);
    if budget.store == BudgetStore::Redis && !has_redis {
        let error = reports.error(code::CONFLICT, store, "budgets are to be kept in Redis, and there is none");
        reports.add(error.help("say where it is under \"redis\""));
    }
    raw.without_redis.store(&mut budget.without_redis);
    raw.max_clients.store(&mut budget.max_clients);
    budget
}

/// What a tier leaves out is as for everybody.
fn allowance(raw: RawAllowance, default: Allowance) -> Allowance {
    let mut allowance = default;
    raw.points.store(&mut allowance.points);
    raw.refill_per_second.store(&mut allowance.refill_per_second);
    allowance
}
