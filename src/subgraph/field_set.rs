//! Field sets: the selections inside `@key(fields:)`, `@requires(fields:)` and `@provides(fields:)`.
//!
//! Text -> selections, each with its place in the SDL; back to text in one normal form (single spaces, no
//! outer braces). Fields may have arguments and sub-selections, and inline fragments select on types; aliases,
//! named fragments and directives have no meaning here and are refused.

use super::Locator;
use crate::diagnostic::Span;
use apollo_compiler::ast;
use apollo_compiler::parser::{Parser, SourceSpan};
use apollo_compiler::{Name, Node};
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// A parsed field set.
#[derive(Debug, Clone)]
pub struct FieldSet {
    /// What it selects.
    pub selections: Vec<Selection>,
    /// The string it was written as: where it stands.
    pub place: Range<usize>,
}

/// One selection.
#[derive(Debug, Clone)]
pub enum Selection {
    /// A field.
    Field(FieldSelection),
    /// `... on Type { }`, or without a condition `... { }`.
    Fragment {
        /// The type condition.
        on: Option<Name>,
        /// What is selected under it.
        selections: Vec<Selection>,
        /// Where it stands.
        place: Range<usize>,
    },
}

/// A selected field.
#[derive(Debug, Clone)]
pub struct FieldSelection {
    /// Its name.
    pub name: Name,
    /// Its arguments.
    pub arguments: Vec<Node<ast::Argument>>,
    /// What is selected of its value.
    pub selections: Vec<Selection>,
    /// Where its name stands.
    pub place: Range<usize>,
}

/// Why a text is no field set.
#[derive(Debug)]
pub struct Unreadable {
    /// What is wrong.
    pub message: String,
    /// Where.
    pub span: Option<Span>,
    /// Whether it is a directive, which has a code of its own.
    pub is_directive: bool,
}

/// Nesting beyond which a field set is refused; real ones have a handful of levels.
const DEEPEST: usize = 50;

impl FieldSet {
    /// Reads the field set in `literal`, the value of `fields:`.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn parse(literal: &Node<ast::Value>, locator: &Locator) -> Result<Self, Unreadable> {
        Self::parse_at(literal.as_str().unwrap_or_default(), Places::of(literal, locator))
    }

    /// Reads a field set that is part of a longer literal: places are those of the whole.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn parse_text(text: &str, literal: &Node<ast::Value>, locator: &Locator) -> Result<Self, Unreadable> {
        Self::parse_at(text, Places { content: None, ..Places::of(literal, locator) })
    }

    fn parse_at(text: &str, places: Places<'_>) -> Result<Self, Unreadable> {
        let wrapped = if text.trim_start().starts_with('{') { text.to_owned() } else { format!("{{{text}}}") };
        let places = Places { shift: wrapped.len() - text.len(), ..places };
        let refuse =
            |message: &str| Unreadable { message: message.to_owned(), span: places.span(None), is_directive: false };
        let ast = Parser::new().recursion_limit(DEEPEST).parse_ast(wrapped, "fields").map_err(|failed| {
            let first = failed.errors.iter().next().map(|error| error.error.to_string()).unwrap_or_default();
            let message = first.lines().next().unwrap_or_default().to_owned();
            Unreadable { message, span: places.span(None), is_directive: false }
        })?;
        let [ast::Definition::OperationDefinition(operation)] = ast.definitions.as_slice() else {
            return Err(refuse("it must be one selection set"));
        };
        if operation.selection_set.is_empty() {
            return Err(refuse("it selects nothing"));
        }
        let selections = convert(&operation.selection_set, &places)?;
        Ok(Self { selections, place: places.literal.clone() })
    }

    /// The fields of the outermost level, without those in fragments.
    pub fn names(&self) -> impl Iterator<Item = &Name> {
        self.selections.iter().filter_map(|selection| match selection {
            Selection::Field(field) => Some(&field.name),
            Selection::Fragment { .. } => None,
        })
    }
}

