//! The batched look-ups of the payments service.

use std::collections::HashMap;
use std::sync::Arc;

use super::store::{MethodRow, PaymentRow, RefundRow, Store};
use crate::demo::lookup::{Batch, Lookup, grouped};
use crate::demo::page::Window;

/// Defines a look-up of rows by a key that at most one of them has.
macro_rules! by_key {
    ($(#[$doc:meta])* $name:ident, $key:ty => $row:ty, $find:ident, |$of:ident| $take:expr) => {
        $(#[$doc])*
        pub struct $name(Arc<Store>);

        impl Lookup for $name {
            type Key = $key;
            type Value = $row;

            async fn find(&self, keys: &[$key]) -> sqlx::Result<HashMap<$key, $row>> {
                Ok(self.0.$find(keys).await?.into_iter().map(|$of| ($take, $of)).collect())
            }
        }
    };
}

/// Defines a look-up of all rows that share a key.
macro_rules! all_by_key {
    ($(#[$doc:meta])* $name:ident, $key:ty => $row:ty, $find:ident, |$of:ident| $take:expr) => {
        $(#[$doc])*
        pub struct $name(Arc<Store>);

        impl Lookup for $name {
            type Key = $key;
            type Value = Vec<$row>;

            async fn find(&self, keys: &[$key]) -> sqlx::Result<HashMap<$key, Vec<$row>>> {
                let mut found: HashMap<$key, Vec<$row>> = HashMap::new();
                for $of in self.0.$find(keys).await? {
                    found.entry($take).or_default().push($of);
                }
                Ok(found)
            }
        }
    };
}

by_key!(
    /// Payments by id.
    PaymentById, i64 => PaymentRow, payments, |row| row.id
);
by_key!(
    /// Payments by reference.
    PaymentByReference, String => PaymentRow, payments_by_reference, |row| row.reference.clone()
);
by_key!(
    /// Payments by order.
    PaymentOfOrder, i64 => PaymentRow, payments_by_order, |row| row.order
);
by_key!(
    /// Ways to pay by id.
    MethodById, i64 => MethodRow, methods, |row| row.id
);
all_by_key!(
    /// Ways to pay by customer.
    MethodsOf, i64 => MethodRow, methods_of, |row| row.user
);
all_by_key!(
    /// Refunds by payment.
    RefundsOf, i64 => RefundRow, refunds, |row| row.payment
);

/// Windows of the payments of customers.
pub struct PaymentsOf(Arc<Store>);

impl Lookup for PaymentsOf {
    type Key = (i64, Window);
    type Value = Vec<PaymentRow>;

    async fn find(&self, keys: &[Self::Key]) -> sqlx::Result<HashMap<Self::Key, Vec<PaymentRow>>> {
        let mut found: HashMap<Self::Key, Vec<PaymentRow>> = HashMap::new();
        for (window, users) in grouped(keys, |(user, window)| (*window, *user)) {
            for payment in self.0.payments_of(&users, window).await? {
                found.entry((payment.user, window)).or_default().push(payment);
            }
        }
        Ok(found)
    }
}

/// How many payments customers have.
pub struct PaymentCounts(Arc<Store>);

impl Lookup for PaymentCounts {
    type Key = i64;
    type Value = i32;

    async fn find(&self, users: &[i64]) -> sqlx::Result<HashMap<i64, i32>> {
        Ok(self.0.payment_counts(users).await?.into_iter().collect())
    }
}

/// The look-ups of one request.
pub struct Lookups {
    pub payments: Batch<PaymentById>,
    pub references: Batch<PaymentByReference>,
    pub of_orders: Batch<PaymentOfOrder>,
    pub methods: Batch<MethodById>,
    pub methods_of: Batch<MethodsOf>,
    pub refunds: Batch<RefundsOf>,
    pub payments_of: Batch<PaymentsOf>,
    pub payment_counts: Batch<PaymentCounts>,
}

impl Lookups {
    /// Empty look-ups over `store`.
    pub fn new(store: &Arc<Store>) -> Self {
        Self {
            payments: Batch::new(PaymentById(Arc::clone(store))),
            references: Batch::new(PaymentByReference(Arc::clone(store))),
            of_orders: Batch::new(PaymentOfOrder(Arc::clone(store))),
            methods: Batch::new(MethodById(Arc::clone(store))),
            methods_of: Batch::new(MethodsOf(Arc::clone(store))),
            refunds: Batch::new(RefundsOf(Arc::clone(store))),
            payments_of: Batch::new(PaymentsOf(Arc::clone(store))),
            payment_counts: Batch::new(PaymentCounts(Arc::clone(store))),
        }
    }

    /// Forgets what was found before a mutation.
    pub async fn forget(&self) {
        self.payments.forget().await;
        self.references.forget().await;
        self.of_orders.forget().await;
        self.methods.forget().await;
        self.methods_of.forget().await;
        self.refunds.forget().await;
        self.payments_of.forget().await;
        self.payment_counts.forget().await;
    }
}
