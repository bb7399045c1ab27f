//! Choices: where resolving can go more than one way, and which way it goes.
//!
//! Resolving is deterministic but for its choices, so a list of positions, a *script*, names a plan: the
//! first choice takes the script's first alternative, and so on; past the script's end the first
//! alternative is taken, which is the one that the resolver's estimates prefer. [`search`](super::search)
//! resolves an operation again under one script after another.

use super::draft::PlaceId;
use super::model::Cost;
use crate::graph::FieldSetId;
use crate::supergraph::{SubgraphId, TypeId};

/// Where there is a choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Point {
    /// The response position.
    pub place: PlaceId,
    /// The field wanted there; none where the objects as a whole are meant.
    pub entry: Option<usize>,
    /// The type of the objects.
    pub ty: TypeId,
    /// What is chosen.
    pub question: Question,
}

/// What is chosen at a [`Point`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// Who resolves a field that the client wants.
    Field,
    /// Who supplies a field of a key or a requirement.
    Input,
    /// Which key names the entities.
    Key,
    /// Who tells the type of objects that are known as an interface object.
    Type,
}

/// One way to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Alternative {
    /// Who is asked.
    pub subgraph: SubgraphId,
    /// The earliest round in which it can be.
    pub level: u32,
    /// How it is reached.
    pub route: Route,
}

/// How a subgraph is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// It is the one that gave the object, or a request to it is there already.
    Here,
    /// By an entity request.
    Entity,
    /// By an entity request under this key.
    Key(FieldSetId),
    /// By asking it for the path to the position too.
    Path,
}

/// A choice that was made.
#[derive(Debug, Clone)]
pub struct Choice {
    /// Where.
    pub point: Point,
    /// Between what; the preferred one first.
    pub alternatives: Vec<Alternative>,
    /// The position of the alternative taken.
    pub taken: usize,
    /// No plan that makes the same choices before this one costs less.
    pub bound: Cost,
}

/// The choices of one resolving: those that the script prescribes, then those that estimates prefer.
#[derive(Debug, Clone, Default)]
pub struct Choices {
    script: Vec<usize>,
    /// The choices made so far.
    pub made: Vec<Choice>,
}

impl Choices {
    /// Choices that follow a script.
    pub fn following(script: Vec<usize>) -> Self {
        Self { script, made: Vec::new() }
    }

    /// Whether the next choice is prescribed.
    pub fn is_prescribed(&self) -> bool {
        self.made.len() < self.script.len()
    }

    /// Makes the next choice, and gives the position of the alternative to take.
    pub fn make(&mut self, point: Point, alternatives: Vec<Alternative>, bound: Cost) -> usize {
        let wished = self.script.get(self.made.len()).copied().unwrap_or(0);
        let taken = wished.min(alternatives.len().saturating_sub(1));
        self.made.push(Choice { point, alternatives, taken, bound });
        taken
    }
}
