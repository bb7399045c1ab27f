//! `@cost` and `@listSize` of a field, under the names that they have in the supergraph.

use crate::supergraph::{FieldId, PossibleTypes, Supergraph, Type, TypeId, TypeKind};
use apollo_compiler::ast::{self, Directive, Value};
use apollo_compiler::{Name, Node};

/// An object, unless `@cost` says otherwise.
const OBJECT: u64 = 1;
/// An input object, unless `@cost` says otherwise.
const INPUT_OBJECT: u64 = 1;
/// A field of the mutation type, beside what it gives.
pub(super) const MUTATION: u64 = 10;

/// How costs are reckoned in one supergraph.
#[derive(Debug, Clone)]
pub struct CostModel {
    /// The local names of the directives; none where the supergraph does not link them.
    names: Option<Names>,
    /// Elements of a list of which nothing is known.
    pub list_size: u64,
}

#[derive(Debug, Clone)]
struct Names {
    cost: String,
    list_size: String,
}

/// What is known of a field, the dearest of its implementations.
#[derive(Debug, Clone, Default)]
pub(super) struct FieldCost<'a> {
    /// Of each of its values.
    pub weight: u64,
    /// Levels of lists.
    pub lists: u32,
    /// What is known of its length, or of the length of lists below; one entry per implementation that says so.
    pub sizes: Vec<ListSize<'a>>,
}

/// One `@listSize`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ListSize<'a> {
    pub assumed: Option<u64>,
    /// Ways to integers: `first`, or `page.first` into an input object.
    pub slicing: Vec<&'a str>,
    /// Fields below whose lists it is about; none: the field itself.
    pub sized_fields: Vec<&'a str>,
    /// Whether exactly one of the slicing arguments has to be there.
    pub require_one: bool,
}

impl ListSize<'_> {
    /// Nothing is said.
    const UNKNOWN: Self = Self { assumed: None, slicing: Vec::new(), sized_fields: Vec::new(), require_one: false };
}

impl CostModel {
    /// The model of a supergraph, in which lists have `list_size` elements where nothing else is known.
    pub fn new(supergraph: &Supergraph, list_size: u32) -> Self {
        let linked = supergraph.links.iter().any(|link| link.feature() == "cost");
        let names = linked.then(|| Names {
            cost: supergraph.directive_name("cost", "cost"),
            list_size: supergraph.directive_name("cost", "listSize"),
        });
        Self { names, list_size: list_size.into() }
    }

    /// The same with another size of lists of which nothing is known.
    pub(super) fn with_list_size(&self, list_size: u64) -> Self {
        Self { names: self.names.clone(), list_size }
    }

