//! Contracts: a part of a graph for some of its clients, chosen by `@tag`. A [`Supergraph`] and a [`Filter`] in, the
//! supergraph with the rest marked `@inaccessible` out: clients do not see it, and plans go on using it, so that a
//! key may stay hidden.
//!
//! The rules are those that users of Apollo's contracts know:
//!
//! 1. what has an excluded tag is left out, whatever other tags it has: types, fields, arguments, input fields, enum
//!    values;
//! 2. where there are included tags, unions and the fields of objects and interfaces that have none of them are left
//!    out; enums, scalars and inputs stay, since they are nothing by themselves;
//! 3. the tags of an object or interface are those of each of its fields, too;
//! 4. what cannot be without what is left out goes with it ([`supergraph::Hidden`]): a type without fields, a field
//!    whose type is gone or that requires an argument that is. Apollo refuses the latter two;
//! 5. by choice, types that no root field leads to are left out, too ([`reach`]).
//!
//! What is left has to be a valid schema: an object still has what its interfaces promise, and there is a query.

mod leave_out;
mod reach;

use crate::diagnostic::Diagnostic;
use crate::supergraph::{self, Supergraph};
use std::collections::BTreeSet;

/// Which part of a graph a contract is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only what has one of these tags; everything when there are none.
    pub include: BTreeSet<String>,
    /// Nothing that has one of these tags.
    pub exclude: BTreeSet<String>,
    /// Whether types that no root field leads to are left out.
    pub hide_unreachable: bool,
}

/// The graph of a contract.
#[derive(Debug)]
pub struct Contract {
    /// The whole graph, with what clients do not see marked.
    pub supergraph: Supergraph,
    /// Tags of the filter that nothing in the graph has.
    pub hints: Vec<Diagnostic>,
}

/// Leaves out what the filter says.
///
/// # Errors
/// When there is no graph for clients before, or what is left is none.
pub fn apply(supergraph: &Supergraph, filter: &Filter) -> Result<Contract, Vec<Diagnostic>> {
    let mut left = supergraph.clone();
    let used = leave_out::by_tags(&mut left, filter);
    if filter.hide_unreachable {
        reach::leave_out_unreachable(&mut left);
    }
    leave_out::what_goes_with_it(&mut left);
    supergraph::api_schema(&left)?;
    let unused = filter.include.union(&filter.exclude).filter(|tag| !used.contains(*tag));
    let hints = unused.map(|tag| {
        Diagnostic::hint("CONTRACT_TAG_UNUSED", format!("nothing in the graph has the tag \"{tag}\""))
            .help("see whether it is spelt as in the subgraphs' @tag(name:)")
    });
    Ok(Contract { hints: hints.collect(), supergraph: left })
}
