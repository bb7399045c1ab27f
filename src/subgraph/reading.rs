//! The valid schema -> the model. Federation's directives become fields of the model; the others stay as they
//! are, under canonical names. Root types get their canonical names, everywhere they are mentioned.

use super::code::Code;
use super::context::ContextArgument;
use super::document::Document;
use super::field_set::FieldSet;
use super::link::{Links, string_argument};
use super::model::{Composite, EnumValue, Field, Key, Override, Subgraph, Type, TypeKind, is_root};
use super::{Locator, caching};
use crate::diagnostic::Diagnostic;
use apollo_compiler::ast::{self, OperationType};
use apollo_compiler::schema::{ComponentOrigin, DirectiveList, ExtendedType};
use apollo_compiler::{Name, Node, Schema};
use indexmap::IndexMap;
use std::collections::HashMap;

/// Reads the model out of `schema`, which `document` was completed to, without what cannot be read, and says what
/// that is.
pub fn read(name: &str, url: &str, document: &Document, links: Links, schema: &Schema) -> (Subgraph, Vec<Diagnostic>) {
    let mut reader =
        Reader { document, links: &links, locator: &document.locator, roots: HashMap::new(), errors: Vec::new() };
    reader.find_roots(schema);
    let mut types = reader.types(schema);
    let (composed, schema_directives) = reader.schema_directives(&schema.schema_definition.directives);
    let errors = reader.errors;
    let directive_definitions: IndexMap<_, _> = schema
        .directive_definitions
        .iter()
        .filter(|(name, definition)| {
            document.locator.owns(definition.location()) && !links.canonical.contains_key(name.as_str())
        })
        .map(|(name, definition)| (name.clone(), definition.clone()))
        .collect();
    caching::take_out_scope(&mut types, &directive_definitions, &composed);
    let subgraph = Subgraph {
        name: name.to_owned(),
        url: url.to_owned(),
        version: links.version,
        features: links.features,
        implementations: implementations(&types),
        types,
        directive_definitions,
        composed,
        description: schema.schema_definition.description.clone(),
        schema_directives,
        locator: document.locator.clone(),
    };
    (subgraph, errors)
}

fn implementations(types: &IndexMap<Name, Type>) -> HashMap<Name, Vec<Name>> {
    let mut found: HashMap<Name, Vec<Name>> = HashMap::new();
    for ty in types.values() {
        if let TypeKind::Object(object) = &ty.kind {
            for interface in &object.implements {
                found.entry(interface.clone()).or_default().push(ty.name.clone());
            }
        }
    }
    found
}

struct Reader<'a> {
    document: &'a Document,
    links: &'a Links,
    locator: &'a Locator,
    /// Canonical names of root types that are called otherwise here.
    roots: HashMap<Name, Name>,
    errors: Vec<Diagnostic>,
}

/// The directives of one element: those with a meaning of their own, by canonical name, and the rest.
struct Applied {
    known: Vec<(&'static str, Node<ast::Directive>, ComponentOrigin)>,
    rest: Vec<Node<ast::Directive>>,
}

/// Directives that become fields of the model.
const STRUCTURAL: &[&str] = &[
    "key",
    "requires",
    "provides",
    "external",
    "shareable",
    "extends",
    "override",
    "composeDirective",
    "interfaceObject",
];

impl Applied {
    fn get(&self, name: &str) -> Option<&Node<ast::Directive>> {
        self.known.iter().find(|(known, ..)| *known == name).map(|(_, directive, _)| directive)
    }

    /// The directive on the same declaration (the definition or one of the extensions) as a field.
    fn beside(&self, name: &str, origin: &ComponentOrigin) -> Option<&Node<ast::Directive>> {
        self.known.iter().find(|(known, _, other)| *known == name && other == origin).map(|(_, directive, _)| directive)
    }
}

impl Reader<'_> {
    fn find_roots(&mut self, schema: &Schema) {
        for operation in [OperationType::Query, OperationType::Mutation, OperationType::Subscription] {
            let canonical = operation.default_type_name();
            let Some(root) = schema.root_operation(operation) else { continue };
            if *root == canonical {
                continue;
            }
            if let Some(other) = schema.types.get(&canonical) {
                self.errors.push(
                    Diagnostic::error(
                        root_used_code(operation),
                        format!("Type \"{canonical}\" is no root type here, but \"{root}\" is: the supergraph needs the name \"{canonical}\" for it"),
                    )
                    .at_opt(self.locator.span(other.name().location()), "not the root type")
                    .at_opt(self.locator.span(root.location()), "the root type")
                    .help(format!("rename the type \"{canonical}\"")),
                );
            }
            self.roots.insert(root.clone(), canonical);
        }
    }

