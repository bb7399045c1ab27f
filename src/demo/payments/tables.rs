//! The tables of the payments service, and how they are filled.

use sqlx::SqliteConnection;

use crate::demo::Service;
use crate::demo::database::{Cell, Tables, insert};
use crate::demo::seed;
use crate::demo::seed::payments::{Kind, Method, Payment, Progress, methods, payment, reference};

/// The payments database.
pub struct PaymentTables;

impl Tables for PaymentTables {
    const SERVICE: Service = Service::Payments;

    // A method's columns from `network` on belong to one kind each.
    const DEFINITION: &'static str = "
        CREATE TABLE methods (
            id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL, added_at INTEGER NOT NULL, kind INTEGER NOT NULL,
            network INTEGER, last4 TEXT, expires TEXT, bank TEXT, iban TEXT, provider INTEGER
        );
        CREATE INDEX methods_of_user ON methods (user_id);
        CREATE TABLE payments (
            id INTEGER PRIMARY KEY, reference TEXT NOT NULL UNIQUE, order_id INTEGER NOT NULL UNIQUE,
            user_id INTEGER NOT NULL, method_id INTEGER NOT NULL REFERENCES methods (id), status INTEGER NOT NULL,
            amount INTEGER NOT NULL, captured INTEGER NOT NULL, refunded INTEGER NOT NULL,
            authorized_at INTEGER NOT NULL, captured_at INTEGER, voided_at INTEGER
        );
        CREATE INDEX payments_of_user ON payments (user_id);
        CREATE TABLE refunds (
            id INTEGER PRIMARY KEY, payment_id INTEGER NOT NULL REFERENCES payments (id), amount INTEGER NOT NULL,
            refunded_at INTEGER NOT NULL, lines TEXT NOT NULL
        );
        CREATE INDEX refunds_of_payment ON refunds (payment_id);
    ";

    async fn fill(connection: &mut SqliteConnection) -> sqlx::Result<()> {
        insert(connection, "INSERT INTO methods", (1..=seed::USERS).flat_map(methods).map(method_row)).await?;
        let payments: Vec<Payment> = (1..=seed::ORDERS).map(payment).collect();
        let refunds: Vec<[Cell; 4]> = payments.iter().filter_map(refund_row).collect();
        insert(connection, "INSERT INTO payments", payments.into_iter().map(payment_row)).await?;
        insert(connection, "INSERT INTO refunds (payment_id, amount, refunded_at, lines)", refunds).await
    }
}

fn method_row(method: Method) -> [Cell; 10] {
    let mut row = [const { Cell::Null }; 10];
    row[0] = method.id.into();
    row[1] = method.owner.into();
    row[2] = method.added_at.into();
    match method.kind {
        Kind::Card { network, last4, expires } => {
            row[3] = 0.into();
            row[4] = network.into();
            row[5] = last4.into();
            row[6] = expires.into();
        }
        Kind::BankTransfer { bank, iban } => {
            row[3] = 1.into();
            row[7] = bank.into();
            row[8] = iban.into();
        }
        Kind::Wallet { provider } => {
            row[3] = 2.into();
            row[9] = provider.into();
        }
    }
    row
}

fn payment_row(payment: Payment) -> [Cell; 12] {
    let captured = matches!(payment.progress, Progress::Captured | Progress::Refunded);
    let voided = payment.progress == Progress::Voided;
    [
        payment.id.into(),
        reference(payment.id).into(),
        // Each seeded payment has its order's id.
        payment.id.into(),
        payment.payer.into(),
        payment.method.into(),
        (payment.progress as i64).into(),
        payment.amount.into(),
        if captured { payment.amount } else { 0 }.into(),
        payment.refund.map_or(0, |(amount, ..)| amount).into(),
        payment.authorized_at.into(),
        payment.settled_at.filter(|_| captured).into(),
        payment.settled_at.filter(|_| voided).into(),
    ]
}

fn refund_row(payment: &Payment) -> Option<[Cell; 4]> {
    let (amount, at, line) = payment.refund?;
    let lines = line.map_or_else(|| "[]".to_owned(), |line| format!("[{line}]"));
    Some([payment.id.into(), amount.into(), at.into(), lines.into()])
}
