//! What the payments service asks its database.

use async_graphql::Enum;
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Row, query_as};

use crate::demo::database::{Database, Rows, integers};
use crate::demo::page::Window;
use crate::demo::place::numbered;

/// How far a payment is; numbered as `seed::payments::Progress` is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
#[allow(missing_docs)]
pub enum PaymentStatus {
    Authorized,
    Captured,
    Refunded,
    Voided,
}

/// Who runs a card's network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[allow(missing_docs)]
pub enum CardNetwork {
    Amex,
    Mastercard,
    Visa,
}

/// Who runs a wallet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(rename_items = "SCREAMING_SNAKE_CASE")]
#[allow(missing_docs)]
pub enum WalletProvider {
    ApplePay,
    GooglePay,
    Paypal,
}

/// What a way to pay is.
#[derive(Debug, Clone)]
pub enum MethodKind {
    Card { network: CardNetwork, last4: String, expires: String },
    BankTransfer { bank: String, iban: String },
    Wallet { provider: WalletProvider },
}

/// A way to pay as the database has it.
#[derive(Debug, Clone)]
pub struct MethodRow {
    pub id: i64,
    pub user: i64,
    pub added_at: i64,
    pub kind: MethodKind,
}

impl FromRow<'_, SqliteRow> for MethodRow {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        let networks = [CardNetwork::Amex, CardNetwork::Mastercard, CardNetwork::Visa];
        let providers = [WalletProvider::ApplePay, WalletProvider::GooglePay, WalletProvider::Paypal];
        let kind: i64 = row.try_get(3)?;
        Ok(Self {
            id: row.try_get(0)?,
            user: row.try_get(1)?,
            added_at: row.try_get(2)?,
            kind: match kind {
                0 => MethodKind::Card {
                    network: numbered(&networks, row.try_get(4)?)?,
                    last4: row.try_get(5)?,
                    expires: row.try_get(6)?,
                },
                1 => MethodKind::BankTransfer { bank: row.try_get(7)?, iban: row.try_get(8)? },
                _ => MethodKind::Wallet { provider: numbered(&providers, row.try_get(9)?)? },
            },
        })
    }
}

/// A payment as the database has it.
#[derive(Debug, Clone)]
pub struct PaymentRow {
    pub id: i64,
    pub reference: String,
    pub order: i64,
    pub user: i64,
    pub method: i64,
    pub status: PaymentStatus,
    pub amount: i64,
    pub captured: i64,
    pub refunded: i64,
    pub authorized_at: i64,
    pub captured_at: Option<i64>,
    pub voided_at: Option<i64>,
}

impl FromRow<'_, SqliteRow> for PaymentRow {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        let statuses =
            [PaymentStatus::Authorized, PaymentStatus::Captured, PaymentStatus::Refunded, PaymentStatus::Voided];
        Ok(Self {
            id: row.try_get(0)?,
            reference: row.try_get(1)?,
            order: row.try_get(2)?,
            user: row.try_get(3)?,
            method: row.try_get(4)?,
            status: numbered(&statuses, row.try_get(5)?)?,
            amount: row.try_get(6)?,
            captured: row.try_get(7)?,
            refunded: row.try_get(8)?,
            authorized_at: row.try_get(9)?,
            captured_at: row.try_get(10)?,
            voided_at: row.try_get(11)?,
        })
    }
}

/// Money that was given back.
#[derive(Debug, Clone)]
pub struct RefundRow {
    pub id: i64,
    pub payment: i64,
    pub order: i64,
    pub amount: i64,
    pub refunded_at: i64,
    pub lines: Vec<i32>,
}

impl FromRow<'_, SqliteRow> for RefundRow {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        let lines: String = row.try_get(5)?;
        Ok(Self {
            id: row.try_get(0)?,
            payment: row.try_get(1)?,
            order: row.try_get(2)?,
            amount: row.try_get(3)?,
            refunded_at: row.try_get(4)?,
            lines: serde_json::from_str(&lines).map_err(|error| sqlx::Error::Decode(error.into()))?,
        })
    }
}

/// Which payments a list shows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub status: Option<PaymentStatus>,
    pub authorized_from: Option<i64>,
    pub authorized_before: Option<i64>,
}

/// The condition of [`Filter`]: parameters 1 to 3.
macro_rules! filter {
    () => {
        "(?1 IS NULL OR status = ?1) AND (?2 IS NULL OR authorized_at >= ?2) AND (?3 IS NULL OR authorized_at < ?3)"
    };
}

