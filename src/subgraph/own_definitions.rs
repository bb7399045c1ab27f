//! Definitions that a schema has of its own for what specifications define.
//!
//! Services may print them, and libraries print them as they knew them: without the arguments of later versions,
//! without `repeatable`, with `String` for a scalar of the specification, nullable where it is not. All that is
//! fine, as the specification's definition takes their place. What contradicts it is refused: the service means
//! something else.

use super::Locator;
use super::code::Code;
use super::specification::MACHINERY_SCALARS;
use crate::diagnostic::Diagnostic;
use apollo_compiler::Name;
use apollo_compiler::ast::{self, Definition, DirectiveDefinition, InputValueDefinition, Type};
use std::collections::HashMap;

/// Compares the definitions of `own` with those of the same name that are `promised`.
pub fn check(own: &ast::Document, promised: &ast::Document, locator: &Locator) -> Vec<Diagnostic> {
    let mut directives: HashMap<&str, &DirectiveDefinition> = HashMap::new();
    let mut types: HashMap<&str, &Definition> = HashMap::new();
    for definition in promised.definitions.iter().filter(|definition| !definition.is_extension_definition()) {
        match definition {
            Definition::DirectiveDefinition(directive) => {
                directives.insert(&directive.name, directive);
            }
            other => {
                types.extend(other.name().map(|name| (name.as_str(), other)));
            }
        }
    }
    let mut errors = Vec::new();
    for definition in own.definitions.iter().filter(|definition| !definition.is_extension_definition()) {
        match definition {
            Definition::DirectiveDefinition(directive) => {
                if let Some(specified) = directives.get(directive.name.as_str()) {
                    Comparison { own: directive, specified, locator, errors: &mut errors }.run();
                }
            }
            other => {
                let specified = other.name().and_then(|name| types.get(name.as_str()));
                errors.extend(specified.and_then(|specified| type_mismatch(other, specified, locator)));
            }
        }
    }
    errors
}

/// Whether the type of an argument may stand for a scalar that a specification brings.
fn is_scalar_of_specification(name: &str) -> bool {
    MACHINERY_SCALARS.iter().any(|scalar| name == *scalar || name.rsplit("__").next() == Some(scalar))
}

struct Comparison<'a> {
    own: &'a DirectiveDefinition,
    specified: &'a DirectiveDefinition,
    locator: &'a Locator,
    errors: &'a mut Vec<Diagnostic>,
}

impl Comparison<'_> {
    fn run(mut self) {
        let own = self.own;
        for argument in &own.arguments {
            match self.specified.arguments.iter().find(|other| other.name == argument.name) {
                None => self.refuse(&argument.name, format!("it has no argument \"{}\"", argument.name)),
                Some(specified) => self.compare_argument(argument, specified),
            }
        }
        for specified in self.specified.arguments.iter().filter(|argument| argument.is_required()) {
            if own.arguments.iter().all(|argument| argument.name != specified.name) {
                self.refuse(&own.name, format!("it needs the argument \"{}: {}\"", specified.name, specified.ty));
            }
        }
        let locations: Vec<String> = own
            .locations
            .iter()
            .filter(|location| !self.specified.locations.contains(location))
            .map(ToString::to_string)
            .collect();
        if !locations.is_empty() {
            self.refuse(&own.name, format!("it cannot stand on {}", locations.join(", ")));
        }
        if own.repeatable && !self.specified.repeatable {
            self.refuse(&own.name, "it is not repeatable".to_owned());
        }
    }

    fn compare_argument(&mut self, own: &InputValueDefinition, specified: &InputValueDefinition) {
        if !fits(&own.ty, &specified.ty) {
            self.refuse(
                &own.name,
                format!("its argument \"{}\" is of type \"{}\", not \"{}\"", own.name, specified.ty, own.ty),
            );
        }
        let default = |value: &InputValueDefinition| {
            value.default_value.as_ref().map(|default| default.serialize().no_indent().to_string())
        };
        let (own_default, specified_default) = (default(own), default(specified));
        if own_default != specified_default {
            let specified = specified_default.map_or("no default".to_owned(), |value| format!("the default {value}"));
            self.refuse(&own.name, format!("its argument \"{}\" has {specified}", own.name));
        }
    }

    fn refuse(&mut self, place: &Name, what: String) {
        self.errors.push(
            Diagnostic::error(
                Code::DirectiveDefinitionInvalid,
                format!("@{} is not defined as its specification defines it: {what}", self.own.name),
            )
            .at_opt(self.locator.span(place.location()), "")
            .help("remove the definition: it is known"),
        );
    }
}

/// Equality of types but for nullability and for what a library calls a scalar of the specification.
fn fits(own: &Type, specified: &Type) -> bool {
    match (own.is_list(), specified.is_list()) {
        (true, true) => fits(own.item_type(), specified.item_type()),
        (false, false) => {
            let (own, specified) = (own.inner_named_type(), specified.inner_named_type());
            let stands_for = own == "String" || is_scalar_of_specification(own);
            own == specified || (is_scalar_of_specification(specified) && stands_for)
        }
        _ => false,
    }
}

fn type_mismatch(own: &Definition, specified: &Definition, locator: &Locator) -> Option<Diagnostic> {
    let expected = match specified {
        Definition::ScalarTypeDefinition(_) if own.as_scalar_type_definition().is_none() => "a scalar",
        Definition::EnumTypeDefinition(_) if own.as_enum_type_definition().is_none() => "an enum",
        _ => return None,
    };
    let name: &Name = own.name()?;
    Some(
        Diagnostic::error(
            Code::TypeDefinitionInvalid,
            format!("Type \"{name}\" is not defined as its specification defines it: it is {expected}"),
        )
        .at_opt(locator.span(name.location()), "")
        .help("remove the definition: it is known; or call your own type otherwise"),
    )
}
