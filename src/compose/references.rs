//! Types of fields, arguments and input fields: subgraphs may give different ones that still fit together.
//!
//! What a field gives is the widest of its types: nullable where one is, the interface where one is. What an
//! argument takes is the narrowest, so that no subgraph gets what it cannot take.

use super::sources::Sources;
use apollo_compiler::ast::Type;

/// Whether a type is given or taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variance {
    /// The type of a field.
    Given,
    /// The type of an argument or input field.
    Taken,
}

/// What became of several types.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reconciled {
    /// They are all the same.
    Equal(Type),
    /// They differ, and this one serves for all.
    Compatible(Type),
    /// No one of them serves for all.
    Incompatible,
}

impl Reconciled {
    /// The type, if one serves.
    pub fn chosen(self) -> Option<Type> {
        match self {
            Self::Equal(ty) | Self::Compatible(ty) => Some(ty),
            Self::Incompatible => None,
        }
    }
}

/// Finds the one of `types` that serves for all.
///
/// # Panics
/// When there are no types.
pub fn reconcile<'t>(
    sources: &Sources<'_>,
    types: impl Iterator<Item = &'t Type> + Clone,
    variance: Variance,
) -> Reconciled {
    let mut all = types.clone();
    let first = all.next().expect("there is something to merge");
    if all.all(|ty| ty == first) {
        return Reconciled::Equal(first.clone());
    }
    let widest = types.clone().fold(first, |widest, ty| if is_subtype(sources, widest, ty) { ty } else { widest });
    let narrowest =
        types.clone().fold(first, |narrowest, ty| if is_subtype(sources, ty, narrowest) { ty } else { narrowest });
    let (chosen, serves) = match variance {
        Variance::Given => (widest, types.clone().all(|ty| is_subtype(sources, ty, widest))),
        Variance::Taken => (narrowest, types.clone().all(|ty| is_subtype(sources, narrowest, ty))),
    };
    if serves { Reconciled::Compatible(chosen.clone()) } else { Reconciled::Incompatible }
}

/// Whether every value of `sub` is a value of `wide`.
pub fn is_subtype(sources: &Sources<'_>, sub: &Type, wide: &Type) -> bool {
    match (sub, wide) {
        (Type::Named(sub) | Type::NonNullNamed(sub), Type::Named(wide)) => sub == wide || sources.is_below(sub, wide),
        (Type::NonNullNamed(sub), Type::NonNullNamed(wide)) => sub == wide || sources.is_below(sub, wide),
        (Type::List(sub) | Type::NonNullList(sub), Type::List(wide)) => is_subtype(sources, sub, wide),
        (Type::NonNullList(sub), Type::NonNullList(wide)) => is_subtype(sources, sub, wide),
        _ => false,
    }
}
