//! The estimate is never lower than what an answer costs whose lists are as long as assumed, whatever is asked.

use super::cost::Graph;
use proptest::prelude::*;
use weft::operation::{ConditionValues, Operation, Selection, SelectionKind, SetId};

const SDL: &str = r#"
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@cost", "@listSize"])
type Query {
  items(first: Int = 3): [Item!]! @listSize(slicingArguments: ["first"])
  things: [Thing!]! @listSize(assumedSize: 2)
  page(first: Int!): Page @listSize(slicingArguments: ["first"], sizedFields: ["nodes"])
  one: Thing @cost(weight: 7)
}
interface Thing { id: ID! next: Thing others: [Thing] }
type Item implements Thing @cost(weight: 3) { id: ID! next: Thing others: [Thing] dear: Int @cost(weight: 11) items(first: Int = 3): [Item!]! @listSize(slicingArguments: ["first"]) }
type Other implements Thing @cost(weight: 5) { id: ID! next: Thing others: [Thing] find(by: By): Item }
type Page { nodes: [Item] total: Int @cost(weight: 2) }
input By { deep: By id: ID @cost(weight: 4) }
"#;

/// A selection set of a type, as text.
fn selections(ty: &'static str, depth: u32) -> BoxedStrategy<String> {
    let first = prop_oneof![Just("(first: 1)"), Just("(first: 4)"), Just("(first: $n)"), Just("")];
    let condition = prop_oneof![4 => Just(""), 1 => Just("@include(if: $b)"), 1 => Just("@skip(if: $b)")];
    let leaf = match ty {
        "Query" | "Page" => "__typename",
        _ => "id",
    };
    if depth == 0 {
        return Just(format!("{{ {leaf} }}")).boxed();
    }
    let inner = move |ty| selections(ty, depth - 1);
    let field = move |name: &'static str, ty: &'static str| {
        (condition.clone(), inner(ty)).prop_map(move |(condition, set)| (name.to_owned(), condition, set)).boxed()
    };
    let sized = move |field: BoxedStrategy<(String, &'static str, String)>| {
        (first.clone(), field).prop_map(|(first, (name, condition, set))| (name + first, condition, set)).boxed()
    };
    let fields: Vec<BoxedStrategy<(String, &'static str, String)>> = match ty {
        "Query" => vec![
            sized(field("items", "Item")),
            field("things", "Thing"),
            field("one", "Thing"),
            field("page(first: $n)", "Page"),
        ],
        "Thing" => vec![field("next", "Thing"), field("... on Item", "Item"), field("... on Other", "Other")],
        "Item" => vec![sized(field("items", "Item")), field("next", "Thing"), field("others", "Thing")],
        "Other" => {
            vec![field("find(by: {deep: {id: 1}})", "Item"), field("find(by: $by)", "Item"), field("others", "Thing")]
        }
        _ => vec![field("nodes", "Item")],
    };
    let extra = if ty == "Item" {
        "dear"
    } else if ty == "Page" {
        "total"
    } else {
        leaf
    };
    let one = proptest::strategy::Union::new(fields);
    prop::collection::vec(one, 0..3)
        .prop_map(move |fields| {
            let mut text = format!("{{ {leaf} {extra}");
            for (field, condition, set) in fields {
                // Fragments have no alias; for the rest the same alias means the same field.
                let plain: String = field.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
                let alias = if field.starts_with("...") { String::new() } else { format!("{plain}: ") };
                text.push_str(&format!(" {alias}{field} {condition} {set}"));
            }
            text + " }"
        })
        .boxed()
}

/// An answer, as far as it is counted.
struct Answering<'a> {
    graph: &'a Graph,
    operation: &'a Operation,
    conditions: ConditionValues,
    n: usize,
    choices: Box<dyn Iterator<Item = u8>>,
    /// Whether all lists are as long as they may be.
    full: bool,
    counts: Vec<u32>,
    objects: u32,
}

impl Answering<'_> {
    fn object(&mut self, set: SetId, ty: &str, nodes: usize) {
        self.counts[set.index()] += 1;
        self.objects += 1;
        let operation = self.operation;
        for selection in &operation.set(set).selections {
            self.field(selection, ty, nodes);
        }
    }

    fn field(&mut self, selection: &Selection, ty: &str, nodes: usize) {
        let supergraph = &self.graph.supergraph;
        let own = supergraph.type_id(ty).unwrap();
        let wanted = selection.on.as_ref().is_none_or(|on| on.contains(own)) && selection.guard.holds(&self.conditions);
        let SelectionKind::Field { field, arguments, children: Some(children) } = &selection.kind else { return };
        if !wanted || self.objects > 50_000 {
            return;
        }
        let field = supergraph.field(*field);
        let first = arguments.iter().find(|argument| argument.name == "first").map(|argument| argument.value.to_i32());
        let first = match first {
            None => 3,
            Some(Some(number)) => usize::try_from(number).unwrap(),
            Some(None) => self.n,
        };
        let (most, below) = match field.name.as_str() {
            "items" => (first, 0),
            "things" => (2, 0),
            "nodes" => (nodes, 0),
            "others" => (10, 0),
            "page" => (1, first),
            _ => (1, 0),
        };
        let length = if self.full { most } else { usize::from(self.choices.next().unwrap()) % (most + 1) };
        for _ in 0..length {
            let types: Vec<_> = self.graph.possible.of(field.output).iter().collect();
            let ty = types[usize::from(self.choices.next().unwrap()) % types.len()];
            let name = supergraph.ty(ty).name.clone();
            self.object(*children, &name, below);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn no_answer_costs_more_than_was_estimated(
        set in selections("Query", 4),
        n in 0..6_usize,
        b: bool,
        by in prop_oneof![Just("null"), Just(r#"{"id": "1"}"#), Just(r#"{"deep": {"deep": {"id": null}, "id": "x"}}"#)],
        choices in prop::collection::vec(any::<u8>(), 1..64),
        full: bool,
    ) {
        thread_local!(static GRAPH: Graph = Graph::of(SDL));
        GRAPH.with(|graph| {
            let declared = [("$n", "$n: Int!"), ("$b", "$b: Boolean!"), ("$by", "$by: By")];
            // `$by` begins like `$b`, so what is used is looked for with what follows.
            let uses = |name: &str| set.match_indices(name).any(|(at, found)| {
                !set[at + found.len()..].starts_with(|c: char| c.is_alphanumeric())
            });
            let used: Vec<&str> =
                declared.iter().filter(|(name, _)| uses(name)).map(|(_, text)| *text).collect();
            let head = if used.is_empty() { String::new() } else { format!("query({}) ", used.join(", ")) };
            let operation = graph.operation(&format!("{head}{set}"));
            let variables = graph.variables(&operation, &format!(r#"{{"n": {n}, "b": {b}, "by": {by}}}"#));
            let choices = Box::new(choices.into_iter().cycle());
            let mut answering = Answering {
                graph, operation: &operation, conditions: variables.conditions(), n, choices, full,
                counts: vec![0; operation.sets.len()], objects: 0,
            };
            answering.object(SetId::ROOT, "Query", 0);
            let cost = graph.cost(&operation);
            let (estimate, actual) = (cost.estimate(&variables), cost.answered(&variables, &answering.counts));
            prop_assert!(actual <= estimate, "{actual} > {estimate} for {head}{set}");
            Ok(())
        })?;
    }
}
