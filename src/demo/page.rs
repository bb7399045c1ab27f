//! Pagination as Relay has it, bounded: at most 100 nodes at a time.
//!
//! Takes `first` and `after`; gives a [`Window`] for SQL (a limit one larger than the page, to see
//! whether there is more) and then a [`Page`]. Cursors carry the sort value and the id of their
//! row, so a page costs the same wherever it begins and rows that come and go do not shift it.

use async_graphql::{Error, ErrorExtensions, SimpleObject};

/// How many nodes may be asked for at a time.
const LARGEST_PAGE: i32 = 100;

/// The place of a row in a sorted list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cursor {
    /// What the list is sorted by; not negative.
    pub value: i64,
    /// The id, which decides among equals.
    pub id: i64,
}

impl Cursor {
    /// The cursor of a list that is sorted by id.
    pub fn of_id(id: i64) -> Self {
        Self { value: id, id }
    }

    fn text(self) -> String {
        format!("{:x}.{:x}", self.value, self.id)
    }

    fn parse(text: &str) -> Option<Self> {
        let (value, id) = text.split_once('.')?;
        let number = |text: &str| i64::from_str_radix(text, 16).ok().filter(|number| *number >= 0);
        Some(Self { value: number(value)?, id: number(id)? })
    }
}

/// Which part of a list is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Window {
    first: i32,
    after: Option<Cursor>,
}

impl Window {
    /// Checks the arguments of a connection.
    pub fn new(first: i32, after: Option<&str>) -> Result<Self, Error> {
        let first = bounded(first, LARGEST_PAGE)?;
        let after = match after {
            None => None,
            Some(text) => Some(
                Cursor::parse(text).ok_or_else(|| bad_input("`after` must be a cursor that this field returned"))?,
            ),
        };
        Ok(Self { first, after })
    }

    /// The SQL limit: one row more than is returned.
    pub fn limit(self) -> i64 {
        i64::from(self.first) + 1
    }

    /// The sort value to go on after, or `start`.
    pub fn value_or(self, start: i64) -> i64 {
        self.after.map_or(start, |cursor| cursor.value)
    }

    /// The id to go on after, or `start`.
    pub fn id_or(self, start: i64) -> i64 {
        self.after.map_or(start, |cursor| cursor.id)
    }
}

/// `first` if it is from 1 to `most`.
pub fn bounded(first: i32, most: i32) -> Result<i32, Error> {
    if (1..=most).contains(&first) {
        Ok(first)
    } else {
        Err(bad_input(&format!("`first` must be from 1 to {most}, not {first}")))
    }
}

/// An error that is the client's to mend.
pub fn bad_input(message: &str) -> Error {
    Error::new(message).extend_with(|_, extensions| extensions.set("code", "BAD_USER_INPUT"))
}

/// Part of a list.
#[derive(Debug, Clone)]
pub struct Page<T> {
    /// The nodes, each with its cursor.
    pub items: Vec<(String, T)>,
    has_next: bool,
    has_previous: bool,
}

impl<T> Page<T> {
    /// The page of `rows`, which [`Window::limit`] bounded.
    pub fn new(window: Window, rows: impl IntoIterator<Item = T>, cursor: impl Fn(&T) -> Cursor) -> Self {
        let wanted = usize::try_from(window.first).unwrap_or(0);
        let mut items: Vec<_> = rows.into_iter().map(|row| (cursor(&row).text(), row)).collect();
        let has_next = items.len() > wanted;
        items.truncate(wanted);
        Self { items, has_next, has_previous: window.after.is_some() }
    }

    /// The same page of what `make` makes of the rows.
    pub fn map<U>(self, make: impl Fn(T) -> U) -> Page<U> {
        let items = self.items.into_iter().map(|(cursor, row)| (cursor, make(row))).collect();
        Page { items, has_next: self.has_next, has_previous: self.has_previous }
    }

    /// What the page knows of itself.
    pub fn info(&self) -> PageInfo {
        PageInfo {
            has_next_page: self.has_next,
            has_previous_page: self.has_previous,
            start_cursor: self.items.first().map(|(cursor, _)| cursor.clone()),
            end_cursor: self.items.last().map(|(cursor, _)| cursor.clone()),
        }
    }
}

/// The page that a connection returned.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(shareable)]
pub struct PageInfo {
    has_next_page: bool,
    has_previous_page: bool,
    start_cursor: Option<String>,
    end_cursor: Option<String>,
}

/// Defines a connection and its edge over `$node`. `$count` has `async fn count(&self, ctx)`, called
/// only when `totalCount` is asked for.
macro_rules! connection {
    ($connection:ident, $edge:ident, $node:ty, $count:ty) => {
        /// A node with its place in the list.
        #[derive(async_graphql::SimpleObject)]
        pub struct $edge {
            cursor: String,
            node: $node,
        }

        /// A page of a list.
        pub struct $connection {
            page: $crate::demo::page::Page<$node>,
            count: $count,
        }

        impl $connection {
            /// A page, and how to count the whole list.
            pub fn new(page: $crate::demo::page::Page<$node>, count: $count) -> Self {
                Self { page, count }
            }
        }

        #[async_graphql::Object]
        impl $connection {
            async fn edges(&self) -> Vec<$edge> {
                let edge = |(cursor, node): &(String, $node)| $edge { cursor: cursor.clone(), node: node.clone() };
                self.page.items.iter().map(edge).collect()
            }

            async fn nodes(&self) -> Vec<&$node> {
                self.page.items.iter().map(|(_, node)| node).collect()
            }

            async fn page_info(&self) -> $crate::demo::page::PageInfo {
                self.page.info()
            }

            async fn total_count(&self, ctx: &async_graphql::Context<'_>) -> async_graphql::Result<i32> {
                self.count.count(ctx).await
            }
        }
    };
}
pub(super) use connection;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_are_read_as_they_were_written() {
        let cursor = Cursor { value: 1_990, id: 42 };
        assert_eq!(Cursor::parse(&cursor.text()), Some(cursor));
        for text in ["", "2a", "x.1", "-1.1", "1.-1", "1.2.3"] {
            assert_eq!(Cursor::parse(text), None, "{text}");
        }
    }

    #[test]
    fn pages_are_bounded() {
        for first in [i32::MIN, -1, 0, 101, i32::MAX] {
            assert!(Window::new(first, None).is_err(), "{first}");
        }
        assert_eq!(Window::new(100, None).unwrap().limit(), 101);
    }
}
