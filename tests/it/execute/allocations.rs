//! The hot path does not allocate by the leaf: a counting allocator around the system's, by thread.

use super::fake::{Fake, Reply};
use super::{plan_text, request, run, runtime};
use futures::StreamExt;
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

struct Counting;

thread_local! {
    static COUNT: Cell<usize> = const { Cell::new(0) };
    static LIVE: Cell<isize> = const { Cell::new(0) };
}

/// Bytes that this thread has allocated and not given back; negative where others allocated them.
pub fn live_bytes() -> isize {
    LIVE.get()
}

/// How often `work` allocates on this thread.
pub fn counted(work: impl FnOnce()) -> usize {
    let before = COUNT.get();
    work();
    COUNT.get() - before
}

fn count(more: usize, less: usize) {
    COUNT.with(|count| count.set(count.get() + usize::from(more > 0)));
    LIVE.with(|live| live.set(live.get() + more.cast_signed() - less.cast_signed()));
}

// SAFETY: everything is passed on to the system's allocator; the counters are plain thread-local cells
// that need no allocation and no destructor.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 0);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(0, layout.size());
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size, layout.size());
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const PLAN: &str = "
fetch a
  list: [Item]
    id: ID!
    name: String
    count: Int
    tags: [String]
fetch b after a
  of list by Item id
    extra: String
    makers: [Maker]
      name: String
answer
  list: [Item]
    id: ID!
    name: String
    count: Int
    tags: [String]
    extra: String
    makers: [Maker]
      name: String
";

/// Allocations of one request with so many items of seven leaves and more.
fn allocations(items: usize) -> usize {
    let described = plan_text::parse(PLAN);
    let rows: Vec<String> =
        (0..items).map(|i| format!(r#"{{"id":{i},"name":"n{i}","count":{i},"tags":["a","b","c"]}}"#)).collect();
    let more: Vec<String> =
        (0..items).map(|i| format!(r#"{{"extra":"x{i}","makers":[{{"name":"m"}},{{"name":"n"}}]}}"#)).collect();
    let replies = [
        (0, Reply::json(format!(r#"{{"data":{{"list":[{}]}}}}"#, rows.join(",")))),
        (1, Reply::json(format!(r#"{{"data":{{"_entities":[{}]}}}}"#, more.join(",")))),
    ];
    let fake = Fake { replies: replies.into(), ..Fake::default() };
    let request = request(&described);
    runtime().block_on(async {
        let before = COUNT.get();
        let part = Box::pin(run(request, &fake)).next().await.unwrap();
        let count = COUNT.get() - before;
        assert!(part.errors.is_empty());
        assert!(part.data().len() > items * 60);
        count
    })
}

#[test]
fn leaves_do_not_show_in_the_allocations() {
    let (few, many) = (allocations(10), allocations(10_000));
    assert!(few < 60, "{few} allocations for 10 items");
    // Buffers that double now and then are all that may come on top.
    assert!(many < few + 60, "{few} allocations for 10 items, {many} for 10 000");
}
