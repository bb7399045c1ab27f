//! Plans from text, for tests of the executor alone.
//!
//! ```text
//! enum Colour BLUE RED
//! fetch products
//!   topProducts: [Product!]!
//!     id: ID!
//!     name: String
//! fetch reviews after products
//!   of topProducts by Product id as _entities
//!     reviews: [Review]
//!       body: String
//! answer
//!   topProducts: [Product!]!
//!     name: String
//!     reviews: [Review]
//!       body: String
//! ```
//!
//! A name of several types (`Book|Film`) or one with a star is told by `__typename`; `?Media` is an
//! interface object; `inaccessible Film` at the top hides a type. `on Book` and `if $yes` after a field's type are conditions. What is fetched and not in the answer is hidden.
//! `of PATH by Query root` are objects that are the root again. `given VARIABLE from PATH by Type key` behind a group is an argument from a context, `each` asks about every object.
//! Inputs of representations: `id`, `price?` (null is sent), `size{width}`; alternatives stand behind `or`.
//! Layouts belong to positions, slots to keys at positions.

use std::collections::{BTreeMap, BTreeSet};
use weft::operation::{Guard, Literal, OperationKind, VariableId};
use weft::plan::Plan;
use weft::plan::model::*;
use weft::plan::sets::BitSet;
use weft::supergraph::SubgraphId;

/// A plan with the names that tests know things by.
pub struct Described {
    pub plan: Plan,
    /// By subgraph, which is also by fetch.
    pub subgraphs: Vec<String>,
    /// By variable.
    pub variables: Vec<String>,
}

pub fn parse(text: &str) -> Described {
    let nodes = tree(text);
    let mut builder = Builder::default();
    builder.names(&nodes);
    for fetch in nodes.iter().filter(|node| node.text.starts_with("fetch ")) {
        builder.fetch(fetch);
    }
    let answer = nodes.iter().find(|node| node.text == "answer").expect("an answer");
    let projection = builder.projection("", &answer.children);
    builder.finish(projection)
}

struct Node {
    text: String,
    children: Vec<Node>,
}

fn tree(text: &str) -> Vec<Node> {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty()).peekable();
    fn level<'a>(lines: &mut std::iter::Peekable<impl Iterator<Item = &'a str>>, indent: usize) -> Vec<Node> {
        let mut nodes: Vec<Node> = Vec::new();
        while let Some(line) = lines.peek() {
            let here = line.len() - line.trim_start().len();
            if here < indent {
                break;
            }
            let text = line.trim().to_owned();
            lines.next();
            let children = level(lines, here + 1);
            nodes.push(Node { text, children });
        }
        nodes
    }
    level(&mut lines, 0)
}

/// `key: [Type!] on A|B if $v`
struct Line {
    key: String,
    wrapping: Wrapping,
    name: String,
    on: Option<Vec<String>>,
    condition: Option<String>,
}

fn line(text: &str) -> Line {
    let (key, rest) = text.split_once(": ").unwrap_or_else(|| panic!("no field: {text}"));
    let mut words = rest.split(' ');
    let (wrapping, name) = wrapped(words.next().unwrap());
    let mut line = Line { key: key.to_owned(), wrapping, name, on: None, condition: None };
    while let Some(word) = words.next() {
        let operand = words.next().unwrap();
        match word {
            "on" => line.on = Some(operand.split('|').map(str::to_owned).collect()),
            "if" => line.condition = Some(operand.trim_start_matches('$').to_owned()),
            _ => panic!("{text}"),
        }
    }
    line
}

fn wrapped(text: &str) -> (Wrapping, String) {
    let (text, own) = text.strip_suffix('!').map_or((text, 0), |text| (text, 1));
    match text.strip_prefix('[') {
        Some(inner) => {
            let (inner, name) = wrapped(inner.strip_suffix(']').unwrap());
            (Wrapping { lists: inner.lists + 1, non_null: own | (inner.non_null << 1) }, name)
        }
        None => (Wrapping { lists: 0, non_null: own }, text.to_owned()),
    }
}

