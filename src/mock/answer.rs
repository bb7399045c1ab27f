//! An operation walked over a subgraph's schema, values made up on the way.
//!
//! What a representation or an argument says of a thing, the thing says too: `product(id: "5")` gives the product
//! whose `id` is "5", the same one that `_entities` gives for `{__typename: "Product", id: "5"}`.

use super::identity::Identity;
use super::value;
use crate::diagnostic::{Diagnostic, Source};
use crate::subgraph::{Selection as Selected, Subgraph, Type, TypeKind};
use apollo_compiler::ast::{self, Definition, Document, Selection};
use apollo_compiler::parser::Parser;
use serde_json::{Map, Value, json};
use std::cell::Cell;
use std::collections::HashMap;
use std::sync::Arc;

/// Elements of a list, unless an argument asks for fewer.
const LENGTH: u64 = 3;
/// Fields of one answer; lists in lists multiply.
const MOST_FIELDS: usize = 200_000;
/// The gateway nests no deeper.
const DEEPEST: usize = 500;

/// A subgraph that is made up from its schema.
#[derive(Debug)]
pub struct Mock {
    subgraph: Subgraph,
    sdl: Arc<Source>,
}

impl Mock {
    /// Makes up the subgraph `name`.
    ///
    /// # Errors
    /// What is wrong with its SDL.
    pub fn new(name: &str, sdl: &Arc<Source>) -> Result<Self, Vec<Diagnostic>> {
        Ok(Self { subgraph: Subgraph::parse(name, "", Arc::clone(sdl))?, sdl: Arc::clone(sdl) })
    }

    /// Answers a GraphQL request, the JSON of a POST.
    pub fn answer(&self, request: &[u8]) -> Value {
        self.try_answer(request).unwrap_or_else(|message| json!({ "errors": [{ "message": message }] }))
    }

    fn try_answer(&self, request: &[u8]) -> Result<Value, String> {
        let request: Value = serde_json::from_slice(request).map_err(|error| format!("this is no JSON: {error}"))?;
        let query = request["query"].as_str().ok_or("the request has no `query`")?;
        let document = Parser::new().recursion_limit(DEEPEST).parse_ast(query, "request");
        let document = document.map_err(|invalid| format!("the query cannot be parsed: {}", invalid.errors))?;
        let operation = operation(&document, request["operationName"].as_str()).ok_or("there is no such operation")?;
        let root = match operation.operation_type {
            ast::OperationType::Query => "Query",
            ast::OperationType::Mutation => "Mutation",
            ast::OperationType::Subscription => "Subscription",
        };
        let walk = Walk {
            mock: self,
            fragments: fragments(&document),
            variables: variables(operation, &request["variables"]),
            left: Cell::new(MOST_FIELDS),
        };
        let root = Thing { ty: root, identity: Identity::ROOT, facts: Map::new() };
        let mut data = Map::new();
        walk.select(&root, &operation.selection_set, &mut data)?;
        Ok(json!({ "data": data }))
    }
}

/// A thing that is being described.
struct Thing<'a> {
    ty: &'a str,
    identity: Identity,
    /// What is known of it: from a representation, or from arguments.
    facts: Map<String, Value>,
}

struct Walk<'a> {
    mock: &'a Mock,
    fragments: HashMap<&'a str, &'a ast::FragmentDefinition>,
    variables: Map<String, Value>,
    /// Fields that may yet be answered.
    left: Cell<usize>,
}

