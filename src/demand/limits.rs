//! How often fields may be resolved for one client: as configured by `Type.field`, and as `@rateLimit` says where that
//! directive is composed into the supergraph. The configuration wins.
//!
//! Of the directive's many forms these are read: `limit` or `max` says how often, `window` (such as `"10s"`) or
//! `duration` (seconds) in which time; a minute, if neither does.

use crate::config::{Budget, FieldLimit};
use crate::supergraph::{FieldId, PossibleTypes, Supergraph, TypeKind};
use apollo_compiler::Node;
use apollo_compiler::ast::Directive;
use std::collections::BTreeMap;
use std::time::Duration;

const DIRECTIVE: &str = "rateLimit";

/// All limits of a supergraph under a configuration, by coordinate.
pub fn field_limits(supergraph: &Supergraph, budget: &Budget) -> BTreeMap<String, FieldLimit> {
    let mut limits = BTreeMap::new();
    for field in &supergraph.fields {
        if let Some(limit) = field.directives.iter().find_map(read) {
            limits.insert(format!("{}.{}", supergraph.ty(field.parent).name, field.name), limit);
        }
    }
    limits.extend(budget.fields.iter().map(|(coordinate, limit)| (coordinate.clone(), *limit)));
    limits
}

/// The coordinates of a configuration that the supergraph does not have.
pub fn unknown_fields<'a>(supergraph: &Supergraph, budget: &'a Budget) -> Vec<&'a str> {
    budget.fields.keys().map(String::as_str).filter(|coordinate| find(supergraph, coordinate).is_none()).collect()
}

/// The fields that a limit is about: the one at the coordinate, and what it is called in interfaces of its type or in
/// implementations.
pub(super) fn fields_at(supergraph: &Supergraph, possible: &PossibleTypes, coordinate: &str) -> Vec<FieldId> {
    let Some(field) = find(supergraph, coordinate) else { return Vec::new() };
    let (parent, name) = (supergraph.field(field).parent, &supergraph.field(field).name);
    let mut fields = vec![field];
    let related = match &supergraph.ty(parent).kind {
        TypeKind::Object { implements, .. } => implements.iter().map(|implemented| implemented.interface).collect(),
        TypeKind::Interface { .. } => possible.of(parent).iter().collect::<Vec<_>>(),
        _ => Vec::new(),
    };
    fields.extend(related.into_iter().filter_map(|ty| supergraph.field_of(ty, name)));
    fields
}

fn find(supergraph: &Supergraph, coordinate: &str) -> Option<FieldId> {
    let (ty, field) = coordinate.split_once('.')?;
    supergraph.field_of(supergraph.type_id(ty)?, field)
}

fn read(directive: &Node<Directive>) -> Option<FieldLimit> {
    if directive.name != DIRECTIVE {
        return None;
    }
    let argument = |name| directive.specified_argument_by_name(name);
    let limit = argument("limit").or_else(|| argument("max"))?.to_i32()?;
    let window = match (argument("window"), argument("duration")) {
        (Some(window), _) => duration(window.as_str()?)?,
        (None, Some(seconds)) => Duration::from_secs(u64::try_from(seconds.to_i32()?).ok()?),
        (None, None) => Duration::from_secs(60),
    };
    Some(FieldLimit { limit: u64::try_from(limit).ok()?.max(1), window })
}

/// `10s`, `1m`, `500ms`.
fn duration(text: &str) -> Option<Duration> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let number: u64 = text[..digits].parse().ok()?;
    let unit = match text[digits..].trim() {
        "ms" => return Some(Duration::from_millis(number)),
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return None,
    };
    number.checked_mul(unit).map(Duration::from_secs)
}
