//! The body of a subgraph request: pieces rendered at plan time, filled with variables and representations.

use super::batch::Batch;
use super::response::write_json;
use super::store::Store;
use crate::operation::Variables;
use crate::plan::Plan;
use crate::plan::model::{Document, Fetch, Liveness};
use bytes::Bytes;

/// A request, ready to be sent.
#[derive(Debug)]
pub(super) struct Body {
    /// The JSON; none when there is nothing to ask about.
    pub(super) json: Option<Bytes>,
    /// By the fetch's groups: what the entities of the reply belong to.
    pub(super) batches: Vec<Batch>,
}

/// Writes the request of a fetch whose inputs have arrived.
pub(super) fn write(store: &mut Store, plan: &Plan, fetch: &Fetch, liveness: &Liveness, variables: &Variables) -> Body {
    let live_groups = || fetch.entities.iter().filter(|group| liveness.is_live(group.live));
    let objects: usize = live_groups()
        .map(|group| {
            store.tidy(group.list);
            store.collected(group.list).len()
        })
        .sum();
    if fetch.root.is_none() && objects == 0 {
        return Body { json: None, batches: Vec::new() };
    }
    let mut out = Vec::with_capacity(fetch.document.full_json.len() + 128 + objects * 48);
    out.extend_from_slice(b"{\"query\":\"");
    document(&fetch.document, liveness, &mut out);
    out.push(b'"');
    if let Some(name) = &fetch.operation_name {
        out.extend_from_slice(b",\"operationName\":");
        write_json(&mut out, &**name);
    }
    out.extend_from_slice(b",\"variables\":{");
    let batches: Vec<Batch> = fetch
        .entities
        .iter()
        .map(|group| {
            if !liveness.is_live(group.live) {
                return Batch::default();
            }
            name(&group.variable, &mut out);
            Batch::write(store, plan, group, &mut out)
        })
        .collect();
    let empty = fetch.root.is_none() && batches.iter().all(|batch| batch.first.is_empty());
    for variable in &fetch.variables {
        let value = variables.json(variable.variable).filter(|_| liveness.is_live(variable.live));
        if let Some(json) = value {
            name(&variable.name, &mut out);
            out.extend_from_slice(json);
        }
    }
    out.extend_from_slice(b"}}");
    Body { json: (!empty).then(|| Bytes::from(out)), batches }
}

fn document(document: &Document, liveness: &Liveness, out: &mut Vec<u8>) {
    if liveness.is_all() || document.pieces.is_empty() {
        out.extend_from_slice(document.full_json.as_bytes());
        return;
    }
    for piece in &document.pieces {
        if liveness.is_live(piece.live) && !piece.unless.is_some_and(|other| liveness.is_live(other)) {
            out.extend_from_slice(piece.text.as_bytes());
        }
    }
}

/// Writes `"name":`, behind a comma unless it is the first.
fn name(name: &str, out: &mut Vec<u8>) {
    if out.last() != Some(&b'{') {
        out.push(b',');
    }
    out.push(b'"');
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
}
