//! The interned model of a supergraph: flat tables, small ids, names shared.
//!
//! It holds all that the join SDL says, so that rendering loses nothing. Types and fields are in
//! the order of the SDL; `join__` directives and their enum and scalars are not types here, they are
//! the `joins` of types and fields.

use super::{FieldId, SubgraphId, TypeId};
use ahash::RandomState;
use apollo_compiler::ast;
use apollo_compiler::{Name, Node};
use std::collections::HashMap;

/// A composed graph.
#[derive(Debug, Clone, Default)]
pub struct Supergraph {
    /// By [`SubgraphId`], sorted by name.
    pub subgraphs: Vec<Subgraph>,
    /// By [`TypeId`]. Built-in scalars are here too when the schema uses them.
    pub types: Vec<Type>,
    /// By [`FieldId`]; the fields of one type stand together, in order.
    pub fields: Vec<Field>,
    /// Definitions of directives that survive composition (executable and composed ones, and those of
    /// `links`), but for `join__*`, `link` and the built-in ones.
    pub directives: Vec<Node<ast::DirectiveDefinition>>,
    /// The features linked on `schema`, but for `link` and `join`.
    pub links: Vec<Link>,
    /// Description of the schema.
    pub description: Option<Node<str>>,
    /// Directives on `schema` but for `@link`.
    pub schema_directives: Vec<Node<ast::Directive>>,
    /// Directives on the schemas of single subgraphs.
    pub schema_carried: Vec<JoinDirective>,
    /// The root types.
    pub query: Option<TypeId>,
    /// See [`Self::query`].
    pub mutation: Option<TypeId>,
    /// See [`Self::query`].
    pub subscription: Option<TypeId>,
    /// Types by name; kept by [`Self::add_type`].
    pub(super) by_name: HashMap<Name, TypeId, RandomState>,
    /// The fields by name of the types that have many, such as the root types; kept by [`Self::add_field`].
    pub(super) by_field_name: HashMap<TypeId, HashMap<Name, FieldId, RandomState>, RandomState>,
}

/// A service that takes part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subgraph {
    /// As its team calls it: `products`.
    pub name: String,
    /// Its value of `join__Graph`: `PRODUCTS`.
    pub graph: Name,
    /// Where it is reached; may be empty in a supergraph that is only looked at.
    pub url: String,
}

/// A feature linked on the schema: `@link(url: "https://specs.apollo.dev/tag/v0.3", import: [...], for: SECURITY)`.
#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    /// The whole URL.
    pub url: String,
    /// `as:`.
    pub alias: Option<Name>,
    /// `import:`, as written.
    pub import: Vec<Node<ast::Value>>,
    /// `for:`, `SECURITY` or `EXECUTION`.
    pub purpose: Option<Name>,
}

/// A named type.
#[derive(Debug, Clone)]
pub struct Type {
    /// Its name.
    pub name: Name,
    /// Its description.
    pub description: Option<Node<str>>,
    /// What it is, with its members.
    pub kind: TypeKind,
    /// Where it is defined and by which keys it is found; one entry per `@join__type`. In the order of
    /// the subgraphs, so that those of one stand together.
    pub joins: Vec<JoinType>,
    /// Other directives (`@tag`, `@inaccessible`, `@cost`, composed ones ...), as written.
    pub directives: Vec<Node<ast::Directive>>,
    /// Directives of single subgraphs: `@cacheControl`, `@cacheTag`.
    pub carried: Vec<JoinDirective>,
}

/// What a type is.
#[derive(Debug, Clone)]
pub enum TypeKind {
    /// A scalar.
    Scalar,
    /// An object.
    Object {
        /// Its fields.
        fields: Vec<FieldId>,
        /// The interfaces it implements, and in which subgraphs.
        implements: Vec<Implements>,
    },
    /// An interface; also what subgraphs know as `@interfaceObject`.
    Interface {
        /// Its fields.
        fields: Vec<FieldId>,
        /// The interfaces it implements, and in which subgraphs.
        implements: Vec<Implements>,
    },
    /// A union.
    Union {
        /// Its members, each with the subgraphs where it is one.
        members: Vec<UnionMember>,
    },
    /// An enum.
    Enum {
        /// Its values.
        values: Vec<EnumValue>,
    },
    /// An input object.
    Input {
        /// Its fields.
        fields: Vec<InputField>,
    },
}

/// One `@join__type`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JoinType {
    /// The subgraph that defines the type.
    pub graph: SubgraphId,
    /// A key, as field set text; none for value types, and one `JoinType` per key.
    pub key: Option<String>,
    /// Whether the definition was an extension.
    pub extension: bool,
    /// Whether `_entities` of the subgraph resolves this key.
    pub resolvable: bool,
    /// Whether the subgraph defines it as an `@interfaceObject`.
    pub is_interface_object: bool,
}