    fn types(&mut self, schema: &Schema) -> IndexMap<Name, Type> {
        let mut types = IndexMap::new();
        for (name, ty) in &schema.types {
            let is_query = schema.root_operation(OperationType::Query) == Some(name);
            if !self.is_own(ty) && !is_query {
                continue;
            }
            let read = self.ty(name, ty);
            types.insert(read.name.clone(), read);
        }
        types
    }

    /// Whether the type is written in this text: built-in and added ones are not.
    fn is_own(&self, ty: &ExtendedType) -> bool {
        self.locator.owns(ty.name().location()) || self.locator.owns(ty.location())
    }

    fn ty(&mut self, name: &Name, ty: &ExtendedType) -> Type {
        let applied = self.component_directives(ty.directives());
        self.check_shareable_once(&format!("type \"{name}\""), &applied);
        let kind = match ty {
            ExtendedType::Scalar(_) => TypeKind::Scalar,
            ExtendedType::Object(object) => {
                TypeKind::Object(self.composite(name, &applied, &object.implements_interfaces, &object.fields))
            }
            ExtendedType::Interface(interface) => {
                TypeKind::Interface(self.composite(name, &applied, &interface.implements_interfaces, &interface.fields))
            }
            ExtendedType::Union(union) => {
                TypeKind::Union(union.members.iter().map(|member| self.rename(&member.name)).collect())
            }
            ExtendedType::Enum(node) => TypeKind::Enum(
                node.values
                    .values()
                    .map(|value| EnumValue {
                        name: value.value.clone(),
                        description: value.description.clone(),
                        directives: self.directives(&value.directives).rest,
                    })
                    .collect(),
            ),
            ExtendedType::InputObject(input) => {
                TypeKind::Input(input.fields.values().map(|field| self.input_value(&field.node)).collect())
            }
        };
        let is_extended = applied.get("extends").is_some();
        let written = !self.document.defined.contains(name);
        Type {
            name: self.rename(name),
            place: ty.name().location(),
            description: ty.description().cloned(),
            kind,
            is_extension: (is_extended || written)
                && !self.is_root(name)
                && matches!(ty, ExtendedType::Object(_) | ExtendedType::Interface(_)),
            keys: self.keys(name, &applied, is_extended),
            interface_object: applied.get("interfaceObject").cloned(),
            directives: applied.rest,
        }
    }

    fn is_root(&self, name: &Name) -> bool {
        self.roots.contains_key(name) || is_root(name)
    }

    fn keys(&mut self, parent: &Name, applied: &Applied, is_extended: bool) -> Vec<Key> {
        let mut keys = Vec::new();
        for (name, directive, origin) in &applied.known {
            if *name != "key" {
                continue;
            }
            let resolvable = directive.specified_argument_by_name("resolvable").and_then(|value| value.to_bool());
            if let Some(fields) = self.field_set(&format!("type \"{parent}\""), "key", directive) {
                keys.push(Key {
                    fields,
                    resolvable: resolvable.unwrap_or(true),
                    on_extension: is_extended || matches!(origin, ComponentOrigin::Extension(_)),
                    directive: directive.clone(),
                });
            }
        }
        keys
    }

    fn composite(
        &mut self,
        parent: &Name,
        applied: &Applied,
        implements: &apollo_compiler::collections::IndexSet<apollo_compiler::schema::ComponentName>,
        fields: &apollo_compiler::collections::IndexMap<Name, apollo_compiler::schema::Component<ast::FieldDefinition>>,
    ) -> Composite {
        Composite {
            implements: implements.iter().map(|interface| interface.name.clone()).collect(),
            fields: fields
                .iter()
                .filter(|(_, field)| self.locator.owns(field.location()))
                .map(|(name, field)| (name.clone(), self.field(parent, applied, field)))
                .collect(),
        }
    }

