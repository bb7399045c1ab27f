//! Sets of object types, and which object types an abstract type can be.

use super::{Supergraph, TypeId, TypeKind};

/// A set of object types, sorted by id. Sets are small: the runtime types of one position.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct TypeSet(Vec<TypeId>);

impl TypeSet {
    /// The set without any type.
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// The set of one type.
    pub fn one(ty: TypeId) -> Self {
        Self(vec![ty])
    }

    /// The types, ascending.
    pub fn iter(&self) -> impl Iterator<Item = TypeId> + '_ {
        self.0.iter().copied()
    }

    /// The types, ascending.
    pub fn as_slice(&self) -> &[TypeId] {
        &self.0
    }

    /// How many types there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `ty` is in the set.
    pub fn contains(&self, ty: TypeId) -> bool {
        self.0.binary_search(&ty).is_ok()
    }

    /// Whether every type is in `other`.
    pub fn is_subset(&self, other: &Self) -> bool {
        self.0.len() <= other.0.len() && self.iter().all(|ty| other.contains(ty))
    }

    /// The types in both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let (small, large) = if self.len() <= other.len() { (self, other) } else { (other, self) };
        Self(small.iter().filter(|&ty| large.contains(ty)).collect())
    }

    /// The types that are not in `other`.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        Self(self.iter().filter(|&ty| !other.contains(ty)).collect())
    }

    /// The types in either.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        self.iter().chain(other.iter()).collect()
    }
}

impl FromIterator<TypeId> for TypeSet {
    fn from_iter<I: IntoIterator<Item = TypeId>>(types: I) -> Self {
        let mut types: Vec<TypeId> = types.into_iter().collect();
        types.sort_unstable();
        types.dedup();
        Self(types)
    }
}

/// For every type, the object types its values can have.
#[derive(Debug, Clone, Default)]
pub struct PossibleTypes {
    by_type: Vec<TypeSet>,
}

impl PossibleTypes {
    /// Reads them off the members and implementations, whatever the subgraph.
    pub fn new(supergraph: &Supergraph) -> Self {
        let mut by_type: Vec<Vec<TypeId>> = vec![Vec::new(); supergraph.types.len()];
        for (index, ty) in supergraph.types.iter().enumerate() {
            let id = TypeId::from_index(index);
            match &ty.kind {
                TypeKind::Object { implements, .. } => {
                    by_type[index].push(id);
                    for implemented in implements {
                        by_type[implemented.interface.index()].push(id);
                    }
                }
                TypeKind::Union { members } => {
                    by_type[index].extend(members.iter().map(|member| member.member));
                }
                _ => {}
            }
        }
        Self { by_type: by_type.into_iter().map(TypeSet::from_iter).collect() }
    }

    /// The object types that values of `ty` can have: itself for an object type.
    pub fn of(&self, ty: TypeId) -> &TypeSet {
        &self.by_type[ty.index()]
    }
}
