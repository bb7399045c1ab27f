//! Answers operations straight from the data: the client's from all of it, a subgraph's from its share.
//!
//! It follows the specification to the letter where it is simple to: fields are collected, resolved and
//! completed, a null where there may be none goes up to where there may be. As a subgraph it also finds fault
//! with what it is asked ([`check`](self::check)): fields that it does not resolve, representations that hold
//! wrong, missing or needless fields.

mod arguments;
mod check;
mod collect;
mod truth;

pub use arguments::canonical;

use super::schema::{Arguments, Kind, Monolith, Of};
use super::split::Part;
use super::wanted::Wanted;
use super::world::{Value, World};
use apollo_compiler::executable::{Field, SelectionSet};
use apollo_compiler::schema::ExtendedType;
use apollo_compiler::validation::Valid;
use apollo_compiler::{ExecutableDocument, Schema, ast};
use serde_json::{Map, Value as Json};
use std::cell::RefCell;
use std::sync::Mutex;

/// The mutations that were run, in their order: `name{arguments}`.
#[derive(Debug, Default)]
pub struct Ledger(pub Mutex<Vec<String>>);

pub struct Interpreter<'a> {
    pub monolith: &'a Monolith,
    pub world: &'a World,
    pub schema: &'a Valid<Schema>,
    pub document: &'a ExecutableDocument,
    pub variables: &'a Map<String, Json>,
    /// Whether the client's operation has conditions.
    pub conditional: bool,
    /// The subgraph that answers; none is the whole.
    pub part: Option<&'a Part>,
    pub ledger: &'a Ledger,
    pub notes: RefCell<Notes>,
}

/// What is found on the way.
#[derive(Debug, Default)]
pub struct Notes {
    /// What is wrong with what was asked.
    pub faults: Vec<String>,
    /// Where fields failed.
    pub failures: Vec<Vec<Json>>,
    /// Where nulls stand on account of that.
    pub nulled: Vec<Vec<Json>>,
    /// The way to where the interpreter is.
    path: Vec<Json>,
}

/// How an object was come by.
#[derive(Clone, Copy, Default)]
struct Arrival<'r> {
    provided: &'r [Wanted],
    representation: Option<&'r Map<String, Json>>,
}

/// A value that should not be null is.
struct Lost;

impl<'a> Interpreter<'a> {
    pub fn answer(&self) -> Json {
        let operation = self.document.operations.iter().next().unwrap();
        let root = match operation.operation_type {
            ast::OperationType::Mutation => self.world.mutation.unwrap(),
            _ => 0,
        };
        self.object(root, &[&operation.selection_set], Arrival::default()).unwrap_or_else(|Lost| {
            self.notes.borrow_mut().nulled.push(Vec::new());
            Json::Null
        })
    }

    fn fault(&self, text: String) {
        self.notes.borrow_mut().faults.push(text);
    }

    /// Does something one step further down.
    fn step<T>(&self, step: Json, then: impl FnOnce() -> T) -> T {
        self.notes.borrow_mut().path.push(step);
        let done = then();
        self.notes.borrow_mut().path.pop();
        done
    }

