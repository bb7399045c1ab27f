//! The directives of the join feature: one application in, one row of the model out.
//!
//! Arguments that no version up to v0.5 has are refused: they may change what the rest means.

use super::Reader;
use super::features::JoinElement;
use crate::supergraph::{JoinDirective, JoinField, JoinType, SubgraphId, TypeId};
use apollo_compiler::ast::{self, Value};
use apollo_compiler::parser::SourceSpan;
use apollo_compiler::{Name, Node};
use std::fmt::Arguments;

type Directive = Node<ast::Directive>;

impl Reader<'_> {
    /// `@join__type`.
    pub(super) fn join_type(&mut self, directive: &Directive) -> Option<JoinType> {
        self.refuse_others(directive, &["graph", "key", "extension", "resolvable", "isInterfaceObject"]);
        Some(JoinType {
            graph: self.required_graph(directive)?,
            key: self.string(directive, "key"),
            extension: self.boolean(directive, "extension", false),
            resolvable: self.boolean(directive, "resolvable", true),
            is_interface_object: self.boolean(directive, "isInterfaceObject", false),
        })
    }

    /// `@join__field`. Without a graph, the field comes through an interface object only.
    pub(super) fn join_field(&mut self, directive: &Directive) -> Option<JoinField> {
        const ARGUMENTS: &[&str] = &[
            "graph",
            "requires",
            "provides",
            "type",
            "external",
            "override",
            "usedOverridden",
            "overrideLabel",
            "contextArguments",
        ];
        self.refuse_others(directive, ARGUMENTS);
        let named = argument(directive, "graph");
        let graph = named.and_then(|value| self.graph(value));
        let join = JoinField {
            graph,
            requires: self.string(directive, "requires"),
            provides: self.string(directive, "provides"),
            ty: self.subgraph_type(directive),
            external: self.boolean(directive, "external", false),
            override_from: self.string(directive, "override"),
            used_overridden: self.boolean(directive, "usedOverridden", false),
            override_label: self.string(directive, "overrideLabel"),
            context_arguments: argument(directive, "contextArguments").cloned(),
        };
        // A graph that is not known is not the same as none.
        (graph.is_some() || named.is_none()).then_some(join)
    }

    /// `@join__implements`: the subgraph and the interface's name.
    pub(super) fn join_implements(&mut self, directive: &Directive) -> Option<(SubgraphId, TypeId)> {
        self.refuse_others(directive, &["graph", "interface"]);
        Some((self.required_graph(directive)?, self.named_type(directive, "interface")?))
    }

    /// `@join__unionMember`: the subgraph and the member.
    pub(super) fn join_union_member(&mut self, directive: &Directive) -> Option<(SubgraphId, TypeId)> {
        self.refuse_others(directive, &["graph", "member"]);
        Some((self.required_graph(directive)?, self.named_type(directive, "member")?))
    }

    /// `@join__enumValue`.
    pub(super) fn join_enum_value(&mut self, directive: &Directive) -> Option<SubgraphId> {
        self.refuse_others(directive, &["graph"]);
        self.required_graph(directive)
    }

    /// The directives that stay directives in the model: all but those of the join feature.
    pub(super) fn keep_directives(&mut self, directives: &[Directive], coordinate: Arguments<'_>) -> Vec<Directive> {
        let mut kept = Vec::new();
        for directive in directives {
            match self.join.element(&directive.name) {
                Some(_) => {}
                None if self.join.owns_directive(&directive.name) => self.report.invalid(
                    format!("{coordinate}: join v0.2 to v0.5 have no directive @{}", directive.name),
                    directive.location(),
                ),
                None => kept.push(directive.clone()),
            }
        }
        kept
    }

    /// The `@join__directive`s, which stand on types, on fields and on the schema.
    pub(super) fn join_directives(&mut self, directives: &[Directive]) -> Vec<JoinDirective> {
        let mut carried = Vec::new();
        for directive in directives {
            if self.join.element(&directive.name) == Some(JoinElement::Directive) {
                carried.extend(self.join_directive(directive));
            }
        }
        carried
    }

    fn join_directive(&mut self, directive: &Directive) -> Option<JoinDirective> {
        self.refuse_others(directive, &["graphs", "name", "args"]);
        let named = argument(directive, "graphs").and_then(|graphs| graphs.as_list()).unwrap_or_default();
        let mut graphs: Vec<SubgraphId> = named.iter().filter_map(|graph| self.graph(graph)).collect();
        graphs.sort_unstable();
        graphs.dedup();
        let Some(name) = self.string(directive, "name") else {
            self.report.invalid(format!("@{} does not say which directive", directive.name), directive.location());
            return None;
        };
        let arguments = argument(directive, "args").and_then(|args| args.as_object()).unwrap_or_default().to_vec();
        Some(JoinDirective { graphs, name, arguments })
    }

    fn refuse_others(&mut self, directive: &Directive, known: &[&str]) {
        for argument in directive.arguments.iter().filter(|argument| !known.contains(&argument.name.as_str())) {
            self.report.invalid_with_help(
                format!("@{} has no argument `{}`", directive.name, argument.name),
                argument.location(),
                format!("join v0.5 knows {}", known.join(", ")),
            );
        }
    }

    fn required_graph(&mut self, directive: &Directive) -> Option<SubgraphId> {
        let Some(value) = argument(directive, "graph") else {
            self.report.invalid(format!("@{} does not say which `graph`", directive.name), directive.location());
            return None;
        };
        self.graph(value)
    }

    fn graph(&mut self, value: &Node<Value>) -> Option<SubgraphId> {
        let found = value.as_enum().and_then(|name| self.graphs.get(name).copied());
        if found.is_none() {
            let known: Vec<&str> = self.supergraph.subgraphs.iter().map(|subgraph| subgraph.graph.as_str()).collect();
            self.report.invalid_with_help(
                format!("`join__Graph` has no value {}", value.serialize().no_indent()),
                value.location(),
                format!("it has {}", shorten(&known)),
            );
        }
        found
    }

    fn named_type(&mut self, directive: &Directive, argument_name: &str) -> Option<TypeId> {
        let name = self.string(directive, argument_name);
        let found = name.as_deref().and_then(|name| self.supergraph.type_id(name));
        if found.is_none() {
            let what = name.map_or_else(|| "nothing".to_owned(), |name| format!("{name}, which is not defined"));
            let message = format!("@{} names as `{argument_name}` {what}", directive.name);
            self.report.invalid(message, directive.location());
        }
        found
    }

    /// `type:`, the field's type in one subgraph.
    fn subgraph_type(&mut self, directive: &Directive) -> Option<ast::Type> {
        let text = self.string(directive, "type")?;
        // The parser is content with a type and more after it; the text must be what it understood.
        let parsed = ast::Type::parse(text.as_str(), "type").ok();
        let Some(ty) = parsed.filter(|ty| is_written(ty, &text)) else {
            let message = format!("@{}: \"{text}\" is not a type", directive.name);
            self.report.invalid(message, directive.location());
            return None;
        };
        self.known_type(ty.inner_named_type(), directive.location());
        Some(ty)
    }

    /// The type called `name`, which is written `at`; built-in scalars are added to the model at
    /// their first use.
    pub(super) fn known_type(&mut self, name: &Name, at: Option<SourceSpan>) -> Option<TypeId> {
        if let Some(id) = self.supergraph.type_id(name) {
            return Some(id);
        }
        if super::is_built_in_scalar(name) {
            return Some(self.add_built_in_scalar(name));
        }
        self.report.invalid(format!("type {name} is not defined"), at);
        None
    }

    fn string(&mut self, directive: &Directive, name: &str) -> Option<String> {
        let value = argument(directive, name)?;
        let text = value.as_str();
        if text.is_none() {
            self.report.invalid(format!("`{name}` of @{} is not a string", directive.name), value.location());
        }
        text.map(str::to_owned)
    }

    fn boolean(&mut self, directive: &Directive, name: &str, default: bool) -> bool {
        let Some(value) = argument(directive, name) else { return default };
        value.to_bool().unwrap_or_else(|| {
            self.report.invalid(format!("`{name}` of @{} is not a boolean", directive.name), value.location());
            default
        })
    }
}

/// An argument's value; `null` is as good as none.
fn argument<'a>(directive: &'a Directive, name: &str) -> Option<&'a Node<Value>> {
    directive.specified_argument_by_name(name).filter(|value| !value.is_null())
}

fn is_written(ty: &ast::Type, text: &str) -> bool {
    let squeezed: String = text.chars().filter(|c| !c.is_whitespace() && *c != ',').collect();
    ty.to_string() == squeezed
}

fn shorten(names: &[&str]) -> String {
    const MOST: usize = 12;
    match names.len() {
        0 => "none".to_owned(),
        count if count <= MOST => names.join(", "),
        count => format!("{} and {} more", names[..MOST].join(", "), count - MOST),
    }
}
