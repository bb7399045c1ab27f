//! Two API schemas side by side: root types, types by name and kind, directives.

use super::element::describe;
use super::input::{self, Place};
use super::members::{compare_fields, compare_interfaces, compare_union, compare_values};
use super::{Changes, Rule};
use crate::supergraph;
use apollo_compiler::ast::{
    self, Definition, DirectiveDefinition, DirectiveList, DirectiveLocation, ObjectTypeDefinition, OperationType, Value,
};
use apollo_compiler::{Name, Node};
use std::collections::BTreeMap;

/// An API schema by name.
pub(super) struct ApiSchema<'a> {
    roots: Vec<(OperationType, &'a Name)>,
    types: BTreeMap<&'a str, &'a Definition>,
    directives: BTreeMap<&'a str, &'a DirectiveDefinition>,
}

impl<'a> ApiSchema<'a> {
    /// Of a document that has one definition for a name, and no extensions.
    pub(super) fn of(document: &'a ast::Document) -> Self {
        let mut schema = Self { roots: Vec::new(), types: BTreeMap::new(), directives: BTreeMap::new() };
        for definition in &document.definitions {
            match definition {
                Definition::SchemaDefinition(roots) => {
                    schema.roots = roots.root_operations.iter().map(|root| (root.0, &root.1)).collect();
                }
                // Of what stands in schemas only, such as @oneOf, clients see what it does to types.
                Definition::DirectiveDefinition(directive) if locations(directive).next().is_none() => {}
                Definition::DirectiveDefinition(directive) => {
                    schema.directives.insert(&directive.name, directive);
                }
                ty => {
                    if let Some(name) = ty.name() {
                        schema.types.insert(name, ty);
                    }
                }
            }
        }
        schema
    }

    /// Whether any object implements both interfaces.
    fn overlap(&self, one: &Name, other: &Name) -> bool {
        let mut interfaces = self.types.values().filter_map(|ty| Some(&as_object(ty)?.implements_interfaces));
        interfaces.any(|implemented| implemented.contains(one) && implemented.contains(other))
    }

    fn root(&self, operation: OperationType) -> Option<&'a Name> {
        self.roots.iter().find(|(found, _)| *found == operation).map(|(_, name)| *name)
    }
}

/// Finds all differences.
pub(super) fn compare(old: &ApiSchema<'_>, new: &ApiSchema<'_>, changes: &mut Changes) {
    for operation in [OperationType::Query, OperationType::Mutation, OperationType::Subscription] {
        compare_roots(changes, operation, old.root(operation), new.root(operation));
    }
    for (name, (before, after)) in side_by_side(&old.types, &new.types) {
        match (before, after) {
            (Some(before), Some(after)) => compare_types(changes, name, before, after),
            (Some(before), None) => type_removed(changes, name, before),
            (None, Some(after)) => type_added(changes, name, after),
            (None, None) => {}
        }
        if let (Some(object), None) = (before.and_then(as_object), after.and_then(as_object)) {
            part_interfaces(changes, object, new);
        }
    }
    for (name, (old, new)) in side_by_side(&old.directives, &new.directives) {
        let coordinate = format!("@{name}");
        match (old, new) {
            (Some(old), Some(new)) => compare_directives(changes, &coordinate, old, new),
            (Some(_), None) => {
                changes.at(Rule::DirectiveRemoved, &coordinate, format!("the directive {coordinate} was removed"));
            }
            (None, Some(_)) => {
                changes.at(Rule::DirectiveAdded, &coordinate, format!("the directive {coordinate} was added"));
            }
            (None, None) => {}
        }
    }
}

type Pairs<'a, T> = BTreeMap<&'a str, (Option<T>, Option<T>)>;

fn side_by_side<'a, T: Copy>(old: &BTreeMap<&'a str, T>, new: &BTreeMap<&'a str, T>) -> Pairs<'a, T> {
    let mut pairs: Pairs<'a, T> = old.iter().map(|(&name, &old)| (name, (Some(old), None))).collect();
    for (&name, &new) in new {
        pairs.entry(name).or_default().1 = Some(new);
    }
    pairs
}

