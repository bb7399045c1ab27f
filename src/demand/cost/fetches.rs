//! What each subgraph is asked by one operation, and what that costs.
//!
//! Whoever knows the plan tells what its requests ask for, as trees of fields ([`AskedFetch`]); here the objects at each
//! place are reckoned by the sizes of the lists on the way to it, and each request costs what its fields cost at all of
//! them. An entity that is asked for by key costs what an object of its type costs.

use super::compile::{Compiler, Prices, SetCost, Sized, by_type};
use super::expression::Expression;
use super::program::{Given, Program, Tables};
use super::schema::{CostModel, MUTATION};
use crate::operation::{GateId, Guard, Operation, OperationKind};
use crate::supergraph::{FieldId, PossibleTypes, SubgraphId, Supergraph, TypeSet};
use apollo_compiler::{Node, ast};
use std::collections::HashMap;

/// One request to one subgraph, in an order in which those before have found what this one asks about.
#[derive(Debug, Clone)]
pub struct AskedFetch {
    /// Whom it asks.
    pub subgraph: SubgraphId,
    /// The kind of its operation.
    pub kind: OperationKind,
    /// When it is sent.
    pub guard: Guard,
    /// If one of these is closed it is not sent.
    pub gates: Vec<GateId>,
    /// What it asks, and about which objects.
    pub entries: Vec<AskedObjects>,
}

/// Fields of the objects at one place.
#[derive(Debug, Clone)]
pub struct AskedObjects {
    /// Names the place: objects of one place are the same objects for all requests.
    pub place: u32,
    /// Whether they are asked for by key.
    pub by_key: bool,
    /// What is asked of each.
    pub fields: Vec<AskedField>,
}

/// A field that is asked for.
#[derive(Debug, Clone)]
pub struct AskedField {
    /// The field.
    pub field: FieldId,
    /// Its arguments.
    pub arguments: Vec<Node<ast::Argument>>,
    /// For objects of these types only.
    pub on: Option<TypeSet>,
    /// When it is asked for.
    pub guard: Guard,
    /// If one of these is closed it is not asked for.
    pub gates: Vec<GateId>,
    /// The places of the objects in it.
    pub places: Vec<u32>,
    /// What is asked of them.
    pub fields: Vec<AskedField>,
}

/// The costs of an operation's requests.
#[derive(Debug, Clone, Default)]
pub struct FetchCosts {
    tables: Tables,
    /// In the order of their subgraphs.
    by_subgraph: Box<[(SubgraphId, Program)]>,
}

impl FetchCosts {
    /// What each subgraph is asked, in the order of the subgraphs.
    pub fn estimates<'a>(&'a self, given: Given<'a>) -> impl Iterator<Item = (SubgraphId, u64)> + 'a {
        let costs = self.by_subgraph.iter();
        costs.map(move |(subgraph, program)| (*subgraph, program.evaluate(&self.tables, given, &[])))
    }

    /// Steps and rows, for weighing a cache's entries.
    pub fn len(&self) -> usize {
        self.tables.len() + self.by_subgraph.iter().map(|(_, program)| program.len() + 1).sum::<usize>()
    }

    /// Whether nothing is asked.
    pub fn is_empty(&self) -> bool {
        self.by_subgraph.is_empty()
    }
}

/// The place of the root object.
pub const ROOT_PLACE: u32 = 0;

impl CostModel {
    /// What the requests of an operation cost. `list_size` may differ between subgraphs.
    pub fn fetches(
        &self,
        supergraph: &Supergraph,
        possible: &PossibleTypes,
        operation: &Operation,
        list_size: impl Fn(SubgraphId) -> u64,
        fetches: &[AskedFetch],
    ) -> FetchCosts {
        let mut tables = Tables::default();
        let mut objects = HashMap::from([(ROOT_PLACE, Expression::Constant(1))]);
        let mut costs: Vec<(SubgraphId, Vec<Expression>)> = Vec::new();
        for fetch in fetches {
            let model = self.with_list_size(list_size(fetch.subgraph));
            let mut compiler = Compiler::new(&model, supergraph, possible, operation, Prices::Points);
            compiler.tables = std::mem::take(&mut tables);
            let cost = Asking { compiler: &mut compiler, objects: &mut objects, kind: fetch.kind }.fetch(fetch);
            tables = compiler.tables;
            match costs.iter_mut().find(|(subgraph, _)| *subgraph == fetch.subgraph) {
                Some((_, costs)) => costs.push(cost),
                None => costs.push((fetch.subgraph, vec![cost])),
            }
        }
        costs.sort_by_key(|(subgraph, _)| *subgraph);
        let programs = costs.into_iter().map(|(subgraph, costs)| {
            let program = Program::new(&Expression::sum(costs), &mut tables);
            (subgraph, program)
        });
        let by_subgraph = programs.collect();
        FetchCosts { tables, by_subgraph }
    }
}

struct Asking<'c, 'a> {
    compiler: &'c mut Compiler<'a>,
    /// How many objects there are at each place.
    objects: &'c mut HashMap<u32, Expression>,
    kind: OperationKind,
}

impl<'a> Asking<'_, 'a> {
    fn fetch(&mut self, fetch: &AskedFetch) -> Expression {
        let entries = fetch.entries.iter().map(|entry| {
            let count = self.objects.get(&entry.place).cloned().unwrap_or(Expression::Constant(1));
            let by_root = !entry.by_key;
            let cost = self.set(&entry.fields, &count, None, by_root);
            let entity = Expression::Constant(u64::from(entry.by_key));
            count.each(Expression::sum([entity, cost.own, cost.below]))
        });
        let entries = entries.collect::<Vec<_>>();
        Expression::sum(entries).when(&fetch.guard).behind(&fetch.gates)
    }

    /// Fields of one of `count` objects.
    fn set(&mut self, fields: &[AskedField], count: &Expression, sized: Option<&Sized<'a>>, root: bool) -> SetCost {
        let (mut own, mut below) = (Vec::new(), Vec::new());
        for field in fields {
            let cost = self.field(field, count, sized, root);
            own.push((field.on.as_ref(), cost.own.when(&field.guard).behind(&field.gates)));
            below.push((field.on.as_ref(), cost.below.when(&field.guard).behind(&field.gates)));
        }
        SetCost { own: by_type(own), below: by_type(below) }
    }

    fn field(&mut self, asked: &AskedField, count: &Expression, sized: Option<&Sized<'a>>, root: bool) -> SetCost {
        let known = self.compiler.field_cost(asked.field);
        let size = self.compiler.size(asked.field, &known, &asked.arguments, sized);
        let arguments = self.compiler.arguments(asked.field, &asked.arguments);
        let is_mutation = root && self.kind == OperationKind::Mutation;
        let base = Expression::Constant(if is_mutation { MUTATION } else { 0 });
        let values = Expression::Constant(known.weight);
        let inner_count = count.clone().times(size);
        for &place in &asked.places {
            self.objects.entry(place).or_insert_with(|| inner_count.clone());
        }
        if asked.fields.is_empty() && asked.places.is_empty() {
            return SetCost { own: Expression::sum([base, arguments, values.times(size)]), below: Expression::ZERO };
        }
        let inner_sized = self.compiler.sized_below(asked.field, &known, &asked.arguments);
        let inner = self.set(&asked.fields, &inner_count, inner_sized.as_ref(), false);
        let object = Expression::sum([values, inner.own, inner.below]);
        SetCost { own: Expression::sum([base, arguments]), below: object.times(size) }
    }
}
