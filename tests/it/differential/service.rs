//! The subgraphs: each parses and validates what it is asked, and answers it from its share of the data.

use super::interpret::Interpreter;
use super::monolith::{Monolith, World};
use super::split::Part;
use apollo_compiler::validation::Valid;
use apollo_compiler::{ExecutableDocument, Schema};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::{Map, Value as Json, json};
use std::cell::RefCell;
use std::sync::Mutex;
use weft::upstream::{Fetch, FetchError, FetchReply, FetchRequest};

const FEDERATION: &str = "
directive @key(fields: String!, resolvable: Boolean) repeatable on OBJECT | INTERFACE
directive @external on FIELD_DEFINITION
directive @requires(fields: String!) on FIELD_DEFINITION
directive @provides(fields: String!) on FIELD_DEFINITION
directive @shareable on FIELD_DEFINITION
directive @interfaceObject on OBJECT
scalar _Any
";

pub struct Services<'a> {
    pub monolith: &'a Monolith,
    pub world: &'a World,
    /// In the order of the supergraph's subgraphs.
    pub parts: Vec<(&'a Part, Valid<Schema>)>,
    /// What was wrong with what was asked.
    pub faults: Mutex<Vec<String>>,
}

/// A subgraph's schema with what federation adds to it.
pub fn schema(part: &Part, monolith: &Monolith) -> Valid<Schema> {
    let sdl = part.sdl(monolith);
    let types = part.shares.iter().filter(|(_, share)| !share.keys.is_empty() && share.resolvable);
    let mut entities: Vec<&str> = types.map(|(&ty, _)| monolith.types[ty].name.as_str()).collect();
    // Representations name interfaces with a key too; their members are in the union already.
    entities.extend(part.interface_object.map(|of| monolith.abstracts[of].name.as_str()));
    let query = if sdl.contains("type Query") { "extend type Query" } else { "type Query" };
    let mut text = format!("{FEDERATION}{sdl}");
    if entities.is_empty() {
        if query == "type Query" {
            text.push_str("type Query { _unused: Int }");
        }
    } else {
        text += &format!(
            "union _Entity = {}\n{query} {{ _entities(representations: [_Any!]!): [_Entity]! }}\n",
            entities.join(" | ")
        );
    }
    Schema::parse_and_validate(&text, "subgraph").unwrap_or_else(|error| panic!("{text}\n{}", error.errors))
}

impl Services<'_> {
    fn answer(&self, subgraph: usize, body: &[u8]) -> Json {
        let (part, schema) = &self.parts[subgraph];
        let fault = |text: String| self.faults.lock().unwrap().push(text);
        let body: Json = serde_json::from_slice(body).unwrap();
        let query = body["query"].as_str().unwrap();
        let document = match ExecutableDocument::parse_and_validate(schema, query, "document") {
            Ok(document) => document,
            Err(error) => {
                fault(format!("{} was sent {query}\n{}", part.name, error.errors));
                return json!({ "data": null });
            }
        };
        let none = Map::new();
        let variables = body["variables"].as_object().unwrap_or(&none);
        let operation = document.operations.iter().next().unwrap();
        for variable in &operation.variables {
            if variable.ty.is_non_null() && !variables.contains_key(variable.name.as_str()) {
                fault(format!("{} lacks ${}", part.name, variable.name));
            }
        }
        for name in variables.keys() {
            if operation.variables.iter().all(|variable| *variable.name != **name) {
                fault(format!("{} does not declare ${name}: {query}", part.name));
            }
        }
        let (monolith, world) = (self.monolith, self.world);
        let interpreter = Interpreter {
            monolith,
            world,
            schema,
            document: &document,
            variables,
            part: Some(part),
            faults: RefCell::default(),
        };
        let data = interpreter.answer();
        for text in interpreter.faults.take() {
            fault(format!("{}: {text}\n{body}", part.name));
        }
        json!({ "data": data })
    }
}

impl Fetch for Services<'_> {
    async fn fetch(&self, request: FetchRequest) -> Result<FetchReply, FetchError> {
        let reply = self.answer(request.subgraph, &request.body);
        Ok(FetchReply { status: StatusCode::OK, headers: HeaderMap::new(), body: Bytes::from(reply.to_string()) })
    }
}
