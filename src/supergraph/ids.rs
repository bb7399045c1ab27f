//! Small integers that stand for types, fields and subgraphs; each indexes a table of the [`Supergraph`](super::Supergraph).

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);

        impl $name {
            /// The position in the table.
            pub const fn index(self) -> usize {
                self.0 as usize
            }

            /// The id of a position in the table.
            ///
            /// # Panics
            /// When `index` does not fit 32 bits; tables are far smaller.
            pub fn from_index(index: usize) -> Self {
                Self(u32::try_from(index).expect("tables have fewer than 2^32 rows"))
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{}#{}", stringify!($name), self.0)
            }
        }
    };
}

id!(
    /// A named type: index into [`Supergraph::types`](super::Supergraph::types).
    TypeId
);
id!(
    /// A field of an object or interface: index into [`Supergraph::fields`](super::Supergraph::fields).
    FieldId
);
id!(
    /// A subgraph: index into [`Supergraph::subgraphs`](super::Supergraph::subgraphs).
    SubgraphId
);
