//! The rules of a supergraph: which [`Rule`] stands before each field and type, worked out once.
//!
//! The directives `@authenticated`, `@requiresScopes` and `@policy` are found by the names that the supergraph's
//! links give them. From what stands on the elements comes what holds for them:
//!
//! 1. An interface has what composition gathered on it from its implementations, which says nothing new of them: a
//!    selection on it is judged by the runtime type of each object. What it asks for beyond that is its own, and
//!    holds for every implementation.
//! 2. An object type asks for its own and for what is its interfaces' own.
//! 3. A type that is some field's: a scalar or enum asks for its own; objects of a union or interface are judged one by
//!    one, but when all of its types ask for something, nobody who meets none of them may ask for the field.
//! 4. A field of an object type asks for its own, its interfaces' own, its parent's and its type's.
//!    What a subgraph resolves for an interface object, whose type it cannot tell, asks for the same on every type.
//! 5. And for all that the fields ask for which are read to resolve it (`@requires`, `@fromContext`), those that
//!    are read for these included. Composition demands that of its author; nothing here depends on it.
//!
//! Keys are not among these: they are read to find an entity and shown to nobody.

use super::rule::{Demand, Rule};
use crate::operation::{GateId, Gates};
use crate::supergraph::{FieldId, PossibleTypes, SubgraphId, Supergraph, TypeId, TypeKind};
use apollo_compiler::Node;
use apollo_compiler::ast::Directive;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// See the module's documentation.
#[derive(Debug, Default)]
pub struct Rules {
    /// By [`GateId`].
    rules: Vec<Rule>,
    gates: Gates,
}

impl Rules {
    /// Works out the rules. `reads` gives the fields that a field requires to be resolved, wherever that is done.
    pub fn new(supergraph: &Supergraph, possible: &PossibleTypes, reads: impl Fn(FieldId) -> Vec<FieldId>) -> Self {
        let own = Own::collect(supergraph);
        if own.is_empty() {
            return Self::default();
        }
        let types = types(supergraph, possible, &own);
        let fields = fields(supergraph, possible, &own, &types);
        let deriving = Deriving { supergraph, possible, fields: &fields, reads: &reads };
        let mut rules = Interned::default();
        for (ty, rule) in types.iter().filter(|(ty, _)| matches!(supergraph.ty(**ty).kind, TypeKind::Object { .. })) {
            if let Some(gate) = rules.intern(rule.clone()) {
                rules.gates.guard_type(*ty, gate);
            }
        }
        for index in 0..supergraph.fields.len() {
            let field = FieldId::from_index(index);
            if let Some(gate) = rules.intern(deriving.whole(field)) {
                rules.gates.guard_field(field, gate);
            }
        }
        Self { rules: rules.rules, gates: rules.gates }
    }

    /// Which rule stands before which field and type.
    pub fn gates(&self) -> &Gates {
        &self.gates
    }

    /// The rule that a gate stands for.
    pub fn rule(&self, gate: GateId) -> &Rule {
        &self.rules[gate.0 as usize]
    }
}

/// Equal rules are one gate.
#[derive(Default)]
struct Interned {
    rules: Vec<Rule>,
    known: HashMap<Rule, GateId>,
    gates: Gates,
}

impl Interned {
    /// The gate of a rule; none for what is open to everybody.
    fn intern(&mut self, rule: Rule) -> Option<GateId> {
        if rule.is_open() {
            return None;
        }
        if let Some(known) = self.known.get(&rule) {
            return Some(*known);
        }
        let gate = GateId(u32::try_from(self.rules.len()).expect("there are fewer rules than fields and types"));
        self.rules.push(rule.clone());
        self.known.insert(rule, gate);
        Some(gate)
    }
}

/// The rules as they stand on the elements; elements without any are not here.
struct Own {
    types: BTreeMap<TypeId, Rule>,
    fields: BTreeMap<FieldId, Rule>,
}

impl Own {
    fn collect(supergraph: &Supergraph) -> Self {
        let reader = Reader::new(supergraph);
        let types = supergraph.types.iter().enumerate();
        let types = types.map(|(at, ty)| (TypeId::from_index(at), reader.rule(&ty.directives)));
        let fields = supergraph.fields.iter().enumerate();
        let fields = fields.map(|(at, field)| (FieldId::from_index(at), reader.rule(&field.directives)));
        Self {
            types: types.filter(|(_, rule)| !rule.is_open()).collect(),
            fields: fields.filter(|(_, rule)| !rule.is_open()).collect(),
        }
    }

    fn is_empty(&self) -> bool {
        self.types.is_empty() && self.fields.is_empty()
    }
}

/// Knows the directives by the names that they have in a supergraph.
struct Reader {
    authenticated: Vec<String>,
    scopes: Vec<String>,
    policy: Vec<String>,
}

impl Reader {
    fn new(supergraph: &Supergraph) -> Self {
        let names = |feature: &str| -> Vec<String> {
            let links = supergraph.links.iter().filter(|link| link.feature() == feature);
            let mut names: Vec<String> =
                links.map(|link| link.local_name(&format!("@{feature}")).trim_start_matches('@').to_owned()).collect();
            if names.is_empty() {
                names.push(feature.to_owned());
            }
            names
        };
        Self { authenticated: names("authenticated"), scopes: names("requiresScopes"), policy: names("policy") }
    }

