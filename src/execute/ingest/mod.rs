//! Reading a reply into the store, driven by the shapes of the plan.
//!
//! In go a reply's bytes and what was asked; the values go straight to their slots, and out comes
//! what is wrong with the reply. There is no tree in between: the parser knows which key comes next
//! and where its value goes, a leaf is checked and noted as a span, and what nobody asked for is
//! skipped. All is linear in the reply's bytes.
//!
//! - [`object`]: keys, predicted and looked up;
//! - [`typing`]: which type an object is of;
//! - [`leaf`], [`list`]: values;
//! - [`entities`]: the lists of entities, checked against what was asked;
//! - [`again`]: the fields of objects that are the root again;
//! - [`reported`]: the `errors` of a reply.
//!
//! A reply that is not JSON to its last byte is refused as a whole, and the store is taken back. A
//! value that is not what was asked becomes null and a [`Complaint`].

mod again;
mod entities;
mod leaf;
mod list;
mod object;
pub(super) mod reported;
mod typing;

use super::batch::Batch;
use super::error::PathSegment;
use super::scan::{Malformed, Scanner};
use super::store::{Object, Savepoint, Store, Value};
use super::trail::Trail;
use crate::plan::Plan;
use crate::plan::model::{Fetch, Liveness, RuntimeType, ShapeField, ShapeId};
use ahash::{AHashMap, AHashSet};
use bytes::Bytes;
use std::ops::Range;

pub(super) use entities::Group;

/// How one fetch's reply is to be read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    /// The plan.
    pub(super) plan: &'a Plan,
    /// What was asked for.
    pub(super) liveness: &'a Liveness,
    /// The fetch.
    pub(super) fetch: &'a Fetch,
    /// By the fetch's groups.
    pub(super) batches: &'a [Batch],
    /// Levels of nesting allowed.
    pub(super) depth: u32,
    /// The most complaints worth keeping.
    pub(super) complaints: usize,
    /// The fields that were asked for, when not all of the fetch's were: the others are cached.
    pub(super) only: Option<&'a Only>,
    /// Whether it is to be noted where the fields' values stand, to be cached.
    pub(super) note: bool,
}

/// Some fields of the objects that a fetch asks about.
#[derive(Debug, Clone, Default)]
pub(super) struct Only {
    /// The shape of the root or of a group's entities, and for each of its fields whether it is asked for.
    pub(super) fields: Vec<(ShapeId, Vec<bool>)>,
}

impl Only {
    /// Whether a field was asked for.
    pub(super) fn holds(&self, shape: ShapeId, position: usize) -> bool {
        let fields = self.fields.iter().find(|(id, _)| *id == shape).map(|(_, fields)| fields);
        fields.is_none_or(|fields| fields.get(position).copied().unwrap_or(true))
    }
}

impl Asked<'_> {
    /// Whether a field of a shape was asked for, its conditions aside.
    pub(super) fn asks_for(&self, shape: ShapeId, position: usize) -> bool {
        self.only.is_none_or(|only| only.holds(shape, position))
    }
}

/// Where the value of a field of an object that was asked about stands in the reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Note {
    /// Position in the fetch's groups; 0 for the root.
    pub(super) group: usize,
    /// Position in the list of entities; 0 for the root.
    pub(super) index: usize,
    /// Position among the shape's fields; none: the entity itself is null.
    pub(super) field: Option<usize>,
    /// Where.
    pub(super) at: Range<usize>,
}

/// What a reply turned out to hold.
#[derive(Debug)]
pub(super) struct Ingested {
    /// Its `data`.
    pub(super) data: Data,
    /// Where its `errors` are, when it has any key of that name.
    pub(super) errors: Option<Range<usize>>,
    /// How its groups of entities came, by the fetch's groups.
    pub(super) groups: Vec<Group>,
    /// Where a null came for an object or list of objects that another fetch had brought, whose fields of
    /// this fetch so lack.
    pub(super) hollow: Vec<(Value, ShapeId)>,
    /// The store as it was before.
    pub(super) before: Savepoint,
    /// What is wrong with single values.
    pub(super) complaints: Vec<Complaint>,
    /// How many more complaints there were.
    pub(super) left_out: usize,
    /// Fields that were asked for and did not come, one complaint each.
    pub(super) lacking: Vec<Complaint>,
    /// Where the values are, when that was to be noted.
    pub(super) notes: Vec<Note>,
}

/// What stood under `data`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Data {
    /// There was no such key.
    Lacking,
    /// `null`.
    Null,
    /// An object.
    Object,
}

/// Something in a reply that is not what was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Complaint {
    /// In which object of the answer.
    pub(super) place: Place,
    /// Where in it.
    pub(super) tail: Vec<PathSegment>,
    /// What is wrong.
    pub(super) reason: &'static str,
}

/// What an error of a fetch is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// The root object, or no place at all.
    Root,
    /// An entity of a reply, and so every object that it was asked for.
    Entity {
        /// Position in the fetch's groups.
        group: usize,
        /// Position in the list of entities.
        index: usize,
    },
    /// The position of a group, without saying which object.
    Group(usize),
}

