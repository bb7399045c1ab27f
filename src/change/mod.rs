//! What changed between two versions of a graph, as its clients see it: two [`Supergraph`]s in, a list of
//! [`Change`]s out, each by one rule with a stable code.
//!
//! 1. both API schemas are made ([`supergraph::api_document`]): what is `@inaccessible` changes unseen;
//! 2. `schema` pairs their types and directives by name, and the kinds are compared: `members` (fields, enum
//!    values, interfaces, unions), `input` (arguments and input fields), `element` (descriptions, deprecation);
//! 3. the changes are sorted: breaking ones first, then by coordinate.
//!
//! **Variance.** What clients read may become narrower and what they give may become wider: an output made
//! non-null and an input made nullable are safe, the other way round breaks. Another named type always breaks:
//! also from an interface to one of its objects, since fragments on the others no longer fit there.
//!
//! **Usage.** [`Change::used_as`] names the schema coordinates by which an operation that the change can break is
//! known in recorded usage: of a removed field itself, of an argument that became required the field it belongs
//! to. So "who breaks" is a plain comparison of strings. Usage names every type that an operation touches, too
//! (`Media`), since that is all that one that asks for `... on Book` inside of it has to do with a union.
//!
//! | code | criticality | when |
//! |---|---|---|
//! | `TYPE_REMOVED` | breaking | a type is gone |
//! | `TYPE_KIND_CHANGED` | breaking | a type became another kind of type |
//! | `TYPE_ADDED` | safe | a type is new |
//! | `ROOT_TYPE_REMOVED` | breaking | queries, mutations or subscriptions can no longer be asked |
//! | `ROOT_TYPE_CHANGED` | breaking | they start at another type |
//! | `ROOT_TYPE_ADDED` | safe | they can be asked now |
//! | `FIELD_REMOVED` | breaking | a field of an object or interface is gone |
//! | `FIELD_TYPE_CHANGED` | breaking | a field gives another type, or may be null now |
//! | `FIELD_TYPE_NARROWED` | safe | a field, or items of its list, can no longer be null |
//! | `FIELD_ADDED` | safe | a field is new |
//! | `ARG_REMOVED` | breaking | an argument of a field or directive is gone |
//! | `ARG_TYPE_CHANGED` | breaking | an argument takes another type, or must not be null now |
//! | `ARG_MADE_REQUIRED` | breaking | an argument lost the default that let clients leave it out |
//! | `ARG_TYPE_WIDENED` | safe | an argument may be null now |
//! | `REQUIRED_ARG_ADDED` | breaking | a new argument must be given |
//! | `OPTIONAL_ARG_ADDED` | safe | a new argument may be given |
//! | `INPUT_FIELD_REMOVED` | breaking | a field of an input object is gone |
//! | `INPUT_FIELD_TYPE_CHANGED` | breaking | it takes another type, or must not be null now |
//! | `INPUT_FIELD_MADE_REQUIRED` | breaking | it lost the default that let clients leave it out |
//! | `INPUT_FIELD_TYPE_WIDENED` | safe | it may be null now |
//! | `REQUIRED_INPUT_FIELD_ADDED` | breaking | a new one must be given |
//! | `OPTIONAL_INPUT_FIELD_ADDED` | safe | a new one may be given |
//! | `DEFAULT_CHANGED` | dangerous | what an argument or input field means when left out |
//! | `ONE_OF_ADDED` | breaking | an input object takes exactly one of its fields now |
//! | `ONE_OF_REMOVED` | safe | an input object takes any of its fields now |
//! | `ENUM_VALUE_REMOVED` | breaking | a value of an enum is gone |
//! | `ENUM_VALUE_ADDED` | dangerous | clients may get a value that they do not know |
//! | `IMPLEMENTATION_REMOVED` | breaking | a type no longer implements an interface |
//! | `IMPLEMENTATION_ADDED` | dangerous | an interface may be a type that clients do not know there |
//! | `UNION_MEMBER_REMOVED` | breaking | a union can no longer be that type |
//! | `UNION_MEMBER_ADDED` | dangerous | a union may be a type that clients do not know there |
//! | `DIRECTIVE_REMOVED` | breaking | operations can no longer apply a directive |
//! | `DIRECTIVE_LOCATION_REMOVED` | breaking | not at that place any more |
//! | `DIRECTIVE_REPEATABLE_REMOVED` | breaking | not twice at one place any more |
//! | `DIRECTIVE_ADDED` | safe | operations can apply it now |
//! | `DIRECTIVE_LOCATION_ADDED` | safe | at one more place |
//! | `DIRECTIVE_REPEATABLE_ADDED` | safe | several times at one place |
//! | `SPECIFIED_BY_CHANGED` | dangerous | a scalar is written by another specification |
//! | `DEPRECATION_ADDED` | safe | somebody wants clients to move on |
//! | `DEPRECATION_REMOVED` | safe | or not any more |
//! | `DEPRECATION_REASON_CHANGED` | safe | the advice reads differently |
//! | `DESCRIPTION_CHANGED` | safe | the words of a type, field, argument, value or directive |

