//! What values are tagged with: by the schema (`@cacheTag`), and by the headers of the reply.

use super::lookup::Found;
use crate::cache::{Control, of_tag};
use crate::operation::Variables;
use crate::plan::model::{CacheTag, Cacheable, TagPiece};
use serde_json::Value;
use std::sync::Arc;

/// Tags of the values of one fetch.
#[derive(Clone, Copy)]
pub(super) struct Tags<'a> {
    pub(super) subgraph: &'a str,
    pub(super) cacheable: &'a Cacheable,
    pub(super) variables: &'a Variables,
}

impl Tags<'_> {
    /// The places of the tags of a field of an object, or of the object itself. A format that asks for something that is
    /// not there is no tag.
    pub(super) fn of(
        &self,
        group: Option<usize>,
        field: Option<usize>,
        found: &Found,
        control: &Control,
    ) -> Arc<[u32]> {
        let Some(object) = self.cacheable.objects.get(group.unwrap_or(0)) else { return Arc::default() };
        let own = object.tags.get(found.representation).into_iter().flatten();
        let own = own.chain(field.and_then(|field| object.fields.get(field)).into_iter().flat_map(|field| &field.tags));
        let said = control.tags.iter().map(|tag| of_tag(self.subgraph, tag.as_bytes()));
        own.filter_map(|tag| self.filled(tag, found))
            .map(|tag| of_tag(self.subgraph, tag.as_bytes()))
            .chain(said)
            .collect()
    }

    fn filled(&self, tag: &CacheTag, found: &Found) -> Option<String> {
        filled(tag, self.variables, &mut || key_of(&found.named))
    }
}

/// The text of a tag; `key` is asked for once at most, and only where the tag names it.
pub(super) fn filled(tag: &CacheTag, variables: &Variables, key: &mut dyn FnMut() -> Value) -> Option<String> {
    let mut out = String::new();
    let mut known = None;
    for piece in &tag.0 {
        match piece {
            TagPiece::Text(text) => out.push_str(text),
            TagPiece::Variable { variable, path, default } => match variables.json(*variable) {
                Some(json) => put(&serde_json::from_slice(json).ok()?, path, &mut out)?,
                None => out.push_str(default.as_deref()?),
            },
            TagPiece::Key(path) => put(known.get_or_insert_with(&mut *key), path, &mut out)?,
        }
    }
    Some(out)
}

/// The fields of a key as they are named: `Product,"id":"1"`.
fn key_of(named: &[u8]) -> Value {
    let fields = named.iter().position(|&byte| byte == b',').and_then(|at| named.get(at + 1..)).unwrap_or_default();
    serde_json::from_slice(&[b"{", fields, b"}"].concat()).unwrap_or_default()
}

fn put(value: &Value, path: &[Box<str>], out: &mut String) -> Option<()> {
    match path.iter().try_fold(value, |value, name| value.get(&**name))? {
        Value::String(text) => out.push_str(text),
        scalar @ (Value::Number(_) | Value::Bool(_)) => out.push_str(&scalar.to_string()),
        _ => return None,
    }
    Some(())
}
