//! What an operation touches of the schema, and by what it is known: a valid document in, coordinates and a hash out.
//!
//! **Coordinates** are those by which a change of the schema finds the operations that it breaks: `Type.field`,
//! `Type.field(arg:)`, `Input.field`, `Enum.VALUE`, `@directive`, and the name of every type that it touches. Of a
//! variable only the type is known, never the value, so all that a value of its type may hold counts as touched.
//!
//! **The hash** is that of the operation with the fragments it uses, without the values of literals: one that differs
//! in them only is the same operation, asked for something else.

use super::signature;
use apollo_compiler::Schema;
use apollo_compiler::ast::{Argument, Directive, InputValueDefinition, Value};
use apollo_compiler::executable::{ExecutableDocument, Operation, Selection, SelectionSet};
use apollo_compiler::schema::ExtendedType;
use apollo_compiler::{Name, Node};
use std::collections::{BTreeSet, HashSet};

/// Bytes of a name that are kept: people choose shorter ones, and what others choose must not cost the whole report.
const LONGEST_NAME: usize = 512;

/// An operation as usage knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Footprint {
    /// SHA-256 of the operation without the values of literals, in hexadecimal digits.
    pub hash: Box<str>,
    /// Its name, or the beginning of a very long one.
    pub name: Option<Box<str>>,
    /// What it touches, sorted.
    pub coordinates: Box<[Box<str>]>,
}

impl Footprint {
    /// Of an operation of a document that is valid against `schema`.
    pub fn of(schema: &Schema, document: &ExecutableDocument, operation: &Operation) -> Self {
        let mut walk =
            Walk { schema, document, found: BTreeSet::new(), fragments: HashSet::new(), inputs: HashSet::new() };
        walk.found.insert(operation.selection_set.ty.to_string());
        walk.directives(&operation.directives);
        for variable in &operation.variables {
            walk.any_value(variable.ty.inner_named_type());
            walk.directives(&variable.directives);
        }
        walk.selections(&operation.selection_set);
        Self {
            hash: signature::hash(document, operation, &walk.fragments),
            // Names are ASCII, which can be cut anywhere.
            name: operation.name.as_ref().map(|name| name[..name.len().min(LONGEST_NAME)].into()),
            coordinates: walk.found.into_iter().map(String::into_boxed_str).collect(),
        }
    }

    /// Bytes it takes, roughly.
    pub fn weight(&self) -> usize {
        self.coordinates.iter().map(|coordinate| coordinate.len() + size_of::<Box<str>>()).sum::<usize>() + 128
    }
}

struct Walk<'a> {
    schema: &'a Schema,
    document: &'a ExecutableDocument,
    found: BTreeSet<String>,
    /// Those that were walked: a fragment touches the same wherever it is spread.
    fragments: HashSet<&'a Name>,
    /// Input objects and enums of which all counts as touched.
    inputs: HashSet<&'a Name>,
}

impl<'a> Walk<'a> {
    fn selections(&mut self, set: &'a SelectionSet) {
        for selection in &set.selections {
            match selection {
                Selection::Field(field) => {
                    self.directives(&field.directives);
                    // The gateway answers what is about the schema itself.
                    if field.name.starts_with("__") {
                        continue;
                    }
                    let coordinate = format!("{}.{}", set.ty, field.name);
                    self.touch_type(field.definition.ty.inner_named_type());
                    self.arguments(&coordinate, &field.arguments, &field.definition.arguments);
                    self.found.insert(coordinate);
                    self.selections(&field.selection_set);
                }
                Selection::InlineFragment(fragment) => {
                    self.directives(&fragment.directives);
                    self.touch_type(&fragment.selection_set.ty);
                    self.selections(&fragment.selection_set);
                }
                Selection::FragmentSpread(spread) => {
                    self.directives(&spread.directives);
                    let fragment = self.document.fragments.get(&spread.fragment_name);
                    if let Some(fragment) = fragment.filter(|fragment| self.fragments.insert(&fragment.name)) {
                        self.directives(&fragment.directives);
                        self.touch_type(&fragment.selection_set.ty);
                        self.selections(&fragment.selection_set);
                    }
                }
            }
        }
    }

    /// Built-in scalars never change.
    fn touch_type(&mut self, name: &Name) {
        if self.schema.types.get(name).is_some_and(|ty| !ty.is_built_in()) {
            self.found.insert(name.to_string());
        }
    }

    fn directives(&mut self, directives: &[Node<Directive>]) {
        for directive in directives.iter().filter(|directive| !matches!(directive.name.as_str(), "skip" | "include")) {
            let Some(definition) = self.schema.directive_definitions.get(&directive.name) else { continue };
            let coordinate = format!("@{}", directive.name);
            self.arguments(&coordinate, &directive.arguments, &definition.arguments);
            self.found.insert(coordinate);
        }
    }

    fn arguments(&mut self, owner: &str, given: &[Node<Argument>], defined: &[Node<InputValueDefinition>]) {
        for argument in given {
            self.found.insert(format!("{owner}({}:)", argument.name));
            if let Some(definition) = defined.iter().find(|definition| definition.name == argument.name) {
                self.given(definition.ty.inner_named_type(), &argument.value);
            }
        }
    }

    /// A value that is given for an input of this type. A literal of a scalar is all that an operation has to do with it.
    fn given(&mut self, ty: &Name, value: &Value) {
        self.touch_type(ty);
        self.value(ty, value);
    }