    /// What is known of a field. One of an interface costs what the dearest implementation costs, and its list is as
    /// long as the longest; an implementation that says nothing of its list means what the interface says.
    pub(super) fn field<'a>(&self, supergraph: &'a Supergraph, possible: &PossibleTypes, id: FieldId) -> FieldCost<'a> {
        let field = supergraph.field(id);
        let mut cost = self.own(supergraph, possible, id);
        if supergraph.ty(field.parent).is_abstract() {
            let declared = std::mem::take(&mut cost.sizes);
            for ty in possible.of(field.parent).iter() {
                let Some(implementation) = supergraph.field_of(ty, &field.name) else { continue };
                let other = self.own(supergraph, possible, implementation);
                cost.weight = cost.weight.max(other.weight);
                let sizes = match (other.sizes.is_empty(), declared.is_empty()) {
                    (false, _) => other.sizes,
                    (true, false) => declared.clone(),
                    (true, true) => vec![ListSize::UNKNOWN],
                };
                cost.sizes.extend(sizes.into_iter().filter(|size| !cost.sizes.contains(size)).collect::<Vec<_>>());
            }
            if cost.sizes == [ListSize::UNKNOWN] {
                cost.sizes.clear();
            }
        }
        cost
    }

    fn own<'a>(&self, supergraph: &'a Supergraph, possible: &PossibleTypes, id: FieldId) -> FieldCost<'a> {
        let field = supergraph.field(id);
        let weight = self.weight(&field.directives).unwrap_or_else(|| self.of_type(supergraph, possible, field.output));
        let mut lists = 0;
        let mut ty = &field.ty;
        while let ast::Type::List(item) | ast::Type::NonNullList(item) = ty {
            (ty, lists) = (item, lists + 1);
        }
        let sizes = self.directive(&field.directives, |names| &names.list_size).map(list_size);
        FieldCost { weight, lists, sizes: sizes.into_iter().collect() }
    }

    /// A value of a type: of an abstract one, what the dearest of its types costs.
    fn of_type(&self, supergraph: &Supergraph, possible: &PossibleTypes, id: TypeId) -> u64 {
        let ty = supergraph.ty(id);
        match ty.is_abstract() {
            true => possible.of(id).iter().map(|ty| self.of_plain(supergraph.ty(ty))).max().unwrap_or(OBJECT),
            false => self.of_plain(ty),
        }
    }

    fn of_plain(&self, ty: &Type) -> u64 {
        self.weight(&ty.directives).unwrap_or(match ty.kind {
            TypeKind::Object { .. } | TypeKind::Interface { .. } | TypeKind::Union { .. } => OBJECT,
            TypeKind::Input { .. } => INPUT_OBJECT,
            TypeKind::Scalar | TypeKind::Enum { .. } => 0,
        })
    }

    /// A value of an argument or of a field of an input object, without what is inside.
    pub(super) fn input(&self, supergraph: &Supergraph, definition: &ast::InputValueDefinition) -> u64 {
        let of_type = || {
            let ty = supergraph.type_id(definition.ty.inner_named_type());
            ty.map_or(0, |ty| self.of_plain(supergraph.ty(ty)))
        };
        self.weight(&definition.directives).unwrap_or_else(of_type)
    }

    fn weight(&self, directives: &[Node<Directive>]) -> Option<u64> {
        let applied = self.directive(directives, |names| &names.cost)?;
        let weight = applied.specified_argument_by_name("weight")?.to_i32()?;
        Some(u64::try_from(weight).unwrap_or(0))
    }

    fn directive<'a>(
        &self,
        directives: &'a [Node<Directive>],
        name: impl Fn(&Names) -> &String,
    ) -> Option<&'a Directive> {
        let name = name(self.names.as_ref()?);
        directives.iter().find(|directive| directive.name == name.as_str()).map(|directive| &**directive)
    }
}

fn list_size(directive: &Directive) -> ListSize<'_> {
    let argument = |name| directive.specified_argument_by_name(name);
    let texts = |name| {
        let list = argument(name).and_then(|value| value.as_list());
        list.into_iter().flatten().filter_map(|item| item.as_str()).collect()
    };
    ListSize {
        assumed: argument("assumedSize").and_then(|value| value.to_i32()).map(|size| u64::try_from(size).unwrap_or(0)),
        slicing: texts("slicingArguments"),
        sized_fields: texts("sizedFields"),
        require_one: argument("requireOneSlicingArgument").and_then(|value| value.to_bool()).unwrap_or(true),
    }
}

/// The fields of an input object; none for other types.
pub(super) fn input_fields<'a>(
    supergraph: &'a Supergraph,
    ty: &Name,
) -> impl Iterator<Item = &'a Node<ast::InputValueDefinition>> + use<'a> {
    let fields = supergraph.type_id(ty).and_then(|id| match &supergraph.ty(id).kind {
        TypeKind::Input { fields } => Some(fields),
        _ => None,
    });
    fields.into_iter().flatten().map(|field| &field.definition)
}

/// Whether a type is, or lists, input objects.
pub(super) fn is_input_object(supergraph: &Supergraph, ty: &ast::Type) -> bool {
    let id = supergraph.type_id(ty.inner_named_type());
    id.is_some_and(|id| matches!(supergraph.ty(id).kind, TypeKind::Input { .. }))
}

/// An integer literal, if the value is one; negative ones ask for nothing.
pub(super) fn integer(value: &Value) -> Option<u64> {
    match value {
        Value::Int(number) => {
            let text = number.as_str();
            Some(if text.starts_with('-') { 0 } else { text.parse().unwrap_or(u64::MAX) })
        }
        _ => None,
    }
}
