//! The subgraphs: each parses and validates what it is asked, and answers it from its share of the data.

use super::answer::{Interpreter, Ledger};
use super::schema::Monolith;
use super::split::Part;
use super::world::World;
use apollo_compiler::validation::Valid;
use apollo_compiler::{ExecutableDocument, Schema};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::{Map, Value as Json, json};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use weft::upstream::{Fetch, FetchError, FetchReply, FetchRequest};

const FEDERATION: &str = "
directive @key(fields: String!, resolvable: Boolean) repeatable on OBJECT | INTERFACE
directive @external on FIELD_DEFINITION
directive @requires(fields: String!) on FIELD_DEFINITION
directive @provides(fields: String!) on FIELD_DEFINITION
directive @shareable on FIELD_DEFINITION
directive @override(from: String!) on FIELD_DEFINITION
directive @inaccessible on FIELD_DEFINITION | ENUM_VALUE
directive @interfaceObject on OBJECT
scalar _Any
";

/// A subgraph at work.
pub struct Service<'a> {
    pub part: &'a Part,
    pub schema: Valid<Schema>,
}

/// All subgraphs during one request.
pub struct Services<'a> {
    pub monolith: &'a Monolith,
    pub world: &'a World,
    /// In the order of the supergraph's subgraphs.
    pub services: &'a [Service<'a>],
    /// The one that is out of order.
    pub down: Option<usize>,
    /// Whether the client's operation has conditions.
    pub conditional: bool,
    pub ledger: Ledger,
    pub requests: AtomicU32,
    /// What was wrong with what was asked.
    pub faults: Mutex<Vec<String>>,
}

impl<'a> Service<'a> {
    pub fn new(part: &'a Part, monolith: &Monolith) -> Self {
        Self { part, schema: schema(part, monolith) }
    }
}

/// A subgraph's schema with what federation adds to it.
fn schema(part: &Part, monolith: &Monolith) -> Valid<Schema> {
    let sdl = part.sdl(monolith);
    let types = part.shares.iter().filter(|(_, share)| share.is_resolvable());
    let mut entities: Vec<&str> = types.map(|(&ty, _)| monolith.types[ty].name.as_str()).collect();
    // Representations name interfaces with a key too; their members are in the union already.
    entities.extend(part.interface_object.iter().map(|it| monolith.abstracts[it.of].name.as_str()));
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
        let Service { part, schema } = &self.services[subgraph];
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
        self.check_variables(part, query, &document, variables);
        let interpreter = Interpreter {
            monolith: self.monolith,
            world: self.world,
            schema,
            document: &document,
            variables,
            conditional: self.conditional,
            part: Some(part),
            ledger: &self.ledger,
            notes: Default::default(),
        };
        let data = interpreter.answer();
        let notes = interpreter.notes.take();
        for text in notes.faults {
            fault(format!("{}: {text}\n{body}", part.name));
        }
        if notes.failures.is_empty() {
            return json!({ "data": data });
        }
        let errors: Vec<Json> =
            notes.failures.iter().map(|path| json!({ "message": "it failed", "path": path })).collect();
        json!({ "data": data, "errors": errors })
    }

    fn check_variables(&self, part: &Part, query: &str, document: &ExecutableDocument, given: &Map<String, Json>) {
        let fault = |text: String| self.faults.lock().unwrap().push(text);
        let operation = document.operations.iter().next().unwrap();
        for variable in &operation.variables {
            if variable.ty.is_non_null() && !given.contains_key(variable.name.as_str()) {
                fault(format!("{} lacks ${}", part.name, variable.name));
            }
        }
        for name in given.keys() {
            if operation.variables.iter().all(|variable| *variable.name != **name) {
                fault(format!("{} does not declare ${name}: {query}", part.name));
            }
        }
    }
}

impl Fetch for Services<'_> {
    async fn fetch(&self, request: FetchRequest) -> Result<FetchReply, FetchError> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let (status, reply) = match self.down == Some(request.subgraph) {
            true => (StatusCode::BAD_GATEWAY, json!({ "errors": [{ "message": "out of order" }] })),
            false => (StatusCode::OK, self.answer(request.subgraph, &request.body)),
        };
        Ok(FetchReply { status, headers: HeaderMap::new(), body: Bytes::from(reply.to_string()) })
    }
}
