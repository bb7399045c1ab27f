//! The variables of one request: a JSON object's text -> coerced values, each as JSON, ready to be
//! copied into subgraph requests (`CoerceVariableValues`, section 6.1.2 of the GraphQL specification).
//!
//! The text is read once, driven by the types of the variables ([`coerce`]), and written as it is read:
//! no tree of values is built, and what custom scalars hold is copied as it came, so that long numbers
//! keep their digits. Variables that are not declared are skipped. All that is wrong is told, up to a
//! bound, with the place inside the value.

mod coerce;
mod literal;

use super::limits::too_many_list_items;
use super::refusal::{ClientError, Refusal};
use crate::operation::Variables;
use apollo_compiler::ast::VariableDefinition;
use apollo_compiler::{Node, Schema};
use bytes::Bytes;
use coerce::{Coercion, Value};
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use std::fmt;

/// The code of every error about a value.
const CODE: &str = "VALIDATION_INVALID_TYPE_VARIABLE";

/// Coerces the `variables` member of a request to what an operation declares.
pub fn coerce(
    schema: &Schema,
    declared: &[Node<VariableDefinition>],
    given: Option<&str>,
    max_list_items: usize,
) -> Result<Variables, Refusal> {
    let mut coercion = Coercion::new(schema, max_list_items);
    let values = vec![None; declared.len()];
    let mut reading = Reading { coercion: &mut coercion, declared, values };
    let read = match given {
        None => Ok(()),
        Some(text) => {
            let mut deserializer = serde_json::Deserializer::from_str(text);
            deserializer.deserialize_map(&mut reading)
        }
    };
    let mut values = std::mem::take(&mut reading.values);
    if coercion.has_too_many_items() {
        return Err(Refusal::request(too_many_list_items(max_list_items)));
    }
    if let Err(error) = read {
        coercion.report(format!("the variables cannot be read: {error}"));
    } else {
        fill_in(&mut coercion, declared, &mut values);
    }
    let errors = coercion.into_errors();
    if errors.is_empty() {
        return Ok(Variables::new(values));
    }
    Err(Refusal::of_document(errors.into_iter().map(|message| ClientError::new(CODE, message)).collect()))
}

/// Gives variables without a value their default, and reports those that must have one.
fn fill_in(coercion: &mut Coercion<'_>, declared: &[Node<VariableDefinition>], values: &mut [Option<Bytes>]) {
    for (variable, value) in declared.iter().zip(values) {
        match (&*value, &variable.default_value) {
            (Some(_), _) => {}
            (None, Some(default)) => {
                let mut out = Vec::new();
                literal::write(coercion.schema, &variable.ty, default, &mut out);
                *value = Some(out.into());
            }
            (None, None) if variable.ty.is_non_null() => {
                coercion.report(format!("${} of type {} has no value", variable.name, variable.ty));
            }
            (None, None) => {}
        }
    }
}

/// Reads the object of all variables.
struct Reading<'a, 's> {
    coercion: &'a mut Coercion<'s>,
    declared: &'a [Node<VariableDefinition>],
    /// In the order of `declared`.
    values: Vec<Option<Bytes>>,
}

impl<'de> Visitor<'de> for &mut Reading<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key_seed(coerce::Key)? {
            let Some(index) = self.declared.iter().position(|variable| variable.name == *name) else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            if self.values[index].is_some() {
                return Err(A::Error::custom(format_args!("${name} is given twice")));
            }
            self.coercion.begin(&name);
            map.next_value_seed(Value { coercion: self.coercion, ty: &self.declared[index].ty })?;
            self.values[index] = Some(self.coercion.take());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use apollo_compiler::ExecutableDocument;

