//! What the payments service knows of things that belong to other services: their keys, and the
//! fields it adds to them.

use async_graphql::{Context, ID, Object, Result, SimpleObject};

use super::lookup::Lookups;
use super::methods::{InstantPaymentMethod, PaymentMethod};
use super::schema::{Counted, Payment, PaymentConnection, page};
use super::store::PaymentStatus;
use crate::demo::page::Window;
use crate::demo::scalar::{Money, row_id};

/// Up to this risk the shop sends the goods before it has the money.
const INVOICE_RISK: i32 = 35;

/// A customer. The risk is there when this service was sent it.
#[derive(Debug, Clone)]
pub struct User {
    pub id: ID,
    pub risk_score: Option<i32>,
}

impl User {
    /// The customer with this id.
    pub fn with_id(id: i64) -> Self {
        Self { id: id.into(), risk_score: None }
    }

    async fn methods(&self, ctx: &Context<'_>) -> Result<Vec<PaymentMethod>> {
        let Some(user) = row_id(&self.id) else { return Ok(Vec::new()) };
        let rows = ctx.data::<Lookups>()?.methods_of.load(user).await?;
        Ok(rows.unwrap_or_default().into_iter().map(PaymentMethod::from).collect())
    }
}

#[Object]
impl User {
    async fn id(&self) -> &ID {
        &self.id
    }

    #[graphql(external)]
    async fn risk_score(&self) -> Result<i32> {
        Ok(self.risk_score.ok_or("`riskScore` belongs to the users service")?)
    }

    async fn payment_methods(&self, ctx: &Context<'_>) -> Result<Vec<PaymentMethod>> {
        self.methods(ctx).await
    }

    async fn instant_payment_method(&self, ctx: &Context<'_>) -> Result<Option<InstantPaymentMethod>> {
        let instant = |method| match method {
            PaymentMethod::Card(card) => Some(InstantPaymentMethod::Card(card)),
            PaymentMethod::Wallet(wallet) => Some(InstantPaymentMethod::Wallet(wallet)),
            PaymentMethod::BankTransfer(_) => None,
        };
        Ok(self.methods(ctx).await?.into_iter().find_map(instant))
    }

    async fn payments(
        &self,
        ctx: &Context<'_>,
        #[graphql(default = 10)] first: i32,
        after: Option<String>,
    ) -> Result<PaymentConnection> {
        let window = Window::new(first, after.as_deref())?;
        let Some(user) = row_id(&self.id) else {
            return Ok(PaymentConnection::new(page(window, Vec::new()), Counted::Empty));
        };
        let rows = ctx.data::<Lookups>()?.payments_of.load((user, window)).await?;
        Ok(PaymentConnection::new(page(window, rows.unwrap_or_default()), Counted::Of(user)))
    }

    #[graphql(requires = "riskScore")]
    async fn may_pay_by_invoice(&self) -> Result<bool> {
        let risk = self.risk_score.ok_or("`mayPayByInvoice` requires `riskScore` in the representation")?;
        Ok(risk <= INVOICE_RISK)
    }
}

/// An order. The total is there when this service was sent it.
#[derive(Debug, Clone)]
pub struct Order {
    pub id: ID,
    pub total: Option<Money>,
}

impl Order {
    async fn load_payment(&self, ctx: &Context<'_>) -> Result<Option<Payment>> {
        let Some(order) = row_id(&self.id) else { return Ok(None) };
        Ok(ctx.data::<Lookups>()?.of_orders.load(order).await?.map(Payment))
    }
}

#[Object]
impl Order {
    async fn id(&self) -> &ID {
        &self.id
    }

    #[graphql(external)]
    async fn total(&self) -> Result<Money> {
        Ok(self.total.ok_or("`total` belongs to the orders service")?)
    }

    async fn payment(&self, ctx: &Context<'_>) -> Result<Option<Payment>> {
        self.load_payment(ctx).await
    }

    /// Nothing is due for what was called off or given back as a whole.
    #[graphql(requires = "total")]
    async fn amount_due(&self, ctx: &Context<'_>) -> Result<Money> {
        let total = self.total.ok_or("`amountDue` requires `total` in the representation")?;
        let due = match self.load_payment(ctx).await?.map(|payment| payment.0) {
            None => total.0,
            Some(payment) => match payment.status {
                PaymentStatus::Voided | PaymentStatus::Refunded => 0,
                PaymentStatus::Authorized | PaymentStatus::Captured => (total.0 - payment.captured).max(0),
            },
        };
        Ok(Money(due))
    }
}

/// A line of an order.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(unresolvable = "order { id } line")]
pub struct OrderItem {
    pub order: Order,
    pub line: i32,
}
