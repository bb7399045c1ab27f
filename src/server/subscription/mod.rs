//! Subscriptions of clients, whatever carries them.
//!
//! [`open`] starts one: a task of its own, [`running`], that subscribes at the subgraph, answers each event and puts the
//! answer into the client's [`outbox`], while what comes meanwhile is read [`ahead`]. What carries it reads from the [`Subscription`] that it gets; dropping that ends
//! the task, and with it the stream of the subgraph. All other ways in which one ends are in [`end`]; [`open_ones`]
//! counts them.
//!
//! **What an event is charged.** The opening reserves the estimate of the operation like a query, and the first event
//! settles it; each further event is charged like a query of its own. Where a client has too little left for an event,
//! its subscription ends with the error that a query would get.
//!
//! **What an event may show** was decided when the subscription was opened; it ends when the credential expires, or when
//! the schema or the configuration is another.

mod ahead;
mod end;
mod open_ones;
mod outbox;
mod running;

pub(super) use open_ones::{OpenSubscriptions, Seat};
pub(super) use outbox::{Sent, Subscription};

use super::demand::Charge;
use super::execution::Execution;
use crate::prepare::Inputs;
use running::Running;
use std::net::IpAddr;

/// Starts a subscription that may be opened.
pub(super) fn open(
    execution: Execution,
    inputs: Inputs,
    charge: Option<Charge>,
    peer: IpAddr,
    seat: Seat,
) -> Subscription {
    let capacity = execution.served.snapshot.config.subscription.queue_capacity;
    let (outbox, subscription) = outbox::new(capacity);
    tokio::spawn(Running { execution, inputs, charge, peer, seat }.run(outbox));
    subscription
}
