//! Definitions of directives in the supergraph: executable ones that every subgraph defines, and those that
//! `@composeDirective` asks for.
//!
//! Clients may apply an executable directive to any part of a query, and parts go to any subgraph: so only what
//! all subgraphs know can be kept. Composed directives are for other tools, and need only one subgraph.

use super::argument::Taker;
use super::features::is_of_feature;
use super::merge::{Merge, bare};
use super::sources::subgraph_list;
use crate::diagnostic::Diagnostic;
use crate::subgraph::{Code, Feature, Subgraph};
use crate::supergraph::Link;
use apollo_compiler::ast::{self, DirectiveDefinition, DirectiveLocation};
use apollo_compiler::{Name, Node};
use indexmap::IndexMap;

/// One request to compose a directive.
struct Request<'a> {
    subgraph: &'a Subgraph,
    value: &'a Node<ast::Value>,
    /// Its name in the subgraph.
    local: &'a str,
    feature: &'a Feature,
    /// Its name in the specification.
    specified: String,
    definition: &'a Node<DirectiveDefinition>,
}

impl<'a> Merge<'a> {
    /// Decides which directives there are.
    pub fn choose_directives(&mut self) {
        self.compose_directives();
        self.merge_executable_directives();
    }

    fn compose_directives(&mut self) {
        let subgraphs = self.sources.subgraphs.clone();
        let mut requests: IndexMap<(String, String), Vec<Request<'a>>> = IndexMap::new();
        for subgraph in subgraphs {
            for value in &subgraph.composed {
                if let Some(request) = self.read_request(subgraph, value) {
                    let key = (request.feature.identity.clone(), request.specified.clone());
                    requests.entry(key).or_default().push(request);
                }
            }
        }
        self.check_owners(&requests);
        let mut imports: IndexMap<String, (String, Vec<Node<ast::Value>>)> = IndexMap::new();
        for ((identity, specified), requests) in requests {
            let Some(newest) = self.newest(&identity, &requests) else { continue };
            let subgraphs = requests.iter().map(|request| request.subgraph.name.clone());
            self.strategies.compose(newest.local, newest.definition.repeatable, subgraphs);
            self.supergraph.directives.push(bare_definition(newest.definition));
            self.hint_uncomposed(newest, &requests);
            let import = import(&specified, newest.local);
            imports.entry(identity).or_insert_with(|| (newest.feature.url.clone(), Vec::new())).1.push(import);
        }
        for (url, import) in imports.into_values() {
            self.supergraph.links.push(Link { url, alias: None, import, purpose: None });
        }
    }

