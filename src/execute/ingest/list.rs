//! Lists. A list of leaves in which all is as it should be is one span, like a leaf; other lists are
//! runs of values.

use super::Reader;
use super::leaf::Leaf;
use crate::execute::scan::Malformed;
use crate::execute::store::Value;
use crate::execute::trail::Trail;
use crate::plan::model::{LeafKind, ShapeId};

const WRONG: &str = "a value should be a list";

impl Reader<'_> {
    /// Reads lists of leaves, `levels` deep.
    pub(super) fn leaf_list(&mut self, kind: LeafKind, levels: u8, trail: &Trail<'_>) -> Result<Value, Malformed> {
        self.scan.token();
        let start = self.scan.position();
        let here = self.scan.bookmark();
        if self.plain_list(kind, levels)? {
            return Ok(self.span(start));
        }
        self.scan.rewind(here);
        self.mixed_list(kind, levels, trail)
    }

    /// Takes a list as long as it holds nothing but plain leaves; whether that was so to its end.
    fn plain_list(&mut self, kind: LeafKind, levels: u8) -> Result<bool, Malformed> {
        if self.scan.token() != b'[' {
            return Ok(false);
        }
        self.scan.enter()?;
        let mut more = self.scan.any(b']');
        while more {
            let plain = if levels > 1 { self.plain_list(kind, levels - 1)? } else { self.leaf(kind)? == Leaf::Plain };
            if !plain {
                return Ok(false);
            }
            more = self.scan.more(b']')?;
        }
        Ok(true)
    }

    /// Reads a list with nulls, integers to be quoted or wrong values, one element after the other.
    fn mixed_list(&mut self, kind: LeafKind, levels: u8, trail: &Trail<'_>) -> Result<Value, Malformed> {
        if self.scan.token() != b'[' {
            return self.null_or_wrong(WRONG, trail);
        }
        self.scan.enter()?;
        let from = self.pending.len();
        let mut index = 0;
        let mut more = self.scan.any(b']');
        while more {
            let value = if levels > 1 {
                self.mixed_list(kind, levels - 1, &trail.index(index))?
            } else {
                self.leaf_value(kind, || trail.index(index))?
            };
            self.pending.push(value);
            index += 1;
            more = self.scan.more(b']')?;
        }
        self.store.create_list(&mut self.pending, from)
    }

    /// Reads lists of objects, `levels` deep, into the objects that are there already.
    pub(super) fn object_list(
        &mut self,
        shape: ShapeId,
        levels: u8,
        there: Value,
        trail: &Trail<'_>,
    ) -> Result<Value, Malformed> {
        if self.scan.token() != b'[' {
            return self.nothing_for(there, shape, WRONG, trail);
        }
        if let Value::List { start, len } = there {
            return self.same_list(shape, levels, (start, len), trail);
        }
        self.scan.enter()?;
        let from = self.pending.len();
        let mut index = 0;
        let mut more = self.scan.any(b']');
        while more {
            let value = self.element(shape, levels, Value::Absent, &trail.index(index))?;
            self.pending.push(value);
            index += 1;
            more = self.scan.more(b']')?;
        }
        self.store.create_list(&mut self.pending, from)
    }

    /// Reads a list that another subgraph has answered before: its elements are the same ones, by
    /// position. Of two lists of different length nobody can say which elements belong together.
    fn same_list(
        &mut self,
        shape: ShapeId,
        levels: u8,
        (start, len): (u32, u32),
        trail: &Trail<'_>,
    ) -> Result<Value, Malformed> {
        let before = self.scan.position();
        let count = self.scan.count()?;
        if count != len as usize {
            self.scan.skip()?;
            self.complain(trail, "a list is not as long as another subgraph says");
            self.explain_inside(Value::List { start, len }, shape);
            return Ok(Value::Failed);
        }
        self.scan.enter()?;
        let mut index = 0;
        let mut more = self.scan.any(b']');
        while more {
            let at = start as usize + index;
            let value = self.element(shape, levels, self.store.value(at), &trail.index(index))?;
            self.store.put(at, value);
            index += 1;
            more = self.scan.more(b']')?;
        }
        self.reread(self.scan.position() - before)?;
        Ok(Value::List { start, len })
    }

    fn element(&mut self, shape: ShapeId, levels: u8, there: Value, trail: &Trail<'_>) -> Result<Value, Malformed> {
        if levels > 1 {
            self.object_list(shape, levels - 1, there, trail)
        } else {
            self.object_value(shape, there, trail)
        }
    }
}