    /// A value that stands in the document. Of variables the definition was looked at.
    fn value(&mut self, ty: &Name, value: &Value) {
        match value {
            Value::List(items) => items.iter().for_each(|item| self.value(ty, item)),
            Value::Enum(member) => {
                self.found.insert(format!("{ty}.{member}"));
            }
            Value::Object(given) => {
                // A scalar may be written as an object, too.
                let Some(ExtendedType::InputObject(input)) = self.schema.types.get(ty) else { return };
                for (name, value) in given {
                    self.found.insert(format!("{ty}.{name}"));
                    if let Some(field) = input.fields.get(name) {
                        self.given(field.ty.inner_named_type(), value);
                    }
                }
            }
            _ => {}
        }
    }

    /// Whatever a value of this type may hold.
    fn any_value(&mut self, ty: &Name) {
        self.touch_type(ty);
        let schema = self.schema;
        match schema.types.get(ty) {
            Some(ExtendedType::Enum(defined)) if self.inputs.insert(&defined.name) => {
                self.found.extend(defined.values.keys().map(|value| format!("{ty}.{value}")));
            }
            Some(ExtendedType::InputObject(defined)) if self.inputs.insert(&defined.name) => {
                for (name, field) in &defined.fields {
                    self.found.insert(format!("{ty}.{name}"));
                    self.any_value(field.ty.inner_named_type());
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEMA: &str = r#"
        directive @live(every: Unit) on QUERY
        type Query { product(id: ID!, by: By, unit: Unit): Product, media(filter: Filter, since: Date): [Media] }
        type Product { id: ID!, name(in: Language): String, price: Money }
        interface Media { title: String }
        type Book implements Media { title: String, pages: Int }
        type Film implements Media { title: String, minutes: Int }
        scalar Money
        scalar Date
        enum Language { EN DE }
        enum Unit { S M }
        input By { sku: String, filter: Filter }
        input Filter { words: [String!], language: Language, not: Filter, before: Date }
    "#;

    fn of(text: &str) -> Footprint {
        let schema = Schema::parse_and_validate(SCHEMA, "schema").unwrap();
        let document = ExecutableDocument::parse_and_validate(&schema, text, "query").unwrap();
        Footprint::of(&schema, &document, document.operations.iter().next().unwrap())
    }

    fn coordinates(text: &str) -> String {
        of(text).coordinates.join(" ")
    }

    #[test]
    fn fields_arguments_and_the_types_they_give_are_touched() {
        let found = coordinates("{ product(id: 1) { name(in: DE) price __typename } }");
        let expected = "Language Language.DE Money Product Product.name Product.name(in:) Product.price Query \
                        Query.product Query.product(id:)";
        assert_eq!(found, expected);
    }

    #[test]
    fn fragments_touch_the_types_they_are_on() {
        let found = coordinates("{ media { title ... on Book { pages } ...F } } fragment F on Film { minutes }");
        assert_eq!(found, "Book Book.pages Film Film.minutes Media Media.title Query Query.media");
    }

    #[test]
    fn of_a_literal_what_stands_there_is_touched_and_of_a_variable_whatever_may() {
        let found = coordinates("{ product(id: 1, by: { filter: { language: EN } }) { id } }");
        let expected = "By By.filter Filter Filter.language Language Language.EN Product Product.id Query Query.product \
                        Query.product(by:) Query.product(id:)";
        assert_eq!(found, expected);
        let found = coordinates("query ($f: Filter) { media(filter: $f) { title } }");
        let expected = "Date Filter Filter.before Filter.language Filter.not Filter.words Language Language.DE Language.EN Media \
                        Media.title Query Query.media Query.media(filter:)";
        assert_eq!(found, expected);
    }

    /// It may become an input object, which a string is none of.
    #[test]
    fn the_scalar_of_a_literal_is_touched() {
        let found = coordinates("{ media(since: \"today\") { title } }");
        assert_eq!(found, "Date Media Media.title Query Query.media Query.media(since:)");
        let found = coordinates("{ media(filter: { before: 1 }) { title } }");
        assert_eq!(found, "Date Filter Filter.before Media Media.title Query Query.media Query.media(filter:)");
    }

    #[test]
    fn a_name_without_end_is_cut() {
        let name = "N".repeat(600);
        assert_eq!(of(&format!("query {name} {{ media {{ title }} }}")).name.unwrap().len(), LONGEST_NAME);
    }

    #[test]
    fn directives_of_operations_are_touched() {
        assert_eq!(
            coordinates("query @live(every: S) { media @skip(if: false) { title } }"),
            "@live @live(every:) Media Media.title Query Query.media Unit Unit.S"
        );
    }

    #[test]
    fn literals_do_not_tell_operations_apart_and_all_else_does() {
        let hash = |text: &str| of(text).hash;
        let one = hash("query A { product(id: 1) { id } }");
        assert_eq!(one, hash("query A {\n  product(id: 2) { id } # another product\n}"));
        for other in [
            "query B { product(id: 1) { id } }",
            "query A { product(id: 1) { name } }",
            "query A { x: product(id: 1) { id } }",
            "query A { product(id: 1) { id @skip(if: true) } }",
        ] {
            assert_ne!(one, hash(other), "{other}");
        }
        let spread = "query A { media { ...F } } fragment F on Media { title }";
        assert_ne!(hash(spread), hash(&spread.replace("{ title }", "{ t: title }")));
    }
}
