//! What is read from the payments service: the root of queries, the payment and its refunds.
//!
//! Descriptions live in `schemas/payments.graphql`.

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject, Union};

use super::lookup::Lookups;
use super::methods::{BankTransfer, Card, PaymentMethod, Wallet};
use super::store::{self, PaymentRow, PaymentStatus, RefundRow, Store};
use super::stubs::{Order, OrderItem, User};
use crate::demo::lookup::LookupFailed;
use crate::demo::page::{Cursor, Page, Window, connection};
use crate::demo::scalar::{Moment, Money, row_id};

/// The root of queries.
pub struct Query;

#[Object]
impl Query {
    async fn payment(&self, ctx: &Context<'_>, id: ID) -> Result<Option<Payment>> {
        payment(ctx, row_id(&id)).await
    }

    async fn payments(
        &self,
        ctx: &Context<'_>,
        filter: Option<PaymentFilter>,
        #[graphql(default = 20)] first: i32,
        after: Option<String>,
    ) -> Result<PaymentConnection> {
        let window = Window::new(first, after.as_deref())?;
        let filter = filter.map(store::Filter::from).unwrap_or_default();
        let rows = ctx.data::<Arc<Store>>()?.page(&filter, window).await;
        let rows = rows.map_err(|error| LookupFailed::log(&error))?;
        Ok(PaymentConnection::new(page(window, rows), Counted::Passing(filter)))
    }

    async fn payment_method(&self, ctx: &Context<'_>, id: ID) -> Result<Option<PaymentMethod>> {
        PaymentMethod::load(ctx, &id).await
    }

    #[graphql(entity)]
    async fn find_payment(&self, ctx: &Context<'_>, id: ID) -> Result<Option<Payment>> {
        payment(ctx, row_id(&id)).await
    }

    #[graphql(entity)]
    async fn find_payment_by_reference(&self, ctx: &Context<'_>, reference: String) -> Result<Option<Payment>> {
        Ok(ctx.data::<Lookups>()?.references.load(reference).await?.map(Payment))
    }

    #[graphql(entity)]
    async fn find_card(&self, ctx: &Context<'_>, id: ID) -> Result<Option<Card>> {
        Ok(match PaymentMethod::load(ctx, &id).await? {
            Some(PaymentMethod::Card(card)) => Some(card),
            _ => None,
        })
    }

    #[graphql(entity)]
    async fn find_bank_transfer(&self, ctx: &Context<'_>, id: ID) -> Result<Option<BankTransfer>> {
        Ok(match PaymentMethod::load(ctx, &id).await? {
            Some(PaymentMethod::BankTransfer(transfer)) => Some(transfer),
            _ => None,
        })
    }

    #[graphql(entity)]
    async fn find_wallet(&self, ctx: &Context<'_>, id: ID) -> Result<Option<Wallet>> {
        Ok(match PaymentMethod::load(ctx, &id).await? {
            Some(PaymentMethod::Wallet(wallet)) => Some(wallet),
            _ => None,
        })
    }

    /// Any id may be a customer's; the risk comes along when a field requires it.
    #[graphql(entity)]
    async fn find_user(&self, #[graphql(key)] id: ID, risk_score: Option<i32>) -> Option<User> {
        Some(User { id, risk_score })
    }

    /// Any id may be an order's; the total comes along when a field requires it.
    #[graphql(entity)]
    async fn find_order(&self, #[graphql(key)] id: ID, total: Option<Money>) -> Option<Order> {
        Some(Order { id, total })
    }
}

/// The payment with this id.
pub async fn payment(ctx: &Context<'_>, id: Option<i64>) -> Result<Option<Payment>> {
    match id {
        Some(id) => Ok(ctx.data::<Lookups>()?.payments.load(id).await?.map(Payment)),
        None => Ok(None),
    }
}

/// A page of payments, by id.
pub fn page(window: Window, rows: Vec<PaymentRow>) -> Page<Payment> {
    Page::new(window, rows, |row| Cursor::of_id(row.id)).map(Payment)
}

/// What was paid for an order.
#[derive(Debug, Clone)]
pub struct Payment(pub PaymentRow);

impl Payment {
    async fn refund_rows(&self, ctx: &Context<'_>) -> Result<Vec<RefundRow>> {
        Ok(ctx.data::<Lookups>()?.refunds.load(self.0.id).await?.unwrap_or_default())
    }
}

#[Object]
impl Payment {
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    async fn reference(&self) -> &str {
        &self.0.reference
    }

    async fn order(&self) -> Order {
        Order { id: self.0.order.into(), total: None }
    }

    async fn payer(&self) -> User {
        User::with_id(self.0.user)
    }

