//! Plans for readers: the text layout people know from Apollo, JSON, DOT and Mermaid.
//!
//! A plan is a graph of requests; the text shows it level by level: a `Sequence` of levels, a
//! `Parallel` where a level has several requests. A request for entities at one place is a `Flatten`
//! around a `Fetch`; one for several places is a `BatchFetch`. Where the objects are the root again, the `Flatten` is
//! around a plain query.

use super::Plan;
use super::model::{Cost, EntityGroup, Fetch, FetchId, ListId, Optimality};
use crate::supergraph::Supergraph;
use apollo_compiler::ast::{self, Selection};
use serde_json::{Value, json};
use std::fmt::Write;

/// The text form; `weft plan` and the goldens in `query-plans/` show it.
pub fn text(plan: &Plan, supergraph: &Supergraph) -> String {
    let mut out = format!("# {}\n", summary(plan));
    out.push_str("QueryPlan {\n");
    let mut lines = Lines { out: &mut out, indent: 1 };
    let levels = levels(plan);
    let several = levels.len() > 1;
    if several {
        lines.open("Sequence {");
    }
    for level in &levels {
        if level.len() > 1 {
            lines.open("Parallel {");
        }
        for &fetch in level {
            write_fetch(&mut lines, plan, supergraph, fetch);
        }
        if level.len() > 1 {
            lines.close("},");
        }
    }
    if several {
        lines.close("},");
    }
    out.push_str("}\n");
    out
}

/// `4 requests, depth 3, 22 fields, optimal`.
pub fn summary(plan: &Plan) -> String {
    let optimality = match plan.optimality {
        Optimality::Optimal => "optimal".to_owned(),
        Optimality::Bounded { bound } => format!("any plan needs {} at least", summary_of(bound)),
    };
    format!("{}, {optimality}", summary_of(plan.cost))
}

/// `4 requests, depth 3, 22 fields`.
pub fn summary_of(cost: Cost) -> String {
    let plural = |count: u32, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
    format!("{}, depth {}, {}", plural(cost.requests, "request"), cost.depth, plural(cost.fields, "field"))
}

/// The JSON form, with Apollo's node kinds; goes into `extensions.queryPlan`.
pub fn json(plan: &Plan, supergraph: &Supergraph) -> Value {
    let mut levels: Vec<Value> = levels(plan)
        .into_iter()
        .map(|level| {
            let mut nodes: Vec<Value> = level.into_iter().map(|fetch| fetch_json(plan, supergraph, fetch)).collect();
            if nodes.len() == 1 { nodes.remove(0) } else { json!({ "kind": "Parallel", "nodes": nodes }) }
        })
        .collect();
    let node = match levels.len() {
        0 => Value::Null,
        1 => levels.remove(0),
        _ => json!({ "kind": "Sequence", "nodes": levels }),
    };
    json!({ "kind": "QueryPlan", "node": node, "cost": plan.cost, "optimality": plan.optimality })
}

/// The fetch graph in Graphviz's DOT.
pub fn dot(plan: &Plan, supergraph: &Supergraph) -> String {
    let mut out = String::from("digraph plan {\n  rankdir=LR;\n  node [shape=box, fontname=monospace];\n");
    for (at, fetch) in plan.fetches.iter().enumerate() {
        let label = label(plan, supergraph, fetch).replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\l");
        let _ = writeln!(out, "  f{at} [label=\"{label}\\l\"];");
        for need in &fetch.depends_on {
            let _ = writeln!(out, "  f{} -> f{at};", need.0);
        }
    }
    out.push_str("}\n");
    out
}

/// The fetch graph in Mermaid.
pub fn mermaid(plan: &Plan, supergraph: &Supergraph) -> String {
    let mut out = String::from("flowchart LR\n");
    for (at, fetch) in plan.fetches.iter().enumerate() {
        let label = label(plan, supergraph, fetch).replace('"', "#quot;").replace('\n', "<br/>");
        let _ = writeln!(out, "  f{at}[\"{label}\"]");
        for need in &fetch.depends_on {
            let _ = writeln!(out, "  f{} --> f{at}", need.0);
        }
    }
    out
}

