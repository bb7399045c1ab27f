//! What is written to the orders service: orders are placed and cancelled.

use std::collections::HashSet;
use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, Interface, Object, Result, SimpleObject};

use super::lookup::Lookups;
use super::placing::{Cancelled, Placed, Wanted};
use super::schema::{Order, order};
use super::store::Store;
use crate::demo::lookup::LookupFailed;
use crate::demo::place::{AddressInput, InvalidInput};
use crate::demo::scalar::{Moment, row_id};

/// How many lines an order has at most.
const MOST_LINES: usize = 50;
/// How many pieces a line has at most.
const MOST_PIECES: i32 = 99;

/// The root of mutations.
pub struct Mutation;

#[Object]
impl Mutation {
    async fn place_order(&self, ctx: &Context<'_>, input: PlaceOrderInput) -> Result<PlaceOrderPayload> {
        let products: Vec<ID> = input.items.iter().map(|item| item.product_id.clone()).collect();
        let wanted = match input.check() {
            Ok(wanted) => wanted,
            Err(problems) => return Ok(PlaceOrderPayload { order: None, problems }),
        };
        let placed = ctx.data::<Arc<Store>>()?.place(&wanted).await.map_err(|error| LookupFailed::log(&error))?;
        let problems = match placed {
            Placed::Done(id) => {
                ctx.data::<Lookups>()?.forget().await;
                return Ok(PlaceOrderPayload { order: order(ctx, Some(id)).await?, problems: Vec::new() });
            }
            Placed::UnknownCustomer => vec![unknown_customer()],
            Placed::UnknownProducts(places) => {
                places.into_iter().map(|place| unknown_product(&products[place])).collect()
            }
        };
        Ok(PlaceOrderPayload { order: None, problems })
    }

    async fn cancel_order(&self, ctx: &Context<'_>, id: ID) -> Result<CancelOrderPayload> {
        let unknown =
            |id: ID| Problem::from(UnknownOrder { message: format!("There is no order `{}`.", *id), order_id: id });
        let Some(row) = row_id(&id) else {
            return Ok(CancelOrderPayload { order: None, problems: vec![unknown(id)] });
        };
        let store = ctx.data::<Arc<Store>>()?;
        let cancelled = store.cancel(row, Moment::now().0).await.map_err(|error| LookupFailed::log(&error))?;
        ctx.data::<Lookups>()?.forget().await;
        let order = order(ctx, Some(row)).await?;
        Ok(match (cancelled, order) {
            (Cancelled::Done, order) => CancelOrderPayload { order, problems: Vec::new() },
            (Cancelled::TooLate, Some(order)) => {
                let message = format!("Order {} can no longer be cancelled.", order.0.number);
                CancelOrderPayload { order: None, problems: vec![OrderNotCancellable { message, order }.into()] }
            }
            _ => CancelOrderPayload { order: None, problems: vec![unknown(id)] },
        })
    }
}

/// An order to place.
#[derive(Debug, InputObject)]
pub struct PlaceOrderInput {
    customer_id: ID,
    items: Vec<OrderItemInput>,
    shipping_address: AddressInput,
}

/// A line of an order to place.
#[derive(Debug, InputObject)]
pub struct OrderItemInput {
    product_id: ID,
    #[graphql(default = 1)]
    quantity: i32,
}

impl PlaceOrderInput {
    /// The order to place, or all that is wrong with it.
    fn check(self) -> Result<Wanted, Vec<Problem>> {
        let mut problems = Vec::new();
        if !(1..=MOST_LINES).contains(&self.items.len()) {
            problems.push(InvalidInput::new("items", &format!("must have 1 to {MOST_LINES} entries")).into());
            return Err(problems);
        }
        let customer = row_id(&self.customer_id);
        if customer.is_none() {
            problems.push(unknown_customer());
        }
        let mut products = HashSet::new();
        let mut items = Vec::with_capacity(self.items.len());
        for (place, item) in self.items.iter().enumerate() {
            if !(1..=MOST_PIECES).contains(&item.quantity) {
                let rule = format!("must be from 1 to {MOST_PIECES}, not {}", item.quantity);
                problems.push(InvalidInput::new(format!("items.{place}.quantity"), &rule).into());
            }
            match row_id(&item.product_id) {
                None => problems.push(unknown_product(&item.product_id)),
                Some(product) if products.insert(product) => items.push((product, i64::from(item.quantity))),
                Some(_) => {
                    let field = format!("items.{place}.productId");
                    problems.push(InvalidInput::new(field, "names a product that an earlier item names too").into());
                }
            }
        }
        let address = self.shipping_address.check("shippingAddress").map_err(|invalid| problems.push(invalid.into()));
        match (customer, address) {
            (Some(customer), Ok(address)) if problems.is_empty() => {
                Ok(Wanted { customer, items, address, placed_at: Moment::now().0 })
            }
            _ => Err(problems),
        }
    }
}

fn unknown_customer() -> Problem {
    InvalidInput::new("customerId", "names no customer").into()
}

fn unknown_product(id: &ID) -> Problem {
    UnknownProduct { message: format!("The shop does not sell a product `{}`.", **id), product_id: id.clone() }.into()
}

/// The new order, or why there is none.
#[derive(SimpleObject)]
pub struct PlaceOrderPayload {
    order: Option<Order>,
    problems: Vec<Problem>,
}

/// The cancelled order, or why it is not.
#[derive(SimpleObject)]
pub struct CancelOrderPayload {
    order: Option<Order>,
    problems: Vec<Problem>,
}

/// Why a mutation did not do what was asked.
#[derive(Interface)]
#[graphql(field(name = "message", ty = "&String"))]
#[allow(missing_docs)]
// Problems are rare and few: the largest one decides how much room each takes.
#[allow(clippy::large_enum_variant)]
pub enum Problem {
    InvalidInput(InvalidInput),
    UnknownProduct(UnknownProduct),
    UnknownOrder(UnknownOrder),
    OrderNotCancellable(OrderNotCancellable),
}

/// The shop does not sell such a product.
#[derive(SimpleObject)]
#[allow(missing_docs)]
pub struct UnknownProduct {
    pub message: String,
    pub product_id: ID,
}

/// There is no such order.
#[derive(SimpleObject)]
#[allow(missing_docs)]
pub struct UnknownOrder {
    pub message: String,
    pub order_id: ID,
}

/// The order is too far on its way to be cancelled.
#[derive(SimpleObject)]
#[allow(missing_docs)]
pub struct OrderNotCancellable {
    pub message: String,
    pub order: Order,
}
