//! An operation -> what it costs, as programs.
//!
//! Per object of a selection set there are two sums: what its fields cost by themselves (arguments, weighted leaves),
//! and what the objects below cost. Fields for types that exclude each other do not add up: the dearest type counts,
//! in each of the two sums. Kept apart like this, the same parts make the estimate (with assumed sizes) and the cost
//! of an answer (with the objects that were counted), so the second cannot exceed the first.

use super::expression::{Expression, Size};
use super::program::{Given, ListLength, Program, Rule, Slice, Tables, VariableCost};
use super::schema::{self, CostModel, FieldCost, ListSize, MUTATION};
use super::values::{InputField, InputType};
use crate::operation::{Operation, OperationKind, Selection, SelectionKind, SetId, VariableId, Variables};
use crate::supergraph::{FieldId, PossibleTypes, Supergraph, TypeSet};
use apollo_compiler::ast::{self, InputValueDefinition, Value};
use apollo_compiler::{Name, Node};
use smallvec::SmallVec;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// What is counted.
#[derive(Debug, Clone, Copy)]
pub enum Prices<'a> {
    /// Points, by the directives and defaults.
    Points,
    /// How often one of these fields is resolved.
    Calls(&'a [FieldId]),
}

/// What an operation costs.
#[derive(Debug, Clone)]
pub struct OperationCost {
    tables: Tables,
    estimate: Program,
    answer: Program,
    /// Lists that want exactly one slicing argument.
    exact: Box<[ExactlyOne]>,
}

/// A list that wants exactly one slicing argument, which depends on variables or is not so.
#[derive(Debug, Clone)]
struct ExactlyOne {
    coordinate: Box<str>,
    arguments: Box<str>,
    given: usize,
    slices: SmallVec<[u32; 2]>,
}

impl OperationCost {
    /// The estimate for a request.
    pub fn estimate<'r>(&self, given: impl Into<Given<'r>>) -> u64 {
        self.estimate.evaluate(&self.tables, given.into(), &[])
    }

    /// What an answer costs: `counts` are the objects in it, by selection set.
    pub fn answered<'r>(&self, given: impl Into<Given<'r>>, counts: &[u32]) -> u64 {
        self.answer.evaluate(&self.tables, given.into(), counts)
    }

    /// The estimate, where no variable matters.
    pub fn constant(&self) -> Option<u64> {
        self.estimate.constant()
    }

    /// A list whose slicing arguments are too many or none though exactly one has to be there, as a sentence.
    pub fn unsized_list(&self, variables: &Variables) -> Option<String> {
        let wrong = self.exact.iter().find(|list| {
            let by_variable = list.slices.iter().filter(|&&slice| self.tables.slice(slice, variables).is_some());
            list.given + by_variable.count() != 1
        })?;
        Some(format!("{} takes exactly one of the arguments {}", wrong.coordinate, wrong.arguments))
    }

    /// Bytes it takes in a cache, roughly.
    pub fn weight(&self) -> usize {
        const ROW: usize = 48;
        (self.estimate.len() + self.answer.len() + self.tables.len() + self.exact.len() * 2) * ROW + 256
    }
}

impl CostModel {
    /// What an operation costs.
    pub fn operation(
        &self,
        supergraph: &Supergraph,
        possible: &PossibleTypes,
        operation: &Operation,
        prices: Prices<'_>,
    ) -> OperationCost {
        let mut compiler = Compiler::new(self, supergraph, possible, operation, prices);
        let root = compiler.set(SetId::ROOT, None);
        let estimate = Expression::sum([root.own.clone(), root.below]);
        compiler.answered.push(root.own.counted(SetId::ROOT));
        let answer = Expression::sum(std::mem::take(&mut compiler.answered));
        let Compiler { mut tables, exact, .. } = compiler;
        let estimate = Program::new(&estimate, &mut tables);
        let answer = Program::new(&answer, &mut tables);
        OperationCost { tables, estimate, answer, exact: exact.into() }
    }
}

/// What an object of a selection set costs, by its own fields and by the objects below.
#[derive(Debug, Clone)]
pub(super) struct SetCost {
    pub own: Expression,
    pub below: Expression,
}

/// The list size that a field says for fields below.
#[derive(Debug, Clone)]
pub(super) struct Sized<'a> {
    fields: Vec<&'a str>,
    size: Size,
}

pub(super) struct Compiler<'a> {
    pub model: &'a CostModel,
    pub supergraph: &'a Supergraph,
    pub possible: &'a PossibleTypes,
    operation: &'a Operation,
    prices: Prices<'a>,
    pub tables: Tables,
    exact: Vec<ExactlyOne>,
    exact_known: HashSet<(FieldId, usize, SmallVec<[u32; 2]>)>,
    /// What answered objects cost, by selection set.
    answered: Vec<Expression>,
    fields: HashMap<FieldId, Rc<FieldCost<'a>>>,
    inputs: HashMap<Name, u32>,
    /// Input objects around the value at hand.
    nesting: u32,
}