#[derive(Default)]
struct Builder {
    types: Vec<String>,
    enums: Vec<EnumValues>,
    visible: BTreeSet<String>,
    variables: Vec<String>,
    subgraphs: Vec<String>,
    listed: Vec<String>,
    hidden: Vec<String>,
    layouts: BTreeMap<String, LayoutId>,
    slots: BTreeMap<(String, String), Slot>,
    sizes: Vec<u32>,
    shapes: Vec<ObjectShape>,
    lists: Vec<EntityList>,
    steps: BTreeMap<String, PathStep>,
    fetches: Vec<Fetch>,
    projections: Vec<ObjectProjection>,
}

const SCALARS: [(&str, LeafKind); 6] = [
    ("Int", LeafKind::Int),
    ("Float", LeafKind::Float),
    ("String", LeafKind::String),
    ("Boolean", LeafKind::Boolean),
    ("ID", LeafKind::Id),
    ("Any", LeafKind::Any),
];

impl Builder {
    /// First look: types, enums, variables, entity lists, what the client sees.
    fn names(&mut self, nodes: &[Node]) {
        let mut types = BTreeSet::from(["Query".to_owned()]);
        for node in nodes {
            if let Some(rest) = node.text.strip_prefix("inaccessible ") {
                self.hidden.extend(rest.split(' ').map(str::to_owned));
            }
            if let Some(rest) = node.text.strip_prefix("enum ") {
                let mut words = rest.split(' ').map(Box::from);
                let name = words.next().unwrap();
                let mut values: Vec<Box<str>> = words.collect();
                values.sort();
                self.enums.push(EnumValues { name, values: values.into() });
            }
        }
        self.layout("");
        for node in nodes {
            self.names_in(node, "", node.text == "answer", &mut types);
        }
        self.types = types.into_iter().collect();
    }

    fn names_in(&mut self, node: &Node, path: &str, answer: bool, types: &mut BTreeSet<String>) {
        for child in &node.children {
            if let Some(rest) = child.text.strip_prefix("of ") {
                let list = rest.split(' ').next().unwrap().to_owned();
                if let Some((_, typed)) = rest.split_once(" typed ") {
                    types.extend(members(typed.split(' ').next().unwrap()).map(str::to_owned));
                }
                self.names_in(child, &list, answer, types);
                if !self.listed.contains(&list) {
                    self.listed.push(list);
                }
                continue;
            }
            let line = line(&child.text);
            let here = join(path, &line.key);
            if answer {
                self.visible.insert(here.clone());
            }
            if let Some(variable) = &line.condition
                && !self.variables.contains(variable)
            {
                self.variables.push(variable.clone());
            }
            if !answer && !child.children.is_empty() {
                types.extend(members(&line.name).filter(|name| !name.starts_with('?')).map(str::to_owned));
            }
            self.names_in(child, &here, answer, types);
        }
    }

    fn layout(&mut self, path: &str) -> LayoutId {
        let next = LayoutId(self.sizes.len() as u32);
        let id = *self.layouts.entry(path.to_owned()).or_insert(next);
        if id == next {
            self.sizes.push(0);
        }
        id
    }

    fn slot(&mut self, path: &str, key: &str) -> Slot {
        let layout = self.layout(path);
        let size = &mut self.sizes[layout.index()];
        *self.slots.entry((path.to_owned(), key.to_owned())).or_insert_with(|| {
            *size += 1;
            Slot(*size - 1)
        })
    }

    fn ty(&self, name: &str) -> RuntimeType {
        let index = self.types.iter().position(|ty| ty == name).unwrap_or_else(|| panic!("type {name}"));
        RuntimeType(index as u32)
    }

    fn set(&self, names: impl IntoIterator<Item = impl AsRef<str>>) -> BitSet {
        names.into_iter().map(|name| self.ty(name.as_ref()).index()).collect()
    }

    fn on(&self, line: &Line) -> Option<BitSet> {
        line.on.as_ref().map(|names| self.set(names))
    }

    /// Set 0 is "always"; each variable has its own.
    fn live(&self, condition: Option<&String>) -> LiveId {
        condition.map_or(LiveId::ALWAYS, |variable| {
            LiveId(1 + self.variables.iter().position(|name| name == variable).unwrap() as u32)
        })
    }

