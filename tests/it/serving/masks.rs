//! A sample of the masks of [`execute::masks`](crate::execute::masks) over real sockets: one plan answers them all.

use super::gateway::{Running, always};
use crate::execute::masks::{VARIABLES, data, query, replies, subgraphs, variables};
use serde_json::{Value, json};

#[tokio::test]
async fn masks_are_answered_over_the_wire() {
    let replies = replies().map(|reply| always(serde_json::from_str(&reply).unwrap()));
    let subgraphs = subgraphs();
    let members: Vec<_> =
        subgraphs.iter().zip(replies).map(|((name, sdl), reply)| (*name, sdl.as_str(), reply)).collect();
    let gateway = Running::composed(|_| {}, &members).await;
    for round in 0..100_u32 {
        let mask = round.wrapping_mul(0x9E37_79B1) >> (32 - VARIABLES);
        let variables: Value = serde_json::from_str(&variables(mask)).unwrap();
        let answer = gateway.ask(json!({ "query": query(), "variables": variables })).await;
        assert_eq!(answer.text(), format!("{{\"data\":{}}}", data(mask)), "{mask:020b}");
    }
}
