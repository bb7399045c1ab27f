//! Subgraphs over one world: whatever they are asked they answer from it, and what they see is kept.
//!
//! The world is JSON: `Query` and `Mutation`, and objects by id. A field's value may be `{"@": "id"}`, an object of
//! the world, or a list of those. What a subgraph is told is believed: it does not look at its own schema, but for
//! the interfaces that it takes for objects.

use apollo_compiler::ast::{self, Selection};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;
use std::sync::Mutex;
use weft::upstream::{Fetch, FetchError, FetchReply, FetchRequest};

/// See the module.
pub struct World {
    pub objects: Map<String, Json>,
    /// For each interface or union, the object types that are of it.
    pub members: BTreeMap<String, Vec<String>>,
}

/// The subgraphs during one request.
pub struct Services<'w> {
    pub world: &'w World,
    /// By subgraph, the interfaces that it takes for objects.
    pub interface_objects: Vec<Vec<String>>,
    /// What was asked of which subgraph and what it said, in order.
    pub traffic: Mutex<Vec<Exchange>>,
}

pub struct Exchange {
    pub subgraph: usize,
    pub request: String,
    pub reply: String,
}

/// A subgraph that answers one request.
struct Service<'w> {
    world: &'w World,
    interface_objects: &'w [String],
    variables: Json,
}

impl Fetch for Services<'_> {
    async fn fetch(&self, request: FetchRequest) -> Result<FetchReply, FetchError> {
        let body: Json = serde_json::from_slice(&request.body).unwrap();
        let service = Service {
            world: self.world,
            interface_objects: &self.interface_objects[request.subgraph],
            variables: body["variables"].clone(),
        };
        let reply = json!({ "data": service.answer(body["query"].as_str().unwrap()) }).to_string();
        let exchange = Exchange { subgraph: request.subgraph, request: body.to_string(), reply: reply.clone() };
        self.traffic.lock().unwrap().push(exchange);
        Ok(FetchReply { status: StatusCode::OK, headers: HeaderMap::new(), body: Bytes::from(reply) })
    }
}

impl Service<'_> {
    fn answer(&self, query: &str) -> Json {
        let document = ast::Document::parse(query, "query").unwrap_or_else(|error| panic!("{query}\n{}", error.errors));
        let ast::Definition::OperationDefinition(operation) = &document.definitions[0] else { panic!("{query}") };
        let root = match operation.operation_type {
            ast::OperationType::Mutation => "Mutation",
            _ => "Query",
        };
        self.object(&self.world.objects[root], root, &operation.selection_set)
    }

    fn object(&self, object: &Json, ty: &str, selections: &[Selection]) -> Json {
        let mut out = Map::new();
        self.collect(object, ty, selections, &mut out);
        Json::Object(out)
    }

    fn collect(&self, object: &Json, ty: &str, selections: &[Selection], out: &mut Map<String, Json>) {
        for selection in selections {
            match selection {
                Selection::Field(field) => {
                    let value = match field.name.as_str() {
                        "__typename" => self.type_name(ty).into(),
                        "_entities" => self.entities(field),
                        name => self.value(&object[name], &field.selection_set),
                    };
                    merge(out, field.response_name().as_str(), value);
                }
                Selection::InlineFragment(fragment) => {
                    let condition = fragment.type_condition.as_ref().map(|name| name.as_str());
                    if condition.is_none_or(|condition| self.applies(condition, ty)) {
                        self.collect(object, ty, &fragment.selection_set, out);
                    }
                }
                Selection::FragmentSpread(_) => panic!("subgraphs are not sent named fragments"),
            }
        }
    }

    fn applies(&self, condition: &str, ty: &str) -> bool {
        condition == ty
            || condition == self.type_name(ty)
            || self.world.members.get(condition).is_some_and(|members| members.iter().any(|member| member == ty))
    }

    /// As the subgraph calls objects of a type.
    fn type_name(&self, ty: &str) -> String {
        let takes = |interface: &&String| self.world.members[*interface].iter().any(|member| member == ty);
        self.interface_objects.iter().find(takes).cloned().unwrap_or_else(|| ty.to_owned())
    }

    fn value(&self, value: &Json, selections: &[Selection]) -> Json {
        match value {
            Json::Array(items) => items.iter().map(|item| self.value(item, selections)).collect(),
            Json::Object(reference) => match reference.get("@").and_then(Json::as_str) {
                Some(id) => self.known(id, selections),
                None => self.object(value, value["__typename"].as_str().unwrap(), selections),
            },
            leaf => leaf.clone(),
        }
    }

    fn known(&self, id: &str, selections: &[Selection]) -> Json {
        match self.world.objects.get(id) {
            Some(object) => self.object(object, object["__typename"].as_str().unwrap(), selections),
            None => Json::Null,
        }
    }

    fn entities(&self, field: &ast::Field) -> Json {
        let ast::Value::Variable(name) = &*field.arguments[0].value else { panic!("representations are a variable") };
        let representations = self.variables[name.as_str()].as_array().unwrap();
        let entity = |representation: &Json| self.known(representation["id"].as_str().unwrap(), &field.selection_set);
        representations.iter().map(entity).collect()
    }
}

/// Adds a value under a key that may be there already, with other fields.
fn merge(out: &mut Map<String, Json>, key: &str, value: Json) {
    match (out.get_mut(key), value) {
        (Some(known), value) => merge_values(known, value),
        (None, value) => {
            out.insert(key.to_owned(), value);
        }
    }
}

fn merge_values(known: &mut Json, value: Json) {
    match (known, value) {
        (Json::Object(known), Json::Object(more)) => {
            more.into_iter().for_each(|(key, value)| merge(known, &key, value))
        }
        (Json::Array(known), Json::Array(more)) => {
            known.iter_mut().zip(more).for_each(|(known, value)| merge_values(known, value));
        }
        _ => {}
    }
}
