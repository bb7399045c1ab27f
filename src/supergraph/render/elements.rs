//! Types and their members, with their joins written back as directives.

use super::layout::{WIDEST_LINE, Writer, directive, input_value, quoted, value};
use crate::supergraph::{
    EnumValue, Field, Implements, InputField, JoinDirective, JoinField, JoinType, SubgraphId, Supergraph, Type,
    TypeKind, UnionMember,
};
use apollo_compiler::Node;
use apollo_compiler::ast::{Directive, InputValueDefinition};

/// One type definition.
pub(super) fn write_type(out: &mut Writer, supergraph: &Supergraph, ty: &Type) {
    out.gap();
    out.description(ty.description.as_ref(), 0);
    out.write(&format!("{} {}", keyword(&ty.kind), ty.name));
    if let TypeKind::Object { implements, .. } | TypeKind::Interface { implements, .. } = &ty.kind {
        write_implements(out, supergraph, implements);
    }
    let directives = type_directives(supergraph, ty);
    for applied in &directives {
        out.line(2);
        out.write(applied);
    }
    match &ty.kind {
        TypeKind::Scalar => out.write("\n"),
        TypeKind::Union { members } => write_union_members(out, supergraph, members, !directives.is_empty()),
        TypeKind::Object { fields, .. } | TypeKind::Interface { fields, .. } => {
            let fields: Vec<&Field> = fields.iter().map(|&id| supergraph.field(id)).collect();
            write_body(
                out,
                !directives.is_empty(),
                &fields,
                |field| field.description.as_ref(),
                |out, field| {
                    write_field(out, supergraph, field);
                },
            );
        }
        TypeKind::Enum { values } => {
            write_body(
                out,
                !directives.is_empty(),
                values,
                |value| value.description.as_ref(),
                |out, value| {
                    write_enum_value(out, supergraph, value);
                },
            );
        }
        TypeKind::Input { fields } => {
            write_body(
                out,
                !directives.is_empty(),
                fields,
                |field| field.definition.description.as_ref(),
                |out, field| {
                    write_input_field(out, supergraph, field);
                },
            );
        }
    }
}

fn keyword(kind: &TypeKind) -> &'static str {
    match kind {
        TypeKind::Scalar => "scalar",
        TypeKind::Object { .. } => "type",
        TypeKind::Interface { .. } => "interface",
        TypeKind::Union { .. } => "union",
        TypeKind::Enum { .. } => "enum",
        TypeKind::Input { .. } => "input",
    }
}

fn write_implements(out: &mut Writer, supergraph: &Supergraph, implements: &[Implements]) {
    for (index, implemented) in implements.iter().enumerate() {
        out.write(if index == 0 { " implements " } else { " & " });
        out.write(&supergraph.ty(implemented.interface).name);
    }
}

/// Joins first, then the directives of other features.
fn type_directives(supergraph: &Supergraph, ty: &Type) -> Vec<String> {
    let mut directives = Vec::new();
    match &ty.kind {
        TypeKind::Object { implements, .. } | TypeKind::Interface { implements, .. } => {
            for implemented in implements {
                let interface = &supergraph.ty(implemented.interface).name;
                for &graph in &implemented.graphs {
                    let graph = graph_name(supergraph, graph);
                    directives.push(format!("@join__implements(graph: {graph}, interface: \"{interface}\")"));
                }
            }
        }
        _ => {}
    }
    directives.extend(ty.joins.iter().map(|join| join_type(supergraph, join)));
    if let TypeKind::Union { members } = &ty.kind {
        for member in members {
            let name = &supergraph.ty(member.member).name;
            for &graph in &member.graphs {
                let graph = graph_name(supergraph, graph);
                directives.push(format!("@join__unionMember(graph: {graph}, member: \"{name}\")"));
            }
        }
    }
    directives.extend(ty.carried.iter().map(|carried| join_directive(supergraph, carried)));
    directives.extend(ty.directives.iter().map(|applied| directive(applied)));
    directives
}

fn join_type(supergraph: &Supergraph, join: &JoinType) -> String {
    let mut text = format!("@join__type(graph: {}", graph_name(supergraph, join.graph));
    if let Some(key) = &join.key {
        text.push_str(&format!(", key: {}", quoted(key)));
    }
    if join.extension {
        text.push_str(", extension: true");
    }
    if !join.resolvable {
        text.push_str(", resolvable: false");
    }
    if join.is_interface_object {
        text.push_str(", isInterfaceObject: true");
    }
    text.push(')');
    text
}

fn join_field(supergraph: &Supergraph, join: &JoinField) -> String {
    let mut arguments = Vec::new();
    let text = |name: &str, text: &Option<String>| text.as_ref().map(|text| format!("{name}: {}", quoted(text)));
    arguments.extend(join.graph.map(|graph| format!("graph: {}", graph_name(supergraph, graph))));
    arguments.extend(text("requires", &join.requires));
    arguments.extend(text("provides", &join.provides));
    arguments.extend(join.ty.as_ref().map(|ty| format!("type: \"{ty}\"")));
    arguments.extend(join.external.then(|| "external: true".to_owned()));
    arguments.extend(text("override", &join.override_from));
    arguments.extend(join.used_overridden.then(|| "usedOverridden: true".to_owned()));
    arguments.extend(text("overrideLabel", &join.override_label));
    arguments.extend(join.context_arguments.as_ref().map(|list| format!("contextArguments: {}", value(list))));
    if arguments.is_empty() { "@join__field".to_owned() } else { format!("@join__field({})", arguments.join(", ")) }
}

