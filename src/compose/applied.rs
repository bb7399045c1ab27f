//! Directives on elements: which reach the supergraph, and what becomes of several.
//!
//! Those that repeat are all kept, once each. Of those that do not, access rules add up (all must hold, see
//! `alternatives` and `access`), costs take the largest; for the others the most frequent application is kept,
//! with a hint. What holds for single subgraphs is no matter of merging: see `carried`.

use super::alternatives::Alternatives;
use super::cost;
use super::merge::{Merge, bare};
use super::sources::FieldSource;
use crate::diagnostic::Diagnostic;
use crate::subgraph::{Code, Subgraph};
use apollo_compiler::ast::{self, Directive, Value};
use apollo_compiler::{Name, Node};
use indexmap::IndexMap;
use std::collections::{HashMap, HashSet};

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
}

/// The directives that reach the supergraph.
pub struct Strategies {
    /// Those of specifications, whoever applies them.
    specified: HashMap<&'static str, Strategy>,
    /// Those that `@composeDirective` names, with the subgraphs that name them: the same name may mean
    /// something else elsewhere.
    composed: HashMap<String, (Strategy, HashSet<String>)>,
}

impl Default for Strategies {
    fn default() -> Self {
        let specified = HashMap::from([
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
        ]);
        Self { specified, composed: HashMap::new() }
    }
}

impl Strategies {
    /// Lets a directive that `subgraphs` compose reach the supergraph.
    pub fn compose(&mut self, name: &str, repeatable: bool, subgraphs: impl Iterator<Item = String>) {
        let strategy = if repeatable { Strategy::Repeat } else { Strategy::MostFrequent };
        self.composed.insert(name.to_owned(), (strategy, subgraphs.collect()));
    }

    fn get(&self, subgraph: &Subgraph, name: &str) -> Option<Strategy> {
        let composed = self.composed.get(name).filter(|(_, subgraphs)| subgraphs.contains(&subgraph.name));
        self.specified.get(name).copied().or(composed.map(|(strategy, _)| *strategy))
    }
}

/// One application, and who makes it.
pub type Application<'d> = (&'d Subgraph, Node<Directive>);

impl<'a> Merge<'a> {
    /// Merges what subgraphs apply to the element at `coordinate`.
    pub fn merge_applied<'d>(
        &mut self,
        coordinate: &str,
        given: impl Iterator<Item = (&'d Subgraph, &'d [Node<Directive>])>,
    ) -> Vec<Node<Directive>>
    where
        'a: 'd,
    {
        self.merge_applied_with(coordinate, given, Vec::new())
    }

    /// Merges what subgraphs apply to an element, and what it takes over from others.
    pub fn merge_applied_with<'d>(
        &mut self,
        coordinate: &str,
        given: impl Iterator<Item = (&'d Subgraph, &'d [Node<Directive>])>,
        inherited: Vec<Application<'a>>,
    ) -> Vec<Node<Directive>>
    where
        'a: 'd,
    {
        let mut by_name: IndexMap<Name, Applications<'d>> = IndexMap::new();
        for (subgraph, directives) in given {
            for directive in directives {
                if let Some(strategy) = self.strategies.get(subgraph, &directive.name) {
                    let directive = in_supergraph(subgraph, directive);
                    let all = by_name.entry(directive.name.clone()).or_insert_with(|| Applications::new(strategy));
                    all.own.push((subgraph, directive));
                }
            }
        }
        for (subgraph, directive) in inherited {
            let Some(strategy) = self.strategies.get(subgraph, &directive.name) else { continue };
            let all = by_name.entry(directive.name.clone()).or_insert_with(|| Applications::new(strategy));
            all.inherited.push((subgraph, directive));
        }
        let mut merged = Vec::new();
        for (name, applications) in by_name {
            let users = self.applied.entry(bare(&name)).or_default();
            users.extend(applications.own.iter().map(|(subgraph, _)| subgraph.name.clone()));
            merged.extend(self.merge_applications(coordinate, &name, &applications));
        }
        merged
    }

    fn merge_applications(
        &mut self,
        coordinate: &str,
        name: &Name,
        applications: &Applications<'_>,
    ) -> Vec<Node<Directive>> {
        let all: Vec<&Directive> =
            applications.own.iter().chain(&applications.inherited).map(|(_, directive)| &**directive).collect();
        let distinct = distinct(&all);
        let merged = |arguments: Vec<(&'static str, Option<Value>)>| {
            let arguments = arguments.into_iter().filter_map(|(name, value)| {
                let name = Name::new_static(name).expect("specified arguments have valid names");
                Some(Node::new(ast::Argument { name, value: Node::new(value?) }))
            });
            vec![Node::new(Directive { name: bare(name), arguments: arguments.collect() })]
        };
        match applications.strategy {
            Strategy::Repeat => distinct.into_iter().map(|one| Node::new(without_places(one))).collect(),
            _ if distinct.len() == 1 => vec![Node::new(without_places(distinct[0]))],
            Strategy::MostFrequent => {
                self.hint_different(coordinate, name, applications, Code::InconsistentNonRepeatableDirectiveArguments);
                let count = |one: &Directive| all.iter().filter(|other| same(other, one)).count();
                let most = distinct.iter().map(|one| count(one)).max().unwrap_or_default();
                let chosen = distinct.iter().find(|one| count(one) == most).unwrap_or(&distinct[0]);
                vec![Node::new(without_places(chosen))]
            }
            strategy => {
                self.hint_different(coordinate, name, applications, Code::MergedNonRepeatableDirectiveArguments);
                merged(match strategy {
                    Strategy::Conjunction(argument) => {
                        vec![(argument, self.conjunction(coordinate, argument, applications))]
                    }
                    Strategy::Cost => vec![("weight", cost::largest("weight", &distinct))],
                    _ => cost::list_size(&distinct),
                })
            }
        }
    }

    /// What satisfies all alternatives.
    fn conjunction(&mut self, coordinate: &str, argument: &str, applications: &Applications<'_>) -> Option<Value> {
        let all = applications.own.iter().chain(&applications.inherited);
        let mut together = Alternatives::default();
        for (_, directive) in all.clone() {
            let Some(alternatives) = Alternatives::of(directive, argument) else { continue };
            let Some(both) = together.and(&alternatives) else {
                let error = Diagnostic::error(
                    Code::UnsupportedFeature,
                    format!(
                        "The {argument} that all subgraphs together ask for on \"{coordinate}\" have too many alternatives"
                    ),
                );
                let error = all
                    .fold(error, |error, (subgraph, directive)| error.at_opt(subgraph.span(directive.location()), ""));
                self.findings.error(error.help("ask for the same in every subgraph"));
                return None;
            };
            together = both;
        }
        Some(together.to_value())
    }

    fn hint_different(&mut self, coordinate: &str, name: &Name, applications: &Applications<'_>, code: Code) {
        // What is taken over from elsewhere differs by nature.
        let own: Vec<&Directive> = applications.own.iter().map(|(_, directive)| &**directive).collect();
        if distinct(&own).len() < 2 {
            return;
        }
        let outcome = match code {
            Code::MergedNonRepeatableDirectiveArguments => "they are put together",
            _ => "the most frequent one is used",
        };
        let hint = Diagnostic::hint(
            code,
            format!("@{name} is applied to \"{coordinate}\" with different arguments: {outcome}"),
        );
        let hint = applications.own.iter().fold(hint, |hint, (subgraph, directive)| {
            hint.at_opt(subgraph.span(directive.location()), format!("in \"{}\"", subgraph.name))
        });
        self.findings.hint(hint.help("use the same arguments in every subgraph"));
    }
}

