//! GraphQL over WebSocket for clients: the subprotocol `graphql-transport-ws`, on the path of the endpoint.
//!
//! - [`handshake`]: from a request to a connection that speaks it; who may open one is [`origin`]'s;
//! - [`conversation`]: one connection to its end, in the words of [`messages`];
//! - [`client`]: what its first message says of who asks;
//! - [`operation`]: one operation, on the request path of all others: queries and mutations too.
//!
//! | closed with | when |
//! |---|---|
//! | 4400 | a message is none |
//! | 4401 | something is asked before the first message was answered |
//! | 4403 | the credential is missing, wrong or expired |
//! | 4406 | the client does not speak the subprotocol |
//! | 4408 | the first message does not come in time |
//! | 4409 | an id is used twice at a time |
//! | 4429 | the first message comes twice |
//! | 1001 | the gateway ends |
//! | 1009 | a message is larger than a request may be |

mod client;
mod conversation;
mod handshake;
mod messages;
mod operation;
mod origin;

pub(super) use handshake::{is_asked_for, respond};
