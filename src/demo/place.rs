//! Places: the value types that users, orders and products share.

use async_graphql::{Enum, InputObject, InputType, SimpleObject, Value};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

/// A country the shop delivers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
#[graphql(rename_items = "SCREAMING_SNAKE_CASE")]
#[allow(missing_docs)]
pub enum Country {
    At,
    Be,
    De,
    Es,
    Fr,
    It,
    Nl,
    Pl,
}

impl Country {
    /// All, in the order in which the databases number them.
    pub const ALL: [Self; 8] = [Self::At, Self::Be, Self::De, Self::Es, Self::Fr, Self::It, Self::Nl, Self::Pl];

    /// The number that databases keep.
    pub fn number(self) -> i64 {
        self as i64
    }

    /// The country with this number.
    pub fn numbered(number: i64) -> sqlx::Result<Self> {
        numbered(&Self::ALL, number)
    }
}

/// The item of an enum that a database keeps as its place in `all`.
pub fn numbered<T: Copy>(all: &[T], number: i64) -> sqlx::Result<T> {
    let item = usize::try_from(number).ok().and_then(|place| all.get(place)).copied();
    item.ok_or_else(|| sqlx::Error::Decode(format!("{number} is no {}", std::any::type_name::<T>()).into()))
}

/// A postal address.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
#[graphql(shareable)]
#[allow(missing_docs)]
pub struct Address {
    pub recipient: String,
    pub street: String,
    pub city: String,
    pub postal_code: String,
    pub country: Country,
}

impl Address {
    /// Reads the five columns from `first` on.
    pub fn read(row: &SqliteRow, first: usize) -> sqlx::Result<Self> {
        Ok(Self {
            recipient: row.try_get(first)?,
            street: row.try_get(first + 1)?,
            city: row.try_get(first + 2)?,
            postal_code: row.try_get(first + 3)?,
            country: Country::numbered(row.try_get(first + 4)?)?,
        })
    }
}

/// An address to use.
#[derive(Debug, Clone, InputObject)]
#[allow(missing_docs)]
pub struct AddressInput {
    pub recipient: String,
    pub street: String,
    pub city: String,
    pub postal_code: String,
    pub country: Country,
}

impl AddressInput {
    /// The address, or what is wrong with it, `field` being where it stands in the input.
    pub fn check(self, field: &str) -> Result<Address, InvalidInput> {
        let parts = [
            ("recipient", &self.recipient),
            ("street", &self.street),
            ("city", &self.city),
            ("postalCode", &self.postal_code),
        ];
        for (name, text) in parts {
            let length = text.trim().chars().count();
            if !(1..=200).contains(&length) {
                let field = format!("{field}.{name}");
                return Err(InvalidInput::new(field, "must have 1 to 200 characters"));
            }
        }
        Ok(Address {
            recipient: self.recipient.trim().to_owned(),
            street: self.street.trim().to_owned(),
            city: self.city.trim().to_owned(),
            postal_code: self.postal_code.trim().to_owned(),
            country: self.country,
        })
    }
}

/// A value that cannot be accepted.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(shareable)]
#[allow(missing_docs)]
pub struct InvalidInput {
    pub message: String,
    pub field: String,
}

impl InvalidInput {
    /// The value of `field` breaks `rule`, which begins with a verb.
    pub fn new(field: impl Into<String>, rule: &str) -> Self {
        let field = field.into();
        Self { message: format!("`{field}` {rule}."), field }
    }
}

/// An enum value as GraphQL writes it, for messages.
pub fn written<T: InputType>(value: &T) -> String {
    match value.to_value() {
        Value::Enum(name) => name.to_string(),
        other => other.to_string(),
    }
}
