//! `retry` and `circuit_breaker` of a subgraph: what its section says is laid over what holds for all.

use super::{section, store_within};
use crate::config::raw::resilience::{RawCircuitBreaker, RawRetry};
use crate::config::raw::switch::RawSwitchOr;
use crate::config::values::Count;
use crate::config::yaml::{Reports, Setting, code};
use crate::config::{CircuitBreaker, Retry};
use std::time::Duration;

const MILLISECOND: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// More would keep clients waiting for what will not come.
const MOST_ATTEMPTS: usize = 10;
/// More would be traffic, and no trial.
const MOST_TRIALS: usize = 100;

pub(super) fn retry(raw: Setting<RawSwitchOr<RawRetry>>, place: &mut Option<Retry>, reports: &Reports) {
    let Some((raw, retry)) = switched(raw, place) else { return };
    store_at_most(raw.max_attempts, MOST_ATTEMPTS, &mut retry.max_attempts, "max_attempts", reports);
    store_within(raw.interval, MILLISECOND..=MINUTE, &mut retry.interval, "interval", reports);
    store_within(raw.max_interval, MILLISECOND..=MINUTE, &mut retry.max_interval, "max_interval", reports);
    if let Some(timeout) = raw.attempt_timeout.take() {
        retry.attempt_timeout = Some(timeout.0);
    }
    raw.mutations.store(&mut retry.mutations);
    let budget = section(raw.budget);
    budget.min_per_second.store(&mut retry.budget.min_per_second);
    budget.percent.store(&mut retry.budget.percent);
    store_within(budget.ttl, SECOND..=MINUTE, &mut retry.budget.ttl, "ttl", reports);
}

pub(super) fn circuit_breaker(
    raw: Setting<RawSwitchOr<RawCircuitBreaker>>,
    place: &mut Option<CircuitBreaker>,
    reports: &Reports,
) {
    let Some((raw, breaker)) = switched(raw, place) else { return };
    raw.error_threshold.store(&mut breaker.error_threshold);
    raw.volume_threshold.store(&mut breaker.volume_threshold);
    store_within(raw.window, SECOND..=10 * MINUTE, &mut breaker.window, "window", reports);
    let rest = 10 * MILLISECOND..=10 * MINUTE;
    store_within(raw.reset_timeout, rest, &mut breaker.reset_timeout, "reset_timeout", reports);
    let trials = &mut breaker.half_open_attempts;
    store_at_most(raw.half_open_attempts, MOST_TRIALS, trials, "half_open_attempts", reports);
}

/// What is on, and what the file says of it; nothing where it says no more than on or off.
fn switched<Raw, T: Default>(raw: Setting<RawSwitchOr<Raw>>, place: &mut Option<T>) -> Option<(Box<Raw>, &mut T)> {
    match raw.take()? {
        RawSwitchOr::Fixed(false) => {
            *place = None;
            None
        }
        RawSwitchOr::Fixed(true) => {
            place.get_or_insert_default();
            None
        }
        RawSwitchOr::By(raw) => Some((raw, place.get_or_insert_default())),
    }
}

fn store_at_most(setting: Setting<Count>, most: usize, place: &mut usize, key: &str, reports: &Reports) {
    let range = setting.range.clone();
    match setting.take() {
        Some(count) if count.0 <= most => *place = count.0,
        Some(_) => {
            let message = format!("\"{key}\" must be {most} at most");
            reports.add(reports.error(code::INVALID_VALUE, range, message));
        }
        None => {}
    }
}
