//! `insight`.

use crate::config::Insight;
use crate::config::raw::RawInsight;
use crate::config::yaml::{Reports, code};

/// RFC 7518, section 3.2: a key for HS256 is no shorter than its hash.
const SHORTEST_KEY: usize = 32;

pub(super) fn resolve(raw: RawInsight, reports: &Reports) -> Insight {
    let mut insight = Insight::default();
    raw.enabled.store(&mut insight.everybody);
    insight.scope = raw.scope.take().filter(|scope| !scope.is_empty()).map(Into::into);
    let place = raw.shared_key.range.clone();
    insight.key = raw.shared_key.take().map(|key| key.trim_end().as_bytes().into());
    if insight.key.as_ref().is_some_and(|key| key.len() < SHORTEST_KEY) {
        let message = format!("\"insight.shared_key\" has to have {SHORTEST_KEY} bytes or more");
        reports.add(reports.error(code::INVALID_VALUE, place, message));
    }
    insight
}
