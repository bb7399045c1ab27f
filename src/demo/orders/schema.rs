//! What is read from the orders service: the root of queries, the order and its items.
//!
//! Descriptions live in `schemas/orders.graphql`.

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject, Union};

use super::lookup::Lookups;
use super::store::{self, Carrier, ItemRow, OrderRow, OrderStatus, Store};
use super::stubs::{Product, StockItem, User, Warehouse};
use crate::demo::lookup::LookupFailed;
use crate::demo::page::{Cursor, Page, Window, connection};
use crate::demo::place::Address;
use crate::demo::scalar::{Moment, Money, row_id};

/// The root of queries.
pub struct Query;

#[Object]
impl Query {
    async fn order(&self, ctx: &Context<'_>, id: ID) -> Result<Option<Order>> {
        order(ctx, row_id(&id)).await
    }

    async fn order_by_number(&self, ctx: &Context<'_>, number: String) -> Result<Option<Order>> {
        Ok(ctx.data::<Lookups>()?.numbers.load(number).await?.map(Order))
    }

    async fn orders(
        &self,
        ctx: &Context<'_>,
        filter: Option<OrderFilter>,
        #[graphql(default = 20)] first: i32,
        after: Option<String>,
    ) -> Result<OrderConnection> {
        let window = Window::new(first, after.as_deref())?;
        let filter = filter.map(store::Filter::from).unwrap_or_default();
        let rows = ctx.data::<Arc<Store>>()?.page(&filter, window).await;
        let rows = rows.map_err(|error| LookupFailed::log(&error))?;
        Ok(OrderConnection::new(page(window, rows), Counted::Passing(filter)))
    }

    #[graphql(entity)]
    async fn find_order(&self, ctx: &Context<'_>, id: ID) -> Result<Option<Order>> {
        order(ctx, row_id(&id)).await
    }

    #[graphql(entity)]
    async fn find_order_by_number(&self, ctx: &Context<'_>, number: String) -> Result<Option<Order>> {
        self.order_by_number(ctx, number).await
    }

    #[graphql(entity)]
    async fn find_order_item(&self, ctx: &Context<'_>, order: ById, line: i32) -> Result<Option<OrderItem>> {
        let Some(order) = row_id(&order.id) else { return Ok(None) };
        let items = ctx.data::<Lookups>()?.items.load(order).await?.unwrap_or_default();
        Ok(items.into_iter().find(|item| item.line == line).map(OrderItem))
    }

    /// Any id may be a customer's: whether it is one is for the users service to say.
    #[graphql(entity)]
    async fn find_user(&self, id: ID) -> Option<User> {
        Some(User { id })
    }

    /// Price and weight come along when a field requires them.
    #[graphql(entity)]
    async fn find_product(&self, #[graphql(key)] id: ID, price: Option<Money>, weight: Option<i32>) -> Option<Product> {
        Some(Product { id, name: None, price, weight })
    }
}

/// The order with this id.
pub async fn order(ctx: &Context<'_>, id: Option<i64>) -> Result<Option<Order>> {
    match id {
        Some(id) => Ok(ctx.data::<Lookups>()?.orders.load(id).await?.map(Order)),
        None => Ok(None),
    }
}

/// A page of orders, by id.
pub fn page(window: Window, rows: Vec<OrderRow>) -> Page<Order> {
    Page::new(window, rows, |row| Cursor::of_id(row.id)).map(Order)
}

/// The part of a compound key that names something by its id.
#[derive(Debug, InputObject)]
pub struct ById {
    id: ID,
}

/// An order.
#[derive(Debug, Clone)]
pub struct Order(pub OrderRow);

#[Object]
impl Order {
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    async fn number(&self) -> &str {
        &self.0.number
    }

    async fn status(&self) -> OrderStatus {
        self.0.status
    }

    async fn placed_at(&self) -> Moment {
        Moment(self.0.placed_at)
    }

    async fn customer(&self) -> User {
        User { id: self.0.customer.into() }
    }

    async fn items(&self, ctx: &Context<'_>) -> Result<Vec<OrderItem>> {
        let items = ctx.data::<Lookups>()?.items.load(self.0.id).await?.unwrap_or_default();
        Ok(items.into_iter().map(OrderItem).collect())
    }

    async fn pieces(&self) -> i32 {
        self.0.pieces
    }

    async fn subtotal(&self) -> Money {
        Money(self.0.subtotal)
    }

    async fn shipping_cost(&self) -> Money {
        Money(self.0.shipping_cost)
    }

    async fn total(&self) -> Money {
        Money(self.0.subtotal + self.0.shipping_cost)
    }

    #[graphql(deprecation = "Was without shipping in one place and with it in another: use `subtotal` or `total`.")]
    async fn price(&self) -> Money {
        Money(self.0.subtotal)
    }

    #[graphql(tag = "personal")]
    async fn shipping_address(&self) -> &Address {
        &self.0.address
    }

