//! The tables of the users service, and how they are filled.

use sqlx::SqliteConnection;

use crate::demo::Service;
use crate::demo::database::{Cell, Tables, insert};
use crate::demo::seed::customers::{Subject, addresses, customer, notifications};
use crate::demo::seed::payments::{Kind, methods};
use crate::demo::seed::{self};

/// The users database.
pub struct UserTables;

impl Tables for UserTables {
    const SERVICE: Service = Service::Users;

    const DEFINITION: &'static str = "
        CREATE TABLE users (
            id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE, name TEXT NOT NULL, username TEXT NOT NULL,
            phone TEXT, tier INTEGER NOT NULL, joined_at INTEGER NOT NULL, risk_score INTEGER NOT NULL,
            method_id INTEGER, method_kind INTEGER
        );
        CREATE TABLE addresses (
            id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users (id), is_default INTEGER NOT NULL,
            recipient TEXT NOT NULL, street TEXT NOT NULL, city TEXT NOT NULL, postal_code TEXT NOT NULL,
            country INTEGER NOT NULL
        );
        CREATE INDEX addresses_of_user ON addresses (user_id);
        CREATE TABLE notifications (
            id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users (id), sent_at INTEGER NOT NULL,
            text TEXT NOT NULL, read INTEGER NOT NULL, subject_kind INTEGER NOT NULL, subject TEXT NOT NULL
        );
        CREATE INDEX notifications_of_user ON notifications (user_id);
    ";

    async fn fill(connection: &mut SqliteConnection) -> sqlx::Result<()> {
        let everyone = 1..=seed::USERS;
        insert(connection, "INSERT INTO users", everyone.clone().map(user_row)).await?;
        insert(
            connection,
            "INSERT INTO addresses (user_id, is_default, recipient, street, city, postal_code, country)",
            everyone.flat_map(address_rows),
        )
        .await?;
        insert(
            connection,
            "INSERT INTO notifications (user_id, sent_at, text, read, subject_kind, subject)",
            notifications().into_iter().map(|told| {
                let (kind, subject) = match told.subject {
                    Subject::Order(id) => (0, id.to_string()),
                    Subject::Payment(id) => (1, id.to_string()),
                    Subject::Product(sku) => (2, sku),
                };
                let read = i64::from(told.read);
                [told.customer.into(), told.sent_at.into(), told.text.into(), read.into(), kind.into(), subject.into()]
            }),
        )
        .await
    }
}

fn user_row(id: i64) -> [Cell; 10] {
    let user = customer(id);
    let preferred = methods(id).swap_remove(0);
    let kind = match preferred.kind {
        Kind::Card { .. } => 0,
        Kind::BankTransfer { .. } => 1,
        Kind::Wallet { .. } => 2,
    };
    [
        user.id.into(),
        user.email.into(),
        user.name.into(),
        user.username.into(),
        user.phone.into(),
        user.tier.into(),
        user.joined_at.into(),
        user.risk_score.into(),
        preferred.id.into(),
        kind.into(),
    ]
}

fn address_rows(user: i64) -> Vec<[Cell; 7]> {
    let row = |(place, address): (usize, crate::demo::place::Address)| {
        [
            user.into(),
            i64::from(place == 0).into(),
            address.recipient.into(),
            address.street.into(),
            address.city.into(),
            address.postal_code.into(),
            address.country.number().into(),
        ]
    };
    addresses(user).into_iter().enumerate().map(row).collect()
}
