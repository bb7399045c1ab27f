//! What can be served from the cache, as the replies that a subgraph would have sent; and what is lacking then.
//!
//! There are two such replies. One has the objects of which all is kept, whole. The other has those that have to be
//! asked about, without the fields that are asked for; a field is asked for of all of them when one lacks it.

use super::super::batch::Batch;
use super::super::ingest::Only;
use super::freshness::Freshness;
use super::lookup::{Found, Group, Hit, Lookup, Quality};
use crate::plan::Plan;
use crate::plan::model::Fetch;
use bytes::Bytes;

/// Objects and fields that have to be asked for.
#[derive(Debug, Clone, Default)]
pub(super) struct Lacking {
    /// By the fetch's groups, or for the root: the objects, by position.
    pub(super) objects: Vec<Vec<usize>>,
    pub(super) only: Only,
}

/// A reply out of the cache.
pub(super) struct ServedReply {
    pub(super) json: Bytes,
    /// By the fetch's groups.
    pub(super) batches: Vec<Batch>,
    /// The fields that are in it.
    pub(super) only: Only,
}

impl Lacking {
    /// What is lacking when values of this quality and better are served.
    pub(super) fn of(lookup: &Lookup, plan: &Plan, served: Quality) -> Self {
        let mut lacking = Self::default();
        for group in &lookup.groups {
            let shape = &plan.shapes[group.shape.index()];
            let mut asked = vec![false; group.wanted.len()];
            let mut objects = Vec::new();
            for (index, found) in group.objects.iter().enumerate() {
                if found.missing.is_some_and(|hit| hit.quality <= served) {
                    continue;
                }
                let mut any = group.lacks_type(found);
                for (position, asked) in asked.iter_mut().enumerate() {
                    if group.lacks(shape, found, position, served) {
                        *asked = true;
                        any = true;
                    }
                }
                if any {
                    objects.push(index);
                }
            }
            lacking.objects.push(objects);
            lacking.only.fields.push((group.shape, asked));
        }
        lacking
    }

    /// Whether there is nothing to ask for.
    pub(super) fn is_empty(&self) -> bool {
        self.objects.iter().all(Vec::is_empty)
    }

    /// Whether an object has to be asked about.
    pub(super) fn has(&self, group: usize, index: usize) -> bool {
        self.objects.get(group).is_some_and(|objects| objects.binary_search(&index).is_ok())
    }
}

/// The replies with all that is not lacking.
pub(super) fn replies(
    lookup: &Lookup,
    (plan, fetch): (&Plan, &Fetch),
    lacking: &Lacking,
    freshness: &mut Freshness,
) -> Vec<ServedReply> {
    let all = |group: &Group| (group.shape, vec![true; group.wanted.len()]);
    let whole = Only { fields: lookup.groups.iter().map(all).collect() };
    let groups = lookup.groups.iter().zip(&lacking.only.fields);
    let rest = Only { fields: groups.map(|(group, (id, asked))| (*id, rest(group, asked))).collect() };
    let mut writer = Writer::new(lookup, (plan, fetch), Found::hit, freshness);
    let replies = [
        writer.reply(&|group, index| !lacking.has(group, index), &whole),
        writer.reply(&|group, index| lacking.has(group, index), &rest),
    ];
    replies.into_iter().flatten().collect()
}

/// Of what was asked for and cannot be had, replies with what is old but good enough for that, and the objects that
/// lack something even then. Of those what there is is served too, and nothing is said of the rest.
pub(super) fn fall_back(
    lookup: &Lookup,
    (plan, fetch): (&Plan, &Fetch),
    asked: &Lacking,
    freshness: &mut Freshness,
) -> (Vec<ServedReply>, Lacking) {
    let mut lacking = Lacking { objects: Vec::new(), only: asked.only.clone() };
    let kept = |group: &Group, fields: &[bool], index: usize| {
        let (shape, found) = (&plan.shapes[group.shape.index()], &group.objects[index]);
        let applies = |position: usize| fields[position] && group.applies(shape, position, found.ty);
        let mut wanted = (0..fields.len()).filter(|&position| applies(position));
        !group.lacks_type(found) && wanted.all(|position| found.fallback(position).is_some())
    };
    for ((group, objects), (_, fields)) in lookup.groups.iter().zip(&asked.objects).zip(&asked.only.fields) {
        lacking.objects.push(objects.iter().copied().filter(|&index| !kept(group, fields, index)).collect());
    }
    let mut writer = Writer::new(lookup, (plan, fetch), Found::fallback, freshness);
    for (group, (_, fields)) in lookup.groups.iter().zip(&mut lacking.only.fields) {
        // Errors of the root are told field by field, so those that are served are not among what is lacking.
        if let (None, [found]) = (group.entities, &*group.objects) {
            fields.iter_mut().enumerate().for_each(|(at, asked)| *asked &= found.fallback(at).is_none());
        }
    }
    let whole = |group: usize, index: usize| asked.has(group, index) && !lacking.has(group, index);
    let in_part = |group: usize, index: usize| {
        let all = &lookup.groups[group];
        lacking.has(group, index) && !all.lacks_type(&all.objects[index])
    };
    let nothing = asked.only.fields.iter().map(|(id, fields)| (*id, vec![false; fields.len()]));
    let in_part = writer
        .reply(&in_part, &asked.only)
        .map(|reply| ServedReply { only: Only { fields: nothing.collect() }, ..reply });
    let replies = writer.reply(&whole, &asked.only).into_iter().chain(in_part);
    (replies.collect(), lacking)
}

