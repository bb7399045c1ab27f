//! x
use super::Subgraph;
use crate::diagnostic::Diagnostic;
use std::borrow::Cow;
/// x
pub fn upgrade<'a>(members: &[&'a Subgraph]) -> Result<Vec<Cow<'a, Subgraph>>, Vec<Diagnostic>> {
    Ok(members.iter().map(|m| Cow::Borrowed(*m)).collect())
}