    fn typing(&self, name: &str) -> Typing {
        if name.starts_with('?') {
            return Typing::Unknown;
        }
        if !name.contains(['|', '*']) {
            return Typing::Static(self.ty(name));
        }
        let mut types: Vec<NamedType> =
            members(name).map(|name| NamedType { name: name.into(), ty: self.ty(name) }).collect();
        types.sort_by(|a, b| a.name.cmp(&b.name));
        Typing::ByName(types.into())
    }

    fn shape(&mut self, path: &str, typing: Typing, collect: bool, nodes: &[Node]) -> ShapeId {
        let layout = self.layout(path);
        let mut fields = Vec::new();
        for node in nodes {
            let line = line(&node.text);
            let here = join(path, &line.key);
            let slot = self.slot(path, &line.key);
            let response_key: Option<Box<str>> = self.visible.contains(&here).then(|| line.key.as_str().into());
            let value = match self.leaf(&line.name) {
                Some(kind) => ShapeValue::Leaf(kind),
                None => {
                    self.steps.entry(here.clone()).or_insert(PathStep {
                        slot,
                        response_key: response_key.clone(),
                        name: line.key.as_str().into(),
                        lists: line.wrapping.lists,
                        on: None,
                    });
                    ShapeValue::Object(self.shape(&here, self.typing(&line.name), true, &node.children))
                }
            };
            fields.push(ShapeField {
                key: line.key.as_str().into(),
                slot,
                on: self.on(&line),
                live: self.live(line.condition.as_ref()),
                lists: line.wrapping.lists,
                value,
                response_key,
            });
        }
        let list = self.listed.iter().position(|list| list == path).filter(|_| collect);
        let collect = list.into_iter().map(|list| ListId(list as u32)).collect();
        self.shapes.push(ObjectShape { layout, typing, fields: fields.into(), collect });
        ShapeId(self.shapes.len() as u32 - 1)
    }

    fn leaf(&self, name: &str) -> Option<LeafKind> {
        let of_enum = || self.enums.iter().position(|it| &*it.name == name).map(|at| LeafKind::Enum(EnumId(at as u32)));
        SCALARS.iter().find(|(scalar, _)| *scalar == name).map(|(_, kind)| *kind).or_else(of_enum)
    }

    /// `fetch NAME after OTHER OTHER if $v`
    fn fetch(&mut self, node: &Node) {
        let mut words = node.text.split(' ').skip(1);
        let name = words.next().unwrap().to_owned();
        let (mut depends_on, mut condition) = (Vec::new(), None);
        while let Some(word) = words.next() {
            match word {
                "after" => {}
                "if" => condition = words.next().map(|variable| variable.trim_start_matches('$').to_owned()),
                before => depends_on.push(self.subgraphs.iter().position(|name| name == before).expect(before)),
            }
        }
        let subgraph = SubgraphId::from_index(self.subgraphs.len());
        self.subgraphs.push(name.clone());
        let is_entities = node.children.iter().any(|child| child.text.starts_with("of "));
        let mut pieces = Vec::new();
        let (root, entities) = if is_entities {
            let groups: Vec<EntityGroup> = node.children.iter().map(|group| self.group(group, &mut pieces)).collect();
            (None, groups)
        } else {
            self.document(&node.children, &mut pieces);
            (Some(self.shape("", Typing::Static(self.ty("Query")), false, &node.children)), Vec::new())
        };
        let full: String = pieces.iter().map(|(text, _)| text.as_str()).collect();
        let pieces = if self.variables.is_empty() { Vec::new() } else { pieces };
        self.fetches.push(Fetch {
            subgraph,
            kind: OperationKind::Query,
            depends_on: depends_on.into_iter().map(|before| FetchId(before as u32)).collect(),
            live: self.live(condition.as_ref()),
            document: Document {
                full_json: full.clone().into(),
                full: full.into(),
                pieces: pieces
                    .into_iter()
                    .map(|(text, live)| Piece { text: text.into(), live, unless: None })
                    .collect(),
            },
            operation_name: (name == "named").then(|| "Named".into()),
            variables: self
                .variables
                .iter()
                .enumerate()
                .map(|(index, name)| FetchVariable {
                    name: name.as_str().into(),
                    variable: VariableId(index as u32),
                    live: LiveId(1 + index as u32),
                })
                .collect(),
            root,
            entities: entities.into(),
            cacheable: None,
            invalidates: Box::default(),
        });
    }

