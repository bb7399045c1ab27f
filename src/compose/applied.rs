//! Directives on elements: which reach the supergraph, and what becomes of several.
//!
//! Those that repeat are all kept, once each. Of those that do not, access rules add up (all must hold), costs
//! take the largest; for the others the most frequent application is kept, with a hint.

use super::merge::{Merge, bare};
use super::sources::FieldSource;
use crate::diagnostic::Diagnostic;
use crate::subgraph::{Code, Subgraph};
use apollo_compiler::ast::{self, Directive, Value};
use apollo_compiler::{Name, Node};
use indexmap::IndexMap;
use std::collections::HashMap;

/// What becomes of several applications of a directive to one element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strategy {
    /// All different ones are kept.
    Repeat,
    /// The most frequent one is kept.
    MostFrequent,
    /// Alternatives of scopes or policies: whoever is let in satisfies an alternative of each subgraph.
    Conjunction(&'static str),
    /// `@cost`: the largest weight.
    Cost,
    /// `@listSize`: the largest size, all arguments.
    ListSize,
    /// Kept per subgraph, as `@join__directive`.
    Join,
}

/// The directives that reach the supergraph, with their strategies.
pub struct Strategies {
    by_name: HashMap<String, Strategy>,
}

impl Default for Strategies {
    fn default() -> Self {
        let known = [
            ("tag", Strategy::Repeat),
            ("inaccessible", Strategy::MostFrequent),
            ("deprecated", Strategy::MostFrequent),
            ("specifiedBy", Strategy::MostFrequent),
            ("oneOf", Strategy::MostFrequent),
            ("authenticated", Strategy::MostFrequent),
            ("requiresScopes", Strategy::Conjunction("scopes")),
            ("policy", Strategy::Conjunction("policies")),
            ("cost", Strategy::Cost),
            ("listSize", Strategy::ListSize),
            ("context", Strategy::Repeat),
            ("cacheTag", Strategy::Join),
        ];
        Self { by_name: known.into_iter().map(|(name, strategy)| (name.to_owned(), strategy)).collect() }
    }
}

impl Strategies {
    /// Lets a composed directive reach the supergraph.
    pub fn compose(&mut self, name: &str, repeatable: bool) {
        let strategy = if repeatable { Strategy::Repeat } else { Strategy::MostFrequent };
        self.by_name.insert(name.to_owned(), strategy);
    }

    fn get(&self, name: &str) -> Option<Strategy> {
        self.by_name.get(name).copied()
    }
}

/// One application, and who makes it.
type Application<'d> = (&'d Subgraph, Node<Directive>);

