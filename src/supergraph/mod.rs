//! The supergraph: every type of the composed graph and, for every field, which subgraphs resolve it.
//!
//! Its text form is SDL with `join__` directives: [`parse()`] reads join v0.2 to v0.5, [`render()`]
//! writes v0.5, and reading what was written gives the same model. [`api_schema`] is the supergraph
//! as a client sees it.

mod api;
mod caching;
mod ids;
mod links;
mod model;
mod parse;
mod render;
mod tag_format;
mod type_set;

pub use api::{Hidden, api_document, api_schema, api_sdl, is_executable};
pub use caching::{CacheControl, CacheScope};
pub use ids::{FieldId, SubgraphId, TypeId};
pub use model::{
    Argument, EnumValue, Field, Implements, InputField, JoinDirective, JoinField, JoinType, Link, PLAIN_JOIN, Subgraph,
    Supergraph, Type, TypeKind, UnionMember,
};
pub use parse::parse;
pub use render::render;
pub use tag_format::{TagFormatPiece, tag_format, unfillable};
pub use type_set::{PossibleTypes, TypeSet};
