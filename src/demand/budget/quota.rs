//! How much a client has: a bucket of points that refills at a steady pace, reckoned in microseconds.
//!
//! A bucket is one number: when it will be full again. That is the "theoretical arrival time" of the generic cell
//! rate algorithm (ITU-T I.371): taking points moves it into the future by the time in which they refill, giving
//! them back moves it towards the past, and one that lies in the past means a full bucket. Nothing has to run for
//! a bucket to refill, and a full bucket is the same as none. All of it is integer arithmetic that saturates.

/// A size and a pace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    points: u64,
    window: u64,
}

/// A bucket after something was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Level {
    /// When it will be full again, in the clock's microseconds.
    pub full_at: u64,
    /// How long that is from now.
    pub until_full: u64,
}

impl Quota {
    /// `points`, all of which refill in `window` microseconds. Both are at least 1.
    pub fn new(points: u64, window: u64) -> Self {
        Self { points: points.max(1), window: window.max(1) }
    }

    /// `points`, of which `rate` refill each second.
    pub fn refilling(points: u64, rate: u64) -> Self {
        let window = u128::from(points) * 1_000_000 / u128::from(rate.max(1));
        Self::new(points, u64::try_from(window).unwrap_or(u64::MAX))
    }

    /// The most that a client can have.
    pub const fn points(self) -> u64 {
        self.points
    }

    /// How long an empty bucket takes to fill, in microseconds.
    pub const fn window(self) -> u64 {
        self.window
    }

    /// How long `points` take to refill, rounded up; 2^63 at most.
    pub fn micros(self, points: u64) -> u64 {
        let micros = (u128::from(points) * u128::from(self.window)).div_ceil(u128::from(self.points));
        u64::try_from(micros).unwrap_or(u64::MAX).min(1 << 63)
    }

    /// How much is there when it takes so long until all of it is, rounded down.
    pub fn remaining(self, until_full: u64) -> u64 {
        let filled = u128::from(self.window.saturating_sub(until_full)) * u128::from(self.points);
        u64::try_from(filled / u128::from(self.window)).unwrap_or(u64::MAX)
    }

    /// Takes `micros` worth of points from a bucket.
    ///
    /// # Errors
    /// How long to wait until there is enough, in microseconds; for ever, if the bucket is too small.
    pub fn take(self, full_at: u64, now: u64, micros: u64) -> Result<Level, u64> {
        let owed = full_at.saturating_sub(now);
        let until_full = owed.saturating_add(micros);
        if micros > self.window {
            return Err(u64::MAX);
        }
        if until_full > self.window {
            return Err(until_full - self.window);
        }
        Ok(Level { full_at: now.saturating_add(until_full), until_full })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn two_thousand_points_and_twenty_a_second() {
        let quota = Quota::refilling(2_000, 20);
        assert_eq!((quota.window(), quota.micros(1), quota.micros(2_000)), (100_000_000, 50_000, 100_000_000));
        let now = 1_000_000_000;
        let level = quota.take(0, now, quota.micros(1_990)).unwrap();
        assert_eq!(quota.remaining(level.until_full), 10);
        // Eleven points are there when one more has refilled.
        assert_eq!(quota.take(level.full_at, now, quota.micros(11)), Err(50_000));
        assert!(quota.take(level.full_at, now + 50_000, quota.micros(11)).is_ok());
        assert_eq!(quota.take(0, now, quota.micros(2_001)), Err(u64::MAX));
    }

    proptest! {
        /// Whoever takes and gives back in any order never gets more than the bucket and what refilled meanwhile.
        #[test]
        fn no_more_is_had_than_the_bucket_and_what_refills(
            points in 1..5_000_u64,
            rate in 1..500_u64,
            steps in prop::collection::vec((0..2_000_000_u64, 0..3_000_u64, 0..=100_u64), 1..60),
        ) {
            let quota = Quota::refilling(points, rate);
            let (mut now, mut full_at, mut used) = (1_000_000_u64, 0_u64, 0_u64);
            let start = now;
            for (pause, cost, share) in steps {
                now += pause;
                if let Ok(level) = quota.take(full_at, now, quota.micros(cost)) {
                    prop_assert!(level.until_full <= quota.window());
                    let actual = cost * share / 100;
                    full_at = level.full_at - (quota.micros(cost) - quota.micros(actual));
                    used += actual;
                }
                let elapsed = u128::from(now - start);
                let refilled = elapsed * u128::from(quota.points()) / u128::from(quota.window());
                prop_assert!(u128::from(used) <= u128::from(points) + refilled + 1, "{used} of {points}");
            }
        }

        #[test]
        fn what_is_waited_for_is_there_then(
            points in 1..1_000_000_u64, rate in 1..10_000_u64, owed in 0..200_000_000_u64, cost in 0..1_000_000_u64,
        ) {
            let quota = Quota::refilling(points, rate);
            let (now, micros) = (500_000_000, quota.micros(cost));
            match quota.take(now + owed, now, micros) {
                Ok(level) => prop_assert_eq!(level.full_at, now + owed + micros),
                Err(u64::MAX) => prop_assert!(cost > points),
                Err(wait) => {
                    prop_assert!(quota.take(now + owed, now + wait, micros).is_ok());
                    prop_assert!(wait == 0 || quota.take(now + owed, now + wait - 1, micros).is_err());
                }
            }
        }

        #[test]
        fn nothing_overflows(points: u64, window: u64, full_at: u64, now: u64, cost: u64) {
            let quota = Quota::new(points, window);
            let _ = quota.take(full_at, now, quota.micros(cost));
            prop_assert!(quota.remaining(cost) <= quota.points());
        }
    }
}
