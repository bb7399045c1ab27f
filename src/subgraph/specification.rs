//! What the specifications of federation and its companions define: which directives, since when, and with
//! which arguments and locations.
//!
//! The definitions are written here as SDL with `{Name}` for the types that a schema may rename.

use super::Version;

/// Where the specifications live.
pub const HOST: &str = "https://specs.apollo.dev/";

/// The newest federation version known. v2.14 and v2.15 brought no directives; what they allow is allowed in all versions.
///
/// A later minor version is read as this one, with a hint: what it shares with this one keeps its meaning, and what it
/// adds is refused where it is imported or applied, so nothing is lost in silence. Companions are of major version 0,
/// whose minor versions promise each other nothing, and several of them guard data: a newer one is refused.
pub const NEWEST: Version = Version { major: 2, minor: 15 };

/// A directive that a specification defines.
pub struct SpecifiedDirective {
    /// Its canonical name, without `@`.
    pub name: &'static str,
    /// The minor version of federation 2 that brought it.
    pub since: u32,
    /// Arguments and locations.
    pub definition: &'static str,
}

/// The directives of federation 2.
pub const FEDERATION: &[SpecifiedDirective] = &[
    directive("key", 0, "(fields: {FieldSet}!, resolvable: Boolean = true) repeatable on OBJECT | INTERFACE"),
    directive("requires", 0, "(fields: {FieldSet}!) on FIELD_DEFINITION"),
    directive("provides", 0, "(fields: {FieldSet}!) on FIELD_DEFINITION"),
    directive("external", 0, "(reason: String) on OBJECT | FIELD_DEFINITION"),
    directive("shareable", 0, " repeatable on FIELD_DEFINITION | OBJECT"),
    directive("extends", 0, " on OBJECT | INTERFACE"),
    directive("override", 0, "(from: String!, label: String) on FIELD_DEFINITION"),
    directive("tag", 0, TAG),
    directive("inaccessible", 0, INACCESSIBLE),
    directive("composeDirective", 1, "(name: String) repeatable on SCHEMA"),
    directive("interfaceObject", 3, " on OBJECT"),
    directive("authenticated", 5, " on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM"),
    directive("requiresScopes", 5, "(scopes: [[{Scope}!]!]!) on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM"),
    directive("policy", 6, "(policies: [[{Policy}!]!]!) on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM"),
    directive("context", 8, "(name: String!) repeatable on INTERFACE | OBJECT | UNION"),
    directive("fromContext", 8, "(field: {ContextFieldValue}) on ARGUMENT_DEFINITION"),
    directive("cost", 9, COST),
    directive("listSize", 9, LIST_SIZE),
    directive("cacheTag", 12, "(format: String!) repeatable on FIELD_DEFINITION | OBJECT"),
];

/// The scalars of federation 2, each with the minor version that brought it.
pub const SCALARS: &[(&str, u32)] = &[("FieldSet", 0), ("Scope", 5), ("Policy", 6), ("ContextFieldValue", 8)];

/// What libraries call the scalars of the specifications, with or without the prefix of a specification.
pub const MACHINERY_SCALARS: &[&str] =
    &["FieldSet", "_FieldSet", "Scope", "Policy", "ContextFieldValue", "Import", "Purpose"];

/// The directives of Federation 1. `@tag` came late, and everybody uses it.
pub const FEDERATION_1: &[SpecifiedDirective] = &[
    directive("key", 0, "(fields: {FieldSet}!, resolvable: Boolean = true) repeatable on OBJECT | INTERFACE"),
    directive("requires", 0, "(fields: {FieldSet}!) on FIELD_DEFINITION"),
    directive("provides", 0, "(fields: {FieldSet}!) on FIELD_DEFINITION"),
    directive("external", 0, "(reason: String) on OBJECT | FIELD_DEFINITION"),
    directive("extends", 0, " on OBJECT | INTERFACE"),
    directive("tag", 0, TAG),
];

/// A specification that a schema can link by itself.
pub struct Companion {
    /// The last part of its identity.
    pub name: &'static str,
    /// The newest version read.
    pub newest: Version,
    /// Its directives. Those of federation carry the same meaning, whichever way they came in.
    pub directives: &'static [&'static str],
}

/// All that can be linked beside federation.
pub const COMPANIONS: &[Companion] = &[
    companion("tag", 3, &["tag"]),
    companion("inaccessible", 2, &["inaccessible"]),
    companion("authenticated", 1, &["authenticated"]),
    companion("requiresScopes", 1, &["requiresScopes"]),
    companion("policy", 1, &["policy"]),
    companion("context", 1, &["context", "fromContext"]),
    companion("cost", 1, &["cost", "listSize"]),
    companion("cacheTag", 1, &["cacheTag"]),
];

/// Specifications that say how fields are resolved: without them the graph would be another one.
pub const UNSUPPORTED: &[&str] = &["connect"];

/// The companion called `name`.
pub fn companion_of(name: &str) -> Option<&'static Companion> {
    COMPANIONS.iter().find(|companion| companion.name == name)
}

/// The version of federation that brought what a companion defines.
pub fn companion_since(name: &str) -> Option<Version> {
    let directives = companion_of(name)?.directives;
    let since =
        directives.iter().filter_map(|directive| specified(directive)).map(|directive| directive.since).max()?;
    Some(Version { major: 2, minor: since })
}

const TAG: &str = "(name: String!) repeatable on FIELD_DEFINITION | OBJECT | INTERFACE | UNION | ARGUMENT_DEFINITION \
     | SCALAR | ENUM | ENUM_VALUE | INPUT_OBJECT | INPUT_FIELD_DEFINITION | SCHEMA";

const INACCESSIBLE: &str = " on FIELD_DEFINITION | OBJECT | INTERFACE | UNION | ARGUMENT_DEFINITION | SCALAR | ENUM \
     | ENUM_VALUE | INPUT_OBJECT | INPUT_FIELD_DEFINITION";

const COST: &str =
    "(weight: Int!) on ARGUMENT_DEFINITION | ENUM | FIELD_DEFINITION | INPUT_FIELD_DEFINITION | OBJECT | SCALAR";

const LIST_SIZE: &str = "(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!], \
     requireOneSlicingArgument: Boolean = true) on FIELD_DEFINITION";

const fn companion(name: &'static str, newest: u32, directives: &'static [&'static str]) -> Companion {
    Companion { name, newest: Version { major: 0, minor: newest }, directives }
}

const fn directive(name: &'static str, since: u32, definition: &'static str) -> SpecifiedDirective {
    SpecifiedDirective { name, since, definition }
}

/// The directive `name` of federation 2.
pub fn specified(name: &str) -> Option<&'static SpecifiedDirective> {
    FEDERATION.iter().find(|directive| directive.name == name)
}
