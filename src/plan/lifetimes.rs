//! What of a plan can be cached and for how long, and what its mutations make stale, for people.

use super::model::{CachePolicy, CacheTag, CacheableField, Plan, TagPiece, TemplatePiece};
use crate::supergraph::Supergraph;
use std::fmt::Write;

/// For each fetch its fields, each with the seconds it is kept at most.
pub fn lifetimes(plan: &Plan, supergraph: &Supergraph) -> String {
    let mut out = String::new();
    for (at, fetch) in plan.fetches.iter().enumerate() {
        let _ = writeln!(out, "fetch {at} {}", supergraph.subgraph(fetch.subgraph).name);
        for invalidated in &fetch.invalidates {
            let _ = writeln!(out, "  invalidates {}", tag(&invalidated.tag, plan));
        }
        let Some(cacheable) = &fetch.cacheable else {
            out.push_str("  nothing is kept\n");
            continue;
        };
        for (position, object) in cacheable.objects.iter().enumerate() {
            let of = match fetch.entities.get(position) {
                Some(group) => group.input.to_string(),
                None => object.typename.to_string(),
            };
            let _ = writeln!(out, "  {of}");
            for field in &object.fields {
                let _ = writeln!(out, "    {}: {}", name(field, plan), lifetime(field.policy));
            }
        }
    }
    out
}

fn name(field: &CacheableField, plan: &Plan) -> String {
    let pieces = field.name.0.iter().map(|piece| match piece {
        TemplatePiece::Text(text) => text.to_string(),
        TemplatePiece::Variable(variable) => format!("${}", plan.variables[variable.index()]),
    });
    pieces.collect()
}

fn lifetime(policy: CachePolicy) -> String {
    match policy {
        CachePolicy { max_age: 0, .. } => "not kept".to_owned(),
        CachePolicy { max_age, private: false } => format!("{max_age}s"),
        CachePolicy { max_age, private: true } => format!("{max_age}s, for one client"),
    }
}

fn tag(tag: &CacheTag, plan: &Plan) -> String {
    let pieces = tag.0.iter().map(|piece| match piece {
        TagPiece::Text(text) => text.to_string(),
        TagPiece::Key(path) => format!("{{$key.{}}}", path.join(".")),
        TagPiece::Variable { variable, path, .. } => {
            let path: String = path.iter().map(|step| format!(".{step}")).collect();
            format!("{{${}{path}}}", plan.variables[variable.index()])
        }
    });
    pieces.collect()
}
