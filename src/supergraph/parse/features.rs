//! The `@link`s on `schema`: which features the supergraph uses, and the names that `join` goes by.

use super::document::Definitions;
use super::report::Report;
use crate::supergraph::Link;
use apollo_compiler::ast;
use apollo_compiler::parser::SourceSpan;
use apollo_compiler::{Name, Node};

/// Where Apollo's specifications live; the part after it is `name/vX.Y`.
const SPECS: &str = "https://specs.apollo.dev/";

/// What the links say.
pub(super) struct Features {
    /// How `join` is called here.
    pub(super) join: Join,
    /// All but `link` and `join`.
    pub(super) links: Vec<Link>,
    /// The directive that links: `link`, unless renamed.
    pub(super) link_directive: String,
    /// What the types of the link feature start with, as in `link__Purpose`.
    pub(super) link_prefix: String,
}

/// The elements of the join feature that mean something to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum JoinElement {
    Graph,
    Type,
    Field,
    Implements,
    UnionMember,
    EnumValue,
    Directive,
}

const ELEMENTS: &[(&str, JoinElement)] = &[
    ("@graph", JoinElement::Graph),
    ("@type", JoinElement::Type),
    ("@field", JoinElement::Field),
    ("@implements", JoinElement::Implements),
    ("@unionMember", JoinElement::UnionMember),
    ("@enumValue", JoinElement::EnumValue),
    ("@directive", JoinElement::Directive),
];

/// Under which names the join feature goes in one document.
pub(super) struct Join {
    link: Link,
    /// So few that looking them through beats hashing: every directive of the text is looked up here.
    elements: Vec<(String, JoinElement)>,
    graph_enum: String,
}

impl Join {
    fn linked(link: Link) -> Self {
        let elements = ELEMENTS
            .iter()
            .map(|&(name, element)| (link.local_name(name).trim_start_matches('@').to_owned(), element))
            .collect();
        Self { elements, graph_enum: link.local_name("Graph"), link }
    }

    /// The element that the directive `name` is, if it is one.
    pub(super) fn element(&self, name: &str) -> Option<JoinElement> {
        self.elements.iter().find(|(local, _)| local == name).map(|&(_, element)| element)
    }

    /// Whether the directive `name` belongs to the feature, known to us or not.
    pub(super) fn owns_directive(&self, name: &str) -> bool {
        self.element(name).is_some() || self.owns_type(name)
    }

    /// Whether the type `name` belongs to the feature.
    pub(super) fn owns_type(&self, name: &str) -> bool {
        self.link.owns(name)
    }

    /// Whether `name` is the enum of subgraphs.
    pub(super) fn is_graph_enum(&self, name: &str) -> bool {
        name == self.graph_enum
    }
}

/// Reads the links. None, with the reason reported, when there is no join feature that can be read.
pub(super) fn read(definitions: &Definitions<'_>, report: &mut Report<'_>) -> Option<Features> {
    let link_directive = link_directive(definitions);
    let mut links = Vec::new();
    let mut join = None;
    for directive in definitions.schema_directives().filter(|d| d.name == *link_directive) {
        let Some(link) = read_link(directive, report) else { continue };
        match link.url.strip_prefix(SPECS).and_then(|rest| rest.split_once('/')) {
            Some(("link" | "core", _)) => {}
            Some(("join", version)) => {
                check_version(version, directive.location(), report)?;
                if join.replace(link).is_some() {
                    report.invalid("the join feature is linked twice", directive.location());
                }
            }
            _ => links.push(link),
        }
    }
    // The link may have been lost on the way; the enum says all the same what this is.
    let graphs = || definitions.types.iter().any(|ty| ty.name().is_some_and(|name| name == "join__Graph"));
    let join = join.or_else(|| graphs().then(unlinked_join));
    let Some(join) = join else {
        report_not_a_supergraph(definitions, &links, report);
        return None;
    };
    let link_prefix = format!("{link_directive}__");
    Some(Features { join: Join::linked(join), links, link_directive, link_prefix })
}

fn unlinked_join() -> Link {
    Link { url: format!("{SPECS}join/v0.3"), alias: None, import: Vec::new(), purpose: None }
}

/// The name of the directive that links the link feature itself.
fn link_directive(definitions: &Definitions<'_>) -> String {
    definitions
        .schema_directives()
        .find(|directive| {
            let url = link_url(directive).unwrap_or_default();
            let feature = url.strip_prefix(SPECS).unwrap_or_default();
            feature.starts_with("link/") || feature.starts_with("core/")
        })
        .map_or_else(|| "link".to_owned(), |directive| directive.name.to_string())
}

/// `url:`, or `feature:` as it was called before `@link`.
fn link_url(directive: &ast::Directive) -> Option<&str> {
    let url = directive.specified_argument_by_name("url");
    url.or_else(|| directive.specified_argument_by_name("feature"))?.as_str()
}

fn read_link(directive: &Node<ast::Directive>, report: &mut Report<'_>) -> Option<Link> {
    let Some(url) = link_url(directive) else {
        report.invalid(format!("@{} without a `url` string", directive.name), directive.location());
        return None;
    };
    let alias = directive.specified_argument_by_name("as").and_then(|value| value.as_str());
    let alias = match alias.map(Name::new) {
        Some(Ok(alias)) => Some(alias),
        Some(Err(_)) => {
            report.invalid("`as` of a @link is not a GraphQL name", directive.location());
            None
        }
        None => None,
    };
    let import = directive.specified_argument_by_name("import").and_then(|value| value.as_list());
    let purpose = directive.specified_argument_by_name("for").and_then(|value| value.as_enum());
    Some(Link { url: url.to_owned(), alias, import: import.unwrap_or_default().to_vec(), purpose: purpose.cloned() })
}

fn check_version(version: &str, at: Option<SourceSpan>, report: &mut Report<'_>) -> Option<()> {
    match version.trim_end_matches('/') {
        "v0.2" | "v0.3" | "v0.4" | "v0.5" => Some(()),
        "v0.1" => {
            report.invalid_with_help(
                "this supergraph is written in join v0.1, of Federation 1; v0.2 to v0.5 are read",
                at,
                "compose the subgraphs again with `weft compose`, or with `rover supergraph compose` and \
                 federation_version 2; Federation 1 subgraphs can stay as they are",
            );
            None
        }
        newer => {
            report.invalid_with_help(
                format!("this supergraph is written in join {newer}; v0.2 to v0.5 are read"),
                at,
                "compose the subgraphs again with `weft compose`, which writes v0.5",
            );
            None
        }
    }
}

/// Says what the document looks like instead, so that the reader knows which file they gave.
fn report_not_a_supergraph(definitions: &Definitions<'_>, links: &[Link], report: &mut Report<'_>) {
    let federation_link = links.iter().any(|link| link.url.contains("/federation/"));
    let is_subgraph = federation_link || definitions.types.iter().any(|ty| ty.directives().has("key"));
    let (looks, help) = if is_subgraph {
        (
            "the schema of one subgraph",
            "compose it first: list the subgraphs in a supergraph.yaml and give that file, or the output of \
             `weft compose --config supergraph.yaml`",
        )
    } else {
        (
            "a plain schema",
            "give a composed supergraph; to serve a single service, list it as the only subgraph in a \
             supergraph.yaml and give that file",
        )
    };
    report.invalid_with_help(
        format!("this is not a supergraph: it does not link the join feature, and looks like {looks}"),
        definitions.schema_location(),
        help,
    );
}
