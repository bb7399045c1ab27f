//! Habits that make a graph easy to read: names in the cases that the specification's own examples use, reasons
//! for deprecations, descriptions. A schema that breaks them composes all the same, so all of it is a warning or
//! a hint.
//!
//! The codes are those that users of schema linters know; [`RULES`] lists them.

use super::{Field, Subgraph, Type, TypeKind, is_root};
use crate::diagnostic::{Diagnostic, Span};
use apollo_compiler::{Name, Node, ast};

const TYPE_CASE: &str = "TYPE_NAMES_SHOULD_BE_PASCAL_CASE";
const FIELD_CASE: &str = "FIELD_NAMES_SHOULD_BE_CAMEL_CASE";
const ARGUMENT_CASE: &str = "INPUT_ARGUMENT_NAMES_SHOULD_BE_CAMEL_CASE";
const ENUM_CASE: &str = "ENUM_VALUES_SHOULD_BE_SCREAMING_SNAKE_CASE";
const INPUT_SUFFIX: &str = "INPUT_TYPE_SUFFIX";
const QUERY_VERB: &str = "RESTYLE_QUERY_FIELD_NAMES";
const DEPRECATION: &str = "DEPRECATED_DIRECTIVE_SHOULD_HAVE_REASON";
const DESCRIPTION: &str = "ALL_ELEMENTS_REQUIRE_DESCRIPTION";

/// Every rule: its code, and what it wants.
pub const RULES: [(&str, &str); 8] = [
    (TYPE_CASE, "Types are called in PascalCase: `LineItem`."),
    (FIELD_CASE, "Fields are called in camelCase: `lineItem`."),
    (ARGUMENT_CASE, "Arguments and input fields are called in camelCase: `orderBy`."),
    (ENUM_CASE, "Values of enums are called in SCREAMING_SNAKE_CASE: `OUT_OF_STOCK`."),
    (INPUT_SUFFIX, "The names of input objects end in `Input`."),
    (QUERY_VERB, "Fields of `Query` are nouns: `products`, not `getProducts`."),
    (DEPRECATION, "A deprecation says what to use instead."),
    (DESCRIPTION, "Types have a description."),
];

/// Verbs that a query field begins with when it is called like a function.
const VERBS: [&str; 4] = ["get", "list", "find", "fetch"];

/// What in a subgraph breaks the habits, in the order of the text.
pub fn lint(subgraph: &Subgraph) -> Vec<Diagnostic> {
    let mut linter = Linter { subgraph, found: Vec::new() };
    for ty in subgraph.types.values() {
        linter.ty(ty);
    }
    linter.found.sort_by_key(|finding| finding.labels.first().map(|label| label.span.range.start));
    linter.found
}

struct Linter<'a> {
    subgraph: &'a Subgraph,
    found: Vec<Diagnostic>,
}

impl Linter<'_> {
    fn ty(&mut self, ty: &Type) {
        let place = self.subgraph.span(ty.place);
        if !is_root(&ty.name) {
            self.case(TYPE_CASE, "type", &ty.name, place.clone(), pascal(&ty.name));
            // A type that is only extended has its description where it is defined.
            if ty.description.is_none() && !ty.is_extension && !self.is_entity_elsewhere(ty) {
                let message = format!("type \"{}\" has no description", ty.name);
                let hint = Diagnostic::hint(DESCRIPTION, message).at_opt(place.clone(), "");
                self.found.push(hint.help("say in a sentence what it is"));
            }
        }
        match &ty.kind {
            TypeKind::Object(composite) | TypeKind::Interface(composite) => {
                composite.fields.values().for_each(|field| self.field(ty, field));
            }
            TypeKind::Enum(values) => {
                for value in values {
                    let place = self.subgraph.name_span(&value.name);
                    self.case(ENUM_CASE, "enum value", &value.name, place, screaming(&value.name));
                    self.deprecation(&value.name, &value.directives);
                }
            }
            TypeKind::Input(fields) => {
                if !ty.name.ends_with("Input") {
                    let message = format!("input object \"{}\" is not called ...Input", ty.name);
                    let warning = Diagnostic::warning(INPUT_SUFFIX, message).at_opt(place, "");
                    self.found.push(warning.help(format!("call it {}Input", ty.name)));
                }
                fields.iter().for_each(|field| self.argument("input field", field));
            }
            TypeKind::Scalar | TypeKind::Union(_) => {}
        }
    }

    /// Whether the subgraph only adds to an entity: all that it says of it beside its own fields is the key.
    fn is_entity_elsewhere(&self, ty: &Type) -> bool {
        ty.keys.iter().any(|key| !key.resolvable)
            || ty.composite().is_some_and(|composite| composite.fields.values().any(|field| field.external.is_some()))
    }

    fn field(&mut self, ty: &Type, field: &Field) {
        let place = self.subgraph.name_span(&field.name);
        self.case(FIELD_CASE, "field", &field.name, place.clone(), camel(&field.name));
        self.deprecation(&field.name, &field.directives);
        if ty.name == "Query" {
            let noun = VERBS.iter().find_map(|verb| noun(&field.name, verb));
            if let Some(noun) = noun {
                let message = format!("query field \"{}\" is called like a function", field.name);
                let warning = Diagnostic::warning(QUERY_VERB, message).at_opt(place, "");
                self.found.push(warning.help(format!("call it `{noun}`")));
            }
        }
        field.arguments.iter().for_each(|argument| self.argument("argument", argument));
    }

    fn argument(&mut self, what: &str, argument: &Node<ast::InputValueDefinition>) {
        let place = self.subgraph.name_span(&argument.name);
        self.case(ARGUMENT_CASE, what, &argument.name, place, camel(&argument.name));
        self.deprecation(&argument.name, &argument.directives);
    }

    fn case(&mut self, code: &'static str, what: &str, name: &Name, place: Option<Span>, wanted: String) {
        if wanted != *name.as_str() {
            let warning = Diagnostic::warning(code, format!("{what} \"{name}\" is not in the usual case"));
            self.found.push(warning.at_opt(place, "").help(format!("call it `{wanted}`")));
        }
    }

    fn deprecation(&mut self, name: &Name, directives: &[Node<ast::Directive>]) {
        let deprecated = directives.iter().find(|directive| directive.name == "deprecated");
        let Some(directive) = deprecated else { return };
        let reason = directive.specified_argument_by_name("reason").and_then(|reason| reason.as_str());
        if reason.is_none_or(|reason| reason.trim().is_empty()) {
            let warning = Diagnostic::warning(DEPRECATION, format!("\"{name}\" is deprecated without a reason"));
            let place = self.subgraph.span(directive.location());
            self.found.push(warning.at_opt(place, "").help("say what to use instead: `reason: \"Use ...\"`"));
        }
    }
}