/// Defaults of input objects may contain themselves; what is nested deeper than this costs nothing more.
const DEEPEST_INPUT: u32 = 64;

impl<'a> Compiler<'a> {
    pub fn new(
        model: &'a CostModel,
        supergraph: &'a Supergraph,
        possible: &'a PossibleTypes,
        operation: &'a Operation,
        prices: Prices<'a>,
    ) -> Self {
        Self {
            model,
            supergraph,
            possible,
            operation,
            prices,
            tables: Tables::default(),
            exact: Vec::new(),
            exact_known: HashSet::new(),
            answered: Vec::new(),
            fields: HashMap::new(),
            inputs: HashMap::new(),
            nesting: 0,
        }
    }

    /// An object of a selection set. `sized` is what the field around says of lists in it.
    pub fn set(&mut self, id: SetId, sized: Option<&Sized<'a>>) -> SetCost {
        let set = self.operation.set(id);
        let mut own = Vec::with_capacity(set.selections.len());
        let mut below = Vec::with_capacity(set.selections.len());
        for selection in &set.selections {
            let cost = self.selection(id, selection, sized);
            own.push((selection.on.as_ref(), cost.own));
            below.push((selection.on.as_ref(), cost.below));
        }
        SetCost { own: by_type(own), below: by_type(below) }
    }

    /// One response field of an object.
    pub fn selection(&mut self, set: SetId, selection: &'a Selection, sized: Option<&Sized<'a>>) -> SetCost {
        let SelectionKind::Field { field, arguments, children } = &selection.kind else {
            return SetCost { own: Expression::ZERO, below: Expression::ZERO };
        };
        let cost = self.field_cost(*field);
        let size = self.size(*field, &cost, arguments, sized);
        let called = match self.prices {
            Prices::Points => self.arguments(*field, arguments),
            Prices::Calls(counted) => Expression::Constant(u64::from(counted.contains(field))),
        };
        let is_mutation = set == SetId::ROOT && self.operation.kind == OperationKind::Mutation;
        let base = match self.prices {
            Prices::Points if is_mutation => Expression::Constant(MUTATION),
            _ => Expression::ZERO,
        };
        let weight = match self.prices {
            Prices::Points => cost.weight,
            Prices::Calls(_) => 0,
        };
        let own = Expression::sum([base, called]);
        let asked = |cost: Expression| cost.when(&selection.guard).behind(selection.gate.as_slice());
        let Some(children) = *children else {
            let values = Expression::Constant(weight).times(size);
            let own = asked(Expression::sum([own, values]));
            return SetCost { own, below: Expression::ZERO };
        };
        let inner_sized = self.sized_below(*field, &cost, arguments);
        let inner = self.set(children, inner_sized.as_ref());
        let answered = Expression::sum([Expression::Constant(weight), inner.own.clone()]).counted(children);
        self.answered.push(answered);
        let object = Expression::sum([Expression::Constant(weight), inner.own, inner.below]);
        SetCost { own: asked(own), below: asked(object.times(size)) }
    }

