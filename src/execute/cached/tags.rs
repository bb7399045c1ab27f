//! What values are tagged with: by the schema (`@cacheTag`), and by the headers of the reply.

use super::lookup::Found;
use crate::cache::{Control, Tags};
use crate::operation::Variables;
use crate::plan::model::{CacheTag, Cacheable, TagPiece};
use serde_json::Value;
use std::sync::Arc;

/// What tags the values of one reply.
#[derive(Clone, Copy)]
pub(super) struct Tagging<'a> {
    pub(super) subgraph: &'a str,
    pub(super) cacheable: &'a Cacheable,
    pub(super) variables: &'a Variables,
    /// The tags of the whole reply.
    pub(super) reply: Option<&'a Arc<Tags>>,
    /// Whether answers tell the names of tags.
    pub(super) told: bool,
}

/// The tags of all values of a reply.
pub(super) fn of_reply(subgraph: &str, control: &Control, told: bool) -> Option<Arc<Tags>> {
    Tags::new(subgraph, control.tags.iter().map(|tag| &**tag), None, told)
}

impl Tagging<'_> {
    /// The tags of an object, which are those of all its fields without tags of their own. A format that asks for
    /// something that is not there is no tag.
    pub(super) fn of_object(&self, group: Option<usize>, found: &Found) -> Option<Arc<Tags>> {
        self.of(self.object_tags(group, found), found)
    }

    /// The tags of a field with tags of its own; nothing for one without.
    pub(super) fn of_field(&self, group: Option<usize>, field: usize, found: &Found) -> Option<Option<Arc<Tags>>> {
        let object = self.cacheable.objects.get(group.unwrap_or(0))?;
        let own = &*object.fields.get(field)?.tags;
        (!own.is_empty()).then(|| self.of(self.object_tags(group, found).chain(own), found))
    }

    fn object_tags(&self, group: Option<usize>, found: &Found) -> impl Iterator<Item = &CacheTag> {
        let object = self.cacheable.objects.get(group.unwrap_or(0));
        object.and_then(|object| object.tags.get(found.representation)).into_iter().flatten()
    }

    fn of<'t>(&self, tags: impl Iterator<Item = &'t CacheTag>, found: &Found) -> Option<Arc<Tags>> {
        let names = tags.filter_map(|tag| filled(tag, self.variables, &mut || key_of(&found.named)));
        let names: Vec<String> = names.collect();
        Tags::new(self.subgraph, names.iter().map(String::as_str), self.reply, self.told)
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
