//! `@listSize` and `@cost`.

use crate::diagnostic::Diagnostic;
use crate::subgraph::Code;
use crate::subgraph::model::{Field, Subgraph, Type, TypeKind};
use apollo_compiler::{Node, ast};

/// Checks every application.
pub fn check(subgraph: &Subgraph, errors: &mut Vec<Diagnostic>) {
    for ty in subgraph.types.values() {
        for field in ty.composite().into_iter().flat_map(|composite| composite.fields.values()) {
            for directive in &field.directives {
                if directive.name == "listSize" {
                    Check { subgraph, ty, field, directive }.list_size(errors);
                }
                if directive.name == "cost" && matches!(ty.kind, TypeKind::Interface(_)) {
                    Check { subgraph, ty, field, directive }.error(
                        errors,
                        Code::CostAppliedToInterfaceField,
                        "a field of an interface has no cost of its own",
                        "apply @cost to the fields of the objects that implement it",
                    );
                }
            }
        }
    }
}

struct Check<'a> {
    subgraph: &'a Subgraph,
    ty: &'a Type,
    field: &'a Field,
    directive: &'a Node<ast::Directive>,
}

impl Check<'_> {
    fn error(&self, errors: &mut Vec<Diagnostic>, code: Code, why: &str, help: &str) {
        errors.push(
            Diagnostic::error(
                code,
                format!("@{} on field \"{}.{}\" is wrong: {why}", self.directive.name, self.ty.name, self.field.name),
            )
            .at_opt(self.subgraph.span(self.directive.location()), "")
            .help(help),
        );
    }

    fn list_size(&self, errors: &mut Vec<Diagnostic>) {
        let sized = self.names("sizedFields");
        if !self.field.ty.is_list() && sized.is_empty() {
            self.error(
                errors,
                Code::ListSizeAppliedToNonList,
                "the field is no list",
                "name the list under it in `sizedFields`",
            );
        }
        let assumed = self.directive.specified_argument_by_name("assumedSize").and_then(|value| value.to_i32());
        if assumed.is_some_and(|size| size < 0) {
            self.error(
                errors,
                Code::ListSizeInvalidAssumedSize,
                "`assumedSize` is negative",
                "give the size of a usual list",
            );
        }
        for name in self.names("slicingArguments") {
            self.slicing_argument(name, errors);
        }
        for name in sized {
            self.sized_field(name, errors);
        }
    }

    fn slicing_argument(&self, name: &str, errors: &mut Vec<Diagnostic>) {
        let argument = self.input(name);
        let is_int = argument.is_some_and(|argument| argument.ty.is_named() && argument.ty.inner_named_type() == "Int");
        if !is_int {
            let why = match argument {
                None => format!("the field has no argument \"{name}\""),
                Some(_) => format!("its argument \"{name}\" is no Int"),
            };
            self.error(errors, Code::ListSizeInvalidSlicingArgument, &why, "name an argument of type Int or Int!");
        }
    }

    /// An argument, or what is in an input object: `page.first`.
    fn input(&self, path: &str) -> Option<&ast::InputValueDefinition> {
        let mut within = &self.field.arguments;
        let mut steps = path.split('.').peekable();
        loop {
            let name = steps.next()?;
            let found = within.iter().find(|input| input.name == name)?;
            if steps.peek().is_none() {
                return Some(found);
            }
            within = match &self.subgraph.types.get(found.ty.inner_named_type())?.kind {
                TypeKind::Input(fields) => fields,
                _ => return None,
            };
        }
    }

    fn sized_field(&self, name: &str, errors: &mut Vec<Diagnostic>) {
        let output = self.field.ty.inner_named_type();
        let why = match self.subgraph.field(output, name) {
            _ if self.subgraph.composite(output).is_none() => format!("\"{output}\" has no fields to be sized"),
            None => format!("\"{output}\" has no field \"{name}\""),
            Some(field) if !field.ty.is_list() => format!("\"{output}.{name}\" is no list"),
            Some(_) => return,
        };
        self.error(errors, Code::ListSizeInvalidSizedField, &why, "name list fields of the field's type");
    }

    fn names(&self, argument: &str) -> Vec<&str> {
        let list = self.directive.specified_argument_by_name(argument).and_then(|value| value.as_list());
        list.into_iter().flatten().filter_map(|item| item.as_str()).collect()
    }
}
