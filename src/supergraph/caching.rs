//! What the subgraphs say about keeping the values that they give: `@cacheControl`, `@cacheTag` and
//! `@cacheInvalidate`, read out of the [`JoinDirective`]s that carry them, and out of a `@cacheControl` that other tools
//! composed for all subgraphs alike.

use super::{Field, JoinDirective, SubgraphId, Type};
use apollo_compiler::ast::{self, Value};
use apollo_compiler::{Name, Node};

/// One `@cacheControl`. What it does not say is `None`: a field takes that over from its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CacheControl {
    /// `maxAge:`, in seconds; some libraries write -1 for what may not be kept.
    pub max_age: Option<i32>,
    /// `scope:`.
    pub scope: Option<CacheScope>,
    /// `inheritMaxAge:`: as long as the object around it.
    pub inherit_max_age: bool,
}

/// For whom a value may be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheScope {
    /// For everyone.
    Public,
    /// For the one who asked.
    Private,
}

impl Type {
    /// What `graph` says of values of the type.
    pub fn cache_control(&self, graph: SubgraphId) -> Option<CacheControl> {
        cache_control(&self.carried, &self.directives, graph)
    }

    /// The formats of the `@cacheTag`s that `graph` gives to the type's entities.
    pub fn cache_tags(&self, graph: SubgraphId) -> impl Iterator<Item = &str> {
        cache_tags(&self.carried, graph)
    }
}

impl Field {
    /// What `graph` says of values of the field.
    pub fn cache_control(&self, graph: SubgraphId) -> Option<CacheControl> {
        cache_control(&self.carried, &self.directives, graph)
    }

    /// The formats of the `@cacheTag`s that `graph` gives to the field.
    pub fn cache_tags(&self, graph: SubgraphId) -> impl Iterator<Item = &str> {
        cache_tags(&self.carried, graph)
    }

    /// The formats of the tags that are stale once `graph` has resolved the field of the mutation:
    /// `@cacheInvalidate`.
    pub fn cache_invalidations(&self, graph: SubgraphId) -> impl Iterator<Item = &str> {
        texts(&self.carried, ("cacheInvalidate", "tag"), graph)
    }
}

fn cache_control(
    carried: &[JoinDirective],
    composed: &[Node<ast::Directive>],
    graph: SubgraphId,
) -> Option<CacheControl> {
    let own = of(carried, "cacheControl", graph).next();
    if let Some(own) = own {
        return Some(read(own.arguments.iter().map(|(name, value)| (name, value))));
    }
    let composed = composed.iter().find(|directive| directive.name == "cacheControl")?;
    Some(read(composed.arguments.iter().map(|argument| (&argument.name, &argument.value))))
}

fn read<'a>(arguments: impl Iterator<Item = (&'a Name, &'a Node<Value>)>) -> CacheControl {
    let mut read = CacheControl::default();
    for (name, value) in arguments {
        match name.as_str() {
            "maxAge" => read.max_age = value.to_i32(),
            "scope" => read.scope = value.as_enum().map(Name::as_str).or_else(|| value.as_str()).and_then(scope),
            "inheritMaxAge" => read.inherit_max_age = value.to_bool() == Some(true),
            _ => {}
        }
    }
    read
}

fn scope(name: &str) -> Option<CacheScope> {
    match name {
        "PUBLIC" => Some(CacheScope::Public),
        "PRIVATE" => Some(CacheScope::Private),
        _ => None,
    }
}

fn cache_tags(carried: &[JoinDirective], graph: SubgraphId) -> impl Iterator<Item = &str> {
    texts(carried, ("federation__cacheTag", "format"), graph)
}

/// What an argument of a directive says, each time it is applied.
fn texts<'a>(
    carried: &'a [JoinDirective],
    (directive, argument): (&'static str, &'static str),
    graph: SubgraphId,
) -> impl Iterator<Item = &'a str> {
    let given = of(carried, directive, graph).map(move |applied| {
        applied.arguments.iter().find(|(name, _)| name == argument).and_then(|(_, it)| it.as_str())
    });
    given.flatten()
}

fn of<'a>(
    carried: &'a [JoinDirective],
    name: &'static str,
    graph: SubgraphId,
) -> impl Iterator<Item = &'a JoinDirective> {
    carried.iter().filter(move |directive| directive.name == name && directive.graphs.contains(&graph))
}
