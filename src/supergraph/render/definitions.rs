//! What stands before the types: the schema with its links, the features' definitions, the table of
//! subgraphs.

use super::layout::{Writer, directive, quoted, value};
use crate::supergraph::{Link, Supergraph, Type, TypeKind};
use apollo_compiler::ast;

/// Link v1.0 and join v0.5, to the letter of what Apollo's composition writes: routers compare.
const LINK_AND_JOIN: &str = r#"
directive @link(url: String, as: String, for: link__Purpose, import: [link__Import]) repeatable on SCHEMA

directive @join__directive(graphs: [join__Graph!], name: String!, args: join__DirectiveArguments) repeatable on SCHEMA | OBJECT | INTERFACE | FIELD_DEFINITION

directive @join__enumValue(graph: join__Graph!) repeatable on ENUM_VALUE

directive @join__field(graph: join__Graph, requires: join__FieldSet, provides: join__FieldSet, type: String, external: Boolean, override: String, usedOverridden: Boolean, overrideLabel: String, contextArguments: [join__ContextArgument!]) repeatable on FIELD_DEFINITION | INPUT_FIELD_DEFINITION

directive @join__graph(name: String!, url: String!) on ENUM_VALUE

directive @join__implements(graph: join__Graph!, interface: String!) repeatable on OBJECT | INTERFACE

directive @join__type(graph: join__Graph!, key: join__FieldSet, extension: Boolean! = false, resolvable: Boolean! = true, isInterfaceObject: Boolean! = false) repeatable on OBJECT | INTERFACE | UNION | ENUM | INPUT_OBJECT | SCALAR

directive @join__unionMember(graph: join__Graph!, member: String!) repeatable on UNION

scalar link__Import

enum link__Purpose {
  """
  `SECURITY` features provide metadata necessary to securely resolve fields.
  """
  SECURITY

  """
  `EXECUTION` features provide metadata necessary for operation execution.
  """
  EXECUTION
}

input join__ContextArgument {
  name: String!
  type: String!
  context: String!
  selection: join__FieldValue!
}

scalar join__DirectiveArguments

scalar join__FieldSet

scalar join__FieldValue
"#;

/// The definitions of the link and join features. `@join__directive` has no place on unions up to v0.5; where one stands
/// there all the same (`@cacheControl` of a union), its definition says so, and other readers go by that.
pub(super) fn write_link_and_join(out: &mut Writer, supergraph: &Supergraph) {
    const BEFORE: &str = "repeatable on SCHEMA | OBJECT | INTERFACE | FIELD_DEFINITION";
    let on_union = |ty: &Type| matches!(ty.kind, TypeKind::Union { .. }) && !ty.carried.is_empty();
    if supergraph.types.iter().any(on_union) {
        out.write(&LINK_AND_JOIN.replacen(BEFORE, &format!("{BEFORE} | UNION"), 1));
    } else {
        out.write(LINK_AND_JOIN);
    }
}

/// The `schema` definition.
pub(super) fn write_schema(out: &mut Writer, supergraph: &Supergraph) {
    out.description(supergraph.description.as_ref(), 0);
    out.write("schema");
    out.line(2);
    out.write("@link(url: \"https://specs.apollo.dev/link/v1.0\")");
    out.line(2);
    out.write("@link(url: \"https://specs.apollo.dev/join/v0.5\", for: EXECUTION)");
    for link in &supergraph.links {
        out.line(2);
        out.write(&link_text(link));
    }
    for carried in &supergraph.schema_carried {
        out.line(2);
        out.write(&super::elements::join_directive(supergraph, carried));
    }
    for applied in &supergraph.schema_directives {
        out.line(2);
        out.write(&directive(applied));
    }
    out.line(0);
    out.write("{");
    let roots =
        [("query", supergraph.query), ("mutation", supergraph.mutation), ("subscription", supergraph.subscription)];
    for (operation, id) in roots {
        if let Some(id) = id {
            out.line(2);
            out.write(&format!("{operation}: {}", supergraph.ty(id).name));
        }
    }
    out.line(0);
    out.write("}\n");
}

fn link_text(link: &Link) -> String {
    let mut text = format!("@link(url: {}", quoted(&link.url));
    if let Some(alias) = &link.alias {
        text.push_str(&format!(", as: {}", quoted(alias)));
    }
    if !link.import.is_empty() {
        let imports: Vec<String> = link.import.iter().map(|import| value(import)).collect();
        text.push_str(&format!(", import: [{}]", imports.join(", ")));
    }
    if let Some(purpose) = &link.purpose {
        text.push_str(&format!(", for: {purpose}"));
    }
    text.push(')');
    text
}

/// The enum `join__Graph`.
pub(super) fn write_graphs(out: &mut Writer, supergraph: &Supergraph) {
    // An enum without values is no GraphQL; a supergraph without subgraphs has no such enum.
    if supergraph.subgraphs.is_empty() {
        return;
    }
    out.gap();
    out.write("enum join__Graph {");
    for subgraph in &supergraph.subgraphs {
        out.line(2);
        let (name, url) = (quoted(&subgraph.name), quoted(&subgraph.url));
        out.write(&format!("{} @join__graph(name: {name}, url: {url})", subgraph.graph));
    }
    out.write("\n}\n");
}

/// The definition of a directive of another feature, or of an executable one.
pub(super) fn write_directive(out: &mut Writer, definition: &ast::DirectiveDefinition) {
    out.gap();
    out.description(definition.description.as_ref(), 0);
    out.write(&format!("directive @{}", definition.name));
    super::elements::write_arguments(out, definition.arguments.iter().map(|argument| &**argument), 0, usize::MAX);
    if definition.repeatable {
        out.write(" repeatable");
    }
    let locations: Vec<&str> = definition.locations.iter().map(|location| location.name()).collect();
    out.write(&format!(" on {}\n", locations.join(" | ")));
}
