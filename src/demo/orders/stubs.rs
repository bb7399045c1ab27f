//! What the orders service knows of things that belong to other services: their keys, and the
//! fields it adds to them.

use async_graphql::{Context, ID, Object, Result, SimpleObject};

use super::lookup::{Lookups, OrdersOfKey};
use super::schema::{Counted, OrderConnection, page};
use super::store::OrderStatus;
use crate::demo::page::Window;
use crate::demo::place::Country;
use crate::demo::scalar::{Money, row_id};
use crate::demo::shipping;

/// A customer.
#[derive(Debug, Clone)]
pub struct User {
    pub id: ID,
}

#[Object]
impl User {
    async fn id(&self) -> &ID {
        &self.id
    }

    async fn orders(
        &self,
        ctx: &Context<'_>,
        status: Option<OrderStatus>,
        #[graphql(default = 10)] first: i32,
        after: Option<String>,
    ) -> Result<OrderConnection> {
        let window = Window::new(first, after.as_deref())?;
        let Some(customer) = row_id(&self.id) else {
            return Ok(OrderConnection::new(page(window, Vec::new()), Counted::Empty));
        };
        let rows = ctx.data::<Lookups>()?.orders_of.load(OrdersOfKey { customer, status, window }).await?;
        Ok(OrderConnection::new(page(window, rows.unwrap_or_default()), Counted::Of(customer, status)))
    }

    async fn total_spent(&self, ctx: &Context<'_>) -> Result<Money> {
        let Some(customer) = row_id(&self.id) else { return Ok(Money(0)) };
        Ok(Money(ctx.data::<Lookups>()?.spent.load(customer).await?.unwrap_or_default()))
    }
}

/// A product. The external fields are there when this service provides or was sent them.
#[derive(Debug, Clone)]
pub struct Product {
    pub id: ID,
    pub name: Option<String>,
    pub price: Option<Money>,
    pub weight: Option<i32>,
}

#[Object]
impl Product {
    async fn id(&self) -> &ID {
        &self.id
    }

    #[graphql(external)]
    async fn name(&self) -> Result<&String> {
        Ok(self.name.as_ref().ok_or("`name` belongs to the products service")?)
    }

    #[graphql(external)]
    async fn price(&self) -> Result<Money> {
        Ok(self.price.ok_or("`price` belongs to the products service")?)
    }

    #[graphql(external)]
    async fn weight(&self) -> Result<i32> {
        Ok(self.weight.ok_or("`weight` belongs to the products service")?)
    }

    #[graphql(requires = "price weight")]
    async fn shipping_cost(&self, #[graphql(default_with = "Country::De")] to: Country) -> Result<Money> {
        let (Some(price), Some(weight)) = (self.price, self.weight) else {
            return Err("`shippingCost` requires `price` and `weight` in the representation".into());
        };
        Ok(Money(shipping::cost(price.0, weight.into(), to)))
    }

    async fn units_sold(&self, ctx: &Context<'_>) -> Result<i32> {
        let Some(id) = row_id(&self.id) else { return Ok(0) };
        Ok(ctx.data::<Lookups>()?.units_sold.load(id).await?.unwrap_or_default())
    }
}

/// The stock of a product in a warehouse.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(unresolvable = "warehouse { id } product { id }")]
pub struct StockItem {
    pub warehouse: Warehouse,
    pub product: Product,
}

/// A warehouse.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(unresolvable = "id")]
pub struct Warehouse {
    pub id: ID,
}
