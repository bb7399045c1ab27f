//! How orders come into the database and are called off.
//!
//! Each change is one transaction that waits for other writers at its beginning, so what it read
//! still holds when it writes.

use std::collections::HashMap;

use sqlx::{query, query_as, query_scalar};

use super::store::{OrderRow, OrderStatus, Store};
use crate::demo::database::integers;
use crate::demo::place::Address;
use crate::demo::seed::sales;
use crate::demo::shipping;

/// An order to place: products are different, quantities from 1 to 99.
pub struct Wanted {
    pub customer: i64,
    /// Product and quantity.
    pub items: Vec<(i64, i64)>,
    pub address: Address,
    pub placed_at: i64,
}

/// What placing an order came to.
pub enum Placed {
    /// The new order's id.
    Done(i64),
    /// There is no such customer.
    UnknownCustomer,
    /// The price list lacks the items at these places.
    UnknownProducts(Vec<usize>),
}

/// What cancelling an order came to.
pub enum Cancelled {
    Done,
    Unknown,
    TooLate,
}

/// A line of the price list.
struct Price {
    price: i64,
    weight: i64,
    warehouse: i64,
}

impl Store {
    /// Places an order at the prices of the price list.
    pub async fn place(&self, wanted: &Wanted) -> sqlx::Result<Placed> {
        let mut transaction = self.database.write().await?;
        let known: Option<i64> = query_scalar("SELECT id FROM customers WHERE id = ?1")
            .bind(wanted.customer)
            .fetch_optional(&mut *transaction)
            .await?;
        if known.is_none() {
            return Ok(Placed::UnknownCustomer);
        }
        let sql = "SELECT product_id, price, weight, warehouse_id FROM price_list
                   WHERE product_id IN (SELECT value FROM json_each(?1))";
        let prices: Vec<(i64, i64, i64, i64)> = query_as(sql)
            .bind(integers(wanted.items.iter().map(|(product, _)| *product)))
            .fetch_all(&mut *transaction)
            .await?;
        let list: HashMap<i64, Price> = prices
            .into_iter()
            .map(|(product, price, weight, warehouse)| (product, Price { price, weight, warehouse }))
            .collect();
        let lines = match priced(&wanted.items, &list) {
            Ok(lines) => lines,
            Err(missing) => return Ok(Placed::UnknownProducts(missing)),
        };
        let last: i64 = query_scalar("SELECT COALESCE(MAX(id), 0) FROM orders").fetch_one(&mut *transaction).await?;
        let id = last + 1;
        insert_order(&mut transaction, id, wanted, &lines).await?;
        for (line, (product, quantity, price)) in (1_i64..).zip(lines) {
            query("INSERT INTO items VALUES (?1, ?2, ?3, ?4, ?5, ?6)")
                .bind(id)
                .bind(line)
                .bind(product)
                .bind(quantity)
                .bind(price.price)
                .bind(price.warehouse)
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        self.changed(id);
        Ok(Placed::Done(id))
    }

    /// Cancels an order that was not sent.
    pub async fn cancel(&self, id: i64, at: i64) -> sqlx::Result<Cancelled> {
        let mut transaction = self.database.write().await?;
        let order: Option<OrderRow> =
            query_as("SELECT * FROM orders WHERE id = ?1").bind(id).fetch_optional(&mut *transaction).await?;
        match order.map(|order| order.status) {
            None => return Ok(Cancelled::Unknown),
            Some(OrderStatus::Placed) => {}
            Some(_) => return Ok(Cancelled::TooLate),
        }
        query("UPDATE orders SET status = ?2, cancelled_at = ?3 WHERE id = ?1")
            .bind(id)
            .bind(OrderStatus::Cancelled as i64)
            .bind(at)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        self.changed(id);
        Ok(Cancelled::Done)
    }
}

/// A product, how many, and its line of the price list.
type Line<'a> = (i64, i64, &'a Price);

/// Each item with its price, or the places of those that have none.
fn priced<'a>(items: &[(i64, i64)], list: &'a HashMap<i64, Price>) -> Result<Vec<Line<'a>>, Vec<usize>> {
    let missing: Vec<usize> = (0..items.len()).filter(|place| !list.contains_key(&items[*place].0)).collect();
    if !missing.is_empty() {
        return Err(missing);
    }
    Ok(items.iter().filter_map(|(product, quantity)| Some((*product, *quantity, list.get(product)?))).collect())
}

async fn insert_order(
    transaction: &mut sqlx::SqliteConnection,
    id: i64,
    wanted: &Wanted,
    lines: &[Line<'_>],
) -> sqlx::Result<()> {
    let pieces: i64 = lines.iter().map(|(_, quantity, _)| quantity).sum();
    let subtotal: i64 = lines.iter().map(|(_, quantity, price)| quantity * price.price).sum();
    let weight: i64 = lines.iter().map(|(_, quantity, price)| quantity * price.weight).sum();
    let sql = "INSERT INTO orders (id, number, customer_id, status, placed_at, pieces, subtotal, shipping_cost,
                                   recipient, street, city, postal_code, country)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)";
    query(sql)
        .bind(id)
        .bind(sales::number(id))
        .bind(wanted.customer)
        .bind(OrderStatus::Placed as i64)
        .bind(wanted.placed_at)
        .bind(pieces)
        .bind(subtotal)
        .bind(shipping::cost(subtotal, weight, wanted.address.country))
        .bind(&wanted.address.recipient)
        .bind(&wanted.address.street)
        .bind(&wanted.address.city)
        .bind(&wanted.address.postal_code)
        .bind(wanted.address.country.number())
        .execute(transaction)
        .await?;
    Ok(())
}
