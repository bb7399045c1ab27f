//! The body of a subgraph request: pieces rendered at plan time, filled with variables and representations.

use super::batch::Batch;
use super::contexts::{self, Portion, Portions};
use super::response::write_json;
use super::store::{Object, Store};
use crate::operation::Variables;
use crate::plan::Plan;
use crate::plan::model::{Document, EntityGroup, Fetch, Liveness};
use bytes::Bytes;

/// A request, ready to be sent.
#[derive(Debug)]
pub(super) struct Body {
    /// The JSON.
    pub(super) json: Bytes,
    /// By the fetch's groups: what the entities of the reply belong to.
    pub(super) batches: Vec<Batch>,
}

/// What came of writing the requests of a fetch.
#[derive(Debug, Default)]
pub(super) struct Bodies {
    /// One request, or none when there is nothing to ask about; more where contextual arguments have several
    /// values.
    pub(super) requests: Vec<Body>,
    /// Objects that are not asked about because of what an error of the answer accounts for, with the
    /// positions of their groups.
    pub(super) lost: Vec<(usize, Object)>,
}

/// Writes the requests of a fetch whose inputs have arrived.
pub(super) fn write(
    store: &mut Store,
    plan: &Plan,
    fetch: &Fetch,
    liveness: &Liveness,
    variables: &Variables,
) -> Bodies {
    let mut bodies = Bodies::default();
    if fetch.root.is_some() {
        let (json, batches, _) = Writer { store, plan, fetch, liveness, variables }.request(&[], 0);
        bodies.requests.push(Body { json, batches });
        return bodies;
    }
    let live = |group: &&EntityGroup| liveness.is_live(group.live);
    fetch.entities.iter().filter(live).for_each(|group| store.tidy(group.list));
    let store = &*store;
    let mut groups: Vec<Portions<'_>> = Vec::with_capacity(fetch.entities.len());
    for (position, group) in fetch.entities.iter().enumerate() {
        if !liveness.is_live(group.live) {
            groups.push(Portions::new());
            continue;
        }
        let (portions, lost) = contexts::portions(store, plan, group, liveness);
        bodies.lost.extend(lost.into_iter().map(|object| (position, object)));
        groups.push(portions);
    }
    let writer = Writer { store, plan, fetch, liveness, variables };
    for round in 0..groups.iter().map(|portions| portions.len()).max().unwrap_or(0) {
        let (json, batches, empty) = writer.request(&groups, round);
        let lost = batches.iter().enumerate().flat_map(|(at, batch)| batch.lost.iter().map(move |&it| (at, it)));
        bodies.lost.extend(lost);
        if !empty {
            bodies.requests.push(Body { json, batches });
        }
    }
    bodies
}

struct Writer<'a> {
    store: &'a Store,
    plan: &'a Plan,
    fetch: &'a Fetch,
    liveness: &'a Liveness,
    variables: &'a Variables,
}

impl Writer<'_> {
    /// Writes the request for one portion of each group; whether it asks about nothing.
    fn request(&self, groups: &[Portions<'_>], round: usize) -> (Bytes, Vec<Batch>, bool) {
        let fetch = self.fetch;
        let objects: usize = groups.iter().filter_map(|group| group.get(round)).map(|it| it.objects.len()).sum();
        let mut out = Vec::with_capacity(fetch.document.full_json.len() + 128 + objects * 48);
        out.extend_from_slice(b"{\"query\":\"");
        document(&fetch.document, self.liveness, &mut out);
        out.push(b'"');
        if let Some(name) = &fetch.operation_name {
            out.extend_from_slice(b",\"operationName\":");
            write_json(&mut out, &**name);
        }
        out.extend_from_slice(b",\"variables\":{");
        let groups = fetch.entities.iter().zip(groups);
        let batches: Vec<Batch> =
            groups.map(|(group, portions)| self.batch(group, portions, round, &mut out)).collect();
        let empty = fetch.root.is_none() && batches.iter().all(|batch| batch.first.is_empty());
        for variable in &fetch.variables {
            let value = self.variables.json(variable.variable).filter(|_| self.liveness.is_live(variable.live));
            if let Some(json) = value {
                name(&variable.name, &mut out);
                out.extend_from_slice(json);
            }
        }
        out.extend_from_slice(b"}}");
        (Bytes::from(out), batches, empty)
    }

    /// Writes the variables of a group.
    fn batch(&self, group: &EntityGroup, portions: &[Portion<'_>], round: usize, out: &mut Vec<u8>) -> Batch {
        if !self.liveness.is_live(group.live) {
            return Batch::default();
        }
        // The group is in the document all the same; the values of its variables are some that are valid.
        let portion = portions.get(round);
        let values = portion.or(portions.first()).map(|portion| &*portion.variables).unwrap_or_default();
        if !values.is_empty() {
            if out.last() != Some(&b'{') {
                out.push(b',');
            }
            out.extend_from_slice(values);
        }
        let objects = portion.map(|portion| &*portion.objects).unwrap_or_default();
        if group.at_root {
            return Batch::at_root(self.store, group, objects);
        }
        name(&group.variable, out);
        Batch::write(self.store, self.plan, self.liveness, group, objects, out)
    }
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
pub(super) fn name(name: &str, out: &mut Vec<u8>) {
    if out.last() != Some(&b'{') {
        out.push(b',');
    }
    out.push(b'"');
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
}