    pub fn field_cost(&mut self, field: FieldId) -> Rc<FieldCost<'a>> {
        let (model, supergraph, possible) = (self.model, self.supergraph, self.possible);
        Rc::clone(self.fields.entry(field).or_insert_with(|| Rc::new(model.field(supergraph, possible, field))))
    }

    /// How many values a field has.
    pub fn size(
        &mut self,
        field: FieldId,
        cost: &FieldCost<'a>,
        arguments: &[Node<ast::Argument>],
        sized: Option<&Sized<'a>>,
    ) -> Size {
        let Some(deeper) = cost.lists.checked_sub(1) else { return Size::Known(1) };
        let inner = self.model.list_size.saturating_pow(deeper);
        let name = &self.supergraph.field(field).name;
        if let Some(sized) = sized.filter(|sized| sized.fields.contains(&name.as_str())) {
            return match sized.size {
                Size::Known(size) => Size::Known(size.saturating_mul(inner)),
                Size::Asked(outer) => {
                    let rules = self.tables.sizes[outer as usize].rules.clone();
                    Size::Asked(self.tables.add_size(ListLength { rules, inner }))
                }
            };
        }
        let own: Vec<&ListSize<'a>> = cost.sizes.iter().filter(|size| size.sized_fields.is_empty()).collect();
        self.length(field, &own, arguments, inner)
    }

    /// The size that a field says for lists below it.
    pub fn sized_below(
        &mut self,
        field: FieldId,
        cost: &FieldCost<'a>,
        arguments: &[Node<ast::Argument>],
    ) -> Option<Sized<'a>> {
        let about: Vec<&ListSize<'a>> = cost.sizes.iter().filter(|size| !size.sized_fields.is_empty()).collect();
        if about.is_empty() {
            return None;
        }
        let fields = about.iter().flat_map(|size| size.sized_fields.iter().copied()).collect();
        Some(Sized { fields, size: self.length(field, &about, arguments, 1) })
    }

    fn length(
        &mut self,
        field: FieldId,
        known: &[&ListSize<'a>],
        arguments: &[Node<ast::Argument>],
        inner: u64,
    ) -> Size {
        let mut rules: SmallVec<[Rule; 1]> = SmallVec::new();
        for size in known {
            let rule = self.rule(field, size, arguments);
            if !rules.contains(&rule) {
                rules.push(rule);
            }
        }
        if rules.is_empty() {
            return Size::Known(self.model.list_size.saturating_mul(inner));
        }
        if rules.iter().all(|rule| rule.slices.is_empty()) {
            let longest = rules.iter().map(|rule| rule.given.unwrap_or(rule.otherwise)).max().unwrap_or_default();
            return Size::Known(longest.saturating_mul(inner));
        }
        Size::Asked(self.tables.add_size(ListLength { rules, inner }))
    }

    fn rule(&mut self, field: FieldId, size: &ListSize<'a>, arguments: &[Node<ast::Argument>]) -> Rule {
        let otherwise = size.assumed.unwrap_or(self.model.list_size);
        let mut rule = Rule { given: None, slices: SmallVec::new(), otherwise };
        let mut literals = 0;
        for path in &size.slicing {
            match self.slice(field, path, arguments) {
                Found::Nothing => {}
                Found::Integer(size) => {
                    rule.given = rule.given.max(Some(size));
                    literals += 1;
                }
                Found::Variable(slice) => rule.slices.push(self.tables.add_slice(slice)),
            }
        }
        let is_certain = literals == 1 && rule.slices.is_empty();
        if size.require_one && !size.slicing.is_empty() && !is_certain {
            self.require_one(field, size, literals, &rule.slices);
        }
        rule
    }

    /// Remembers it once, however often a document asks for the list in the same way.
    fn require_one(&mut self, field: FieldId, size: &ListSize<'a>, given: usize, slices: &SmallVec<[u32; 2]>) {
        if !self.exact_known.insert((field, given, slices.clone())) {
            return;
        }
        let field = self.supergraph.field(field);
        self.exact.push(ExactlyOne {
            coordinate: format!("{}.{}", self.supergraph.ty(field.parent).name, field.name).into(),
            arguments: size.slicing.join(", ").into(),
            given,
            slices: slices.clone(),
        });
    }

    /// What an operation gives for the slicing argument at a path.
    fn slice(&self, field: FieldId, path: &str, arguments: &[Node<ast::Argument>]) -> Found {
        let mut steps = path.split('.');
        let name = steps.next().unwrap_or_default();
        let rest: Vec<&str> = steps.collect();
        let defined = &self.supergraph.field(field).arguments;
        let Some(definition) = defined.iter().map(|argument| &argument.definition).find(|own| own.name == name) else {
            return Found::Nothing;
        };
        let given = arguments.iter().find(|argument| argument.name == name).map(|argument| &*argument.value);
        self.slice_in(definition, given, &rest)
    }

    fn slice_in(&self, definition: &InputValueDefinition, given: Option<&Value>, rest: &[&str]) -> Found {
        let default = definition.default_value.as_deref();
        match (given.or(default), rest.split_first()) {
            (Some(Value::Variable(name)), _) => {
                let Some(variable) = self.operation.variable(name) else { return Found::Nothing };
                let path = rest.iter().map(|&step| step.into()).collect();
                let fallback = match default.map(|default| self.slice_in(definition, Some(default), rest)) {
                    Some(Found::Integer(size)) => Some(size),
                    _ => None,
                };
                Found::Variable(Slice { variable, path, default: fallback })
            }
            (Some(value), None) => schema::integer(value).map_or(Found::Nothing, Found::Integer),
            (Some(Value::Object(entries)), Some((name, rest))) => {
                let mut fields = schema::input_fields(self.supergraph, definition.ty.inner_named_type());
                let Some(definition) = fields.find(|field| field.name == **name) else { return Found::Nothing };
                let given = entries.iter().find(|(key, _)| key == *name).map(|(_, value)| &**value);
                self.slice_in(definition, given, rest)
            }
            _ => Found::Nothing,
        }
    }

    /// What the arguments of a field cost.
    pub fn arguments(&mut self, field: FieldId, given: &[Node<ast::Argument>]) -> Expression {
        let supergraph = self.supergraph;
        let defined = &supergraph.field(field).arguments;
        let costs = defined.iter().map(|argument| {
            let definition = &argument.definition;
            let value = given.iter().find(|argument| argument.name == definition.name).map(|given| &*given.value);
            self.argument(definition, value)
        });
        Expression::sum(costs.collect::<Vec<_>>())
    }

    /// What a value costs where it is defined; one that is not given is the default.
    fn argument(&mut self, definition: &InputValueDefinition, given: Option<&Value>) -> Expression {
        let Some(value) = given.or(definition.default_value.as_deref()) else { return Expression::ZERO };
        let weight = self.model.input(self.supergraph, definition);
        self.value(definition, weight, value)
    }

    fn value(&mut self, definition: &InputValueDefinition, weight: u64, value: &Value) -> Expression {
        match value {
            Value::Null => Expression::ZERO,
            Value::List(items) => {
                Expression::sum(items.iter().map(|item| self.value(definition, weight, item)).collect::<Vec<_>>())
            }
            Value::Variable(name) => match self.operation.variable(name) {
                Some(variable) => self.variable(definition, weight, variable),
                None => Expression::ZERO,
            },
            Value::Object(entries) if schema::is_input_object(self.supergraph, &definition.ty) => {
                let inside = self.object(definition.ty.inner_named_type(), entries);
                Expression::sum([Expression::Constant(weight), inside])
            }
            _ => Expression::Constant(weight),
        }
    }

    /// What is in an input object.
    fn object(&mut self, ty: &Name, entries: &[(Name, Node<Value>)]) -> Expression {
        if self.nesting == DEEPEST_INPUT {
            return Expression::ZERO;
        }
        self.nesting += 1;
        let mut costs = Vec::new();
        for field in schema::input_fields(self.supergraph, ty) {
            let given = entries.iter().find(|(name, _)| *name == field.name).map(|(_, value)| &**value);
            costs.push(self.argument(field, given));
        }
        self.nesting -= 1;
        Expression::sum(costs)
    }

    fn variable(&mut self, definition: &InputValueDefinition, weight: u64, variable: VariableId) -> Expression {
        let is_object = schema::is_input_object(self.supergraph, &definition.ty);
        let object = is_object.then(|| self.input_type(definition.ty.inner_named_type()));
        if weight == 0 && object.is_none() {
            return Expression::ZERO;
        }
        let value = Expression::Value(self.tables.add_value(VariableCost { variable, weight, object }));
        // A variable without a value leaves the argument's default.
        match definition.default_value.as_deref() {
            None => value,
            Some(default) => {
                let otherwise = self.value(definition, weight, default);
                Expression::largest([value, otherwise])
            }
        }
    }

    /// The row of an input object; types may be recursive.
    fn input_type(&mut self, name: &Name) -> u32 {
        if let Some(&known) = self.inputs.get(name) {
            return known;
        }
        let row = self.tables.inputs.add(InputType::default());
        self.inputs.insert(name.clone(), row);
        let supergraph = self.supergraph;
        let mut fields: Vec<InputField> = Vec::new();
        for field in schema::input_fields(supergraph, name) {
            let weight = self.model.input(supergraph, field);
            let is_object = schema::is_input_object(supergraph, &field.ty);
            let object = is_object.then(|| self.input_type(field.ty.inner_named_type()));
            if weight > 0 || object.is_some() {
                fields.push(InputField { name: field.name.as_str().into(), weight, object });
            }
        }
        fields.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        self.tables.inputs.set(row, InputType { fields });
        row
    }
}

