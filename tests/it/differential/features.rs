//! What a seed's case is made of beside the plain: each feature is on or off for the whole case, so that small
//! cases stay small and a fault is seen with little else around it.

use super::random::Random;

#[derive(Debug, Clone, Copy)]
pub struct Features {
    /// Enums, lists and input objects as arguments; arguments of fields of object type.
    pub rich_arguments: bool,
    /// A type `Mutation` whose fields are owned by several subgraphs.
    pub mutations: bool,
    /// `@override`.
    pub overrides: bool,
    /// `@inaccessible` fields and enum values.
    pub hidden: bool,
    /// Fields that fail.
    pub failures: bool,
    /// `@requires` through entities, abstract types and values.
    pub deep_requires: bool,
    /// `@provides` of nested fields, and through abstract types.
    pub deep_provides: bool,
    /// Value types whose fields are divided between two subgraphs.
    pub split_values: bool,
    /// Entities whose subgraphs have different keys, none of them all.
    pub key_chains: bool,
    /// Keys that reach into another entity.
    pub entity_keys: bool,
    /// Interface objects with object fields, with arguments and with `@requires`.
    pub wide_interface_objects: bool,
    /// Shared fields whose type is narrower in one subgraph.
    pub narrow_types: bool,
    /// Requests in which one subgraph is out of order.
    pub outages: bool,
    /// Fields below the root that lead back to it.
    pub again: bool,
}

impl Features {
    pub fn generate(random: &mut Random) -> Self {
        let mut on = || random.percent(25);
        Self {
            rich_arguments: on(),
            mutations: on(),
            overrides: on(),
            hidden: on(),
            failures: on(),
            deep_requires: on(),
            deep_provides: on(),
            split_values: on(),
            key_chains: on(),
            entity_keys: on(),
            wide_interface_objects: on(),
            outages: on(),
            narrow_types: on(),
            // Drawn aside, so that a case without it is the one that its seed made before there was this.
            again: random.clone().percent(15),
        }
    }
}
