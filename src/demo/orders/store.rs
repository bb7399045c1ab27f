//! What the orders service asks its database.

use async_graphql::Enum;
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Row, query_as};
use tokio::sync::broadcast;

use crate::demo::database::{Database, Rows, integers};
use crate::demo::page::Window;
use crate::demo::place::{Address, numbered};

/// Changes that a listener may be behind.
const CHANGES: usize = 256;

/// Where an order stands; numbered as `seed::sales::Progress` is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
#[allow(missing_docs)]
pub enum OrderStatus {
    Placed,
    Shipped,
    Delivered,
    Cancelled,
}

/// Who carries a parcel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[allow(missing_docs)]
pub enum Carrier {
    Dhl,
    Dpd,
    Gls,
    Ups,
}

/// An order as the database has it.
#[derive(Debug, Clone)]
pub struct OrderRow {
    pub id: i64,
    pub number: String,
    pub customer: i64,
    pub status: OrderStatus,
    pub placed_at: i64,
    pub pieces: i32,
    pub subtotal: i64,
    pub shipping_cost: i64,
    pub address: Address,
    pub carrier: Option<Carrier>,
    pub shipped_at: Option<i64>,
    pub delivered_at: Option<i64>,
    pub cancelled_at: Option<i64>,
    pub staff_note: Option<String>,
}

impl FromRow<'_, SqliteRow> for OrderRow {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        let statuses = [OrderStatus::Placed, OrderStatus::Shipped, OrderStatus::Delivered, OrderStatus::Cancelled];
        let carriers = [Carrier::Dhl, Carrier::Dpd, Carrier::Gls, Carrier::Ups];
        let carrier: Option<i64> = row.try_get(13)?;
        Ok(Self {
            id: row.try_get(0)?,
            number: row.try_get(1)?,
            customer: row.try_get(2)?,
            status: numbered(&statuses, row.try_get(3)?)?,
            placed_at: row.try_get(4)?,
            pieces: row.try_get(5)?,
            subtotal: row.try_get(6)?,
            shipping_cost: row.try_get(7)?,
            address: Address::read(row, 8)?,
            carrier: carrier.map(|carrier| numbered(&carriers, carrier)).transpose()?,
            shipped_at: row.try_get(14)?,
            delivered_at: row.try_get(15)?,
            cancelled_at: row.try_get(16)?,
            staff_note: row.try_get(17)?,
        })
    }
}

/// One line of an order, with the name its product has on the price list.
#[derive(Debug, Clone)]
pub struct ItemRow {
    pub order: i64,
    pub line: i32,
    pub product: i64,
    pub product_name: String,
    pub quantity: i32,
    pub unit_price: i64,
    pub warehouse: i64,
}

impl FromRow<'_, SqliteRow> for ItemRow {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        Ok(Self {
            order: row.try_get(0)?,
            line: row.try_get(1)?,
            product: row.try_get(2)?,
            product_name: row.try_get(3)?,
            quantity: row.try_get(4)?,
            unit_price: row.try_get(5)?,
            warehouse: row.try_get(6)?,
        })
    }
}

/// Which orders a list shows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub status: Option<OrderStatus>,
    pub placed_from: Option<i64>,
    pub placed_before: Option<i64>,
    pub minimum_total: Option<i64>,
}

/// The condition of [`Filter`]: parameters 1 to 4.
macro_rules! filter {
    () => {
        "(?1 IS NULL OR status = ?1) AND (?2 IS NULL OR placed_at >= ?2) AND (?3 IS NULL OR placed_at < ?3)
         AND (?4 IS NULL OR subtotal + shipping_cost >= ?4)"
    };
}

fn filtered<'q, T>(query: Rows<'q, T>, filter: &Filter) -> Rows<'q, T> {
    query
        .bind(filter.status.map(|status| status as i64))
        .bind(filter.placed_from)
        .bind(filter.placed_before)
        .bind(filter.minimum_total)
}

/// The orders database.
#[derive(Debug)]
pub struct Store {
    pub(super) database: Database,
    /// Tells which orders are placed or cancelled, once that is so.
    changes: broadcast::Sender<i64>,
}

impl Store {
    /// Over an open database.
    pub fn new(database: Database) -> Self {
        Self { database, changes: broadcast::Sender::new(CHANGES) }
    }

    /// Which orders are placed or cancelled from here on.
    pub fn changes(&self) -> broadcast::Receiver<i64> {
        self.changes.subscribe()
    }

    /// Tells that an order was placed or cancelled.
    pub(super) fn changed(&self, order: i64) {
        // Nobody may be listening.
        let _ = self.changes.send(order);
    }

