//! What holds for every field set: its fields exist, leaves end the selection, and arguments are as declared.

use crate::diagnostic::{Diagnostic, Span};
use crate::subgraph::Code;
use crate::subgraph::model::{Field, Subgraph};
use crate::subgraph::{FieldSelection, FieldSet, Selection};
use std::ops::Range;
use std::sync::Arc;

/// A field set where it stands.
pub struct Use<'a> {
    /// The subgraph.
    pub subgraph: &'a Subgraph,
    /// `@key` and so on.
    pub directive: &'static str,
    /// What it stands on: `type "Product"`, `field "Product.price"`.
    pub owner: String,
    /// The type that it selects on.
    pub parent: &'a str,
    /// The selections.
    pub fields: &'a FieldSet,
    /// The code of an error of its own form.
    pub invalid: Code,
}

/// A selected field, found.
pub struct Selected<'a> {
    /// The type it is selected on.
    pub parent: &'a str,
    /// Its definition.
    pub field: &'a Field,
    /// Its selection.
    pub selection: &'a FieldSelection,
    /// Whether it, or a field that it is selected under, is external.
    pub below_external: bool,
}

impl<'a> Use<'a> {
    /// Checks the form, and calls `visit` with each field that exists.
    pub fn check(&self, errors: &mut Vec<Diagnostic>, visit: &mut dyn FnMut(&mut Vec<Diagnostic>, &Selected<'a>)) {
        self.walk(self.parent, &self.fields.selections, false, errors, visit);
    }

    fn walk(
        &self,
        parent: &'a str,
        selections: &'a [Selection],
        below_external: bool,
        errors: &mut Vec<Diagnostic>,
        visit: &mut dyn FnMut(&mut Vec<Diagnostic>, &Selected<'a>),
    ) {
        for selection in selections {
            match selection {
                Selection::Field(selected) if selected.name == "__typename" => {}
                Selection::Field(selected) => self.walk_field(parent, selected, below_external, errors, visit),
                Selection::Fragment { on, selections, place } => {
                    let on = on.as_ref().map_or(parent, |on| on.as_str());
                    if self.check_condition(parent, on, place, errors) {
                        self.walk(on, selections, below_external, errors, visit);
                    }
                }
            }
        }
    }

    fn walk_field(
        &self,
        parent: &'a str,
        selected: &'a FieldSelection,
        below_external: bool,
        errors: &mut Vec<Diagnostic>,
        visit: &mut dyn FnMut(&mut Vec<Diagnostic>, &Selected<'a>),
    ) {
        let name = &selected.name;
        let Some(field) = self.subgraph.field(parent, name) else {
            errors
                .push(self.error(self.invalid, &format!("\"{parent}\" has no field \"{name}\""), &selected.place).help(
                "add the field to the type in this subgraph (@external if another one resolves it), or mend the name",
            ));
            return;
        };
        let below_external = below_external || self.is_external(parent, field);
        visit(errors, &Selected { parent, field, selection: selected, below_external });
        let output = field.ty.inner_named_type().as_str();
        let has_selections = self.subgraph.types.get(output).is_some_and(|ty| ty.has_selections());
        if has_selections && selected.selections.is_empty() {
            let what = format!("field \"{parent}.{name}\" is of type \"{output}\" and needs a selection of its fields");
            errors.push(self.error(self.invalid, &what, &selected.place).help(format!("write \"{name} {{ ... }}\"")));
        } else if !has_selections && !selected.selections.is_empty() {
            let what = format!("field \"{parent}.{name}\" is of type \"{output}\" and has no fields to select");
            errors.push(self.error(self.invalid, &what, &selected.place).help(format!("write \"{name}\" alone")));
            return;
        }
        for argument in &selected.arguments {
            if field.arguments.iter().all(|defined| defined.name != argument.name) {
                let what = format!("field \"{parent}.{name}\" has no argument \"{}\"", argument.name);
                errors.push(self.error(self.invalid, &what, &selected.place).help("remove the argument"));
            }
        }
        for defined in &field.arguments {
            let is_given = selected.arguments.iter().any(|argument| argument.name == defined.name);
            if defined.is_required() && !is_given && self.directive == "@requires" {
                let what = format!("field \"{parent}.{name}\" needs its argument \"{}\"", defined.name);
                errors.push(self.error(self.invalid, &what, &selected.place).help("give the argument a value"));
            }
        }
        self.walk(output, &selected.selections, below_external, errors, visit);
    }

    /// Whether the condition names a type that a value of `parent` may be.
    fn check_condition(&self, parent: &str, on: &str, place: &Range<usize>, errors: &mut Vec<Diagnostic>) -> bool {
        let Some(ty) = self.subgraph.types.get(on) else {
            errors.push(
                self.error(self.invalid, &format!("there is no type \"{on}\""), place).help("mend the type condition"),
            );
            return false;
        };
        if ty.has_selections() && self.subgraph.overlaps(parent, on) {
            return true;
        }
        let what = format!("a \"{parent}\" is never a \"{on}\"");
        errors.push(self.error(self.invalid, &what, place).help("remove the fragment"));
        false
    }

    /// Whether the field is external, or, on an interface, that of an object behind it.
    fn is_external(&self, parent: &str, field: &Field) -> bool {
        let behind = self.subgraph.implementations(parent).iter();
        field.is_external()
            || behind.filter_map(|object| self.subgraph.field(object, &field.name)).any(Field::is_external)
    }

    /// An error about this field set.
    pub fn error(&self, code: Code, what: &str, place: &Range<usize>) -> Diagnostic {
        Diagnostic::error(
            code,
            format!("On {}, for {}(fields: \"{}\"): {what}", self.owner, self.directive, self.fields),
        )
        .at_opt(self.span(place), "")
    }

    fn span(&self, place: &Range<usize>) -> Option<Span> {
        let source = Arc::clone(&self.subgraph.locator.source);
        (!place.is_empty()).then(|| Span { source, range: place.clone() })
    }
}

impl<'a> Use<'a> {
    /// An error for a selected field that the subgraph resolves anyway.
    pub fn missing_external(&self, code: Code, selected: &Selected<'a>) -> Diagnostic {
        let coordinate = format!("{}.{}", selected.parent, selected.field.name);
        let (why, help) = if selected.field.key_of_extension {
            (
                "although marked @external it is the key of an extension, which the subgraph resolves",
                format!("remove \"{coordinate}\" from the selection"),
            )
        } else {
            (
                "it is not marked @external",
                format!(
                    "mark \"{coordinate}\" @external if another subgraph resolves it, else remove it from the selection"
                ),
            )
        };
        self.error(
            code,
            &format!("field \"{coordinate}\" is resolved by this subgraph itself: {why}"),
            &selected.selection.place,
        )
        .at_opt(self.subgraph.name_span(&selected.field.name), "defined here")
        .help(help)
    }
}
