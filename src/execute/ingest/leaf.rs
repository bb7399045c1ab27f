//! Leaves: checked by kind and noted as spans, decoded only where meaning is needed.

use super::Reader;
use crate::execute::scan::{Malformed, decode};
use crate::execute::store::Value;
use crate::execute::trail::Trail;
use crate::plan::model::{EnumId, LeafKind};
use std::ops::Range;

/// What a leaf turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Leaf {
    /// What was asked; its text can be copied.
    Plain,
    /// An integer that has to be quoted.
    Bare,
    /// Null.
    Null,
    /// Something else.
    Wrong,
}

impl Reader<'_> {
    /// Reads a leaf. `trail` is made only when it is needed.
    #[inline]
    pub(super) fn leaf_value<'t>(
        &mut self,
        kind: LeafKind,
        trail: impl FnOnce() -> Trail<'t>,
    ) -> Result<Value, Malformed> {
        self.scan.token();
        let start = self.scan.position();
        match self.leaf(kind)? {
            Leaf::Plain => Ok(self.span(start)),
            Leaf::Bare => match self.span(start) {
                Value::Leaf { source, offset, len } => Ok(Value::Bare { source, offset, len }),
                other => Ok(other),
            },
            Leaf::Null => Ok(Value::Null),
            Leaf::Wrong => {
                self.complain(&trail(), wrong(kind));
                Ok(Value::Failed)
            }
        }
    }

    /// The text from `start` to where the scanner stands. A reply has fewer than 2^32 bytes.
    #[inline]
    pub(super) fn span(&self, start: usize) -> Value {
        let len = (self.scan.position() - start) as u32;
        Value::Leaf { source: self.source, offset: start as u32, len }
    }

    /// Takes a value and says whether it is a leaf of this kind.
    #[inline]
    pub(super) fn leaf(&mut self, kind: LeafKind) -> Result<Leaf, Malformed> {
        self.scan.unfit = false;
        let leaf = match self.scan.token() {
            b'"' => {
                let inside = self.scan.string()?;
                match kind {
                    LeafKind::String | LeafKind::Id | LeafKind::Any => Leaf::Plain,
                    LeafKind::Enum(id) => self.enum_value(id, inside),
                    LeafKind::Int | LeafKind::Float | LeafKind::Boolean => Leaf::Wrong,
                }
            }
            b'-' | b'0'..=b'9' => self.number_leaf(kind)?,
            b't' => self.boolean(b"true", kind)?,
            b'f' => self.boolean(b"false", kind)?,
            b'n' => {
                self.scan.word(b"null")?;
                Leaf::Null
            }
            _ => {
                self.scan.skip()?;
                if kind == LeafKind::Any { Leaf::Plain } else { Leaf::Wrong }
            }
        };
        Ok(if self.scan.unfit { Leaf::Wrong } else { leaf })
    }

    fn number_leaf(&mut self, kind: LeafKind) -> Result<Leaf, Malformed> {
        let start = self.scan.position();
        let integer = self.scan.number()?;
        Ok(match kind {
            LeafKind::Float | LeafKind::Any => Leaf::Plain,
            LeafKind::Int if integer && fits_int(self.scan.slice(start..self.scan.position())) => Leaf::Plain,
            LeafKind::Id if integer => Leaf::Bare,
            _ => Leaf::Wrong,
        })
    }

    fn boolean(&mut self, word: &'static [u8], kind: LeafKind) -> Result<Leaf, Malformed> {
        self.scan.word(word)?;
        Ok(if matches!(kind, LeafKind::Boolean | LeafKind::Any) { Leaf::Plain } else { Leaf::Wrong })
    }

    fn enum_value(&self, id: EnumId, inside: Range<usize>) -> Leaf {
        let values = &self.asked.plan.enums[id.index()].values;
        let inside = self.scan.slice(inside);
        let is_one = |text: &[u8]| values.binary_search_by(|value| value.as_bytes().cmp(text)).is_ok();
        let found =
            is_one(inside) || (inside.contains(&b'\\') && decode(inside).is_some_and(|text| is_one(text.as_bytes())));
        if found { Leaf::Plain } else { Leaf::Wrong }
    }
}

/// Whether an integer's digits are within 32 bits.
fn fits_int(digits: &[u8]) -> bool {
    digits.len() < 10
        || (digits.len() <= 11 && std::str::from_utf8(digits).is_ok_and(|text| text.parse::<i32>().is_ok()))
}

const fn wrong(kind: LeafKind) -> &'static str {
    match kind {
        LeafKind::Int => "a value should be an Int",
        LeafKind::Float => "a value should be a Float",
        LeafKind::String => "a value should be a String",
        LeafKind::Boolean => "a value should be a Boolean",
        LeafKind::Id => "a value should be an ID",
        LeafKind::Enum(_) => "a value should be one of its enum's",
        LeafKind::Any => "a value cannot be represented",
    }
}
