//! `@skip` and `@include` on variables, as guards.
//!
//! A guard is a disjunction of conjunctions: a response field that is selected twice is wanted when
//! either occurrence is, and an occurrence is wanted when all conditions on the way to it hold.

use super::VariableId;

/// When something is wanted: at least one conjunction holds. No conjunction at all: never;
/// an empty conjunction: always.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Guard {
    any: Vec<Vec<Literal>>,
}

/// A boolean variable that must have a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Literal {
    /// The variable.
    pub variable: VariableId,
    /// `true` for `@include(if:)`, `false` for `@skip(if:)`.
    pub value: bool,
}

/// The values that the condition variables have in one request.
#[derive(Debug, Clone, Default)]
pub struct ConditionValues {
    /// By [`VariableId`]; whatever is not `true` is `false`.
    values: Vec<bool>,
}

impl ConditionValues {
    /// The values by [`VariableId`].
    pub const fn new(values: Vec<bool>) -> Self {
        Self { values }
    }

    /// The value of one variable.
    pub fn get(&self, variable: VariableId) -> bool {
        self.values.get(variable.index()).copied().unwrap_or(false)
    }
}

impl Guard {
    /// Holds always.
    pub fn always() -> Self {
        Self { any: vec![Vec::new()] }
    }

    /// Holds never.
    pub const fn never() -> Self {
        Self { any: Vec::new() }
    }

    /// Holds when all literals do.
    pub fn all(mut literals: Vec<Literal>) -> Self {
        literals.sort_unstable();
        literals.dedup();
        let contradicts = literals.windows(2).any(|pair| pair[0].variable == pair[1].variable);
        if contradicts { Self::never() } else { Self { any: vec![literals] } }
    }

    /// Whether it holds whatever the variables are.
    pub fn is_always(&self) -> bool {
        self.any.iter().any(Vec::is_empty)
    }

    /// Whether it can not hold.
    pub fn is_never(&self) -> bool {
        self.any.is_empty()
    }

    /// Whether it holds in one request.
    pub fn holds(&self, values: &ConditionValues) -> bool {
        self.holds_where(|variable| values.get(variable))
    }

    /// Whether it holds where `is_true` says which variables are.
    pub fn holds_where(&self, is_true: impl Fn(VariableId) -> bool) -> bool {
        self.any.iter().any(|all| all.iter().all(|literal| is_true(literal.variable) == literal.value))
    }

    /// Holds when either does.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        let mut any: Vec<Vec<Literal>> = Vec::with_capacity(self.any.len() + other.any.len());
        for conjunction in self.any.iter().chain(&other.any) {
            if any.iter().any(|weaker| implies(conjunction, weaker)) {
                continue;
            }
            any.retain(|stronger| !implies(stronger, conjunction));
            any.push(conjunction.clone());
        }
        any.sort_unstable();
        Self { any }
    }

    /// Holds when both do.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let mut result = Self::never();
        for a in &self.any {
            for b in &other.any {
                result = result.or(&Self::all(a.iter().chain(b).copied().collect()));
            }
        }
        result
    }

    /// The text form: `$a and not $b, or $c`.
    pub fn print(&self, name: impl Fn(VariableId) -> String) -> String {
        let conjunctions: Vec<String> = self
            .any
            .iter()
            .map(|all| {
                let literal = |literal: &Literal| {
                    format!("{}{}", if literal.value { "" } else { "not " }, name(literal.variable))
                };
                all.iter().map(literal).collect::<Vec<_>>().join(" and ")
            })
            .collect();
        conjunctions.join(", or ")
    }

    /// How many conjunctions it has; whoever joins guards of a client's making bounds it.
    pub fn size(&self) -> usize {
        self.any.len()
    }

    /// The variables it looks at.
    pub fn variables(&self) -> impl Iterator<Item = VariableId> + '_ {
        self.any.iter().flatten().map(|literal| literal.variable)
    }
}

/// Whether `strong` holding means that `weak` holds: it has all of its literals.
fn implies(strong: &[Literal], weak: &[Literal]) -> bool {
    weak.iter().all(|literal| strong.contains(literal))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn literal(variable: u32, value: bool) -> Literal {
        Literal { variable: VariableId(variable), value }
    }

    #[test]
    fn guards_absorb() {
        let a = Guard::all(vec![literal(0, true)]);
        let ab = Guard::all(vec![literal(1, false), literal(0, true)]);
        assert_eq!(a.or(&ab), a);
        assert!(a.or(&Guard::always()).is_always());
        assert!(Guard::all(vec![literal(0, true), literal(0, false)]).is_never());
        assert_eq!(a.and(&ab), ab);
    }

    #[test]
    fn guards_hold_by_the_variables() {
        let guard = Guard::all(vec![literal(0, true), literal(1, false)]);
        assert!(guard.holds(&ConditionValues::new(vec![true, false])));
        assert!(!guard.holds(&ConditionValues::new(vec![true, true])));
        assert!(!Guard::never().holds(&ConditionValues::default()));
    }
}