impl Merge<'_> {
    /// Merges what subgraphs apply to the element at `coordinate`.
    pub fn merge_applied<'d>(
        &mut self,
        coordinate: &str,
        given: impl Iterator<Item = (&'d Subgraph, &'d [Node<Directive>])>,
    ) -> Vec<Node<Directive>> {
        let mut by_name: IndexMap<Name, Vec<Application<'d>>> = IndexMap::new();
        for (subgraph, directives) in given {
            for directive in directives {
                if self.strategies.get(&directive.name).is_some() {
                    let directive = in_supergraph(subgraph, directive);
                    by_name.entry(directive.name.clone()).or_default().push((subgraph, directive));
                }
            }
        }
        let mut merged = Vec::new();
        for (name, applications) in by_name {
            let Some(strategy) = self.strategies.get(&name) else { continue };
            self.applied.insert(bare(&name));
            merged.extend(self.merge_applications(coordinate, &name, strategy, &applications));
        }
        merged
    }

    fn merge_applications(
        &mut self,
        coordinate: &str,
        name: &Name,
        strategy: Strategy,
        applications: &[Application<'_>],
    ) -> Vec<Node<Directive>> {
        let distinct = distinct(applications);
        let several = distinct.len() > 1;
        match strategy {
            Strategy::Join => return self.joined(name, &distinct, applications),
            Strategy::Repeat => {
                return distinct.into_iter().map(|application| Node::new(without_places(application))).collect();
            }
            _ if !several => return vec![Node::new(without_places(distinct[0]))],
            Strategy::MostFrequent => {
                self.hint_different(coordinate, name, applications, Code::InconsistentNonRepeatableDirectiveArguments);
                let count = |one: &Directive| applications.iter().filter(|(_, other)| same(other, one)).count();
                let most = distinct.iter().map(|one| count(one)).max().unwrap_or_default();
                let chosen = distinct.iter().find(|one| count(one) == most).unwrap_or(&distinct[0]);
                return vec![Node::new(without_places(chosen))];
            }
            Strategy::Conjunction(_) | Strategy::Cost | Strategy::ListSize => {}
        }
        self.hint_different(coordinate, name, applications, Code::MergedNonRepeatableDirectiveArguments);
        let arguments = match strategy {
            Strategy::Conjunction(argument) => vec![(argument, conjunction(argument, &distinct))],
            Strategy::Cost => vec![("weight", largest("weight", &distinct))],
            _ => list_size(&distinct),
        };
        let arguments = arguments
            .into_iter()
            .filter_map(|(name, value)| {
                let name = Name::new_static(name).expect("specified arguments have valid names");
                Some(Node::new(ast::Argument { name, value: Node::new(value?) }))
            })
            .collect();
        vec![Node::new(Directive { name: bare(name), arguments })]
    }

    /// `@join__directive(graphs: [A], name: "federation__cacheTag", args: {...})`, once per set of arguments.
    fn joined(&self, name: &Name, distinct: &[&Directive], applications: &[Application<'_>]) -> Vec<Node<Directive>> {
        let argument = |name: &'static str, value: Value| {
            let name = Name::new_static(name).expect("arguments of @join__directive have valid names");
            Node::new(ast::Argument { name, value: Node::new(value) })
        };
        distinct
            .iter()
            .map(|one| {
                let graphs = applications
                    .iter()
                    .filter(|(_, other)| same(other, one))
                    .filter_map(|(subgraph, _)| self.sources.subgraph_named(&subgraph.name))
                    .map(|id| Node::new(Value::Enum(self.supergraph.subgraph(id).graph.clone())))
                    .collect();
                let args = without_places(one)
                    .arguments
                    .iter()
                    .map(|argument| (argument.name.clone(), argument.value.clone()))
                    .collect();
                Node::new(Directive {
                    name: Name::new_static("join__directive").expect("a valid name"),
                    arguments: vec![
                        argument("graphs", Value::List(graphs)),
                        argument("name", Value::String(format!("federation__{name}"))),
                        argument("args", Value::Object(args)),
                    ],
                })
            })
            .collect()
    }

    fn hint_different(&mut self, coordinate: &str, name: &Name, applications: &[Application<'_>], code: Code) {
        let outcome = match code {
            Code::MergedNonRepeatableDirectiveArguments => "they are put together",
            _ => "the most frequent one is used",
        };
        let hint = Diagnostic::hint(
            code,
            format!("@{name} is applied to \"{coordinate}\" with different arguments: {outcome}"),
        );
        let hint = applications.iter().fold(hint, |hint, (subgraph, directive)| {
            hint.at_opt(subgraph.span(directive.location()), format!("in \"{}\"", subgraph.name))
        });
        self.findings.hint(hint.help("use the same arguments in every subgraph"));
    }
}

/// The values that `@fromContext` fills arguments with, as `contextArguments` of a `@join__field`.
pub fn context_arguments(source: &FieldSource<'_>) -> Option<Node<Value>> {
    let entries: Vec<Node<Value>> = source
        .field
        .arguments
        .iter()
        .filter_map(|argument| {
            let applied = argument.directives.get("fromContext")?;
            let text = applied.specified_argument_by_name("field")?.as_str()?.trim();
            let text = text.strip_prefix('$')?;
            let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
            let (context, selection) = text.split_at(end);
            let entry = |name: &'static str, value: String| {
                (Name::new_static(name).expect("a valid name"), Node::new(Value::String(value)))
            };
            Some(Node::new(Value::Object(vec![
                entry("context", format!("{}__{context}", source.subgraph().name)),
                entry("name", argument.name.to_string()),
                entry("type", argument.ty.to_string()),
                entry("selection", format!(" {}", selection.trim())),
            ])))
        })
        .collect();
    (!entries.is_empty()).then(|| Node::new(Value::List(entries)))
}

