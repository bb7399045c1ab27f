//! What a service answers: any query over the [`graph`](super::graph), walked straight from its syntax tree.
//!
//! It runs once for each different request body; the bytes are kept by the service.

use super::graph::{self, Object, Value};
use apollo_compiler::Name;
use apollo_compiler::ast::{self, Definition, Selection};
use serde_json::{Map, Value as Json, json};
use std::collections::HashMap;

/// The JSON that answers a request body.
pub fn answer(body: &[u8]) -> Vec<u8> {
    let request: Json = serde_json::from_slice(body).expect("a gateway sends JSON");
    let query = request["query"].as_str().expect("a gateway sends a query");
    let document = ast::Document::parse(query, "request.graphql").expect("a gateway sends GraphQL");
    let mut fragments = HashMap::new();
    let mut operation = None;
    for definition in &document.definitions {
        match definition {
            Definition::OperationDefinition(found) => operation = Some(found),
            Definition::FragmentDefinition(fragment) => {
                fragments.insert(fragment.name.clone(), &*fragment.selection_set);
            }
            _ => {}
        }
    }
    let mut walk = Walk { variables: &request["variables"], fragments, errors: Vec::new(), path: Vec::new() };
    let data = walk.object(("Query", 0), &operation.expect("a gateway sends an operation").selection_set);
    let errors = walk.errors;
    let answer = if errors.is_empty() { json!({ "data": data }) } else { json!({ "data": data, "errors": errors }) };
    serde_json::to_vec(&answer).expect("JSON can be written")
}

struct Walk<'a> {
    variables: &'a Json,
    fragments: HashMap<Name, &'a [Selection]>,
    errors: Vec<Json>,
    path: Vec<Json>,
}

impl<'a> Walk<'a> {
    fn object(&mut self, object: Object, selections: &'a [Selection]) -> Json {
        let mut fields = Map::new();
        self.collect(object, selections, &mut fields);
        Json::Object(fields)
    }

    fn collect(&mut self, object: Object, selections: &'a [Selection], into: &mut Map<String, Json>) {
        for selection in selections {
            match selection {
                Selection::Field(field) => {
                    let key = field.alias.as_ref().unwrap_or(&field.name).to_string();
                    self.path.push(Json::from(&*key));
                    let value = self.field(object, field);
                    self.path.pop();
                    into.insert(key, value);
                }
                Selection::InlineFragment(inline) => {
                    if inline.type_condition.as_ref().is_none_or(|on| on == object.0) {
                        self.collect(object, &inline.selection_set, into);
                    }
                }
                // The types of this graph are objects, so a fragment that a gateway names fits where it stands.
                Selection::FragmentSpread(spread) => {
                    let selections = self.fragments[&spread.fragment_name];
                    self.collect(object, selections, into);
                }
            }
        }
    }

    fn field(&mut self, object: Object, field: &'a ast::Field) -> Json {
        match field.name.as_str() {
            "__typename" => return object.0.into(),
            "_entities" => return self.entities(field),
            _ => {}
        }
        let first = self.argument(field, "first").and_then(|value| value.as_u64()).and_then(|n| u32::try_from(n).ok());
        let key = self.argument(field, "sku");
        match graph::field(object, &field.name, first, key.as_ref().and_then(Json::as_str)) {
            Value::Null => Json::Null,
            Value::Int(number) => number.into(),
            Value::Boolean(value) => value.into(),
            Value::Text(text) => text.into(),
            Value::Texts(texts) => texts.into(),
            Value::One(object) => self.object(object, &field.selection_set),
            Value::Many(objects) => self.list(objects.into_iter().map(Some), field),
            Value::Failure(message) => {
                self.errors.push(json!({ "message": message, "path": self.path }));
                Json::Null
            }
        }
    }

    fn entities(&mut self, field: &'a ast::Field) -> Json {
        let representations = self.argument(field, "representations").unwrap_or_default();
        let objects = representations.as_array().into_iter().flatten().map(|representation| {
            let typename = representation["__typename"].as_str()?;
            graph::by_key(typename, representation[graph::key_of(typename)].as_str()?)
        });
        self.list(objects, field)
    }

    fn list(&mut self, objects: impl Iterator<Item = Option<Object>>, field: &'a ast::Field) -> Json {
        let mut list = Vec::new();
        for (index, object) in objects.enumerate() {
            self.path.push(index.into());
            list.push(object.map_or(Json::Null, |object| self.object(object, &field.selection_set)));
            self.path.pop();
        }
        list.into()
    }

    fn argument(&self, field: &ast::Field, name: &str) -> Option<Json> {
        let argument = field.arguments.iter().find(|argument| argument.name == name)?;
        match &*argument.value {
            ast::Value::Variable(variable) => Some(self.variables[variable.as_str()].clone()),
            ast::Value::Int(number) => number.try_to_i32().ok().map(Json::from),
            ast::Value::String(text) => Some(Json::from(text.as_str())),
            other => unreachable!("no argument of this graph is {other}"),
        }
    }
}
