//! The model of a subgraph: its types with what federation says about them, taken out of the directives.
//!
//! Names are canonical: root types are `Query`, `Mutation` and `Subscription`, and the directives that
//! federation knows go by the names of its specification, whatever the schema imported them as.
//! Nodes and names keep their places in the text, see [`Subgraph::span`].

use super::link::string_argument;
use super::specification;
use super::{ContextArgument, Feature, FieldSet, Locator};
use crate::diagnostic::Span;
use apollo_compiler::parser::SourceSpan;
use apollo_compiler::{Name, Node, ast};
use indexmap::IndexMap;
use std::collections::HashMap;
use std::fmt;

/// One service's schema and how to reach it.
#[derive(Debug, Clone)]
pub struct Subgraph {
    /// As its team calls it.
    pub name: String,
    /// Where it is reached.
    pub url: String,
    /// The federation version its `@link` names.
    pub version: Version,
    /// What its `@link`s bring in, but for `link` itself.
    pub features: Vec<Feature>,
    /// By name, in the order of the text.
    pub types: IndexMap<Name, Type>,
    /// The directives it defines itself, under the names it gives them.
    pub directive_definitions: IndexMap<Name, Node<ast::DirectiveDefinition>>,
    /// `@composeDirective(name:)` on the schema: the value with its place.
    pub composed: Vec<Node<ast::Value>>,
    /// Description of the schema.
    pub description: Option<Node<str>>,
    /// Other directives on the schema.
    pub schema_directives: Vec<Node<ast::Directive>>,
    /// The objects that implement each interface.
    pub implementations: HashMap<Name, Vec<Name>>,
    /// Finds places in the text.
    pub locator: Locator,
}

/// A federation version; Federation 1 is everything without a federation `@link`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// 1 or 2.
    pub major: u32,
    /// Of 2, what `@link` says.
    pub minor: u32,
}

impl Version {
    /// Before `@link`.
    pub const FEDERATION_1: Self = Self { major: 1, minor: 0 };

    /// Whether this is Federation 1.
    pub fn is_federation_1(self) -> bool {
        self.major == 1
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v{}.{}", self.major, self.minor)
    }
}

/// A type of a subgraph.
#[derive(Debug, Clone)]
pub struct Type {
    /// Its name.
    pub name: Name,
    /// Where it is first defined: a root type that is renamed has a name without a place.
    pub place: Option<SourceSpan>,
    /// Its description.
    pub description: Option<Node<str>>,
    /// What it is.
    pub kind: TypeKind,
    /// Whether the subgraph only extends it, by `extend` or `@extends`.
    pub is_extension: bool,
    /// Its keys.
    pub keys: Vec<Key>,
    /// Where `@interfaceObject` stands, if it does.
    pub interface_object: Option<Node<ast::Directive>>,
    /// Other directives.
    pub directives: Vec<Node<ast::Directive>>,
}

/// What a type is.
#[derive(Debug, Clone)]
pub enum TypeKind {
    /// A scalar.
    Scalar,
    /// An object.
    Object(Composite),
    /// An interface.
    Interface(Composite),
    /// A union of these objects.
    Union(Vec<Name>),
    /// An enum.
    Enum(Vec<EnumValue>),
    /// An input object.
    Input(Vec<Node<ast::InputValueDefinition>>),
}

/// What objects and interfaces have in common.
#[derive(Debug, Clone, Default)]
pub struct Composite {
    /// The interfaces it implements.
    pub implements: Vec<Name>,
    /// By name, in order.
    pub fields: IndexMap<Name, Field>,
}

/// A value of an enum.
#[derive(Debug, Clone)]
pub struct EnumValue {
    /// Its name.
    pub name: Name,
    /// Its description.
    pub description: Option<Node<str>>,
    /// Its directives.
    pub directives: Vec<Node<ast::Directive>>,
}

/// `@key`.
#[derive(Debug, Clone)]
pub struct Key {
    /// The key fields.
    pub fields: FieldSet,
    /// Whether the subgraph resolves entities by it.
    pub resolvable: bool,
    /// Whether it stands on an extension of the type.
    pub on_extension: bool,
    /// Where it stands.
    pub directive: Node<ast::Directive>,
}

