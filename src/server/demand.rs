//! Demand in HTTP's terms: the verdict on a request before it is executed, and what its client is told of it.
//!
//! Told are the cost, in `extensions.cost` and in `X-Cost-*`, to those who may know and ask; and how the client's points
//! stand, in `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-10), to everybody who has any.

use super::gateway::Served;
use super::rejection::Rejection;
use crate::access::Claims;
use crate::config::CostExposure;
use crate::demand::budget::Throttle;
use crate::demand::cost::{ExplainedCost, Given};
use crate::demand::{Admission, Asker, Costs, Denied, Told};
use crate::prepare::{ClientError, Prepared, Refusal};
use http::header::{HeaderMap, HeaderName, HeaderValue};
use std::fmt::Write;
use std::net::IpAddr;

/// The header by which a client asks for the cost.
const ASKS: &str = "weft-expose-cost";

/// A request that may be executed, and is charged for.
#[derive(Debug)]
pub(super) struct Charge {
    admission: Admission,
    exposed: bool,
}

impl Charge {
    /// The verdict on a request from `peer`; nothing where demand is not looked at. `told` is for its answer,
    /// whatever becomes of it.
    pub async fn reserve(
        served: &Served,
        prepared: &Prepared,
        given: Given<'_>,
        (claims, headers, peer): (&Claims, &HeaderMap, IpAddr),
        told: &mut Told,
    ) -> Result<Option<Self>, Rejection> {
        let (Some(demand), Some(operation)) = (&served.snapshot.demand, &prepared.demand) else { return Ok(None) };
        let exposed = is_exposed(demand.settings().expose, headers);
        let trusted = &served.snapshot.config.trusted_proxies;
        let asker = Asker { claims, headers, peer };
        let verdict = demand.admit(operation, given, trusted, asker, told).await;
        if !exposed {
            told.costs = None;
        }
        Ok(Some(Self { admission: verdict.map_err(rejection)?, exposed }))
    }

    /// Whether the answer says what it costs; such an answer is its client's own.
    pub fn is_told(&self) -> bool {
        self.exposed
    }

    /// From here on something may be asked of subgraphs.
    pub fn begin(&mut self) {
        self.admission.begin();
    }

    /// The answer is there, with so many objects.
    pub fn settle(self, objects: &[u32]) -> Told {
        let mut told = self.admission.settle(objects);
        if !self.exposed {
            told.costs = None;
        }
        told
    }
}

/// What an operation would cost, where its client is told and nothing is executed: nobody is charged.
pub(super) fn estimate(served: &Served, prepared: &Prepared, given: Given<'_>, headers: &HeaderMap) -> Told {
    let estimate = served.snapshot.demand.as_ref().zip(prepared.demand.as_ref()).map(|(demand, operation)| {
        let exposed = is_exposed(demand.settings().expose, headers);
        exposed.then(|| demand.estimate(operation, given))
    });
    Told { costs: estimate.flatten(), throttle: None }
}

fn is_exposed(exposure: CostExposure, headers: &HeaderMap) -> bool {
    match exposure {
        CostExposure::Never => false,
        CostExposure::OnRequest => headers.get(ASKS).is_some_and(|value| value == "true" || value == "fields"),
        CostExposure::Always => true,
    }
}

fn rejection(denied: Denied) -> Rejection {
    match denied {
        Denied::TooExpensive(code, message) => Refusal::request(ClientError::new(code, message)).into(),
        Denied::TooOften(message, seconds) => Rejection::too_often(message, seconds),
        Denied::Undecided => Rejection::undecided_budget(),
    }
}

/// `extensions.cost`, if the client is told; by field where it asks for that.
pub(super) fn extension(told: &Told, by_field: Option<&ExplainedCost>) -> Option<Vec<u8>> {
    let Costs { estimated, actual, max, result } = told.costs?;
    let mut json = format!("{{\"estimated\":{estimated}");
    if let Some(actual) = actual {
        let _ = write!(json, ",\"actual\":{actual}");
    }
    if let Some(max) = max {
        let _ = write!(json, ",\"max\":{max}");
    }
    let _ = write!(json, ",\"result\":\"{}\"", result.name());
    if let Some(Throttle { quota, remaining, until_full }) = told.throttle {
        let (limit, reset) = (quota.points(), seconds(until_full));
        let _ = write!(json, ",\"throttle\":{{\"limit\":{limit},\"remaining\":{remaining},\"resetAfter\":{reset}}}");
    }
    if let Some(fields) = by_field.and_then(|cost| serde_json::to_string(&cost.fields).ok()) {
        let _ = write!(json, ",\"fields\":{fields}");
    }
    json.push('}');
    Some(json.into_bytes())
}

/// Writes what the client is told into the header of its answer.
pub(super) fn write_fields(told: &Told, headers: &mut HeaderMap) {
    if let Some(Throttle { quota, remaining, until_full }) = told.throttle {
        let (limit, window, reset) = (quota.points(), seconds(quota.window()), seconds(until_full));
        put(headers, "ratelimit-policy", &format!("\"points\";q={limit};qu=\"points\";w={window}"));
        put(headers, "ratelimit", &format!("\"points\";r={remaining};t={reset}"));
    }
    if let Some(Costs { estimated, actual, max, .. }) = told.costs {
        let costs = [("x-cost-estimated", Some(estimated)), ("x-cost-actual", actual), ("x-cost-max", max)];
        for (name, cost) in costs {
            if let Some(cost) = cost {
                headers.insert(HeaderName::from_static(name), HeaderValue::from(cost));
            }
        }
    }
}

fn put(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(HeaderName::from_static(name), value);
    }
}

/// Microseconds as whole seconds, so that whoever waits for them waits long enough.
fn seconds(micros: u64) -> u64 {
    micros.div_ceil(1_000_000)
}
