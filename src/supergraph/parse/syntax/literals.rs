//! Literals: the text between quotes -> the text that it means.
//!
//! Escapes are rare and full of corners, so each literal that has one is given to the compiler's parser.

use apollo_compiler::ast::{Definition, Document};

/// The value of a string.
pub(super) fn text(written: &str) -> Option<String> {
    if written.contains('\\') { escaped(&format!("\"{written}\"")) } else { Some(written.to_owned()) }
}

/// The value of a block string: without the indentation that its lines share, and without blank lines
/// around it (section 2.9.4 of the specification, "BlockStringValue").
pub(super) fn block(written: &str) -> Option<String> {
    if written.contains("\\\"\"\"") {
        return escaped(&format!("\"\"\"{written}\"\"\""));
    }
    let lines: Vec<&str> = lines(written).collect();
    let indentations = lines.iter().skip(1).filter(|line| !is_blank(line)).map(|line| indentation(line));
    let shared = indentations.min().unwrap_or(0);
    let Some(first) = lines.iter().position(|line| !is_blank(line)) else { return Some(String::new()) };
    let last = lines.iter().rposition(|line| !is_blank(line)).unwrap_or(first);
    let mut value = String::with_capacity(written.len());
    for (index, line) in lines.iter().enumerate().take(last + 1).skip(first) {
        if index > first {
            value.push('\n');
        }
        value.push_str(if index == 0 { line } else { line.get(shared..).unwrap_or_default() });
    }
    Some(value)
}

/// What the compiler makes of one literal.
fn escaped(literal: &str) -> Option<String> {
    let document = Document::parse(format!("{literal} scalar Carrier"), "literal").ok()?;
    match document.definitions.as_slice() {
        [Definition::ScalarTypeDefinition(carrier)] => carrier.description.as_deref().map(str::to_owned),
        _ => None,
    }
}

/// Lines end with `\n`, `\r\n` or `\r`.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest.take()?;
        let Some(end) = memchr::memchr2(b'\n', b'\r', text.as_bytes()) else { return Some(text) };
        let length = if text[end..].starts_with("\r\n") { 2 } else { 1 };
        rest = Some(&text[end + length..]);
        Some(&text[..end])
    })
}

fn indentation(line: &str) -> usize {
    line.len() - line.trim_start_matches([' ', '\t']).len()
}

fn is_blank(line: &str) -> bool {
    indentation(line) == line.len()
}
