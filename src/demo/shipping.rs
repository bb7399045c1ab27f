//! The carrier's tariff, as a pure function: the orders service charges by it, and seeding does
//! too, so that seeded totals are those the service would compute.

use super::place::Country;

/// From this value on, in cents, the shop pays for shipping within its own country.
const FREE_FROM: i64 = 10_000;
/// What the base price carries, in grams.
const BASE_WEIGHT: i64 = 2_000;

/// What it costs, in cents, to send goods of this value (cents) and weight (grams).
pub fn cost(value: i64, weight: i64, to: Country) -> i64 {
    let domestic = to == Country::De;
    if domestic && value >= FREE_FROM {
        return 0;
    }
    let (base, per_kilogram) = if domestic { (490, 60) } else { (990, 140) };
    let extra_kilograms = weight.saturating_sub(BASE_WEIGHT).max(0).saturating_add(999) / 1_000;
    extra_kilograms.saturating_mul(per_kilogram).saturating_add(base)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heavy_and_foreign_parcels_cost_more() {
        assert_eq!(cost(5_000, 500, Country::De), 490);
        assert_eq!(cost(5_000, 2_001, Country::De), 550);
        assert_eq!(cost(5_000, 500, Country::Fr), 990);
    }

    #[test]
    fn valuable_domestic_parcels_are_free() {
        assert_eq!(cost(10_000, 20_000, Country::De), 0);
        assert_eq!(cost(10_000, 1_000, Country::Pl), 990);
    }
}