/// What an operation gives for a slicing argument.
enum Found {
    Nothing,
    Integer(u64),
    Variable(Slice),
}

/// Adds up costs of selections: an object has one type, so of those for types that exclude each other the largest
/// counts. Where types overlap all are added up, which is never too low.
pub(super) fn by_type(costs: Vec<(Option<&TypeSet>, Expression)>) -> Expression {
    let mut for_all = Vec::new();
    let mut groups: Vec<(&TypeSet, Vec<Expression>)> = Vec::new();
    for (on, cost) in costs {
        match on {
            _ if cost.is_zero() => {}
            None => for_all.push(cost),
            Some(on) => match groups.iter_mut().find(|(types, _)| *types == on) {
                Some((_, costs)) => costs.push(cost),
                None => groups.push((on, vec![cost])),
            },
        }
    }
    let mut seen: Vec<bool> = Vec::new();
    let exclusive = groups.iter().flat_map(|(types, _)| types.iter()).all(|ty| {
        seen.resize(seen.len().max(ty.index() + 1), false);
        !std::mem::replace(&mut seen[ty.index()], true)
    });
    let groups = groups.into_iter().map(|(_, costs)| Expression::sum(costs));
    match exclusive {
        true => for_all.push(Expression::largest(groups)),
        false => for_all.extend(groups),
    }
    Expression::sum(for_all)
}