    /// Orders by id, as far as they exist.
    pub async fn orders(&self, ids: &[i64]) -> sqlx::Result<Vec<OrderRow>> {
        let sql = "SELECT * FROM orders WHERE id IN (SELECT value FROM json_each(?1))";
        self.database.all(query_as(sql).bind(integers(ids.iter().copied()))).await
    }

    /// Orders by number.
    pub async fn orders_by_number(&self, numbers: &[String]) -> sqlx::Result<Vec<OrderRow>> {
        let sql = "SELECT * FROM orders WHERE number IN (SELECT value FROM json_each(?1))";
        self.database.all(query_as(sql).bind(serde_json::Value::from(numbers).to_string())).await
    }

    /// A window of the orders that pass, the latest first.
    pub async fn page(&self, filter: &Filter, window: Window) -> sqlx::Result<Vec<OrderRow>> {
        let sql = concat!("SELECT * FROM orders WHERE ", filter!(), " AND id < ?5 ORDER BY id DESC LIMIT ?6");
        let query = filtered(query_as(sql), filter).bind(window.id_or(i64::MAX)).bind(window.limit());
        self.database.all(query).await
    }

    /// How many orders pass.
    pub async fn count(&self, filter: &Filter) -> sqlx::Result<i32> {
        let sql = concat!("SELECT COUNT(*) FROM orders WHERE ", filter!());
        let counted = self.database.all(filtered(query_as::<_, (i32,)>(sql), filter)).await?;
        Ok(counted.first().map_or(0, |(count,)| *count))
    }

    /// A window of the orders of each customer, the latest first.
    pub async fn orders_of(
        &self,
        customers: &[i64],
        status: Option<OrderStatus>,
        window: Window,
    ) -> sqlx::Result<Vec<OrderRow>> {
        let sql = "SELECT o.* FROM json_each(?1) AS c JOIN orders AS o ON o.id IN (
                       SELECT id FROM orders WHERE customer_id = c.value AND (?2 IS NULL OR status = ?2) AND id < ?3
                       ORDER BY id DESC LIMIT ?4)
                   ORDER BY o.id DESC";
        let query = query_as(sql).bind(integers(customers.iter().copied())).bind(status.map(|status| status as i64));
        self.database.all(query.bind(window.id_or(i64::MAX)).bind(window.limit())).await
    }

    /// How many orders each customer has.
    pub async fn order_counts(&self, customers: &[i64], status: Option<OrderStatus>) -> sqlx::Result<Vec<(i64, i32)>> {
        let sql = "SELECT customer_id, COUNT(*) FROM orders
                   WHERE customer_id IN (SELECT value FROM json_each(?1)) AND (?2 IS NULL OR status = ?2)
                   GROUP BY customer_id";
        let query = query_as(sql).bind(integers(customers.iter().copied())).bind(status.map(|status| status as i64));
        self.database.all(query).await
    }

    /// What each customer spent, without cancelled orders.
    pub async fn spent(&self, customers: &[i64]) -> sqlx::Result<Vec<(i64, i64)>> {
        let sql = "SELECT customer_id, SUM(subtotal + shipping_cost) FROM orders
                   WHERE customer_id IN (SELECT value FROM json_each(?1)) AND status <> ?2 GROUP BY customer_id";
        let query = query_as(sql).bind(integers(customers.iter().copied()));
        self.database.all(query.bind(OrderStatus::Cancelled as i64)).await
    }

    /// The items of orders, by line.
    pub async fn items(&self, orders: &[i64]) -> sqlx::Result<Vec<ItemRow>> {
        let sql = "SELECT i.order_id, i.line, i.product_id, p.name, i.quantity, i.unit_price, i.warehouse_id
                   FROM items AS i JOIN price_list AS p USING (product_id)
                   WHERE i.order_id IN (SELECT value FROM json_each(?1)) ORDER BY i.order_id, i.line";
        self.database.all(query_as(sql).bind(integers(orders.iter().copied()))).await
    }

    /// How many pieces of each product were ordered, without cancelled orders.
    pub async fn units_sold(&self, products: &[i64]) -> sqlx::Result<Vec<(i64, i32)>> {
        let sql = "SELECT i.product_id, SUM(i.quantity) FROM items AS i JOIN orders AS o ON o.id = i.order_id
                   WHERE i.product_id IN (SELECT value FROM json_each(?1)) AND o.status <> ?2 GROUP BY i.product_id";
        let query = query_as(sql).bind(integers(products.iter().copied()));
        self.database.all(query.bind(OrderStatus::Cancelled as i64)).await
    }
}