    /// `of PATH by Type key key or Type key root as ALIAS typed A|B if $v given V from PATH by Type key each`
    fn group(&mut self, node: &Node, pieces: &mut Vec<(String, LiveId)>) -> EntityGroup {
        let words: Vec<&str> = node.text.split(' ').collect();
        let path = words[1];
        let after = |word: &str| words.iter().position(|it| *it == word).map(|at| words[at + 1]);
        let end = words
            .iter()
            .skip(2)
            .position(|word| matches!(*word, "root" | "as" | "typed" | "if" | "given" | "each"))
            .map_or(words.len(), |at| at + 2);
        let representations =
            words[3..end].split(|word| *word == "or").map(|words| self.representation(path, words)).collect();
        let at_root = words.contains(&"root");
        let alias = if at_root { "" } else { after("as").unwrap_or("_entities") };
        let variable = if at_root {
            String::new()
        } else if alias == "_entities" {
            "representations".to_owned()
        } else {
            format!("r{alias}")
        };
        let typing = after("typed").map_or(Typing::Kept, |names| self.typing(&format!("{names}|")));
        let live = self.live(after("if").map(|variable| variable.trim_start_matches('$').to_owned()).as_ref());
        pieces.push((alias.to_owned(), live));
        self.document(&node.children, pieces);
        let list = self.list(path);
        let shape = self.shape(path, typing, false, &node.children);
        EntityGroup {
            at_root,
            alias: alias.into(),
            variable: variable.into(),
            list,
            live,
            representations,
            shape,
            input: String::new().into(),
            contexts: self.contexts(&words),
            distinct: !words.contains(&"each"),
        }
    }

    /// `given VARIABLE from PATH by Type key`, several times for several sources of one variable.
    fn contexts(&mut self, words: &[&str]) -> Box<[ContextVariable]> {
        let mut contexts: Vec<(&str, Vec<ContextSource>)> = Vec::new();
        for (at, _) in words.iter().enumerate().filter(|(_, word)| **word == "given") {
            let [name, _, path, _, ty, key] = words[at + 1..at + 7] else { panic!("{words:?}") };
            let source =
                ContextSource { steps: path.split('.').count(), on: self.set([ty]), value: self.input(path, key) };
            match contexts.iter_mut().find(|(known, _)| *known == name) {
                Some((_, sources)) => sources.push(source),
                None => contexts.push((name, vec![source])),
            }
        }
        let variable = |(name, sources): (&str, Vec<ContextSource>)| ContextVariable {
            name: name.into(),
            live: LiveId::ALWAYS,
            sources: sources.into(),
        };
        contexts.into_iter().map(variable).collect()
    }

    fn list(&mut self, path: &str) -> ListId {
        let id = ListId(self.listed.iter().position(|list| list == path).unwrap() as u32);
        let mut steps = Vec::new();
        let mut so_far = String::new();
        for key in path.split('.') {
            so_far = join(&so_far, key);
            steps.push(self.steps[&so_far].clone());
        }
        let layout = self.layout(path);
        while self.lists.len() <= id.index() {
            self.lists.push(EntityList { path: [].into(), layout });
        }
        self.lists[id.index()] = EntityList { path: steps.into(), layout };
        id
    }

    fn representation(&mut self, path: &str, words: &[&str]) -> Representation {
        let (name, unknown) = words[0].strip_prefix('?').map_or((words[0], false), |name| (name, true));
        let on = if unknown { BitSet::new() } else { self.set([name]) };
        let fields = words[1..].iter().map(|word| self.input(path, word)).collect();
        Representation { on, unknown, typename: name.into(), fields }
    }

