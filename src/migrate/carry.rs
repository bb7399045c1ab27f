//! The walk over a configuration by the rules of its gateway.

use super::output::{DOT, Output};
use super::tree::Node;
use crate::diagnostic::{Diagnostic, Source, Span};
use std::ops::Range;
use std::sync::Arc;

/// What becomes of a key and all below it.
pub(super) struct Rule {
    /// The way to it; `*` is any key.
    pub(super) from: &'static str,
    /// What becomes of it.
    pub(super) to: To,
}

/// See [`Rule`].
pub(super) enum To {
    /// It stays where it is.
    Same,
    /// It goes there; `*` stands for the key that was any.
    Path(&'static str),
    /// It goes there in another form, or nowhere for a reason.
    Form(&'static str, fn(&Node) -> Result<Node, String>),
    /// Several values come of these of its keys, in lists too, each with its path; or nothing for a reason.
    Several(&'static [&'static str], fn(&Node) -> Result<Made, String>),
    /// It goes nowhere: why, and what to do instead.
    Nowhere(&'static str),
    /// Weft does so anyway, so there is nothing to say.
    Anyway,
}

/// A list of rules.
macro_rules! rules {
    ($($from:literal => $to:expr,)*) => { &[$(Rule { from: $from, to: $to }),*] };
}
pub(super) use rules;

/// Values, each with its path.
pub(super) type Made = Vec<(&'static str, Node)>;

/// How a file writes what is filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expansion {
    /// `${env.NAME}`, as Weft does.
    Same,
    /// `${NAME}`.
    Shell,
    /// `{{ env.NAME }}`.
    Braces,
}

/// What was carried, and what was not.
pub(super) struct Carried {
    pub(super) output: Output,
    pub(super) left: Vec<Left>,
}

/// Something that was not carried.
#[derive(Debug)]
pub(super) struct Left {
    /// The key, with the way to it where that is known.
    pub(super) key: String,
    /// Where the key stands.
    pub(super) place: Range<usize>,
    /// Why, and what to do instead.
    pub(super) why: String,
}

impl Left {
    pub(super) fn diagnostic(&self, source: &Arc<Source>) -> Diagnostic {
        let span = Span { source: Arc::clone(source), range: self.place.clone() };
        Diagnostic::warning(super::NOT_CARRIED, format!("\"{}\" was not carried", self.key))
            .at(span, "")
            .help(&self.why)
    }
}

const UNKNOWN: &str = "Weft has nothing of the kind";

/// Carries what there are rules for.
pub(super) fn carry(tree: &Node, rules: &[Rule], expansion: Expansion) -> Carried {
    let carried = Carried { output: Output::default(), left: Vec::new() };
    let mut walk = Walk { rules, expansion, carried };
    walk.descend(tree, &mut Vec::new());
    walk.carried
}

struct Walk<'r> {
    rules: &'r [Rule],
    expansion: Expansion,
    carried: Carried,
}

impl Walk<'_> {
    fn descend(&mut self, node: &Node, path: &mut Vec<String>) {
        for entry in node.entries() {
            path.push(entry.key.clone());
            self.entry(&entry.value, &entry.place, path);
            path.pop();
        }
    }

    fn entry(&mut self, node: &Node, place: &Range<usize>, path: &mut Vec<String>) {
        let rule = self.rules.iter().find(|rule| fits(rule.from, path));
        let more = !node.entries().is_empty()
            && self.rules.iter().any(|rule| leads(path, rule.from) && !fits(rule.from, path));
        match rule {
            // What is said of a table as a whole goes for what nothing is said of in it.
            Some(Rule { to: To::Nowhere(_), .. }) | None if more => self.descend(node, path),
            Some(rule) => self.apply(rule, node, place, path),
            None => self.leave(place, path, self.why_not(path)),
        }
    }

    /// Why nothing below the nearest key that there is a rule for is carried.
    fn why_not(&self, path: &[String]) -> &'static str {
        let around = (1..path.len()).rev().find_map(|length| {
            let rule = self.rules.iter().find(|rule| fits(rule.from, &path[..length]))?;
            if let To::Nowhere(why) = rule.to { Some(why) } else { None }
        });
        around.unwrap_or(UNKNOWN)
    }

    fn apply(&mut self, rule: &Rule, node: &Node, place: &Range<usize>, path: &[String]) {
        let any = rule.from.split('.').zip(path).find(|(pattern, _)| *pattern == "*").map(|(_, key)| key);
        let target = |pattern: &str| match any {
            Some(key) => pattern.replacen('*', &key.replace('.', &DOT.to_string()), 1),
            None => pattern.to_owned(),
        };
        let node = &expanded(node.clone(), self.expansion);
        let made = match &rule.to {
            To::Same => Ok(vec![(target(rule.from), node.clone())]),
            To::Path(to) => Ok(vec![(target(to), node.clone())]),
            To::Form(to, form) => form(node).map(|node| vec![(target(to), node)]),
            To::Several(_, form) => {
                form(node).map(|made| made.into_iter().map(|(to, node)| (target(to), node)).collect())
            }
            To::Nowhere(why) => Err((*why).to_owned()),
            To::Anyway => Ok(Vec::new()),
        };
        match made {
            Err(why) => self.leave(place, path, &why),
            Ok(made) => {
                if let To::Several(keys, _) = rule.to {
                    self.unread(node, keys, "", path);
                }
                for (to, node) in made {
                    if !self.carried.output.put(&to, place, node) {
                        self.leave(place, path, &format!("another key says what \"{to}\" is"));
                    }
                }
            }
        }
    }

    /// Tells the keys below that were not looked at.
    fn unread(&mut self, node: &Node, keys: &[&str], within: &str, path: &[String]) {
        let tables: &[Node] = if let Node::List(elements) = node { elements } else { std::slice::from_ref(node) };
        for entry in tables.iter().flat_map(Node::entries) {
            let key = format!("{within}{}", entry.key);
            let path = [path, std::slice::from_ref(&entry.key)].concat();
            if keys.contains(&&*key) {
                continue;
            }
            let inside = format!("{key}.");
            match keys.iter().any(|known| known.starts_with(&inside)) {
                true => self.unread(&entry.value, keys, &inside, &path),
                false => self.leave(&entry.place, &path, UNKNOWN),
            }
        }
    }

    fn leave(&mut self, place: &Range<usize>, path: &[String], why: &str) {
        self.carried.left.push(Left { key: path.join("."), place: place.clone(), why: why.to_owned() });
    }
}

