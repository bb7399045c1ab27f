//! What each type is in each subgraph, gathered by name: the input of merging.

use super::findings::Findings;
use crate::diagnostic::{Diagnostic, Span};
use crate::subgraph::{Code, Composite, Field, Subgraph, Type, TypeKind};
use crate::supergraph::SubgraphId;
use apollo_compiler::parser::SourceSpan;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};

/// The definition of a type in one subgraph.
#[derive(Clone, Copy)]
pub struct Definition<'a> {
    /// The subgraph's place in the supergraph.
    pub id: SubgraphId,
    /// The subgraph.
    pub subgraph: &'a Subgraph,
    /// The definition.
    pub ty: &'a Type,
}

/// The definition of a field in one subgraph.
#[derive(Clone, Copy)]
pub struct FieldSource<'a> {
    /// The type it belongs to.
    pub parent: Definition<'a>,
    /// The definition.
    pub field: &'a Field,
}

/// What a merged type will be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A scalar.
    Scalar,
    /// An object.
    Object,
    /// An interface.
    Interface,
    /// A union.
    Union,
    /// An enum.
    Enum,
    /// An input object.
    Input,
}

/// All types of all subgraphs.
pub struct Sources<'a> {
    /// By [`SubgraphId`].
    pub subgraphs: Vec<&'a Subgraph>,
    /// Sorted by name.
    pub types: BTreeMap<&'a str, Merging<'a>>,
    /// The interfaces and unions that each type belongs to somewhere.
    above: HashMap<&'a str, HashSet<&'a str>>,
}

/// One type to merge.
pub struct Merging<'a> {
    /// What it will be.
    pub kind: Kind,
    /// Its definitions, by subgraph.
    pub definitions: Vec<Definition<'a>>,
}

impl<'a> Sources<'a> {
    /// Gathers, and finds types that are of different kinds or that nobody defines.
    pub fn gather(members: &'a [Cow<'a, Subgraph>], findings: &mut Findings) -> Self {
        let subgraphs: Vec<&Subgraph> = members.iter().map(|member| &**member).collect();
        let mut definitions: BTreeMap<&str, Vec<Definition<'_>>> = BTreeMap::new();
        let mut above: HashMap<&str, HashSet<&str>> = HashMap::new();
        for (index, subgraph) in subgraphs.iter().copied().enumerate() {
            for ty in subgraph.types.values() {
                let id = SubgraphId::from_index(index);
                definitions.entry(&ty.name).or_default().push(Definition { id, subgraph, ty });
                match &ty.kind {
                    TypeKind::Object(composite) | TypeKind::Interface(composite) => {
                        for interface in &composite.implements {
                            above.entry(&ty.name).or_default().insert(interface);
                        }
                    }
                    TypeKind::Union(members) => {
                        for member in members {
                            above.entry(member).or_default().insert(&ty.name);
                        }
                    }
                    _ => {}
                }
            }
        }
        let types = definitions
            .into_iter()
            .filter_map(|(name, definitions)| {
                let kind = merged_kind(name, &definitions, findings)?;
                check_extensions(name, &definitions, findings);
                Some((name, Merging { kind, definitions }))
            })
            .collect();
        let sources = Self { subgraphs, types, above };
        sources.check_queries(findings);
        sources
    }

    /// The definitions of a type.
    pub fn definitions(&self, name: &str) -> &[Definition<'a>] {
        self.types.get(name).map_or(&[], |merging| &merging.definitions)
    }

    /// Whether `name` is known to be a member or implementation of `abstract_type` in some subgraph.
    pub fn is_below(&self, name: &str, abstract_type: &str) -> bool {
        self.above.get(name).is_some_and(|above| above.contains(abstract_type))
    }

    /// The id of the subgraph called `name`; members are sorted by name.
    pub fn subgraph_named(&self, name: &str) -> Option<SubgraphId> {
        self.subgraphs.binary_search_by(|subgraph| subgraph.name.as_str().cmp(name)).ok().map(SubgraphId::from_index)
    }

    /// A subgraph.
    pub fn subgraph(&self, id: SubgraphId) -> &'a Subgraph {
        self.subgraphs[id.index()]
    }

    fn check_queries(&self, findings: &mut Findings) {
        let has_queries = self
            .definitions("Query")
            .iter()
            .filter_map(Definition::composite)
            .any(|composite| !composite.fields.is_empty());
        if !has_queries {
            findings.error(
                Diagnostic::error(
                    Code::NoQueries,
                    "No subgraph defines a query: the supergraph would have no field to ask for",
                )
                .help("add a field to `type Query` in at least one subgraph"),
            );
        }
    }
}

