//! `@inaccessible`: what is left for clients must stand without what is hidden.
//!
//! Nothing shown may refer to something hidden, need it, or be left empty by it.

use super::merge::Merge;
use super::sources::Sources;
use crate::diagnostic::{Diagnostic, Span};
use crate::subgraph::{Code, TypeKind as SubgraphKind};
use crate::supergraph::{Field, Supergraph, Type, TypeId, TypeKind};
use apollo_compiler::ast::{self, InputValueDefinition, Value};
use apollo_compiler::{Name, Node};
use std::collections::HashMap;

/// Checks the whole supergraph; nothing to do when nothing is hidden.
pub fn check(merge: &mut Merge<'_>) {
    if !merge.applied.contains_key("inaccessible") {
        return;
    }
    let mut check = Check { supergraph: &merge.supergraph, sources: merge.sources, errors: Vec::new() };
    check.roots();
    for ty in &check.supergraph.types {
        if !is_hidden(&ty.directives) {
            check.shown_type(ty);
        }
    }
    check.directives();
    for error in check.errors {
        merge.findings.error(error);
    }
}

fn is_hidden(directives: &[Node<ast::Directive>]) -> bool {
    directives.iter().any(|directive| directive.name == "inaccessible")
}

struct Check<'a> {
    supergraph: &'a Supergraph,
    sources: &'a Sources<'a>,
    errors: Vec<Diagnostic>,
}

impl<'a> Check<'a> {
    fn roots(&mut self) {
        let Some(query) = self.supergraph.query else { return };
        if is_hidden(&self.supergraph.ty(query).directives) {
            let error = Diagnostic::error(
                Code::QueryRootTypeInaccessible,
                "Type \"Query\" is @inaccessible, but every graph needs it",
            );
            self.report(error, "Query", None, "hide fields of it instead");
        }
    }

    fn shown_type(&mut self, ty: &'a Type) {
        let (children, hidden) = self.children(ty);
        if children > 0 && children == hidden {
            let error = Diagnostic::error(
                Code::OnlyInaccessibleChildren,
                format!("Type \"{}\" is shown, but everything in it is @inaccessible", ty.name),
            );
            self.report(error, &ty.name, None, "mark the type @inaccessible too, or show something of it");
        }
        match &ty.kind {
            TypeKind::Object { fields, implements } | TypeKind::Interface { fields, implements } => {
                for field in fields {
                    let field = self.supergraph.field(*field);
                    if !is_hidden(&field.directives) {
                        self.shown_field(ty, field);
                    }
                }
                for implemented in implements {
                    self.implementation(ty, implemented.interface);
                }
            }
            TypeKind::Input { fields } => {
                for field in fields {
                    self.input_value(&ty.name, None, &field.definition);
                }
            }
            _ => {}
        }
    }

    /// How many members a type has, and how many of them are hidden.
    fn children(&self, ty: &Type) -> (usize, usize) {
        let hidden = |directives: &[Node<ast::Directive>]| usize::from(is_hidden(directives));
        match &ty.kind {
            TypeKind::Scalar => (0, 0),
            TypeKind::Object { fields, .. } | TypeKind::Interface { fields, .. } => {
                (fields.len(), fields.iter().map(|field| hidden(&self.supergraph.field(*field).directives)).sum())
            }
            TypeKind::Union { members } => (
                members.len(),
                members.iter().map(|member| hidden(&self.supergraph.ty(member.member).directives)).sum(),
            ),
            TypeKind::Enum { values } => (values.len(), values.iter().map(|value| hidden(&value.directives)).sum()),
            TypeKind::Input { fields } => {
                (fields.len(), fields.iter().map(|field| hidden(&field.definition.directives.0)).sum())
            }
        }
    }

    fn shown_field(&mut self, ty: &Type, field: &'a Field) {
        self.reference(&format!("Field \"{}.{}\"", ty.name, field.name), &field.ty, (&ty.name, &field.name));
        for argument in &field.arguments {
            self.input_value(&ty.name, Some(&field.name), &argument.definition);
        }
    }

    /// An argument or input field: it may be hidden when it is optional.
    fn input_value(&mut self, ty: &str, field: Option<&str>, value: &InputValueDefinition) {
        let coordinate = match field {
            Some(field) => format!("Argument \"{ty}.{field}({}:)\"", value.name),
            None => format!("Input field \"{ty}.{}\"", value.name),
        };
        let place = field.unwrap_or(&value.name);
        if is_hidden(&value.directives.0) {
            if value.is_required() {
                let error = Diagnostic::error(
                    Code::RequiredInaccessible,
                    format!("{coordinate} is @inaccessible, but required"),
                );
                self.report(error, ty, Some(place), "make it optional, or give it a default");
            }
            return;
        }
        self.reference(&coordinate, &value.ty, (ty, place));
        if let Some(default) = &value.default_value {
            self.default_value(&coordinate, &value.ty, default, (ty, place));
        }
    }

    /// Something shown refers to a type.
    fn reference(&mut self, from: &str, to: &ast::Type, place: (&str, &str)) {
        let name = to.inner_named_type();
        let hidden = self.supergraph.type_id(name).is_some_and(|id| is_hidden(&self.supergraph.ty(id).directives));
        if hidden {
            let error = Diagnostic::error(
                Code::ReferencedInaccessible,
                format!("{from} is shown, but its type \"{name}\" is @inaccessible"),
            );
            self.report(error, place.0, Some(place.1), "mark it @inaccessible too, or show the type");
        }
    }

