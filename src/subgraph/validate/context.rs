//! `@context` and `@fromContext`.
//!
//! A field that takes an argument from a context is fetched by a key once the value is known, so its type needs
//! one. The value may be missing, as any object on the way may be null, so the argument must be nullable.

use crate::diagnostic::Diagnostic;
use crate::subgraph::model::{Field, Subgraph, Type, TypeKind};
use crate::subgraph::{Code, ContextArgument, FieldSelection, Selection};
use apollo_compiler::{Name, ast};

/// Checks every context and every argument that comes from one.
pub fn check(subgraph: &Subgraph, errors: &mut Vec<Diagnostic>) {
    for ty in subgraph.types.values() {
        check_names(subgraph, ty, errors);
        for field in ty.composite().into_iter().flat_map(|composite| composite.fields.values()) {
            for contextual in &field.contextual {
                Use { subgraph, ty, field, contextual }.check(errors);
            }
        }
    }
    check_directives(subgraph, errors);
}

fn check_names(subgraph: &Subgraph, ty: &Type, errors: &mut Vec<Diagnostic>) {
    for (name, directive) in ty.contexts() {
        let is_valid =
            name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(|c| c.is_ascii_alphanumeric());
        if !is_valid {
            errors.push(
                Diagnostic::error(
                    Code::ContextNameInvalid,
                    format!("Type \"{}\" sets a context called \"{name}\", which is no name for a context", ty.name),
                )
                .at_opt(subgraph.span(directive.location()), "")
                .help("begin with a letter and go on with letters and digits, without underscores"),
            );
        }
    }
}

/// Arguments of directives are no fields' arguments: nobody would fill them.
fn check_directives(subgraph: &Subgraph, errors: &mut Vec<Diagnostic>) {
    let Some(local) = subgraph.local_directive("fromContext") else { return };
    for definition in subgraph.directive_definitions.values() {
        for argument in &definition.arguments {
            let Some(directive) = argument.directives.get(&local) else { continue };
            errors.push(
                Diagnostic::error(
                    Code::ContextNotSet,
                    format!(
                        "@fromContext cannot be used on argument \"@{}({}:)\": it is for arguments of fields",
                        definition.name, argument.name
                    ),
                )
                .at_opt(subgraph.span(directive.location()), "")
                .help("remove @fromContext"),
            );
        }
    }
}

/// An argument that comes from a context, where it stands.
struct Use<'a> {
    subgraph: &'a Subgraph,
    ty: &'a Type,
    field: &'a Field,
    contextual: &'a ContextArgument,
}

impl<'a> Use<'a> {
    fn check(&self, errors: &mut Vec<Diagnostic>) {
        let before = errors.len();
        self.check_place(errors);
        let types: Vec<&Type> = self.subgraph.context_types(&self.contextual.context).collect();
        if types.is_empty() {
            errors.push(
                self.error(
                    Code::ContextNotSet,
                    &format!("no type of the subgraph sets the context \"{}\"", self.contextual.context),
                )
                .help(format!(
                    "add @context(name: \"{}\") to a type above \"{}\"",
                    self.contextual.context, self.ty.name
                )),
            );
        }
        if errors.len() > before {
            return;
        }
        for ty in types {
            if let Err(why) = self.check_selection(ty) {
                let place = ty.contexts().find(|(name, _)| *name == self.contextual.context);
                let error = self.error(Code::ContextInvalidSelection, &why);
                errors.push(
                    error
                        .at_opt(place.and_then(|(_, directive)| self.subgraph.span(directive.location())), "set here")
                        .help("select one nullable or non-null value of the argument's type, for every type that sets the context"),
                );
                return;
            }
        }
    }

    fn check_place(&self, errors: &mut Vec<Diagnostic>) {
        if matches!(self.ty.kind, TypeKind::Interface(_)) {
            errors.push(
                self.error(Code::ContextNotSet, "its field belongs to an interface, which resolves nothing")
                    .help("use @fromContext on the fields of the objects that implement the interface"),
            );
            return;
        }
        let interfaces = self.ty.composite().into_iter().flat_map(|composite| &composite.implements);
        for interface in interfaces {
            let Some(asked) = self.subgraph.field(interface, &self.field.name) else { continue };
            errors.push(
                self.error(
                    Code::ContextNotSet,
                    &format!("its field implements \"{interface}.{}\", which lacks the argument", asked.name),
                )
                .at_opt(self.subgraph.name_span(&asked.name), "the interface's field")
                .help("remove the field from the interface"),
            );
        }
        if self.contextual.argument.default_value.is_some() {
            errors.push(
                self.error(Code::ContextNotSet, "it has a default value, which would never be used")
                    .help("remove the default"),
            );
        }
        if self.ty.keys.iter().all(|key| !key.resolvable) {
            errors.push(
                self.error(
                    Code::ContextNoResolvableKey,
                    &format!("type \"{}\" has no resolvable key by which to fetch the field", self.ty.name),
                )
                .at_opt(self.subgraph.span(self.ty.place), "without a resolvable key")
                .help(format!("give \"{}\" a @key", self.ty.name)),
            );
        }
    }

