//! The facts of the shop as pure functions of an id.
//!
//! Each service seeds its own database and must agree with the others on who ordered what for how
//! much. Instead of talking to each other they all ask these functions: the same id gives the same
//! fact, on every machine, in any order of asking. Every fact draws from a stream of random numbers
//! of its own, so adding one leaves the others as they were.

pub mod catalogue;
pub mod customers;
pub mod payments;
pub mod sales;

/// Goes up whenever the tables or the facts change: files of another version are made afresh.
pub const VERSION: i64 = 1;

/// How many customers there are.
pub const USERS: i64 = 1_000;
/// How many products there are.
pub const PRODUCTS: i64 = 5_000;
/// How many orders there are.
pub const ORDERS: i64 = 20_000;

/// 2024-01-01T00:00:00Z: the day the shop opened.
pub const OPENING: i64 = 1_704_067_200;
/// Seconds of a day.
pub const DAY: i64 = 86_400;

/// What a stream of random numbers decides.
#[derive(Debug, Clone, Copy)]
pub(super) enum Stream {
    Customer,
    Address,
    Product,
    Price,
    Stock,
    Order,
    Buyer,
    Method,
    Payment,
    Notification,
}

/// A small deterministic generator: SplitMix64 (Steele, Lea and Flood, "Fast splittable
/// pseudorandom number generators", 2014), begun anew for each fact.
#[derive(Debug, Clone)]
pub(super) struct Rng(u64);

impl Rng {
    /// The stream of one fact about the thing with this id.
    pub fn of(stream: Stream, id: i64) -> Self {
        let mut start = Self((stream as u64 + 1).wrapping_mul(0xd6e8_feb8_6659_fd93) ^ id.cast_unsigned());
        // Neighbouring ids begin far apart.
        Self(start.next())
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from `low` to `high`, both included.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = u128::from(high.abs_diff(low)) + 1;
        let offset = (u128::from(self.next()) * span) >> 64;
        low + i64::try_from(offset).expect("an offset within a span of i64")
    }

    /// Whether something happens that does in `percent` of all cases.
    pub fn happens(&mut self, percent: i64) -> bool {
        self.between(1, 100) <= percent
    }

    /// One of several.
    pub fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        let last = i64::try_from(choices.len()).expect("a short list") - 1;
        choices[usize::try_from(self.between(0, last)).expect("not negative")]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_fact_is_drawn_again() {
        let draw = |stream, id| {
            let mut rng = Rng::of(stream, id);
            [rng.between(0, 1_000), rng.between(0, 1_000)]
        };
        assert_eq!(draw(Stream::Order, 7), draw(Stream::Order, 7));
        assert_ne!(draw(Stream::Order, 7), draw(Stream::Order, 8));
        assert_ne!(draw(Stream::Order, 7), draw(Stream::Price, 7));
    }

    #[test]
    fn numbers_stay_within_their_bounds() {
        let mut rng = Rng::of(Stream::Stock, 1);
        let drawn: Vec<i64> = (0..1_000).map(|_| rng.between(-2, 2)).collect();
        assert!(drawn.iter().all(|number| (-2..=2).contains(number)));
        assert!((-2..=2).all(|number| drawn.contains(&number)));
    }
}
