//! Memory that does not grow with what was asked.

use weft::cache::{Cache, Clock, Fresh, Name, Selection, Terms};

#[test]
fn memory_is_bounded_whatever_is_asked() {
    const BOUND: u64 = 4 << 20;
    let cache = Cache::new(BOUND, Clock::default());
    let (name, leaf) = (Name::new(b"title"), Selection::leaf());
    let now = cache.now();
    let terms = Terms { born: now, fresh: now + 600_000, stale: 0, error: 0, since: 0 };
    for number in 0..200_000_u32 {
        let json = format!("\"the title of product number {number}\"");
        let fresh = Fresh { name: &name, required: b"", selection: &leaf, terms, tags: None, json: json.as_bytes() };
        cache.add(format!("products\u{7f}Product,\"id\":\"{number}\"").as_bytes(), &[fresh]);
    }
    let (records, bytes) = cache.size();
    assert!(bytes <= BOUND, "{bytes} bytes");
    // Each takes some 500 bytes, so thousands fit.
    assert!((2_000..50_000).contains(&records), "{records} records");
}
