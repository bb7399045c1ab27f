//! How two types of one place relate: the same, one that takes in fewer values, or neither.

use apollo_compiler::ast::Type;

/// Whether every value of `narrow` is one of `wide`, going by lists and non-null alone: `[Int!]!` is narrower than
/// `[Int]`. A type is narrower than itself, too.
pub(super) fn is_narrower(narrow: &Type, wide: &Type) -> bool {
    match (narrow, wide) {
        (Type::Named(narrow) | Type::NonNullNamed(narrow), Type::Named(wide)) => narrow == wide,
        (Type::NonNullNamed(narrow), Type::NonNullNamed(wide)) => narrow == wide,
        (Type::List(narrow) | Type::NonNullList(narrow), Type::List(wide)) => is_narrower(narrow, wide),
        (Type::NonNullList(narrow), Type::NonNullList(wide)) => is_narrower(narrow, wide),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use apollo_compiler::ty;

    #[test]
    fn fewer_nulls_are_narrower() {
        assert!(is_narrower(&ty!([Int!]!), &ty!([Int])));
        assert!(is_narrower(&ty!([Int]), &ty!([Int])));
        assert!(!is_narrower(&ty!([Int]), &ty!([Int!])));
        assert!(!is_narrower(&ty!(Int!), &ty!([Int])));
        assert!(!is_narrower(&ty!([[Int]!]), &ty!([[Int!]])));
        assert!(!is_narrower(&ty!(Int!), &ty!(Float)));
    }
}
