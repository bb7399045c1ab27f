//! Header rules, which every gateway writes its own way.
//!
//! Weft's are a list of `propagate`, `insert` and `remove`. A rule that none of them says is the reason that the list as
//! a whole is not carried: to leave out one rule of several would send subgraphs other headers than before.

use super::carry::table;
use super::tree::Node;

/// What a list is made of, or why it is not.
type Made = Result<Node, String>;

fn each(list: &Node, known: &[&str], rules: impl Fn(&Node) -> Result<Vec<Node>, String>) -> Made {
    if let Some(other) = list.elements().iter().find_map(|element| unknown(element, known)) {
        return Err(format!(
            "Weft's rules have no \"{other}\": write what is meant as propagate, insert and remove, one header each"
        ));
    }
    let made: Result<Vec<Vec<Node>>, String> = list.elements().iter().map(rules).collect();
    Ok(Node::List(made?.concat()))
}

/// A key of a rule, or of the table that a rule's name leads to, that says more than Weft's rules can.
fn unknown<'n>(element: &'n Node, known: &[&str]) -> Option<&'n str> {
    element.entries().iter().find_map(|entry| match known.contains(&&*entry.key) {
        true => unknown(&entry.value, known),
        false => Some(&*entry.key),
    })
}

/// One rule of Weft's: its kind, and the keys of the other gateway with Weft's names for them.
fn rule(kind: &'static str, from: &Node, keys: &[(&str, &'static str)]) -> Node {
    let value = |&(theirs, ours): &(&str, &'static str)| Some((ours, from.get(theirs)?.clone()));
    table([(kind, table(keys.iter().filter_map(value)))])
}

/// A rule for each name, where several may stand in one.
fn for_each_name(kind: &'static str, from: &Node, keys: &[(&str, &'static str)]) -> Vec<Node> {
    let Some(Node::List(names)) = from.get("named") else { return vec![rule(kind, from, keys)] };
    let one = |name: &Node| {
        let rest = from.entries().iter().filter(|entry| entry.key != "named").cloned();
        let named = super::tree::Entry { key: "named".to_owned(), place: 0..0, value: name.clone() };
        rule(kind, &Node::Map(std::iter::once(named).chain(rest).collect()), keys)
    };
    names.iter().map(one).collect()
}

/// `- propagate: {named: [a, b]}`.
pub(super) fn from_hive(list: &Node) -> Made {
    let known = ["propagate", "insert", "remove", "named", "matching", "rename", "default", "name", "value"];
    each(list, &known, |element| {
        let [entry] = element.entries() else { return Err("a rule is one of propagate, insert and remove".to_owned()) };
        let given = &entry.value;
        let keys = [("named", "named"), ("matching", "matching"), ("rename", "rename"), ("default", "default")];
        match entry.key.as_str() {
            "propagate" => Ok(for_each_name("propagate", given, &keys)),
            "insert" => Ok(vec![rule("insert", given, &[("name", "name"), ("value", "value")])]),
            "remove" => Ok(for_each_name("remove", given, &keys[..2])),
            other => Err(format!("there is no rule \"{other}\"")),
        }
    })
}

/// `- op: propagate`.
pub(super) fn from_cosmo(list: &Node) -> Made {
    let known = ["op", "named", "matching", "rename", "default", "name", "value"];
    each(list, &known, |element| match element.get("op").and_then(Node::text) {
        Some("propagate") => {
            let keys = [("named", "named"), ("matching", "matching"), ("rename", "rename"), ("default", "default")];
            Ok(vec![rule("propagate", element, &keys)])
        }
        Some("set") => Ok(vec![rule("insert", element, &[("name", "name"), ("value", "value")])]),
        _ => Err("a rule is propagate or set".to_owned()),
    })
}

/// `[[headers]]` with `rule = "forward"`.
pub(super) fn from_grafbase(list: &Node) -> Made {
    let named = [("name", "named"), ("pattern", "matching")];
    let known = ["rule", "name", "pattern", "rename", "default", "value"];
    each(list, &known, |element| match element.get("rule").and_then(Node::text) {
        Some("forward") => {
            let keys = [named[0], named[1], ("rename", "rename"), ("default", "default")];
            Ok(vec![rule("propagate", element, &keys)])
        }
        Some("insert") => Ok(vec![rule("insert", element, &[("name", "name"), ("value", "value")])]),
        Some("remove") => Ok(vec![rule("remove", element, &named)]),
        Some(other) => Err(format!("there is no rule \"{other}\"")),
        None => Err("a rule says which it is".to_owned()),
    })
}
