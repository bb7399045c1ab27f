//! Answers operations straight from the data: the client's from all of it, a subgraph's from its share.
//!
//! As a subgraph it also finds fault with what it is asked: fields that it does not resolve, representations
//! that hold wrong, missing or needless fields.

use super::monolith::{Monolith, Value, World};
use super::split::{Part, Role, Share};
use apollo_compiler::executable::{Directive, DirectiveList, Field, Selection, SelectionSet};
use apollo_compiler::validation::Valid;
use apollo_compiler::{ExecutableDocument, Schema, ast};
use indexmap::IndexMap;
use serde_json::{Map, Value as Json};
use std::cell::RefCell;

pub struct Interpreter<'a> {
    pub monolith: &'a Monolith,
    pub world: &'a World,
    pub schema: &'a Valid<Schema>,
    pub document: &'a ExecutableDocument,
    pub variables: &'a Map<String, Json>,
    pub part: Option<&'a Part>,
    pub faults: RefCell<Vec<String>>,
}

/// How an object was come by.
#[derive(Clone, Copy, Default)]
struct Arrival<'r> {
    provided: Option<&'r str>,
    representation: Option<&'r Map<String, Json>>,
}

impl<'a> Interpreter<'a> {
    pub fn answer(&self) -> Json {
        let operation = self.document.operations.iter().next().unwrap();
        self.object(0, &[&operation.selection_set], Arrival::default())
    }

    fn fault(&self, text: String) {
        self.faults.borrow_mut().push(text);
    }

