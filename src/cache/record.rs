//! A record: all that is kept of one object, field by field.
//!
//! The values stand in one text, so that a record of many small fields is two allocations. A record is never
//! changed: what is added makes a new one, which the readers of the old one do not notice.

use super::name::{Name, Selection};
use super::tags::Tags;
use std::ops::Range;
use std::sync::Arc;

/// How many selections of one field are kept side by side.
const SELECTIONS: usize = 4;

/// How many fields, each with its arguments, are kept of one object.
const FIELDS: usize = 256;

/// All that is kept of one object.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Record {
    text: Box<[u8]>,
    fields: Box<[Kept]>,
}

/// A value that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Its field.
    pub name: Arc<Name>,
    /// The values that the field requires, as they were sent; empty where it requires none.
    pub required: Box<[u8]>,
    /// What is in it.
    pub selection: Arc<Selection>,
    /// For how long it is good.
    pub terms: Terms,
    /// What invalidates it beside its object.
    pub tags: Option<Arc<Tags>>,
    span: (u32, u32),
}

/// For how long a value is good. Times are milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// When it was fetched.
    pub born: u64,
    /// Until then it is fresh.
    pub fresh: u64,
    /// Until then it may be served while a new one is fetched.
    pub stale: u64,
    /// Until then it may be served when a new one cannot be had.
    pub error: u64,
    /// The last invalidation that was known when it was fetched.
    pub since: u64,
}

/// A value to keep.
#[derive(Debug, Clone)]
pub struct Fresh<'a> {
    /// Its field.
    pub name: &'a Arc<Name>,
    /// See [`Kept::required`].
    pub required: &'a [u8],
    /// What is in it.
    pub selection: &'a Arc<Selection>,
    /// For how long it is good.
    pub terms: Terms,
    /// See [`Kept::tags`].
    pub tags: Option<Arc<Tags>>,
    /// The JSON.
    pub json: &'a [u8],
}

impl Terms {
    /// The last moment at which it is of any use.
    pub fn end(&self) -> u64 {
        self.fresh.max(self.stale).max(self.error)
    }
}

impl Kept {
    fn range(&self) -> Range<usize> {
        self.span.0 as usize..(self.span.0 + self.span.1) as usize
    }
}

impl Record {
    /// The values.
    pub fn fields(&self) -> &[Kept] {
        &self.fields
    }

    /// The JSON of one of its values.
    pub fn json(&self, kept: &Kept) -> &[u8] {
        self.text.get(kept.range()).unwrap_or_default()
    }

    /// The values of a field that hold all that is selected, by position.
    pub fn of<'r>(
        &'r self,
        name: &'r Arc<Name>,
        required: &'r [u8],
        selection: &'r Arc<Selection>,
    ) -> impl Iterator<Item = (usize, &'r Kept)> {
        self.fields.iter().enumerate().filter(move |(_, kept)| {
            kept.name.is(name) && *kept.required == *required && kept.selection.covers(selection)
        })
    }

    /// The record with more values; what they replace and what is of no use any more at `now` is left out.
    #[must_use]
    pub fn with(&self, fresh: &[Fresh<'_>], now: u64) -> Self {
        Self::of_values(fresh.iter().cloned().chain(self.values()).collect(), now)
    }

    /// A record of values, of which newer ones replace older ones. An object is there or not: to know the one is to
    /// forget the other.
    fn of_values(mut values: Vec<Fresh<'_>>, now: u64) -> Self {
        values.retain(|value| value.terms.end() > now);
        values.sort_by_key(|value| std::cmp::Reverse(value.terms.born));
        let gone = values.first().is_some_and(|newest| newest.name.is_nothing());
        let mut record = Builder::default();
        for value in values.iter().filter(|value| value.name.is_nothing() == gone) {
            let fields = record.fields.iter();
            let same = fields.filter(|other| other.name.is(value.name) && *other.required == *value.required);
            let replaced = same.clone().any(|other| other.selection.covers(value.selection));
            if !replaced && same.count() < SELECTIONS && record.fields.len() < FIELDS {
                record.add(value);
            }
        }
        Self { text: record.text.into(), fields: record.fields.into() }
    }

    /// All its values, to be put into another record.
    pub fn values(&self) -> impl Iterator<Item = Fresh<'_>> {
        self.fields.iter().map(|kept| Fresh {
            name: &kept.name,
            required: &kept.required,
            selection: &kept.selection,
            terms: kept.terms,
            tags: kept.tags.clone(),
            json: self.json(kept),
        })
    }

    /// Bytes it takes. Names and selections are counted wherever they are, though they are often shared.
    pub fn weight(&self) -> usize {
        let of = |kept: &Kept| {
            size_of::<Kept>()
                + kept.name.text().len()
                + kept.required.len()
                + kept.selection.weight()
                + kept.tags.as_deref().map_or(0, Tags::weight)
        };
        self.text.len() + self.fields.iter().map(of).sum::<usize>()
    }

    /// The last moment at which any of it is of use.
    pub fn end(&self) -> u64 {
        self.fields.iter().map(|kept| kept.terms.end()).max().unwrap_or(0)
    }
}

