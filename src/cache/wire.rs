//! A record as bytes, for gateways to share.
//!
//! A version, a check sum over all that follows, the key it is kept under, then the values. What was written
//! by another version, under another key or by somebody else altogether is no record.

use super::name::{Name, Selection, stable_hash};
use super::record::{Fresh, Record, Terms};
use super::tags::Tags;
use std::sync::Arc;

/// Raised when the form changes.
const VERSION: &[u8; 4] = b"wrc2";

/// Writes a record.
pub(super) fn encode(key: &[u8], record: &Record) -> Vec<u8> {
    let mut out = Vec::with_capacity(64 + key.len() + record.weight());
    out.extend_from_slice(VERSION);
    out.extend_from_slice(&[0; 8]);
    text(key, &mut out);
    number(record.fields().len(), &mut out);
    for kept in record.fields() {
        text(kept.name.text(), &mut out);
        text(&kept.required, &mut out);
        number(kept.selection.paths().len(), &mut out);
        kept.selection.paths().iter().for_each(|path| text(path, &mut out));
        let Terms { born, fresh, stale, error, since } = kept.terms;
        for time in [born, fresh, stale, error, since] {
            out.extend_from_slice(&time.to_le_bytes());
        }
        tags(kept.tags.as_deref(), &mut out);
        text(record.json(kept), &mut out);
    }
    let sum = stable_hash(&[&out[HEAD..]]);
    out[VERSION.len()..HEAD].copy_from_slice(&sum.to_le_bytes());
    out
}

/// Their places, then their names, which are empty where they are not kept.
fn tags(tags: Option<&Tags>, out: &mut Vec<u8>) {
    let slots: Vec<u32> = tags.into_iter().flat_map(Tags::slots).collect();
    number(slots.len(), out);
    slots.iter().for_each(|slot| out.extend_from_slice(&slot.to_le_bytes()));
    let names = tags.and_then(Tags::names).unwrap_or_default().join(",");
    text(names.as_bytes(), out);
}

const HEAD: usize = VERSION.len() + 8;

/// Reads a record that is kept under `key`.
pub(super) fn decode(key: &[u8], bytes: &[u8], now: u64) -> Option<Record> {
    let body = bytes.get(HEAD..)?;
    let sum = bytes.get(VERSION.len()..HEAD)?;
    if !bytes.starts_with(VERSION) || sum != stable_hash(&[body]).to_le_bytes() {
        return None;
    }
    let mut reader = Reader { rest: body };
    if reader.text()? != key {
        return None;
    }
    let mut record = Builder::default();
    for _ in 0..reader.number()? {
        let name = Name::new(reader.text()?);
        let required = reader.text()?;
        let paths: Option<Vec<Box<[u8]>>> = (0..reader.number()?).map(|_| reader.text().map(Into::into)).collect();
        let mut times = [0; 5];
        for time in &mut times {
            *time = reader.long()?;
        }
        let [born, fresh, stale, error, since] = times;
        let slots: Option<Box<[u32]>> = (0..reader.number()?).map(|_| reader.number()).collect();
        let names = std::str::from_utf8(reader.text()?).ok()?;
        let tags = record.tags(slots?, Some(names).filter(|names| !names.is_empty()));
        let terms = Terms { born, fresh, stale, error, since };
        record.values.push((name, required, Selection::new(paths?), terms, tags, reader.text()?));
    }
    Some(record.built(now))
}

type Value<'a> = (Arc<Name>, &'a [u8], Arc<Selection>, Terms, Option<Arc<Tags>>, &'a [u8]);

#[derive(Default)]
struct Builder<'a> {
    values: Vec<Value<'a>>,
}

impl Builder<'_> {
    /// Tags; most values of an object have the same, which are then kept once.
    fn tags(&self, slots: Box<[u32]>, names: Option<&str>) -> Option<Arc<Tags>> {
        let tags = Tags::restored(slots, names);
        let last = self.values.last().map(|(_, _, _, _, tags, _)| tags);
        last.filter(|last| **last == tags).cloned().unwrap_or(tags)
    }

    fn built(&self, now: u64) -> Record {
        let values = self.values.iter().filter(|(_, _, _, terms, _, _)| terms.end() > now);
        let fresh: Vec<Fresh<'_>> = values
            .map(|(name, required, selection, terms, tags, json)| Fresh {
                name,
                required,
                selection,
                terms: *terms,
                tags: tags.clone(),
                json,
            })
            .collect();
        Record::default().with(&fresh, now)
    }
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(taken)
    }

    fn number(&mut self) -> Option<u32> {
        self.take(4)?.try_into().ok().map(u32::from_le_bytes)
    }

    fn long(&mut self) -> Option<u64> {
        self.take(8)?.try_into().ok().map(u64::from_le_bytes)
    }

    fn text(&mut self) -> Option<&'a [u8]> {
        let count = self.number()?;
        self.take(count as usize)
    }
}

fn number(count: usize, out: &mut Vec<u8>) {
    out.extend_from_slice(&u32::try_from(count).unwrap_or(u32::MAX).to_le_bytes());
}

fn text(text: &[u8], out: &mut Vec<u8>) {
    number(text.len(), out);
    out.extend_from_slice(text);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_comes_back_as_it_was_and_nothing_else_does() {
        let (a, b) = (Name::new(b"a(x:1)"), Name::new(b"b"));
        let (leaf, inner) = (Selection::leaf(), Selection::new(vec![b"/c".as_slice().into()]));
        let terms = Terms { born: 1, fresh: 100, stale: 200, error: 300, since: 7 };
        let tagged = |told| Tags::new("a", ["x", "y"].into_iter(), None, told);
        let fresh = |name, required, selection, json, tags| Fresh { name, required, selection, terms, tags, json };
        let values =
            [fresh(&a, &b"r"[..], &leaf, &b"1"[..], tagged(true)), fresh(&b, b"", &inner, b"{\"c\":2}", tagged(false))];
        let record = Record::default().with(&values, 0);
        let bytes = encode(b"key", &record);
        assert_eq!(decode(b"key", &bytes, 0), Some(record));
        assert_eq!(decode(b"other", &bytes, 0), None);
        assert_eq!(decode(b"key", &bytes, 300), Some(Record::default()));
        for at in 0..bytes.len() {
            assert_eq!(decode(b"key", &bytes[..at], 0), None);
            let mut broken = bytes.clone();
            broken[at] ^= 1;
            assert_eq!(decode(b"key", &broken, 0), None, "byte {at}");
        }
    }
}
