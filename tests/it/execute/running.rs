//! What time does to an execution: fetches side by side, a client that leaves, and what the machine is spared.

use super::fake::{Fake, Reply};
use super::{answer, plan_text, request, run, runtime};
use bytes::Bytes;
use futures::StreamExt;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use tokio::sync::Barrier;
use weft::operation::OperationKind;

const TWO_ROOTS: &str = "fetch a\n  a: Int\nfetch b\n  b: Int\nanswer\n  a: Int\n  b: Int\n";

fn one(body: impl Into<Bytes>) -> Fake {
    Fake { replies: [(0, Reply::Body(200, body.into()))].into(), ..Fake::default() }
}

#[test]
fn fetches_without_dependencies_run_side_by_side() {
    let described = plan_text::parse(TWO_ROOTS);
    let replies = [(0, Reply::json(r#"{"data":{"a":1}}"#)), (1, Reply::json(r#"{"data":{"b":2}}"#))].into();
    // Neither is answered before both have been asked.
    let fake = Fake { replies, meeting: Some(Barrier::new(2)), ..Fake::default() };
    let parts = answer(request(&described), &fake);
    assert_eq!(parts[0].data(), br#"{"a":1,"b":2}"#);
}

#[test]
fn what_follows_a_mutation_is_asked_anew() {
    let mut described = plan_text::parse(TWO_ROOTS);
    let replies = || [(0, Reply::json(r#"{"data":{"a":1}}"#)), (1, Reply::json(r#"{"data":{"b":2}}"#))].into();
    let fake = Fake { replies: replies(), ..Fake::default() };
    answer(request(&described), &fake);
    assert_eq!(fake.shareable.load(Ordering::SeqCst), 2);
    (described.plan.kind, described.plan.fetches[0].kind) = (OperationKind::Mutation, OperationKind::Mutation);
    let fake = Fake { replies: replies(), ..Fake::default() };
    answer(request(&described), &fake);
    assert_eq!(fake.shareable.load(Ordering::SeqCst), 0);
}

#[test]
fn a_client_that_leaves_cancels_its_fetches() {
    let described = plan_text::parse(TWO_ROOTS);
    let fake = Fake { replies: [(0, Reply::Hangs), (1, Reply::Hangs)].into(), ..Fake::default() };
    runtime().block_on(async {
        let mut parts = Box::pin(run(request(&described), &fake));
        let waited = tokio::time::timeout(Duration::from_millis(20), parts.next()).await;
        assert!(waited.is_err());
        assert_eq!(fake.under_way.load(Ordering::SeqCst), 2);
        drop(parts);
        assert_eq!(fake.under_way.load(Ordering::SeqCst), 0);
    });
}

#[test]
fn nothing_is_sent_before_the_answer_is_wanted() {
    let described = plan_text::parse(TWO_ROOTS);
    let fake = Fake::default();
    drop(run(request(&described), &fake));
    assert!(fake.requests.lock().unwrap().is_empty());
}

#[test]
fn a_reply_that_is_not_utf8_is_refused() {
    let described = plan_text::parse("fetch a\n  a: String\nanswer\n  a: String\n");
    let part = answer(request(&described), &one(&b"{\"data\":{\"a\":\"\xff\"}}"[..])).remove(0);
    assert_eq!(part.data(), br#"{"a":null}"#);
    assert_eq!(part.errors[0].code(), Some("SUBREQUEST_MALFORMED_RESPONSE"));
}

#[test]
fn the_response_has_data_errors_and_extensions() {
    let described = plan_text::parse("fetch a\n  a: Int\nanswer\n  a: Int\n");
    let part = answer(request(&described), &one(r#"{"data":{"a":true}}"#)).remove(0);
    let body = part.finish(&[("queryPlan", b"{}"), ("took", b"5")]);
    let body = std::str::from_utf8(&body).unwrap();
    assert!(body.starts_with(r#"{"data":{"a":null},"errors":[{"message":""#), "{body}");
    assert!(body.ends_with(r#"}}],"extensions":{"queryPlan":{},"took":5}}"#), "{body}");
}

/// Each of these makes a naive reader quadratic or worse, or overflows its stack.
#[test]
fn hostile_replies_cost_no_more_than_their_bytes() {
    let described = plan_text::parse(
        "fetch a\n  x: [A|B]\n    x: [A|B]\n      x: [A|B]\n        id: ID\n  y: [Int]\nanswer\n  x: [X]\n    x: [X]\n      x: [X]\n        id: ID\n  y: [Int]\n",
    );
    let many = 200_000;
    let bodies = [
        format!(r#"{{"data":{}"#, "[".repeat(many)),
        format!(r#"{{"data":{{"y":{}{}}}}}"#, "[".repeat(many), "]".repeat(many)),
        format!(r#"{{"data":{{}},"errors":[{}{{}}]}}"#, r#"{"message":"x","path":["x",0,"x"]},"#.repeat(many)),
        format!(r#"{{"data":{{{}"x":[]}}}}"#, r#""unknown":1,"#.repeat(many)),
        format!(r#"{{"data":{{"x":[{}{{}}]}}}}"#, r#"{"__typename":"A","x":[{}]},"#.repeat(many)),
        format!(
            r#"{{"data":{{"x":[{}{{}}]}}}}"#,
            r#"{"x":[{"x":[{"id":1,"__typename":"A"}],"__typename":"B"}],"__typename":"A"},"#.repeat(many / 4)
        ),
        format!(r#"{{"data":{{"y":[{}"x"]}}}}"#, "null,".repeat(many)),
        format!(r#"{{"data":{{"y":[{}1]}}}}"#, r#"{"a":"b"},"#.repeat(many)),
        format!(r#"{{"data":{{"y":1{}}}}}"#, "0".repeat(many)),
        format!(r#"{{"data":{{"y":"{}"}}}}"#, "\\ud800".repeat(many)),
    ];
    for body in bodies {
        let start = Instant::now();
        let shown = body[..40].to_owned();
        let part = answer(request(&described), &one(body)).remove(0);
        assert!(part.errors.len() <= 101, "{shown}");
        serde_json::from_slice::<serde_json::Value>(&part.finish(&[])).unwrap();
        // Unoptimized on a busy machine this takes some tenths of a second; quadratic would take hours.
        assert!(start.elapsed() < Duration::from_secs(20), "{shown} took {:?}", start.elapsed());
    }
}

#[test]
fn deep_answers_fit_a_small_stack() {
    let depth = 60;
    let (mut fields, mut reply) = (String::new(), String::new());
    for level in 0..depth {
        fields += &format!("{}x: [X]\n", "  ".repeat(level + 1));
        reply = if level == 0 { String::from(r#"{"name":"n"}"#) } else { format!(r#"{{"x":[{reply}]}}"#) };
    }
    fields += &format!("{}name: String!\n", "  ".repeat(depth + 1));
    let reply = format!(r#"{{"data":{{"x":[{reply}]}}}}"#);
    let described = plan_text::parse(&format!("fetch a\n{fields}answer\n{fields}"));
    let thread = std::thread::Builder::new().stack_size(1 << 20).spawn(move || {
        let part = answer(request(&described), &one(reply)).remove(0);
        assert!(part.errors.is_empty());
        assert!(part.data().ends_with(&b"]}".repeat(depth)));
    });
    thread.unwrap().join().unwrap();
}

#[test]
fn an_answer_that_repeats_itself_is_bounded() {
    // Each product is at every place of the level above, so the answer has 40^5 of them in its 200 objects.
    let mut plan = String::from("fetch f0\n  p: [P]\n    id: ID!\n");
    let mut path = String::from("p");
    for level in 1..5 {
        plan += &format!("fetch f{level} after f{}\n  of {path} by P id\n    p: [P]\n      id: ID!\n", level - 1);
        path += ".p";
    }
    plan += "answer\n  p: [P]\n    p: [P]\n      p: [P]\n        p: [P]\n          p: [P]\n            id: ID!\n";
    let described = plan_text::parse(&plan);
    let list = format!("[{}]", vec![r#"{"id":"1"}"#; 40].join(","));
    let entity = Reply::json(format!(r#"{{"data":{{"_entities":[{{"p":{list}}}]}}}}"#));
    let mut replies: std::collections::HashMap<_, _> = (1..5).map(|level| (level, entity.clone())).collect();
    replies.insert(0, Reply::json(format!(r#"{{"data":{{"p":{list}}}}}"#)));
    let fake = Fake { replies, ..Fake::default() };
    let mut request = request(&described);
    let mut settings = (*request.settings).clone();
    settings.limits.answer_bytes = 1 << 20;
    request.settings = settings.into();
    let part = answer(request, &fake).remove(0);
    assert_eq!(part.data(), b"null");
    assert_eq!(part.errors[0].code(), Some("REQUEST_LIMIT_EXCEEDED"));
}