/// A fetch's subgraph and what it is for, a line each.
fn label(plan: &Plan, supergraph: &Supergraph, fetch: &Fetch) -> String {
    let mut lines = vec![supergraph.subgraph(fetch.subgraph).name.clone()];
    if fetch.entities.is_empty() {
        lines.push(fetch.kind.keyword().to_owned());
    }
    lines.extend(fetch.entities.iter().map(|group| {
        let what = if group.at_root { "root fields" } else { "entities" };
        format!("{what} at {}", path(plan, group.list))
    }));
    lines.join("\n")
}

/// The fetches by how many have to come before them.
fn levels(plan: &Plan) -> Vec<Vec<FetchId>> {
    let mut level_of: Vec<usize> = Vec::with_capacity(plan.fetches.len());
    let mut levels: Vec<Vec<FetchId>> = Vec::new();
    for (at, fetch) in plan.fetches.iter().enumerate() {
        let level = fetch.depends_on.iter().map(|need| level_of[need.index()] + 1).max().unwrap_or(0);
        level_of.push(level);
        if levels.len() <= level {
            levels.resize(level + 1, Vec::new());
        }
        levels[level].push(FetchId(u32::try_from(at).unwrap_or(u32::MAX)));
    }
    levels
}

/// `users.@.orders.@`: `@` stands for the items of a list.
fn path(plan: &Plan, list: ListId) -> String {
    let steps = plan.lists[list.index()].path.iter();
    let parts: Vec<String> = steps.map(|step| format!("{}{}", step.name, ".@".repeat(step.lists.into()))).collect();
    parts.join(".")
}

/// A fetch, inside an `If` when some requests do without it.
fn write_fetch(lines: &mut Lines<'_>, plan: &Plan, supergraph: &Supergraph, id: FetchId) {
    let fetch = &plan.fetches[id.index()];
    match plan.condition(fetch.live) {
        None => write_request(lines, plan, supergraph, fetch),
        Some(condition) => {
            lines.open(&format!("If(\"{condition}\") {{"));
            write_request(lines, plan, supergraph, fetch);
            lines.close("},");
        }
    }
}

fn write_request(lines: &mut Lines<'_>, plan: &Plan, supergraph: &Supergraph, fetch: &Fetch) {
    let service = format!("(service: \"{}\") {{", supergraph.subgraph(fetch.subgraph).name);
    let selections = selections_of(fetch);
    match &*fetch.entities {
        [] => {
            lines.open(&format!("Fetch{service}"));
            lines.open("{");
            write_selections(lines, &selections);
            lines.close("}");
            lines.close("},");
        }
        [group] => {
            lines.open(&format!("Flatten(path: \"{}\") {{", path(plan, group.list)));
            lines.open(&format!("Fetch{service}"));
            write_group(lines, plan, group, &selections);
            lines.close("},");
            lines.close("},");
        }
        groups => {
            lines.open(&format!("BatchFetch{service}"));
            for group in groups {
                lines.open(&format!("Flatten(path: \"{}\") {{", path(plan, group.list)));
                write_group(lines, plan, group, &selections);
                lines.close("},");
            }
            lines.close("},");
        }
    }
}

fn write_group(lines: &mut Lines<'_>, plan: &Plan, group: &EntityGroup, selections: &[Selection]) {
    if !group.at_root {
        lines.open("{");
        write_selections(lines, &parse(&format!("{{{}}}", group.input)));
        lines.close("} =>");
    }
    lines.open("{");
    match group.at_root {
        true => write_selections(lines, &root_selections(plan, group, selections)),
        false => write_selections(lines, &entities_selections(selections, &group.alias)),
    }
    lines.close("}");
}

/// The root fields that are a group's.
pub(super) fn root_selections(plan: &Plan, group: &EntityGroup, selections: &[Selection]) -> Vec<Selection> {
    let shape = &plan.shapes[group.shape.index()];
    let is_own = |selection: &&Selection| match selection {
        Selection::Field(field) => shape.fields.iter().any(|own| *own.key == **field.response_name()),
        _ => false,
    };
    selections.iter().filter(is_own).cloned().collect()
}

