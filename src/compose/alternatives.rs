//! Alternatives of scopes or policies: who is let in satisfies one of them, that is, all that it lists. In the
//! words of logic a disjunction of conjunctions without negation; one that asks for more than another one adds
//! nothing, so it is left out.

use apollo_compiler::Node;
use apollo_compiler::ast::{Directive, Value};

/// Alternatives, each sorted, without those that ask for more than another one; sorted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alternatives(Vec<Vec<String>>);

/// More alternatives than anyone writes: their conjunction is one per choice, which multiplies.
const MOST: usize = 1_000;

impl Alternatives {
    /// What `directive` asks for in its argument.
    pub fn of(directive: &Directive, argument: &str) -> Option<Self> {
        let list = directive.specified_argument_by_name(argument)?.as_list()?;
        let alternatives = list
            .iter()
            .map(|alternative| {
                let items = alternative.as_list().unwrap_or_default();
                items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect()
            })
            .collect();
        Some(Self::new(alternatives))
    }

    fn new(mut alternatives: Vec<Vec<String>>) -> Self {
        for alternative in &mut alternatives {
            alternative.sort();
            alternative.dedup();
        }
        alternatives.sort();
        alternatives.dedup();
        let is_within = |small: &[String], large: &[String]| small.iter().all(|item| large.contains(item));
        let kept: Vec<Vec<String>> = alternatives
            .iter()
            .filter(|one| !alternatives.iter().any(|other| other.len() < one.len() && is_within(other, one)))
            .cloned()
            .collect();
        // No alternative at all asks for nothing, like one that lists nothing.
        if kept.is_empty() { Self::default() } else { Self(kept) }
    }

    /// What satisfies both; none when that has too many alternatives to be meant.
    pub fn and(&self, other: &Self) -> Option<Self> {
        if self.0.len() * other.0.len() > MOST {
            return None;
        }
        let both = self.0.iter().flat_map(|one| other.0.iter().map(move |two| [one.as_slice(), two].concat()));
        Some(Self::new(both.collect()))
    }

    /// Whether whoever satisfies these satisfies `other` too.
    pub fn imply(&self, other: &Self) -> bool {
        self.0.iter().all(|own| other.0.iter().any(|asked| asked.iter().all(|item| own.contains(item))))
    }

    /// `[["a", "b"], ["c"]]`.
    pub fn to_value(&self) -> Value {
        let text = |item: &String| Node::new(Value::String(item.clone()));
        let list = |alternative: &Vec<String>| Node::new(Value::List(alternative.iter().map(text).collect()));
        Value::List(self.0.iter().map(list).collect())
    }
}

/// Nothing is asked for.
impl Default for Alternatives {
    fn default() -> Self {
        Self(vec![Vec::new()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Alternatives {
        let split =
            |text: &str, by: char| text.split(by).filter(|s| !s.is_empty()).map(str::to_owned).collect::<Vec<_>>();
        Alternatives::new(split(text, '|').iter().map(|one| split(one, '&')).collect())
    }

    #[test]
    fn conjunction_keeps_what_is_not_covered() {
        assert_eq!(of("a&b|c").and(&of("a|d")), Some(of("a&b|a&c|c&d")));
        assert_eq!(of("").and(&of("a")), Some(of("a")));
    }

    #[test]
    fn more_implies_less() {
        assert!(of("a&b&c").imply(&of("a&b|d")));
        assert!(!of("a").imply(&of("a&b")));
        assert!(!of("a|x").imply(&of("a")));
        assert!(of("a").imply(&of("")));
        assert!(!of("").imply(&of("a")));
    }

    #[test]
    fn too_many_are_refused() {
        let many = of(&(0..40).map(|i| i.to_string()).collect::<Vec<_>>().join("|"));
        assert_eq!(many.and(&many), None);
    }
}