    const SCHEMA: &str = "
        type Query { a(i: Int, f: Float, s: String, b: Boolean, d: ID, e: E, o: O, l: [[Int!]], x: Any, y: [Any], u: U): Int }
        enum E { RED GREEN }
        input O { name: String!, size: Int! = 3, kind: E = GREEN, more: [O!], tags: [String!] = \"t\" }
        input U @oneOf { a: Int b: String }
        scalar Any
        directive @oneOf on INPUT_OBJECT
    ";

    /// The values by variable, or the errors, as text.
    fn coerced(variables: &str, given: &str) -> String {
        let schema = Schema::parse_and_validate(SCHEMA, "schema").unwrap();
        let query = format!("query({variables}) {{ a }}");
        let document = ExecutableDocument::parse(&schema, query, "query").unwrap();
        let declared = &document.operations.anonymous.as_ref().unwrap().variables;
        match coerce(&schema, declared, Some(given), 20) {
            Ok(values) => (0..declared.len() as u32)
                .map(|id| values.json(crate::operation::VariableId(id)))
                .map(|json| json.map_or("-".into(), |json| String::from_utf8_lossy(json).into_owned()))
                .collect::<Vec<_>>()
                .join(" "),
            Err(refusal) => refusal.errors.iter().map(|error| error.message.as_str()).collect::<Vec<_>>().join("\n"),
        }
    }

    #[test]
    fn values_that_fit_are_written_as_they_came() {
        for (variables, given, expected) in [
            ("$i: Int, $f: Float!, $s: String", r#"{"i": -5, "f": 1, "s": "\u00e9\n"}"#, r#"-5 1 "é\n""#),
            ("$b: Boolean!, $d: ID, $e: E", r#"{"b":true,"d":7,"e":"RED","unknown":[1]}"#, r#"true 7 "RED""#),
            ("$d: ID", r#"{"d":"7"}"#, r#""7""#),
            ("$i: Int", r#"{"i":null}"#, "null"),
            ("$i: Int", "{}", "-"),
            ("$i: Int = 4", r#"{"i":null}"#, "null"),
            ("$i: Int = 4", "{}", "4"),
            ("$l: [[Int!]]", r#"{"l":1}"#, "[[1]]"),
            ("$l: [[Int!]]", r#"{"l":[1,[2,3],null]}"#, "[[1],[2,3],null]"),
            ("$l: [[Int!]] = 1", "{}", "[[1]]"),
            (
                "$x: Any",
                r#"{"x":{"n": 123456789012345678901234567890.10}}"#,
                r#"{"n": 123456789012345678901234567890.10}"#,
            ),
            ("$y: [Any]", r#"{"y":{"a": 1}}"#, r#"[{"a": 1}]"#),
            ("$y: [Any]", r#"{"y":[{"a": 1}, 2, null]}"#, r#"[{"a": 1},2,null]"#),
            ("$u: U", r#"{"u":{"a":1}}"#, r#"{"a":1}"#),
        ] {
            assert_eq!(coerced(variables, given), expected, "{variables} {given}");
        }
    }

    #[test]
    fn input_objects_get_their_defaults() {
        let expected = r#"{"name":"n","more":[{"name":"m","size":3,"kind":"GREEN","tags":["t"]}],"size":3,"kind":"GREEN","tags":["t"]}"#;
        assert_eq!(coerced("$o: O", r#"{"o":{"name":"n","more":{"name":"m"}}}"#), expected);
        assert_eq!(coerced("$o: O = {name: \"n\", more: {name: \"m\"}}", "{}"), expected);
    }

    #[test]
    fn all_that_does_not_fit_is_told_with_its_place() {
        let variables = "$i: Int, $o: O, $e: E!, $b: Boolean!, $u: U, $l: [[Int!]]";
        let given = r#"{"i":2147483648,"o":{"size":null,"kind":"BLUE","more":[{"name":1}],"x":0},"b":"true","u":{"a":1,"b":"x"},"l":[[1,null,1.5]]}"#;
        let expected = "\
$i must be Int, not 2147483648
$o.size must be Int!, not null
$o.kind must be E, not \"BLUE\"
$o.more[0].name must be String!, not 1
$o.x is no field of O
$o.name of type String! has no value
$b must be Boolean!, not \"true\"
$u must have exactly one field that is not null, for U is a @oneOf input object
$l[0][1] must be Int!, not null
$l[0][2] must be Int!, not 1.5
$e of type E! has no value";
        assert_eq!(coerced(variables, given), expected);
    }

    #[test]
    fn what_cannot_be_read_is_an_error() {
        assert_eq!(
            coerced("$i: Int", r#"{"i":1,"i":2}"#),
            "the variables cannot be read: $i is given twice at line 1 column 10"
        );
        let deep = format!(r#"{{"l":{}{}}}"#, "[".repeat(10_000), "]".repeat(10_000));
        assert_eq!(coerced("$l: [[Int!]]", &deep), "$l[0][0] must be Int!, not a list");
        let deep = format!(r#"{{"o":{}{}}}"#, r#"{"more":"#.repeat(10_000), "}".repeat(10_000));
        assert!(coerced("$o: O", &deep).contains("cannot be read: recursion limit exceeded"));
        let many = format!(r#"{{"l":[[{}]]}}"#, vec!["1"; 30].join(","));
        assert_eq!(coerced("$l: [[Int!]]", &many), "the variables have more than 20 list elements");
    }
}