/// Reads a reply into the store. When it fails, the store is as it was before.
pub(super) fn read(store: &mut Store, asked: Asked<'_>, body: &Bytes) -> Result<Ingested, Malformed> {
    let (source, savepoint) = store.begin(body.clone())?;
    let result = Reader::new(store, asked, source, body).and_then(|reader| reader.reply(savepoint));
    if result.is_err() {
        store.discard(savepoint);
    }
    result
}

/// A reader of one reply.
struct Reader<'a> {
    scan: Scanner<'a>,
    store: &'a mut Store,
    asked: Asked<'a>,
    source: u16,
    /// Elements of the lists that are being read.
    pending: Vec<Value>,
    place: Place,
    complaints: Vec<Complaint>,
    left_out: usize,
    lacking: Vec<Complaint>,
    hollow: Vec<(Value, ShapeId)>,
    notes: Vec<Note>,
    lacks: AHashSet<(ShapeId, usize)>,
    /// The fields of wide shapes by key, made when a reply's order cannot be predicted.
    by_key: AHashMap<ShapeId, Box<[usize]>>,
    /// How many bytes may yet be read a second time.
    rereads: usize,
}

impl<'a> Reader<'a> {
    fn new(store: &'a mut Store, asked: Asked<'a>, source: u16, body: &'a [u8]) -> Result<Self, Malformed> {
        Ok(Self {
            scan: Scanner::new(body, asked.depth)?,
            store,
            asked,
            source,
            pending: Vec::new(),
            place: Place::Root,
            complaints: Vec::new(),
            left_out: 0,
            lacking: Vec::new(),
            hollow: Vec::new(),
            notes: Vec::new(),
            lacks: AHashSet::new(),
            by_key: AHashMap::new(),
            // An object whose type comes last, in another such object, and so on: 16 levels of it.
            rereads: body.len().saturating_mul(16),
        })
    }

    fn reply(mut self, before: Savepoint) -> Result<Ingested, Malformed> {
        if self.scan.token() != b'{' {
            return Err(Malformed(&"it is not a JSON object"));
        }
        self.scan.enter()?;
        let mut data = Data::Lacking;
        let mut errors = None;
        let mut groups = vec![Group::Lacking; self.asked.fetch.entities.len()];
        let mut more = self.scan.any(b'}');
        while more {
            let key = self.scan.key()?;
            let key = self.scan.text(key);
            self.scan.expect(b':')?;
            let first = self.scan.token();
            match &*key {
                b"data" => data = self.data(first, &mut groups)?,
                b"errors" => {
                    let start = self.scan.position();
                    self.scan.skip()?;
                    errors = Some(start..self.scan.position());
                }
                _ => self.scan.skip()?,
            }
            more = self.scan.more(b'}')?;
        }
        self.scan.end()?;
        let Self { hollow, complaints, left_out, lacking, notes, .. } = self;
        Ok(Ingested { data, errors, groups, hollow, before, complaints, left_out, lacking, notes })
    }

    fn data(&mut self, first: u8, groups: &mut [Group]) -> Result<Data, Malformed> {
        match (first, self.asked.fetch.root) {
            (b'n', _) => {
                self.scan.word(b"null")?;
                Ok(Data::Null)
            }
            (b'{', Some(root)) => {
                self.place = Place::Root;
                self.top_object(root, Object::ROOT)?;
                Ok(Data::Object)
            }
            (b'{', None) => {
                self.entities(groups)?;
                Ok(Data::Object)
            }
            _ => Err(Malformed(&"its `data` is no object")),
        }
    }

    /// Whether a field was asked for in an object of this type.
    #[inline]
    fn applies(&self, field: &ShapeField, ty: RuntimeType) -> bool {
        field.on.as_ref().is_none_or(|on| on.contains(ty.index())) && self.asked.liveness.is_live(field.live)
    }

    /// Notes where the value of a field stands, or that there is no entity.
    fn note(&mut self, field: Option<usize>, at: Range<usize>) {
        let (group, index) = match self.place {
            Place::Entity { group, index } => (group, index),
            Place::Root | Place::Group(_) => (0, 0),
        };
        self.notes.push(Note { group, index, field, at });
    }

    #[cold]
    fn complain(&mut self, trail: &Trail<'_>, reason: &'static str) {
        if self.complaints.len() < self.asked.complaints {
            self.complaints.push(Complaint { place: self.place, tail: trail.path(), reason });
        } else {
            self.left_out += 1;
        }
    }

    /// A field did not come. Said once for each field: it will lack in every object of its kind.
    #[cold]
    fn lacks(&mut self, shape: ShapeId, position: usize, trail: &Trail<'_>) {
        if self.lacking.len() < self.asked.complaints && self.lacks.insert((shape, position)) {
            let reason = "a field that was asked for is not in it";
            self.lacking.push(Complaint { place: self.place, tail: trail.path(), reason });
        }
    }

    /// Counts bytes that are read a second time.
    fn reread(&mut self, bytes: usize) -> Result<(), Malformed> {
        match self.rereads.checked_sub(bytes) {
            Some(left) => self.rereads = left,
            None => return Err(Malformed(&"its `__typename`s come too late")),
        }
        Ok(())
    }

    fn savepoint(&self) -> Savepoint {
        self.store.savepoint()
    }
}
