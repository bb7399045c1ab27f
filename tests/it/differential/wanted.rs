//! Field sets as values: what keys consist of, what is required, what is provided.

use std::fmt::Write;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The type condition around it.
    pub on: Option<String>,
    pub name: String,
    /// Whether it is selected with `(x: 7)`.
    pub argument: bool,
    pub children: Vec<Self>,
}

impl Wanted {
    pub fn leaf(name: &str) -> Self {
        Self { on: None, name: name.into(), argument: false, children: Vec::new() }
    }

    pub fn nested(name: &str, children: Vec<Self>) -> Self {
        Self { children, ..Self::leaf(name) }
    }

    /// The same, for objects of one type.
    #[must_use]
    pub fn on(self, name: &str) -> Self {
        Self { on: Some(name.into()), ..self }
    }
}

/// As GraphQL text.
pub fn text(set: &[Wanted]) -> String {
    let mut out = String::new();
    for wanted in set {
        if !out.is_empty() {
            out.push(' ');
        }
        if let Some(on) = &wanted.on {
            write!(out, "... on {on} {{ ").unwrap();
        }
        out.push_str(&wanted.name);
        if wanted.argument {
            out.push_str("(x: 7)");
        }
        if !wanted.children.is_empty() {
            write!(out, " {{ {} }}", text(&wanted.children)).unwrap();
        }
        if wanted.on.is_some() {
            out.push_str(" }");
        }
    }
    out
}
