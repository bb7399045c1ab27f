//! The objects of a fetch and what is kept of each.

use super::super::batch::Batch;
use super::super::represent::{self, LeftOut};
use super::super::store::{Object, Store};
use super::wanted::{Wanted, wanted};
use super::{CacheAccess, CachedSubgraph};
use crate::cache::{Kept, Name, Record, Selection, of_object, of_subgraph, of_type};
use crate::operation::Variables;
use crate::plan::Plan;
use crate::plan::model::{
    Cacheable, CacheableObject, EntityGroup, Fetch, Liveness, ObjectShape, RuntimeType, ShapeId, Typing,
};
use std::ops::Range;
use std::sync::{Arc, LazyLock};

/// What is asked for beside fields: the object's type, under a name that no field can have.
static TYPENAME: LazyLock<Arc<Name>> = LazyLock::new(|| Name::new(b"__typename"));
/// That there is no such entity.
static MISSING: LazyLock<Arc<Name>> = LazyLock::new(|| Name::new(b""));
static LEAF: LazyLock<Arc<Selection>> = LazyLock::new(Selection::leaf);

/// A fetch on its way through the cache.
#[derive(Debug)]
pub(in crate::execute) struct Lookup {
    /// The root, or the fetch's groups.
    pub(super) groups: Vec<Group>,
    /// What answers depend on beside the question.
    variant: Vec<u8>,
}

/// The root, or the entities of a group.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) shape: ShapeId,
    /// Position among the fetch's groups; none for the root.
    pub(super) entities: Option<usize>,
    /// Whether it is asked about in this request.
    pub(super) live: bool,
    /// The objects; for the root none.
    pub(super) batch: Batch,
    /// The representations, one behind the other, and where each is.
    pub(super) text: Vec<u8>,
    pub(super) texts: Vec<Range<usize>>,
    pub(super) wanted: Vec<Wanted>,
    pub(super) objects: Vec<Found>,
    pub(super) names_type: bool,
}

/// An object and what is kept of it.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) object: Object,
    /// Its type, as far as it is known or kept.
    pub(super) ty: RuntimeType,
    /// The position of its representation.
    pub(super) representation: usize,
    /// The type that names it, and its key: `Product,"id":"1"`.
    pub(super) named: Vec<u8>,
    /// By field: what it requires, as it is sent. Empty where no field requires anything.
    required: Vec<Box<[u8]>>,
    /// What is kept for everyone, and for the client alone.
    records: [Option<Arc<Record>>; 2],
    /// By field: what can be served.
    hits: Vec<Option<Hit>>,
    /// By field: what can be served when a new value cannot be had.
    fallbacks: Vec<Option<Hit>>,
    /// The name of its type, where that is kept with it.
    typename: Option<Hit>,
    /// It is kept that there is no such entity.
    pub(super) missing: Option<Hit>,
}

/// A value of a record.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hit {
    /// Which of the two: 1 is for the client alone.
    record: u8,
    at: u32,
    /// How good it still is.
    pub(super) quality: Quality,
}

/// How good a value still is; better ones first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Quality {
    /// It can be served.
    Fresh,
    /// It can be served while a new one is fetched.
    Stale,
    /// It can be served when a new one cannot be had.
    Fallback,
}

impl Lookup {
    /// The objects that a fetch asks about.
    pub(super) fn of(
        store: &mut Store,
        (plan, fetch, cacheable): (&Plan, &Fetch, &Cacheable),
        liveness: &Liveness,
        variables: &Variables,
        variant: Vec<u8>,
    ) -> Self {
        if let Some(shape) = fetch.root {
            let object = &cacheable.objects[0];
            let mut group = Group::new(object, shape, plan, liveness, variables);
            let (ty, named) = (store.type_of(Object::ROOT), object.typename.as_bytes().to_vec());
            group.objects.push(Found::new(Object::ROOT, ty, 0, named));
            return Self { groups: vec![group], variant };
        }
        let entities = fetch.entities.iter().zip(&cacheable.objects).enumerate();
        let groups = entities.map(|(position, (entities, object))| {
            let mut group = Group::new(object, entities.shape, plan, liveness, variables);
            group.entities = Some(position);
            group.live = liveness.is_live(entities.live);
            if group.live {
                store.tidy(entities.list);
                group.gather((store, plan, liveness), entities, object);
            }
            group
        });
        Self { groups: groups.collect(), variant }
    }

