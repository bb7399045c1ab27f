//! What links may not contradict: a specification is linked once, and a name means one thing.

use super::code::Code;
use super::feature::Feature;
use super::specification::HOST;
use super::{Locator, Version};
use crate::diagnostic::Diagnostic;
use apollo_compiler::Node;
use apollo_compiler::parser::SourceSpan;
use std::collections::HashMap;

/// The version of `@link` that is known.
const LINK: Version = Version { major: 1, minor: 0 };

/// Checks all links of a schema, that of `link` itself among them.
pub fn check(features: &[Feature], locator: &Locator, errors: &mut Vec<Diagnostic>) {
    check_link_version(features, locator, errors);
    let mut by_identity: HashMap<&str, &Feature> = HashMap::new();
    let mut by_name: HashMap<&str, &Feature> = HashMap::new();
    for feature in features {
        let places = |earlier: &Feature| (feature.directive.location(), earlier.directive.location());
        if let Some(earlier) = by_identity.insert(&feature.identity, feature) {
            errors.push(
                conflict(
                    locator,
                    format!("\"{}\" is linked twice", feature.identity),
                    places(earlier),
                    ("linked again", "linked here"),
                )
                .help("keep one @link and put all imports in it"),
            );
        } else if let Some(earlier) = by_name.insert(&feature.local, feature) {
            errors.push(
                conflict(
                    locator,
                    format!(
                        "\"{}\" and \"{}\" are both called \"{}\"",
                        earlier.identity, feature.identity, feature.local
                    ),
                    places(earlier),
                    ("called so here", "and here"),
                )
                .help("give one of them another name with `as:`"),
            );
        }
    }
    check_imports(features, locator, errors);
}

fn check_link_version(features: &[Feature], locator: &Locator, errors: &mut Vec<Diagnostic>) {
    let link = features.iter().find(|feature| feature.identity == format!("{HOST}link"));
    if let Some(link) = link.filter(|link| link.version != LINK) {
        errors.push(
            Diagnostic::error(
                Code::UnknownLinkVersion,
                format!("\"{}\" names a version of @link that is not known here", link.url),
            )
            .at_opt(locator.span(link.directive.location()), "")
            .help(format!("link v{}.{}", LINK.major, LINK.minor)),
        );
    }
}

fn check_imports(features: &[Feature], locator: &Locator, errors: &mut Vec<Diagnostic>) {
    let mut taken: HashMap<(bool, &str), (&str, &str, Option<SourceSpan>)> = HashMap::new();
    for feature in features {
        for import in &feature.imports {
            let place = Node::location(&import.place);
            let meaning = (feature.identity.as_str(), import.name.as_str());
            let earlier = taken.insert((import.is_directive, &import.local), (meaning.0, meaning.1, place));
            let Some((identity, name, earlier_place)) = earlier.filter(|(a, b, _)| (*a, *b) != meaning) else {
                continue;
            };
            let at = if import.is_directive { "@" } else { "" };
            errors.push(
                conflict(
                    locator,
                    format!(
                        "\"{at}{}\" is imported as \"{at}{name}\" of \"{identity}\" and as \"{at}{}\" of \"{}\"",
                        import.local, import.name, feature.identity
                    ),
                    (place, earlier_place),
                    ("imported again", "imported here"),
                )
                .help(format!(
                    "import one of them under another name: {{name: \"{at}{}\", as: \"{at}...\"}}",
                    import.name
                )),
            );
        }
    }
}

fn conflict(
    locator: &Locator,
    message: String,
    places: (Option<SourceSpan>, Option<SourceSpan>),
    labels: (&str, &str),
) -> Diagnostic {
    Diagnostic::error(Code::InvalidLinkDirectiveUsage, message)
        .at_opt(locator.span(places.0), labels.0)
        .at_opt(locator.span(places.1), labels.1)
}
