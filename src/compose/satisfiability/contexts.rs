//! Which fields need which contexts, and which types set them.
//!
//! A path must go through a type that sets the context before it comes to a field that needs it. Whether the type
//! itself sets it, or an interface or union that it belongs to, is the same.

use crate::graph::FieldEdge;
use crate::supergraph::{FieldId, SubgraphId, Supergraph, TypeId, TypeKind};
use apollo_compiler::Node;
use apollo_compiler::ast::{Directive, Value};
use std::collections::{BTreeSet, HashMap, HashSet};

/// The contexts of a supergraph.
#[derive(Default)]
pub struct Contexts {
    needed: HashMap<(FieldId, SubgraphId), BTreeSet<String>>,
    set: HashSet<(TypeId, String)>,
}

impl Contexts {
    /// Reads them out of `@join__field(contextArguments:)` and `@context`.
    pub fn of(supergraph: &Supergraph) -> Self {
        let mut contexts = Self::default();
        for (index, field) in supergraph.fields.iter().enumerate() {
            for join in &field.joins {
                let (Some(graph), Some(arguments)) = (join.graph, &join.context_arguments) else { continue };
                contexts.needed.insert((FieldId::from_index(index), graph), names(arguments));
            }
        }
        if contexts.needed.is_empty() {
            return contexts;
        }
        for (index, ty) in supergraph.types.iter().enumerate() {
            let id = TypeId::from_index(index);
            let above: Vec<TypeId> = match &ty.kind {
                TypeKind::Object { implements, .. } => {
                    implements.iter().map(|implemented| implemented.interface).collect()
                }
                _ => Vec::new(),
            };
            for from in std::iter::once(id).chain(above) {
                contexts.set.extend(set_by(&supergraph.ty(from).directives).map(|name| (id, name)));
            }
            if let TypeKind::Union { members } = &ty.kind {
                for member in members {
                    contexts.set.extend(set_by(&ty.directives).map(|name| (member.member, name)));
                }
            }
        }
        contexts
    }

    /// All that some field needs.
    pub fn needed(&self) -> BTreeSet<String> {
        self.needed.values().flatten().cloned().collect()
    }

    /// Whether an edge needs a context.
    pub fn is_needed(&self, field: FieldId, edge: &FieldEdge, context: &str) -> bool {
        self.needed.get(&(field, edge.subgraph)).is_some_and(|names| names.contains(context))
    }

    /// Whether objects of a type set a context for what is below them.
    pub fn is_set(&self, ty: TypeId, context: &str) -> bool {
        self.set.contains(&(ty, context.to_owned()))
    }
}

fn names(arguments: &Node<Value>) -> BTreeSet<String> {
    let entries = arguments.as_list().unwrap_or_default().iter().filter_map(|argument| argument.as_object());
    let context = entries.filter_map(|entries| entries.iter().find(|(name, _)| name == "context"));
    context.filter_map(|(_, name)| name.as_str().map(str::to_owned)).collect()
}

fn set_by(directives: &[Node<Directive>]) -> impl Iterator<Item = String> + '_ {
    let applied = directives.iter().filter(|directive| directive.name == "context");
    applied.filter_map(|directive| directive.specified_argument_by_name("name")?.as_str().map(str::to_owned))
}