    /// What answers depend on beside the question.
    pub(super) fn variant(&self) -> &[u8] {
        &self.variant
    }

    /// Objects that are not asked about because of what an error of the answer accounts for.
    pub(super) fn lost(&self) -> Vec<(usize, Object)> {
        let groups = self.groups.iter().enumerate();
        groups.flat_map(|(at, group)| group.batch.lost.iter().map(move |&object| (at, object))).collect()
    }

    /// Looks all objects up in memory. Gives the keys of those that lack something.
    pub(super) fn look_up(&mut self, access: &CacheAccess, subgraph: &CachedSubgraph, plan: &Plan) -> Vec<Vec<u8>> {
        let mut lacking = Vec::new();
        let judge = Judge { access, subgraph, now: access.cache.now() };
        for group in self.groups.iter_mut().filter(|group| group.live) {
            let shape = &plan.shapes[group.shape.index()];
            let mut objects = std::mem::take(&mut group.objects);
            for found in &mut objects {
                let keys = found.keys(subgraph, &self.variant, access);
                for (record, key) in found.records.iter_mut().zip(&keys) {
                    *record = access.cache.get(key);
                }
                judge.judge(found, group, shape);
                if group.lacks_any(shape, found) {
                    lacking.extend(keys);
                }
            }
            group.objects = objects;
        }
        lacking
    }

    /// Takes in what others had, in the order of the keys that [`Self::look_up`] gave.
    pub(super) fn take_in(
        &mut self,
        access: &CacheAccess,
        subgraph: &CachedSubgraph,
        plan: &Plan,
        records: Vec<Option<Record>>,
    ) {
        let mut records = records.into_iter();
        let judge = Judge { access, subgraph, now: access.cache.now() };
        for group in self.groups.iter_mut().filter(|group| group.live) {
            let shape = &plan.shapes[group.shape.index()];
            let mut objects = std::mem::take(&mut group.objects);
            for found in &mut objects {
                if !group.lacks_any(shape, found) {
                    continue;
                }
                for (number, key) in found.keys(subgraph, &self.variant, access).iter().enumerate() {
                    if let Some(record) = records.next().flatten() {
                        found.records[number] = Some(access.cache.adopt(key, record));
                    }
                }
                judge.judge(found, group, shape);
            }
            group.objects = objects;
        }
    }
}

impl Group {
    fn new(object: &CacheableObject, shape: ShapeId, plan: &Plan, liveness: &Liveness, variables: &Variables) -> Self {
        Self {
            shape,
            entities: None,
            live: true,
            batch: Batch::default(),
            text: Vec::new(),
            texts: Vec::new(),
            wanted: wanted(object, &plan.shapes[shape.index()], liveness, variables),
            objects: Vec::new(),
            names_type: object.names_type,
        }
    }

    fn gather(&mut self, from: (&Store, &Plan, &Liveness), entities: &EntityGroup, cacheable: &CacheableObject) {
        let (store, plan, liveness) = from;
        let (texts, objects) = (&mut self.texts, &mut self.objects);
        let requires =
            cacheable.fields.iter().any(|field| field.requires.iter().any(|positions| !positions.is_empty()));
        let note = |object, text| {
            texts.push(text);
            objects.push(Found::named(from, (entities, cacheable), object, requires));
        };
        self.batch =
            Batch::write_noting(store, plan, liveness, entities, store.collected(entities.list), &mut self.text, note);
    }

    /// Whether a field is asked for in objects of a type.
    pub(super) fn applies(&self, shape: &ObjectShape, position: usize, ty: RuntimeType) -> bool {
        self.wanted[position].live && shape.fields[position].on.as_ref().is_none_or(|on| on.contains(ty.index()))
    }