    fn default_value(&mut self, coordinate: &str, ty: &ast::Type, value: &Value, place: (&str, &str)) {
        let named = self.supergraph.type_id(ty.inner_named_type()).map(|id| &self.supergraph.ty(id).kind);
        match (value, named) {
            (Value::List(items), _) => {
                for item in items {
                    self.default_value(coordinate, ty.item_type(), item, place);
                }
            }
            (Value::Enum(name), Some(TypeKind::Enum { values }))
                if values.iter().any(|value| value.name == *name && is_hidden(&value.directives)) =>
            {
                self.hidden_default(coordinate, &format!("{}.{name}", ty.inner_named_type()), place);
            }
            (Value::Object(entries), Some(TypeKind::Input { fields })) => {
                for (name, entry) in entries {
                    let Some(field) = fields.iter().find(|field| field.definition.name == *name) else { continue };
                    if is_hidden(&field.definition.directives.0) {
                        self.hidden_default(coordinate, &format!("{}.{name}", ty.inner_named_type()), place);
                    }
                    self.default_value(coordinate, &field.definition.ty, entry, place);
                }
            }
            _ => {}
        }
    }

    fn hidden_default(&mut self, coordinate: &str, hidden: &str, place: (&str, &str)) {
        let error = Diagnostic::error(
            Code::DefaultValueUsesInaccessible,
            format!("The default of {} uses \"{hidden}\", which is @inaccessible", lower_first(coordinate)),
        );
        self.report(error, place.0, Some(place.1), "use another default, or show what it uses");
    }

    /// What an interface shows, its implementations must show.
    fn implementation(&mut self, ty: &Type, interface: TypeId) {
        let interface = self.supergraph.ty(interface);
        if is_hidden(&interface.directives) {
            return;
        }
        let (TypeKind::Object { fields, .. } | TypeKind::Interface { fields, .. }) = &ty.kind else { return };
        let own: HashMap<&Name, &Field> =
            fields.iter().map(|field| self.supergraph.field(*field)).map(|field| (&field.name, field)).collect();
        let (TypeKind::Object { fields, .. } | TypeKind::Interface { fields, .. }) = &interface.kind else { return };
        for asked in fields.iter().map(|field| self.supergraph.field(*field)) {
            let Some(field) = own.get(&asked.name).filter(|_| !is_hidden(&asked.directives)) else { continue };
            if is_hidden(&field.directives) {
                self.implemented_by_hidden(
                    &format!("Field \"{}.{}\"", ty.name, field.name),
                    &interface.name,
                    field,
                    ty,
                );
                continue;
            }
            for argument in &field.arguments {
                let argument = &argument.definition;
                let shown = asked
                    .arguments
                    .iter()
                    .any(|other| other.definition.name == argument.name && !is_hidden(&other.definition.directives.0));
                if shown && is_hidden(&argument.directives.0) {
                    let coordinate = format!("Argument \"{}.{}({}:)\"", ty.name, field.name, argument.name);
                    self.implemented_by_hidden(&coordinate, &interface.name, field, ty);
                }
            }
        }
    }

    fn implemented_by_hidden(&mut self, coordinate: &str, interface: &str, field: &Field, ty: &Type) {
        let error = Diagnostic::error(
            Code::ImplementedByInaccessible,
            format!("{coordinate} is @inaccessible, but implements what interface \"{interface}\" shows"),
        );
        self.report(error, &ty.name, Some(&field.name), "hide it in the interface too, or show it");
    }

    /// An argument of a directive may be hidden as any other: when clients need not give it.
    fn directives(&mut self) {
        for directive in &self.supergraph.directives {
            for argument in directive.arguments.iter().filter(|argument| is_hidden(&argument.directives.0)) {
                if !argument.is_required() {
                    continue;
                }
                let coordinate = format!("Argument \"@{}({}:)\"", directive.name, argument.name);
                let error = Diagnostic::error(
                    Code::RequiredInaccessible,
                    format!("{coordinate} is @inaccessible, but required"),
                );
                let definitions = self.sources.subgraphs.iter().filter_map(|subgraph| {
                    let definition = subgraph.directive_definitions.get(&directive.name)?;
                    let own = definition.arguments.iter().find(|own| own.name == argument.name)?;
                    subgraph.name_span(&own.name)
                });
                let error = definitions.fold(error, |error, span| error.at(span, ""));
                self.errors.push(error.help("make it optional, or give it a default"));
            }
        }
    }

    /// Adds an error with its places in every subgraph that defines the type or member.
    fn report(&mut self, error: Diagnostic, ty: &str, member: Option<&str>, help: &str) {
        let error = self.places(ty, member).into_iter().fold(error, |error, span| error.at(span, ""));
        self.errors.push(error.help(help));
    }

    fn places(&self, ty: &str, member: Option<&str>) -> Vec<Span> {
        self.sources
            .definitions(ty)
            .iter()
            .filter_map(|definition| match (member, &definition.ty.kind) {
                (None, _) => definition.span(),
                (Some(member), SubgraphKind::Input(fields)) => {
                    definition.subgraph.name_span(&fields.iter().find(|field| field.name == member)?.name)
                }
                (Some(member), _) => definition.subgraph.name_span(&definition.composite()?.fields.get(member)?.name),
            })
            .collect()
    }
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
}
