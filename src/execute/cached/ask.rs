//! The request for what is not in the cache: some of the objects, some of the fields.

use super::super::batch::Batch;
use super::super::body::{Body, name};
use super::super::response::write_json;
use super::lookup::{Group, Lookup};
use super::serve::Lacking;
use crate::operation::Variables;
use crate::plan::model::{Cacheable, Fetch, Liveness};
use crate::plan::sets::BitSet;

/// Writes the request.
pub(super) fn write(
    lookup: &Lookup,
    (fetch, cacheable): (&Fetch, &Cacheable),
    liveness: &Liveness,
    variables: &Variables,
    lacking: &Lacking,
) -> Body {
    let parts = parts(cacheable, lacking);
    let mut out = Vec::with_capacity(fetch.document.full_json.len() + 128);
    out.extend_from_slice(b"{\"query\":\"");
    for piece in &cacheable.pieces {
        let wanted = piece.parts.as_ref().is_none_or(|of| of.intersects(&parts));
        let piece = &piece.piece;
        if wanted && liveness.is_live(piece.live) && !piece.unless.is_some_and(|other| liveness.is_live(other)) {
            out.extend_from_slice(piece.text.as_bytes());
        }
    }
    out.push(b'"');
    if let Some(name) = &fetch.operation_name {
        out.extend_from_slice(b",\"operationName\":");
        write_json(&mut out, &**name);
    }
    out.extend_from_slice(b",\"variables\":{");
    for ((group, entities), objects) in lookup.groups.iter().zip(&fetch.entities).zip(&lacking.objects) {
        if !objects.is_empty() {
            name(&entities.variable, &mut out);
            representations(group, objects, &mut out);
        }
    }
    for (variable, used) in fetch.variables.iter().zip(&cacheable.variables) {
        let wanted = used.intersects(&parts) && liveness.is_live(variable.live);
        if let Some(json) = variables.json(variable.variable).filter(|_| wanted) {
            name(&variable.name, &mut out);
            out.extend_from_slice(json);
        }
    }
    out.extend_from_slice(b"}}");
    Body { json: out.into(), batches: batches(lookup, lacking) }
}

/// By the fetch's groups: which objects the entities of the reply belong to.
pub(super) fn batches(lookup: &Lookup, lacking: &Lacking) -> Vec<Batch> {
    let groups = lookup.groups.iter().zip(&lacking.objects).filter(|(group, _)| group.entities.is_some());
    groups.map(|(group, objects)| group.batch.part(|index| objects.binary_search(&index).is_ok())).collect()
}

fn parts(cacheable: &Cacheable, lacking: &Lacking) -> BitSet {
    let mut parts = BitSet::new();
    let groups = cacheable.objects.iter().zip(&lacking.objects).zip(&lacking.only.fields);
    for ((object, _), (_, asked)) in groups.filter(|((_, objects), _)| !objects.is_empty()) {
        parts.insert(object.own_part());
        for position in (0..asked.len()).filter(|&position| asked[position]) {
            parts.insert(object.first_part + position);
        }
    }
    parts
}

fn representations(group: &Group, objects: &[usize], out: &mut Vec<u8>) {
    out.push(b'[');
    for (number, &index) in objects.iter().enumerate() {
        if number > 0 {
            out.push(b',');
        }
        out.extend_from_slice(group.texts.get(index).and_then(|at| group.text.get(at.clone())).unwrap_or_default());
    }
    out.push(b']');
}