/// What a subgraph's context is called in the supergraph, where those of all subgraphs meet.
pub fn context_name(subgraph: &Subgraph, context: &str) -> String {
    format!("{}__{context}", subgraph.name)
}

/// The arguments that come from contexts, as `contextArguments` of a `@join__field`.
pub fn context_arguments(source: &FieldSource<'_>) -> Option<Node<Value>> {
    let entry = |name: &'static str, value: String| {
        (Name::new_static(name).expect("a valid name"), Node::new(Value::String(value)))
    };
    let entries: Vec<Node<Value>> = source
        .field
        .contextual
        .iter()
        .map(|contextual| {
            Node::new(Value::Object(vec![
                entry("context", context_name(source.subgraph(), &contextual.context)),
                entry("name", contextual.argument.name.to_string()),
                entry("type", contextual.argument.ty.to_string()),
                entry("selection", format!(" {}", contextual.selection_text())),
            ]))
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
            let name = context_name(subgraph, name);
            argument.make_mut().value = Node::new(Value::String(name));
        }
    }
    directive
}

/// The applications of one directive to one element.
struct Applications<'d> {
    strategy: Strategy,
    /// To the element itself.
    own: Vec<Application<'d>>,
    /// To others that it takes them over from.
    inherited: Vec<Application<'d>>,
}

impl Applications<'_> {
    fn new(strategy: Strategy) -> Self {
        Self { strategy, own: Vec::new(), inherited: Vec::new() }
    }
}

/// Each application once.
pub fn distinct<'d>(applications: &[&'d Directive]) -> Vec<&'d Directive> {
    let mut distinct: Vec<&Directive> = Vec::new();
    for application in applications {
        if !distinct.iter().any(|other| same(other, application)) {
            distinct.push(application);
        }
    }
    distinct
}

/// Equality but for the order of arguments.
pub fn same(a: &Directive, b: &Directive) -> bool {
    a.arguments.len() == b.arguments.len()
        && a.arguments.iter().all(|argument| {
            b.arguments.iter().any(|other| {
                argument.name == other.name && super::default_value::same_value(&argument.value, &other.value)
            })
        })
}

/// The application as it stands in no subgraph's text.
pub fn without_places(directive: &Directive) -> Directive {
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
