//! The arguments of fields, and the enum and the input objects that they are of.

use super::super::features::Features;
use super::super::random::Random;
use super::Of;

/// Declared by every subgraph that mentions them.
pub const INPUTS: &str = "enum Tone { WARM COLD MILD }
input Shape { size: Int = 2, tone: Tone = COLD, inner: Shape, tags: [String!], edges: [[Int]] }
";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arguments {
    None,
    /// `x: Int = 3`.
    Number,
    /// `x`, an enum, an input object and a list of lists.
    Rich,
}

impl Arguments {
    pub(super) fn generate(random: &mut Random, features: Features, of: Of, list: bool) -> Self {
        match of {
            Of::String if !list && features.rich_arguments && random.percent(25) => Self::Rich,
            Of::String if !list && random.percent(15) => Self::Number,
            Of::Object(_) | Of::Abstract(_) if features.rich_arguments && random.percent(20) => Self::Number,
            _ => Self::None,
        }
    }

    /// Between the field's name and the colon.
    pub const fn sdl(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Number => "(x: Int = 3)",
            Self::Rich => "(x: Int! = 3, tone: Tone = WARM, shape: Shape, lists: [[Int!]!])",
        }
    }
}
