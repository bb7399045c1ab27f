//! The rules of federation that one subgraph can break alone, one file per directive.
//!
//! Federation 1 schemas are not held to the rules of Federation 2: what it did not mind, the upgrade mends.

mod access;
mod context;
mod default_value;
mod deprecated;
mod external;
mod interface_object;
mod key;
mod list_size;
mod one_of;
mod provides;
mod requires;
mod selection;
mod shareable;

use super::model::Subgraph;
use crate::diagnostic::Diagnostic;

/// Checks every rule.
pub fn validate(subgraph: &Subgraph) -> Vec<Diagnostic> {
    let mut errors = Vec::new();
    default_value::check(subgraph, &mut errors);
    one_of::check(subgraph, &mut errors);
    deprecated::check(subgraph, &mut errors);
    key::check(subgraph, &mut errors);
    requires::check(subgraph, &mut errors);
    provides::check(subgraph, &mut errors);
    if !subgraph.version.is_federation_1() {
        external::check(subgraph, &mut errors);
        shareable::check(subgraph, &mut errors);
        interface_object::check(subgraph, &mut errors);
        list_size::check(subgraph, &mut errors);
        access::check(subgraph, &mut errors);
        context::check(subgraph, &mut errors);
    }
    errors
}