/// `@join__directive(graphs: [A], name: "cacheControl", args: {maxAge: 60})`.
pub(super) fn join_directive(supergraph: &Supergraph, carried: &JoinDirective) -> String {
    let graphs: Vec<&str> = carried.graphs.iter().map(|&graph| graph_name(supergraph, graph)).collect();
    let args: Vec<String> = carried.arguments.iter().map(|(name, given)| format!("{name}: {}", value(given))).collect();
    let (graphs, name, args) = (graphs.join(", "), quoted(&carried.name), args.join(", "));
    format!("@join__directive(graphs: [{graphs}], name: {name}, args: {{{args}}})")
}

fn graph_name(supergraph: &Supergraph, graph: SubgraphId) -> &str {
    &supergraph.subgraph(graph).graph
}

fn write_union_members(out: &mut Writer, supergraph: &Supergraph, members: &[UnionMember], has_directives: bool) {
    let names: Vec<&str> = members.iter().map(|member| supergraph.ty(member.member).name.as_str()).collect();
    if names.is_empty() {
        return out.write("\n");
    }
    let one_line = names.join(" | ");
    if one_line.len() + 4 <= WIDEST_LINE {
        if has_directives {
            out.line(2);
        } else {
            out.write(" ");
        }
        out.write(&format!("= {one_line}\n"));
        return;
    }
    out.line(2);
    out.write("=");
    for name in names {
        out.line(2);
        out.write(&format!("| {name}"));
    }
    out.write("\n");
}

/// The members in braces, a blank line before each that has a description.
fn write_body<T>(
    out: &mut Writer,
    has_directives: bool,
    members: &[T],
    description: impl Fn(&T) -> Option<&Node<str>>,
    write_member: impl Fn(&mut Writer, &T),
) {
    if members.is_empty() {
        return out.write("\n");
    }
    out.write(if has_directives { "\n{\n" } else { " {\n" });
    for (index, member) in members.iter().enumerate() {
        let description = description(member);
        if index > 0 && description.is_some() {
            out.gap();
        }
        out.description(description, 2);
        out.indent(2);
        write_member(out, member);
        out.write("\n");
    }
    out.write("}\n");
}

fn write_field(out: &mut Writer, supergraph: &Supergraph, field: &Field) {
    out.write(&field.name);
    let arguments = field.arguments.iter().map(|argument| &*argument.definition);
    let width = write_arguments(out, arguments, 2, WIDEST_LINE.saturating_sub(field.name.len()));
    let ty = format!(": {}", field.ty);
    out.write(&ty);
    let directives = field_directives(supergraph, &field.joins, &field.carried, &field.directives);
    write_directives(out, &directives, 2 + field.name.len() + width + ty.len());
}

/// Arguments in parentheses: on one line, or each on its own if they are wide or described. Gives
/// the width that they take of the line they end on.
pub(super) fn write_arguments<'a>(
    out: &mut Writer,
    arguments: impl Iterator<Item = &'a InputValueDefinition> + Clone,
    indent: usize,
    widest: usize,
) -> usize {
    let texts: Vec<String> = arguments.clone().map(input_value).collect();
    if texts.is_empty() {
        return 0;
    }
    let one_line = format!("({})", texts.join(", "));
    let is_described = arguments.clone().any(|argument| argument.description.is_some());
    if !is_described && one_line.len() + indent <= widest {
        out.write(&one_line);
        return one_line.len();
    }
    out.write("(\n");
    for (text, argument) in texts.iter().zip(arguments) {
        out.description(argument.description.as_ref(), indent + 2);
        out.indent(indent + 2);
        out.write(text);
        out.write("\n");
    }
    out.indent(indent);
    out.write(")");
    1
}

fn write_enum_value(out: &mut Writer, supergraph: &Supergraph, value: &EnumValue) {
    out.write(&value.name);
    let joins = value.graphs.iter().map(|&graph| format!("@join__enumValue(graph: {})", graph_name(supergraph, graph)));
    let directives: Vec<String> = joins.chain(value.directives.iter().map(|applied| directive(applied))).collect();
    write_directives(out, &directives, 2 + value.name.len());
}

fn write_input_field(out: &mut Writer, supergraph: &Supergraph, field: &InputField) {
    let definition = &field.definition;
    let mut text = format!("{}: {}", definition.name, definition.ty);
    if let Some(default) = &definition.default_value {
        text.push_str(&format!(" = {}", value(default)));
    }
    out.write(&text);
    let directives = field_directives(supergraph, &field.joins, &[], &definition.directives);
    write_directives(out, &directives, 2 + text.len());
}

fn field_directives(
    supergraph: &Supergraph,
    joins: &[JoinField],
    carried: &[JoinDirective],
    others: &[Node<Directive>],
) -> Vec<String> {
    let joins = joins.iter().map(|join| join_field(supergraph, join));
    let carried = carried.iter().map(|carried| join_directive(supergraph, carried));
    joins.chain(carried).chain(others.iter().map(|applied| directive(applied))).collect()
}

/// The directives of a member whose line has `width` characters so far.
fn write_directives(out: &mut Writer, directives: &[String], width: usize) {
    let fits = width + directives.iter().map(|applied| applied.len() + 1).sum::<usize>() <= WIDEST_LINE;
    for applied in directives {
        if fits || directives.len() == 1 {
            out.write(" ");
        } else {
            out.line(6);
        }
        out.write(applied);
    }
}
