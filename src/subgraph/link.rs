//! `@link`: which specifications a schema uses, and by which names.
//!
//! `@link(url: "https://specs.apollo.dev/federation/v2.5", as: "fed", import: ["@key", {name: "@tag", as: "@label"}])`
//! makes `@key` and `@label` usable as they stand and everything else of that specification as `@fed__name`.
//! A specification's namesake directive (`@tag` of `tag`) goes by the specification's own name.

use super::code::Code;
use super::document::Document;
use super::feature::{Feature, Identifier, Import};
use super::specification::{self, HOST, NEWEST};
use super::{Locator, Version, conflicts};
use crate::diagnostic::Diagnostic;
use apollo_compiler::{Name, Node, ast};
use std::collections::HashMap;

/// All links of a schema.
pub struct Links {
    /// The federation version, 1 when none is linked.
    pub version: Version,
    /// Every linked specification but `link`.
    pub features: Vec<Feature>,
    /// What `@link` itself is called.
    pub link: String,
    /// The canonical name of each directive that federation or a companion defines, by its local name.
    pub canonical: HashMap<String, &'static str>,
    /// The local name of each federation scalar, by its canonical name.
    pub scalars: HashMap<&'static str, String>,
}

/// Reads the links of a document.
pub fn read(document: &Document) -> Result<Links, Vec<Diagnostic>> {
    let applied = schema_directives(document);
    let link = link_name(&applied);
    let mut errors = Vec::new();
    let mut features: Vec<Feature> = applied
        .iter()
        .filter(|directive| directive.name == link.as_str())
        .filter_map(|directive| Reader { locator: &document.locator, errors: &mut errors }.feature(directive))
        .collect();
    conflicts::check(&features, &document.locator, &mut errors);
    features.retain(|feature| feature.identity != format!("{HOST}link"));
    let links = resolve(link, features, &document.locator, &mut errors);
    if errors.is_empty() { Ok(links) } else { Err(errors) }
}

fn schema_directives(document: &Document) -> Vec<&Node<ast::Directive>> {
    document
        .ast
        .definitions
        .iter()
        .filter(|definition| {
            matches!(definition, ast::Definition::SchemaDefinition(_) | ast::Definition::SchemaExtension(_))
        })
        .flat_map(|definition| definition.directives().0.iter())
        .collect()
}

/// `@link` may rename itself: `@link(url: ".../link/v1.0", as: "uses")`, written `@uses(...)`.
fn link_name(applied: &[&Node<ast::Directive>]) -> String {
    applied
        .iter()
        .find(|directive| {
            string_argument(directive, "url").is_some_and(|url| url.starts_with(&format!("{HOST}link/v")))
        })
        .map_or_else(|| "link".to_owned(), |directive| directive.name.to_string())
}

/// The string that a directive gives for an argument.
pub fn string_argument<'a>(directive: &'a ast::Directive, name: &str) -> Option<&'a str> {
    directive.specified_argument_by_name(name).and_then(|value| value.as_str())
}

struct Reader<'a> {
    locator: &'a Locator,
    errors: &'a mut Vec<Diagnostic>,
}

