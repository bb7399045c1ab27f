//! Subgraphs: one service's SDL read and validated.
//!
//! Takes a name, a URL and a source text; gives a [`Subgraph`], or every error found. The steps, in
//! the order in which [`Subgraph::parse`] takes them:
//!
//! 1. [`document`]: text -> syntax tree, without the federation machinery (`_service`, `_entities`);
//! 2. [`link`]: `@link` -> which directive names mean what here, with [`feature`] and [`conflicts`]; no federation
//!    link is Federation 1;
//! 3. [`definitions`]: the definitions that `@link` promises are added, those that the text has of its own are
//!    compared with them ([`own_definitions`]; [`caching`] for what no link promises), then the whole must be valid GraphQL;
//! 4. [`reading`]: the valid schema -> the model, directives under their canonical names, root types
//!    called `Query`, `Mutation` and `Subscription`;
//! 5. [`marks`]: which fields are keys, provided, or external for a use;
//! 6. [`validate`]: the rules of federation that one subgraph can break alone.
//!
//! Beside them [`lint()`] says which habits a valid subgraph breaks.
//!
//! Federation 1 schemas are read as they are. Their upgrade needs to see the other subgraphs, so
//! composition calls [`federation1::upgrade`] on all of them together.

mod caching;
mod code;
mod conflicts;
mod context;
mod definitions;
mod document;
mod feature;
pub mod federation1;
mod field_set;
mod link;
mod lint;
mod locator;
mod marks;
mod model;
mod own_definitions;
mod reading;
mod selected;
mod specification;
mod validate;

pub use code::Code;
pub use context::ContextArgument;
pub use feature::{Feature, Import};
pub use field_set::{FieldSelection, FieldSet, Selection};
pub use lint::{RULES, lint};
pub use locator::Locator;
pub use model::{Composite, EnumValue, Field, Key, Override, Subgraph, Type, TypeKind, Version, is_root};
pub use selected::fields_selected;

use crate::diagnostic::{Diagnostic, Source};
use std::sync::Arc;

/// What may be found only because a field set could not be read.
const CONSEQUENCES: [Code; 4] = [
    Code::ExternalUnused,
    Code::InterfaceObjectUsageError,
    Code::InterfaceKeyNotOnImplementation,
    Code::ContextNoResolvableKey,
];

impl Subgraph {
    /// Reads and validates the SDL of the subgraph `name`, which is reached at `url`.
    ///
    /// # Errors
    /// All that is wrong with it, in the order of the text where the stage allows.
    pub fn parse(name: &str, url: &str, source: Arc<Source>) -> Result<Self, Vec<Diagnostic>> {
        let document = document::parse(source)?;
        let links = link::read(&document)?;
        let schema = definitions::complete(&document, &links)?;
        let (mut subgraph, mut errors) = reading::read(name, url, &document, links, &schema);
        marks::mark(&mut subgraph);
        let is_certain = errors.is_empty();
        let found = validate::validate(&subgraph).into_iter();
        errors.extend(found.filter(|error| is_certain || !CONSEQUENCES.iter().any(|code| code.as_str() == error.code)));
        if errors.is_empty() { Ok(subgraph) } else { Err(errors) }
    }
}