/// A field of an object or interface.
#[derive(Debug, Clone)]
pub struct Field {
    /// Its name.
    pub name: Name,
    /// Its description.
    pub description: Option<Node<str>>,
    /// Its arguments.
    pub arguments: Vec<Node<ast::InputValueDefinition>>,
    /// Its type.
    pub ty: ast::Type,
    /// `@external`, on the field or on the declaration around it.
    pub external: Option<Node<ast::Directive>>,
    /// Whether `@external` stands on the declaration around the field.
    pub external_by_type: bool,
    /// `@requires`.
    pub requires: Option<FieldSet>,
    /// `@provides`.
    pub provides: Option<FieldSet>,
    /// `@override`.
    pub overrides: Option<Override>,
    /// `@shareable`, on the field or on the declaration around it.
    pub shareable: bool,
    /// The arguments that come from contexts.
    pub contextual: Vec<ContextArgument>,
    /// Other directives.
    pub directives: Vec<Node<ast::Directive>>,
    /// It is part of a key, at any depth.
    pub in_key: bool,
    /// Some `@provides` selects it.
    pub provided: bool,
    /// Something needs it although it is external: a key, `@requires`, `@provides`, `@fromContext` or an interface.
    pub used: bool,
    /// It is marked `@external` but is the key field of an extension, which the subgraph does resolve:
    /// that is how Federation 1 wanted extensions written.
    pub key_of_extension: bool,
}

/// `@override`.
#[derive(Debug, Clone)]
pub struct Override {
    /// The subgraph that the field is taken from.
    pub from: String,
    /// The condition under which it is.
    pub label: Option<String>,
    /// Where it stands.
    pub directive: Node<ast::Directive>,
}

impl Subgraph {
    /// What the schema calls a directive of the specifications, if it links one that has it.
    pub fn local_directive(&self, name: &str) -> Option<String> {
        if self.version.is_federation_1() {
            let known = specification::FEDERATION_1.iter().any(|directive| directive.name == name);
            return known.then(|| name.to_owned());
        }
        let companion = self.features.iter().find(|feature| {
            let known = specification::companion_of(&feature.name);
            feature.identity.starts_with(specification::HOST)
                && known.is_some_and(|companion| companion.directives.contains(&name))
        });
        let federation = || self.features.iter().find(|feature| feature.is_federation());
        companion.or_else(federation).map(|feature| feature.local_directive(name))
    }

    /// The linked specification that came with a newer federation than the schema links, with that version.
    pub fn newer_feature(&self) -> Option<(&Feature, Version)> {
        if self.version.is_federation_1() {
            return None;
        }
        let companions = self.features.iter().filter(|feature| feature.identity.starts_with(specification::HOST));
        companions
            .filter_map(|feature| Some((feature, specification::companion_since(&feature.name)?)))
            .filter(|(_, since)| *since > self.version)
            .max_by_key(|(_, since)| *since)
    }

    /// The federation link with a version newer than any known, and the version that it is read as.
    pub fn unknown_version(&self) -> Option<(&Feature, Version)> {
        let federation = self.features.iter().find(|feature| feature.is_federation());
        federation.filter(|link| link.version > specification::NEWEST).map(|link| (link, specification::NEWEST))
    }

    /// The types that set the context `name`.
    pub fn context_types<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Type> {
        self.types.values().filter(move |ty| ty.contexts().any(|(context, _)| context == name))
    }

    /// The place of a node in this subgraph's text; none for what was added.
    pub fn span(&self, location: Option<SourceSpan>) -> Option<Span> {
        self.locator.span(location)
    }

    /// The place of a name.
    pub fn name_span(&self, name: &Name) -> Option<Span> {
        self.locator.span(name.location())
    }

    /// The object or interface called `name`.
    pub fn composite(&self, name: &str) -> Option<&Composite> {
        self.types.get(name).and_then(Type::composite)
    }

    /// The field `field` of the object or interface `name`.
    pub fn field(&self, name: &str, field: &str) -> Option<&Field> {
        self.composite(name)?.fields.get(field)
    }

