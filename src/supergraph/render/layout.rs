//! Text, lines and widths: pieces of SDL in, laid out text out.
//!
//! Descriptions are block strings where one can say the text exactly, else quoted strings.

use apollo_compiler::Node;
use apollo_compiler::ast::{Directive, InputValueDefinition, Value};

/// A member wider than this has its directives, or a field its arguments, on lines of their own.
pub(super) const WIDEST_LINE: usize = 120;

/// A description of one line is written on one line up to this width.
const WIDEST_DESCRIPTION: usize = 100;

/// The text so far.
#[derive(Default)]
pub(super) struct Writer {
    text: String,
}

impl Writer {
    pub(super) fn write(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// A line break and an indentation.
    pub(super) fn line(&mut self, indent: usize) {
        self.text.push('\n');
        self.indent(indent);
    }

    /// The blank line between two definitions.
    pub(super) fn gap(&mut self) {
        self.text.push('\n');
    }

    /// A description before what it describes, which stands at `indent`.
    pub(super) fn description(&mut self, description: Option<&Node<str>>, indent: usize) {
        let Some(description) = description else { return };
        self.indent(indent);
        if !fits_block_string(description) {
            self.write(&quoted(description));
        } else {
            let text = description.replace("\"\"\"", "\\\"\"\"");
            if fits_one_line(&text) {
                self.write("\"\"\"");
                self.write(&text);
            } else {
                self.write("\"\"\"");
                for line in text.split('\n') {
                    // An empty line stays empty; one of blanks keeps them behind the indentation.
                    self.line(if line.is_empty() { 0 } else { indent });
                    self.write(line);
                }
                self.line(indent);
            }
            self.write("\"\"\"");
        }
        self.text.push('\n');
    }

    /// The text before a member: its indentation.
    pub(super) fn indent(&mut self, indent: usize) {
        self.text.extend(std::iter::repeat_n(' ', indent));
    }

    pub(super) fn finish(self) -> String {
        self.text
    }
}

/// A string as GraphQL writes it on one line.
pub(super) fn quoted(text: &str) -> String {
    Value::String(text.to_owned()).serialize().no_indent().to_string()
}

/// A value on one line.
pub(super) fn value(value: &Value) -> String {
    value.serialize().no_indent().to_string()
}

/// A directive on one line.
pub(super) fn directive(directive: &Directive) -> String {
    directive.serialize().no_indent().to_string()
}

/// An argument or input field on one line, without its description.
pub(super) fn input_value(definition: &InputValueDefinition) -> String {
    let mut text = format!("{}: {}", definition.name, definition.ty);
    if let Some(default) = &definition.default_value {
        text.push_str(" = ");
        text.push_str(&value(default));
    }
    for applied in definition.directives.iter() {
        text.push(' ');
        text.push_str(&directive(applied));
    }
    text
}

fn fits_one_line(text: &str) -> bool {
    !text.contains('\n') && text.len() <= WIDEST_DESCRIPTION && !text.ends_with(['"', '\\'])
}

/// Whether a block string can say exactly this: the specification's `BlockStringValue` strips blank
/// lines at both ends and the common indentation, and knows no escapes for control characters.
fn fits_block_string(text: &str) -> bool {
    let is_blank = |line: &str| line.trim_matches([' ', '\t']).is_empty();
    let starts_indented = |line: &str| line.starts_with([' ', '\t']);
    let ends_are_blank = text.split('\n').next().is_none_or(is_blank) || text.rsplit('\n').next().is_none_or(is_blank);
    let is_indented = text.split('\n').filter(|line| !is_blank(line)).all(starts_indented);
    !ends_are_blank && !is_indented && !text.contains(|c: char| c.is_control() && c != '\n' && c != '\t')
}

#[cfg(test)]
mod tests {
    use super::*;
    use apollo_compiler::ast;
    use proptest::prelude::*;

    fn read_back(text: &str) -> String {
        let mut out = Writer::default();
        out.description(Some(&Node::new_str(text)), 2);
        let sdl = format!("{}  scalar A", out.finish());
        let document = ast::Document::parse(sdl.as_str(), "a.graphql").unwrap_or_else(|e| panic!("{sdl}: {e}"));
        document.definitions[0].as_scalar_type_definition().unwrap().description.clone().unwrap().to_string()
    }

    proptest! {
        #[test]
        fn descriptions_are_read_back_exactly(text in "[ \t\n\r\"\\\\a\u{7}é\u{1F600}]{0,12}") {
            prop_assert_eq!(read_back(&text), text);
        }
    }
}
