//! The batched look-ups of the orders service.

use std::collections::HashMap;
use std::sync::Arc;

use super::store::{ItemRow, OrderRow, OrderStatus, Store};
use crate::demo::lookup::{Batch, Lookup, grouped};
use crate::demo::page::Window;

/// Orders by id.
pub struct OrderById(Arc<Store>);

impl Lookup for OrderById {
    type Key = i64;
    type Value = OrderRow;

    async fn find(&self, ids: &[i64]) -> sqlx::Result<HashMap<i64, OrderRow>> {
        Ok(self.0.orders(ids).await?.into_iter().map(|order| (order.id, order)).collect())
    }
}

/// Orders by number.
pub struct OrderByNumber(Arc<Store>);

impl Lookup for OrderByNumber {
    type Key = String;
    type Value = OrderRow;

    async fn find(&self, numbers: &[String]) -> sqlx::Result<HashMap<String, OrderRow>> {
        Ok(self.0.orders_by_number(numbers).await?.into_iter().map(|order| (order.number.clone(), order)).collect())
    }
}

/// Items by order.
pub struct ItemsOf(Arc<Store>);

impl Lookup for ItemsOf {
    type Key = i64;
    type Value = Vec<ItemRow>;

    async fn find(&self, orders: &[i64]) -> sqlx::Result<HashMap<i64, Vec<ItemRow>>> {
        let mut found: HashMap<i64, Vec<ItemRow>> = HashMap::new();
        for item in self.0.items(orders).await? {
            found.entry(item.order).or_default().push(item);
        }
        Ok(found)
    }
}

/// A customer, and which of their orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct OrdersOfKey {
    pub customer: i64,
    pub status: Option<OrderStatus>,
    pub window: Window,
}

/// Windows of the orders of customers.
pub struct OrdersOf(Arc<Store>);

impl Lookup for OrdersOf {
    type Key = OrdersOfKey;
    type Value = Vec<OrderRow>;

    async fn find(&self, keys: &[OrdersOfKey]) -> sqlx::Result<HashMap<OrdersOfKey, Vec<OrderRow>>> {
        let mut found: HashMap<OrdersOfKey, Vec<OrderRow>> = HashMap::new();
        for ((status, window), customers) in grouped(keys, |key| ((key.status, key.window), key.customer)) {
            for order in self.0.orders_of(&customers, status, window).await? {
                found.entry(OrdersOfKey { customer: order.customer, status, window }).or_default().push(order);
            }
        }
        Ok(found)
    }
}

/// How many orders customers have.
pub struct OrderCounts(Arc<Store>);

impl Lookup for OrderCounts {
    type Key = (i64, Option<OrderStatus>);
    type Value = i32;

    async fn find(&self, keys: &[Self::Key]) -> sqlx::Result<HashMap<Self::Key, i32>> {
        let mut found = HashMap::new();
        for (status, customers) in grouped(keys, |(customer, status)| (*status, *customer)) {
            let counts = self.0.order_counts(&customers, status).await?;
            found.extend(counts.into_iter().map(|(customer, count)| ((customer, status), count)));
        }
        Ok(found)
    }
}

/// What customers spent.
pub struct SpentBy(Arc<Store>);

impl Lookup for SpentBy {
    type Key = i64;
    type Value = i64;

    async fn find(&self, customers: &[i64]) -> sqlx::Result<HashMap<i64, i64>> {
        Ok(self.0.spent(customers).await?.into_iter().collect())
    }
}

/// How many pieces of products were ordered.
pub struct UnitsSold(Arc<Store>);

impl Lookup for UnitsSold {
    type Key = i64;
    type Value = i32;

    async fn find(&self, products: &[i64]) -> sqlx::Result<HashMap<i64, i32>> {
        Ok(self.0.units_sold(products).await?.into_iter().collect())
    }
}

/// The look-ups of one request.
pub struct Lookups {
    pub orders: Batch<OrderById>,
    pub numbers: Batch<OrderByNumber>,
    pub items: Batch<ItemsOf>,
    pub orders_of: Batch<OrdersOf>,
    pub order_counts: Batch<OrderCounts>,
    pub spent: Batch<SpentBy>,
    pub units_sold: Batch<UnitsSold>,
}

impl Lookups {
    /// Empty look-ups over `store`.
    pub fn new(store: &Arc<Store>) -> Self {
        Self {
            orders: Batch::new(OrderById(Arc::clone(store))),
            numbers: Batch::new(OrderByNumber(Arc::clone(store))),
            items: Batch::new(ItemsOf(Arc::clone(store))),
            orders_of: Batch::new(OrdersOf(Arc::clone(store))),
            order_counts: Batch::new(OrderCounts(Arc::clone(store))),
            spent: Batch::new(SpentBy(Arc::clone(store))),
            units_sold: Batch::new(UnitsSold(Arc::clone(store))),
        }
    }

    /// Forgets what was found before a mutation.
    pub async fn forget(&self) {
        self.orders.forget().await;
        self.numbers.forget().await;
        self.items.forget().await;
        self.orders_of.forget().await;
        self.order_counts.forget().await;
        self.spent.forget().await;
        self.units_sold.forget().await;
    }
}
