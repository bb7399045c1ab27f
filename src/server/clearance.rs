//! What a client gets of what it asked for, and how it is told of the rest.
//!
//! A [`Clearance`] is decided before an operation is executed: the gates that are closed for whoever asks. What is
//! behind them is not fetched, and null in the answer. By configuration the whole operation is refused instead, or
//! all is given and only told.

use super::gateway::Served;
use super::rejection::Rejection;
use crate::access::{Claims, Granted, Guards, Undecided};
use crate::config::WithheldErrors;
use crate::demand::cost::Given;
use crate::execute::{GraphqlError, PathSegment, ResponsePart};
use crate::operation::{ClosedGates, ConditionValues, Variables};
use crate::prepare::{ClientError, Prepared};
use tokio::time::{Instant, timeout_at};

/// As Apollo's router has them.
const CODE: &str = "UNAUTHORIZED_FIELD_OR_TYPE";
const MESSAGE: &str = "Unauthorized field or type";
/// Places told at most.
const MOST_PLACES: usize = 100;

/// See the module.
#[derive(Debug, Clone, Default)]
pub(super) struct Clearance {
    /// What is not given.
    pub closed: ClosedGates,
    /// What would not be, were this no dry run.
    told: Vec<Vec<Box<str>>>,
}

impl Clearance {
    /// Decides about an operation for somebody. An operation without rules costs one look.
    ///
    /// # Errors
    /// When it is refused as a whole.
    pub async fn decide(
        served: &Served,
        prepared: &Prepared,
        claims: &Claims,
        conditions: &ConditionValues,
        deadline: Instant,
    ) -> Result<Self, Rejection> {
        let Some(guards) = &prepared.guards else { return Ok(Self::default()) };
        let closed = closed(served, guards, claims, deadline).await?;
        let directives = &served.snapshot.config.authorization.directives;
        if closed.is_empty() || !(directives.dry_run || directives.reject_unauthorized) {
            return Ok(Self { closed, told: Vec::new() });
        }
        let supergraph = &served.snapshot.supergraph;
        let told = guards.withheld(supergraph, &prepared.operation, &closed, conditions, MOST_PLACES);
        if directives.dry_run {
            return Ok(Self { closed: ClosedGates::NONE, told });
        }
        if told.is_empty() {
            return Ok(Self { closed, told });
        }
        let error = |path| ClientError { path, ..ClientError::new(CODE, MESSAGE) };
        Err(Rejection::unauthorized(told.into_iter().map(error).collect()))
    }

    /// A request's values, with what its client does not get.
    pub fn given<'r>(&'r self, variables: &'r Variables) -> Given<'r> {
        Given { variables, closed: &self.closed }
    }

    /// Tells of what was withheld where the configuration wants it: in the errors of the answer, or in the
    /// extension that it gives.
    pub fn tell(&self, served: &Served, part: &mut ResponsePart) -> Option<Vec<u8>> {
        let dry = self.told.iter().map(|path| path.iter().cloned().map(PathSegment::Key).collect());
        let withheld: Vec<Vec<PathSegment>> = part.withheld.drain(..).chain(dry).collect();
        if withheld.is_empty() {
            return None;
        }
        let directives = &served.snapshot.config.authorization.directives;
        if directives.log {
            tracing::debug!(
                places = withheld.len(),
                dry_run = directives.dry_run,
                "withheld what the client may not see"
            );
        }
        let errors = withheld.into_iter().map(|path| GraphqlError::new(CODE, MESSAGE, path));
        match directives.response {
            WithheldErrors::Disabled => None,
            // A dry run changes nothing that clients look at.
            WithheldErrors::Errors if !directives.dry_run => {
                part.errors.extend(errors);
                None
            }
            _ => serde_json::to_vec(&errors.collect::<Vec<_>>()).ok(),
        }
    }
}

/// The gates that are closed for somebody.
async fn closed(
    served: &Served,
    guards: &Guards,
    claims: &Claims,
    deadline: Instant,
) -> Result<ClosedGates, Rejection> {
    let granted = match guards.policies() {
        [] => Granted::default(),
        asked => {
            let deciding = served.snapshot.policies.granted(claims, asked);
            let decided = timeout_at(deadline, deciding).await.map_err(|_| Rejection::timed_out())?;
            decided.map_err(|Undecided| Rejection::undecided())?
        }
    };
    Ok(guards.closed(claims, &|policy| granted.contains(policy)))
}