impl<'a> Walk<'a> {
    fn ty(&self, name: &str) -> Option<&'a Type> {
        self.mock.subgraph.types.get(name)
    }

    /// Describes a thing, as far as it is asked about.
    fn select(&self, thing: &Thing<'a>, set: &'a [Selection], out: &mut Map<String, Value>) -> Result<(), String> {
        for selection in set {
            match selection {
                Selection::Field(field) if self.is_wanted(&field.directives) => {
                    let left = self.left.get().checked_sub(1).ok_or("the mock's answer grows too large")?;
                    self.left.set(left);
                    let value = self.field(thing, field)?;
                    merge(out, field.response_name(), value);
                }
                Selection::InlineFragment(inline)
                    if self.is_wanted(&inline.directives)
                        && inline.type_condition.as_ref().is_none_or(|on| self.is_a(thing.ty, on)) =>
                {
                    self.select(thing, &inline.selection_set, out)?;
                }
                Selection::FragmentSpread(spread) if self.is_wanted(&spread.directives) => {
                    let Some(fragment) = self.fragments.get(spread.fragment_name.as_str()) else { continue };
                    if self.is_a(thing.ty, &fragment.type_condition) {
                        self.select(thing, &fragment.selection_set, out)?;
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn is_wanted(&self, directives: &ast::DirectiveList) -> bool {
        let says = |name: &str| {
            let condition = directives.get(name)?.specified_argument_by_name("if")?;
            Some(self.value(condition) == Value::Bool(true))
        };
        says("include") != Some(false) && says("skip") != Some(true)
    }

    fn is_a(&self, object: &str, ty: &str) -> bool {
        object == ty || self.mock.subgraph.overlaps(object, ty)
    }

    fn field(&self, thing: &Thing<'a>, field: &'a ast::Field) -> Result<Value, String> {
        match field.name.as_str() {
            "__typename" => return Ok(json!(thing.ty)),
            "_service" => return self.service(field),
            "_entities" => return self.entities(field),
            _ => {}
        }
        let Some(definition) = self.mock.subgraph.field(thing.ty, &field.name) else {
            return Err(format!("{} has no field {}", thing.ty, field.name));
        };
        let mut identity = thing.identity.then(&field.name);
        let mut facts = Map::new();
        for argument in &field.arguments {
            let given = self.value(&argument.value);
            identity = identity.then(&argument.name).then(&given.to_string());
            facts.insert(argument.name.to_string(), given);
        }
        let known = thing.facts.get(field.name.as_str()).filter(|_| field.arguments.is_empty());
        let asked = Asked { field, facts, of: thing.identity };
        self.output(&definition.ty, &asked, identity, known)
    }

    fn output(
        &self,
        ty: &'a ast::Type,
        asked: &Asked<'a>,
        identity: Identity,
        known: Option<&Value>,
    ) -> Result<Value, String> {
        let (ast::Type::List(item) | ast::Type::NonNullList(item)) = ty else {
            return self.named(ty.inner_named_type(), asked, identity, known);
        };
        let known = known.and_then(Value::as_array);
        let length = known.map_or_else(|| asked.length(), Vec::len);
        let item = |at: usize| {
            let known = known.and_then(|known| known.get(at));
            self.output(item, asked, identity.then(&at.to_string()), known)
        };
        (0..length).map(item).collect::<Result<_, _>>().map(Value::Array)
    }

    fn named(
        &self,
        name: &'a str,
        asked: &Asked<'a>,
        identity: Identity,
        known: Option<&Value>,
    ) -> Result<Value, String> {
        let Some(ty) = self.ty(name) else {
            let leaf = || value::scalar(name, &asked.field.name, identity);
            return Ok(known.cloned().unwrap_or_else(leaf));
        };
        match &ty.kind {
            TypeKind::Scalar | TypeKind::Input(_) => {
                Ok(known.cloned().unwrap_or_else(|| value::scalar(name, &asked.field.name, identity)))
            }
            TypeKind::Enum(values) => {
                let drawn = || pick(values, identity).map_or(Value::Null, |value| json!(value.name.as_str()));
                Ok(known.cloned().unwrap_or_else(drawn))
            }
            TypeKind::Object(_) | TypeKind::Interface(_) | TypeKind::Union(_) => {
                if known == Some(&Value::Null) {
                    return Ok(Value::Null);
                }
                let told = known.and_then(Value::as_object).cloned().unwrap_or_default();
                self.object(ty, asked, identity, told)
            }
        }
    }

    /// Describes an object of a type or, for an abstract one, of a type it can be.
    fn object(
        &self,
        ty: &'a Type,
        asked: &Asked<'a>,
        identity: Identity,
        mut facts: Map<String, Value>,
    ) -> Result<Value, String> {
        let Some(ty) = self.concrete(ty, identity, &facts) else { return Ok(Value::Null) };
        for (name, value) in asked.facts.iter().filter(|_| asked.names_one_thing()) {
            if self.mock.subgraph.field(ty, name).is_some() {
                facts.entry(name.clone()).or_insert_with(|| value.clone());
            }
        }
        let thing = self.thing(ty, identity, facts);
        let mut out = Map::new();
        self.select(&thing, &asked.field.selection_set, &mut out)?;
        Ok(Value::Object(out))
    }

    /// The thing: an entity whose key is known is the same one wherever it is met.
    fn thing(&self, ty: &'a str, identity: Identity, mut facts: Map<String, Value>) -> Thing<'a> {
        let keys = self.ty(ty).map_or(&[][..], |ty| &ty.keys);
        let by_key = |fields: &[Selected], facts: &Map<String, Value>| {
            let mut named = Identity::ROOT.then(ty);
            for selected in fields {
                let Selected::Field(field) = selected else { return None };
                named = named.then(&field.name).then(&facts.get(field.name.as_str())?.to_string());
            }
            Some(named)
        };
        if let Some(named) = keys.iter().find_map(|key| by_key(&key.fields.selections, &facts)) {
            return Thing { ty, identity: named, facts };
        }
        // Its key is made up now, so that whoever asks for it by that key meets the same thing.
        let Some(key) = keys.first() else { return Thing { ty, identity, facts } };
        for selected in &key.fields.selections {
            let Selected::Field(field) = selected else { continue };
            let output = self.mock.subgraph.field(ty, &field.name).map(|field| field.ty.inner_named_type());
            let leaf = output.filter(|output| self.ty(output).is_none_or(|ty| matches!(ty.kind, TypeKind::Scalar)));
            if let Some(leaf) = leaf {
                let made_up = || value::scalar(leaf, &field.name, identity.then(&field.name));
                facts.entry(field.name.to_string()).or_insert_with(made_up);
            }
        }
        let identity = by_key(&key.fields.selections, &facts).unwrap_or(identity);
        Thing { ty, identity, facts }
    }

    /// The object type that a thing has: the one it is said to have, else one that is drawn.
    fn concrete(&self, ty: &'a Type, identity: Identity, facts: &Map<String, Value>) -> Option<&'a str> {
        let said = facts.get("__typename").and_then(Value::as_str).and_then(|name| self.ty(name));
        if let Some(said) = said.filter(|said| matches!(said.kind, TypeKind::Object(_))) {
            return Some(said.name.as_str());
        }
        match &ty.kind {
            TypeKind::Union(members) => pick(members, identity).map(|name| name.as_str()),
            TypeKind::Interface(_) => {
                pick(self.mock.subgraph.implementations(&ty.name), identity).map(|name| name.as_str())
            }
            _ => Some(ty.name.as_str()),
        }
    }

    fn service(&self, field: &ast::Field) -> Result<Value, String> {
        let mut out = Map::new();
        for selection in &field.selection_set {
            let Selection::Field(inner) = selection else { return Err("ask _service for sdl".to_owned()) };
            let value = if inner.name == "sdl" { json!(self.mock.sdl.text) } else { json!("_Service") };
            out.insert(inner.response_name().to_string(), value);
        }
        Ok(Value::Object(out))
    }

    fn entities(&self, field: &'a ast::Field) -> Result<Value, String> {
        let given = field.arguments.iter().find(|argument| argument.name == "representations");
        let Some(Value::Array(representations)) = given.map(|argument| self.value(&argument.value)) else {
            return Err("_entities takes a list of representations".to_owned());
        };
        let entity = |representation: Value| {
            let Value::Object(facts) = representation else { return Ok(Value::Null) };
            let name = facts.get("__typename").and_then(Value::as_str).unwrap_or_default();
            let Some(ty) = self.ty(name) else { return Ok(Value::Null) };
            let Some(ty) = self.concrete(ty, Identity::ROOT.then(name), &facts) else { return Ok(Value::Null) };
            let thing = self.thing(ty, Identity::ROOT.then(ty), facts);
            let mut out = Map::new();
            self.select(&thing, &field.selection_set, &mut out)?;
            Ok(Value::Object(out))
        };
        representations.into_iter().map(entity).collect::<Result<_, String>>().map(Value::Array)
    }

    fn value(&self, value: &ast::Value) -> Value {
        to_json(value, &self.variables)
    }
}

/// A field as it is asked for.
struct Asked<'a> {
    field: &'a ast::Field,
    /// Its arguments.
    facts: Map<String, Value>,
    /// Of which thing.
    of: Identity,
}

impl Asked<'_> {
    /// Elements of its lists: no more than an argument for pages asks for.
    fn length(&self) -> usize {
        let pages = ["first", "last", "limit", "take", "pageSize"];
        let asked = pages.iter().find_map(|name| self.facts.get(*name)?.as_u64());
        usize::try_from(asked.map_or(LENGTH, |asked| asked.min(LENGTH))).unwrap_or_default()
    }

    /// Whether its arguments say which thing it is: those of a look-up, not those of a field of another thing,
    /// which say how it is to be given.
    fn names_one_thing(&self) -> bool {
        self.of == Identity::ROOT
    }
}

fn pick<T>(from: &[T], identity: Identity) -> Option<&T> {
    let count = u64::try_from(from.len()).ok().filter(|count| *count > 0)?;
    from.get(usize::try_from(identity.draw(count)).ok()?)
}

fn operation<'a>(document: &'a Document, name: Option<&str>) -> Option<&'a ast::OperationDefinition> {
    let mut operations = document.definitions.iter().filter_map(Definition::as_operation_definition);
    operations
        .find(|operation| name.is_none_or(|name| operation.name.as_ref().is_some_and(|own| own == name)))
        .map(|operation| &**operation)
}

fn fragments(document: &Document) -> HashMap<&str, &ast::FragmentDefinition> {
    let fragments = document.definitions.iter().filter_map(Definition::as_fragment_definition);
    fragments.map(|fragment| (fragment.name.as_str(), &**fragment)).collect()
}

/// The given values, and the defaults of those that are not given.
fn variables(operation: &ast::OperationDefinition, given: &Value) -> Map<String, Value> {
    let mut variables = given.as_object().cloned().unwrap_or_default();
    for variable in &operation.variables {
        if let Some(default) = &variable.default_value {
            variables.entry(variable.name.to_string()).or_insert_with(|| to_json(default, &Map::new()));
        }
    }
    variables
}

/// A value of the document, with the variables in their places.
fn to_json(value: &ast::Value, variables: &Map<String, Value>) -> Value {
    match value {
        ast::Value::Null => Value::Null,
        ast::Value::Enum(name) => json!(name.as_str()),
        ast::Value::Variable(name) => variables.get(name.as_str()).cloned().unwrap_or_default(),
        ast::Value::String(text) => json!(text),
        ast::Value::Float(number) => number.as_str().parse().map_or(Value::Null, |number: f64| json!(number)),
        ast::Value::Int(number) => number.as_str().parse().map_or(Value::Null, |number: i64| json!(number)),
        ast::Value::Boolean(value) => json!(value),
        ast::Value::List(items) => items.iter().map(|item| to_json(item, variables)).collect(),
        ast::Value::Object(fields) => {
            Value::Object(fields.iter().map(|(name, value)| (name.to_string(), to_json(value, variables))).collect())
        }
    }
}

/// Puts a field into an object; objects that are selected twice are put together.
fn merge(out: &mut Map<String, Value>, key: &str, value: Value) {
    match (out.get_mut(key), value) {
        (Some(Value::Object(there)), Value::Object(more)) => {
            more.into_iter().for_each(|(key, value)| merge(there, &key, value));
        }
        (Some(Value::Array(there)), Value::Array(more)) => {
            for (there, more) in there.iter_mut().zip(more) {
                if let (Value::Object(there), Value::Object(more)) = (there, more) {
                    more.into_iter().for_each(|(key, value)| merge(there, &key, value));
                }
            }
        }
        (Some(_), _) => {}
        (None, value) => {
            out.insert(key.to_owned(), value);
        }
    }
}
