//! What a client may see of how its request is answered, and asks for.
//!
//! | header | what it gives |
//! |---|---|
//! | `weft-expose-query-plan: true`, `dry-run` | `extensions.queryPlan`; `dry-run`: in place of the answer |
//! | `weft-trace: true` | `extensions.trace` |
//! | `weft-expose-cost: fields` | the estimate by field in `extensions.cost` |
//!
//! `weft dev` and `weft demo` show it to everybody. `weft serve` shows it to those whom `insight` of the configuration
//! names: who has a scope, or brings a signed [`permission`]. Others are answered as if they had not asked, and where
//! nobody is named no header is looked at.

use super::gateway::Gateway;
use super::query_plan;
use crate::access::{Claims, Clock, permission};
use crate::config::Insight;
use http::HeaderMap;

/// What a client gets to see beside its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Asked {
    /// The plan.
    pub plan: query_plan::Asked,
    /// What was done, and when.
    pub trace: bool,
    /// What each field costs.
    pub field_costs: bool,
}

impl Asked {
    /// Reads the headers of a request.
    pub fn of(gateway: &Gateway, config: &Insight, headers: &HeaderMap, claims: &Claims) -> Self {
        if !(gateway.insight || config.is_for_somebody()) {
            return Self::default();
        }
        let is = |name: &str, wanted: &str| headers.get(name).is_some_and(|value| value == wanted);
        let asked = Self {
            plan: query_plan::Asked::of(headers),
            trace: is("weft-trace", "true"),
            field_costs: is("weft-expose-cost", "fields"),
        };
        if asked.is_nothing() || is_permitted(gateway, config, headers, claims) { asked } else { Self::default() }
    }

    /// Whether it asks only for the answer.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

/// Whether somebody may see how requests are answered.
pub(super) fn is_permitted(gateway: &Gateway, config: &Insight, headers: &HeaderMap, claims: &Claims) -> bool {
    let signed = || {
        let (key, brought) = (config.key.as_deref()?, headers.get(permission::HEADER)?.to_str().ok()?);
        Some(permission::holds(brought, key, Clock::System.now()))
    };
    gateway.insight
        || config.everybody
        || config.scope.as_deref().is_some_and(|scope| claims.has_scope(scope))
        || signed().unwrap_or_default()
}