    fn read_request(&mut self, subgraph: &'a Subgraph, value: &'a Node<ast::Value>) -> Option<Request<'a>> {
        let refuse = |merge: &mut Self, message: String, help: &str| {
            merge.findings.error(
                Diagnostic::error(Code::DirectiveCompositionError, message)
                    .at_opt(subgraph.span(value.location()), "")
                    .help(help),
            );
            None
        };
        let name = value.as_str().unwrap_or_default();
        let Some(local) = name.strip_prefix('@') else {
            let message = format!("@composeDirective names \"{name}\", which does not begin with \"@\"");
            return refuse(self, message, "write the directive's name with its sign: \"@name\"");
        };
        if is_of_feature(local)
            || subgraph
                .features
                .iter()
                .any(|feature| feature.name == "federation" && feature.directive_named(local).is_some())
        {
            let message = format!("@composeDirective names \"@{local}\", which federation composes by its own rules");
            if is_of_feature(local) {
                self.findings.hint(
                    Diagnostic::hint(Code::DirectiveCompositionInfo, message)
                        .at_opt(subgraph.span(value.location()), "")
                        .help("remove @composeDirective"),
                );
                return None;
            }
            return refuse(self, message, "remove @composeDirective");
        }
        let Some(definition) = subgraph.directive_definitions.get(local) else {
            let message = format!("@composeDirective names \"@{local}\", which the subgraph does not define");
            return refuse(self, message, "define the directive, or mend the name");
        };
        let linked = subgraph.features.iter().find_map(|feature| Some((feature, feature.directive_named(local)?)));
        let Some((feature, specified)) = linked else {
            let message = format!("@composeDirective names \"@{local}\", which belongs to no linked specification");
            return refuse(
                self,
                message,
                "import it: @link(url: \"https://example.com/name/v1.0\", import: [\"@name\"])",
            );
        };
        Some(Request { subgraph, value, local, feature, specified: specified.to_owned(), definition })
    }

    /// One name in the supergraph is one directive.
    fn check_owners(&mut self, requests: &IndexMap<(String, String), Vec<Request<'a>>>) {
        let mut owners: IndexMap<&str, Vec<&Request<'a>>> = IndexMap::new();
        for request in requests.values().flatten() {
            owners.entry(request.local).or_default().push(request);
        }
        for (local, requests) in owners {
            if requests.iter().all(|request| request.feature.identity == requests[0].feature.identity) {
                continue;
            }
            let message = format!("Composed directive \"@{local}\" belongs to different specifications");
            let error = Diagnostic::error(Code::DirectiveCompositionError, message);
            let error = requests.iter().fold(error, |error, request| {
                let span = request.subgraph.span(request.value.location());
                error.at_opt(span, format!("of \"{}\"", request.feature.identity))
            });
            self.findings.error(error.help("import one of them under another name"));
        }
    }

    /// Subgraphs that link the specification of a composed directive without composing it: what they apply is not
    /// in the supergraph, and would not fit if it were.
    fn hint_uncomposed(&mut self, composed: &Request<'a>, requests: &[Request<'a>]) {
        let composed_at = composed.subgraph.span(composed.value.location());
        for subgraph in self.sources.subgraphs.clone() {
            if requests.iter().any(|request| request.subgraph.name == subgraph.name) {
                continue;
            }
            let same = subgraph.features.iter().find(|feature| feature.identity == composed.feature.identity);
            let Some(feature) = same else { continue };
            let linked_at = subgraph.span(feature.directive.location());
            let name = feature.local_directive(&composed.specified);
            if feature.version.major != composed.feature.version.major {
                let message = format!(
                    "Subgraph \"{}\" links v{}.{} of \"{}\", but the composed \"@{}\" is of v{}.{}",
                    subgraph.name,
                    feature.version.major,
                    feature.version.minor,
                    feature.identity,
                    composed.local,
                    composed.feature.version.major,
                    composed.feature.version.minor
                );
                let hint = Diagnostic::hint(Code::DirectiveCompositionInfo, message);
                let hint = hint.at_opt(linked_at, "not composed").at_opt(composed_at.clone(), "composed");
                self.findings.hint(hint.help("link the same major version before composing it here too"));
            } else if name != composed.local {
                let message = format!(
                    "Composed directive \"@{}\" is called \"@{name}\" in subgraph \"{}\", which does not compose it",
                    composed.local, subgraph.name
                );
                let hint = Diagnostic::hint(Code::DirectiveCompositionWarn, message);
                let hint = hint.at_opt(linked_at, "not composed").at_opt(composed_at.clone(), "composed");
                self.findings.hint(hint.help("use the same name before composing it here too"));
            }
        }
    }

    /// The request with the newest version; none when they contradict each other.
    fn newest<'r>(&mut self, identity: &str, requests: &'r [Request<'a>]) -> Option<&'r Request<'a>> {
        let first = requests.first()?;
        let point = |to: Diagnostic| {
            requests.iter().fold(to, |to, request| {
                let version = request.feature.version;
                let message = format!("@{} of v{}.{}", request.local, version.major, version.minor);
                to.at_opt(request.subgraph.span(request.value.location()), message)
            })
        };
        if requests.iter().any(|request| request.local != first.local) {
            let message = format!(
                "Composed directive \"@{}\" of \"{identity}\" goes by different names in different subgraphs",
                first.specified
            );
            self.findings.error(
                point(Diagnostic::error(Code::DirectiveCompositionError, message))
                    .help("import it under the same name everywhere"),
            );
            return None;
        }
        if requests.iter().any(|request| request.feature.version.major != first.feature.version.major) {
            let message =
                format!("Subgraphs compose \"@{}\" of different major versions of \"{identity}\"", first.local);
            self.findings.error(
                point(Diagnostic::error(Code::DirectiveCompositionError, message))
                    .help("link the same major version everywhere"),
            );
            return None;
        }
        requests.iter().max_by_key(|request| request.feature.version)
    }

    fn merge_executable_directives(&mut self) {
        let subgraphs = self.sources.subgraphs.clone();
        let mut found: IndexMap<&str, Vec<(&'a Subgraph, &'a Node<DirectiveDefinition>)>> = IndexMap::new();
        for subgraph in &subgraphs {
            for (name, definition) in &subgraph.directive_definitions {
                if definition.locations.iter().any(is_executable) {
                    found.entry(name).or_default().push((subgraph, definition));
                }
            }
        }
        for (name, definitions) in found {
            let is_composed = self.supergraph.directives.iter().any(|directive| directive.name == name);
            if is_composed {
                continue;
            }
            if definitions.len() < subgraphs.len() {
                self.hint_partial_directive(name, &definitions, &subgraphs);
            } else if let Some(merged) = self.merge_executable_directive(name, &definitions) {
                self.supergraph.directives.push(merged);
            }
        }
    }

    fn merge_executable_directive(
        &mut self,
        name: &str,
        definitions: &[(&'a Subgraph, &'a Node<DirectiveDefinition>)],
    ) -> Option<Node<DirectiveDefinition>> {
        let (_, first) = definitions.first()?;
        let locations: Vec<DirectiveLocation> = first
            .locations
            .iter()
            .copied()
            .filter(is_executable)
            .filter(|location| definitions.iter().all(|(_, definition)| definition.locations.contains(location)))
            .collect();
        if definitions.iter().any(|(_, definition)| {
            definition.locations.iter().filter(|location| is_executable(location)).count() != locations.len()
        }) {
            let (code, outcome) = if locations.is_empty() {
                (Code::NoExecutableDirectiveIntersection, "it is not in the supergraph")
            } else {
                (Code::InconsistentExecutableDirectiveLocations, "the supergraph has those in common")
            };
            self.hint_directive(
                code,
                format!("Executable directive \"@{name}\" has different locations in different subgraphs: {outcome}"),
                definitions,
            );
        }
        if locations.is_empty() {
            return None;
        }
        let repeatable = definitions.iter().all(|(_, definition)| definition.repeatable);
        if !repeatable && definitions.iter().any(|(_, definition)| definition.repeatable) {
            self.hint_directive(
                Code::InconsistentExecutableDirectiveRepeatable,
                format!(
                    "Executable directive \"@{name}\" is repeatable in some subgraphs only: it is not in the supergraph, where it may be applied once"
                ),
                definitions,
            );
        }
        let takers: Vec<Taker<'_>> = definitions
            .iter()
            .map(|(subgraph, definition)| Taker {
                subgraph,
                arguments: &definition.arguments,
                place: subgraph.name_span(&definition.name),
            })
            .collect();
        let arguments = self.merge_arguments(&format!("@{name}"), &takers);
        let description = self.merge_descriptions(
            &|| format!("Directive \"@{name}\""),
            definitions.iter().map(|(subgraph, definition)| (*subgraph, definition.description.as_ref())),
        );
        Some(Node::new(DirectiveDefinition { description, name: bare(&first.name), arguments, repeatable, locations }))
    }

    fn hint_partial_directive(
        &mut self,
        name: &str,
        definitions: &[(&'a Subgraph, &'a Node<DirectiveDefinition>)],
        all: &[&'a Subgraph],
    ) {
        let missing = subgraph_list(
            all.iter()
                .filter(|subgraph| !subgraph.directive_definitions.contains_key(name))
                .map(|subgraph| subgraph.name.as_str()),
        );
        self.hint_directive(
            Code::InconsistentExecutableDirectivePresence,
            format!("Executable directive \"@{name}\" is not in the supergraph, as it is not defined in {missing}"),
            definitions,
        );
    }

    fn hint_directive(
        &mut self,
        code: Code,
        message: String,
        definitions: &[(&'a Subgraph, &'a Node<DirectiveDefinition>)],
    ) {
        let hint = definitions.iter().fold(Diagnostic::hint(code, message), |hint, (subgraph, definition)| {
            hint.at_opt(subgraph.name_span(&definition.name), "defined here")
        });
        self.findings.hint(hint.help("define it in the same way in every subgraph"));
    }
}

fn is_executable(location: &DirectiveLocation) -> bool {
    matches!(
        location,
        DirectiveLocation::Query
            | DirectiveLocation::Mutation
            | DirectiveLocation::Subscription
            | DirectiveLocation::Field
            | DirectiveLocation::FragmentDefinition
            | DirectiveLocation::FragmentSpread
            | DirectiveLocation::InlineFragment
            | DirectiveLocation::VariableDefinition
    )
}

fn import(specified: &str, local: &str) -> Node<ast::Value> {
    let text = |name: &str| Node::new(ast::Value::String(format!("@{name}")));
    if specified == local {
        return text(local);
    }
    let entry = |key: &'static str, name: &str| (Name::new_static(key).expect("a valid name"), text(name));
    Node::new(ast::Value::Object(vec![entry("name", specified), entry("as", local)]))
}

fn bare_definition(definition: &DirectiveDefinition) -> Node<DirectiveDefinition> {
    Node::new(DirectiveDefinition { name: bare(&definition.name), ..definition.clone() })
}
