//! The generator: a number of subgraphs and of types in each in, their SDL out.
//!
//! A marketplace of departments. Each department is a subgraph that owns some item types; three other
//! departments of its block add fields to each item: a rating, related items of theirs, and one of them
//! a shipping price that requires the weight. Beside them are the things that real schemas have:
//! interfaces, unions, enums, inputs, a value type that all share, descriptions, deprecations, compound
//! keys. A block has twenty departments, so the first block of a large graph is the whole of a small one
//! and the same operation runs on both.
//!
//! No randomness: the same numbers give the same text.

use std::fmt::Write;

/// Departments whose items extend each other.
const BLOCK: usize = 20;

/// How large a graph is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// How many subgraphs.
    pub subgraphs: usize,
    /// How many entity types each of them owns.
    pub types: usize,
}

/// The SDL of every subgraph, with its name.
pub fn subgraphs(size: Size) -> Vec<(String, String)> {
    let mut visits: Vec<Vec<Visit>> = vec![Vec::new(); size.subgraphs];
    for owner in 0..size.subgraphs {
        for item in 0..size.types {
            for (turn, guest) in guests(size, owner, item).into_iter().enumerate() {
                visits[guest].push(Visit { owner, item, turn });
            }
        }
    }
    (0..size.subgraphs).map(|at| (name(at), subgraph(size, at, &visits[at]))).collect()
}

/// What a department is called.
fn name(department: usize) -> String {
    format!("dept{department:03}")
}

/// An item type of a department.
pub fn item(owner: usize, item: usize) -> String {
    format!("D{owner}Item{item}")
}

/// The departments that add to an item, the one that requires its weight first; none in a graph of one.
fn guests(size: Size, owner: usize, item: usize) -> Vec<usize> {
    let first = owner - owner % BLOCK;
    let block = BLOCK.min(size.subgraphs - first);
    let mut guests = Vec::new();
    for turn in 0..block.min(4) - 1 {
        let guest = first + (owner - first + 1 + (item * 3 + turn * 7) % (block - 1)) % block;
        if !guests.contains(&guest) {
            guests.push(guest);
        }
    }
    guests
}

/// The item of a guest that an item is related to.
fn related(size: Size, owner: usize, item: usize, turn: usize) -> usize {
    (owner + item * 5 + turn) % size.types
}

/// A department adds to an item of another.
#[derive(Debug, Clone, Copy)]
struct Visit {
    owner: usize,
    item: usize,
    turn: usize,
}

fn subgraph(size: Size, at: usize, visits: &[Visit]) -> String {
    let mut sdl = String::from(
        "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.5\", \
         import: [\"@key\", \"@shareable\", \"@external\", \"@requires\"])\n\n",
    );
    queries(&mut sdl, size, at);
    common_types(&mut sdl, size, at);
    for number in 0..size.types {
        own_item(&mut sdl, at, number);
    }
    for visit in visits {
        visited_item(&mut sdl, size, at, *visit);
    }
    sdl
}

fn queries(sdl: &mut String, size: Size, at: usize) {
    sdl.push_str("type Query {\n");
    for number in 0..size.types {
        let item = item(at, number);
        put(sdl, format_args!("  \"One item, or null when there is none.\"\n  d{at}Item{number}(id: ID!): {item}\n"));
        put(sdl, format_args!("  d{at}Items{number}(filter: D{at}Filter, first: Int = 20): [{item}!]!\n"));
    }
    sdl.push_str("}\n\n");
}

fn common_types(sdl: &mut String, size: Size, at: usize) {
    put(
        sdl,
        format_args!(
            "enum D{at}State {{ DRAFT LISTED SOLD RETIRED @deprecated(reason: \"say SOLD\") }}\n\n\
             input D{at}Filter {{ states: [D{at}State!] = [LISTED] below: Float text: String }}\n\n\
             interface D{at}Thing {{ id: ID! title: String! }}\n\n\
             \"\"\"\nAn amount of money.\n\nIts currency is an ISO 4217 code.\n\"\"\"\n\
             type Price @shareable {{ amount: Float! currency: String! }}\n\n"
        ),
    );
    let members: Vec<String> = (0..size.types.min(4)).map(|number| item(at, number)).collect();
    put(sdl, format_args!("union D{at}Anything = {}\n\n", members.join(" | ")));
}

fn own_item(sdl: &mut String, at: usize, number: usize) {
    let name = item(at, number);
    let compound = if number.is_multiple_of(5) { " @key(fields: \"sku title\")" } else { "" };
    put(
        sdl,
        format_args!(
            "\"\"\"\nItem {number} of department {at}.\n  Departments around it add to it.\n\"\"\"\n\
             type {name} implements D{at}Thing @key(fields: \"id\"){compound} {{\n  id: ID!\n  sku: String!\n  \
             title: String!\n  state: D{at}State!\n  price(currency: String = \"EUR\"): Price\n  \
             weight: Float @shareable\n  \"As in the printed catalogue.\"\n  \
             code: String @deprecated(reason: \"say sku\")\n  parent: {name}\n  also: D{at}Anything\n}}\n\n"
        ),
    );
}

fn visited_item(sdl: &mut String, size: Size, at: usize, Visit { owner, item: number, turn }: Visit) {
    let name = item(owner, number);
    let related = item(at, related(size, owner, number, turn));
    put(
        sdl,
        format_args!(
            "type {name} @key(fields: \"id\") {{\n  id: ID!\n  rating{turn}: Float\n  \
             related{turn}(first: Int = 5): [{related}!]\n"
        ),
    );
    if turn == 0 {
        sdl.push_str("  weight: Float @external\n  shipping: Price @requires(fields: \"weight\")\n");
    }
    sdl.push_str("}\n\n");
}

fn put(sdl: &mut String, text: std::fmt::Arguments<'_>) {
    sdl.write_fmt(text).expect("text can be written to memory");
}
