//! What a check found, as Markdown for a comment on a pull request.

use super::checked::{asked, contract_name, count, name, of, summary};
use crate::registry::{ChangedPart, Checked, Finding, Verdict};
use std::fmt::Write;

/// Rows of one table: a comment has a limit of its own.
const MOST_ROWS: usize = 100;

/// The report: a headline, errors, a table per criticality, the same for contracts, habits folded away.
pub(super) fn report(checked: &Checked) -> String {
    let verdict = match checked.verdict {
        Verdict::Passed => "✅ Schema check passed",
        Verdict::Failed => "❌ Schema check failed",
    };
    let mut text = format!("### {verdict}\n\n{}.\n", escaped(&summary(checked)));
    if !checked.errors.is_empty() {
        let _ = write!(text, "\n#### Errors\n\n{}", findings(&checked.errors));
    }
    text += &tables(&checked.changes, "");
    for contract in &checked.contracts {
        let name = escaped(&contract_name(contract));
        if !contract.errors.is_empty() {
            let _ = write!(text, "\n#### Nothing would be left of {name}\n\n{}", findings(&contract.errors));
        }
        text += &tables(&contract.changes, &format!(" in {name}"));
    }
    let safe: Vec<&ChangedPart> = of(&checked.changes, "safe").collect();
    if !safe.is_empty() {
        text += &folded(&count(safe.len(), "safe change"), &table(&safe));
    }
    let notes: Vec<Finding> = checked.hints.iter().chain(&checked.lint).cloned().collect();
    if !notes.is_empty() {
        text += &folded(&count(notes.len(), "note"), &findings(&notes));
    }
    text
}

/// What clients would notice, a table per criticality.
fn tables(changes: &[ChangedPart], place: &str) -> String {
    let mut text = String::new();
    for (criticality, title) in [("breaking", "Breaking changes"), ("dangerous", "Dangerous changes")] {
        let changes: Vec<&ChangedPart> = of(changes, criticality).collect();
        if !changes.is_empty() {
            let _ = write!(text, "\n#### {title}{place}\n\n{}", table(&changes));
        }
    }
    text
}

fn table(changes: &[&ChangedPart]) -> String {
    let mut text = "| rule | change | clients |\n|---|---|---|\n".to_owned();
    for change in changes.iter().take(MOST_ROWS) {
        let mut clients: Vec<String> =
            change.clients.iter().map(|client| escaped(&format!("{} {}", name(client), asked(client)))).collect();
        if change.client_count > clients.len() {
            clients.push(format!("and {} more", change.client_count - clients.len()));
        }
        let _ = writeln!(text, "| `{}` | {} | {} |", change.rule, escaped(&change.message), clients.join("<br>"));
    }
    if changes.len() > MOST_ROWS {
        let _ = writeln!(text, "\nand {} more", changes.len() - MOST_ROWS);
    }
    text
}

fn findings(findings: &[Finding]) -> String {
    let mut text = String::new();
    for finding in findings.iter().take(MOST_ROWS) {
        let place = finding
            .locations
            .first()
            .map(|place| format!(" ({} line {})", place.subgraph.as_deref().unwrap_or("schema"), place.line));
        let _ = writeln!(text, "- `{}` {}{}", finding.code, escaped(&finding.message), place.unwrap_or_default());
        if let Some(help) = &finding.help {
            let _ = writeln!(text, "  - {}", escaped(help));
        }
    }
    text
}

fn folded(title: &str, inside: &str) -> String {
    format!("\n<details><summary>{title}</summary>\n\n{inside}\n</details>\n")
}

/// A text that stays text: whoever names a client or writes a schema does not write the comment.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '&' => escaped += "&amp;",
            '\n' | '\r' => escaped.push(' '),
            '|' | '`' | '*' | '_' | '[' | ']' | '#' | '\\' | '~' => {
                escaped.push('\\');
                escaped.push(char);
            }
            '@' => escaped += "&#64;",
            _ => escaped.push(char),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_else_writes_the_comment() {
        assert_eq!(escaped("<b>|@all `x`\n"), "&lt;b&gt;\\|&#64;all \\`x\\` ");
    }
}