/// `@join__implements`: `interface` is implemented in `graph`. Without graphs (join v0.1) it holds everywhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Implements {
    /// The interface.
    pub interface: TypeId,
    /// The subgraphs where that is so, in order.
    pub graphs: Vec<SubgraphId>,
}

/// `@join__unionMember`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnionMember {
    /// The object type.
    pub member: TypeId,
    /// The subgraphs where it is a member, in order.
    pub graphs: Vec<SubgraphId>,
}

/// A value of an enum.
#[derive(Debug, Clone)]
pub struct EnumValue {
    /// Its name.
    pub name: Name,
    /// Its description.
    pub description: Option<Node<str>>,
    /// The subgraphs that define it (`@join__enumValue`), in order.
    pub graphs: Vec<SubgraphId>,
    /// Other directives.
    pub directives: Vec<Node<ast::Directive>>,
}

/// A field of an object or interface.
#[derive(Debug, Clone)]
pub struct Field {
    /// Its name.
    pub name: Name,
    /// The type it belongs to.
    pub parent: TypeId,
    /// Its description.
    pub description: Option<Node<str>>,
    /// Its type as written, with list and non-null wrappers.
    pub ty: ast::Type,
    /// The named type inside `ty`.
    pub output: TypeId,
    /// Its arguments.
    pub arguments: Vec<Argument>,
    /// Who resolves it. Empty: every subgraph that defines the parent type (see [`Supergraph::field_joins`]).
    pub joins: Vec<JoinField>,
    /// Other directives.
    pub directives: Vec<Node<ast::Directive>>,
    /// Directives of single subgraphs: `@cacheControl`, `@cacheTag`.
    pub carried: Vec<JoinDirective>,
}

/// An argument of a field.
#[derive(Debug, Clone)]
pub struct Argument {
    /// The definition as written, without `join__` directives.
    pub definition: Node<ast::InputValueDefinition>,
}

/// A field of an input object.
#[derive(Debug, Clone)]
pub struct InputField {
    /// The definition as written, without `join__` directives.
    pub definition: Node<ast::InputValueDefinition>,
    /// One per subgraph that defines it, when not all do or their types differ.
    pub joins: Vec<JoinField>,
}

/// One `@join__field`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct JoinField {
    /// The subgraph; none when the field comes through an interface object only.
    pub graph: Option<SubgraphId>,
    /// `@requires` field set text.
    pub requires: Option<String>,
    /// `@provides` field set text.
    pub provides: Option<String>,
    /// The type in that subgraph when it differs from the supergraph's.
    pub ty: Option<ast::Type>,
    /// The subgraph cannot resolve it, except where a path provides it.
    pub external: bool,
    /// `@override(from:)`.
    pub override_from: Option<String>,
    /// The field is overridden elsewhere; here it is used only as a key or requirement (legacy of join v0.2).
    pub used_overridden: bool,
    /// `@override(label:)`.
    pub override_label: Option<String>,
    /// `contextArguments:`, as written.
    pub context_arguments: Option<Node<ast::Value>>,
}

/// One `@join__directive`: a directive that these subgraphs apply to the element. It holds for what they give, and says
/// nothing about what others do. `supergraph/caching.rs` reads those about caching.
#[derive(Debug, Clone, PartialEq)]
pub struct JoinDirective {
    /// The subgraphs, in order.
    pub graphs: Vec<SubgraphId>,
    /// Its name: `cacheControl`, `federation__cacheTag`.
    pub name: String,
    /// Its arguments.
    pub arguments: Vec<(Name, Node<ast::Value>)>,
}

/// What stands for the `@join__field` that a field resolved everywhere does not need.
pub static PLAIN_JOIN: JoinField = JoinField {
    graph: None,
    requires: None,
    provides: None,
    ty: None,
    external: false,
    override_from: None,
    used_overridden: false,
    override_label: None,
    context_arguments: None,
};

/// Up to so many fields, looking through their names is as quick as an index.
const FEW_FIELDS: usize = 32;