    async fn shipment(&self) -> Option<Shipment> {
        let (carrier, shipped_at) = (self.0.carrier?, self.0.shipped_at?);
        Some(Shipment {
            carrier,
            tracking_number: format!("{}{:010}", carrier as i64 + 1, self.0.id),
            shipped_at: Moment(shipped_at),
            delivered_at: self.0.delivered_at.map(Moment),
        })
    }

    async fn timeline(&self) -> Vec<TimelineEntry> {
        let row = &self.0;
        let placed = OrderPlaced { at: Moment(row.placed_at), pieces: row.pieces };
        let shipped = row.shipped_at.zip(row.carrier);
        let shipped = shipped.map(|(at, carrier)| OrderShipped { at: Moment(at), carrier }.into());
        let delivered = row.delivered_at.map(|at| OrderDelivered { at: Moment(at) }.into());
        let cancelled = row.cancelled_at.map(|at| OrderCancelled { at: Moment(at) }.into());
        [Some(placed.into()), shipped, delivered, cancelled].into_iter().flatten().collect()
    }

    #[graphql(inaccessible, tag = "internal")]
    async fn staff_note(&self) -> Option<&str> {
        self.0.staff_note.as_deref()
    }
}

connection!(OrderConnection, OrderEdge, Order, Counted);

/// How the whole list behind a page is counted.
pub enum Counted {
    /// Those that pass a filter.
    Passing(store::Filter),
    /// Those of a customer.
    Of(i64, Option<OrderStatus>),
    /// None.
    Empty,
}

impl Counted {
    async fn count(&self, ctx: &Context<'_>) -> Result<i32> {
        match self {
            Self::Passing(filter) => {
                let counted = ctx.data::<Arc<Store>>()?.count(filter).await;
                Ok(counted.map_err(|error| LookupFailed::log(&error))?)
            }
            Self::Of(customer, status) => {
                let counted = ctx.data::<Lookups>()?.order_counts.load((*customer, *status)).await?;
                Ok(counted.unwrap_or_default())
            }
            Self::Empty => Ok(0),
        }
    }
}

/// One line of an order.
#[derive(Debug, Clone)]
pub struct OrderItem(ItemRow);

#[Object]
impl OrderItem {
    async fn order(&self, ctx: &Context<'_>) -> Result<Order> {
        Ok(order(ctx, Some(self.0.order)).await?.ok_or("the item's order is missing")?)
    }

    async fn line(&self) -> i32 {
        self.0.line
    }

    #[graphql(provides = "name")]
    async fn product(&self) -> Product {
        Product { id: self.0.product.into(), name: Some(self.0.product_name.clone()), price: None, weight: None }
    }

    async fn quantity(&self) -> i32 {
        self.0.quantity
    }

    async fn unit_price(&self) -> Money {
        Money(self.0.unit_price)
    }

    async fn total(&self) -> Money {
        Money(self.0.unit_price * i64::from(self.0.quantity))
    }

    async fn taken_from(&self) -> StockItem {
        StockItem {
            warehouse: Warehouse { id: self.0.warehouse.into() },
            product: Product { id: self.0.product.into(), name: None, price: None, weight: None },
        }
    }
}

/// How an order travels.
#[derive(SimpleObject)]
pub struct Shipment {
    carrier: Carrier,
    tracking_number: String,
    shipped_at: Moment,
    delivered_at: Option<Moment>,
}

/// Something that happened to an order.
#[derive(Union)]
#[allow(missing_docs)]
// The variants are named as the types are, which the schema names.
#[allow(clippy::enum_variant_names)]
pub enum TimelineEntry {
    OrderPlaced(OrderPlaced),
    OrderShipped(OrderShipped),
    OrderDelivered(OrderDelivered),
    OrderCancelled(OrderCancelled),
}

/// The customer ordered.
#[derive(SimpleObject)]
pub struct OrderPlaced {
    at: Moment,
    pieces: i32,
}

/// The carrier has it.
#[derive(SimpleObject)]
pub struct OrderShipped {
    at: Moment,
    carrier: Carrier,
}

/// The customer has it.
#[derive(SimpleObject)]
pub struct OrderDelivered {
    at: Moment,
}

/// It was called off.
#[derive(SimpleObject)]
pub struct OrderCancelled {
    at: Moment,
}

/// Which orders a list shows.
#[derive(Debug, InputObject)]
pub struct OrderFilter {
    status: Option<OrderStatus>,
    placed_from: Option<Moment>,
    placed_before: Option<Moment>,
    minimum_total: Option<Money>,
}

impl From<OrderFilter> for store::Filter {
    fn from(filter: OrderFilter) -> Self {
        Self {
            status: filter.status,
            placed_from: filter.placed_from.map(|moment| moment.0),
            placed_before: filter.placed_before.map(|moment| moment.0),
            minimum_total: filter.minimum_total.map(|money| money.0),
        }
    }
}
