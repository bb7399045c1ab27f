//! x
use super::merge::Merge;
/// x
pub fn check(_merge: &mut Merge<'_>) {}