    fn rule(&self, directives: &[Node<Directive>]) -> Rule {
        let mut rule = Rule::default();
        for directive in directives {
            let is = |names: &[String]| names.iter().any(|name| *directive.name == **name);
            if is(&self.authenticated) {
                rule.add(&Rule::authenticated());
            } else if is(&self.scopes) {
                rule.add(&Rule::of_lists(directive, "scopes", Demand::Scope));
            } else if is(&self.policy) {
                rule.add(&Rule::of_lists(directive, "policies", Demand::Policy));
            }
        }
        rule
    }
}

/// The rule of each type as objects and leaves of it are judged, abstract types by what all their types let through.
fn types(supergraph: &Supergraph, possible: &PossibleTypes, own: &Own) -> BTreeMap<TypeId, Rule> {
    let mut types = BTreeMap::new();
    for (&ty, rule) in own.types.iter().filter(|(ty, _)| !supergraph.ty(**ty).is_abstract()) {
        types.insert(ty, rule.clone());
    }
    for (&interface, rule) in own.types.iter().filter(|(ty, _)| supergraph.ty(**ty).is_abstract()) {
        let implementations = possible.of(interface);
        let theirs: Vec<&Rule> = implementations.iter().filter_map(|ty| own.types.get(&ty)).collect();
        let beyond = rule.beyond(&theirs);
        for ty in implementations.iter() {
            types.entry(ty).or_default().add(&beyond);
        }
    }
    let abstract_types = supergraph.types.iter().enumerate().filter(|(_, ty)| ty.is_abstract());
    for at in abstract_types.map(|(at, _)| TypeId::from_index(at)) {
        if let Some(rule) = weakest(possible.of(at).iter().map(|ty| types.get(&ty))) {
            types.insert(at, rule);
        }
    }
    types
}

/// What at least one of the rules lets through; none where one is open, or where that is too much to say.
fn weakest<'r>(mut rules: impl Iterator<Item = Option<&'r Rule>>) -> Option<Rule> {
    let first = rules.next()??.clone();
    rules.try_fold(first, |weakest, rule| weakest.or(rule?)).filter(|rule| !rule.is_open())
}

/// The rule of each field but for what is read for it. Those of an interface's field are all of its
/// implementations' together.
fn fields(supergraph: &Supergraph, possible: &PossibleTypes, own: &Own, types: &BTreeMap<TypeId, Rule>) -> Vec<Rule> {
    let mut fields = vec![Rule::default(); supergraph.fields.len()];
    for (&field, rule) in &own.fields {
        let interface = supergraph.field(field);
        if !supergraph.ty(interface.parent).is_abstract() {
            fields[field.index()].add(rule);
            continue;
        }
        let implementations = implementations(supergraph, possible, field);
        let theirs: Vec<&Rule> = implementations.iter().filter_map(|field| own.fields.get(field)).collect();
        let beyond = rule.beyond(&theirs);
        implementations.iter().for_each(|implementation| fields[implementation.index()].add(&beyond));
        fields[field.index()].add(rule);
    }
    for interface in interface_object_fields(supergraph) {
        let implementations = implementations(supergraph, possible, interface);
        let mut all = Rule::default();
        implementations.iter().for_each(|field| all.add(&fields[field.index()]));
        implementations.iter().for_each(|field| fields[field.index()].add(&all));
    }
    for (index, field) in supergraph.fields.iter().enumerate() {
        for ty in [field.parent, field.output] {
            if let Some(rule) = types.get(&ty) {
                fields[index].add(rule);
            }
        }
    }
    fields
}

/// The fields that some subgraph resolves for an interface object, of which it cannot tell the type: it gives
/// their values for all types or for none.
fn interface_object_fields(supergraph: &Supergraph) -> impl Iterator<Item = FieldId> + '_ {
    let is_interface_object = |ty: TypeId, graph: SubgraphId| {
        supergraph.ty(ty).joins.iter().any(|join| join.graph == graph && join.is_interface_object)
    };
    (0..supergraph.fields.len()).map(FieldId::from_index).filter(move |&field| {
        let parent = supergraph.field(field).parent;
        supergraph.field_joins(field).any(|(graph, join)| !join.external && is_interface_object(parent, graph))
    })
}

/// The fields of object types that stand behind a field: itself, or for an interface's those of its implementations.
fn implementations(supergraph: &Supergraph, possible: &PossibleTypes, field: FieldId) -> Vec<FieldId> {
    let found = supergraph.field(field);
    possible.of(found.parent).iter().filter_map(|ty| supergraph.field_of(ty, &found.name)).collect()
}

/// Adds what is read for fields.
struct Deriving<'a, R> {
    supergraph: &'a Supergraph,
    possible: &'a PossibleTypes,
    fields: &'a [Rule],
    reads: &'a R,
}

impl<R: Fn(FieldId) -> Vec<FieldId>> Deriving<'_, R> {
    /// The whole rule of a field.
    fn whole(&self, field: FieldId) -> Rule {
        let mut rule = Rule::default();
        let mut seen = BTreeSet::new();
        let mut pending = self.with_implementations(field);
        while let Some(field) = pending.pop() {
            if seen.insert(field) {
                rule.add(&self.fields[field.index()]);
                pending.extend((self.reads)(field).into_iter().flat_map(|read| self.with_implementations(read)));
            }
        }
        rule
    }

    fn with_implementations(&self, field: FieldId) -> Vec<FieldId> {
        let mut all = implementations(self.supergraph, self.possible, field);
        if !all.contains(&field) {
            all.push(field);
        }
        all
    }
}
