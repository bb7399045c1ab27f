//! How the cache served a fetch, field by field, for whoever asks.

use super::lookup::{Found, Group, Lookup, Quality};
use super::serve::Lacking;
use crate::plan::Plan;
use serde::Serialize;
use std::borrow::Cow;

/// Longer names of fields, with their arguments, are cut off.
const LONGEST_NAME: usize = 200;

/// What became of one field of the objects of one type.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FieldAccount {
    /// The type.
    #[serde(rename = "type")]
    pub ty: String,
    /// The field, with its arguments where it is kept.
    pub field: String,
    /// Values that were served fresh.
    pub hits: u64,
    /// Values that were served although they had expired.
    pub stale: u64,
    /// Values that had to be asked for.
    pub misses: u64,
    /// Whether values of the field are kept at all.
    pub kept: bool,
    /// Milliseconds since the oldest value that was served came.
    pub age: Option<u64>,
    /// Milliseconds until the first value that was served expires.
    pub left: Option<u64>,
}

/// What becomes of the fields of a fetch of which this is lacking.
pub(super) fn account(lookup: &Lookup, plan: &Plan, lacking: &Lacking, now: u64) -> Vec<FieldAccount> {
    let mut accounts: Vec<FieldAccount> = Vec::new();
    for (number, group) in lookup.groups.iter().enumerate().filter(|(_, group)| group.live) {
        let shape = &plan.shapes[group.shape.index()];
        for position in 0..group.wanted.len() {
            let asked = lacking.only.fields.get(number).is_some_and(|(_, asked)| asked[position]);
            let field = field_name(plan, group, position);
            for (index, found) in group.objects.iter().enumerate() {
                if found.missing.is_none() && !group.applies(shape, position, found.ty) {
                    continue;
                }
                let ty = type_name(plan, found);
                let known = accounts.iter().position(|account| account.ty == ty && account.field == field);
                let at = known.unwrap_or_else(|| {
                    let kept = group.wanted[position].known.is_some();
                    let (ty, field) = (ty.into_owned(), field.clone());
                    accounts.push(FieldAccount { ty, field, kept, ..FieldAccount::default() });
                    accounts.len() - 1
                });
                count(&mut accounts[at], found, position, asked && lacking.has(number, index), now);
            }
        }
    }
    accounts
}

fn count(account: &mut FieldAccount, found: &Found, position: usize, asked: bool, now: u64) {
    // That there is no such entity speaks for all of its fields.
    let hit = found.missing.or_else(|| found.hit(position)).filter(|_| !asked);
    let Some(hit) = hit else {
        account.misses += 1;
        return;
    };
    match hit.quality {
        Quality::Fresh => account.hits += 1,
        Quality::Stale | Quality::Fallback => account.stale += 1,
    }
    if let Some((_, kept)) = found.value(hit) {
        let (age, left) = (now.saturating_sub(kept.terms.born), kept.terms.fresh.saturating_sub(now));
        account.age = account.age.max(Some(age));
        account.left = Some(account.left.map_or(left, |known| known.min(left)));
    }
}

fn type_name<'a>(plan: &'a Plan, found: &'a Found) -> Cow<'a, str> {
    if let Some(ty) = plan.types.get(found.ty.index()) {
        return Cow::Borrowed(ty.name.as_ref());
    }
    let named = found.named.split(|&byte| byte == b',').next().unwrap_or_default();
    String::from_utf8_lossy(named)
}

fn field_name(plan: &Plan, group: &Group, position: usize) -> String {
    match &group.wanted[position].known {
        Some(known) => {
            let text = String::from_utf8_lossy(known.name.text());
            text.chars().take(LONGEST_NAME).collect()
        }
        None => {
            let quoted = plan.shapes[group.shape.index()].fields[position].key.quoted();
            quoted.trim_end_matches(':').trim_matches('"').to_owned()
        }
    }
}
