//! A rule: what claims must hold for somebody to see something.
//!
//! A rule is a list of clauses, all of which must hold; a clause is a list of alternatives, one of which must; an
//! alternative is a list of demands, all of which must be met. Each directive is one clause, so rules are joined
//! by putting their clauses together, and nothing is multiplied out.

use super::Claims;
use apollo_compiler::Node;
use apollo_compiler::ast::{Directive, Value};
use std::collections::BTreeSet;
use std::fmt;

/// See the module's documentation. A rule without clauses holds for everybody.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Rule {
    /// Sorted, each once.
    all: Vec<Clause>,
}

/// One of its alternatives holds. Without alternatives it never does.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Clause {
    /// Sorted, none of which asks for all that another one asks for.
    any: Vec<Vec<Demand>>,
}

/// Something that claims have or have not.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Demand {
    /// Somebody has proved who they are.
    Authenticated,
    /// They were given this scope.
    Scope(Box<str>),
    /// This policy is granted to them.
    Policy(Box<str>),
}

/// Clauses that a rule made of alternatives may have; more are given up.
const MOST_CLAUSES: usize = 64;
/// Alternatives that are looked at to see whether rules imply another one.
const MOST_ALTERNATIVES: usize = 4096;

impl Rule {
    /// What `@authenticated` asks for.
    pub fn authenticated() -> Self {
        Self { all: vec![Clause::new(vec![vec![Demand::Authenticated]])] }
    }

    /// What `@requiresScopes(scopes:)` or `@policy(policies:)` asks for: one of the lists, whole. What is no list
    /// of lists of strings, even after coercion, is asked for in vain.
    pub fn of_lists(directive: &Directive, argument: &str, demand: fn(Box<str>) -> Demand) -> Self {
        let lists = directive.specified_argument_by_name(argument).and_then(lists);
        let any = lists.unwrap_or_default().into_iter();
        Self { all: vec![Clause::new(any.map(|all| all.into_iter().map(demand).collect()).collect())] }
    }

    /// Whether everybody meets it.
    pub fn is_open(&self) -> bool {
        self.all.is_empty()
    }

    /// Asks for all that `other` asks for too.
    pub fn add(&mut self, other: &Self) {
        self.all.extend(other.all.iter().cloned());
        self.all.sort();
        self.all.dedup();
    }

    /// What is asked for where either will do; nothing when that is too much to say.
    pub fn or(&self, other: &Self) -> Option<Self> {
        if self == other {
            return Some(self.clone());
        }
        if self.all.len() * other.all.len() > MOST_CLAUSES {
            return None;
        }
        let pairs = self.all.iter().flat_map(|one| other.all.iter().map(move |two| one.or(two)));
        let mut all: Vec<Clause> = pairs.collect();
        all.sort();
        all.dedup();
        Some(Self { all })
    }

    /// What this rule asks for and `others` together do not: who meets them all may not meet this one. When it is
    /// too much work to find out, they are taken not to.
    pub fn beyond(&self, others: &[&Self]) -> Self {
        let theirs: BTreeSet<&Clause> = others.iter().flat_map(|other| &other.all).collect();
        let all = self.all.iter().filter(|clause| !clause.is_implied(&theirs)).cloned().collect();
        Self { all }
    }

    /// Whether it holds for somebody; `granted` says which policies are granted to them.
    pub fn holds(&self, claims: &Claims, granted: &dyn Fn(&str) -> bool) -> bool {
        let met = |demand: &Demand| match demand {
            Demand::Authenticated => claims.is_authenticated(),
            Demand::Scope(scope) => claims.has_scope(scope),
            Demand::Policy(policy) => granted(policy),
        };
        self.all.iter().all(|clause| clause.any.iter().any(|all| all.iter().all(met)))
    }

    /// The policies that it asks about.
    pub fn policies(&self) -> impl Iterator<Item = &str> {
        let demands = self.all.iter().flat_map(|clause| &clause.any).flatten();
        demands.filter_map(|demand| if let Demand::Policy(policy) = demand { Some(&**policy) } else { None })
    }
}

impl Clause {
    fn new(any: Vec<Vec<Demand>>) -> Self {
        let any: BTreeSet<Vec<Demand>> =
            any.into_iter().map(|all| all.into_iter().collect::<BTreeSet<Demand>>().into_iter().collect()).collect();
        let weakest = |one: &&Vec<Demand>| !any.iter().any(|other| other != *one && asks_for(one, other));
        Self { any: any.iter().filter(weakest).cloned().collect() }
    }

    fn or(&self, other: &Self) -> Self {
        Self::new(self.any.iter().chain(&other.any).cloned().collect())
    }