impl<'a> Definition<'a> {
    /// Fields and interfaces, of an object or interface.
    pub fn composite(&self) -> Option<&'a Composite> {
        self.ty.composite()
    }

    /// Where the type is defined.
    pub fn span(&self) -> Option<Span> {
        self.subgraph.span(self.ty.place)
    }
}

impl<'a> FieldSource<'a> {
    /// The subgraph's place in the supergraph.
    pub fn id(&self) -> SubgraphId {
        self.parent.id
    }

    /// The subgraph.
    pub fn subgraph(&self) -> &'a Subgraph {
        self.parent.subgraph
    }

    /// Where the field is defined.
    pub fn span(&self) -> Option<Span> {
        self.subgraph().name_span(&self.field.name)
    }

    /// A place in the same subgraph.
    pub fn span_of(&self, location: Option<SourceSpan>) -> Option<Span> {
        self.subgraph().span(location)
    }
}

/// `"a"`, `"a" and "b"`, `"a", "b" and "c"`.
pub fn quoted_list<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("\"{name}\"")).collect();
    match names.split_last() {
        None => String::new(),
        Some((only, [])) => only.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    }
}

/// `subgraph "a"`, `subgraphs "a" and "b"`.
pub fn subgraph_list<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    let names: Vec<&str> = names.into_iter().collect();
    let word = if names.len() == 1 { "subgraph" } else { "subgraphs" };
    format!("{word} {}", quoted_list(names))
}

fn kind_of(ty: &Type) -> Kind {
    match &ty.kind {
        TypeKind::Scalar => Kind::Scalar,
        // An interface object is an object here that is an interface elsewhere.
        TypeKind::Object(_) if ty.is_interface_object() => Kind::Interface,
        TypeKind::Object(_) => Kind::Object,
        TypeKind::Interface(_) => Kind::Interface,
        TypeKind::Union(_) => Kind::Union,
        TypeKind::Enum(_) => Kind::Enum,
        TypeKind::Input(_) => Kind::Input,
    }
}

fn merged_kind(name: &str, definitions: &[Definition<'_>], findings: &mut Findings) -> Option<Kind> {
    let kind = kind_of(definitions.first()?.ty);
    if definitions.iter().any(|definition| kind_of(definition.ty) != kind) {
        let each: Vec<String> = definitions
            .iter()
            .map(|definition| format!("{} in \"{}\"", definition.ty.describe(), definition.subgraph.name))
            .collect();
        let error = Diagnostic::error(
            Code::TypeKindMismatch,
            format!("Type \"{name}\" is of different kinds: it is {}", each.join(", ")),
        );
        findings.error(
            definitions
                .iter()
                .fold(error, |error, definition| {
                    error.at_opt(definition.span(), format!("{} here", definition.ty.describe()))
                })
                .help("define the type as the same kind everywhere, or rename it in some subgraphs"),
        );
        return None;
    }
    if kind == Kind::Interface && definitions.iter().all(|definition| definition.ty.is_interface_object()) {
        let error = Diagnostic::error(
            Code::InterfaceObjectUsageError,
            format!(
                "Type \"{name}\" is an @interfaceObject in every subgraph that defines it, and nowhere an interface"
            ),
        );
        findings.error(
            definitions
                .iter()
                .fold(error, |error, definition| error.at_opt(definition.span(), "an interface object here"))
                .help(format!("define `interface {name}` with its implementations in one subgraph")),
        );
        return None;
    }
    Some(kind)
}

fn check_extensions(name: &str, definitions: &[Definition<'_>], findings: &mut Findings) {
    if definitions.iter().any(|definition| !definition.ty.is_extension) {
        return;
    }
    let subgraphs = subgraph_list(definitions.iter().map(|definition| definition.subgraph.name.as_str()));
    let error = Diagnostic::error(
        Code::ExtensionWithNoBase,
        format!("Type \"{name}\" is extended in {subgraphs}, but no subgraph defines it"),
    );
    findings.error(
        definitions
            .iter()
            .fold(error, |error, definition| error.at_opt(definition.span(), "extended here"))
            .help("remove `extend` (or @extends) in one subgraph"),
    );
}