    /// Whether `name` is an interface.
    pub fn is_interface(&self, name: &str) -> bool {
        matches!(self.types.get(name).map(|ty| &ty.kind), Some(TypeKind::Interface(_)))
    }

    /// The objects that implement `interface`.
    pub fn implementations(&self, interface: &str) -> &[Name] {
        self.implementations.get(interface).map_or(&[], Vec::as_slice)
    }

    /// Whether a value can be both of the type `a` and of the type `b`.
    pub fn overlaps(&self, a: &str, b: &str) -> bool {
        let object = |name: &str| matches!(self.types.get(name).map(|ty| &ty.kind), Some(TypeKind::Object(_)));
        a == b
            || match (object(a), object(b)) {
                (true, true) => false,
                (true, false) => self.may_be(b, a),
                (false, true) => self.may_be(a, b),
                (false, false) => self.possible(a).iter().any(|object| self.may_be(b, object)),
            }
    }

    /// The members of a union or implementations of an interface.
    fn possible(&self, abstract_type: &str) -> &[Name] {
        match self.types.get(abstract_type).map(|ty| &ty.kind) {
            Some(TypeKind::Union(members)) => members,
            _ => self.implementations(abstract_type),
        }
    }

    /// Whether an object is a member or implementation of `abstract_type`.
    fn may_be(&self, abstract_type: &str, object: &str) -> bool {
        match self.types.get(abstract_type).map(|ty| &ty.kind) {
            Some(TypeKind::Union(members)) => members.iter().any(|member| member == object),
            Some(TypeKind::Interface(_)) => self
                .composite(object)
                .is_some_and(|composite| composite.implements.iter().any(|interface| interface == abstract_type)),
            _ => false,
        }
    }
}

impl Type {
    /// Fields and interfaces of an object or interface.
    pub fn composite(&self) -> Option<&Composite> {
        match &self.kind {
            TypeKind::Object(composite) | TypeKind::Interface(composite) => Some(composite),
            _ => None,
        }
    }

    /// See [`Self::composite`].
    pub fn composite_mut(&mut self) -> Option<&mut Composite> {
        match &mut self.kind {
            TypeKind::Object(composite) | TypeKind::Interface(composite) => Some(composite),
            _ => None,
        }
    }

    /// Whether selections on it have sub-selections.
    pub fn has_selections(&self) -> bool {
        matches!(self.kind, TypeKind::Object(_) | TypeKind::Interface(_) | TypeKind::Union(_))
    }

    /// Whether it is an object that stands for an interface of other subgraphs.
    pub fn is_interface_object(&self) -> bool {
        self.interface_object.is_some()
    }

    /// The contexts that it sets, each with the directive that says so.
    pub fn contexts(&self) -> impl Iterator<Item = (&str, &Node<ast::Directive>)> {
        let applied = self.directives.iter().filter(|directive| directive.name == "context");
        applied.filter_map(|directive| Some((string_argument(directive, "name")?, directive)))
    }

    /// Whether it is an input object of which exactly one field is given.
    pub fn is_one_of(&self) -> bool {
        self.directives.iter().any(|directive| directive.name == "oneOf")
    }

    /// The kind in words: `an object type`.
    pub fn describe(&self) -> &'static str {
        match &self.kind {
            TypeKind::Scalar => "a scalar",
            TypeKind::Object(_) if self.is_interface_object() => "an interface object",
            TypeKind::Object(_) => "an object type",
            TypeKind::Interface(_) => "an interface",
            TypeKind::Union(_) => "a union",
            TypeKind::Enum(_) => "an enum",
            TypeKind::Input(_) => "an input object",
        }
    }
}

impl Field {
    /// Whether the subgraph cannot resolve it from the entity alone.
    pub fn is_external(&self) -> bool {
        self.external.is_some() && !self.key_of_extension
    }

    /// Whether other subgraphs may resolve it too.
    pub fn is_shareable(&self) -> bool {
        self.shareable || self.in_key || self.provided
    }
}

/// Whether `name` is one of the three root types.
pub fn is_root(name: &str) -> bool {
    matches!(name, "Query" | "Mutation" | "Subscription")
}