fn compare_roots(changes: &mut Changes, operation: OperationType, old: Option<&Name>, new: Option<&Name>) {
    match (old, new) {
        (Some(old), Some(new)) if old != new => {
            let message = format!("each {operation} starts at {new} instead of {old}");
            changes.at(Rule::RootTypeChanged, old, message);
        }
        (Some(old), None) => {
            changes.at(Rule::RootTypeRemoved, old, format!("{operation} operations were removed"));
        }
        (None, Some(new)) => changes.at(Rule::RootTypeAdded, new, format!("{operation} operations were added")),
        _ => {}
    }
}

fn type_removed(changes: &mut Changes, name: &str, old: &Definition) {
    let message = format!("the {} {name} was removed", kind(old));
    changes.add(Rule::TypeRemoved, name, with_members(name, old), message);
}

/// An object that is one no longer may have been all that two interfaces had in common: then a fragment of one inside
/// the other is refused, and nothing in the operation names the object. Unions are told of by the members that they lose.
fn part_interfaces(changes: &mut Changes, old: &ObjectTypeDefinition, new: &ApiSchema<'_>) {
    let left: Vec<&Name> =
        old.implements_interfaces.iter().filter(|name| new.types.contains_key(name.as_str())).collect();
    let is_alone = |one: &&&Name| left.iter().any(|other| other != *one && !new.overlap(one, other));
    for interface in left.iter().filter(is_alone) {
        let message = format!("{} no longer implements {interface}", old.name);
        changes.add(Rule::ImplementationRemoved, &old.name, vec![interface.to_string()], message);
    }
}

fn type_added(changes: &mut Changes, name: &str, new: &Definition) {
    changes.at(Rule::TypeAdded, name, format!("the {} {name} was added", kind(new)));
    // Clients may meet it wherever its interfaces are.
    if let Definition::ObjectTypeDefinition(object) = new {
        compare_interfaces(changes, name, &[], &object.implements_interfaces);
    }
}

fn compare_types(changes: &mut Changes, name: &str, old: &Definition, new: &Definition) {
    use Definition as D;
    match (old, new) {
        (D::ScalarTypeDefinition(old), D::ScalarTypeDefinition(new)) => {
            compare_scalars(changes, name, &old.directives, &new.directives);
        }
        (D::ObjectTypeDefinition(old), D::ObjectTypeDefinition(new)) => {
            compare_interfaces(changes, name, &old.implements_interfaces, &new.implements_interfaces);
            compare_fields(changes, name, &old.fields, &new.fields);
        }
        (D::InterfaceTypeDefinition(old), D::InterfaceTypeDefinition(new)) => {
            compare_interfaces(changes, name, &old.implements_interfaces, &new.implements_interfaces);
            compare_fields(changes, name, &old.fields, &new.fields);
        }
        (D::UnionTypeDefinition(old), D::UnionTypeDefinition(new)) => {
            compare_union(changes, name, &old.members, &new.members);
        }
        (D::EnumTypeDefinition(old), D::EnumTypeDefinition(new)) => {
            compare_values(changes, name, &old.values, &new.values);
        }
        (D::InputObjectTypeDefinition(old_fields), D::InputObjectTypeDefinition(new_fields)) => {
            let place = Place::fields_of(name, with_members(name, old));
            let (old, new) = (old_fields, new_fields);
            compare_one_of(changes, name, &old.directives, &new.directives);
            input::compare(changes, &place, &old.fields, &new.fields);
        }
        _ => {
            let message = format!("{name} was of kind {} and is of kind {} now", kind(old), kind(new));
            return changes.add(Rule::TypeKindChanged, name, with_members(name, old), message);
        }
    }
    describe(changes, name, description(old), description(new));
}

fn compare_scalars(changes: &mut Changes, name: &str, old: &DirectiveList, new: &DirectiveList) {
    let (old, new) = (specified_by(old), specified_by(new));
    if old != new {
        let (old, new) = (old.unwrap_or("nothing"), new.unwrap_or("nothing"));
        let message = format!("the scalar {name} is specified by {new} instead of {old}");
        changes.at(Rule::SpecifiedByChanged, name, message);
    }
}