/// What an `_entities` field selects.
pub(super) fn entities_selections(selections: &[Selection], alias: &str) -> Vec<Selection> {
    let found = selections.iter().find_map(|selection| match selection {
        Selection::Field(field) if field.response_name() == alias => Some(field.selection_set.clone()),
        _ => None,
    });
    found.unwrap_or_default()
}

pub(super) fn selections_of(fetch: &Fetch) -> Vec<Selection> {
    parse(&fetch.document.full)
}

fn parse(text: &str) -> Vec<Selection> {
    let document = ast::Document::parse(text, "plan").unwrap_or_else(|error| error.partial);
    let operation = document.definitions.into_iter().find_map(|definition| match definition {
        ast::Definition::OperationDefinition(operation) => Some(operation.selection_set.clone()),
        _ => None,
    });
    operation.unwrap_or_default()
}

fn write_selections(lines: &mut Lines<'_>, selections: &[Selection]) {
    for selection in selections {
        let (head, below) = match selection {
            Selection::Field(field) => (field_text(field), &field.selection_set),
            Selection::InlineFragment(fragment) => {
                let condition = fragment.type_condition.as_ref().map_or(String::new(), |ty| format!(" on {ty}"));
                (format!("...{condition}"), &fragment.selection_set)
            }
            Selection::FragmentSpread(_) => continue,
        };
        if below.is_empty() {
            lines.line(&head);
        } else {
            lines.open(&format!("{head} {{"));
            write_selections(lines, below);
            lines.close("}");
        }
    }
}

fn field_text(field: &ast::Field) -> String {
    let alias = field.alias.as_ref().map_or(String::new(), |alias| format!("{alias}: "));
    let arguments: Vec<String> = field
        .arguments
        .iter()
        .map(|argument| format!("{}: {}", argument.name, argument.value.serialize().no_indent()))
        .collect();
    let arguments = if arguments.is_empty() { String::new() } else { format!("({})", arguments.join(", ")) };
    format!("{alias}{}{arguments}", field.name)
}

fn fetch_json(plan: &Plan, supergraph: &Supergraph, id: FetchId) -> Value {
    let fetch = &plan.fetches[id.index()];
    let service = &supergraph.subgraph(fetch.subgraph).name;
    let needs: Vec<u32> = fetch.depends_on.iter().map(|need| need.0).collect();
    let variables: Vec<&str> = fetch.variables.iter().map(|variable| &*variable.name).collect();
    let node = json!({
        "kind": "Fetch",
        "id": id.0,
        "serviceName": service,
        "operationKind": fetch.kind,
        "operationName": fetch.operation_name,
        "operation": fetch.document.full,
        "variableUsages": variables,
        "dependsOn": needs,
        "condition": plan.condition(fetch.live),
    });
    let entity = |group: &EntityGroup| {
        let path: Vec<String> = path(plan, group.list).split('.').map(str::to_owned).collect();
        (path, (!group.at_root).then(|| group.input.to_string()))
    };
    match &*fetch.entities {
        [] => node,
        [group] => {
            let (path, input) = entity(group);
            let mut node = node;
            if let Some(input) = input {
                node["requires"] = json!(input);
            }
            json!({ "kind": "Flatten", "path": path, "node": node })
        }
        groups => {
            let mut node = node;
            node["kind"] = json!("BatchFetch");
            node["batches"] = groups
                .iter()
                .map(|group| {
                    let (path, input) = entity(group);
                    let alias = (!group.at_root).then_some(&group.alias);
                    json!({ "alias": alias, "path": path, "requires": input })
                })
                .collect();
            node
        }
    }
}

struct Lines<'o> {
    out: &'o mut String,
    indent: usize,
}

impl Lines<'_> {
    fn line(&mut self, text: &str) {
        let _ = writeln!(self.out, "{:indent$}{text}", "", indent = self.indent * 2);
    }

    fn open(&mut self, text: &str) {
        self.line(text);
        self.indent += 1;
    }

    fn close(&mut self, text: &str) {
        self.indent -= 1;
        self.line(text);
    }
}
