//! What the supergraph links: the features whose directives its elements carry, with their definitions.

use super::merge::Merge;
use crate::supergraph::{Link, Type, TypeKind};
use apollo_compiler::parser::Parser;
use apollo_compiler::{Name, Node, ast};

/// A feature of the supergraph.
struct Feature {
    /// The last part of its URL.
    name: &'static str,
    version: &'static str,
    purpose: Option<&'static str>,
    directives: &'static [&'static str],
    /// Definitions of what it brings.
    sdl: &'static str,
}

const FEATURES: &[Feature] = &[
    Feature {
        name: "tag",
        version: "v0.3",
        purpose: None,
        directives: &["tag"],
        sdl: "directive @tag(name: String!) repeatable on FIELD_DEFINITION | OBJECT | INTERFACE | UNION \
              | ARGUMENT_DEFINITION | SCALAR | ENUM | ENUM_VALUE | INPUT_OBJECT | INPUT_FIELD_DEFINITION | SCHEMA",
    },
    Feature {
        name: "inaccessible",
        version: "v0.2",
        purpose: Some("SECURITY"),
        directives: &["inaccessible"],
        sdl: "directive @inaccessible on FIELD_DEFINITION | OBJECT | INTERFACE | UNION | ARGUMENT_DEFINITION \
              | SCALAR | ENUM | ENUM_VALUE | INPUT_OBJECT | INPUT_FIELD_DEFINITION",
    },
    Feature {
        name: "authenticated",
        version: "v0.1",
        purpose: Some("SECURITY"),
        directives: &["authenticated"],
        sdl: "directive @authenticated on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM",
    },
    Feature {
        name: "requiresScopes",
        version: "v0.1",
        purpose: Some("SECURITY"),
        directives: &["requiresScopes"],
        sdl: "directive @requiresScopes(scopes: [[requiresScopes__Scope!]!]!) on FIELD_DEFINITION | OBJECT \
              | INTERFACE | SCALAR | ENUM scalar requiresScopes__Scope",
    },
    Feature {
        name: "policy",
        version: "v0.1",
        purpose: Some("SECURITY"),
        directives: &["policy"],
        sdl: "directive @policy(policies: [[policy__Policy!]!]!) on FIELD_DEFINITION | OBJECT | INTERFACE \
              | SCALAR | ENUM scalar policy__Policy",
    },
    Feature {
        name: "cost",
        version: "v0.1",
        purpose: None,
        directives: &["cost", "listSize"],
        sdl: "directive @cost(weight: Int!) on ARGUMENT_DEFINITION | ENUM | FIELD_DEFINITION \
              | INPUT_FIELD_DEFINITION | OBJECT | SCALAR
              directive @listSize(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!], \
              requireOneSlicingArgument: Boolean = true) on FIELD_DEFINITION",
    },
    Feature {
        name: "context",
        version: "v0.1",
        purpose: Some("SECURITY"),
        directives: &["context"],
        // What subgraphs call @fromContext is no part of the supergraph but in its definition: routers look for it.
        sdl: "directive @context(name: String!) repeatable on INTERFACE | OBJECT | UNION
              directive @context__fromContext(field: context__ContextFieldValue) on ARGUMENT_DEFINITION
              scalar context__ContextFieldValue",
    },
    Feature { name: "cacheTag", version: "v0.1", purpose: Some("EXECUTION"), directives: &["cacheTag"], sdl: "" },
];

impl Merge<'_> {
    /// Links what is used, and merges description and directives of the schema.
    pub fn fill_schema(&mut self) {
        let subgraphs = self.sources.subgraphs.clone();
        self.supergraph.description = self.merge_descriptions(
            &|| "The schema".to_owned(),
            subgraphs.iter().map(|subgraph| (*subgraph, subgraph.description.as_ref())),
        );
        self.supergraph.schema_directives = self.merge_applied(
            "schema",
            subgraphs.iter().map(|subgraph| (*subgraph, subgraph.schema_directives.as_slice())),
        );
        let composed = std::mem::take(&mut self.supergraph.links);
        for feature in FEATURES {
            let used: Vec<&str> =
                feature.directives.iter().copied().filter(|directive| self.applied.contains_key(*directive)).collect();
            if !used.is_empty() {
                self.link(feature, &used);
            }
        }
        self.supergraph.links.extend(composed);
    }

    fn link(&mut self, feature: &Feature, used: &[&str]) {
        // A directive that is not the feature's namesake is used under its plain name, which takes an import.
        let import = used
            .iter()
            .filter(|directive| **directive != feature.name)
            .map(|directive| Node::new(ast::Value::String(format!("@{directive}"))))
            .collect();
        self.supergraph.links.push(Link {
            url: format!("https://specs.apollo.dev/{}/{}", feature.name, feature.version),
            alias: None,
            import,
            purpose: feature.purpose.map(|purpose| Name::new_static(purpose).expect("a valid name")),
        });
        if feature.sdl.is_empty() {
            return;
        }
        let document =
            Parser::new().parse_ast(feature.sdl, feature.name).expect("the definitions of features are well-formed");
        for definition in document.definitions {
            match definition {
                ast::Definition::DirectiveDefinition(directive)
                    if used.contains(&directive.name.as_str()) || directive.name.contains("__") =>
                {
                    self.supergraph.directives.push(directive);
                }
                ast::Definition::ScalarTypeDefinition(scalar) => {
                    self.supergraph.add_type(Type::bare(scalar.name.clone(), TypeKind::Scalar));
                }
                _ => {}
            }
        }
    }
}

/// Whether the supergraph defines the directive `name` by a feature of its own.
pub fn is_of_feature(name: &str) -> bool {
    FEATURES.iter().any(|feature| feature.directives.contains(&name))
}
