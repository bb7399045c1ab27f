//! What directives are called in different subgraphs, and which versions they come with. A name is a schema's own
//! business, and the supergraph uses the specification's; but other composers refuse what is hinted at here.

use super::merge::Merge;
use crate::diagnostic::Diagnostic;
use crate::subgraph::{Code, Subgraph};

/// Looks at every subgraph's links.
pub fn check(merge: &mut Merge<'_>) {
    for subgraph in merge.sources.subgraphs.clone() {
        check_version(merge, subgraph);
    }
    let applied: Vec<(String, Vec<String>)> =
        merge.applied.iter().map(|(name, subgraphs)| (name.to_string(), subgraphs.iter().cloned().collect())).collect();
    for (name, subgraphs) in applied {
        check_name(merge, &name, &subgraphs);
    }
}

fn check_version(merge: &mut Merge<'_>, subgraph: &Subgraph) {
    if let Some((link, newest)) = subgraph.unknown_version() {
        merge.findings.hint(
            Diagnostic::hint(
                Code::UnknownFederationLinkVersion,
                format!(
                    "Subgraph \"{}\" links federation {}, which is newer than any known here: it is read as {newest}",
                    subgraph.name, link.version
                ),
            )
            .at_opt(subgraph.span(link.directive.location()), "")
            .help(format!("look up what changed since {newest}, or link that version")),
        );
    }
    let Some((feature, since)) = subgraph.newer_feature() else { return };
    let linked = subgraph.version;
    merge.findings.hint(
        Diagnostic::hint(
            Code::ImplicitlyUpgradedFederationVersion,
            format!(
                "Subgraph \"{}\" links federation v{}.{}, but \"{}\" came with v{}.{}: it is read as that",
                subgraph.name, linked.major, linked.minor, feature.name, since.major, since.minor
            ),
        )
        .at_opt(subgraph.span(feature.directive.location()), "")
        .help(format!("link federation v{}.{}", since.major, since.minor)),
    );
}

fn check_name(merge: &mut Merge<'_>, directive: &str, subgraphs: &[String]) {
    let users = merge.sources.subgraphs.iter().filter(|subgraph| subgraphs.contains(&subgraph.name));
    let named: Vec<(&Subgraph, String)> =
        users.filter_map(|subgraph| Some((*subgraph, subgraph.local_directive(directive)?))).collect();
    if named.iter().all(|(_, name)| *name == named[0].1) {
        return;
    }
    let each: Vec<String> =
        named.iter().map(|(subgraph, name)| format!("\"@{name}\" in \"{}\"", subgraph.name)).collect();
    let hint = Diagnostic::hint(
        Code::LinkImportNameMismatch,
        format!(
            "@{directive} goes by different names: it is {}; the supergraph uses \"@{directive}\"",
            each.join(", ")
        ),
    );
    let hint = named.iter().fold(hint, |hint, (subgraph, name)| {
        let link = subgraph.features.iter().find(|feature| feature.local_directive(directive) == *name);
        hint.at_opt(link.and_then(|link| subgraph.span(link.directive.location())), format!("\"@{name}\" here"))
    });
    merge.findings.hint(hint.help("import it under the same name in every subgraph"));
}
