//! What of a fetch can be cached, as the executor needs to know it: per object that is asked about and per
//! field of it. [`caching`](super::caching) works it out.
//!
//! A *part* of a fetch is one field of an object that is asked about (of the root, or of the entities of a
//! group), with all below it; one more is the object itself, with its type. Parts are numbered through the fetch, group
//! by group, the fields in the order of the shapes and the object behind them. The document is cut so that any
//! set of parts can be asked for alone.

use super::model::{LiveId, Piece};
use super::sets::BitSet;
use crate::operation::VariableId;
use crate::supergraph::FieldId;

/// What of a fetch can be cached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cacheable {
    /// The document, cut finer than the fetch's own pieces.
    pub pieces: Box<[PartPiece]>,
    /// By the fetch's variables: the parts that use it.
    pub variables: Box<[BitSet]>,
    /// The root object, or one row for each of the fetch's groups.
    pub objects: Box<[CacheableObject]>,
}

/// A stretch of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartPiece {
    /// The text, and when it is live.
    pub piece: Piece,
    /// It is needed for any of these parts; `None`: for all.
    pub parts: Option<BitSet>,
}

/// An object, or the entities of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheableObject {
    /// The number of the first field's part.
    pub first_part: usize,
    /// The type of a root object; empty for entities, which are named by their representation.
    pub typename: Box<str>,
    /// Whether the reply tells the object's type, so that the name of it is kept and given back with the fields.
    pub names_type: bool,
    /// By the group's representations: the positions of the fields that are of the key, sorted by name.
    pub keys: Box<[Box<[usize]>]>,
    /// By the group's representations: what all that is kept of such an entity is tagged with.
    pub tags: Box<[Box<[CacheTag]>]>,
    /// By the shape's fields.
    pub fields: Box<[CacheableField]>,
}

/// A field of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheableField {
    /// The field, as it was selected.
    pub field: FieldId,
    /// For how long and for whom.
    pub policy: CachePolicy,
    /// The field with its arguments.
    pub name: Template,
    /// What is selected below it, sorted by text; empty for a leaf.
    pub selection: Box<[Selected]>,
    /// By the group's representations: the positions of the fields that it requires beside the key.
    pub requires: Box<[Box<[usize]>]>,
    /// What it is tagged with.
    pub tags: Box<[CacheTag]>,
}

/// For how long and for whom a value may be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CachePolicy {
    /// Seconds; 0 is not at all.
    pub max_age: u32,
    /// Whether it is for the client alone for whom it was fetched.
    pub private: bool,
}

impl CachePolicy {
    /// The stricter of two.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { max_age: self.max_age.min(other.max_age), private: self.private || other.private }
    }
}

/// A field somewhere below another one: the way to it by response keys, each with its field and arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selected {
    /// The units that need it.
    pub live: LiveId,
    /// The way.
    pub path: Template,
}

/// Text with the values of variables in it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Template(pub Box<[TemplatePiece]>);

/// A piece of a [`Template`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum TemplatePiece {
    /// As it is.
    Text(Box<str>),
    /// The JSON of a variable.
    Variable(VariableId),
}

/// The format of a tag, such as `product-{$key.id}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheTag(pub Box<[TagPiece]>);

/// A piece of a [`CacheTag`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TagPiece {
    /// As it is.
    Text(Box<str>),
    /// A field of the entity's key, by the way to it.
    Key(Box<[Box<str>]>),
    /// Something in a variable.
    Variable {
        /// The variable.
        variable: VariableId,
        /// The way to it.
        path: Box<[Box<str>]>,
        /// What stands in for a variable that has no value.
        default: Option<Box<str>>,
    },
}

impl TagPiece {
    /// The text of one that is the same in all requests.
    pub fn into_text(self) -> Option<Box<str>> {
        match self {
            Self::Text(text) => Some(text),
            Self::Key(_) | Self::Variable { .. } => None,
        }
    }
}

/// A tag that is stale once a mutation's field has been resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalidated {
    /// The units that ask for the field.
    pub live: LiveId,
    /// The tag.
    pub tag: CacheTag,
}

impl CacheableObject {
    /// The part that is the object itself.
    pub fn own_part(&self) -> usize {
        self.first_part + self.fields.len()
    }
}

impl Template {
    /// The text when there are no variables in it.
    pub fn fixed(&self) -> Option<&str> {
        match &*self.0 {
            [] => Some(""),
            [TemplatePiece::Text(text)] => Some(text),
            _ => None,
        }
    }
}
