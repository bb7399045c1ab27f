//! Which type an object of a reply is of, known before any of its fields is stored.
//!
//! The planner asks for `__typename` first, so usually it is the first thing to read. A service may
//! answer in another order; then the object is looked through once for the name and read again.

use super::Reader;
use crate::execute::scan::Malformed;
use crate::plan::model::{NamedType, ObjectShape, RuntimeType, Typing};
use std::ops::Range;

/// What is known of an object behind its brace.
pub(super) enum Typed {
    /// Its type, and whether fields follow.
    As(RuntimeType, bool),
    /// It cannot be used; whether fields follow.
    Not(&'static str, bool),
}

impl Reader<'_> {
    /// Finds the type of the object whose brace was just taken. `known` is the type it had before.
    pub(super) fn typing(&mut self, shape: &ObjectShape, known: RuntimeType) -> Result<Typed, Malformed> {
        let more = self.scan.any(b'}');
        let (ty, more) = match &shape.typing {
            Typing::Kept | Typing::Unknown => return Ok(Typed::As(known, more)),
            Typing::Static(ty) => (*ty, more),
            Typing::ByName(names) => {
                let (name, more) = self.typename(more)?;
                let Some(name) = name else {
                    return Ok(Typed::Not("an object does not say of which type it is", more));
                };
                match self.named(names, name) {
                    Some(ty) => (ty, more),
                    None => return Ok(Typed::Not("an object is of a type that cannot be there", more)),
                }
            }
        };
        if known != RuntimeType::UNKNOWN && known != ty {
            return Ok(Typed::Not("an object is of another type than it is elsewhere", more));
        }
        Ok(Typed::As(ty, more))
    }

    /// The value of `__typename`, and whether fields follow where the scanner stands then.
    fn typename(&mut self, more: bool) -> Result<(Option<Range<usize>>, bool), Malformed> {
        if !more {
            return Ok((None, false));
        }
        self.scan.token();
        if !self.scan.take_if("__typename") {
            return Ok((self.late_typename()?, true));
        }
        self.scan.expect(b':')?;
        let name = self.name()?;
        Ok((name, self.scan.more(b'}')?))
    }

    /// Looks through the object's fields and comes back.
    #[cold]
    fn late_typename(&mut self) -> Result<Option<Range<usize>>, Malformed> {
        let here = self.scan.bookmark();
        let start = self.scan.position();
        let mut name = None;
        let mut more = true;
        while more && name.is_none() {
            let key = self.scan.key()?;
            let found = &*self.scan.text(key) == b"__typename";
            self.scan.expect(b':')?;
            if found {
                name = self.name()?;
            } else {
                self.scan.skip()?;
            }
            more = self.scan.more(b'}')?;
        }
        self.reread(self.scan.position() - start)?;
        self.scan.rewind(here);
        Ok(name)
    }

    /// Takes a value; where it is when it is a string.
    fn name(&mut self) -> Result<Option<Range<usize>>, Malformed> {
        if self.scan.token() == b'"' {
            return self.scan.string().map(Some);
        }
        self.scan.skip()?;
        Ok(None)
    }

    fn named(&self, names: &[NamedType], name: Range<usize>) -> Option<RuntimeType> {
        let plain = self.scan.slice(name.clone());
        let find = |text: &[u8]| {
            let position = names.binary_search_by(|named| named.name.as_bytes().cmp(text)).ok()?;
            names.get(position).map(|named| named.ty)
        };
        match names {
            [only] if only.name.as_bytes() == plain => Some(only.ty),
            _ => find(plain).or_else(|| find(&self.scan.text(name))),
        }
    }
}