    fn field(
        &mut self,
        parent: &Name,
        on_type: &Applied,
        field: &apollo_compiler::schema::Component<ast::FieldDefinition>,
    ) -> Field {
        let applied = self.directives(&field.directives);
        let coordinate = format!("field \"{parent}.{}\"", field.name);
        self.check_shareable_once(&coordinate, &applied);
        let own_external = applied.get("external").cloned();
        let external_by_type = own_external.is_none();
        let external = own_external.or_else(|| on_type.beside("external", &field.origin).cloned());
        let set = |reader: &mut Self, name: &'static str| {
            applied.get(name).and_then(|directive| reader.field_set(&coordinate, name, directive))
        };
        let (requires, provides) = (set(self, "requires"), set(self, "provides"));
        let arguments: Vec<_> = field.arguments.iter().map(|argument| self.input_value(argument)).collect();
        let contextual = self.contextual(&format!("{parent}.{}", field.name), &arguments);
        Field {
            name: field.name.clone(),
            description: field.description.clone(),
            arguments,
            ty: self.rename_in(&field.ty),
            external_by_type: external_by_type && external.is_some(),
            external,
            requires,
            provides,
            overrides: applied.get("override").map(|directive| Override {
                from: string_argument(directive, "from").unwrap_or_default().to_owned(),
                label: string_argument(directive, "label").map(str::to_owned),
                directive: directive.clone(),
            }),
            shareable: applied.get("shareable").is_some() || on_type.beside("shareable", &field.origin).is_some(),
            contextual,
            directives: applied.rest,
            in_key: false,
            provided: false,
            used: false,
            key_of_extension: false,
        }
    }

    /// `@shareable` repeats so that it can stand on a definition and on each of its extensions, once on each.
    fn check_shareable_once(&mut self, element: &str, applied: &Applied) {
        let shareable: Vec<_> = applied.known.iter().filter(|(name, ..)| *name == "shareable").collect();
        for (index, (_, directive, origin)) in shareable.iter().enumerate() {
            if shareable[..index].iter().any(|(_, _, other)| other == origin) {
                self.errors.push(
                    Diagnostic::error(
                        Code::InvalidShareableUsage,
                        format!("@shareable stands more than once on the same declaration of {element}"),
                    )
                    .at_opt(self.locator.span(directive.location()), "")
                    .help("remove one of them"),
                );
            }
        }
    }

    fn contextual(&mut self, coordinate: &str, arguments: &[Node<ast::InputValueDefinition>]) -> Vec<ContextArgument> {
        let mut contextual = Vec::new();
        for argument in arguments {
            let Some(directive) = argument.directives.get("fromContext") else { continue };
            let coordinate = format!("{coordinate}({}:)", argument.name);
            match ContextArgument::read(&coordinate, argument, directive, self.locator) {
                Ok(read) => contextual.push(read),
                Err(error) => self.errors.push(error),
            }
        }
        contextual
    }

    /// Directives with their canonical names.
    fn directives(&self, directives: &ast::DirectiveList) -> Applied {
        self.sort_out(directives.0.iter().map(|directive| (directive, ComponentOrigin::Definition)))
    }

    fn component_directives(&self, directives: &DirectiveList) -> Applied {
        self.sort_out(directives.0.iter().map(|directive| (&directive.node, directive.origin.clone())))
    }

    fn sort_out<'d>(&self, directives: impl Iterator<Item = (&'d Node<ast::Directive>, ComponentOrigin)>) -> Applied {
        let mut applied = Applied { known: Vec::new(), rest: Vec::new() };
        for (directive, origin) in directives {
            let canonical = self.links.canonical.get(directive.name.as_str()).copied();
            match canonical {
                Some(name) if STRUCTURAL.contains(&name) => applied.known.push((name, directive.clone(), origin)),
                Some(name) if directive.name != name => {
                    let mut renamed = directive.clone();
                    renamed.make_mut().name = Name::new_static(name).expect("specified directives have valid names");
                    applied.rest.push(renamed);
                }
                _ => applied.rest.push(directive.clone()),
            }
        }
        applied
    }

    fn schema_directives(&self, directives: &DirectiveList) -> (Vec<Node<ast::Value>>, Vec<Node<ast::Directive>>) {
        let mut applied = self.component_directives(directives);
        applied.rest.retain(|directive| directive.name != self.links.link.as_str());
        let composed = applied
            .known
            .iter()
            .filter(|(name, ..)| *name == "composeDirective")
            .map(|(_, directive, _)| {
                let name = directive.specified_argument_by_name("name").cloned();
                name.unwrap_or_else(|| directive.same_location(ast::Value::Null))
            })
            .collect();
        (composed, applied.rest)
    }

    /// The argument or input field with its directives under canonical names.
    fn input_value(&self, value: &Node<ast::InputValueDefinition>) -> Node<ast::InputValueDefinition> {
        if value.directives.0.iter().all(|directive| !self.links.canonical.contains_key(directive.name.as_str())) {
            return value.clone();
        }
        let mut value = value.clone();
        let directives = self.directives(&value.directives).rest;
        value.make_mut().directives = ast::DirectiveList(directives);
        value
    }

    fn rename(&self, name: &Name) -> Name {
        self.roots.get(name).unwrap_or(name).clone()
    }

    fn rename_in(&self, ty: &ast::Type) -> ast::Type {
        if self.roots.is_empty() {
            return ty.clone();
        }
        match ty {
            ast::Type::Named(name) => ast::Type::Named(self.rename(name)),
            ast::Type::NonNullNamed(name) => ast::Type::NonNullNamed(self.rename(name)),
            ast::Type::List(item) => ast::Type::List(Box::new(self.rename_in(item))),
            ast::Type::NonNullList(item) => ast::Type::NonNullList(Box::new(self.rename_in(item))),
        }
    }

    fn field_set(&mut self, owner: &str, name: &str, directive: &Node<ast::Directive>) -> Option<FieldSet> {
        let value = directive.specified_argument_by_name("fields")?;
        let value = self.as_string(owner, name, value)?;
        match FieldSet::parse(&value, self.locator) {
            Ok(set) => Some(set),
            Err(unreadable) => {
                self.errors.push(
                    Diagnostic::error(
                        if unreadable.is_directive {
                            directive_in_fields_code(name)
                        } else {
                            invalid_fields_code(name)
                        },
                        format!("On {owner}, the fields of @{name} cannot be read: {}", unreadable.message),
                    )
                    .at_opt(unreadable.span, "")
                    .help("write the fields as in a query, without the outer braces: \"id owner { id }\""),
                );
                None
            }
        }
    }

    /// Federation 1 services also wrote field sets as names and as lists of strings; they meant a string.
    fn as_string(&mut self, owner: &str, name: &str, value: &Node<ast::Value>) -> Option<Node<ast::Value>> {
        if value.as_str().is_some() {
            return Some(value.clone());
        }
        if self.links.version.is_federation_1() {
            let text = match &**value {
                ast::Value::Enum(field) => Some(field.to_string()),
                ast::Value::List(items) => items
                    .iter()
                    .map(|item| item.as_str().or_else(|| item.as_enum().map(Name::as_str)))
                    .collect::<Option<Vec<_>>>()
                    .map(|fields| fields.join(" ")),
                _ => None,
            };
            if let Some(text) = text {
                return Some(value.same_location(ast::Value::String(text)));
            }
        }
        self.errors.push(
            Diagnostic::error(
                invalid_fields_type_code(name),
                format!("On {owner}, the fields of @{name} must be given as a string"),
            )
            .at_opt(self.locator.span(value.location()), "not a string")
            .help(format!("write @{name}(fields: \"...\")")),
        );
        None
    }
}

fn root_used_code(operation: OperationType) -> Code {
    match operation {
        OperationType::Query => Code::RootQueryUsed,
        OperationType::Mutation => Code::RootMutationUsed,
        OperationType::Subscription => Code::RootSubscriptionUsed,
    }
}

fn invalid_fields_code(directive: &str) -> Code {
    match directive {
        "key" => Code::KeyInvalidFields,
        "requires" => Code::RequiresInvalidFields,
        _ => Code::ProvidesInvalidFields,
    }
}

fn directive_in_fields_code(directive: &str) -> Code {
    match directive {
        "key" => Code::KeyDirectiveInFieldsArg,
        "requires" => Code::RequiresDirectiveInFieldsArg,
        _ => Code::ProvidesDirectiveInFieldsArg,
    }
}

fn invalid_fields_type_code(directive: &str) -> Code {
    match directive {
        "key" => Code::KeyInvalidFieldsType,
        "requires" => Code::RequiresInvalidFieldsType,
        _ => Code::ProvidesInvalidFieldsType,
    }
}