    /// Whether the type of an object has to be asked for.
    pub(super) fn lacks_type(&self, found: &Found) -> bool {
        self.names_type && found.typename.is_none()
    }

    /// Whether a field of an object has to be asked for, when values of this quality and better are served.
    pub(super) fn lacks(&self, shape: &ObjectShape, found: &Found, position: usize, served: Quality) -> bool {
        match self.lacks_type(found) {
            true => self.wanted[position].live,
            false => {
                let kept = found.hit(position).is_some_and(|hit| hit.quality <= served);
                self.applies(shape, position, found.ty) && !kept
            }
        }
    }

    fn lacks_any(&self, shape: &ObjectShape, found: &Found) -> bool {
        found.missing.is_none()
            && (self.lacks_type(found)
                || (0..self.wanted.len()).any(|position| self.lacks(shape, found, position, Quality::Fresh)))
    }
}

impl Found {
    fn new(object: Object, ty: RuntimeType, representation: usize, named: Vec<u8>) -> Self {
        Self {
            object,
            ty,
            representation,
            named,
            required: Vec::new(),
            records: [None, None],
            hits: Vec::new(),
            fallbacks: Vec::new(),
            typename: None,
            missing: None,
        }
    }

    /// An entity, whose representation has been written, so that all of it can be.
    fn named(
        (store, plan, liveness): (&Store, &Plan, &Liveness),
        (entities, cacheable): (&EntityGroup, &CacheableObject),
        object: Object,
        requires: bool,
    ) -> Self {
        let ty = store.type_of(object);
        let position = represent::position(&entities.representations, ty).unwrap_or(0);
        let representation = &entities.representations[position];
        let write = |positions: &[usize], out: &mut Vec<u8>| -> Result<(), LeftOut> {
            represent::write_fields(store, plan, liveness, representation, positions, object, out)
        };
        let mut named = representation.typename.as_bytes().to_vec();
        // What cannot be written now could not be written before either.
        let _ = write(&cacheable.keys[position], &mut named);
        let mut found = Self::new(object, ty, position, named);
        if requires {
            let required = cacheable.fields.iter().map(|field| {
                let mut out = Vec::new();
                let _ = write(&field.requires[position], &mut out);
                out.into()
            });
            found.required = required.collect();
        }
        found
    }

    /// What a field requires, as it is sent.
    pub(super) fn required(&self, field: usize) -> &[u8] {
        self.required.get(field).map(|text| &**text).unwrap_or_default()
    }

    /// What can be served for a field.
    pub(super) fn hit(&self, field: usize) -> Option<Hit> {
        self.hits.get(field).copied().flatten()
    }

    /// What can be served for a field when a new value cannot be had.
    pub(super) fn fallback(&self, field: usize) -> Option<Hit> {
        self.fallbacks.get(field).copied().flatten()
    }

    /// The name of its type, where that is kept.
    pub(super) fn typename(&self) -> Option<&[u8]> {
        self.value(self.typename?).map(|(record, kept)| record.json(kept))
    }

    /// A value, with the record that it stands in.
    pub(super) fn value(&self, hit: Hit) -> Option<(&Record, &Kept)> {
        let record = self.records.get(usize::from(hit.record))?.as_deref()?;
        Some((record, record.fields().get(hit.at as usize)?))
    }

    /// Under which it is kept: for everyone, and for the client alone where that is somebody.
    pub(super) fn keys(&self, subgraph: &CachedSubgraph, variant: &[u8], access: &CacheAccess) -> Vec<Vec<u8>> {
        let mut keys = vec![key(&subgraph.name, &self.named, variant, None)];
        if let Some(identity) = &access.identity {
            keys.push(key(&subgraph.name, &self.named, variant, Some(identity)));
        }
        keys
    }
}

impl Hit {
    /// Whether it is for the client alone.
    pub(super) const fn is_private(self) -> bool {
        self.record == 1
    }
}

