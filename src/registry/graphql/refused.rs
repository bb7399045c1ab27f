//! Refusals as GraphQL errors: the code, the help and the findings in `extensions`.

use crate::registry::Refusal;
use async_graphql::{ErrorExtensions, Value};

/// The error that says it. A plain `?` would only tell the message.
pub(super) fn refused(refusal: Refusal) -> async_graphql::Error {
    let Refusal { kind: _, code, message, help, attempt, findings } = refusal;
    async_graphql::Error::new(message).extend_with(|_, extensions| {
        extensions.set("code", code);
        if let Some(help) = help {
            extensions.set("help", help);
        }
        if let Some(attempt) = attempt {
            extensions.set("attempt", attempt);
        }
        if !findings.is_empty() {
            let findings = serde_json::to_value(&findings).ok();
            extensions.set("findings", findings.and_then(|json| Value::from_json(json).ok()).unwrap_or_default());
        }
    })
}
