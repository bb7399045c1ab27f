//! Orders and their items.

use super::{DAY, OPENING, ORDERS, PRODUCTS, Rng, Stream, USERS, catalogue, customers};
use crate::demo::place::Address;
use crate::demo::shipping;

/// Seconds from one order to the next: 20 000 orders fill some 21 months.
const PACE: i64 = 2_760;
/// The number of the order before the first.
const NUMBERS: i64 = 100_000;

/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Not sent yet.
    Placed,
    /// With the carrier.
    Shipped,
    /// With the customer.
    Delivered,
    /// Called off.
    Cancelled,
}

/// One line of an order.
pub struct Item {
    /// The place in the order, from 1.
    pub line: i64,
    /// What.
    pub product: i64,
    /// How many.
    pub quantity: i64,
    /// In cents.
    pub unit_price: i64,
    /// Whence.
    pub warehouse: i64,
}

/// What the orders service knows of an order.
pub struct Order {
    /// From 1 to [`ORDERS`].
    pub id: i64,
    /// Who ordered.
    pub customer: i64,
    /// When.
    pub placed_at: i64,
    /// How far it is.
    pub progress: Progress,
    /// What.
    pub items: Vec<Item>,
    /// In cents.
    pub subtotal: i64,
    /// In cents.
    pub shipping_cost: i64,
    /// Where to.
    pub address: Address,
    /// 0 to 3: the carriers in the order of their names.
    pub carrier: i64,
    /// Seconds from placing to shipping, and from shipping to delivery.
    pub pace: [i64; 2],
    /// What the staff noted.
    pub staff_note: Option<&'static str>,
}

/// The order with this id.
pub fn order(id: i64) -> Order {
    let mut rng = Rng::of(Stream::Order, id);
    let customer = buyer(id);
    let items = items(&mut rng);
    let subtotal = items.iter().map(|item| item.unit_price * item.quantity).sum();
    let weight = items.iter().map(|item| catalogue::weight(item.product) * item.quantity).sum();
    let address = customers::addresses(customer).swap_remove(0);
    let shipping_cost = shipping::cost(subtotal, weight, address.country);
    Order {
        id,
        customer,
        placed_at: placed_at(id),
        progress: progress(id),
        items,
        subtotal,
        shipping_cost,
        address,
        carrier: rng.between(0, 3),
        pace: [rng.between(DAY / 4, 2 * DAY), rng.between(DAY, 4 * DAY)],
        staff_note: rng.happens(3).then(|| rng.pick(&["Fragile", "Call before delivery", "Second attempt", "Gift"])),
    }
}

/// Who placed an order.
pub fn buyer(order: i64) -> i64 {
    Rng::of(Stream::Buyer, order).between(1, USERS)
}

/// When an order was placed. Later orders have larger ids.
pub fn placed_at(order: i64) -> i64 {
    OPENING + order * PACE
}

/// What is printed on an order's invoice.
pub fn number(order: i64) -> String {
    format!("W{}", NUMBERS + order)
}

/// How far an order is: all but the last three hundred are done.
pub fn progress(order: i64) -> Progress {
    match (Rng::of(Stream::Buyer, -order).between(1, 100), ORDERS - order) {
        (1..=4, _) => Progress::Cancelled,
        (_, 0..100) => Progress::Placed,
        (_, 100..300) => Progress::Shipped,
        _ => Progress::Delivered,
    }
}

/// One to five lines, each of another product.
fn items(rng: &mut Rng) -> Vec<Item> {
    let count = rng.pick(&[1, 1, 2, 2, 3, 4, 5]);
    let first = rng.between(1, PRODUCTS);
    // A stride that no number of lines brings back to where it began.
    let stride = rng.between(1, PRODUCTS / 10);
    let item = |line: i64| {
        let product = (first + (line - 1) * stride) % PRODUCTS + 1;
        Item {
            line,
            product,
            quantity: rng.pick(&[1, 1, 1, 1, 2, 2, 3, 6]),
            unit_price: catalogue::price(product),
            warehouse: rng.pick(&catalogue::warehouses(product)),
        }
    };
    (1..=count).map(item).collect()
}