impl Supergraph {
    /// The subgraphs that define a type, each once, in the order of its joins; the joins of one
    /// subgraph stand together.
    pub fn graphs_of(&self, id: TypeId) -> impl Iterator<Item = SubgraphId> + '_ {
        let joins = &self.ty(id).joins;
        joins.iter().enumerate().filter(|&(i, join)| i == 0 || joins[i - 1].graph != join.graph).map(|(_, j)| j.graph)
    }

    /// The subgraphs that have a field, and how. A field without joins is in every subgraph that
    /// defines its parent, plainly. A join without a graph says that the field comes through an
    /// interface object, so no subgraph has it on this very type; such joins are passed over.
    ///
    /// External and overridden fields are here too: ask the join.
    pub fn field_joins(&self, id: FieldId) -> impl Iterator<Item = (SubgraphId, &JoinField)> + '_ {
        let field = self.field(id);
        let everywhere = field.joins.is_empty().then(|| self.graphs_of(field.parent));
        let everywhere = everywhere.into_iter().flatten().map(|graph| (graph, &PLAIN_JOIN));
        field.joins.iter().filter_map(|join| Some((join.graph?, join))).chain(everywhere)
    }

    /// The labels of `@override`, sorted.
    pub fn override_labels(&self) -> Vec<&str> {
        let joins = self.fields.iter().flat_map(|field| &field.joins);
        let mut labels: Vec<&str> = joins.filter_map(|join| join.override_label.as_deref()).collect();
        labels.sort_unstable();
        labels.dedup();
        labels
    }

    /// Whether some input object takes exactly one of its fields.
    pub(super) fn uses_one_of(&self) -> bool {
        self.types.iter().any(|ty| ty.has_directive("oneOf"))
    }

    /// The type called `name`.
    pub fn type_id(&self, name: &str) -> Option<TypeId> {
        self.by_name.get(name).copied()
    }

    /// A type.
    pub fn ty(&self, id: TypeId) -> &Type {
        &self.types[id.index()]
    }

    /// A field.
    pub fn field(&self, id: FieldId) -> &Field {
        &self.fields[id.index()]
    }

    /// A subgraph.
    pub fn subgraph(&self, id: SubgraphId) -> &Subgraph {
        &self.subgraphs[id.index()]
    }

    /// The subgraph called `name`.
    pub fn subgraph_id(&self, name: &str) -> Option<SubgraphId> {
        self.subgraphs.iter().position(|subgraph| subgraph.name == name).map(SubgraphId::from_index)
    }

    /// Adds a type and gives its id.
    ///
    /// # Panics
    /// When the name is taken: makers of supergraphs add each type once.
    pub fn add_type(&mut self, ty: Type) -> TypeId {
        let id = TypeId::from_index(self.types.len());
        let earlier = self.by_name.insert(ty.name.clone(), id);
        assert!(earlier.is_none(), "type {} added twice", ty.name);
        self.types.push(ty);
        id
    }

    /// Adds a field to the table and to its parent, which is an object or interface.
    ///
    /// # Panics
    /// When the parent has no fields by kind.
    pub fn add_field(&mut self, field: Field) -> FieldId {
        let id = FieldId::from_index(self.fields.len());
        match &mut self.types[field.parent.index()].kind {
            TypeKind::Object { fields, .. } | TypeKind::Interface { fields, .. } => fields.push(id),
            _ => unreachable!("only objects and interfaces have fields"),
        }
        let (parent, name) = (field.parent, field.name.clone());
        self.fields.push(field);
        self.index_field(parent, name, id);
        id
    }

    /// Of two fields with one name the first is found, as by looking them through.
    fn index_field(&mut self, parent: TypeId, name: Name, id: FieldId) {
        let siblings = match &self.types[parent.index()].kind {
            TypeKind::Object { fields, .. } | TypeKind::Interface { fields, .. } => fields,
            _ => return,
        };
        if siblings.len() <= FEW_FIELDS {
            return;
        }
        let known = self.by_field_name.entry(parent).or_insert_with(|| {
            let earlier = siblings.iter().rev().filter(|&&sibling| sibling != id);
            earlier.map(|&sibling| (self.fields[sibling.index()].name.clone(), sibling)).collect()
        });
        known.entry(name).or_insert(id);
    }

    /// The fields of an object or interface, none for other kinds.
    pub fn fields_of(&self, id: TypeId) -> &[FieldId] {
        match &self.ty(id).kind {
            TypeKind::Object { fields, .. } | TypeKind::Interface { fields, .. } => fields,
            _ => &[],
        }
    }

    /// The field `name` of a type.
    pub fn field_of(&self, id: TypeId, name: &str) -> Option<FieldId> {
        if let Some(known) = self.by_field_name.get(&id) {
            return known.get(name).copied();
        }
        self.fields_of(id).iter().copied().find(|&field| self.field(field).name == name)
    }
}

impl Field {
    /// How many lists are around the named type.
    pub fn lists(&self) -> usize {
        std::iter::successors(Some(&self.ty), |ty| ty.is_list().then(|| ty.item_type())).count() - 1
    }
}

impl Type {
    /// A type with nothing but a name: of no subgraph, or still to be filled.
    pub fn bare(name: Name, kind: TypeKind) -> Self {
        Self { name, description: None, kind, joins: Vec::new(), directives: Vec::new(), carried: Vec::new() }
    }

    /// Whether values of the type have a runtime type of their own: interfaces and unions.
    pub fn is_abstract(&self) -> bool {
        matches!(self.kind, TypeKind::Interface { .. } | TypeKind::Union { .. })
    }

    /// Whether selections on it have sub-selections.
    pub fn is_composite(&self) -> bool {
        matches!(self.kind, TypeKind::Object { .. } | TypeKind::Interface { .. } | TypeKind::Union { .. })
    }

    /// Whether the directive `name` is applied to it.
    pub fn has_directive(&self, name: &str) -> bool {
        self.directives.iter().any(|directive| directive.name == name)
    }
}
