//! The tables of the orders service, and how they are filled.

use sqlx::SqliteConnection;

use crate::demo::Service;
use crate::demo::database::{Cell, Tables, insert};
use crate::demo::seed;
use crate::demo::seed::catalogue::{price, product, warehouses, weight};
use crate::demo::seed::sales::{Order, Progress, number, order};

/// The orders database.
pub struct OrderTables;

impl Tables for OrderTables {
    const SERVICE: Service = Service::Orders;

    // The service keeps a price list of its own: an order is placed without asking the catalogue.
    const DEFINITION: &'static str = "
        CREATE TABLE price_list (
            product_id INTEGER PRIMARY KEY, name TEXT NOT NULL, price INTEGER NOT NULL, weight INTEGER NOT NULL,
            warehouse_id INTEGER NOT NULL
        );
        CREATE TABLE customers (id INTEGER PRIMARY KEY);
        CREATE TABLE orders (
            id INTEGER PRIMARY KEY, number TEXT NOT NULL UNIQUE, customer_id INTEGER NOT NULL REFERENCES customers (id),
            status INTEGER NOT NULL, placed_at INTEGER NOT NULL, pieces INTEGER NOT NULL, subtotal INTEGER NOT NULL,
            shipping_cost INTEGER NOT NULL, recipient TEXT NOT NULL, street TEXT NOT NULL, city TEXT NOT NULL,
            postal_code TEXT NOT NULL, country INTEGER NOT NULL, carrier INTEGER, shipped_at INTEGER,
            delivered_at INTEGER, cancelled_at INTEGER, staff_note TEXT
        );
        CREATE INDEX orders_of_customer ON orders (customer_id);
        CREATE TABLE items (
            order_id INTEGER NOT NULL REFERENCES orders (id), line INTEGER NOT NULL,
            product_id INTEGER NOT NULL REFERENCES price_list (product_id), quantity INTEGER NOT NULL,
            unit_price INTEGER NOT NULL, warehouse_id INTEGER NOT NULL,
            PRIMARY KEY (order_id, line)
        ) WITHOUT ROWID;
        CREATE INDEX items_of_product ON items (product_id);
    ";

    async fn fill(connection: &mut SqliteConnection) -> sqlx::Result<()> {
        insert(connection, "INSERT INTO price_list", (1..=seed::PRODUCTS).map(price_row)).await?;
        insert(connection, "INSERT INTO customers", (1..=seed::USERS).map(|id| [id.into()])).await?;
        let orders: Vec<Order> = (1..=seed::ORDERS).map(order).collect();
        let items: Vec<[Cell; 6]> = orders.iter().flat_map(item_rows).collect();
        insert(connection, "INSERT INTO orders", orders.into_iter().map(order_row)).await?;
        insert(connection, "INSERT INTO items", items).await
    }
}

fn price_row(id: i64) -> [Cell; 5] {
    [id.into(), product(id).name.into(), price(id).into(), weight(id).into(), warehouses(id)[0].into()]
}

fn order_row(order: Order) -> [Cell; 18] {
    let pieces: i64 = order.items.iter().map(|item| item.quantity).sum();
    let shipped_at = order.placed_at + order.pace[0];
    let sent = matches!(order.progress, Progress::Shipped | Progress::Delivered);
    let delivered = order.progress == Progress::Delivered;
    let cancelled = order.progress == Progress::Cancelled;
    [
        order.id.into(),
        number(order.id).into(),
        order.customer.into(),
        (order.progress as i64).into(),
        order.placed_at.into(),
        pieces.into(),
        order.subtotal.into(),
        order.shipping_cost.into(),
        order.address.recipient.into(),
        order.address.street.into(),
        order.address.city.into(),
        order.address.postal_code.into(),
        order.address.country.number().into(),
        sent.then_some(order.carrier).into(),
        sent.then_some(shipped_at).into(),
        delivered.then_some(shipped_at + order.pace[1]).into(),
        cancelled.then_some(shipped_at).into(),
        order.staff_note.into(),
    ]
}

fn item_rows(order: &Order) -> Vec<[Cell; 6]> {
    let id = order.id;
    let row = |item: &seed::sales::Item| {
        [
            id.into(),
            item.line.into(),
            item.product.into(),
            item.quantity.into(),
            item.unit_price.into(),
            item.warehouse.into(),
        ]
    };
    order.items.iter().map(row).collect()
}
