//! The tags of a value: what invalidates it, and how caches between here and the client call that.
//!
//! Invalidation needs no more than the places of tags in [`Generations`](super::Generations). Their names are kept
//! beside them only where answers tell them, and once for all values that share them: a value pays a pointer.

use super::invalidation::of_tag;
use std::collections::HashSet;
use std::sync::Arc;

/// Bytes of names that are kept with a value, and that are told of an answer.
const MOST_BYTES: usize = 16 * 1024;

/// The tags of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tags {
    slots: Box<[u32]>,
    /// The names, with commas between them. None: they are not kept, or cannot be told.
    names: Option<Box<str>>,
    /// Tags that it has in common with others: those of the whole reply.
    shared: Option<Arc<Self>>,
}

impl Tags {
    /// The tags of these names, and of `shared`; none when there are none at all. Names are kept if they are `told`.
    pub fn new<'n>(
        subgraph: &str,
        names: impl Iterator<Item = &'n str> + Clone,
        shared: Option<&Arc<Self>>,
        told: bool,
    ) -> Option<Arc<Self>> {
        let slots: Box<[u32]> = names.clone().map(|name| of_tag(subgraph, name.as_bytes())).collect();
        if slots.is_empty() {
            return shared.cloned();
        }
        let names = if told { joined(names) } else { None };
        Some(Arc::new(Self { slots, names, shared: shared.cloned() }))
    }

    /// As they were written.
    pub(super) fn restored(slots: Box<[u32]>, names: Option<&str>) -> Option<Arc<Self>> {
        (!slots.is_empty()).then(|| Arc::new(Self { slots, names: names.map(Into::into), shared: None }))
    }

    fn parts(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |tags| tags.shared.as_deref())
    }

    /// Their places.
    pub fn slots(&self) -> impl Iterator<Item = u32> {
        self.parts().flat_map(|tags| tags.slots.iter().copied())
    }

    /// Their names; none when one of them cannot be told.
    pub fn names(&self) -> Option<Vec<&str>> {
        let names: Option<Vec<&str>> = self.parts().map(|tags| tags.names.as_deref()).collect();
        Some(names?.into_iter().flat_map(|names| names.split(',')).collect())
    }

    /// Bytes they take, the shared ones too.
    pub(super) fn weight(&self) -> usize {
        let of =
            |tags: &Self| size_of::<Self>() + size_of_val(&*tags.slots) + tags.names.as_deref().map_or(0, str::len);
        self.parts().map(of).sum()
    }
}

/// The names as one text, when all of them can stand in a list of a header.
fn joined<'n>(names: impl Iterator<Item = &'n str>) -> Option<Box<str>> {
    let mut text = String::new();
    for name in names {
        let is_tellable = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic() && byte != b',');
        if !is_tellable || text.len() + name.len() >= MOST_BYTES {
            return None;
        }
        if !text.is_empty() {
            text.push(',');
        }
        text.push_str(name);
    }
    Some(text.into())
}

/// The tags of all that is in an answer, for caches between here and the client.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum AnswerTags {
    /// It has none, or nobody is told.
    #[default]
    None,
    /// Their names, with commas between them.
    Told(Arc<str>),
    /// They are too many, or one cannot be told. Who does not know all of them could not forget the answer when it has
    /// to, so caches that are shared must not keep it.
    Untold,
}

/// Tags while they are gathered.
#[derive(Debug, Clone, Default)]
pub struct GatheredTags {
    /// All of them, each once.
    all: Vec<Arc<Tags>>,
    /// Their addresses, which stay theirs as long as they are in `all`.
    known: HashSet<usize>,
}

impl GatheredTags {
    /// Takes in the tags of a value.
    pub fn add(&mut self, tags: &Arc<Tags>) {
        let is_last = self.all.last().is_some_and(|last| Arc::ptr_eq(last, tags));
        if !is_last && self.known.insert(Arc::as_ptr(tags) as usize) {
            self.all.push(Arc::clone(tags));
        }
    }

    /// What can be said of them, each name once.
    pub fn told(&self) -> AnswerTags {
        let (mut text, mut seen) = (String::new(), HashSet::new());
        for tags in &self.all {
            let Some(names) = tags.names() else { return AnswerTags::Untold };
            for name in names {
                if !seen.insert(name) {
                    continue;
                }
                if text.len() + name.len() >= MOST_BYTES {
                    return AnswerTags::Untold;
                }
                if !text.is_empty() {
                    text.push(',');
                }
                text.push_str(name);
            }
        }
        if text.is_empty() { AnswerTags::None } else { AnswerTags::Told(text.into()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(names: &[&str], shared: Option<&Arc<Tags>>, told: bool) -> Option<Arc<Tags>> {
        Tags::new("a", names.iter().copied(), shared, told)
    }

    fn gathered(all: &[&Arc<Tags>]) -> AnswerTags {
        let mut gathered = GatheredTags::default();
        all.iter().for_each(|tags| gathered.add(tags));
        gathered.told()
    }

    #[test]
    fn an_answer_has_the_tags_of_its_values_each_once() {
        let reply = tags(&["shelf"], None, true).unwrap();
        let (one, two) =
            (tags(&["p-1"], Some(&reply), true).unwrap(), tags(&["p-2", "p-1"], Some(&reply), true).unwrap());
        assert_eq!(one.slots().collect::<Vec<_>>(), [of_tag("a", b"p-1"), of_tag("a", b"shelf")]);
        assert_eq!(gathered(&[&one, &one, &two, &reply]), AnswerTags::Told("p-1,shelf,p-2".into()));
        assert_eq!(gathered(&[]), AnswerTags::None);
        assert!(tags(&[], None, true).is_none());
        assert!(Arc::ptr_eq(&tags(&[], Some(&reply), true).unwrap(), &reply));
    }

    #[test]
    fn what_cannot_be_told_whole_is_not_told_in_part() {
        let fine = tags(&["fine"], None, true).unwrap();
        for name in ["two words", "a,b", "caf\u{e9}", "line\nbreak", ""] {
            let tags = tags(&[name], None, true).unwrap();
            assert_eq!(gathered(&[&fine, &tags]), AnswerTags::Untold, "{name:?}");
        }
        assert_eq!(gathered(&[&fine, &tags(&["x"], None, false).unwrap()]), AnswerTags::Untold);
        let long = "x".repeat(MOST_BYTES);
        assert_eq!(gathered(&[&tags(&[&long], None, true).unwrap()]), AnswerTags::Untold);
        let many: Vec<_> = (0..2_000).map(|n| tags(&[&format!("product-{n}")], None, true).unwrap()).collect();
        assert_eq!(gathered(&many.iter().collect::<Vec<_>>()), AnswerTags::Untold);
    }
}