/// Where a field set's text stands in the SDL.
struct Places<'a> {
    locator: &'a Locator,
    literal: Range<usize>,
    /// Where the content begins, when the content stands in the SDL letter by letter.
    content: Option<usize>,
    /// Characters put before (and after) the content for parsing.
    shift: usize,
}

impl<'a> Places<'a> {
    fn of(literal: &Node<ast::Value>, locator: &'a Locator) -> Self {
        let Some(span) = locator.span(literal.location()) else {
            return Self { locator, literal: 0..0, content: None, shift: 0 };
        };
        let written = locator.source.text.get(span.range.clone()).unwrap_or_default();
        let is_plain = written.starts_with('"') && !written.starts_with("\"\"\"") && !written.contains('\\');
        Self { locator, content: is_plain.then_some(span.range.start + 1), literal: span.range, shift: 0 }
    }

    fn place(&self, at: Option<SourceSpan>) -> Range<usize> {
        match (self.content, at) {
            (Some(content), Some(at)) => {
                let before = self.shift / 2;
                content + at.offset().saturating_sub(before)..content + at.end_offset().saturating_sub(before)
            }
            _ => self.literal.clone(),
        }
    }

    fn span(&self, at: Option<SourceSpan>) -> Option<Span> {
        let range = self.place(at);
        (!range.is_empty()).then(|| Span { source: Arc::clone(&self.locator.source), range })
    }
}

fn convert(selections: &[ast::Selection], places: &Places<'_>) -> Result<Vec<Selection>, Unreadable> {
    selections
        .iter()
        .map(|selection| {
            let place = places.place(selection.location());
            let refuse =
                |message: String| Unreadable { message, span: places.span(selection.location()), is_directive: false };
            let refuse_directive = |directive: &ast::Directive| Unreadable {
                is_directive: true,
                ..refuse(format!("it may not apply directives (@{})", directive.name))
            };
            match selection {
                ast::Selection::Field(field) => {
                    if let Some(alias) = &field.alias {
                        return Err(refuse(format!("it may not use an alias (\"{alias}: {}\")", field.name)));
                    }
                    if let Some(directive) = field.directives.0.first() {
                        return Err(refuse_directive(directive));
                    }
                    Ok(Selection::Field(FieldSelection {
                        name: field.name.clone(),
                        arguments: field.arguments.clone(),
                        selections: convert(&field.selection_set, places)?,
                        place: places.place(field.name.location()),
                    }))
                }
                ast::Selection::InlineFragment(fragment) => {
                    if let Some(directive) = fragment.directives.0.first() {
                        return Err(refuse_directive(directive));
                    }
                    Ok(Selection::Fragment {
                        on: fragment.type_condition.clone(),
                        selections: convert(&fragment.selection_set, places)?,
                        place,
                    })
                }
                ast::Selection::FragmentSpread(spread) => {
                    Err(refuse(format!("it may not use a named fragment (\"...{}\")", spread.fragment_name)))
                }
            }
        })
        .collect()
}

impl fmt::Display for FieldSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_selections(&self.selections, f)
    }
}

fn write_selections(selections: &[Selection], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (index, selection) in selections.iter().enumerate() {
        if index > 0 {
            f.write_str(" ")?;
        }
        match selection {
            Selection::Field(field) => {
                f.write_str(&field.name)?;
                write_arguments(&field.arguments, f)?;
                write_block(&field.selections, f)?;
            }
            Selection::Fragment { on, selections, .. } => {
                f.write_str("...")?;
                if let Some(on) = on {
                    write!(f, " on {on}")?;
                }
                write_block(selections, f)?;
            }
        }
    }
    Ok(())
}

fn write_arguments(arguments: &[Node<ast::Argument>], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if arguments.is_empty() {
        return Ok(());
    }
    f.write_str("(")?;
    for (index, argument) in arguments.iter().enumerate() {
        let comma = if index > 0 { ", " } else { "" };
        write!(f, "{comma}{}: {}", argument.name, argument.value.serialize().no_indent())?;
    }
    f.write_str(")")
}

fn write_block(selections: &[Selection], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if selections.is_empty() {
        return Ok(());
    }
    f.write_str(" { ")?;
    write_selections(selections, f)?;
    f.write_str(" }")
}