    /// The name of an object's type, as it is known here.
    fn type_name(&self, object: usize) -> &'a str {
        let ty = self.world.objects[object].ty;
        if let Some(of) = self.part.and_then(|part| part.interface_object)
            && self.monolith.abstracts[of].members.contains(&ty)
        {
            return &self.monolith.abstracts[of].name;
        }
        &self.monolith.types[ty].name
    }

    fn object(&self, object: usize, sets: &[&'a SelectionSet], arrival: Arrival) -> Json {
        let mut fields: IndexMap<&str, Vec<&'a Field>> = IndexMap::new();
        let name = self.type_name(object);
        for set in sets {
            self.collect(name, set, true, &mut fields);
        }
        let mut out = Map::new();
        for (key, fields) in fields.into_iter().filter(|(_, fields)| !fields.is_empty()) {
            let value = match fields[0].name.as_str() {
                "__typename" => name.into(),
                "_entities" if self.part.is_some() => self.entities(&fields),
                _ => self.field(object, &fields, arrival),
            };
            out.insert(key.to_owned(), value);
        }
        Json::Object(out)
    }

    /// Fields by response key, in the order of first mention; keys that have skipped fields only are left empty.
    fn collect(&self, name: &str, set: &'a SelectionSet, live: bool, fields: &mut IndexMap<&'a str, Vec<&'a Field>>) {
        let applies = |condition: &str| condition == name || self.schema.is_subtype(condition, name);
        for selection in &set.selections {
            let live = live && self.included(selection.directives());
            match selection {
                Selection::Field(field) => {
                    let known = fields.entry(field.response_key().as_str()).or_default();
                    known.extend(live.then_some(&**field));
                }
                Selection::InlineFragment(fragment) => {
                    if fragment.type_condition.as_ref().is_none_or(|condition| applies(condition)) {
                        self.collect(name, &fragment.selection_set, live, fields);
                    }
                }
                Selection::FragmentSpread(spread) => {
                    let fragment = &self.document.fragments[&spread.fragment_name];
                    if applies(fragment.type_condition()) {
                        self.collect(name, &fragment.selection_set, live, fields);
                    }
                }
            }
        }
    }

    fn included(&self, directives: &DirectiveList) -> bool {
        let condition = |directive: &Directive| match &**directive.specified_argument_by_name("if").unwrap() {
            ast::Value::Boolean(value) => *value,
            ast::Value::Variable(name) => {
                self.variables.get(name.as_str()).and_then(Json::as_bool).unwrap_or_else(|| {
                    self.fault(format!("the condition ${name} has no value"));
                    false
                })
            }
            _ => unreachable!("validated"),
        };
        !directives.get("skip").is_some_and(|it| condition(it))
            && directives.get("include").is_none_or(|it| condition(it))
    }

    fn field(&self, object: usize, fields: &[&'a Field], arrival: Arrival) -> Json {
        let ty = &self.monolith.types[self.world.objects[object].ty];
        let name = fields[0].name.as_str();
        let mut below = Arrival::default();
        if let Some(part) = self.part {
            self.check(part, object, name, arrival);
            let at = ty.fields.iter().position(|field| field.name == name).unwrap();
            below.provided = part.provides.get(&(self.world.objects[object].ty, at)).map(String::as_str);
        }
        let value = &self.world.objects[object].fields[name];
        let field = ty.fields.iter().find(|field| field.name == name).unwrap();
        if field.argument {
            return with_argument(value, &self.argument(fields[0]));
        }
        let sets: Vec<&'a SelectionSet> = fields.iter().map(|field| &field.selection_set).collect();
        self.value(value, &sets, below)
    }

    /// The value of `x`.
    fn argument(&self, field: &Field) -> Json {
        let Some(argument) = field.specified_argument_by_name("x") else { return 3.into() };
        match &**argument {
            ast::Value::Null => Json::Null,
            ast::Value::Variable(name) => self.variables.get(name.as_str()).cloned().unwrap_or_else(|| 3.into()),
            ast::Value::Int(value) => value.try_to_i32().unwrap().into(),
            _ => unreachable!("validated"),
        }
    }

    fn value(&self, value: &Value, sets: &[&'a SelectionSet], arrival: Arrival) -> Json {
        match value {
            Value::Leaf(json) => json.clone(),
            Value::List(values) => values.iter().map(|value| self.value(value, sets, arrival)).collect(),
            Value::Object(object) => self.object(*object, sets, arrival),
        }
    }

    /// Whether a subgraph resolves a field of an object that came this way.
    fn check(&self, part: &Part, object: usize, name: &str, arrival: Arrival) {
        let index = self.world.objects[object].ty;
        let ty = &self.monolith.types[index];
        if self.type_name(object) != ty.name {
            return;
        }
        let at = ty.fields.iter().position(|field| field.name == name).unwrap();
        let Some(role) = part.shares.get(&index).and_then(|share| share.fields.get(&at)) else {
            return self.fault(format!("{}.{name} is not in {}", ty.name, part.name));
        };
        match role {
            Role::Own { .. } => {}
            Role::External if arrival.provided == Some(name) => {}
            Role::External => self.fault(format!("{}.{name} is external in {}", ty.name, part.name)),
            Role::Requires(fields) => {
                let expected = self.truth(object, fields);
                let given = |(name, value): (&String, &Json)| {
                    arrival.representation.is_some_and(|representation| representation.get(name) == Some(value))
                };
                if !expected.iter().all(given) {
                    self.fault(format!("{}.{name} requires {expected:?}, given {:?}", ty.name, arrival.representation));
                }
            }
        }
    }

    /// The values of a field set.
    fn truth(&self, object: usize, fields: &str) -> Map<String, Json> {
        let spaced = fields.replace("(x: 7)", "(7)").replace('{', " { ").replace('}', " } ");
        let words: Vec<&str> = spaced.split_whitespace().collect();
        self.truth_of(object, &mut words.into_iter().peekable())
    }

    fn truth_of<'w>(
        &self,
        object: usize,
        words: &mut std::iter::Peekable<impl Iterator<Item = &'w str>>,
    ) -> Map<String, Json> {
        let mut out = Map::new();
        while let Some(word) = words.next().filter(|word| *word != "}") {
            let name = word.trim_end_matches("(7)");
            let value = &self.world.objects[object].fields[name];
            let json = if name != word {
                with_argument(value, &7.into())
            } else if words.next_if_eq(&"{").is_some() {
                let inner: Vec<&str> = words.by_ref().take_while(|word| *word != "}").collect();
                self.truth_of_value(value, &inner)
            } else {
                self.truth_of_value(value, &[])
            };
            out.insert(name.to_owned(), json);
        }
        out
    }

    fn truth_of_value(&self, value: &Value, inner: &[&str]) -> Json {
        match value {
            Value::Leaf(json) => json.clone(),
            Value::List(values) => values.iter().map(|value| self.truth_of_value(value, inner)).collect(),
            Value::Object(object) => Json::Object(self.truth(*object, &inner.join(" "))),
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
        representations.iter().map(|representation| self.entity(representation, &sets)).collect()
    }

    fn entity(&self, representation: &Json, sets: &[&'a SelectionSet]) -> Json {
        let part = self.part.unwrap();
        let given = representation.as_object().unwrap();
        let name = given["__typename"].as_str().unwrap();
        for object in 0..self.world.objects.len() {
            let share = part.shares.get(&self.world.objects[object].ty);
            let own = Share { keys: vec!["id"], resolvable: true, ..Share::default() };
            let keys = match part.interface_object {
                Some(_) => &own,
                None => match share {
                    Some(share) if share.resolvable => share,
                    _ => continue,
                },
            };
            let ty = self.world.objects[object].ty;
            let keyed = part.keyed.iter().map(|&of| &self.monolith.abstracts[of]);
            let mut interfaces = keyed.filter(|of| of.name == name && of.members.contains(&ty));
            if self.type_name(object) != name && interfaces.next().is_none() {
                continue;
            }
            let key = |key: &&str| self.truth(object, key).iter().all(|(name, value)| given.get(name) == Some(value));
            if keys.keys.iter().any(key) {
                self.check_representation(object, given, keys, sets);
                return self.object(object, sets, Arrival { provided: None, representation: Some(given) });
            }
        }
        self.fault(format!("{} knows no {representation}", part.name));
        Json::Null
    }

    /// Nothing but keys and what selected fields require, and all of it true.
    fn check_representation(&self, object: usize, given: &Map<String, Json>, share: &Share, sets: &[&'a SelectionSet]) {
        let mut expected = Map::new();
        for key in &share.keys {
            expected.extend(self.truth(object, key));
        }
        let mut selected: IndexMap<&str, Vec<&'a Field>> = IndexMap::new();
        for set in sets {
            self.collect(self.type_name(object), set, true, &mut selected);
        }
        let ty = &self.monolith.types[self.world.objects[object].ty];
        for field in selected.values().filter(|fields| !fields.is_empty()) {
            let at = ty.fields.iter().position(|known| known.name == field[0].name.as_str());
            if let Some(Role::Requires(fields)) = at.and_then(|at| share.fields.get(&at)) {
                expected.extend(self.truth(object, fields));
            }
        }
        for (name, value) in given.iter().filter(|(name, _)| *name != "__typename") {
            if expected.get(name) != Some(value) {
                self.fault(format!("{}: {name} should be {:?} in {given:?}", ty.name, expected.get(name)));
            }
        }
    }
}

/// The value of a field that takes `x`.
fn with_argument(value: &Value, x: &Json) -> Json {
    match value {
        Value::Leaf(Json::String(text)) => format!("{text}/{x}").into(),
        Value::Leaf(json) => json.clone(),
        _ => unreachable!("fields with an argument are scalars"),
    }
}
