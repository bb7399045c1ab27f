//! What a check found, as text for people.

use super::findings::Locals;
use super::markdown;
use crate::diagnostic::{Style, render_all};
use crate::registry::{ChangedPart, CheckOutcome, Checked, CheckedContract, ClientUse, Verdict};
use std::fmt::Write;

/// Safe changes that are named; the others are counted.
const MOST_SAFE: usize = 20;

/// The report of a check: the verdict, errors with their lines, changes by how bad they are, contracts, habits.
pub(in crate::cli) fn text(checked: &Checked, locals: &Locals, style: Style) -> String {
    let paint = Paint(style);
    let mut text = String::new();
    let colour = if checked.verdict == Verdict::Passed { "1;32" } else { "1;31" };
    let verdict = paint.wrap(colour, verdict(checked.verdict));
    let _ = writeln!(text, "{verdict}: {}", summary(checked));
    if !checked.errors.is_empty() {
        let _ = write!(text, "\n{}", render_all(&locals.diagnostics(&checked.errors), style));
    }
    write_changes(&mut text, paint, &checked.changes, "");
    for contract in &checked.contracts {
        let name = contract_name(contract);
        if !contract.errors.is_empty() {
            let _ = writeln!(text, "\n{}: nothing would be left of {name}", paint.wrap("1;31", "broken"));
            let _ = write!(text, "{}", render_all(&locals.diagnostics(&contract.errors), style));
        }
        write_changes(&mut text, paint, &contract.changes, &format!(" in {name}"));
    }
    for findings in [&checked.hints, &checked.lint] {
        if !findings.is_empty() {
            let _ = write!(text, "\n{}", render_all(&locals.diagnostics(findings), style));
        }
    }
    text
}

/// Changes by how bad they are, each with who asks for it.
fn write_changes(text: &mut String, paint: Paint, changes: &[ChangedPart], place: &str) {
    for (criticality, colour) in [("breaking", "1;31"), ("dangerous", "1;33"), ("safe", "1;32")] {
        let changes: Vec<&ChangedPart> = of(changes, criticality).collect();
        if changes.is_empty() {
            continue;
        }
        let _ = writeln!(text, "\n{}{place} ({})", paint.wrap(colour, criticality), changes.len());
        let shown = if criticality == "safe" { MOST_SAFE } else { changes.len() };
        for change in changes.iter().take(shown) {
            let _ = writeln!(text, "  {:<28} {}", change.rule, change.message);
            for client in &change.clients {
                let _ = writeln!(text, "    {} {}", paint.wrap("1", &name(client)), asked(client));
            }
            if change.client_count > change.clients.len() {
                let _ = writeln!(text, "    and {}", count(change.client_count - change.clients.len(), "more client"));
            }
        }
        if changes.len() > shown {
            let _ = writeln!(text, "  and {} more", changes.len() - shown);
        }
    }
}

/// A contract, as people call it.
pub(super) fn contract_name(contract: &CheckedContract) -> String {
    match &contract.graph {
        Some(graph) => format!("the contract {graph}"),
        None => "a contract that the token may not know".to_owned(),
    }
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
pub(in crate::cli) fn counted(outcome: &CheckOutcome) -> String {
    if outcome.counts.errors > 0 {
        return count(outcome.counts.errors, "error");
    }
    let kinds =
        [(outcome.counts.breaking, "breaking"), (outcome.counts.dangerous, "dangerous"), (outcome.counts.safe, "safe")];
    let mut found: Vec<String> =
        kinds.iter().filter(|(count, _)| *count > 0).map(|(count, kind)| format!("{count} {kind}")).collect();
    let contracts = outcome.contracts.iter().filter(|contract| contract.breaks).count();
    if contracts > 0 {
        found.push(format!("{} broken", count(contracts, "contract")));
    }
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
    let counted = |criticality: &str| of(&checked.changes, criticality).count();
    let (breaking, dangerous, safe) = (counted("breaking"), counted("dangerous"), counted("safe"));
    let broken = checked.contracts.iter().filter(|contract| contract.breaks).count();
    let contracts =
        if broken > 0 { format!("; {} of it would break", count(broken, "contract")) } else { String::new() };
    if breaking + dangerous + safe == 0 {
        return format!("{against} composes, and clients see no difference{contracts}");
    }
    let changes = format!("{breaking} breaking, {dangerous} dangerous and {safe} safe changes");
    let usage = if breaking == 0 { "" } else { usage(checked) };
    format!("{against}: {changes}{usage}{contracts}")
}

/// What can be said of who asks for what would break.
fn usage(checked: &Checked) -> &'static str {
    if !checked.has_usage {
        "; no usage is recorded, so whom they would hurt is not known"
    } else if checked.usage_is_partial {
        "; not all usage of the last 30 days is recorded, so they may hurt others than those named"
    } else if of(&checked.changes, "breaking").all(|change| change.client_count == 0) {
        "; nobody asked for what they break in the last 30 days"
    } else {
        ""
    }
}

/// The changes that are so bad.
pub(super) fn of<'a>(changes: &'a [ChangedPart], criticality: &str) -> impl Iterator<Item = &'a ChangedPart> {
    changes.iter().filter(move |change| change.criticality == criticality)
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
