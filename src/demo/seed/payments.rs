//! Ways to pay, and the payment of each order.

use super::{DAY, OPENING, Rng, Stream, USERS, sales};

/// How many ways to pay a customer has at most; ids are spaced by it.
const MOST_METHODS: i64 = 3;

/// What a way to pay is.
#[derive(Debug, Clone)]
pub enum Kind {
    /// A card.
    Card {
        /// 0 to 2: the networks in the order of their names.
        network: i64,
        /// The last digits of its number.
        last4: String,
        /// The last month in which it is valid.
        expires: String,
    },
    /// A transfer from a bank account.
    BankTransfer {
        /// The bank's name.
        bank: &'static str,
        /// The account's number, masked.
        iban: String,
    },
    /// An account with a provider.
    Wallet {
        /// 0 to 2: the providers in the order of their names.
        provider: i64,
    },
}

/// A way to pay that a customer has on file.
#[derive(Debug, Clone)]
pub struct Method {
    /// Unique among all of them.
    pub id: i64,
    /// Whose.
    pub owner: i64,
    /// Since when.
    pub added_at: i64,
    /// What.
    pub kind: Kind,
}

/// A customer's ways to pay, the preferred one first.
pub fn methods(owner: i64) -> Vec<Method> {
    let mut rng = Rng::of(Stream::Method, owner);
    let count = rng.between(1, MOST_METHODS);
    let method = |place| Method {
        id: (owner - 1) * MOST_METHODS + place,
        owner,
        added_at: OPENING - (USERS + 1 - owner) * DAY + place * 3_600,
        kind: kind(&mut rng),
    };
    (1..=count).map(method).collect()
}

fn kind(rng: &mut Rng) -> Kind {
    match rng.between(1, 10) {
        1..=5 => Kind::Card {
            network: rng.between(0, 2),
            last4: format!("{:04}", rng.between(0, 9_999)),
            expires: format!("20{}-{:02}", rng.between(27, 31), rng.between(1, 12)),
        },
        6..=8 => Kind::BankTransfer {
            bank: rng.pick(&["Banca Ponte", "Banque du Canal", "Hansebank", "Sparbank", "Wisła Bank"]),
            iban: format!(
                "{}{:02}******{:04}",
                rng.pick(&["DE", "FR", "IT", "PL"]),
                rng.between(10, 99),
                rng.between(0, 9_999)
            ),
        },
        _ => Kind::Wallet { provider: rng.between(0, 2) },
    }
}

/// How far a payment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Reserved.
    Authorized,
    /// Taken.
    Captured,
    /// Given back as a whole.
    Refunded,
    /// Let go.
    Voided,
}

/// The payment of an order; both have the same id.
pub struct Payment {
    /// The order's id too.
    pub id: i64,
    /// Who pays.
    pub payer: i64,
    /// By what.
    pub method: i64,
    /// In cents.
    pub amount: i64,
    /// How far it is.
    pub progress: Progress,
    /// When it was reserved.
    pub authorized_at: i64,
    /// When it was taken or let go.
    pub settled_at: Option<i64>,
    /// What was given back in cents, when, and for which line of the order (none: for all).
    pub refund: Option<(i64, i64, Option<i64>)>,
}

/// The payment of an order.
pub fn payment(order: i64) -> Payment {
    let mut rng = Rng::of(Stream::Payment, order);
    let order = sales::order(order);
    let methods = methods(order.customer);
    let last = i64::try_from(methods.len()).expect("a short list") - 1;
    let method = methods[usize::try_from(rng.between(0, last)).expect("not negative")].id;
    let amount = order.subtotal + order.shipping_cost;
    let authorized_at = order.placed_at + 60;
    let settled_at = order.placed_at + order.pace[0];
    let refunded_at = settled_at + order.pace[1] + 5 * DAY;
    let whole = rng.happens(2);
    let part = rng.happens(3);
    let (progress, refund) = match order.progress {
        sales::Progress::Placed => (Progress::Authorized, None),
        sales::Progress::Cancelled => (Progress::Voided, None),
        sales::Progress::Delivered if whole => (Progress::Refunded, Some((amount, refunded_at, None))),
        sales::Progress::Delivered if part => {
            let item = &order.items[0];
            (Progress::Captured, Some((item.unit_price, refunded_at, Some(item.line))))
        }
        sales::Progress::Delivered | sales::Progress::Shipped => (Progress::Captured, None),
    };
    Payment {
        id: order.id,
        payer: order.customer,
        method,
        amount,
        progress,
        authorized_at,
        settled_at: (progress != Progress::Authorized).then_some(settled_at),
        refund,
    }
}

/// What the bank statement says of a payment.
pub fn reference(payment: i64) -> String {
    format!("WEFT-{payment:08}")
}
