//! Diagnostics as text, with the line and a caret, and as JSON.
//!
//! ```text
//! error[INVALID_FIELD_SHARING]: Non-shareable field "Product.name" is resolved from two subgraphs
//!   --> products.graphql:12:3 (products)
//!    |
//! 12 |   name: String!
//!    |   ^^^^ defined here
//!   --> reviews.graphql:7:3 (reviews)
//!    |
//!  7 |   name: String!
//!    |   ^^^^ and here
//!   = help: mark the field @shareable in every subgraph that resolves it
//! ```

use super::{Diagnostic, Label, Severity};
use serde_json::{Value, json};
use std::fmt::Write;

/// Whether to colour: yes on a terminal, no in a pipe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// No escape sequences.
    Plain,
    /// ANSI colours.
    Colour,
}

/// All diagnostics as text, a blank line between two.
pub fn render_all(diagnostics: &[Diagnostic], style: Style) -> String {
    diagnostics.iter().map(|diagnostic| diagnostic.render(style)).collect::<Vec<_>>().join("\n")
}

impl Diagnostic {
    /// The text form; ends with a line break.
    pub fn render(&self, style: Style) -> String {
        let mut out = String::new();
        let paint = Paint { style };
        let _ = writeln!(
            out,
            "{}: {}",
            paint.severity(self.severity, &format!("{}[{}]", name(self.severity), self.code)),
            paint.bold(&self.message)
        );
        let gutter = self.labels.iter().map(|label| label.span.start().line).max().unwrap_or(0).to_string().len();
        for label in &self.labels {
            write_label(&mut out, label, gutter, paint, self.severity);
        }
        if let Some(help) = &self.help {
            let _ = writeln!(out, "{:gutter$} {} {help}", "", paint.dim("= help:"));
        }
        out
    }

    /// The JSON form: `{severity, code, message, locations: [{file, subgraph, line, column, message}], help}`.
    pub fn to_json(&self) -> Value {
        let locations: Vec<Value> = self
            .labels
            .iter()
            .map(|label| {
                let position = label.span.start();
                json!({
                    "file": label.span.source.name,
                    "subgraph": label.span.source.subgraph,
                    "line": position.line,
                    "column": position.column,
                    "message": label.message,
                })
            })
            .collect();
        json!({
            "severity": self.severity,
            "code": self.code,
            "message": self.message,
            "locations": locations,
            "help": self.help,
        })
    }
}

/// Lines longer than this are cut around the caret, so that minified SDL does not flood a terminal.
const WIDEST_LINE: usize = 160;

fn write_label(out: &mut String, label: &Label, gutter: usize, paint: Paint, severity: Severity) {
    let source = &label.span.source;
    let position = label.span.start();
    let owner = match &source.subgraph {
        Some(subgraph) if *subgraph != source.name => format!(" ({subgraph})"),
        _ => String::new(),
    };
    let _ = writeln!(out, "{:gutter$} {} {}{owner}", "", paint.dim("-->"), label.span);
    let line = source.line(position.line);
    let length = source
        .text
        .get(label.span.range.clone())
        .map_or(1, |text| text.lines().next().map_or(1, |first| first.chars().count().max(1)));
    let (shown, column) = window(line, position.column);
    let carets = "^".repeat(length.min(shown.chars().count().saturating_sub(column - 1)).max(1));
    let bar = paint.dim("|");
    let _ = writeln!(out, "{:gutter$} {bar}", "");
    let _ = writeln!(out, "{:>gutter$} {bar} {shown}", position.line);
    let pointer = format!("{:indent$}{carets} {}", "", label.message, indent = column - 1);
    let _ = writeln!(out, "{:gutter$} {bar} {}", "", paint.severity(severity, pointer.trim_end()));
}

/// The part of `line` to show, tabs as spaces, and the column of the caret in it.
fn window(line: &str, column: usize) -> (String, usize) {
    let characters: Vec<char> = line.chars().map(|c| if c == '\t' { ' ' } else { c }).collect();
    if characters.len() <= WIDEST_LINE {
        return (characters.into_iter().collect(), column);
    }
    let start = (column - 1).saturating_sub(WIDEST_LINE / 2).min(characters.len() - WIDEST_LINE);
    (characters[start..start + WIDEST_LINE].iter().collect(), column - start)
}

fn name(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Hint => "hint",
    }
}

#[derive(Clone, Copy)]
struct Paint {
    style: Style,
}

impl Paint {
    fn severity(self, severity: Severity, text: &str) -> String {
        let code = match severity {
            Severity::Error => "1;31",
            Severity::Warning => "1;33",
            Severity::Hint => "1;36",
        };
        self.wrap(code, text)
    }

    fn bold(self, text: &str) -> String {
        self.wrap("1", text)
    }

    fn dim(self, text: &str) -> String {
        self.wrap("2", text)
    }

    fn wrap(self, code: &str, text: &str) -> String {
        match self.style {
            Style::Plain => text.to_owned(),
            Style::Colour => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Source, Span};

    #[test]
    fn points_at_the_line() {
        let source = Source::of_subgraph("products", "products.graphql", "type A {\n  name: String!\n}\n");
        let text = Diagnostic::error("SOME_CODE", "A.name is odd")
            .at(Span { source, range: 11..15 }, "defined here")
            .help("rename it")
            .render(Style::Plain);
        assert_eq!(
            text,
            "error[SOME_CODE]: A.name is odd\n  --> products.graphql:2:3 (products)\n  |\n2 |   name: String!\n  |   ^^^^ defined here\n  = help: rename it\n"
        );
    }

    #[test]
    fn cuts_long_lines_around_the_caret() {
        let source = Source::new("one.graphql", "x".repeat(10_000));
        let text = Diagnostic::hint("H", "m").at(Span { source, range: 5_000..5_003 }, "").render(Style::Plain);
        assert!(text.lines().all(|line| line.chars().count() < WIDEST_LINE + 10), "{text}");
        assert!(text.contains("^^^"));
    }
}