impl Reader<'_> {
    fn feature(&mut self, directive: &Node<ast::Directive>) -> Option<Feature> {
        let Some(url) = string_argument(directive, "url") else {
            self.refuse(directive, "`url` must be given as a string", "write @link(url: \"https://...\")");
            return None;
        };
        let identifier = self.identifier(directive, url)?;
        let local = match string_argument(directive, "as") {
            Some(alias) if Name::new(alias).is_err() || alias.contains("__") => {
                let why = format!("\"{alias}\" of `as:` is no name for a specification");
                self.refuse(directive, &why, "use a GraphQL name without two underscores in a row");
                return None;
            }
            Some(alias) => alias.to_owned(),
            None => identifier.name.to_owned(),
        };
        let imports = match directive.specified_argument_by_name("import").map(|value| &**value) {
            None | Some(ast::Value::Null) => Vec::new(),
            Some(ast::Value::List(items)) => items.iter().filter_map(|item| self.import(item)).collect(),
            Some(_) => {
                self.refuse(directive, "`import` must be a list", "write import: [\"@key\", \"@shareable\"]");
                Vec::new()
            }
        };
        let purpose = directive.specified_argument_by_name("for").and_then(|value| value.as_enum().cloned());
        Some(Feature {
            identity: identifier.identity.to_owned(),
            name: identifier.name.to_owned(),
            version: identifier.version.unwrap_or(Version { major: 0, minor: 0 }),
            local,
            imports,
            purpose,
            url: url.to_owned(),
            directive: directive.clone(),
        })
    }

    /// Reads the URL. Any specification may leave out its version, but for those whose meaning depends on it.
    fn identifier<'u>(&mut self, directive: &Node<ast::Directive>, url: &'u str) -> Option<Identifier<'u>> {
        let identifier = Identifier::parse(url);
        let problem = match &identifier {
            None => Some("is no URL"),
            Some(known) if known.version.is_none() && url.starts_with(HOST) => {
                Some("does not end with a version such as \"v2.3\"")
            }
            Some(_) => None,
        };
        if let Some(problem) = problem {
            self.errors.push(
                Diagnostic::error(Code::InvalidLinkIdentifier, format!("@link cannot be read: \"{url}\" {problem}"))
                    .at_opt(self.locator.span(directive.location()), "")
                    .help("write the URL with its version: \"https://specs.apollo.dev/federation/v2.3\""),
            );
            return None;
        }
        identifier
    }

    fn import(&mut self, item: &Node<ast::Value>) -> Option<Import> {
        let (name, local) = match &**item {
            ast::Value::String(name) => (name.as_str(), name.as_str()),
            ast::Value::Object(entries) => {
                let entry =
                    |key: &str| entries.iter().find(|(name, _)| name == key).and_then(|(_, value)| value.as_str());
                if entries.iter().any(|(key, _)| key != "name" && key != "as") {
                    return self.refuse_import(item, "an import has nothing but `name` and `as`");
                }
                match entry("name") {
                    Some(name) => (name, entry("as").unwrap_or(name)),
                    None => return self.refuse_import(item, "an import must have a `name`"),
                }
            }
            _ => return self.refuse_import(item, "an import is a name or {name:, as:}"),
        };
        let is_directive = name.starts_with('@');
        if is_directive != local.starts_with('@') {
            return self.refuse_import(item, "a directive is imported as a directive, a type as a type");
        }
        let (name, local) = (name.trim_start_matches('@'), local.trim_start_matches('@'));
        if Name::new(name).is_err() || Name::new(local).is_err() {
            return self.refuse_import(item, "an import must be a GraphQL name");
        }
        Some(Import { name: name.to_owned(), local: local.to_owned(), is_directive, place: item.clone() })
    }

    fn refuse(&mut self, directive: &Node<ast::Directive>, why: &str, help: &str) {
        self.errors.push(
            Diagnostic::error(Code::InvalidLinkDirectiveUsage, format!("@link cannot be read: {why}"))
                .at_opt(self.locator.span(directive.location()), "")
                .help(help),
        );
    }

    fn refuse_import(&mut self, item: &Node<ast::Value>, why: &str) -> Option<Import> {
        self.errors.push(
            Diagnostic::error(Code::InvalidLinkDirectiveUsage, format!("@link import cannot be read: {why}"))
                .at_opt(self.locator.span(item.location()), "")
                .help("write \"@key\" or {name: \"@key\", as: \"@id\"}"),
        );
        None
    }
}

