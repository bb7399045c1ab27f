//! How much a document selects once its fragments are opened, counted before anybody opens them.
//!
//! async-graphql follows every spread each time that it meets one, and looks at its limits of depth and complexity on the
//! way: twenty fragments that spread the next one twice are a million selections in two kilobytes. Here a fragment is
//! counted once and its count is added wherever it is spread.

use crate::registry::Refusal;
use async_graphql::Positioned;
use async_graphql::parser::types::{ExecutableDocument, Selection, SelectionSet};
use std::collections::HashMap;

/// Selections of a document with all its fragments opened, and of each fragment.
const MOST: usize = 10_000;
/// How deep selections may stand in each other, fragments opened; the schema's own limit is stricter, and comes later.
const DEEPEST: usize = 32;

/// Refuses what would be too much to open.
pub(super) fn check(document: &ExecutableDocument) -> Result<(), Refusal> {
    let mut opening = Opening { document, known: HashMap::new() };
    let mut all = 0_usize;
    for (_, operation) in document.operations.iter() {
        all = all.saturating_add(opening.set(&operation.node.selection_set, 1)?.selections);
    }
    // What nobody spreads is looked at by the rules of validation all the same.
    for name in document.fragments.keys() {
        opening.fragment(name, 1)?;
    }
    if all > MOST { Err(too_much()) } else { Ok(()) }
}

/// What selections come to.
#[derive(Clone, Copy, Default)]
struct Extent {
    selections: usize,
    depth: usize,
}

struct Opening<'a> {
    document: &'a ExecutableDocument,
    /// The fragments that were counted; none for one that is being counted.
    known: HashMap<&'a str, Option<Extent>>,
}

impl<'a> Opening<'a> {
    /// The extent of a set that stands at this depth.
    fn set(&mut self, set: &'a Positioned<SelectionSet>, depth: usize) -> Result<Extent, Refusal> {
        let mut extent = Extent::default();
        for selection in &set.node.items {
            if depth > DEEPEST {
                return Err(too_deep());
            }
            let inner = match &selection.node {
                Selection::Field(field) => self.set(&field.node.selection_set, depth + 1)?,
                Selection::InlineFragment(fragment) => self.set(&fragment.node.selection_set, depth + 1)?,
                Selection::FragmentSpread(spread) => self.fragment(&spread.node.fragment_name.node, depth + 1)?,
            };
            extent.selections = extent.selections.saturating_add(inner.selections).saturating_add(1);
            extent.depth = extent.depth.max(inner.depth + 1);
        }
        Ok(extent)
    }

    fn fragment(&mut self, name: &'a str, depth: usize) -> Result<Extent, Refusal> {
        // That there is no such fragment is said by validation.
        let Some(fragment) = self.document.fragments.get(name) else { return Ok(Extent::default()) };
        let extent = match self.known.get(name) {
            Some(Some(extent)) => *extent,
            Some(None) => return Err(refused(format!("the fragment {name} spreads itself"))),
            None => {
                self.known.insert(name, None);
                let extent = self.set(&fragment.node.selection_set, depth)?;
                self.known.insert(name, Some(extent));
                extent
            }
        };
        if extent.selections > MOST {
            return Err(too_much());
        }
        // It may have been counted where it stood less deep.
        if depth + extent.depth > DEEPEST + 1 { Err(too_deep()) } else { Ok(extent) }
    }
}

fn too_much() -> Refusal {
    refused(format!("the document selects more than {MOST} things once its fragments are opened"))
}

fn too_deep() -> Refusal {
    refused(format!("selections stand in each other more than {DEEPEST} deep once fragments are opened"))
}

fn refused(message: String) -> Refusal {
    Refusal::bad_request("INVALID_REQUEST", message).help("ask for less at a time")
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_graphql::parser::parse_query;
    use std::fmt::Write;

    fn checked(text: &str) -> Result<(), String> {
        check(&parse_query(text).unwrap()).map_err(|refusal| refusal.message)
    }

    /// `levels` fragments, each of which spreads the next one `times`.
    fn chain(levels: usize, times: usize) -> String {
        let mut text = String::from("{ ...f0 }");
        for level in 0..levels {
            write!(text, " fragment f{level} on Query {{ {} }}", format!("...f{} ", level + 1).repeat(times)).unwrap();
        }
        write!(text, " fragment f{levels} on Query {{ graphs {{ graph }} }}").unwrap();
        text
    }

    #[test]
    fn fragments_are_counted_wherever_they_are_spread_and_opened_once() {
        assert_eq!(checked(&chain(3, 2)), Ok(()));
        for levels in [12, 25] {
            assert!(checked(&chain(levels, 2)).unwrap_err().contains("more than 10000"), "{levels}");
        }
        let unused = chain(12, 2).replace("{ ...f0 }", "{ __typename }");
        assert!(checked(&unused).unwrap_err().contains("more than 10000"), "validation looks at it, too");
    }

    #[test]
    fn depth_is_bounded_along_every_path() {
        assert_eq!(checked(&chain(28, 1)), Ok(()));
        assert!(checked(&chain(40, 1)).unwrap_err().contains("32 deep"));
        assert!(checked(&chain(5_000, 1)).unwrap_err().contains("32 deep"));
        let shallow_first = chain(28, 1).replace("{ ...f0 }", "{ ...f0 a { b { c { d { ...f0 } } } } }");
        assert!(checked(&shallow_first).unwrap_err().contains("32 deep"));
    }

    #[test]
    fn a_fragment_that_spreads_itself_is_refused() {
        let cycle = "{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }";
        assert!(checked(cycle).unwrap_err().contains("spreads itself"));
        assert_eq!(checked("{ ...nowhere }"), Ok(()), "validation says so");
    }
}
