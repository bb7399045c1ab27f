//! Where an error belongs that a subgraph reports.
//!
//! Its path is in the subgraph's terms: `["_entities", 3, "title"]`, or from the root on, with the keys of the document that
//! was sent. It is followed through the shapes to the client's terms, and the null that it accounts for
//! is marked on the way, so that projection adds no second error for it.

use super::error::PathSegment;
use super::explain;
use super::ingest::{Asked, Place};
use super::store::{Object, Store};
use crate::plan::model::{EntityGroup, RuntimeType, ShapeField, ShapeId, ShapeValue};

/// The place of an error and the rest of its path; `None` when its path leads nowhere.
pub(super) fn locate(store: &mut Store, asked: Asked<'_>, path: &[PathSegment]) -> Option<(Place, Vec<PathSegment>)> {
    if let Some(root) = asked.fetch.root {
        let tail = follow(store, asked, (Object::ROOT, root), path);
        return (!tail.is_empty()).then_some((Place::Root, tail));
    }
    let (PathSegment::Key(key), rest) = path.split_first()? else { return None };
    let group = asked.fetch.entities.iter().position(|group| match group.at_root {
        true => find(asked, group.shape, key, None).is_some(),
        false => group.alias == *key,
    })?;
    let batch = asked.batches.get(group).filter(|batch| batch.asked)?;
    let EntityGroup { shape, at_root, .. } = *asked.fetch.entities.get(group)?;
    let indexed = match rest.split_first() {
        _ if at_root => batch.first.first().map(|&object| (0, object, path)),
        Some((PathSegment::Index(index), rest)) => batch.first.get(*index).map(|&object| (*index, object, rest)),
        _ => None,
    };
    let Some((index, object, rest)) = indexed else {
        batch.objects().for_each(|object| explain::shape(store, asked.plan, object, shape));
        return Some((Place::Group(group), Vec::new()));
    };
    let tail = follow(store, asked, (object, shape), rest);
    let fields = &asked.plan.shapes[shape.index()].fields;
    if fields.iter().all(|field| !store.field(object, field.slot).is_present()) {
        // The entity is null, and this is why.
        explain::shape(store, asked.plan, object, shape);
    }
    Some((Place::Entity { group, index }, tail))
}

/// Follows a path from an object; how far the client sees it, in the client's terms.
fn follow(
    store: &mut Store,
    asked: Asked<'_>,
    (object, shape): (Object, ShapeId),
    path: &[PathSegment],
) -> Vec<PathSegment> {
    let mut tail = Vec::with_capacity(path.len());
    let mut visible = true;
    let mut object = Some(object);
    let mut shape = Some(shape);
    let mut path = path.iter().peekable();
    while let (Some(id), Some(PathSegment::Key(key))) = (shape, path.next()) {
        let ty = object.map(|object| store.type_of(object));
        let Some(field) = find(asked, id, key, ty) else { break };
        match &field.response_key {
            Some(key) if visible => tail.push(PathSegment::Key(key.clone())),
            _ => visible = false,
        }
        let mut at = object.map(|object| object.slot(field.slot));
        for _ in 0..field.lists {
            let Some(&PathSegment::Index(index)) = path.peek().copied() else { break };
            path.next();
            if visible {
                tail.push(PathSegment::Index(index));
            }
            at = at.and_then(|list| store.element(list, index));
        }
        object = at.and_then(|at| store.object_at(at));
        shape = match field.value {
            ShapeValue::Object(inner) => Some(inner),
            ShapeValue::Leaf(_) => None,
        };
    }
    tail
}

/// The field of a shape with a key, in an object of a type.
fn find<'a>(asked: Asked<'a>, shape: ShapeId, key: &str, ty: Option<RuntimeType>) -> Option<&'a ShapeField> {
    let fields = &asked.plan.shapes[shape.index()].fields;
    fields.iter().find(|field| {
        let fits = |on: &crate::plan::sets::BitSet| ty.is_none_or(|ty| on.contains(ty.index()));
        *field.key == *key && asked.liveness.is_live(field.live) && field.on.as_ref().is_none_or(fits)
    })
}
