//! The answer, written as bytes: a straight program over the slots.
//!
//! A projection lists the response fields at a position, with their keys ready to be copied. Null
//! propagation is the specification's (section 6.4.4, "Handling Execution Errors"): a null where none
//! may be makes the nearest nullable place around it null. What was written of that place is cut off
//! again, so nothing needs to be known beforehand. An error is added where a null arose for which the
//! answer has none yet, and once only: fields beside it are not looked at any more.
//!
//! What is behind a closed gate is null where the client asked for it, and noted in [`Withheld`].

use super::copy::append;
use super::error::GraphqlError;
use super::report::Report;
use super::response::{OPENING, ResponsePart};
use super::settings::ExecutionLimits;
use super::store::{Object, Store, Value};
use super::trail::Trail;
use super::withheld::Withheld;
use crate::plan::Plan;
use crate::plan::model::{Liveness, Part, ProjectedField, ProjectedSource, ProjectionId, RuntimeType};
use bytes::Bytes;
use std::sync::Arc;

/// What the answer is made of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sources<'a> {
    /// The plan.
    pub(super) plan: &'a Plan,
    /// What the client wants.
    pub(super) liveness: &'a Liveness,
    /// What has arrived.
    pub(super) store: &'a Store,
    /// The answers to `__schema` and `__type`.
    pub(super) introspection: &'a [Bytes],
    /// Bounds.
    pub(super) limits: ExecutionLimits,
    /// Whether the objects of the answer are counted.
    pub(super) counts_objects: bool,
}

/// Writes a part of the answer, behind [`OPENING`].
pub(super) fn project(sources: Sources<'_>, part: &Part, report: &mut Report) -> ResponsePart {
    let size = sources.store.kept_bytes().min(sources.limits.answer_bytes);
    let mut out = Vec::with_capacity(OPENING.len() + size + size / 8 + 256);
    out.extend_from_slice(OPENING);
    let withheld = Withheld::new(sources.limits.errors);
    let objects = if sources.counts_objects { vec![0; sources.plan.projections.len()] } else { Vec::new() };
    let mut projector = Projector { sources, report, withheld, out, depth: 0, objects };
    if projector.object(Object::ROOT, part.projection, &Trail::START).is_err() {
        projector.out.truncate(OPENING.len());
        projector.out.extend_from_slice(b"null");
    }
    let Projector { out: buffer, withheld, objects, .. } = projector;
    // Nothing is shared without allocating.
    let objects = if objects.is_empty() { Arc::default() } else { objects.into() };
    let (errors, withheld) = (report.finish(), withheld.finish());
    ResponsePart { buffer, errors, withheld, objects, ..ResponsePart::default() }
}

/// Why a value was not written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stop {
    /// It is null where no null may be; the error for it is in the report.
    Null,
    /// The answer is too large; nothing of it is given.
    TooLarge,
}

struct Projector<'a, 'r> {
    sources: Sources<'a>,
    report: &'r mut Report,
    withheld: Withheld,
    out: Vec<u8>,
    depth: u32,
    /// How many were written, by projection, as far as there is room.
    objects: Vec<u32>,
}

