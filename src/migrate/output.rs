//! The `weft.yaml` while it is put together: a tree in which each key remembers which key of the other file it was.

use super::tree::Node;
use std::fmt::Write;
use std::ops::Range;

/// The tree.
#[derive(Debug, Default)]
pub(super) struct Output {
    root: Vec<Item>,
}

/// A key of `weft.yaml`.
#[derive(Debug)]
struct Item {
    key: String,
    /// Where the key stands that it was made of.
    place: Range<usize>,
    value: Value,
}

#[derive(Debug)]
enum Value {
    /// Keys inside.
    Section(Vec<Item>),
    /// Anything else, with all there is in it.
    Whole(Node),
}

/// A line of the YAML, by the keys that lead to it; an element of a list is `#` and its position, with all in it.
pub(super) type Line = Vec<String>;

impl Output {
    /// Puts a value at a path. Tables are laid into those that are there; of two others the first stays, and
    /// the second is not put: `false`.
    pub(super) fn put(&mut self, path: &str, place: &Range<usize>, value: Node) -> bool {
        put(&mut self.root, &mut path.split('.').map(str::to_owned), place, value)
    }

    /// Takes out what is at a path; where that was made from.
    pub(super) fn take(&mut self, path: &[String]) -> Option<Range<usize>> {
        take(&mut self.root, path)
    }

    /// How many values there are.
    pub(super) fn values(&self) -> usize {
        fn count(items: &[Item]) -> usize {
            let of = |item: &Item| if let Value::Section(inner) = &item.value { count(inner) } else { 1 };
            items.iter().map(of).sum()
        }
        count(&self.root)
    }

    /// The YAML behind a heading.
    pub(super) fn yaml(&self, heading: &str) -> String {
        let mut text = heading.to_owned();
        for (line, _) in self.lines() {
            text += &line;
            text.push('\n');
        }
        text
    }

    /// The YAML line by line.
    pub(super) fn lines(&self) -> Vec<(String, Line)> {
        let mut lines = Vec::new();
        write_section(&self.root, 0, &mut Vec::new(), &mut lines);
        lines
    }
}

fn put(items: &mut Vec<Item>, path: &mut dyn Iterator<Item = String>, place: &Range<usize>, value: Node) -> bool {
    let Some(key) = path.next() else {
        let Node::Map(entries) = value else { return false };
        let mut all = true;
        for entry in entries {
            all &= put(items, &mut std::iter::once(entry.key), &entry.place, entry.value);
        }
        return all;
    };
    // Subgraphs may have dots in their names.
    let key = key.replace(DOT, ".");
    let at = items.iter().position(|item| item.key == key).unwrap_or_else(|| {
        items.push(Item { key, place: place.clone(), value: Value::Section(Vec::new()) });
        items.len() - 1
    });
    let mut rest = path.peekable();
    let is_end = rest.peek().is_none();
    match &mut items[at].value {
        Value::Section(inner) if !is_end || matches!(value, Node::Map(_)) => put(inner, &mut rest, place, value),
        Value::Section(inner) if inner.is_empty() => {
            items[at].value = Value::Whole(value);
            true
        }
        Value::Section(_) | Value::Whole(_) => false,
    }
}

/// What stands for a dot inside of a key of a path.
pub(super) const DOT: char = '\u{1}';

fn take(items: &mut Vec<Item>, path: &[String]) -> Option<Range<usize>> {
    let (first, rest) = path.split_first()?;
    let at = items.iter().position(|item| item.key == *first)?;
    match (&mut items[at].value, rest) {
        (Value::Section(inner), [_, ..]) => {
            let place = take(inner, rest);
            if inner.is_empty() {
                items.remove(at);
            }
            place
        }
        (Value::Whole(Node::List(elements)), [element]) if elements.len() > 1 => {
            let number: usize = element.strip_prefix('#')?.parse().ok()?;
            (number < elements.len()).then(|| elements.remove(number))?;
            Some(items[at].place.clone())
        }
        _ => Some(items.remove(at).place),
    }
}

fn write_section(items: &[Item], depth: usize, path: &mut Line, lines: &mut Vec<(String, Line)>) {
    for item in items {
        path.push(item.key.clone());
        let head = format!("{}{}:", "  ".repeat(depth), word(&item.key, false));
        match &item.value {
            Value::Section(inner) if inner.is_empty() => lines.push((head + " {}", path.clone())),
            Value::Section(inner) => {
                lines.push((head, path.clone()));
                write_section(inner, depth + 1, path, lines);
            }
            Value::Whole(node) => write_node(node, head, depth + 1, path, lines),
        }
        path.pop();
    }
}

/// Writes a value behind what its first line begins with.
fn write_node(node: &Node, head: String, depth: usize, path: &Line, lines: &mut Vec<(String, Line)>) {
    let is_inside = path.last().is_some_and(|last| last.starts_with('#'));
    let indent = "  ".repeat(depth);
    match node {
        Node::Null => lines.push((head + " null", path.clone())),
        Node::Scalar { text, quoted } => lines.push((format!("{head} {}", word(text, *quoted)), path.clone())),
        Node::List(elements) if elements.is_empty() => lines.push((head + " []", path.clone())),
        Node::List(elements) => {
            lines.push((head, path.clone()));
            for (number, element) in elements.iter().enumerate() {
                let own = if is_inside { path.clone() } else { [&path[..], &[format!("#{number}")]].concat() };
                match element {
                    Node::Map(entries) if !entries.is_empty() => {
                        // The first key stands beside the dash.
                        let start = lines.len();
                        for entry in entries {
                            let head = format!("{indent}  {}:", word(&entry.key, false));
                            write_node(&entry.value, head, depth + 2, &own, lines);
                        }
                        lines[start].0.replace_range(indent.len()..=indent.len(), "-");
                    }
                    element => write_node(element, format!("{indent}-"), depth + 1, &own, lines),
                }
            }
        }
        Node::Map(entries) if entries.is_empty() => lines.push((head + " {}", path.clone())),
        Node::Map(entries) => {
            lines.push((head, path.clone()));
            for entry in entries {
                write_node(&entry.value, format!("{indent}{}:", word(&entry.key, false)), depth + 1, path, lines);
            }
        }
    }
}

/// A scalar in YAML: plain where that means the same, else as JSON, which is YAML too.
fn word(text: &str, quoted: bool) -> String {
    let plain_byte = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./".contains(&byte);
    let starts_well = text.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'/');
    let colon =
        |(at, byte): (usize, u8)| byte == b':' && text.as_bytes().get(at + 1).is_some_and(|&next| plain_byte(next));
    let plain = starts_well && text.bytes().enumerate().all(|(at, byte)| plain_byte(byte) || colon((at, byte)));
    let other_meaning = quoted && (text.parse::<f64>().is_ok() || is_word_of_yaml(text));
    if plain && !other_meaning {
        return text.to_owned();
    }
    let mut out = String::new();
    let _ = write!(out, "{}", serde_json::Value::from(text));
    out
}

fn is_word_of_yaml(text: &str) -> bool {
    matches!(text.to_ascii_lowercase().as_str(), "true" | "false" | "yes" | "no" | "on" | "off" | "null" | "y" | "n")
}