/// Whether a pattern is a path.
fn fits(pattern: &str, path: &[String]) -> bool {
    pattern.split('.').count() == path.len() && leads(path, pattern)
}

/// Whether a path is the beginning of a pattern.
fn leads(path: &[String], pattern: &str) -> bool {
    let mut pattern = pattern.split('.');
    path.iter().all(|key| pattern.next().is_some_and(|wanted| wanted == "*" || wanted == key))
}

/// A value in which all that is filled in is written as Weft writes it.
fn expanded(node: Node, expansion: Expansion) -> Node {
    match node {
        Node::Scalar { text, quoted } => Node::Scalar { text: expansion.apply(&text), quoted },
        Node::List(elements) => Node::List(elements.into_iter().map(|node| expanded(node, expansion)).collect()),
        Node::Map(mut entries) => {
            for entry in &mut entries {
                entry.value = expanded(std::mem::replace(&mut entry.value, Node::Null), expansion);
            }
            Node::Map(entries)
        }
        Node::Null => Node::Null,
    }
}

impl Expansion {
    fn apply(self, text: &str) -> String {
        let (open, close) = match self {
            Self::Same => return text.to_owned(),
            Self::Shell => ("${", "}"),
            Self::Braces => ("{{", "}}"),
        };
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, inside, after)) = rest
            .split_once(open)
            .and_then(|(before, more)| more.split_once(close).map(|(inside, after)| (before, inside, after)))
        {
            let name = inside.trim();
            let name = name.strip_prefix("env.").unwrap_or(name);
            // Cosmo's `${NAME:default}` is Weft's `${env.NAME:-default}`.
            let name = match name.split_once(':') {
                Some((name, default)) if !default.starts_with('-') => format!("{name}:-{default}"),
                _ => name.to_owned(),
            };
            out += before;
            out += &format!("${{env.{name}}}");
            rest = after;
        }
        out + rest
    }
}

/// A scalar that is no text.
pub(super) fn plain(text: impl ToString) -> Node {
    Node::Scalar { text: text.to_string(), quoted: false }
}

/// A text.
pub(super) fn text(text: impl ToString) -> Node {
    Node::Scalar { text: text.to_string(), quoted: true }
}

/// A table of these.
pub(super) fn table(entries: impl IntoIterator<Item = (&'static str, Node)>) -> Node {
    let entry = |(key, value): (&str, Node)| super::tree::Entry { key: key.to_owned(), place: 0..0, value };
    Node::Map(entries.into_iter().map(entry).collect())
}

/// The text of a file, for the name of one.
pub(super) fn file(node: &Node) -> Result<Node, String> {
    let path = node.text().ok_or("it names no file")?;
    Ok(text(format!("${{file.{path}}}")))
}

/// `true` for `false`.
pub(super) fn negated(node: &Node) -> Result<Node, String> {
    match node.text() {
        Some("true") => Ok(plain(false)),
        Some("false") => Ok(plain(true)),
        _ => Err("it is neither true nor false".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expansions_are_written_as_weft_writes_them() {
        assert_eq!(Expansion::Shell.apply("http://${HOST}:${PORT:4000}/"), "http://${env.HOST}:${env.PORT:-4000}/");
        assert_eq!(Expansion::Braces.apply("Bearer {{ env.TOKEN }}"), "Bearer ${env.TOKEN}");
        assert_eq!(Expansion::Same.apply("${env.A:-b}"), "${env.A:-b}");
        assert_eq!(Expansion::Shell.apply("${unclosed"), "${unclosed");
    }

    #[test]
    fn patterns_take_one_key_for_a_star() {
        let path = ["headers", "subgraphs", "a.b"].map(str::to_owned);
        assert!(fits("headers.subgraphs.*", &path) && leads(&path, "headers.subgraphs.*.request"));
        assert!(!fits("headers.subgraphs", &path) && !fits("headers.all.*", &path));
    }
}
