//! Who owns what: the supergraph as the playground's panel shows it.

use crate::snapshot::Snapshot;
use crate::supergraph::{FieldId, JoinType, Supergraph, Type, TypeId, TypeKind};
use serde_json::{Map, Value, json};

/// The subgraphs and the types, each type with its keys and its fields, each of these with who resolves it. Types of
/// the specification are left out.
pub(super) fn json(snapshot: &Snapshot) -> Value {
    let supergraph = &snapshot.supergraph;
    let subgraphs = supergraph.subgraphs.iter().map(|subgraph| {
        // Some keep a key in the query of the URL.
        let url = subgraph.url.split('?').next().unwrap_or_default();
        json!({ "name": subgraph.name, "url": url })
    });
    let types = (0..supergraph.types.len()).map(TypeId::from_index).filter(|&id| !is_built_in(supergraph.ty(id)));
    let roots = [supergraph.query, supergraph.mutation, supergraph.subscription].into_iter().flatten();
    json!({
        "schema": snapshot.schema_id,
        "roots": roots.map(|root| supergraph.ty(root).name.as_str()).collect::<Vec<_>>(),
        "subgraphs": subgraphs.collect::<Vec<_>>(),
        "types": types.map(|id| described(supergraph, id)).collect::<Vec<_>>(),
    })
}

fn is_built_in(ty: &Type) -> bool {
    ty.name.starts_with("__") || ["Int", "Float", "String", "Boolean", "ID"].contains(&ty.name.as_str())
}

fn described(supergraph: &Supergraph, id: TypeId) -> Value {
    let ty = supergraph.ty(id);
    let graphs: Vec<&str> = supergraph.graphs_of(id).map(|graph| supergraph.subgraph(graph).name.as_str()).collect();
    let keys: Vec<Value> = ty.joins.iter().filter_map(|join| key(supergraph, join)).collect();
    let mut described = Map::new();
    let mut tell = |name: &str, value: Value| {
        if !value.is_null() && value.as_array().is_none_or(|list| !list.is_empty()) {
            described.insert(name.to_owned(), value);
        }
    };
    tell("name", ty.name.as_str().into());
    tell("kind", kind(ty).into());
    tell("description", ty.description.as_deref().into());
    tell("hidden", if ty.has_directive("inaccessible") { true.into() } else { Value::Null });
    tell("in", graphs.into());
    tell("keys", keys.into());
    tell("fields", supergraph.fields_of(id).iter().map(|&field| field_json(supergraph, field)).collect());
    tell("members", members(supergraph, ty));
    Value::Object(described)
}

fn key(supergraph: &Supergraph, join: &JoinType) -> Option<Value> {
    let fields = join.key.as_deref()?;
    let graph = &supergraph.subgraph(join.graph).name;
    Some(json!({ "in": graph, "fields": fields, "resolvable": join.resolvable }))
}

fn kind(ty: &Type) -> &'static str {
    match ty.kind {
        TypeKind::Scalar => "scalar",
        TypeKind::Object { .. } => "object",
        TypeKind::Interface { .. } => "interface",
        TypeKind::Union { .. } => "union",
        TypeKind::Enum { .. } => "enum",
        TypeKind::Input { .. } => "input",
    }
}

fn field_json(supergraph: &Supergraph, id: FieldId) -> Value {
    let field = supergraph.field(id);
    let owners = supergraph.field_joins(id).map(|(graph, join)| {
        let mut owner = json!({ "in": supergraph.subgraph(graph).name });
        let facts = [
            ("requires", join.requires.as_deref()),
            ("provides", join.provides.as_deref()),
            ("overrides", join.override_from.as_deref()),
            ("label", join.override_label.as_deref()),
        ];
        for (name, fact) in facts {
            if let Some(fact) = fact {
                owner[name] = fact.into();
            }
        }
        if join.external || join.used_overridden {
            owner["external"] = true.into();
        }
        owner
    });
    json!({
        "name": field.name.as_str(),
        "type": field.ty.to_string(),
        "of": supergraph.ty(field.output).name.as_str(),
        "description": field.description.as_deref(),
        "owners": owners.collect::<Vec<_>>(),
    })
}

/// The members of a union, the values of an enum, the fields of an input object.
fn members(supergraph: &Supergraph, ty: &Type) -> Value {
    match &ty.kind {
        TypeKind::Union { members } => {
            members.iter().map(|member| supergraph.ty(member.member).name.as_str()).collect()
        }
        TypeKind::Enum { values } => values.iter().map(|value| value.name.as_str()).collect(),
        TypeKind::Input { fields } => {
            let field = |definition: &apollo_compiler::ast::InputValueDefinition| {
                format!("{}: {}", definition.name, definition.ty)
            };
            fields.iter().map(|input| field(&input.definition)).collect()
        }
        TypeKind::Scalar | TypeKind::Object { .. } | TypeKind::Interface { .. } => Value::Null,
    }
}