    async fn method(&self, ctx: &Context<'_>) -> Result<PaymentMethod> {
        let method = ctx.data::<Lookups>()?.methods.load(self.0.method).await?;
        Ok(method.ok_or("the payment's method is missing")?.into())
    }

    async fn status(&self) -> PaymentStatus {
        self.0.status
    }

    async fn amount(&self) -> Money {
        Money(self.0.amount)
    }

    async fn captured_amount(&self) -> Money {
        Money(self.0.captured)
    }

    async fn refunded_amount(&self) -> Money {
        Money(self.0.refunded)
    }

    async fn authorized_at(&self) -> Moment {
        Moment(self.0.authorized_at)
    }

    #[graphql(deprecation = "Did not say which date: use `authorizedAt`.")]
    async fn date(&self) -> Moment {
        Moment(self.0.authorized_at)
    }

    async fn refunds(&self, ctx: &Context<'_>) -> Result<Vec<Refund>> {
        Ok(self.refund_rows(ctx).await?.into_iter().map(Refund).collect())
    }

    async fn timeline(&self, ctx: &Context<'_>) -> Result<Vec<TimelineEntry>> {
        let row = &self.0;
        let authorized = PaymentAuthorized { at: Moment(row.authorized_at), amount: Money(row.amount) };
        let captured = row.captured_at.map(|at| PaymentCaptured { at: Moment(at), amount: Money(row.captured) }.into());
        let voided = row.voided_at.map(|at| PaymentVoided { at: Moment(at) }.into());
        let mut entries: Vec<_> = [Some(authorized.into()), captured, voided].into_iter().flatten().collect();
        let refunds = if row.refunded > 0 { self.refund_rows(ctx).await? } else { Vec::new() };
        entries.extend(
            refunds
                .into_iter()
                .map(|refund| PaymentRefunded { at: Moment(refund.refunded_at), amount: Money(refund.amount) }.into()),
        );
        Ok(entries)
    }

    #[graphql(inaccessible, tag = "internal")]
    async fn acquirer_token(&self) -> String {
        format!("acq_{:012x}", self.0.id.wrapping_mul(2_654_435_761) & 0xffff_ffff_ffff)
    }
}

connection!(PaymentConnection, PaymentEdge, Payment, Counted);

/// How the whole list behind a page is counted.
pub enum Counted {
    /// Those that pass a filter.
    Passing(store::Filter),
    /// Those of a customer.
    Of(i64),
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
            Self::Of(user) => Ok(ctx.data::<Lookups>()?.payment_counts.load(*user).await?.unwrap_or_default()),
            Self::Empty => Ok(0),
        }
    }
}

/// Money that was given back.
pub struct Refund(RefundRow);

#[Object]
impl Refund {
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    async fn amount(&self) -> Money {
        Money(self.0.amount)
    }

    async fn refunded_at(&self) -> Moment {
        Moment(self.0.refunded_at)
    }

    async fn items(&self) -> Vec<OrderItem> {
        let item = |line: &i32| OrderItem { order: Order { id: self.0.order.into(), total: None }, line: *line };
        self.0.lines.iter().map(item).collect()
    }
}

/// Something that happened to a payment.
#[derive(Union)]
#[allow(missing_docs)]
// The variants are named as the types are, which the schema names.
#[allow(clippy::enum_variant_names)]
pub enum TimelineEntry {
    PaymentAuthorized(PaymentAuthorized),
    PaymentCaptured(PaymentCaptured),
    PaymentRefunded(PaymentRefunded),
    PaymentVoided(PaymentVoided),
}

/// The money is reserved.
#[derive(SimpleObject)]
pub struct PaymentAuthorized {
    at: Moment,
    amount: Money,
}

/// The shop has it.
#[derive(SimpleObject)]
pub struct PaymentCaptured {
    at: Moment,
    amount: Money,
}

/// The customer has it back.
#[derive(SimpleObject)]
pub struct PaymentRefunded {
    at: Moment,
    amount: Money,
}

/// It was let go.
#[derive(SimpleObject)]
pub struct PaymentVoided {
    at: Moment,
}

/// Which payments a list shows.
#[derive(Debug, InputObject)]
pub struct PaymentFilter {
    status: Option<PaymentStatus>,
    authorized_from: Option<Moment>,
    authorized_before: Option<Moment>,
}

impl From<PaymentFilter> for store::Filter {
    fn from(filter: PaymentFilter) -> Self {
        Self {
            status: filter.status,
            authorized_from: filter.authorized_from.map(|moment| moment.0),
            authorized_before: filter.authorized_before.map(|moment| moment.0),
        }
    }
}
