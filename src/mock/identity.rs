//! Which thing an object is.
//!
//! An entity is its type and its id, or whatever else names it; anything else is the field that gave it, inside the
//! thing around. Both are folded into 64 bits, from which made-up values are drawn.

/// A thing, as the number that all its values are drawn from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity(u64);

impl Identity {
    /// The one root object.
    pub const ROOT: Self = Self(0xcbf2_9ce4_8422_2325);

    /// What `name` leads to from here: a field, an argument's value, a position in a list.
    ///
    /// FNV-1a (Fowler, Noll and Vo), which is the same on every machine and in every version.
    pub fn then(self, name: &str) -> Self {
        let separated = name.bytes().chain([0xff]);
        Self(separated.fold(self.0, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)))
    }

    /// A number below `bound`, which is not 0.
    pub fn draw(self, bound: u64) -> u64 {
        // FNV's low bits are weak: they are mixed as MurmurHash3's finalizer does it.
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
        mixed = (mixed ^ (mixed >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
        (mixed ^ (mixed >> 33)) % bound
    }
}