    /// `name`, `name?` or `name{a,b?}`
    fn input(&mut self, path: &str, word: &str) -> InputField {
        let (head, inner) = word.split_once('{').map_or((word, None), |(head, rest)| (head, rest.strip_suffix('}')));
        let (name, nullable) = head.strip_suffix('?').map_or((head, false), |name| (name, true));
        let here = join(path, name);
        let object = inner.map(|inner| InputObject {
            typename: inner.starts_with("__typename"),
            fields: inner.split(',').filter(|name| *name != "__typename").map(|word| self.input(&here, word)).collect(),
        });
        InputField { name: name.into(), slot: self.slot(path, name), on: None, live: LiveId::ALWAYS, nullable, object }
    }

    fn document(&self, nodes: &[Node], pieces: &mut Vec<(String, LiveId)>) {
        pieces.push(("{".to_owned(), LiveId::ALWAYS));
        for (position, node) in nodes.iter().enumerate() {
            let line = line(&node.text);
            let mut inner = vec![(format!("{}{}", if position > 0 { " " } else { "" }, line.key), LiveId::ALWAYS)];
            if !node.children.is_empty() {
                self.document(&node.children, &mut inner);
            }
            let live = self.live(line.condition.as_ref());
            pieces.extend(inner.into_iter().map(|(text, own)| (text, if own == LiveId::ALWAYS { live } else { own })));
        }
        pieces.push(("}".to_owned(), LiveId::ALWAYS));
    }

    fn projection(&mut self, path: &str, nodes: &[Node]) -> ProjectionId {
        let mut fields = Vec::new();
        for node in nodes {
            let line = line(&node.text);
            let source = if line.name == "Typename" {
                ProjectedSource::Typename
            } else if let Some(position) = line.name.strip_prefix("Introspection#") {
                ProjectedSource::Introspection(position.parse().unwrap())
            } else if node.children.is_empty() {
                ProjectedSource::Leaf(self.slot(path, &line.key))
            } else {
                let slot = self.slot(path, &line.key);
                ProjectedSource::Object(slot, self.projection(&join(path, &line.key), &node.children))
            };
            fields.push(ProjectedField {
                response_key: line.key.as_str().into(),
                prefix: format!("\"{}\":", line.key).into(),
                on: self.on(&line),
                live: self.live(line.condition.as_ref()),
                source,
                wrapping: line.wrapping,
                coordinate: format!("{}.{}", if path.is_empty() { "Query" } else { path }, line.key).into(),
            });
        }
        self.projections.push(ObjectProjection { fields: fields.into() });
        ProjectionId(self.projections.len() as u32 - 1)
    }

    fn finish(self, projection: ProjectionId) -> Described {
        let units: Vec<Unit> = (0..self.variables.len() as u32)
            .map(|index| Unit {
                parent: None,
                guard: Guard::all(vec![Literal { variable: VariableId(index), value: true }]),
                gate: None,
                coordinate: "Query.x".into(),
                first: None,
            })
            .collect();
        let types = self.types.iter().map(|name| TypeName {
            name: name.as_str().into(),
            hidden: self.hidden.contains(name),
            gate: None,
        });
        let sets = std::iter::once(BitSet::new()).chain((0..units.len()).map(|unit| [unit].into_iter().collect()));
        let waits_for = (0..self.fetches.len() as u32).map(FetchId).collect();
        let plan = Plan {
            kind: OperationKind::Query,
            fetches: self.fetches,
            layouts: self.sizes.iter().map(|&slots| Layout { slots }).collect(),
            shapes: self.shapes,
            lists: self.lists,
            projections: self.projections,
            parts: vec![Part { projection, waits_for }],
            types: types.collect(),
            enums: self.enums,
            unconditional: units.is_empty(),
            variables: self.variables.iter().map(|name| name.as_str().into()).collect(),
            live_sets: sets.collect(),
            units,
            cost: Cost::default(),
            optimality: Optimality::Optimal,
            writers: Writers::default(),
        };
        Described { plan, subgraphs: self.subgraphs, variables: self.variables }
    }
}

fn members(name: &str) -> impl Iterator<Item = &str> {
    name.trim_end_matches('*').split('|').filter(|name| !name.is_empty())
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}