    /// Whether whoever meets all of `others` meets this one. Only clauses about the same kind of things can say so.
    fn is_implied(&self, others: &BTreeSet<&Self>) -> bool {
        let mut met: Vec<Vec<Demand>> = vec![Vec::new()];
        for other in others.iter().filter(|other| other.is_about_the_same(self)) {
            if met.len().saturating_mul(other.any.len()) > MOST_ALTERNATIVES {
                return false;
            }
            let both = |one: &Vec<Demand>, two: &Vec<Demand>| one.iter().chain(two).cloned().collect();
            met = met.iter().flat_map(|one| other.any.iter().map(move |two| both(one, two))).collect();
        }
        met.iter().all(|met| self.any.iter().any(|all| asks_for(met, all)))
    }

    fn is_about_the_same(&self, other: &Self) -> bool {
        let kinds = |clause: &Self| -> Vec<std::mem::Discriminant<Demand>> {
            clause.any.iter().flatten().map(std::mem::discriminant).collect()
        };
        let theirs = kinds(other);
        kinds(self).iter().all(|kind| theirs.contains(kind))
    }
}

/// Whether all that `less` asks for is in `more`.
fn asks_for(more: &[Demand], less: &[Demand]) -> bool {
    less.iter().all(|demand| more.contains(demand))
}

/// A list of lists of strings; by the rules of input coercion a single item stands for a list of it.
fn lists(value: &Node<Value>) -> Option<Vec<Vec<Box<str>>>> {
    match &**value {
        Value::List(items) => items.iter().map(|item| strings(item)).collect(),
        single => Some(vec![vec![string(single)?]]),
    }
}

fn strings(value: &Value) -> Option<Vec<Box<str>>> {
    match value {
        Value::List(items) => items.iter().map(|item| string(item)).collect(),
        single => Some(vec![string(single)?]),
    }
}

fn string(value: &Value) -> Option<Box<str>> {
    value.as_str().map(Into::into)
}

/// `authenticated, scope a and scope b or scope c, policy p`: commas join what must all hold.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let clauses: Vec<String> = self.all.iter().map(ToString::to_string).collect();
        f.write_str(&clauses.join(", "))
    }
}

impl fmt::Display for Clause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = |all: &Vec<Demand>| all.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and ");
        match self.any.is_empty() {
            true => f.write_str("never"),
            false => f.write_str(&self.any.iter().map(all).collect::<Vec<_>>().join(" or ")),
        }
    }
}

impl fmt::Display for Demand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Authenticated => f.write_str("authenticated"),
            Self::Scope(scope) => write!(f, "scope {scope}"),
            Self::Policy(policy) => write!(f, "policy {policy}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Credential;

    fn scopes(lists: &[&[&str]]) -> Rule {
        let all = |all: &&[&str]| all.iter().map(|scope| Demand::Scope((*scope).into())).collect();
        Rule { all: vec![Clause::new(lists.iter().map(all).collect())] }
    }

    fn holds(rule: &Rule, given: &[&str]) -> bool {
        let credential = Credential::Key { id: "k".into() };
        let given = given.iter().map(|scope| (*scope).into()).collect();
        rule.holds(&Claims::new(credential, None, given, serde_json::Map::new()), &|_| false)
    }

    #[test]
    fn alternatives_are_whole_lists() {
        let rule = scopes(&[&["a", "b"], &["c"]]);
        assert!(holds(&rule, &["a", "b"]) && holds(&rule, &["c"]) && !holds(&rule, &["a"]) && !holds(&rule, &[]));
        assert!(!holds(&scopes(&[]), &["a"]), "a choice of nothing is met by nobody");
        assert!(!Rule::authenticated().holds(&Claims::anonymous(), &|_| true));
    }

    #[test]
    fn an_alternative_that_asks_for_more_than_another_goes() {
        assert_eq!(scopes(&[&["a", "b"], &["a"]]), scopes(&[&["a"]]));
        assert_eq!(scopes(&[&["b", "a", "b"]]).to_string(), "scope a and scope b");
    }

    #[test]
    fn what_composition_gathers_on_an_interface_is_implied() {
        let (a, b) = (scopes(&[&["a"], &["x"]]), scopes(&[&["b"]]));
        let both = scopes(&[&["a", "b"], &["x", "b"]]);
        assert!(both.beyond(&[&a, &b]).is_open());
        assert_eq!(both.beyond(&[&a]), both);
        assert_eq!(scopes(&[&["c"]]).beyond(&[&a, &b]), scopes(&[&["c"]]));
        assert_eq!(Rule::authenticated().beyond(&[&a, &b]), Rule::authenticated());
        assert_eq!(scopes(&[&["a"]]).beyond(&[]), scopes(&[&["a"]]));
    }

    #[test]
    fn either_of_two_rules_will_do() {
        let mut one = Rule::authenticated();
        one.add(&scopes(&[&["a"]]));
        let either = one.or(&scopes(&[&["b"]])).unwrap();
        assert!(holds(&either, &["a"]) && holds(&either, &["b"]) && !holds(&either, &[]));
        assert!(one.or(&Rule::default()).unwrap().is_open());
    }
}
