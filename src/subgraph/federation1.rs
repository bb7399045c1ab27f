//! Federation 1 schemas, upgraded to mean under the rules of Federation 2 what they meant.
//!
//! Federation 1 had no `@shareable`, wanted the key fields of extensions marked `@external`, and never looked at
//! much of what it allowed to be written. The upgrade, per schema and in order:
//!
//! 1. what had no effect goes: keys, `@external`, `@requires` and `@provides` of interfaces, `@provides` on leaves,
//!    `@external` on whole types;
//! 2. key fields of extensions are not external: the subgraph knows them. An extension without a key of its own
//!    borrows the keys of the other subgraphs;
//! 3. `@requires` and `@provides` keep the external fields only: the others were there anyway;
//! 4. an extension of a type that some subgraph defines is a definition;
//! 5. external fields that nothing uses go, and types left empty with them;
//! 6. fields that several subgraphs resolve are shareable.

use super::code::Code;
use super::marks;
use super::model::{Composite, Subgraph, TypeKind, is_root};
use super::{FieldSet, Selection};
use crate::diagnostic::Diagnostic;
use apollo_compiler::Name;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

/// Upgrades those of `members` that are Federation 1; the others stay as they are.
///
/// # Errors
/// A type of which only unused external fields are left, although something refers to it.
pub fn upgrade<'a>(members: &[&'a Subgraph]) -> Result<Vec<Cow<'a, Subgraph>>, Vec<Diagnostic>> {
    let borrowed_keys = borrowed_keys(members);
    let defined: HashSet<&str> = members
        .iter()
        .flat_map(|member| member.types.values())
        .filter(|ty| !ty.is_extension)
        .map(|ty| ty.name.as_str())
        .collect();
    let mut errors = Vec::new();
    let mut upgraded: Vec<Cow<'a, Subgraph>> = members
        .iter()
        .map(|member| {
            if !member.version.is_federation_1() {
                return Cow::Borrowed(*member);
            }
            let mut subgraph = (*member).clone();
            drop_ineffective(&mut subgraph);
            keep_key_fields(&mut subgraph, &borrowed_keys);
            keep_external_selections(&mut subgraph);
            for ty in subgraph.types.values_mut() {
                ty.is_extension &= !defined.contains(ty.name.as_str());
            }
            marks::mark(&mut subgraph);
            errors.extend(drop_unused_externals(&mut subgraph));
            Cow::Owned(subgraph)
        })
        .collect();
    share(&mut upgraded);
    if errors.is_empty() { Ok(upgraded) } else { Err(errors) }
}

/// For each type, the names of the outermost key fields of the subgraphs that define it.
fn borrowed_keys(members: &[&Subgraph]) -> HashMap<String, HashSet<String>> {
    let mut keys: HashMap<String, HashSet<String>> = HashMap::new();
    for ty in members.iter().flat_map(|member| member.types.values()).filter(|ty| !ty.is_extension) {
        for key in &ty.keys {
            keys.entry(ty.name.to_string()).or_default().extend(key.fields.names().map(ToString::to_string));
        }
    }
    keys
}

fn drop_ineffective(subgraph: &mut Subgraph) {
    let composite: HashSet<Name> =
        subgraph.types.values().filter(|ty| ty.has_selections()).map(|ty| ty.name.clone()).collect();
    for ty in subgraph.types.values_mut() {
        let is_interface = matches!(ty.kind, TypeKind::Interface(_));
        if is_interface {
            ty.keys.clear();
        }
        for field in ty.composite_mut().into_iter().flat_map(|composite| composite.fields.values_mut()) {
            if is_interface {
                field.external = None;
                field.requires = None;
                field.provides = None;
            }
            if field.external_by_type {
                field.external = None;
            }
            if !composite.contains(field.ty.inner_named_type()) {
                field.provides = None;
            }
        }
    }
}

fn keep_key_fields(subgraph: &mut Subgraph, borrowed: &HashMap<String, HashSet<String>>) {
    let own: HashMap<String, HashSet<String>> = subgraph
        .types
        .values()
        .filter(|ty| !ty.keys.is_empty())
        .map(|ty| {
            let names = ty.keys.iter().flat_map(|key| key.fields.names()).map(ToString::to_string).collect();
            (ty.name.to_string(), names)
        })
        .collect();
    for ty in subgraph.types.values_mut().filter(|ty| ty.is_extension) {
        let Some(keys) = own.get(ty.name.as_str()).or_else(|| borrowed.get(ty.name.as_str())) else { continue };
        for field in ty.composite_mut().into_iter().flat_map(|composite| composite.fields.values_mut()) {
            if field.key_of_extension || keys.contains(field.name.as_str()) {
                field.external = None;
            }
        }
    }
}

