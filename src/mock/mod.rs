//! Mocks: a subgraph that does not exist yet, answered from its schema.
//!
//! A [`Mock`] takes a subgraph's SDL and answers what the gateway asks of it, `_entities` included. Its values are
//! made up but not random: the same thing has the same values however it is reached and whenever it is asked for,
//! so that a list, a look-up by id and an entity agree.
//!
//! - [`identity`]: which thing an object is, and the numbers that its made-up values are drawn from;
//! - [`answer`]: an operation walked over the schema;
//! - [`value`]: made-up leaves, by the field's name and type;
//! - [`service`]: all mocks of a graph behind one port;
//! - [`events`]: subscriptions, for which something happens every now and then.
//!
//! Deliberately absent: validation of what is asked, for only the gateway asks; and state, so a mutation changes
//! nothing.

mod answer;
mod events;
mod identity;
mod service;
mod value;

pub use answer::Mock;
pub use service::Mocks;