    /// Whether the selection picks a fitting value of objects of the type `from`.
    fn check_selection(&self, from: &Type) -> Result<(), String> {
        if from.is_interface_object() {
            return Err(format!("\"{}\" is an interface object, which cannot set a context", from.name));
        }
        let selections = &self.contextual.selection.selections;
        if let [Selection::Field(field)] = selections.as_slice() {
            return self.check_value(from, field);
        }
        let mut is_matched = false;
        for selection in selections {
            let Selection::Fragment { on, selections, .. } = selection else {
                return Err("it selects several values".to_owned());
            };
            let on = on.as_ref().unwrap_or(&from.name);
            let Some(ty) = self.subgraph.types.get(on) else { return Err(format!("there is no type \"{on}\"")) };
            if !self.subgraph.overlaps(&from.name, on) {
                continue;
            }
            is_matched = true;
            let [Selection::Field(field)] = selections.as_slice() else {
                return Err(format!("it selects several values of \"{on}\""));
            };
            self.check_value(ty, field)?;
        }
        if is_matched { Ok(()) } else { Err(format!("it selects nothing of \"{}\"", from.name)) }
    }

    fn check_value(&self, from: &Type, field: &FieldSelection) -> Result<(), String> {
        let value = self.value_type(from, field)?;
        let asked = &*self.contextual.argument.ty;
        if asked.is_non_null() {
            return Err(format!("the argument is \"{asked}\", but the value may be missing"));
        }
        if fits(&value, asked) { Ok(()) } else { Err(format!("it gives \"{value}\", not \"{asked}\"")) }
    }

    /// The type of the value that a chain of fields leads to.
    fn value_type(&self, from: &Type, selected: &FieldSelection) -> Result<ast::Type, String> {
        let Some(field) = self.subgraph.field(&from.name, &selected.name) else {
            return Err(format!("\"{}\" has no field \"{}\"", from.name, selected.name));
        };
        let output: &Name = field.ty.inner_named_type();
        let below = self.subgraph.types.get(output).filter(|ty| ty.has_selections());
        match (below, selected.selections.as_slice()) {
            (None, []) => Ok(field.ty.clone()),
            (None, _) => Err(format!("\"{}.{}\" has no fields to select", from.name, selected.name)),
            (Some(_), []) => Err(format!("\"{}.{}\" needs a selection of one of its fields", from.name, selected.name)),
            (Some(ty), [Selection::Field(next)]) => Ok(within_lists(&field.ty, self.value_type(ty, next)?)),
            (Some(_), _) => Err(format!("it selects several values of \"{}.{}\"", from.name, selected.name)),
        }
    }

    fn error(&self, code: Code, why: &str) -> Diagnostic {
        let coordinate = format!("{}.{}({}:)", self.ty.name, self.field.name, self.contextual.argument.name);
        Diagnostic::error(code, format!("Argument \"{coordinate}\" cannot come from a context: {why}"))
            .at_opt(self.subgraph.span(self.contextual.directive.location()), "")
    }
}

/// `item` in as many lists as `outer` has.
fn within_lists(outer: &ast::Type, item: ast::Type) -> ast::Type {
    if outer.is_list() { ast::Type::List(Box::new(within_lists(outer.item_type(), item))) } else { item }
}

/// Whether a value may be given for an argument. That it may be missing as a whole is no matter here.
fn fits(value: &ast::Type, asked: &ast::Type) -> bool {
    match (value.is_list(), asked.is_list()) {
        (true, true) => {
            let (value, asked) = (value.item_type(), asked.item_type());
            fits(value, asked) && (value.is_non_null() || !asked.is_non_null())
        }
        (false, false) => value.inner_named_type() == asked.inner_named_type(),
        _ => false,
    }
}
