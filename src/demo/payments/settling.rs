//! How money is reserved, taken and given back.
//!
//! Each change is one transaction that waits for other writers at its beginning, so what it read
//! still holds when it writes: nothing is captured twice.

use sqlx::{SqliteConnection, query, query_as, query_scalar};

use super::store::{MethodRow, PaymentRow, PaymentStatus, Store};
use crate::demo::seed::payments::reference;

/// What a change came to.
pub enum Settled {
    /// The id of the payment, which has changed.
    Done(i64),
    /// There is no such payment.
    UnknownPayment,
    /// There is no such way to pay.
    UnknownMethod,
    /// The payment with this id is not in a state in which this can be done.
    WrongStatus(i64),
    /// The amount is not from one cent to this many.
    WrongAmount {
        /// In cents.
        most: i64,
    },
}

impl Store {
    /// Reserves an amount for an order. An order has one payment, so an earlier one stands against
    /// it.
    pub async fn authorize(&self, order: i64, method: i64, amount: i64, at: i64) -> sqlx::Result<Settled> {
        let mut transaction = self.database.write().await?;
        let sql = "SELECT * FROM methods WHERE id = ?1";
        let Some(method) = query_as::<_, MethodRow>(sql).bind(method).fetch_optional(&mut *transaction).await? else {
            return Ok(Settled::UnknownMethod);
        };
        let sql = "SELECT * FROM payments WHERE order_id = ?1";
        let earlier: Option<PaymentRow> = query_as(sql).bind(order).fetch_optional(&mut *transaction).await?;
        if let Some(earlier) = earlier {
            return Ok(Settled::WrongStatus(earlier.id));
        }
        let sql = "SELECT COALESCE(MAX(id), 0) + 1 FROM payments";
        let id: i64 = query_scalar(sql).fetch_one(&mut *transaction).await?;
        let sql = "INSERT INTO payments VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, 0, ?8, NULL, NULL)";
        query(sql)
            .bind(id)
            .bind(reference(id))
            .bind(order)
            .bind(method.user)
            .bind(method.id)
            .bind(PaymentStatus::Authorized as i64)
            .bind(amount)
            .bind(at)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(Settled::Done(id))
    }

    /// Takes a reserved amount, or all of it.
    pub async fn capture(&self, id: i64, amount: Option<i64>, at: i64) -> sqlx::Result<Settled> {
        let mut transaction = self.database.write().await?;
        let Some(payment) = payment(&mut transaction, id).await? else { return Ok(Settled::UnknownPayment) };
        if payment.status != PaymentStatus::Authorized {
            return Ok(Settled::WrongStatus(id));
        }
        let amount = amount.unwrap_or(payment.amount);
        if !(1..=payment.amount).contains(&amount) {
            return Ok(Settled::WrongAmount { most: payment.amount });
        }
        query("UPDATE payments SET status = ?2, captured = ?3, captured_at = ?4 WHERE id = ?1")
            .bind(id)
            .bind(PaymentStatus::Captured as i64)
            .bind(amount)
            .bind(at)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(Settled::Done(id))
    }

    /// Gives some of what was captured back, or all that is left.
    pub async fn refund(&self, id: i64, amount: Option<i64>, lines: &[i32], at: i64) -> sqlx::Result<Settled> {
        let mut transaction = self.database.write().await?;
        let Some(payment) = payment(&mut transaction, id).await? else { return Ok(Settled::UnknownPayment) };
        if payment.status != PaymentStatus::Captured {
            return Ok(Settled::WrongStatus(id));
        }
        let left = payment.captured - payment.refunded;
        let amount = amount.unwrap_or(left);
        if !(1..=left).contains(&amount) {
            return Ok(Settled::WrongAmount { most: left });
        }
        let status = if amount == left { PaymentStatus::Refunded } else { PaymentStatus::Captured };
        query("UPDATE payments SET status = ?2, refunded = refunded + ?3 WHERE id = ?1")
            .bind(id)
            .bind(status as i64)
            .bind(amount)
            .execute(&mut *transaction)
            .await?;
        query("INSERT INTO refunds (payment_id, amount, refunded_at, lines) VALUES (?1, ?2, ?3, ?4)")
            .bind(id)
            .bind(amount)
            .bind(at)
            .bind(serde_json::Value::from(lines).to_string())
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(Settled::Done(id))
    }
}

async fn payment(connection: &mut SqliteConnection, id: i64) -> sqlx::Result<Option<PaymentRow>> {
    query_as("SELECT * FROM payments WHERE id = ?1").bind(id).fetch_optional(connection).await
}