/// `getProducts` -> `products`, for the verb `get`; nothing for `getaway`.
fn noun(name: &str, verb: &str) -> Option<String> {
    let rest = name.strip_prefix(verb)?;
    rest.starts_with(|first: char| first.is_ascii_uppercase()).then(|| camel(rest))
}

/// The words of a name, whichever case it is in.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut previous = '_';
    let mut characters = name.chars().peekable();
    while let Some(character) = characters.next() {
        let next_is_lower = characters.peek().is_some_and(char::is_ascii_lowercase);
        let begins = character.is_ascii_uppercase()
            && (previous.is_ascii_lowercase()
                || previous.is_ascii_digit()
                || (previous.is_ascii_uppercase() && next_is_lower));
        if character != '_' {
            match words.last_mut() {
                Some(word) if !begins && previous != '_' => word.push(character),
                _ => words.push(character.to_string()),
            }
        }
        previous = character;
    }
    words
}

/// Underscores at the front mean something to those who write them; they stay.
fn underscores(name: &str) -> &str {
    &name[..name.len() - name.trim_start_matches('_').len()]
}

fn capital(word: &str) -> String {
    let mut characters = word.chars();
    let first = characters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(characters).collect()
}

/// Names without underscores that begin rightly are left as they are: `iOS`, `URL` and `eMail` are in some case.
fn pascal(name: &str) -> String {
    let bare = name.trim_start_matches('_');
    if !bare.contains('_') && bare.starts_with(|first: char| first.is_ascii_uppercase()) {
        return name.to_owned();
    }
    words(name).iter().fold(underscores(name).to_owned(), |all, word| all + &capital(&word.to_ascii_lowercase()))
}

/// See [`pascal`].
fn camel(name: &str) -> String {
    let bare = name.trim_start_matches('_');
    if !bare.contains('_') && !bare.starts_with(|first: char| first.is_ascii_uppercase()) {
        return name.to_owned();
    }
    let mut all = underscores(name).to_owned();
    for (at, word) in words(name).iter().enumerate() {
        let lower = word.to_ascii_lowercase();
        all += &if at == 0 { lower } else { capital(&lower) };
    }
    all
}

fn screaming(name: &str) -> String {
    if !name.contains(|character: char| character.is_ascii_lowercase()) {
        return name.to_owned();
    }
    underscores(name).to_owned() + &words(name).join("_").to_ascii_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_put_into_cases() {
        assert_eq!(pascal("line_item"), "LineItem");
        assert_eq!(pascal("lineItem"), "LineItem");
        assert_eq!(pascal("HTTPStatus"), "HTTPStatus");
        assert_eq!(camel("LineItem"), "lineItem");
        assert_eq!(camel("line_item_2"), "lineItem2");
        assert_eq!(camel("iOSVersion"), "iOSVersion");
        assert_eq!(camel("_private_name"), "_privateName");
        assert_eq!(screaming("outOfStock"), "OUT_OF_STOCK");
        assert_eq!(screaming("HTTPError"), "HTTP_ERROR");
        assert_eq!(screaming("A1"), "A1");
        assert_eq!(noun("getProducts", "get").as_deref(), Some("products"));
        assert_eq!(noun("getaway", "get"), None);
    }
}