    /// The name of an object's type, as it is known here.
    fn type_name(&self, object: usize) -> &'a str {
        let ty = self.world.objects[object].ty;
        if let Some(it) = self.part.and_then(|part| part.interface_object.as_ref())
            && self.monolith.abstracts[it.of].members.contains(&ty)
        {
            return &self.monolith.abstracts[it.of].name;
        }
        &self.monolith.types[ty].name
    }

    fn object(&self, object: usize, sets: &[&'a SelectionSet], arrival: Arrival) -> Result<Json, Lost> {
        let name = self.type_name(object);
        if !self.schema.types.contains_key(name) {
            return Err(Lost);
        }
        let mut out = Map::new();
        for (key, fields) in self.collected(name, sets) {
            let value = match fields[0].name.as_str() {
                "__typename" => Ok(name.into()),
                "_entities" if self.part.is_some() => self.step(key.into(), || Ok(self.entities(&fields))),
                _ => self.step(key.into(), || self.field(name, object, &fields, arrival)),
            };
            out.insert(key.to_owned(), value?);
        }
        Ok(Json::Object(out))
    }

    fn field(&self, parent: &str, object: usize, fields: &[&'a Field], arrival: Arrival) -> Result<Json, Lost> {
        let ty = self.world.type_of(self.monolith, object);
        let name = fields[0].name.as_str();
        let at = ty.position(name).unwrap();
        let mut below = Arrival::default();
        if let Some(part) = self.part {
            self.check(part, object, name, arrival);
            below.provided = self.provided_below(part, object, at, arrival);
        }
        let definition = self.schema.type_field(parent, name).unwrap();
        let arguments = self.arguments(fields[0], definition);
        if ty.kind == Kind::Mutation {
            self.ledger.0.lock().unwrap().push(format!("{name}{arguments}"));
        }
        if self.world.failing.contains(&(object, name.to_owned())) {
            let mut notes = self.notes.borrow_mut();
            let path = notes.path.clone();
            notes.failures.push(path);
            drop(notes);
            return self.lost(&definition.ty);
        }
        let value = match ty.fields[at].of {
            // How many were run before it: a mutation's value tells its place.
            Of::Int if ty.kind == Kind::Mutation => Value::Leaf(self.ledger.0.lock().unwrap().len().into()),
            _ => with_arguments(&self.world.objects[object].fields[name], ty.fields[at].arguments, &arguments),
        };
        let sets: Vec<&'a SelectionSet> = fields.iter().map(|field| &field.selection_set).collect();
        self.complete(&definition.ty, &value, &sets, below)
    }

    /// A value as its type has it.
    fn complete(
        &self,
        ty: &ast::Type,
        value: &Value,
        sets: &[&'a SelectionSet],
        arrival: Arrival,
    ) -> Result<Json, Lost> {
        let completed = match value {
            Value::Leaf(Json::Null) => return if ty.is_non_null() { Err(Lost) } else { Ok(Json::Null) },
            Value::Leaf(json) if self.is_hidden(ty, json) => Err(Lost),
            Value::Leaf(json) => Ok(json.clone()),
            Value::List(values) => {
                let item =
                    |(at, value)| self.step(Json::from(at), || self.complete(ty.item_type(), value, sets, arrival));
                let items: Vec<Result<Json, Lost>> = values.iter().enumerate().map(item).collect();
                items.into_iter().collect::<Result<Vec<Json>, Lost>>().map(Json::Array)
            }
            Value::Object(object) => self.object(*object, sets, arrival),
        };
        completed.or_else(|Lost| self.lost(ty))
    }

    /// Null where the type allows it.
    fn lost(&self, ty: &ast::Type) -> Result<Json, Lost> {
        if ty.is_non_null() {
            return Err(Lost);
        }
        let mut notes = self.notes.borrow_mut();
        let path = notes.path.clone();
        notes.nulled.push(path);
        Ok(Json::Null)
    }

    /// Whether a leaf is an enum value that the schema does not have.
    fn is_hidden(&self, ty: &ast::Type, json: &Json) -> bool {
        match self.schema.types.get(ty.inner_named_type()) {
            Some(ExtendedType::Enum(of)) => json.as_str().is_some_and(|value| !of.values.contains_key(value)),
            _ => false,
        }
    }

    fn entities(&self, fields: &[&'a Field]) -> Json {
        let sets: Vec<&'a SelectionSet> = fields.iter().map(|field| &field.selection_set).collect();
        let argument = fields[0].specified_argument_by_name("representations").unwrap();
        let ast::Value::Variable(name) = &**argument else { unreachable!("always a variable") };
        let Some(Json::Array(representations)) = self.variables.get(name.as_str()) else {
            self.fault(format!("${name} is no list"));
            return Json::Array(Vec::new());
        };
        for (at, representation) in representations.iter().enumerate() {
            if representations[..at].contains(representation) {
                self.fault(format!("{representation} is asked about twice"));
            }
        }
        let one = |(at, representation): (usize, &Json)| {
            self.step(at.into(), || self.entity(representation, &sets).unwrap_or(Json::Null))
        };
        representations.iter().enumerate().map(one).collect()
    }
}

/// The value of a field given its arguments: leaves show them, lists of objects are turned by `x`.
fn with_arguments(value: &Value, arguments: Arguments, given: &Json) -> Value {
    match value {
        _ if arguments == Arguments::None => value.clone(),
        Value::Leaf(Json::String(text)) => Value::Leaf(format!("{text}/{given}").into()),
        Value::List(values) if !values.is_empty() => {
            let by = given["x"].as_u64().unwrap_or(0) as usize % values.len();
            Value::List(values[by..].iter().chain(&values[..by]).cloned().collect())
        }
        _ => value.clone(),
    }
}
