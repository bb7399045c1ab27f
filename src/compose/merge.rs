//! The supergraph in the making, and what the steps of merging share.

use super::access::Inherited;
use super::applied::Strategies;
use super::findings::Findings;
use super::members;
use super::sources::{Definition, Kind, Merging, Sources};
use crate::supergraph::{self, Supergraph, TypeId, TypeKind};
use apollo_compiler::{Name, ast};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The state of merging.
pub struct Merge<'a> {
    /// What is merged.
    pub sources: &'a Sources<'a>,
    /// What came of it so far.
    pub supergraph: Supergraph,
    /// Errors and hints.
    pub findings: Findings,
    /// How each directive on elements merges.
    pub strategies: Strategies,
    /// Where each enum is used.
    pub usage: HashMap<Name, Usage>,
    /// The directives that elements of the supergraph carry, with the subgraphs that apply them: they decide what
    /// it links.
    pub applied: BTreeMap<Name, BTreeSet<String>>,
    /// The access rules that elements take over from others.
    pub access: Inherited<'a>,
}

/// Where an enum is used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// As the type of an argument or input field.
    pub input: bool,
    /// As the type of a field.
    pub output: bool,
}

/// The scalars of GraphQL, which no subgraph defines.
const BUILT_IN: [&str; 5] = ["Boolean", "Float", "ID", "Int", "String"];

impl<'a> Merge<'a> {
    /// Nothing merged yet.
    pub fn new(sources: &'a Sources<'a>, findings: Findings) -> Self {
        let names: Vec<&str> = sources.subgraphs.iter().map(|subgraph| subgraph.name.as_str()).collect();
        let subgraphs = sources
            .subgraphs
            .iter()
            .zip(members::graph_names(&names))
            .map(|(subgraph, graph)| supergraph::Subgraph {
                name: subgraph.name.clone(),
                graph,
                url: subgraph.url.clone(),
            })
            .collect();
        let mut supergraph = Supergraph::default();
        supergraph.subgraphs = subgraphs;
        Self {
            sources,
            supergraph,
            findings,
            strategies: Strategies::default(),
            usage: HashMap::new(),
            applied: BTreeMap::new(),
            access: Inherited::gather(sources),
        }
    }

    /// Adds every type, without its members: those refer to types.
    pub fn declare_types(&mut self) {
        let used = self.used_built_ins();
        let built_in = used.into_iter().map(|name| (name, TypeKind::Scalar));
        let merged = self.sources.types.iter().map(|(name, merging)| (*name, empty(merging.kind)));
        let mut all: Vec<(&str, TypeKind)> = built_in.chain(merged).collect();
        all.sort_by_key(|(name, _)| *name);
        for (name, kind) in all {
            let joins = match self.sources.types.get(name) {
                Some(merging) => joins(&merging.definitions),
                None => Vec::new(),
            };
            self.supergraph
                .add_type(supergraph::Type { joins, ..supergraph::Type::bare(Name::new_unchecked(name), kind) });
        }
        self.supergraph.query = self.supergraph.type_id("Query");
        self.supergraph.mutation = self.supergraph.type_id("Mutation");
        self.supergraph.subscription = self.supergraph.type_id("Subscription");
    }

    /// The types of one kind, in order.
    pub fn of_kind(&self, kind: Kind) -> Vec<(TypeId, &'a str, &'a Merging<'a>)> {
        let sources = self.sources;
        sources
            .types
            .iter()
            .filter(|(_, merging)| merging.kind == kind)
            .map(|(name, merging)| (self.type_id(name), *name, merging))
            .collect()
    }

    /// The id of a declared type.
    pub fn type_id(&self, name: &str) -> TypeId {
        self.supergraph.type_id(name).expect("subgraphs are valid: every type they mention is defined")
    }

    /// A type of the supergraph, to fill.
    pub fn ty_mut(&mut self, id: TypeId) -> &mut supergraph::Type {
        &mut self.supergraph.types[id.index()]
    }

    /// Notes that a field has this type.
    pub fn used_as_output(&mut self, ty: &ast::Type) {
        self.usage.entry(bare(ty.inner_named_type())).or_default().output = true;
    }

    /// Notes that an argument or input field has this type.
    pub fn used_as_input(&mut self, ty: &ast::Type) {
        self.usage.entry(bare(ty.inner_named_type())).or_default().input = true;
    }

    fn used_built_ins(&self) -> Vec<&'static str> {
        let mut used: BTreeSet<&'static str> = BTreeSet::new();
        let mut note = |ty: &ast::Type| {
            let name = ty.inner_named_type();
            used.extend(BUILT_IN.iter().find(|built_in| **built_in == name.as_str()));
        };
        for definition in self.sources.types.values().flat_map(|merging| &merging.definitions) {
            if let Some(composite) = definition.composite() {
                for field in composite.fields.values() {
                    note(&field.ty);
                    field.arguments.iter().for_each(|argument| note(&argument.ty));
                }
            }
            if let crate::subgraph::TypeKind::Input(fields) = &definition.ty.kind {
                fields.iter().for_each(|field| note(&field.ty));
            }
        }
        used.into_iter().collect()
    }
}

/// A name without its place: names of the supergraph stand in no subgraph's text.
pub fn bare(name: &Name) -> Name {
    Name::new_unchecked(name)
}

fn empty(kind: Kind) -> TypeKind {
    match kind {
        Kind::Scalar => TypeKind::Scalar,
        Kind::Object => TypeKind::Object { fields: Vec::new(), implements: Vec::new() },
        Kind::Interface => TypeKind::Interface { fields: Vec::new(), implements: Vec::new() },
        Kind::Union => TypeKind::Union { members: Vec::new() },
        Kind::Enum => TypeKind::Enum { values: Vec::new() },
        Kind::Input => TypeKind::Input { fields: Vec::new() },
    }
}

/// One `@join__type` per subgraph, or per key where there are keys.
fn joins(definitions: &[Definition<'_>]) -> Vec<supergraph::JoinType> {
    definitions
        .iter()
        .flat_map(|definition| {
            let plain = supergraph::JoinType {
                graph: definition.id,
                key: None,
                extension: definition.ty.is_extension,
                resolvable: true,
                is_interface_object: definition.ty.is_interface_object(),
            };
            let keys: Vec<supergraph::JoinType> = definition
                .ty
                .keys
                .iter()
                .map(|key| supergraph::JoinType {
                    key: Some(key.fields.to_string()),
                    resolvable: key.resolvable,
                    ..plain.clone()
                })
                .collect();
            if keys.is_empty() { vec![plain] } else { keys }
        })
        .collect()
}