mod element;
mod input;
mod members;
mod rule;
mod schema;
mod variance;

pub use rule::{Criticality, Rule};

use crate::diagnostic::Diagnostic;
use crate::supergraph::{self, Supergraph};
use schema::ApiSchema;
use std::fmt;

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What kind of difference; its code and how bad it is.
    pub rule: Rule,
    /// Where: the schema coordinate of what changed, such as `Product.reviews(first:)`.
    pub coordinate: String,
    /// What is different, in a sentence without a full stop.
    pub message: String,
    /// The coordinates in recorded usage of the operations that it concerns; none when it concerns nobody.
    pub used_as: Vec<String>,
}

impl Change {
    /// How bad it is.
    pub fn criticality(&self) -> Criticality {
        self.rule.criticality()
    }
}

/// `breaking[FIELD_REMOVED]: the field Product.price was removed`.
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}[{}]: {}", self.criticality(), self.rule, self.message)
    }
}

/// What clients see differently in `new`: breaking changes first, then dangerous, then safe ones, each by coordinate.
///
/// # Errors
/// When one of them has no schema for clients, which nothing that composes has.
pub fn compare(old: &Supergraph, new: &Supergraph) -> Result<Vec<Change>, Vec<Diagnostic>> {
    let (old, new) = (supergraph::api_document(old)?, supergraph::api_document(new)?);
    let mut changes = Changes::default();
    schema::compare(&ApiSchema::of(&old), &ApiSchema::of(&new), &mut changes);
    let mut changes = changes.0;
    changes.sort_by(|a, b| order(a).cmp(&order(b)));
    Ok(changes)
}

fn order(change: &Change) -> (Criticality, &str, Rule, &str) {
    (change.criticality(), &change.coordinate, change.rule, &change.message)
}

/// What was found so far.
#[derive(Default)]
struct Changes(Vec<Change>);

impl Changes {
    /// Notes a change that concerns whoever uses the coordinate itself.
    fn at(&mut self, rule: Rule, coordinate: &str, message: String) {
        self.add(rule, coordinate, vec![coordinate.to_owned()], message);
    }

    /// Notes a change that concerns whoever uses one of `used_as`.
    fn add(&mut self, rule: Rule, coordinate: &str, used_as: Vec<String>, message: String) {
        // Nobody is harmed by what is safe, so nobody needs to be looked for.
        let used_as = if rule.criticality() == Criticality::Safe { Vec::new() } else { used_as };
        self.0.push(Change { rule, coordinate: coordinate.to_owned(), message, used_as });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_lists_every_rule_once_as_it_is() {
        let rows = include_str!("mod.rs").lines().filter_map(|line| line.strip_prefix("//! | `"));
        let listed: Vec<String> = rows.map(|row| row.split(" | ").take(2).collect::<Vec<_>>().join(" ")).collect();
        let rules = Rule::ALL.iter().map(|rule| format!("{rule}` {}", rule.criticality()));
        assert_eq!(listed, rules.collect::<Vec<_>>());
    }
}
