//! A configuration file as a tree with places, from YAML or TOML.

use crate::diagnostic::{Diagnostic, Source, Span};
use granit_parser::{Event, Options, Parser, ScalarStyle};
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;
use toml::de::{DeTable, DeValue};

/// Values of a file; aliases repeat what they stand for.
const MOST_VALUES: usize = 100_000;

/// A value.
#[derive(Debug, Clone)]
pub(super) enum Node {
    /// Nothing.
    Null,
    /// A text, number or truth value.
    Scalar {
        /// As written, without quotes.
        text: String,
        /// Whether it is text whatever it looks like.
        quoted: bool,
    },
    /// A list.
    List(Vec<Node>),
    /// A table.
    Map(Vec<Entry>),
}

/// A key with its value.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) key: String,
    /// Where the key stands.
    pub(super) place: Range<usize>,
    pub(super) value: Node,
}

impl Node {
    /// What is under a key.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        self.entries().iter().find(|entry| entry.key == key).map(|entry| &entry.value)
    }

    /// The keys; none but in a table.
    pub(super) fn entries(&self) -> &[Entry] {
        if let Self::Map(entries) = self { entries } else { &[] }
    }

    /// The elements; itself where it is no list.
    pub(super) fn elements(&self) -> &[Self] {
        if let Self::List(elements) = self { elements } else { std::slice::from_ref(self) }
    }

    /// Its text, if it is a scalar.
    pub(super) fn text(&self) -> Option<&str> {
        if let Self::Scalar { text, .. } = self { Some(text) } else { None }
    }
}

fn refused(source: &Arc<Source>, at: Range<usize>, message: impl Into<String>) -> Diagnostic {
    Diagnostic::error("CONFIG_SYNTAX", message).at(Span { source: Arc::clone(source), range: at }, "")
}

/// Reads YAML.
pub(super) fn from_yaml(source: &Arc<Source>) -> Result<Node, Diagnostic> {
    let mut options = Options::default();
    options.emit_comments = false;
    let events = Parser::new_from_str_with_options(&source.text, options);
    let mut reader = Yaml { events, source, anchors: HashMap::new(), values: 0 };
    loop {
        match reader.next()? {
            (Event::StreamEnd, _) => return Ok(Node::Map(Vec::new())),
            (Event::StreamStart | Event::DocumentStart(..) | Event::DocumentEnd, _) => {}
            (event, range) => return reader.node(event, range),
        }
    }
}

struct Yaml<'a> {
    events: Parser<'a, granit_parser::StrInput<'a>>,
    source: &'a Arc<Source>,
    anchors: HashMap<usize, Node>,
    values: usize,
}

impl<'a> Yaml<'a> {
    fn next(&mut self) -> Result<(Event<'a>, Range<usize>), Diagnostic> {
        let length = self.source.text.len();
        match self.events.next_event() {
            Some(Ok((event, span))) => {
                let offset = |marker: granit_parser::Marker| marker.byte_offset().unwrap_or(0).min(length);
                Ok((event, offset(span.start)..offset(span.end)))
            }
            Some(Err(error)) => {
                let at = error.marker().byte_offset().unwrap_or(0).min(length);
                Err(refused(self.source, at..at, format!("not YAML: {}", error.info())))
            }
            None => Ok((Event::StreamEnd, length..length)),
        }
    }

    /// The value that begins with `event`. Its depth is bounded by the parser.
    fn node(&mut self, event: Event<'a>, range: Range<usize>) -> Result<Node, Diagnostic> {
        self.count(1, &range)?;
        let (anchor, node) = match event {
            Event::Scalar(text, style, anchor, _) => {
                let quoted = style != ScalarStyle::Plain;
                let null = !quoted && matches!(&*text, "" | "~" | "null");
                let scalar = || Node::Scalar { text: text.into_owned(), quoted };
                (anchor, if null { Node::Null } else { scalar() })
            }
            Event::SequenceStart(_, anchor, _) => (anchor, self.list()?),
            Event::MappingStart(_, anchor, _) => (anchor, self.map()?),
            Event::Alias(anchor) => {
                let node = self.anchors.get(&anchor).cloned();
                let node = node.ok_or_else(|| refused(self.source, range.clone(), "an alias of nothing"))?;
                self.count(size(&node), &range)?;
                return Ok(node);
            }
            _ => return Err(refused(self.source, range, "a value is missing here")),
        };
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    fn count(&mut self, values: usize, range: &Range<usize>) -> Result<(), Diagnostic> {
        self.values += values;
        if self.values > MOST_VALUES {
            return Err(refused(self.source, range.clone(), "the file holds more than 100 000 values"));
        }
        Ok(())
    }

    fn list(&mut self) -> Result<Node, Diagnostic> {
        let mut elements = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(Node::List(elements)),
                (event, range) => elements.push(self.node(event, range)?),
            }
        }
    }

    fn map(&mut self) -> Result<Node, Diagnostic> {
        let mut entries: Vec<Entry> = Vec::new();
        loop {
            let (key, place) = match self.next()? {
                (Event::MappingEnd, _) => return Ok(Node::Map(entries)),
                (Event::Scalar(key, ..), place) => (key.into_owned(), place),
                (_, place) => return Err(refused(self.source, place, "keys are single words here")),
            };
            let (event, range) = self.next()?;
            let value = self.node(event, range)?;
            match value {
                // `<<: *defaults`
                Node::Map(more) if key == "<<" => entries.extend(more),
                value => entries.push(Entry { key, place, value }),
            }
        }
    }
}

fn size(node: &Node) -> usize {
    1 + match node {
        Node::List(elements) => elements.iter().map(size).sum(),
        Node::Map(entries) => entries.iter().map(|entry| size(&entry.value)).sum(),
        Node::Null | Node::Scalar { .. } => 0,
    }
}

/// Reads TOML.
pub(super) fn from_toml(source: &Arc<Source>) -> Result<Node, Diagnostic> {
    let table = DeTable::parse(&source.text).map_err(|error| {
        let at = error.span().unwrap_or(0..0);
        refused(source, at, format!("not TOML: {}", error.message()))
    })?;
    Ok(toml_table(table.get_ref()))
}

fn toml_table(table: &DeTable<'_>) -> Node {
    let mut entries: Vec<Entry> = table
        .iter()
        .map(|(key, value)| Entry {
            key: key.get_ref().to_string(),
            place: key.span(),
            value: toml_value(value.get_ref()),
        })
        .collect();
    entries.sort_by_key(|entry| entry.place.start);
    Node::Map(entries)
}

fn toml_value(value: &DeValue<'_>) -> Node {
    let plain = |text: String| Node::Scalar { text, quoted: false };
    match value {
        DeValue::String(text) => Node::Scalar { text: text.to_string(), quoted: true },
        DeValue::Integer(number) => plain(number.to_string()),
        DeValue::Float(number) => plain(number.to_string()),
        DeValue::Boolean(truth) => plain(truth.to_string()),
        DeValue::Datetime(time) => Node::Scalar { text: time.to_string(), quoted: true },
        DeValue::Array(values) => Node::List(values.iter().map(|value| toml_value(value.get_ref())).collect()),
        DeValue::Table(table) => toml_table(table),
    }
}