/// Under which an object is kept: whose it is, what it is, what the answer depends on, for whom. The first two are
/// UTF-8, which has no byte like the one behind them, the third says itself where it ends.
pub(super) fn key(subgraph: &str, named: &[u8], variant: &[u8], identity: Option<&[u8]>) -> Vec<u8> {
    let length = subgraph.len() + named.len() + variant.len() + identity.map_or(0, <[u8]>::len) + 3;
    let mut key = Vec::with_capacity(length);
    for part in [subgraph.as_bytes(), named] {
        key.extend_from_slice(part);
        key.push(0xff);
    }
    key.extend_from_slice(variant);
    if let Some(identity) = identity {
        key.push(0xff);
        key.extend_from_slice(identity);
    }
    key
}

/// Judges what is kept.
struct Judge<'a> {
    access: &'a CacheAccess,
    subgraph: &'a CachedSubgraph,
    now: u64,
}

impl Judge<'_> {
    fn judge(&self, found: &mut Found, group: &Group, shape: &ObjectShape) {
        if found.records.iter().all(Option::is_none) {
            return;
        }
        let slots = slots_of(&self.subgraph.name, &found.named);
        let served = |hit: Option<Hit>| hit.filter(|hit| hit.quality <= Quality::Stale);
        found.missing = served(self.find(found, &slots, &MISSING, b"", &LEAF));
        if group.names_type {
            let named = self.find(found, &slots, &TYPENAME, b"", &LEAF);
            found.typename = named;
            match found.typename().and_then(|json| type_named(shape, json)) {
                Some(ty) => found.ty = ty,
                None => {
                    found.typename = None;
                    return;
                }
            }
        }
        let fields = group.wanted.iter().enumerate();
        let hits: Vec<Option<Hit>> = fields
            .map(|(position, wanted)| {
                let known = wanted.known.as_ref()?;
                self.find(found, &slots, &known.name, found.required(position), &known.selection)
            })
            .collect();
        found.hits = hits.iter().map(|hit| served(*hit)).collect();
        found.fallbacks = hits;
    }

    /// The best value that can be served, of equals one for everyone.
    fn find(
        &self,
        found: &Found,
        slots: &[u32],
        name: &Arc<Name>,
        required: &[u8],
        selection: &Arc<Selection>,
    ) -> Option<Hit> {
        let mut best: Option<Hit> = None;
        for (record, number) in found.records.iter().zip(0_u8..) {
            let Some(record) = record else { continue };
            for (at, kept) in record.of(name, required, selection) {
                let Some(quality) = self.quality(kept, slots) else { continue };
                if best.is_none_or(|best| quality < best.quality) {
                    best = Some(Hit { record: number, at: at as u32, quality });
                }
            }
            if best.is_some_and(|best| best.quality == Quality::Fresh) {
                break;
            }
        }
        best
    }

    fn quality(&self, kept: &Kept, slots: &[u32]) -> Option<Quality> {
        let terms = kept.terms;
        let quality = match self.now {
            now if now < terms.fresh => Quality::Fresh,
            now if now < terms.stale => Quality::Stale,
            now if now < terms.error => Quality::Fallback,
            _ => return None,
        };
        let all = slots.iter().copied().chain(kept.tags.iter().flat_map(|tags| tags.slots()));
        self.access.cache.generations().hold(terms.since, all).then_some(quality)
    }
}

fn type_named(shape: &ObjectShape, json: &[u8]) -> Option<RuntimeType> {
    let Typing::ByName(names) = &shape.typing else { return None };
    let name = json.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    names.iter().find(|named| named.name.as_bytes() == name).map(|named| named.ty)
}

/// What invalidates an object: its subgraph, its type there, itself.
pub(super) fn slots_of(subgraph: &str, named: &[u8]) -> [u32; 3] {
    let ty = named.split(|&byte| byte == b',').next().unwrap_or_default();
    [of_subgraph(subgraph), of_type(subgraph, ty), of_object(subgraph, named)]
}

/// The name under which an object's type is kept.
pub(super) fn typename() -> &'static Arc<Name> {
    &TYPENAME
}

/// The name under which it is kept that there is no such entity.
pub(super) fn missing() -> &'static Arc<Name> {
    &MISSING
}

/// The selection of what has none.
pub(super) fn leaf() -> &'static Arc<Selection> {
    &LEAF
}
