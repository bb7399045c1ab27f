//! What of a reply is kept: the values without an error at or below them.

use super::super::error::PathSegment;
use super::super::finding::Finding;
use super::super::ingest::{Note, Place};
use super::super::store::Store;
use super::freshness::Freshness;
use super::lookup::{Found, Group, leaf, missing, typename};
use super::tags::Tagging;
use super::{CacheAccess, CachedSubgraph, Pending};
use crate::cache::{Control, Fresh, Name, Selection, Tags, Terms};
use crate::plan::Plan;
use crate::plan::model::{CachePolicy, ObjectShape, RuntimeType};
use std::sync::Arc;

/// Where the values of a reply stand, and which of them are spoiled.
#[derive(Debug, Default)]
pub(in crate::execute) struct Harvest {
    notes: Vec<Note>,
    spoiled: Vec<(Place, Option<Box<str>>)>,
    /// Whether there are errors of which nobody knows what they are about.
    pub(in crate::execute) unclear: bool,
    /// Whether the reply could be read at all.
    read: bool,
}

impl Harvest {
    /// Takes in what was noted, and what is wrong.
    pub(in crate::execute) fn reap(&mut self, notes: Vec<Note>, findings: &[Finding]) {
        self.notes = notes;
        self.read = true;
        let spoiled = findings.iter().map(|finding| {
            let key = finding.tail.first().and_then(|segment| match segment {
                PathSegment::Key(key) => Some(key.clone()),
                PathSegment::Index(_) => None,
            });
            (finding.place, key)
        });
        self.spoiled = spoiled.collect();
    }

    /// Whether nothing is wrong.
    fn is_clean(&self) -> bool {
        self.read && !self.unclear && self.spoiled.is_empty()
    }

    /// Whether an error is about a value, or about something around or in it.
    fn is_spoiled(&self, shape: &ObjectShape, note: &Note, is_root: bool) -> bool {
        let field = note.field.and_then(|field| shape.fields.get(field));
        self.spoiled.iter().any(|(place, key)| {
            let about = match (key, field) {
                (Some(key), Some(field)) => field.response_key.as_ref() == Some(key),
                _ => true,
            };
            match *place {
                // What has no place concerns all.
                Place::Root => about || !is_root,
                Place::Group(group) => group == note.group,
                Place::Entity { group, index } => (group, index) == (note.group, note.index) && about,
            }
        })
    }
}

/// Where values are put, and by which they are judged.
#[derive(Clone, Copy)]
pub(super) struct Larder<'a> {
    pub(super) access: &'a CacheAccess,
    pub(super) subgraph: &'a CachedSubgraph,
    pub(super) subgraph_index: usize,
    pub(super) plan: &'a Plan,
    pub(super) store: &'a Store,
    /// What the reply's headers say.
    pub(super) control: &'a Control,
    /// What the answer depends on beside the question, as it is known now.
    pub(super) variant: &'a [u8],
    pub(super) tags: Tagging<'a>,
}

impl Pending {
    /// Keeps what came for the request, and notes how long it is good.
    pub(super) fn keep(&self, harvest: &Harvest, body: &[u8], to: Larder<'_>, freshness: &mut Freshness) {
        freshness.counts.misses += harvest.notes.len() as u64;
        let rows = freshness.count(to.subgraph_index, to.tags.cacheable);
        for note in &harvest.notes {
            if let (Some(row), Some(field)) = (rows.get(note.group), note.field) {
                freshness.miss(row + field, note.at.len());
            }
        }
        if !harvest.is_clean() || to.control.forbidden {
            freshness.spoil();
        }
        if harvest.unclear || to.control.forbidden {
            return;
        }
        let mut keeper = Keeper { pending: self, harvest, body, now: to.access.cache.now(), to, freshness };
        for notes in harvest.notes.chunk_by(|a, b| (a.group, a.index) == (b.group, b.index)) {
            let Some((group, objects)) = notes
                .first()
                .and_then(|note| Some((self.lookup.groups.get(note.group)?, self.lacking.objects.get(note.group)?)))
            else {
                continue;
            };
            let found = objects.get(notes[0].index).and_then(|&index| group.objects.get(index));
            if let Some(found) = found {
                keeper.object(group, found, notes);
            }
        }
    }
}

