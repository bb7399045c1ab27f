//! Plans for readers: the text layout people know from Apollo, JSON, DOT and Mermaid.

use super::Plan;
use crate::supergraph::Supergraph;

/// The text form; `weft plan` and the goldens in `query-plans/` show it.
pub fn text(plan: &Plan, supergraph: &Supergraph) -> String {
    let _ = (plan, supergraph);
    unimplemented!("being written")
}

/// The JSON form, with Apollo's node kinds; goes into `extensions.queryPlan`.
pub fn json(plan: &Plan, supergraph: &Supergraph) -> serde_json::Value {
    let _ = (plan, supergraph);
    unimplemented!("being written")
}

/// The fetch graph in Graphviz's DOT.
pub fn dot(plan: &Plan, supergraph: &Supergraph) -> String {
    let _ = (plan, supergraph);
    unimplemented!("being written")
}

/// The fetch graph in Mermaid.
pub fn mermaid(plan: &Plan, supergraph: &Supergraph) -> String {
    let _ = (plan, supergraph);
    unimplemented!("being written")
}