impl<'a> Projector<'a, '_> {
    /// Writes an object. After a failure the caller cuts off what was written.
    fn object(&mut self, object: Object, id: ProjectionId, trail: &Trail<'_>) -> Result<(), Stop> {
        if self.depth >= self.sources.limits.depth {
            self.report.add(|| {
                let message = "the answer is nested too deeply here";
                GraphqlError::new("REQUEST_LIMIT_EXCEEDED", message, trail.path())
            });
            return Err(Stop::Null);
        }
        if self.out.len() > self.sources.limits.answer_bytes {
            self.report.add(|| GraphqlError::new("REQUEST_LIMIT_EXCEEDED", "the answer is too large", Vec::new()));
            return Err(Stop::TooLarge);
        }
        let plan: &'a Plan = self.sources.plan;
        let ty = self.sources.store.type_of(object);
        if ty == RuntimeType::UNKNOWN && self.needs_type(id) {
            self.report.add(|| {
                let message = "The type of this object is not known, and what is selected depends on it.";
                GraphqlError::new("RESPONSE_VALIDATION_FAILED", message, trail.path())
            });
            return Err(Stop::Null);
        }
        if let Some(count) = self.objects.get_mut(id.index()) {
            *count = count.saturating_add(1);
        }
        self.depth += 1;
        self.out.push(b'{');
        for field in &plan.projections[id.index()].fields {
            let fits = field.on.as_ref().is_none_or(|on| on.contains(ty.index()));
            if fits && self.sources.liveness.is_live(field.live) {
                append(&mut self.out, field.prefix.block(), field.prefix.len());
                self.field(field, object, ty, trail)?;
                self.out.push(b',');
            } else if self.sources.liveness.is_withheld(field.live) && (fits || self.stands_alone(id, field, ty)) {
                append(&mut self.out, field.prefix.block(), field.prefix.len());
                self.withhold(field, 0, &trail.key(Some(&field.response_key)))?;
                self.out.push(b',');
            }
        }
        self.close(b'}');
        self.depth -= 1;
        Ok(())
    }

    /// Whether something is selected for some types only: without its type, what an object has to show is not known.
    #[cold]
    fn needs_type(&self, id: ProjectionId) -> bool {
        let fields = &self.sources.plan.projections[id.index()].fields;
        fields.iter().any(|field| field.on.is_some() && self.sources.liveness.is_live(field.live))
    }

    /// Whether a field that is withheld speaks for its response key in an object of unknown type: whatever the type
    /// is, it does not get the field, and of several that say so the first one does.
    #[cold]
    fn stands_alone(&self, id: ProjectionId, field: &ProjectedField, ty: RuntimeType) -> bool {
        let fields = &self.sources.plan.projections[id.index()].fields;
        let mut alike = fields
            .iter()
            .filter(|other| other.response_key == field.response_key && self.sources.liveness.is_withheld(other.live));
        ty == RuntimeType::UNKNOWN && alike.next().is_some_and(|first| std::ptr::eq(first, field))
    }

    /// Writes null for what the client does not get.
    #[cold]
    fn withhold(&mut self, field: &ProjectedField, level: u8, trail: &Trail<'_>) -> Result<(), Stop> {
        self.withheld.note(field, trail);
        self.null(field, level, Value::Failed, trail)
    }

    /// Puts the closing byte in the place of the last comma.
    #[inline]
    fn close(&mut self, byte: u8) {
        match self.out.last_mut() {
            Some(last) if *last == b',' => *last = byte,
            _ => self.out.push(byte),
        }
    }

    #[inline]
    fn field(
        &mut self,
        field: &ProjectedField,
        object: Object,
        ty: RuntimeType,
        trail: &Trail<'_>,
    ) -> Result<(), Stop> {
        let store: &'a Store = self.sources.store;
        match field.source {
            ProjectedSource::Leaf(slot) => match store.field(object, slot) {
                Value::Leaf { source, offset, len } => {
                    append(&mut self.out, store.text_and_more(source, offset), len as usize);
                    Ok(())
                }
                value => self.leaf(field, 0, value, &trail.key(Some(&field.response_key))),
            },
            ProjectedSource::Object(slot, inner) => {
                self.objects(field, inner, 0, store.field(object, slot), &trail.key(Some(&field.response_key)))
            }
            ProjectedSource::Typename => self.typename(field, ty, trail),
            ProjectedSource::Introspection(position) => match self.sources.introspection.get(position as usize) {
                Some(json) => {
                    self.out.extend_from_slice(json);
                    Ok(())
                }
                None => self.null(field, 0, Value::Absent, &trail.key(Some(&field.response_key))),
            },
        }
    }

    fn typename(&mut self, field: &ProjectedField, ty: RuntimeType, trail: &Trail<'_>) -> Result<(), Stop> {
        match self.sources.plan.types.get(ty.index()) {
            Some(ty) => {
                self.out.push(b'"');
                self.out.extend_from_slice(ty.name.as_bytes());
                self.out.push(b'"');
                Ok(())
            }
            None => self.null(field, 0, Value::Absent, &trail.key(Some(&field.response_key))),
        }
    }

    /// Writes a leaf or lists of leaves, `level` lists inside the field.
    fn leaf(&mut self, field: &ProjectedField, level: u8, value: Value, trail: &Trail<'_>) -> Result<(), Stop> {
        let store: &'a Store = self.sources.store;
        match value {
            Value::Leaf { source, offset, len } => self.out.extend_from_slice(store.text(source, offset, len)),
            Value::Bare { source, offset, len } => {
                self.out.push(b'"');
                self.out.extend_from_slice(store.text(source, offset, len));
                self.out.push(b'"');
            }
            Value::List { start, len } if level < field.wrapping.lists => {
                let elements = store.elements(start, len);
                return self.list(field, level, elements, trail, |this, element, trail| {
                    this.leaf(field, level + 1, element, trail)
                });
            }
            other => return self.null(field, level, other, trail),
        }
        Ok(())
    }

    /// Writes an object or lists of objects, `level` lists inside the field.
    fn objects(
        &mut self,
        field: &ProjectedField,
        inner: ProjectionId,
        level: u8,
        value: Value,
        trail: &Trail<'_>,
    ) -> Result<(), Stop> {
        match value {
            Value::Object(object) if level == field.wrapping.lists && self.is_hidden(object) => {
                self.null(field, level, Value::Null, trail)
            }
            Value::Object(object) if level == field.wrapping.lists && self.is_withheld(object) => {
                self.withhold(field, level, trail)
            }
            Value::Object(object) if level == field.wrapping.lists => {
                let (start, depth) = (self.out.len(), self.depth);
                match self.object(object, inner, trail) {
                    Err(Stop::Null) => {
                        self.out.truncate(start);
                        self.depth = depth;
                        self.null(field, level, Value::Failed, trail)
                    }
                    done => done,
                }
            }
            Value::List { start, len } if level < field.wrapping.lists => {
                let elements = self.sources.store.elements(start, len);
                self.list(field, level, elements, trail, |this, element, trail| {
                    this.objects(field, inner, level + 1, element, trail)
                })
            }
            other => self.null(field, level, other, trail),
        }
    }

    /// Whether clients may not see objects of its type.
    fn is_hidden(&self, object: Object) -> bool {
        let ty = self.sources.store.type_of(object);
        self.sources.plan.types.get(ty.index()).is_some_and(|ty| ty.hidden)
    }

    /// Whether this client may not see objects of its type.
    fn is_withheld(&self, object: Object) -> bool {
        self.sources.liveness.withholds_type(self.sources.store.type_of(object))
    }

    #[inline]
    fn list(
        &mut self,
        field: &ProjectedField,
        level: u8,
        elements: &[Value],
        trail: &Trail<'_>,
        mut element: impl FnMut(&mut Self, Value, &Trail<'_>) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        let (start, depth) = (self.out.len(), self.depth);
        self.out.push(b'[');
        for (index, &value) in elements.iter().enumerate() {
            match element(self, value, &trail.index(index)) {
                Ok(()) => self.out.push(b','),
                Err(Stop::Null) => {
                    self.out.truncate(start);
                    self.depth = depth;
                    return self.null(field, level, Value::Failed, trail);
                }
                Err(stop) => return Err(stop),
            }
        }
        self.close(b']');
        Ok(())
    }

    /// Writes `null`, or passes it on to what is around when there may be none here. Anything else than a
    /// lack that is accounted for gets its error now.
    #[cold]
    fn null(&mut self, field: &ProjectedField, level: u8, value: Value, trail: &Trail<'_>) -> Result<(), Stop> {
        if !field.wrapping.is_non_null(level) {
            self.out.extend_from_slice(b"null");
            return Ok(());
        }
        if !matches!(value, Value::Failed | Value::Missing) {
            self.report.add(|| {
                let message = format!("Cannot return null for non-nullable field {}.", field.coordinate);
                GraphqlError::new("RESPONSE_VALIDATION_FAILED", message, trail.path())
            });
        }
        Err(Stop::Null)
    }
}