fn filtered<'q, T>(query: Rows<'q, T>, filter: &Filter) -> Rows<'q, T> {
    query.bind(filter.status.map(|status| status as i64)).bind(filter.authorized_from).bind(filter.authorized_before)
}

/// The payments database.
#[derive(Debug)]
pub struct Store {
    pub(super) database: Database,
}

impl Store {
    /// Over an open database.
    pub fn new(database: Database) -> Self {
        Self { database }
    }

    /// Payments by id, as far as they exist.
    pub async fn payments(&self, ids: &[i64]) -> sqlx::Result<Vec<PaymentRow>> {
        let sql = "SELECT * FROM payments WHERE id IN (SELECT value FROM json_each(?1))";
        self.database.all(query_as(sql).bind(integers(ids.iter().copied()))).await
    }

    /// Payments by reference.
    pub async fn payments_by_reference(&self, references: &[String]) -> sqlx::Result<Vec<PaymentRow>> {
        let sql = "SELECT * FROM payments WHERE reference IN (SELECT value FROM json_each(?1))";
        self.database.all(query_as(sql).bind(serde_json::Value::from(references).to_string())).await
    }

    /// Payments by order.
    pub async fn payments_by_order(&self, orders: &[i64]) -> sqlx::Result<Vec<PaymentRow>> {
        let sql = "SELECT * FROM payments WHERE order_id IN (SELECT value FROM json_each(?1))";
        self.database.all(query_as(sql).bind(integers(orders.iter().copied()))).await
    }

    /// A window of the payments that pass, the latest first.
    pub async fn page(&self, filter: &Filter, window: Window) -> sqlx::Result<Vec<PaymentRow>> {
        let sql = concat!("SELECT * FROM payments WHERE ", filter!(), " AND id < ?4 ORDER BY id DESC LIMIT ?5");
        let query = filtered(query_as(sql), filter).bind(window.id_or(i64::MAX)).bind(window.limit());
        self.database.all(query).await
    }

    /// How many payments pass.
    pub async fn count(&self, filter: &Filter) -> sqlx::Result<i32> {
        let sql = concat!("SELECT COUNT(*) FROM payments WHERE ", filter!());
        let counted = self.database.all(filtered(query_as::<_, (i32,)>(sql), filter)).await?;
        Ok(counted.first().map_or(0, |(count,)| *count))
    }

    /// A window of the payments of each customer, the latest first.
    pub async fn payments_of(&self, users: &[i64], window: Window) -> sqlx::Result<Vec<PaymentRow>> {
        let sql = "SELECT p.* FROM json_each(?1) AS u JOIN payments AS p ON p.id IN (
                       SELECT id FROM payments WHERE user_id = u.value AND id < ?2 ORDER BY id DESC LIMIT ?3)
                   ORDER BY p.id DESC";
        let query = query_as(sql).bind(integers(users.iter().copied()));
        self.database.all(query.bind(window.id_or(i64::MAX)).bind(window.limit())).await
    }

    /// How many payments each customer has.
    pub async fn payment_counts(&self, users: &[i64]) -> sqlx::Result<Vec<(i64, i32)>> {
        let sql = "SELECT user_id, COUNT(*) FROM payments
                   WHERE user_id IN (SELECT value FROM json_each(?1)) GROUP BY user_id";
        self.database.all(query_as(sql).bind(integers(users.iter().copied()))).await
    }

    /// Ways to pay by id.
    pub async fn methods(&self, ids: &[i64]) -> sqlx::Result<Vec<MethodRow>> {
        let sql = "SELECT * FROM methods WHERE id IN (SELECT value FROM json_each(?1))";
        self.database.all(query_as(sql).bind(integers(ids.iter().copied()))).await
    }

    /// The ways to pay of customers.
    pub async fn methods_of(&self, users: &[i64]) -> sqlx::Result<Vec<MethodRow>> {
        let sql = "SELECT * FROM methods WHERE user_id IN (SELECT value FROM json_each(?1)) ORDER BY user_id, id";
        self.database.all(query_as(sql).bind(integers(users.iter().copied()))).await
    }

    /// What was given back of payments, the earliest first.
    pub async fn refunds(&self, payments: &[i64]) -> sqlx::Result<Vec<RefundRow>> {
        let sql = "SELECT r.id, r.payment_id, p.order_id, r.amount, r.refunded_at, r.lines
                   FROM refunds AS r JOIN payments AS p ON p.id = r.payment_id
                   WHERE r.payment_id IN (SELECT value FROM json_each(?1)) ORDER BY r.id";
        self.database.all(query_as(sql).bind(integers(payments.iter().copied()))).await
    }
}