fn keep_external_selections(subgraph: &mut Subgraph) {
    let mut kept: Vec<(Name, Name, Option<FieldSet>, Option<FieldSet>)> = Vec::new();
    let filter = External { subgraph };
    for ty in subgraph.types.values() {
        for field in ty.composite().into_iter().flat_map(|composite| composite.fields.values()) {
            if field.requires.is_none() && field.provides.is_none() {
                continue;
            }
            let requires = field.requires.as_ref().and_then(|set| filter.kept_set(&ty.name, set));
            let provides = field.provides.as_ref().and_then(|set| filter.kept_set(field.ty.inner_named_type(), set));
            kept.push((ty.name.clone(), field.name.clone(), requires, provides));
        }
    }
    for (ty, field, requires, provides) in kept {
        let field = subgraph.types.get_mut(&ty).and_then(|ty| ty.composite_mut()?.fields.get_mut(&field));
        if let Some(field) = field {
            field.requires = requires;
            field.provides = provides;
        }
    }
}

/// Picks the selections of external fields.
struct External<'a> {
    subgraph: &'a Subgraph,
}

impl External<'_> {
    fn kept_set(&self, parent: &str, set: &FieldSet) -> Option<FieldSet> {
        let selections = self.kept(parent, &set.selections);
        (!selections.is_empty()).then(|| FieldSet { selections, place: set.place.clone() })
    }

    fn kept(&self, parent: &str, selections: &[Selection]) -> Vec<Selection> {
        selections.iter().filter_map(|selection| self.kept_selection(parent, selection)).collect()
    }

    fn kept_selection(&self, parent: &str, selection: &Selection) -> Option<Selection> {
        match selection {
            Selection::Field(selected) => {
                if self.is_external(parent, &selected.name) {
                    return Some(selection.clone());
                }
                let output = self.subgraph.field(parent, &selected.name)?.ty.inner_named_type();
                let below = self.kept(output, &selected.selections);
                (!below.is_empty()).then(|| {
                    let mut selected = selected.clone();
                    selected.selections = below;
                    Selection::Field(selected)
                })
            }
            Selection::Fragment { on, selections, place } => {
                let below = self.kept(on.as_ref().map_or(parent, |on| on.as_str()), selections);
                (!below.is_empty()).then(|| Selection::Fragment {
                    on: on.clone(),
                    selections: below,
                    place: place.clone(),
                })
            }
        }
    }

    /// Whether the field, or that of an object behind the interface, is external.
    fn is_external(&self, parent: &str, field: &str) -> bool {
        let behind = self.subgraph.implementations(parent).iter().map(Name::as_str);
        std::iter::once(parent)
            .chain(behind)
            .any(|ty| self.subgraph.field(ty, field).is_some_and(|field| field.external.is_some()))
    }
}

fn drop_unused_externals(subgraph: &mut Subgraph) -> Vec<Diagnostic> {
    let mut emptied: Vec<Name> = Vec::new();
    for ty in subgraph.types.values_mut() {
        let name = ty.name.clone();
        let Some(composite) = ty.composite_mut() else { continue };
        let had_fields = !composite.fields.is_empty();
        composite.fields.retain(|_, field| !field.is_external() || field.used);
        if had_fields && composite.fields.is_empty() && !is_root(&name) {
            emptied.push(name);
        }
    }
    if emptied.is_empty() {
        return Vec::new();
    }
    let referred = referred_types(subgraph);
    let mut errors = Vec::new();
    for name in emptied {
        if referred.contains(&name) {
            errors.push(
                Diagnostic::error(
                    Code::TypeWithOnlyUnusedExternal,
                    format!("Type \"{name}\" has only external fields that nothing uses"),
                )
                .at_opt(subgraph.types.get(&name).and_then(|ty| subgraph.span(ty.place)), "")
                .help("remove the type, or the fields' @external"),
            );
        } else {
            subgraph.types.shift_remove(&name);
        }
    }
    errors
}

fn referred_types(subgraph: &Subgraph) -> HashSet<Name> {
    let mut referred = HashSet::new();
    for ty in subgraph.types.values() {
        if let TypeKind::Union(members) = &ty.kind {
            referred.extend(members.iter().cloned());
        }
        for field in ty.composite().into_iter().flat_map(|composite| composite.fields.values()) {
            referred.insert(field.ty.inner_named_type().clone());
        }
        referred.extend(ty.composite().into_iter().flat_map(|composite| composite.implements.iter().cloned()));
    }
    referred
}

/// Marks what several subgraphs resolve as shareable.
fn share(members: &mut [Cow<'_, Subgraph>]) {
    let mut resolving: HashMap<(String, String), usize> = HashMap::new();
    for member in members.iter() {
        for (ty, composite) in objects(member) {
            for field in composite.fields.values().filter(|field| !field.is_external() || field.provided) {
                *resolving.entry((ty.to_string(), field.name.to_string())).or_default() += 1;
            }
        }
    }
    for member in members.iter_mut() {
        let Cow::Owned(subgraph) = member else { continue };
        for ty in subgraph.types.values_mut() {
            let name = ty.name.to_string();
            let TypeKind::Object(composite) = &mut ty.kind else { continue };
            for field in composite.fields.values_mut() {
                let others = resolving.get(&(name.clone(), field.name.to_string())).copied().unwrap_or_default();
                field.shareable |= others > 1;
            }
        }
    }
}

fn objects(subgraph: &Subgraph) -> impl Iterator<Item = (&Name, &Composite)> {
    subgraph.types.values().filter_map(|ty| match &ty.kind {
        TypeKind::Object(composite) => Some((&ty.name, composite)),
        _ => None,
    })
}