fn resolve(link: String, features: Vec<Feature>, locator: &Locator, errors: &mut Vec<Diagnostic>) -> Links {
    let mut links =
        Links { version: Version::FEDERATION_1, features, link, canonical: HashMap::new(), scalars: HashMap::new() };
    let identity = format!("{HOST}federation");
    match links.features.iter().find(|feature| feature.identity == identity).cloned() {
        Some(federation) => links.use_federation_2(&federation, locator, errors),
        None => links.use_federation_1(),
    }
    for feature in links.features.clone() {
        let Some(name) = feature.identity.strip_prefix(HOST) else { continue };
        let Some(companion) = specification::companion_of(name) else {
            if specification::UNSUPPORTED.contains(&name) {
                errors.push(unsupported(&feature, locator, "leave it out: what it describes cannot be resolved here"));
            }
            continue;
        };
        if feature.version > companion.newest {
            let help = format!("link {} of it, the newest known here", companion.newest);
            errors.push(unsupported(&feature, locator, &help));
        }
        for directive in companion.directives {
            links.canonical.insert(feature.local_directive(directive), directive);
        }
    }
    links
}

fn unsupported(feature: &Feature, locator: &Locator, help: &str) -> Diagnostic {
    Diagnostic::error(Code::UnsupportedLinkedFeature, format!("\"{}\" is not supported", feature.url))
        .at_opt(locator.span(feature.directive.location()), "")
        .help(help)
}

impl Links {
    fn use_federation_1(&mut self) {
        for directive in specification::FEDERATION_1 {
            self.canonical.insert(directive.name.to_owned(), directive.name);
        }
        self.scalars.insert("FieldSet", "_FieldSet".to_owned());
    }

    fn use_federation_2(&mut self, federation: &Feature, locator: &Locator, errors: &mut Vec<Diagnostic>) {
        self.version = federation.version;
        let span = locator.span(federation.directive.location());
        if federation.version.major != NEWEST.major {
            errors.push(
                Diagnostic::error(
                    Code::UnknownFederationLinkVersion,
                    format!("\"{}\" names a federation version that is not known here", federation.url),
                )
                .at_opt(span, "")
                .help(format!("link any version from v2.0 to {NEWEST}, the newest known")),
            );
            return;
        }
        let known = |directive: &&specification::SpecifiedDirective| directive.since <= federation.version.minor;
        for directive in specification::FEDERATION.iter().filter(known) {
            self.canonical.insert(federation.local_directive(directive.name), directive.name);
        }
        for (scalar, since) in specification::SCALARS {
            if *since <= federation.version.minor {
                self.scalars.insert(scalar, federation.local_type(scalar));
            }
        }
        for import in &federation.imports {
            if !is_known_import(import, federation.version) {
                errors.push(unknown_import(import, federation, span.clone()));
            }
        }
    }
}

fn is_known_import(import: &Import, version: Version) -> bool {
    if import.is_directive {
        specification::specified(&import.name).is_some_and(|directive| directive.since <= version.minor)
    } else {
        specification::SCALARS.iter().any(|(scalar, since)| *scalar == import.name && *since <= version.minor)
    }
}

fn unknown_import(import: &Import, federation: &Feature, span: Option<crate::diagnostic::Span>) -> Diagnostic {
    let at = if import.is_directive { "@" } else { "" };
    let help = match specification::specified(&import.name).filter(|_| import.is_directive) {
        Some(directive) => format!("@{} exists since v2.{}: link that version or later", import.name, directive.since),
        None if specification::specified(&import.name).is_some() => {
            format!("directives are imported with their sign: \"@{}\"", import.name)
        }
        None if federation.version > NEWEST => {
            format!("remove it from the imports: {NEWEST}, the newest version known here, does not have it")
        }
        None => "remove it from the imports".to_owned(),
    };
    Diagnostic::error(
        Code::InvalidLinkDirectiveUsage,
        format!(
            "Cannot import unknown element \"{at}{}\" from federation v{}.{}",
            import.name, federation.version.major, federation.version.minor
        ),
    )
    .at_opt(span, "")
    .help(help)
}
