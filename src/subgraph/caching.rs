//! `@cacheControl`, which no specification defines: Apollo Server made it, other servers and libraries took it over, and
//! some of them print its definition in the SDL and some do not. It reads the same either way. `@cacheInvalidate` says
//! which tags a mutation makes stale; it is ours, and so may stand without a definition too.
//!
//! A directive of these names which is defined to mean something else is the schema's own affair, and stays in the
//! subgraph as any other.

use super::Subgraph;
use super::document::Document;
use super::model::{Type, TypeKind};
use apollo_compiler::ast::{self, Definition, DirectiveDefinition};
use apollo_compiler::{Name, Node};
use indexmap::IndexMap;

const CONTROL: &str = "cacheControl";
const INVALIDATE: &str = "cacheInvalidate";
const SCOPE: &str = "CacheControlScope";

/// The definitions that are missing in the text, as SDL; links may have given a name another meaning.
pub fn missing_definitions(document: &Document, is_linked: impl Fn(&str) -> bool) -> String {
    let defines = |name: &str, is_directive: bool| {
        document.ast.definitions.iter().any(|definition| {
            let is_extension = definition.is_extension_definition();
            let kind = matches!(definition, Definition::DirectiveDefinition(_)) == is_directive;
            kind && !is_extension && definition.name().is_some_and(|other| other == name)
        })
    };
    let mut sdl = String::new();
    if !is_linked(CONTROL) && !defines(CONTROL, true) {
        sdl.push_str(
            "directive @cacheControl(maxAge: Int, scope: CacheControlScope, inheritMaxAge: Boolean) \
             on FIELD_DEFINITION | OBJECT | INTERFACE | UNION\n",
        );
        if !defines(SCOPE, false) {
            sdl.push_str("enum CacheControlScope { PUBLIC PRIVATE }\n");
        }
    }
    if !is_linked(INVALIDATE) && !defines(INVALIDATE, true) {
        sdl.push_str("directive @cacheInvalidate(tag: String!) repeatable on FIELD_DEFINITION\n");
    }
    sdl
}

impl Subgraph {
    /// Whether a directive about caching means here what everybody means by it.
    pub fn knows_caching(&self, directive: &str) -> bool {
        let is_known = |definition: &DirectiveDefinition| match directive {
            CONTROL => is_cache_control(definition),
            INVALIDATE => is_cache_invalidate(definition),
            _ => true,
        };
        self.directive_definitions.get(directive).is_none_or(|definition| is_known(definition))
    }
}

/// Whether the arguments are those of the directive that everybody means, as far as they are there.
fn is_cache_control(definition: &DirectiveDefinition) -> bool {
    let says_something =
        definition.arguments.iter().any(|argument| argument.name == "maxAge" || argument.name == "scope");
    says_something
        && fits(definition, "maxAge", &["Int"])
        && fits(definition, "scope", &[SCOPE])
        && fits(definition, "inheritMaxAge", &["Boolean"])
}

fn is_cache_invalidate(definition: &DirectiveDefinition) -> bool {
    definition.arguments.iter().any(|argument| argument.name == "tag") && fits(definition, "tag", &["String"])
}

fn fits(definition: &DirectiveDefinition, name: &str, types: &[&str]) -> bool {
    let argument = definition.arguments.iter().find(|argument| argument.name == *name);
    argument.is_none_or(|argument| !argument.ty.is_list() && types.contains(&argument.ty.inner_named_type().as_str()))
}

/// Takes the enum of scopes out of the types where nothing but `@cacheControl` uses it: it is no part of the graph then.
/// With `composed`, the directive itself reaches the supergraph and needs the enum there.
pub fn take_out_scope(
    types: &mut IndexMap<Name, Type>,
    directives: &IndexMap<Name, Node<DirectiveDefinition>>,
    composed: &[Node<ast::Value>],
) {
    let is_composed =
        composed.iter().any(|name| name.as_str().is_some_and(|name| name.trim_start_matches('@') == CONTROL));
    let is_scope = |ty: &ast::Type| ty.inner_named_type() == SCOPE;
    let takes = |arguments: &[Node<ast::InputValueDefinition>]| arguments.iter().any(|argument| is_scope(&argument.ty));
    let is_used = || {
        let by_type = types.values().any(|ty| match &ty.kind {
            TypeKind::Object(composite) | TypeKind::Interface(composite) => {
                composite.fields.values().any(|field| is_scope(&field.ty) || takes(&field.arguments))
            }
            TypeKind::Input(fields) => takes(fields),
            _ => false,
        });
        by_type || directives.values().any(|directive| directive.name != CONTROL && takes(&directive.arguments))
    };
    let is_enum = matches!(types.get(SCOPE).map(|ty| &ty.kind), Some(TypeKind::Enum(_)));
    if is_enum && !is_composed && !is_used() {
        types.shift_remove(SCOPE);
    }
}