#[derive(Default)]
struct Builder {
    text: Vec<u8>,
    fields: Vec<Kept>,
}

impl Builder {
    /// Adds a value, while there is room for it.
    fn add(&mut self, value: &Fresh<'_>) {
        let (Ok(start), Ok(len)) = (u32::try_from(self.text.len()), u32::try_from(value.json.len())) else { return };
        if start.checked_add(len).is_none() {
            return;
        }
        self.text.extend_from_slice(value.json);
        self.fields.push(Kept {
            name: Arc::clone(value.name),
            required: value.required.into(),
            selection: Arc::clone(value.selection),
            terms: value.terms,
            tags: value.tags.clone(),
            span: (start, len),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(born: u64) -> Terms {
        Terms { born, fresh: born + 100, stale: 0, error: 0, since: 0 }
    }

    fn fresh<'a>(name: &'a Arc<Name>, selection: &'a Arc<Selection>, born: u64, json: &'a [u8]) -> Fresh<'a> {
        Fresh { name, required: b"", selection, terms: terms(born), tags: None, json }
    }

    fn values(record: &Record, name: &Arc<Name>) -> Vec<String> {
        let found = record.of(name, b"", &LEAF_SELECTION);
        found.map(|(_, kept)| String::from_utf8(record.json(kept).to_vec()).unwrap()).collect()
    }

    static LEAF_SELECTION: std::sync::LazyLock<Arc<Selection>> = std::sync::LazyLock::new(Selection::leaf);

    #[test]
    fn newer_values_replace_older_ones_of_the_field() {
        let (a, b, leaf) = (Name::new(b"a"), Name::new(b"b"), Selection::leaf());
        let record = Record::default().with(&[fresh(&a, &leaf, 0, b"1"), fresh(&b, &leaf, 0, b"2")], 0);
        let record = record.with(&[fresh(&a, &leaf, 5, b"3")], 5);
        assert_eq!((values(&record, &a), values(&record, &b)), (vec!["3".to_owned()], vec!["2".to_owned()]));
        // What has expired goes with the next change.
        assert!(values(&record.with(&[fresh(&a, &leaf, 100, b"4")], 100), &b).is_empty());
    }

    #[test]
    fn a_few_selections_of_a_field_live_side_by_side() {
        let name = Name::new(b"a");
        let mut record = Record::default();
        for number in 0..10_u8 {
            let selection = Selection::new(vec![Box::from([b'/', number])]);
            record = record.with(&[fresh(&name, &selection, u64::from(number), b"{}")], 10);
        }
        assert_eq!(record.fields().len(), SELECTIONS);
        assert_eq!(record.fields().iter().map(|kept| kept.terms.born).min(), Some(6));
        let whole = Selection::new((0..10_u8).map(|number| Box::from([b'/', number])).collect());
        assert_eq!(record.with(&[fresh(&name, &whole, 11, b"{}")], 11).fields().len(), 1);
    }

    #[test]
    fn fields_of_one_object_are_bounded() {
        let names: Vec<Arc<Name>> = (0..1_000).map(|n| Name::new(format!("a(n:{n})").as_bytes())).collect();
        let leaf = Selection::leaf();
        let record =
            names.iter().fold(Record::default(), |record, name| record.with(&[fresh(name, &leaf, 0, b"1")], 0));
        assert_eq!(record.fields().len(), FIELDS);
    }

    #[test]
    fn hot_structs_are_small() {
        assert!(size_of::<Kept>() <= 96);
    }
}
