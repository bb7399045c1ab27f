//! The way to where a recursive walk stands, kept for nothing: a list of stack frames.
//!
//! Reading and writing walk down objects and lists millions of times and need to say where they are
//! only when something is wrong. So a step is a few words on the stack that point at the step before,
//! and a path is made of them when an error asks for it.

use super::error::PathSegment;

/// The way down to here: the last step, and the way before it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Trail<'a> {
    up: Option<&'a Trail<'a>>,
    step: Step<'a>,
}

#[derive(Debug, Clone, Copy)]
enum Step<'a> {
    Start,
    /// A response field; none for a field that the client does not see.
    Key(Option<&'a str>),
    Index(usize),
}

impl<'a> Trail<'a> {
    /// No way at all.
    pub(super) const START: Trail<'static> = Trail { up: None, step: Step::Start };

    /// On to a field. The client's path ends before a field that has no response key.
    #[inline]
    pub(super) const fn key(&'a self, key: Option<&'a str>) -> Self {
        Self { up: Some(self), step: Step::Key(key) }
    }

    /// On to an element of a list.
    #[inline]
    pub(super) const fn index(&'a self, index: usize) -> Self {
        Self { up: Some(self), step: Step::Index(index) }
    }

    /// As the client would write it, up to the first step that the client does not see.
    pub(super) fn path(&self) -> Vec<PathSegment> {
        let steps: Vec<Step<'_>> =
            std::iter::successors(Some(self), |trail| trail.up).map(|trail| trail.step).collect();
        let mut path = Vec::with_capacity(steps.len());
        for step in steps.into_iter().rev() {
            match step {
                Step::Start => {}
                Step::Key(Some(key)) => path.push(PathSegment::Key(key.into())),
                Step::Key(None) => break,
                Step::Index(index) => path.push(PathSegment::Index(index)),
            }
        }
        path
    }
}
