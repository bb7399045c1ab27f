//! What a check found, as text for people.

use super::findings::Locals;
use super::markdown;
use crate::diagnostic::{Style, render_all};
use crate::registry::{ChangedPart, CheckCounts, Checked, ClientUse, Verdict};
use std::fmt::Write;

/// Safe changes that are named; the others are counted.
const MOST_SAFE: usize = 20;

/// The report of a check: the verdict, errors with their lines, changes by how bad they are, habits.
pub(in crate::cli) fn text(checked: &Checked, locals: &Locals, style: Style) -> String {
    let paint = Paint(style);
    let mut text = String::new();
    let colour = if checked.verdict == Verdict::Passed { "1;32" } else { "1;31" };
    let verdict = paint.wrap(colour, verdict(checked.verdict));
    let _ = writeln!(text, "{verdict}: {}", summary(checked));
    if !checked.errors.is_empty() {
        let _ = write!(text, "\n{}", render_all(&locals.diagnostics(&checked.errors), style));
    }
    for contract in &checked.contracts {
        let _ = writeln!(
            text,
            "\n{}: nothing would be left of the contract {}",
            paint.wrap("1;31", "broken"),
            contract.graph
        );
        let _ = write!(text, "{}", render_all(&locals.diagnostics(&contract.errors), style));
    }
    for (criticality, colour) in [("breaking", "1;31"), ("dangerous", "1;33"), ("safe", "1;32")] {
        let changes: Vec<&ChangedPart> = of(checked, criticality).collect();
        if changes.is_empty() {
            continue;
        }
        let _ = writeln!(text, "\n{} ({})", paint.wrap(colour, criticality), changes.len());
        let shown = if criticality == "safe" { MOST_SAFE } else { changes.len() };
        for change in changes.iter().take(shown) {
            let _ = writeln!(text, "  {:<28} {}", change.rule, change.message);
            for client in &change.clients {
                let _ = writeln!(text, "    {} {}", paint.wrap("1", &name(client)), asked(client));
            }
            if change.client_count > change.clients.len() {
                let _ = writeln!(text, "    and {} more clients", change.client_count - change.clients.len());
            }
        }
        if changes.len() > shown {
            let _ = writeln!(text, "  and {} more", changes.len() - shown);
        }
    }
    for findings in [&checked.hints, &checked.lint] {
        if !findings.is_empty() {
            let _ = write!(text, "\n{}", render_all(&locals.diagnostics(findings), style));
        }
    }
    text
}

/// The same for a comment on a pull request.
pub(in crate::cli) fn markdown(checked: &Checked) -> String {
    markdown::report(checked)
}

/// A verdict in a word.
pub(in crate::cli) fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Passed => "passed",
        Verdict::Failed => "failed",
    }
}

/// What a check found, in figures.
pub(in crate::cli) fn counted(counts: &CheckCounts) -> String {
    let CheckCounts { errors, breaking, dangerous, safe } = *counts;
    if errors > 0 {
        return count(errors, "error");
    }
    let kinds = [(breaking, "breaking"), (dangerous, "dangerous"), (safe, "safe")];
    let found: Vec<String> =
        kinds.iter().filter(|(count, _)| *count > 0).map(|(count, kind)| format!("{count} {kind}")).collect();
    if found.is_empty() { "no difference".to_owned() } else { found.join(", ") }
}

/// One sentence.
pub(super) fn summary(checked: &Checked) -> String {
    let against = match checked.version {
        Some(version) => format!("{} against version {version}", checked.graph),
        None => format!("{}, where nothing is published yet", checked.graph),
    };
    if !checked.errors.is_empty() {
        return format!("{against} does not compose: {}", count(checked.errors.len(), "error"));
    }
    let counted = |criticality: &str| of(checked, criticality).count();
    let (breaking, dangerous, safe) = (counted("breaking"), counted("dangerous"), counted("safe"));
    if breaking + dangerous + safe == 0 {
        return format!("{against} composes, and clients see no difference");
    }
    let changes = format!("{breaking} breaking, {dangerous} dangerous and {safe} safe changes");
    let usage = if breaking == 0 {
        ""
    } else if !checked.has_usage {
        "; no usage is recorded, so whom they would hurt is not known"
    } else if of(checked, "breaking").all(|change| change.client_count == 0) {
        "; nobody asked for what they break in the last 30 days"
    } else {
        ""
    };
    format!("{against}: {changes}{usage}")
}

/// The changes that are so bad.
pub(super) fn of<'a>(checked: &'a Checked, criticality: &str) -> impl Iterator<Item = &'a ChangedPart> {
    checked.changes.iter().filter(move |change| change.criticality == criticality)
}

/// A client, as people call it.
pub(super) fn name(client: &ClientUse) -> String {
    match (client.name.as_str(), client.version.as_str()) {
        ("", "") => "a client without a name".to_owned(),
        ("", version) => format!("a client without a name, {version}"),
        (name, "") => name.to_owned(),
        (name, version) => format!("{name} {version}"),
    }
}

/// What it asked.
pub(super) fn asked(client: &ClientUse) -> String {
    let name = |name: &str, hash: &str| if name.is_empty() { super::table::short(hash) } else { name.to_owned() };
    let operations: Vec<String> =
        client.operations.iter().map(|operation| name(&operation.name, &operation.hash)).collect();
    format!(
        "asked {} in 30 days: {}",
        count(usize::try_from(client.count).unwrap_or_default(), "time"),
        operations.join(", ")
    )
}

/// So many of something.
pub(in crate::cli) fn count(count: usize, of: &str) -> String {
    if count == 1 { format!("1 {of}") } else { format!("{count} {of}s") }
}

#[derive(Clone, Copy)]
struct Paint(Style);

impl Paint {
    fn wrap(self, code: &str, text: &str) -> String {
        match self.0 {
            Style::Plain => text.to_owned(),
            Style::Colour => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
        }
    }
}
