//! A YAML text as a tree of nodes with places.

use super::{Reports, Surroundings, code, expand};
use granit_parser::{Event, Options, Parser, ScalarStyle, Span};
use std::collections::HashMap;
use std::ops::Range;
use std::path::PathBuf;

/// Aliases repeat what they stand for; a configuration that is larger than this is a mistake or a bomb.
const MAX_NODES: usize = 100_000;

/// A value with its place.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) range: Range<usize>,
    pub(super) value: Value,
}

#[derive(Debug, Clone)]
pub(super) enum Value {
    Null,
    Scalar {
        text: String,
        /// Whether it may be a number or a truth value: not quoted, or filled in by an expansion.
        typed: bool,
    },
    List(Vec<Node>),
    Map(Vec<Entry>),
    /// Already reported.
    Broken,
}

#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) key_range: Range<usize>,
    pub(super) value: Node,
}

/// The tree, nothing for an empty text or one that is no YAML, and the files that expansions read.
pub(super) fn parse(reports: &Reports, surroundings: &Surroundings<'_>) -> (Option<Node>, Vec<PathBuf>) {
    let mut options = Options::default();
    options.emit_comments = false;
    options.emit_unresolved_aliases = true;
    let mut builder = Builder {
        events: Parser::new_from_str_with_options(&reports.source.text, options),
        anchors: HashMap::new(),
        nodes: 0,
        files: Vec::new(),
        reports,
        surroundings,
    };
    let root = builder.document();
    (root.ok().flatten(), builder.files)
}

/// Reported; nothing more can be read.
struct Stop;

struct Builder<'a, 'e> {
    events: Parser<'a, granit_parser::StrInput<'a>>,
    anchors: HashMap<usize, Node>,
    nodes: usize,
    files: Vec<PathBuf>,
    reports: &'a Reports,
    surroundings: &'a Surroundings<'e>,
}

impl<'a> Builder<'a, '_> {
    /// The first document; a second one is an error.
    fn document(&mut self) -> Result<Option<Node>, Stop> {
        let mut root = None;
        loop {
            let (event, range) = self.next()?;
            match event {
                Event::StreamEnd => return Ok(root),
                Event::StreamStart | Event::DocumentEnd => {}
                Event::DocumentStart(..) if root.is_none() => {}
                Event::DocumentStart(..) => {
                    return self.stop(range, "a second document begins; the file holds one");
                }
                event => root = Some(self.node(event, range)?),
            }
        }
    }

    fn next(&mut self) -> Result<(Event<'a>, Range<usize>), Stop> {
        match self.events.next_event() {
            Some(Ok((event, span))) => Ok((event, range(span))),
            Some(Err(error)) => {
                let at = error.marker().byte_offset().unwrap_or(0).min(self.reports.source.text.len());
                self.stop(at..at, format!("not YAML: {}", error.info()))
            }
            None => Ok((Event::StreamEnd, 0..0)),
        }
    }

    fn stop<T>(&self, range: Range<usize>, message: impl Into<String>) -> Result<T, Stop> {
        self.reports.add(self.reports.error(code::SYNTAX, range, message));
        Err(Stop)
    }

    /// The node that begins with `event`. Depth is bounded by the parser's limits on nesting.
    fn node(&mut self, event: Event<'a>, range: Range<usize>) -> Result<Node, Stop> {
        self.nodes += 1;
        let (anchor, value) = match event {
            Event::Scalar(text, style, anchor, tag) => {
                let text_tag = tag.is_some_and(|tag| tag.is_yaml_core_schema_tag("str"));
                (anchor, self.scalar(&text, style == ScalarStyle::Plain && !text_tag, &range))
            }
            Event::SequenceStart(_, anchor, _) => (anchor, self.list()?),
            Event::MappingStart(_, anchor, _) => (anchor, self.map()?),
            Event::Alias(anchor) => return self.alias(anchor, range),
            Event::UnresolvedAlias(name) => {
                let message = format!("nothing is called \"&{name}\" before this");
                self.reports.add(self.reports.error(code::SYNTAX, range.clone(), message));
                (0, Value::Broken)
            }
            _ => return self.stop(range, "a value is missing here"),
        };
        let node = Node { range, value };
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    fn alias(&mut self, anchor: usize, range: Range<usize>) -> Result<Node, Stop> {
        let Some(node) = self.anchors.get(&anchor).cloned() else {
            return self.stop(range, "the alias stands inside of what it stands for");
        };
        self.nodes += node.size();
        if self.nodes > MAX_NODES {
            return self.stop(range, "the aliases make more than 100 000 values");
        }
        Ok(node)
    }

    fn scalar(&mut self, text: &str, plain: bool, range: &Range<usize>) -> Value {
        let expands = text.contains("${");
        let text = if expands {
            match expand::expand(text, range, self.reports, self.surroundings, &mut self.files) {
                Some(text) => text,
                None => return Value::Broken,
            }
        } else {
            text.to_owned()
        };
        if plain && !expands && matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL") {
            return Value::Null;
        }
        Value::Scalar { text, typed: plain || expands }
    }

    fn list(&mut self) -> Result<Value, Stop> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(Value::List(items)),
                (event, range) => items.push(self.node(event, range)?),
            }
        }
    }

    fn map(&mut self) -> Result<Value, Stop> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut places: HashMap<String, Range<usize>> = HashMap::new();
        let mut merged = Vec::new();
        loop {
            let (key, key_range) = match self.next()? {
                (Event::MappingEnd, _) => break,
                (Event::Scalar(key, ..), range) => (key.into_owned(), range),
                (_, range) => return self.stop(range, "keys are single words here"),
            };
            let (event, range) = self.next()?;
            let value = self.node(event, range)?;
            if key == "<<" {
                merged.push(value);
            } else if let Some(first) = places.get(&key) {
                let message = format!("the key \"{key}\" is there twice");
                let first = self.reports.span(first.clone());
                self.reports.add(self.reports.error(code::SYNTAX, key_range, message).at(first, "first here"));
            } else {
                places.insert(key.clone(), key_range.clone());
                entries.push(Entry { key, key_range, value });
            }
        }
        for node in merged {
            self.merge(node, &mut entries);
        }
        Ok(Value::Map(entries))
    }

    /// `<<: *defaults`: keys that are not there yet.
    fn merge(&self, node: Node, entries: &mut Vec<Entry>) {
        match node.value {
            Value::Map(more) => {
                for entry in more {
                    if entries.iter().all(|known| known.key != entry.key) {
                        entries.push(entry);
                    }
                }
            }
            Value::List(nodes) => nodes.into_iter().for_each(|node| self.merge(node, entries)),
            Value::Broken | Value::Null => {}
            Value::Scalar { .. } => {
                self.reports.add(self.reports.error(code::SYNTAX, node.range, "\"<<\" takes a mapping"));
            }
        }
    }
}

impl Node {
    /// How many nodes it is.
    fn size(&self) -> usize {
        1 + match &self.value {
            Value::List(items) => items.iter().map(Self::size).sum(),
            Value::Map(entries) => entries.iter().map(|entry| entry.value.size()).sum(),
            _ => 0,
        }
    }
}

fn range(span: Span) -> Range<usize> {
    span.byte_range().unwrap_or(0..0)
}
