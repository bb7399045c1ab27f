//! What is written to the payments service: money is reserved, taken and given back.

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, Interface, Object, Result, SimpleObject};

use super::lookup::Lookups;
use super::schema::{Payment, payment};
use super::settling::Settled;
use super::store::Store;
use crate::demo::lookup::LookupFailed;
use crate::demo::place::{InvalidInput, written};
use crate::demo::scalar::{Moment, Money, row_id};

/// The most that is reserved at once, in cents.
const MOST: i64 = 100_000_000;
/// How many lines a refund names at most: as many as an order has.
const MOST_LINES: usize = 50;

/// The root of mutations.
pub struct Mutation;

#[Object]
impl Mutation {
    async fn authorize_payment(&self, ctx: &Context<'_>, input: AuthorizePaymentInput) -> Result<PaymentPayload> {
        let Some(order) = row_id(&input.order_id) else {
            return Ok(PaymentPayload::refused(InvalidInput::new("orderId", "names no order")));
        };
        let settled = match row_id(&input.method_id) {
            None => Settled::UnknownMethod,
            Some(_) if !(1..=MOST).contains(&input.amount.0) => Settled::WrongAmount { most: MOST },
            Some(method) => stored(store(ctx)?.authorize(order, method, input.amount.0, Moment::now().0).await)?,
        };
        PaymentPayload::of(ctx, settled, &input.method_id).await
    }

    async fn capture_payment(&self, ctx: &Context<'_>, input: CapturePaymentInput) -> Result<PaymentPayload> {
        let amount = input.amount.map(|money| money.0);
        let settled = match row_id(&input.payment_id) {
            None => Settled::UnknownPayment,
            Some(id) => stored(store(ctx)?.capture(id, amount, Moment::now().0).await)?,
        };
        PaymentPayload::of(ctx, settled, &input.payment_id).await
    }

    async fn refund_payment(&self, ctx: &Context<'_>, input: RefundPaymentInput) -> Result<PaymentPayload> {
        if input.lines.len() > MOST_LINES || input.lines.iter().any(|line| *line < 1) {
            let rule = format!("must have {MOST_LINES} entries at most, each from 1");
            return Ok(PaymentPayload::refused(InvalidInput::new("lines", &rule)));
        }
        let amount = input.amount.map(|money| money.0);
        let settled = match row_id(&input.payment_id) {
            None => Settled::UnknownPayment,
            Some(id) => stored(store(ctx)?.refund(id, amount, &input.lines, Moment::now().0).await)?,
        };
        PaymentPayload::of(ctx, settled, &input.payment_id).await
    }
}

fn store<'a>(ctx: &'a Context<'_>) -> Result<&'a Store> {
    Ok(ctx.data::<Arc<Store>>()?)
}

fn stored(settled: sqlx::Result<Settled>) -> Result<Settled> {
    Ok(settled.map_err(|error| LookupFailed::log(&error))?)
}

/// Money to reserve.
#[derive(Debug, InputObject)]
pub struct AuthorizePaymentInput {
    order_id: ID,
    method_id: ID,
    amount: Money,
}

/// Money to take.
#[derive(Debug, InputObject)]
pub struct CapturePaymentInput {
    payment_id: ID,
    amount: Option<Money>,
}

/// Money to give back.
#[derive(Debug, InputObject)]
pub struct RefundPaymentInput {
    payment_id: ID,
    amount: Option<Money>,
    #[graphql(default)]
    lines: Vec<i32>,
}

/// The payment after the change, or why it has not changed.
#[derive(SimpleObject)]
pub struct PaymentPayload {
    payment: Option<Payment>,
    problems: Vec<Problem>,
}

impl PaymentPayload {
    fn refused(problem: impl Into<Problem>) -> Self {
        Self { payment: None, problems: vec![problem.into()] }
    }

    /// What to answer; `id` is what the client named.
    async fn of(ctx: &Context<'_>, settled: Settled, id: &ID) -> Result<Self> {
        ctx.data::<Lookups>()?.forget().await;
        Ok(match settled {
            Settled::Done(id) => Self { payment: payment(ctx, Some(id)).await?, problems: Vec::new() },
            Settled::UnknownPayment => Self::refused(UnknownPayment {
                message: format!("There is no payment `{}`.", **id),
                payment_id: id.clone(),
            }),
            Settled::UnknownMethod => Self::refused(UnknownPaymentMethod {
                message: format!("There is no payment method `{}`.", **id),
                payment_method_id: id.clone(),
            }),
            Settled::WrongAmount { most } => {
                let rule = format!("must be from {} to {}", Money(1), Money(most));
                Self::refused(InvalidInput::new("amount", &rule))
            }
            Settled::WrongStatus(id) => {
                let payment = payment(ctx, Some(id)).await?.ok_or("the payment is missing")?;
                let message = format!("Payment {} is {}.", payment.0.reference, written(&payment.0.status));
                Self::refused(WrongPaymentStatus { message, payment })
            }
        })
    }
}

/// Why a mutation did not do what was asked.
#[derive(Interface)]
#[graphql(field(name = "message", ty = "&String"))]
#[allow(missing_docs)]
pub enum Problem {
    InvalidInput(InvalidInput),
    UnknownPayment(UnknownPayment),
    UnknownPaymentMethod(UnknownPaymentMethod),
    WrongPaymentStatus(WrongPaymentStatus),
}

/// There is no such payment.
#[derive(SimpleObject)]
#[allow(missing_docs)]
pub struct UnknownPayment {
    pub message: String,
    pub payment_id: ID,
}

/// There is no such way to pay.
#[derive(SimpleObject)]
#[allow(missing_docs)]
pub struct UnknownPaymentMethod {
    pub message: String,
    pub payment_method_id: ID,
}

/// The payment is not in a state in which this can be done.
#[derive(SimpleObject)]
#[allow(missing_docs)]
pub struct WrongPaymentStatus {
    pub message: String,
    pub payment: Payment,
}