/// The fields that are not asked for and may be kept.
fn rest(group: &Group, asked: &[bool]) -> Vec<bool> {
    group.wanted.iter().zip(asked).map(|(wanted, asked)| !asked && wanted.known.is_some()).collect()
}

struct Writer<'a> {
    lookup: &'a Lookup,
    plan: &'a Plan,
    fetch: &'a Fetch,
    /// Which of the values that are kept.
    hit: fn(&Found, usize) -> Option<Hit>,
    freshness: &'a mut Freshness,
    /// By group: the row of its first field in the counts of the answer.
    rows: Vec<usize>,
}

impl<'a> Writer<'a> {
    fn new(
        lookup: &'a Lookup,
        (plan, fetch): (&'a Plan, &'a Fetch),
        hit: fn(&Found, usize) -> Option<Hit>,
        freshness: &'a mut Freshness,
    ) -> Self {
        let cacheable = fetch.cacheable.as_deref();
        let rows = cacheable.map(|cacheable| freshness.count(fetch.subgraph.index(), cacheable)).unwrap_or_default();
        Self { lookup, plan, fetch, hit, freshness, rows }
    }

    /// The reply with some of the objects and fields; none when that is nothing.
    fn reply(&mut self, has: &dyn Fn(usize, usize) -> bool, only: &Only) -> Option<ServedReply> {
        let lookup = self.lookup;
        let mut out = b"{\"data\":{".to_vec();
        let (mut batches, mut any) = (Vec::new(), false);
        for (number, group) in lookup.groups.iter().enumerate() {
            let objects =
                || group.objects.iter().enumerate().filter(|&(index, _)| has(number, index)).map(|(_, it)| it);
            let fields = &only.fields[number].1;
            // Where the reply tells types, that alone is worth telling.
            let types = group.names_type && objects().all(|found| found.missing.is_some() || !group.lacks_type(found));
            let served = group.live && (types || fields.contains(&true)) && objects().next().is_some();
            any |= served;
            match group.entities {
                None if served => objects().for_each(|found| self.fields((number, group), found, fields, &mut out)),
                None => {}
                Some(_) if !served => batches.push(Batch::default()),
                Some(position) => {
                    batches.push(group.batch.part(|index| has(number, index)));
                    comma(&mut out);
                    out.push(b'"');
                    out.extend_from_slice(self.fetch.entities[position].alias.as_bytes());
                    out.extend_from_slice(b"\":[");
                    for found in objects() {
                        comma(&mut out);
                        self.entity((number, group), found, fields, &mut out);
                    }
                    out.push(b']');
                }
            }
        }
        out.extend_from_slice(b"}}");
        any.then(|| ServedReply { json: out.into(), batches, only: only.clone() })
    }

    fn entity(&mut self, group: (usize, &Group), found: &Found, fields: &[bool], out: &mut Vec<u8>) {
        if let Some(hit) = found.missing {
            self.freshness.serve(found, hit);
            return out.extend_from_slice(b"null");
        }
        out.push(b'{');
        if let Some(name) = found.typename() {
            out.extend_from_slice(b"\"__typename\":");
            out.extend_from_slice(name);
        }
        self.fields(group, found, fields, out);
        out.push(b'}');
    }

    fn fields(&mut self, (number, group): (usize, &Group), found: &Found, fields: &[bool], out: &mut Vec<u8>) {
        let first = self.rows.get(number).copied().unwrap_or(usize::MAX);
        let shape = &self.plan.shapes[group.shape.index()];
        for (position, field) in shape.fields.iter().enumerate() {
            if !fields[position] || !group.applies(shape, position, found.ty) {
                continue;
            }
            let Some(hit) = (self.hit)(found, position) else { continue };
            if let Some((record, kept)) = found.value(hit) {
                comma(out);
                out.extend_from_slice(field.key.quoted().as_bytes());
                let json = record.json(kept);
                out.extend_from_slice(json);
                self.freshness.serve_field(found, hit, first.saturating_add(position), json.len());
            }
        }
    }
}

/// Writes a comma unless what comes is the first.
fn comma(out: &mut Vec<u8>) {
    if !matches!(out.last(), Some(b'{' | b'[')) {
        out.push(b',');
    }
}
