//! The answer: a tree of meta-fields and the schema in, JSON out.
//!
//! One function per meta-type, in the order of the specification's chapter on introspection. A field
//! that a meta-type does not have cannot be here, as the document is valid; it would be null.

use super::json::{Json, Written};
use super::selection::MetaField;
use apollo_compiler::ast::{Directive, DirectiveList, InputValueDefinition, Type};
use apollo_compiler::collections::HashMap;
use apollo_compiler::schema::{self, ExtendedType};
use apollo_compiler::{Name, Node, Schema, ast};

/// Writes answers, one after the other, within one allowance.
pub(super) struct Answerer<'a> {
    schema: &'a Schema,
    implementers: &'a HashMap<Name, Vec<Name>>,
    json: Json,
}

/// A `__Type`: a definition, or a wrapper around one.
#[derive(Clone, Copy)]
enum TypeRef<'a> {
    Defined(&'a ExtendedType),
    List(&'a Type),
    NonNullNamed(&'a Name),
    NonNullList(&'a Type),
}

impl<'a> Answerer<'a> {
    pub(super) fn new(schema: &'a Schema, implementers: &'a HashMap<Name, Vec<Name>>, allowance: usize) -> Self {
        Self { schema, implementers, json: Json::new(allowance) }
    }

    /// The answer that was written.
    pub(super) fn take(&mut self) -> Vec<u8> {
        self.json.take()
    }

    /// `__schema`.
    pub(super) fn schema(&mut self, selection: &[MetaField]) -> Written {
        let schema = self.schema;
        let definition = &schema.schema_definition;
        self.object("__Schema", selection, |out, field| match field.name.as_str() {
            "description" => out.optional_text(definition.description.as_deref()),
            "types" => out.list(schema.types.values(), |out, ty| out.ty(Some(TypeRef::Defined(ty)), &field.selection)),
            "queryType" => out.named_type(definition.query.as_ref().map(|root| root.as_str()), &field.selection),
            "mutationType" => out.named_type(definition.mutation.as_ref().map(|root| root.as_str()), &field.selection),
            "subscriptionType" => {
                out.named_type(definition.subscription.as_ref().map(|root| root.as_str()), &field.selection)
            }
            "directives" => {
                out.list(schema.directive_definitions.values(), |out, ty| out.directive(ty, &field.selection))
            }
            _ => out.null(),
        })
    }

    /// `__type(name:)`: null for a type that is not there.
    pub(super) fn named_type(&mut self, name: Option<&str>, selection: &[MetaField]) -> Written {
        let ty = name.and_then(|name| self.schema.types.get(name));
        self.ty(ty.map(TypeRef::Defined), selection)
    }

    fn ty(&mut self, ty: Option<TypeRef<'a>>, selection: &[MetaField]) -> Written {
        match ty {
            None => self.null(),
            Some(TypeRef::Defined(ty)) => self.defined_type(ty, selection),
            Some(wrapper) => self.object("__Type", selection, |out, field| match field.name.as_str() {
                "kind" => out.text(if matches!(wrapper, TypeRef::List(_)) { "LIST" } else { "NON_NULL" }),
                "ofType" => out.ty(out.unwrapped(wrapper), &field.selection),
                _ => out.null(),
            }),
        }
    }

    fn defined_type(&mut self, ty: &'a ExtendedType, selection: &[MetaField]) -> Written {
        self.object("__Type", selection, |out, field| match field.name.as_str() {
            "kind" => out.text(kind(ty)),
            "name" => out.text(ty.name()),
            "description" => out.optional_text(ty.description().map(|text| &**text)),
            "fields" => out.fields_of(ty, field),
            "interfaces" => out.interfaces_of(ty, field),
            "possibleTypes" => out.possible_types_of(ty, field),
            "enumValues" => match ty {
                ExtendedType::Enum(ty) => out.enum_values(ty, field),
                _ => out.null(),
            },
            "inputFields" => match ty {
                ExtendedType::InputObject(ty) => out.input_values(ty.fields.values().map(|field| &***field), field),
                _ => out.null(),
            },
            "specifiedByURL" => out.optional_text(specified_by(ty)),
            "isOneOf" => match ty {
                ExtendedType::InputObject(ty) => out.boolean(ty.directives.has("oneOf")),
                _ => out.null(),
            },
            _ => out.null(),
        })
    }

    fn fields_of(&mut self, ty: &'a ExtendedType, asked: &MetaField) -> Written {
        let fields = match ty {
            ExtendedType::Object(ty) => &ty.fields,
            ExtendedType::Interface(ty) => &ty.fields,
            _ => return self.null(),
        };
        let shown = fields.values().filter(|field| asked.include_deprecated || !field.directives.has("deprecated"));
        self.json.look_at(fields.len());
        self.list(shown, |out, field| out.field(field, &asked.selection))
    }

    fn interfaces_of(&mut self, ty: &'a ExtendedType, asked: &MetaField) -> Written {
        let interfaces = match ty {
            ExtendedType::Object(ty) => &ty.implements_interfaces,
            ExtendedType::Interface(ty) => &ty.implements_interfaces,
            _ => return self.null(),
        };
        self.list(interfaces, |out, interface| out.named_type(Some(interface), &asked.selection))
    }

    fn possible_types_of(&mut self, ty: &'a ExtendedType, asked: &MetaField) -> Written {
        match ty {
            ExtendedType::Interface(ty) => {
                let types = self.implementers.get(&ty.name).map(Vec::as_slice).unwrap_or_default();
                self.list(types, |out, name| out.named_type(Some(name), &asked.selection))
            }
            ExtendedType::Union(ty) => self.list(&ty.members, |out, name| out.named_type(Some(name), &asked.selection)),
            _ => self.null(),
        }
    }

    fn enum_values(&mut self, ty: &'a schema::EnumType, asked: &MetaField) -> Written {
        let shown = ty.values.values().filter(|value| asked.include_deprecated || !value.directives.has("deprecated"));
        self.json.look_at(ty.values.len());
        self.list(shown, |out, value| {
            out.object("__EnumValue", &asked.selection, |out, field| match field.name.as_str() {
                "name" => out.text(&value.value),
                "description" => out.optional_text(value.description.as_deref()),
                _ => out.deprecation(&value.directives, field),
            })
        })
    }

    fn field(&mut self, definition: &'a ast::FieldDefinition, selection: &[MetaField]) -> Written {
        self.object("__Field", selection, |out, field| match field.name.as_str() {
            "name" => out.text(&definition.name),
            "description" => out.optional_text(definition.description.as_deref()),
            "args" => out.input_values(definition.arguments.iter().map(|argument| &**argument), field),
            "type" => out.ty(out.wrapped(&definition.ty), &field.selection),
            _ => out.deprecation(&definition.directives, field),
        })
    }

    fn input_values(
        &mut self,
        definitions: impl ExactSizeIterator<Item = &'a InputValueDefinition>,
        asked: &MetaField,
    ) -> Written {
        self.json.look_at(definitions.len());
        let shown = definitions.filter(|value| asked.include_deprecated || !value.directives.has("deprecated"));
        self.list(shown, |out, definition| {
            out.object("__InputValue", &asked.selection, |out, field| match field.name.as_str() {
                "name" => out.text(&definition.name),
                "description" => out.optional_text(definition.description.as_deref()),
                "type" => out.ty(out.wrapped(&definition.ty), &field.selection),
                "defaultValue" => {
                    let default = definition.default_value.as_ref();
                    out.optional_text(default.map(|value| value.serialize().no_indent().to_string()).as_deref())
                }
                _ => out.deprecation(&definition.directives, field),
            })
        })
    }

    fn directive(&mut self, definition: &'a ast::DirectiveDefinition, selection: &[MetaField]) -> Written {
        self.object("__Directive", selection, |out, field| match field.name.as_str() {
            "name" => out.text(&definition.name),
            "description" => out.optional_text(definition.description.as_deref()),
            "locations" => out.list(&definition.locations, |out, location| out.text(location.name())),
            "args" => out.input_values(definition.arguments.iter().map(|argument| &**argument), field),
            "isRepeatable" => out.boolean(definition.repeatable),
            _ => out.null(),
        })
    }

    /// `isDeprecated` and `deprecationReason`, which several meta-types have.
    fn deprecation(&mut self, directives: &DirectiveList, field: &MetaField) -> Written {
        let deprecated = directives.get("deprecated");
        match field.name.as_str() {
            "isDeprecated" => self.boolean(deprecated.is_some()),
            "deprecationReason" => self.optional_text(deprecated.and_then(|directive| reason(directive))),
            _ => self.null(),
        }
    }

    fn wrapped(&self, ty: &'a Type) -> Option<TypeRef<'a>> {
        Some(match ty {
            Type::Named(name) => TypeRef::Defined(self.schema.types.get(name)?),
            Type::NonNullNamed(name) => TypeRef::NonNullNamed(name),
            Type::List(item) => TypeRef::List(item),
            Type::NonNullList(item) => TypeRef::NonNullList(item),
        })
    }

    fn unwrapped(&self, wrapper: TypeRef<'a>) -> Option<TypeRef<'a>> {
        match wrapper {
            TypeRef::Defined(_) => None,
            TypeRef::List(item) => self.wrapped(item),
            TypeRef::NonNullNamed(name) => self.schema.types.get(name).map(TypeRef::Defined),
            TypeRef::NonNullList(item) => Some(TypeRef::List(item)),
        }
    }
}

/// The shapes of JSON, with the meta-schema's `__typename`.
impl Answerer<'_> {
    fn object(
        &mut self,
        meta_type: &str,
        selection: &[MetaField],
        mut write: impl FnMut(&mut Self, &MetaField) -> Written,
    ) -> Written {
        self.json.open(b'{')?;
        for (index, field) in selection.iter().enumerate() {
            self.json.key(index, &field.key);
            if field.name == "__typename" {
                self.text(meta_type)?;
            } else {
                write(self, field)?;
            }
        }
        self.json.close(b'}')
    }

    fn list<T>(
        &mut self,
        items: impl IntoIterator<Item = T>,
        mut write: impl FnMut(&mut Self, T) -> Written,
    ) -> Written {
        self.json.open(b'[')?;
        for (index, item) in items.into_iter().enumerate() {
            self.json.key(index, "");
            write(self, item)?;
        }
        self.json.close(b']')
    }

    fn text(&mut self, text: &str) -> Written {
        self.json.text(text)
    }

    fn optional_text(&mut self, text: Option<&str>) -> Written {
        match text {
            Some(text) => self.text(text),
            None => self.null(),
        }
    }

    fn boolean(&mut self, value: bool) -> Written {
        self.json.literal(if value { "true" } else { "false" })
    }

    fn null(&mut self) -> Written {
        self.json.literal("null")
    }
}

fn kind(ty: &ExtendedType) -> &'static str {
    match ty {
        ExtendedType::Scalar(_) => "SCALAR",
        ExtendedType::Object(_) => "OBJECT",
        ExtendedType::Interface(_) => "INTERFACE",
        ExtendedType::Union(_) => "UNION",
        ExtendedType::Enum(_) => "ENUM",
        ExtendedType::InputObject(_) => "INPUT_OBJECT",
    }
}

fn specified_by(ty: &ExtendedType) -> Option<&str> {
    let ExtendedType::Scalar(ty) = ty else { return None };
    ty.directives.get("specifiedBy")?.specified_argument_by_name("url")?.as_str()
}

/// The default is the one in the specification's definition of `@deprecated`.
fn reason(directive: &Node<Directive>) -> Option<&str> {
    match directive.specified_argument_by_name("reason") {
        Some(reason) => reason.as_str(),
        None => Some("No longer supported"),
    }
}