fn specified_by(directives: &DirectiveList) -> Option<&str> {
    let url = directives.get("specifiedBy")?.specified_argument_by_name("url")?;
    Value::as_str(url)
}

fn compare_one_of(changes: &mut Changes, name: &str, old: &DirectiveList, new: &DirectiveList) {
    match (old.has("oneOf"), new.has("oneOf")) {
        (false, true) => changes.at(Rule::OneOfAdded, name, format!("{name} takes exactly one of its fields now")),
        (true, false) => changes.at(Rule::OneOfRemoved, name, format!("{name} takes any of its fields now")),
        _ => {}
    }
}

fn compare_directives(changes: &mut Changes, coordinate: &str, old: &DirectiveDefinition, new: &DirectiveDefinition) {
    for location in locations(old).filter(|location| !new.locations.contains(location)) {
        let message = format!("the directive {coordinate} can no longer stand at {location}");
        changes.at(Rule::DirectiveLocationRemoved, coordinate, message);
    }
    for location in locations(new).filter(|location| !old.locations.contains(location)) {
        let message = format!("the directive {coordinate} can stand at {location} now");
        changes.at(Rule::DirectiveLocationAdded, coordinate, message);
    }
    match (old.repeatable, new.repeatable) {
        (true, false) => {
            let message = format!("the directive {coordinate} can no longer be repeated");
            changes.at(Rule::DirectiveRepeatableRemoved, coordinate, message);
        }
        (false, true) => {
            let message = format!("the directive {coordinate} can be repeated now");
            changes.at(Rule::DirectiveRepeatableAdded, coordinate, message);
        }
        _ => {}
    }
    input::compare(changes, &Place::arguments_of(coordinate), &old.arguments, &new.arguments);
    describe(changes, coordinate, old.description.as_ref(), new.description.as_ref());
}

/// The places in operations where a directive may stand.
fn locations(directive: &DirectiveDefinition) -> impl Iterator<Item = DirectiveLocation> + '_ {
    directive.locations.iter().copied().filter(|&location| supergraph::is_executable(location))
}

/// The type itself and each of its members: an operation may be known by any of them.
fn with_members(name: &str, ty: &Definition) -> Vec<String> {
    let mut members: Vec<&Name> = match ty {
        Definition::ObjectTypeDefinition(ty) => ty.fields.iter().map(|field| &field.name).collect(),
        Definition::InterfaceTypeDefinition(ty) => ty.fields.iter().map(|field| &field.name).collect(),
        Definition::EnumTypeDefinition(ty) => ty.values.iter().map(|value| &value.value).collect(),
        Definition::InputObjectTypeDefinition(ty) => ty.fields.iter().map(|field| &field.name).collect(),
        _ => Vec::new(),
    };
    members.sort();
    let members = members.into_iter().map(|member| format!("{name}.{member}"));
    std::iter::once(name.to_owned()).chain(members).collect()
}

fn kind(ty: &Definition) -> &'static str {
    match ty {
        Definition::ScalarTypeDefinition(_) => "scalar",
        Definition::ObjectTypeDefinition(_) => "object type",
        Definition::InterfaceTypeDefinition(_) => "interface",
        Definition::UnionTypeDefinition(_) => "union",
        Definition::EnumTypeDefinition(_) => "enum",
        _ => "input object",
    }
}

fn as_object(ty: &Definition) -> Option<&ObjectTypeDefinition> {
    match ty {
        Definition::ObjectTypeDefinition(object) => Some(object),
        _ => None,
    }
}

fn description(ty: &Definition) -> Option<&Node<str>> {
    match ty {
        Definition::ScalarTypeDefinition(ty) => ty.description.as_ref(),
        Definition::ObjectTypeDefinition(ty) => ty.description.as_ref(),
        Definition::InterfaceTypeDefinition(ty) => ty.description.as_ref(),
        Definition::UnionTypeDefinition(ty) => ty.description.as_ref(),
        Definition::EnumTypeDefinition(ty) => ty.description.as_ref(),
        Definition::InputObjectTypeDefinition(ty) => ty.description.as_ref(),
        _ => None,
    }
}