/// The application as the supergraph has it: a context's name is its subgraph's own.
fn in_supergraph(subgraph: &Subgraph, directive: &Node<Directive>) -> Node<Directive> {
    if directive.name != "context" {
        return directive.clone();
    }
    let mut directive = directive.clone();
    for argument in &mut directive.make_mut().arguments {
        if let Some(name) = argument.value.as_str() {
            let name = format!("{}__{name}", subgraph.name);
            argument.make_mut().value = Node::new(Value::String(name));
        }
    }
    directive
}

fn distinct<'d>(applications: &'d [Application<'_>]) -> Vec<&'d Directive> {
    let mut distinct: Vec<&Directive> = Vec::new();
    for (_, application) in applications {
        if !distinct.iter().any(|other| same(other, application)) {
            distinct.push(application);
        }
    }
    distinct
}

/// Equality but for the order of arguments.
fn same(a: &Directive, b: &Directive) -> bool {
    a.arguments.len() == b.arguments.len()
        && a.arguments.iter().all(|argument| {
            b.arguments.iter().any(|other| {
                argument.name == other.name && super::default_value::same_value(&argument.value, &other.value)
            })
        })
}

fn without_places(directive: &Directive) -> Directive {
    Directive {
        name: bare(&directive.name),
        arguments: directive
            .arguments
            .iter()
            .map(|argument| {
                Node::new(ast::Argument {
                    name: bare(&argument.name),
                    value: Node::new(super::default_value::without_places(&argument.value)),
                })
            })
            .collect(),
    }
}

/// Lists of alternatives, each a list of what must hold: the conjunction has one alternative per choice of one of
/// each.
fn conjunction(argument: &str, applications: &[&Directive]) -> Option<Value> {
    let mut all: Vec<Vec<String>> = vec![Vec::new()];
    for application in applications {
        let alternatives = application.specified_argument_by_name(argument)?.as_list()?;
        let mut next = Vec::new();
        for before in &all {
            for alternative in alternatives {
                let mut together = before.clone();
                together.extend(alternative.as_list()?.iter().filter_map(|item| item.as_str().map(str::to_owned)));
                together.sort();
                together.dedup();
                next.push(together);
            }
        }
        next.sort();
        next.dedup();
        all = without_supersets(next);
    }
    let alternatives = all
        .into_iter()
        .map(|alternative| {
            Node::new(Value::List(alternative.into_iter().map(|item| Node::new(Value::String(item))).collect()))
        })
        .collect();
    Some(Value::List(alternatives))
}

/// An alternative that asks for more than another one adds nothing.
fn without_supersets(alternatives: Vec<Vec<String>>) -> Vec<Vec<String>> {
    let is_within = |small: &[String], large: &[String]| small.iter().all(|item| large.contains(item));
    alternatives
        .iter()
        .filter(|one| !alternatives.iter().any(|other| other.len() < one.len() && is_within(other, one)))
        .cloned()
        .collect()
}

fn largest(argument: &str, applications: &[&Directive]) -> Option<Value> {
    applications
        .iter()
        .filter_map(|application| application.specified_argument_by_name(argument))
        .filter_map(|value| Some((value.to_i32()?, value)))
        .max_by_key(|(number, _)| *number)
        .map(|(_, value)| (**value).clone())
}

fn list_size(applications: &[&Directive]) -> Vec<(&'static str, Option<Value>)> {
    let union = |argument: &str| {
        let mut items: Vec<&Node<Value>> = Vec::new();
        for application in applications {
            for item in
                application.specified_argument_by_name(argument).and_then(|value| value.as_list()).into_iter().flatten()
            {
                if !items.contains(&item) {
                    items.push(item);
                }
            }
        }
        (!items.is_empty()).then(|| {
            Value::List(items.into_iter().map(|item| Node::new(super::default_value::without_places(item))).collect())
        })
    };
    // The strictest wins, and true is the default.
    let one = applications.iter().all(|application| {
        application
            .specified_argument_by_name("requireOneSlicingArgument")
            .is_none_or(|value| value.to_bool() != Some(false))
    });
    vec![
        ("assumedSize", largest("assumedSize", applications)),
        ("slicingArguments", union("slicingArguments")),
        ("sizedFields", union("sizedFields")),
        ("requireOneSlicingArgument", Some(Value::Boolean(one))),
    ]
}
