//! Subgraphs over data as JSON: they answer whatever they are asked, and note it.

use apollo_compiler::ast;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde_json::{Map, Value as Json, json};
use std::sync::{Arc, Mutex};
use tokio::sync::Semaphore;
use weft::upstream::{Fetch, FetchError, FetchReply, FetchRequest};

/// What one subgraph knows and does.
#[derive(Debug, Clone, Default)]
pub struct Service {
    pub name: String,
    /// `{"Query": {...}, "entities": [...]}`. A field with arguments is looked for as `field(arguments)` first.
    /// The text `!` as a value is an error at that field.
    pub data: Json,
    /// What its replies carry.
    pub headers: Vec<(String, String)>,
    /// Whether it cannot be reached.
    pub down: bool,
    /// Each reply waits for a permit before it goes out.
    pub gate: Option<Arc<Semaphore>>,
}

/// All subgraphs.
#[derive(Debug, Default)]
pub struct Services {
    pub by_index: Mutex<Vec<Service>>,
    /// What was asked, in order.
    pub asked: Mutex<Vec<String>>,
}

impl Fetch for Services {
    async fn fetch(&self, request: FetchRequest) -> Result<FetchReply, FetchError> {
        let service = self.by_index.lock().unwrap()[request.subgraph].clone();
        let body: Json = serde_json::from_slice(&request.body).unwrap();
        let query = body["query"].as_str().unwrap();
        let variables = &body["variables"];
        let told =
            if variables.as_object().is_some_and(Map::is_empty) { String::new() } else { format!(" {variables}") };
        self.asked.lock().unwrap().push(format!("{}: {query}{told}", service.name));
        if service.down {
            return Err(FetchError::Connect);
        }
        let headers = service
            .headers
            .iter()
            .map(|(name, value)| (name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap()));
        let headers: HeaderMap = headers.collect();
        let mut answering = Answering { service: &service, variables, request: &request.headers, errors: Vec::new() };
        let data = answering.operation(query);
        let mut reply = json!({ "data": data });
        if !answering.errors.is_empty() {
            reply["errors"] = answering.errors.into();
        }
        if let Some(gate) = &service.gate {
            gate.acquire().await.unwrap().forget();
        }
        Ok(FetchReply { status: StatusCode::OK, headers, body: Bytes::from(reply.to_string()) })
    }
}

struct Answering<'a> {
    service: &'a Service,
    variables: &'a Json,
    request: &'a HeaderMap,
    errors: Vec<Json>,
}

impl Answering<'_> {
    fn operation(&mut self, query: &str) -> Json {
        let document = ast::Document::parse(query, "query").unwrap_or_else(|error| panic!("{query}\n{error}"));
        let Some(ast::Definition::OperationDefinition(operation)) = document.definitions.first() else {
            panic!("no operation in {query}")
        };
        let root = self.service.data["Query"].clone();
        self.selections(&operation.selection_set, &root, &mut Vec::new())
    }

    fn selections(&mut self, set: &[ast::Selection], object: &Json, path: &mut Vec<Json>) -> Json {
        let mut out = Map::new();
        self.select(set, object, path, &mut out);
        Json::Object(out)
    }

    fn select(&mut self, set: &[ast::Selection], object: &Json, path: &mut Vec<Json>, out: &mut Map<String, Json>) {
        for selection in set {
            match selection {
                ast::Selection::Field(field) => {
                    let key = field.response_name().to_string();
                    path.push(key.clone().into());
                    let value = if field.name == "_entities" {
                        self.entities(field, path)
                    } else {
                        let raw = self.raw(field, object);
                        self.value(&field.selection_set, &raw, path)
                    };
                    path.pop();
                    out.insert(key, value);
                }
                ast::Selection::InlineFragment(fragment) => {
                    let of = fragment.type_condition.as_ref().map(|name| name.as_str());
                    let is = |name: &str| object["__typename"] == name || object["__implements"] == name;
                    if of.is_none_or(is) {
                        self.select(&fragment.selection_set, object, path, out);
                    }
                }
                ast::Selection::FragmentSpread(_) => panic!("no fragments are sent"),
            }
        }
    }

    fn raw(&self, field: &ast::Field, object: &Json) -> Json {
        let arguments: Vec<String> =
            field.arguments.iter().map(|it| format!("{}:{}", it.name, self.argument(&it.value))).collect();
        let full = format!("{}({})", field.name, arguments.join(","));
        match object.get(&full).or_else(|| object.get(field.name.as_str())) {
            // What a header of the request says.
            Some(Json::String(text)) if text.starts_with('$') => {
                let said = self.request.get(&text[1..]).map_or("nothing", |value| value.to_str().unwrap());
                Json::from(said)
            }
            Some(value) => value.clone(),
            None => Json::Null,
        }
    }

    fn argument(&self, value: &ast::Value) -> String {
        match value {
            ast::Value::Variable(name) => self.variables[name.as_str()].to_string(),
            other => other.serialize().no_indent().to_string(),
        }
    }

    fn value(&mut self, set: &[ast::Selection], raw: &Json, path: &mut Vec<Json>) -> Json {
        match raw {
            Json::Array(items) => {
                let mut out = Vec::new();
                for (index, item) in items.iter().enumerate() {
                    path.push(index.into());
                    out.push(self.value(set, item, path));
                    path.pop();
                }
                out.into()
            }
            Json::Object(_) if !set.is_empty() => self.selections(set, raw, path),
            Json::String(text) if text == "!" => {
                self.errors.push(json!({ "message": "broken", "path": path }));
                Json::Null
            }
            other => other.clone(),
        }
    }

    /// Each representation's entity: the one that has all its fields of a key, `id` or what it has first.
    fn entities(&mut self, field: &ast::Field, path: &mut Vec<Json>) -> Json {
        let ast::Value::Variable(name) = &*field.arguments[0].value else { panic!("representations are a variable") };
        let known = self.service.data["entities"].as_array().cloned().unwrap_or_default();
        let mut out = Vec::new();
        for (index, wanted) in self.variables[name.as_str()].as_array().unwrap().iter().enumerate() {
            path.push(index.into());
            let found = known.iter().find(|entity| {
                (entity["__typename"] == wanted["__typename"] || entity["__implements"] == wanted["__typename"])
                    && entity["id"] == wanted["id"]
            });
            out.push(match found {
                Some(entity) => {
                    let mut entity = entity.clone();
                    // What is required is given back under `FIELD` by those that say `=FIELD`.
                    for value in entity.as_object_mut().unwrap().values_mut() {
                        if let Some(name) = value.as_str().and_then(|text| text.strip_prefix('=')) {
                            *value = format!("by {}", wanted[name]).into();
                        }
                    }
                    self.value(&field.selection_set, &entity, path)
                }
                None => Json::Null,
            });
            path.pop();
        }
        out.into()
    }
}