struct Keeper<'a, 'f> {
    pending: &'a Pending,
    harvest: &'a Harvest,
    body: &'a [u8],
    now: u64,
    to: Larder<'a>,
    freshness: &'f mut Freshness,
}

impl Keeper<'_, '_> {
    fn object(&mut self, group: &Group, found: &Found, notes: &[Note]) {
        let Larder { access, subgraph, plan, store, variant, .. } = self.to;
        let shape = &plan.shapes[group.shape.index()];
        let mut fresh: [Vec<Fresh<'_>>; 2] = [Vec::new(), Vec::new()];
        let tags = self.to.tags.of_object(group.entities, found);
        for note in notes.iter().filter(|note| !self.harvest.is_spoiled(shape, note, group.entities.is_none())) {
            if let Some((new, private)) = self.value(group, found, note, tags.as_ref()) {
                self.freshness.add(&new.terms, private, new.tags.as_ref());
                fresh[usize::from(private)].push(new);
            } else {
                self.freshness.spoil();
            }
        }
        let name = type_name(group, store.type_of(found.object), plan);
        // There is no second key where the client is nobody in particular: what is private cannot be kept for them.
        for (key, fresh) in found.keys(subgraph, variant, access).iter().zip(&mut fresh) {
            let Some(longest) = fresh.iter().max_by_key(|fresh| fresh.terms.end()) else { continue };
            if let Some(name) = &name {
                let named =
                    Fresh { tags: longest.tags.clone(), ..entry(typename(), leaf(), longest.terms, name.as_bytes()) };
                fresh.push(named);
            }
            access.cache.add(key, fresh);
        }
    }

    /// The value that a note is about, when it may be kept, and whether it is private.
    fn value<'n>(
        &self,
        group: &'n Group,
        found: &'n Found,
        note: &Note,
        tags: Option<&Arc<Tags>>,
    ) -> Option<(Fresh<'n>, bool)>
    where
        Self: 'n,
    {
        let Larder { subgraph, control, .. } = self.to;
        let Some(position) = note.field else {
            let wanted = group.wanted.iter().filter(|wanted| wanted.live);
            let policy = wanted.map(|wanted| wanted.policy).reduce(CachePolicy::and).unwrap_or_default();
            let terms = self.terms(subgraph.missing)?;
            let missing = Fresh { tags: tags.cloned(), ..entry(missing(), leaf(), terms, b"null") };
            return Some((missing, policy.private || control.private));
        };
        let wanted = &group.wanted[position];
        let known = wanted.known.as_ref()?;
        let CachePolicy { max_age, private } = wanted.policy;
        let terms = self.terms(u64::from(max_age) * 1_000)?;
        let json = self.body.get(note.at.clone())?;
        let tags = self.to.tags.of_field(group.entities, position, found).unwrap_or_else(|| tags.cloned());
        let fresh =
            Fresh { required: found.required(position), tags, ..entry(&known.name, &known.selection, terms, json) };
        Some((fresh, private || control.private))
    }

    /// The terms of what the schema lets last so many milliseconds; none when the reply's headers let it not.
    fn terms(&self, lasts: u64) -> Option<Terms> {
        let Larder { subgraph, control, .. } = self.to;
        let bound = control.max_age.map_or(lasts, |seconds| lasts.min(seconds.saturating_mul(1_000)));
        let fresh = self.now.saturating_add(bound);
        // What the subgraph says itself counts before what is configured for it.
        let longer = |said: Option<u64>, own: u64| {
            fresh.saturating_add(said.map_or(own, |seconds| seconds.saturating_mul(1_000)))
        };
        (bound > 0).then(|| Terms {
            born: self.now,
            fresh,
            stale: longer(control.stale_while_revalidate, subgraph.stale_while_revalidate),
            error: longer(control.stale_if_error, subgraph.stale_if_error),
            since: self.pending.since,
        })
    }
}

fn entry<'f>(name: &'f Arc<Name>, selection: &'f Arc<Selection>, terms: Terms, json: &'f [u8]) -> Fresh<'f> {
    Fresh { name, required: b"", selection, terms, tags: None, json }
}

/// The name of the type, as JSON, where it has to be kept with the fields.
fn type_name(group: &Group, ty: RuntimeType, plan: &Plan) -> Option<String> {
    (group.names_type && ty != RuntimeType::UNKNOWN).then(|| format!("\"{}\"", plan.type_name(ty)))
}
