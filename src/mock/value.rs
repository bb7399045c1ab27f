//! Made-up leaves: what a field's name and type suggest.

use super::identity::Identity;
use serde_json::{Value, json};

/// A value of a scalar called `scalar`, for a field called `field`.
pub fn scalar(scalar: &str, field: &str, identity: Identity) -> Value {
    let number = identity.draw(1_000);
    match scalar {
        "Int" => json!(number),
        "Float" => json!(f64::from(u32::try_from(number).unwrap_or_default()) / 10.0),
        "Boolean" => json!(identity.draw(2) == 1),
        "ID" => json!(number.to_string()),
        "String" => json!(text(field, number)),
        other => custom(other, field, number),
    }
}

/// Words that fit the field's name, told apart by a number.
fn text(field: &str, number: u64) -> String {
    let lower = field.to_ascii_lowercase();
    let named = |part: &str| lower.ends_with(part);
    if named("email") {
        format!("someone{number}@example.com")
    } else if named("url") || named("uri") || named("link") {
        format!("https://example.com/{number}")
    } else if named("date") || named("time") || field.ends_with("At") {
        timestamp(number)
    } else if named("currency") {
        "EUR".to_owned()
    } else if named("country") {
        "FR".to_owned()
    } else {
        format!("{field} {number}")
    }
}

/// Custom scalars have no values that the schema tells; their names are those that are in use.
fn custom(scalar: &str, field: &str, number: u64) -> Value {
    match scalar {
        "DateTime" | "Timestamp" | "Instant" | "ISO8601DateTime" => json!(timestamp(number)),
        "Date" | "LocalDate" => json!(timestamp(number)[..10]),
        "Time" | "LocalTime" => json!(timestamp(number)[11..19]),
        "URL" | "URI" | "Url" => json!(format!("https://example.com/{number}")),
        "UUID" | "Uuid" => json!(format!("00000000-0000-4000-8000-{number:012}")),
        "Email" | "EmailAddress" => json!(format!("someone{number}@example.com")),
        "JSON" | "JSONObject" | "Json" => json!({ field: number }),
        "Decimal" | "Money" | "BigDecimal" => json!(format!("{}.{:02}", number / 10, number % 100)),
        "Long" | "BigInt" | "Int64" | "PositiveInt" | "NonNegativeInt" => json!(number),
        _ => json!(text(field, number)),
    }
}

/// A moment in 2026.
fn timestamp(number: u64) -> String {
    format!("2026-{:02}-{:02}T{:02}:00:00Z", number % 12 + 1, number % 28 + 1, number % 24)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_types_suggest_values() {
        let of = |ty, field| scalar(ty, field, Identity::ROOT.then("x"));
        assert!(of("String", "contactEmail").as_str().is_some_and(|text| text.ends_with("@example.com")));
        assert!(of("String", "createdAt").as_str().is_some_and(|text| text.starts_with("2026-")));
        assert_eq!(of("Date", "due").as_str().map(str::len), Some(10));
        assert!(of("Int", "count").is_u64() && of("Boolean", "ok").is_boolean() && of("ID", "id").is_string());
    }

    #[test]
    fn the_same_thing_has_the_same_value() {
        let one = Identity::ROOT.then("Product").then("1");
        assert_eq!(scalar("Int", "stock", one.then("stock")), scalar("Int", "stock", one.then("stock")));
        assert_ne!(scalar("String", "name", one.then("name")), scalar("String", "name", one.then("label")));
    }
}
