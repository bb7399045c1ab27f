//! `apq` and `persisted_queries`.

use super::{list, section};
use crate::config::raw::persisted::{RawApq, RawPersistedQueries};
use crate::config::yaml::{Reports, Setting, code};
use crate::config::{Apq, PersistedDocuments, Safelist};
use std::path::Path;

pub(super) fn apq(raw: RawApq, apq: &mut Apq) {
    raw.enabled.store(&mut apq.enabled);
    raw.max_bytes.store(&mut apq.max_bytes);
}

/// None where they are off.
pub(super) fn documents(
    raw: Setting<RawPersistedQueries>,
    reports: &Reports,
    base_dir: &Path,
) -> Option<PersistedDocuments> {
    let place = raw.key.clone();
    let raw = raw.take()?;
    let mut enabled = true;
    raw.enabled.store(&mut enabled);
    if !enabled {
        return None;
    }
    let manifests: Vec<_> =
        list(raw.local_manifests).into_iter().flatten().map(|manifest| base_dir.join(manifest)).collect();
    if manifests.is_empty() {
        let error = reports.error(code::MISSING_KEY, place, "there is no list of documents");
        reports.add(error.help("name its file under \"persisted_queries.local_manifests\""));
    }
    let mut log_unknown = false;
    raw.log_unknown.store(&mut log_unknown);
    let safelist = section(raw.safelist);
    let only_ids = safelist.require_id.key.clone();
    let (mut is_on, mut require_id) = (false, false);
    safelist.enabled.store(&mut is_on);
    safelist.require_id.store(&mut require_id);
    let safelist = match (is_on, require_id) {
        (true, true) => Safelist::Ids,
        (true, false) => Safelist::Documents,
        (false, false) => Safelist::Off,
        (false, true) => {
            let error =
                reports.error(code::CONFLICT, only_ids, "\"require_id\" does nothing while the safelist is off");
            reports.add(error.help("set \"persisted_queries.safelist.enabled\" too"));
            Safelist::Off
        }
    };
    Some(PersistedDocuments { manifests, safelist, log_unknown })
}
