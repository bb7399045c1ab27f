//! What a registry keeps, the same in SQLite and in PostgreSQL.

use super::world::{World, admin, delete, graph, island, products, put, quarrel, reviews, someone, sqlite};
use crate::postgres::Postgres;
use crate::process::Folder;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};
use weft::config::StoreLocation;
use weft::registry::{
    Change, ChangedPart, CheckRequest, ContractTerms, NewToken, RefusalKind, Role, Submission, TokenRequest,
    UsageReport, Verdict,
};
use weft::store::registry::{GatewayRow, NewUsage, NewVersion, UsageCount, VariantLimits};
use weft::store::secret;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn graphs_live_in_sqlite() {
    let folder = Folder::new();
    everything(&sqlite(&folder)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn graphs_live_in_postgresql() {
    let Some(server) = Postgres::start() else { return };
    everything(&server.location()).await;
}

/// What every store has to do, each in a graph of its own.
async fn everything(location: &StoreLocation) {
    // Two registries that start over an empty store at once.
    let (one, other) = tokio::join!(World::open(location), World::open(location));
    publishing_makes_versions(&one).await;
    the_same_again_makes_none(&one).await;
    what_does_not_compose_is_kept_and_not_served(&one).await;
    subgraphs_are_published_together(&one).await;
    subgraphs_are_deleted(&one).await;
    an_old_version_is_served_again(&one).await;
    publishers_at_once_lose_nothing(&one, &other).await;
    who_waits_is_told(&one, &one, Duration::from_millis(500)).await;
    who_waits_is_told(&one, &other, Duration::from_secs(2)).await;
    usage_is_counted_once(&one).await;
    checks_know_who_would_break(&one).await;
    usage_without_room_is_counted_as_nobodys_and_then_leaves_a_gap(&one).await;
    nothing_is_unused_where_usage_is_not_all_known(&one).await;
    checks_know_the_clients_of_contracts(&one).await;
    the_last_checks_are_kept(&one).await;
    contracts_follow_their_source(&one).await;
    contracts_left_behind_are_made(location, &one).await;
    contracts_made_at_once_end_with_the_newest_source(&one, &other).await;
    terms_that_change_under_way_have_the_last_word(&one, &other).await;
    a_variant_is_published_to_or_becomes_a_contract(&one, &other).await;
    contracts_follow_a_source_that_was_deleted_and_came_back(&one).await;
    what_is_old_is_forgotten(&one).await;
    sets_of_coordinates_are_kept_while_reports_use_them(location, &one).await;
    a_graph_has_so_many_variants_and_those_that_never_served_go(&one).await;
    tokens_are_known_by_their_hash(&one).await;
    graphs_are_forgotten(&one).await;
}

/// The version that is served, and its supergraph, which fits its checksum.
async fn served(world: &World, name: &str) -> (i64, String) {
    let (version, sdl) = world.registry.supergraph(&admin(), &graph(name), None).await.unwrap();
    assert_eq!(version.supergraph, secret::digits(&secret::hash(&sdl)));
    (version.number, sdl)
}

async fn publishing_makes_versions(world: &World) {
    let first = world.publish("a@prod", put("products", &products("name: String"))).await.unwrap();
    assert!(first.changed && first.version.number == 1);
    let second = world.publish("a@prod", put("reviews", &reviews())).await.unwrap();
    assert_eq!((second.version.number, second.version.author.as_str()), (2, "team-a"));
    assert_eq!(second.version.action, "publish reviews");
    let (number, sdl) = served(world, "a@prod").await;
    assert!(number == 2 && sdl.contains("reviews: [Review!]!") && sdl.contains("http://reviews.internal/graphql"));
    let old = world.registry.subgraph(&admin(), &graph("a@prod"), "products", Some(1)).await.unwrap();
    assert_eq!(old.sdl, products("name: String"));
    // What was served once stays what it was.
    let (first, sdl) = world.registry.supergraph(&admin(), &graph("a@prod"), Some(1)).await.unwrap();
    assert!(first.number == 1 && !sdl.contains("Review"));
    let history = world.registry.history(&admin(), &graph("a@prod"), None, None).await.unwrap();
    assert_eq!(history.iter().map(|version| version.number).collect::<Vec<_>>(), [2, 1]);
    let diff = world.registry.diff(&admin(), &graph("a@prod"), None, None).await.unwrap();
    assert_eq!(diff.subgraphs.iter().map(|change| change.name.as_str()).collect::<Vec<_>>(), ["reviews"]);
    assert!(diff.changes.iter().any(|change| change.coordinate == "Product.reviews"), "{:?}", diff.changes);
}

async fn the_same_again_makes_none(world: &World) {
    world.publish("b@prod", put("products", &products("name: String"))).await.unwrap();
    let again = world.publish("b@prod", put("products", &products("name: String"))).await.unwrap();
    assert!(!again.changed && again.version.number == 1);
    let without_url = Submission {
        changes: vec![Change::Put { name: "products".into(), sdl: products("name: String").into(), url: None }],
        message: None,
    };
    assert!(!world.publish("b@prod", without_url).await.unwrap().changed, "the address is the one that it had");
    let mut moved = put("products", &products("name: String"));
    moved.changes = vec![Change::Put {
        name: "products".into(),
        sdl: products("name: String").into(),
        url: Some("http://elsewhere/graphql".into()),
    }];
    assert_eq!(world.publish("b@prod", moved).await.unwrap().version.number, 2, "another address is a change");
}

async fn what_does_not_compose_is_kept_and_not_served(world: &World) {
    world.publish("c@prod", put("products", &products("name: String"))).await.unwrap();
    let before = served(world, "c@prod").await;
    for attempt in 1..=2 {
        let refusal = world.publish("c@prod", put("quarrel", &quarrel())).await.unwrap_err();
        assert_eq!((refusal.kind, refusal.attempt), (RefusalKind::DoesNotCompose, Some(attempt)));
        assert!(refusal.findings.iter().any(|finding| finding.code == "FIELD_TYPE_MISMATCH"), "{refusal:?}");
    }
    assert_eq!(served(world, "c@prod").await, before);
    let attempts = world.registry.attempts(&admin(), &graph("c@prod")).await.unwrap();
    assert_eq!(attempts.iter().map(|attempt| attempt.number).collect::<Vec<_>>(), [2, 1]);
    assert_eq!(attempts[0].action, "publish quarrel");
    assert!(attempts[0].errors[0].locations.iter().any(|place| place.subgraph.as_deref() == Some("quarrel")));
    for _ in 0..25 {
        world.publish("c@prod", put("quarrel", "type Query {")).await.unwrap_err();
    }
    assert_eq!(world.registry.attempts(&admin(), &graph("c@prod")).await.unwrap().len(), 20, "the last ones are kept");
}

async fn subgraphs_are_published_together(world: &World) {
    let mut all = put("products", &products("name: String"));
    all.changes.extend(put("reviews", &reviews()).changes);
    all.message = Some("the beginning".into());
    let published = world.publish("d@prod", all).await.unwrap();
    assert_eq!((published.version.number, published.version.subgraphs.len()), (1, 2));
    assert_eq!(published.version.message.as_deref(), Some("the beginning"));
    let mut twice = put("products", &products(""));
    twice.changes.extend(put("products", &products("")).changes);
    assert_eq!(world.publish("d@prod", twice).await.unwrap_err().code, "INVALID_NAME");
}

async fn subgraphs_are_deleted(world: &World) {
    world.publish("e@prod", put("products", &products("name: String"))).await.unwrap();
    world.publish("e@prod", put("reviews", &reviews())).await.unwrap();
    assert_eq!(world.publish("e@prod", delete("orders")).await.unwrap_err().code, "SUBGRAPH_NOT_FOUND");
    let published = world.publish("e@prod", delete("reviews")).await.unwrap();
    assert_eq!((published.version.number, published.version.action.as_str()), (3, "delete reviews"));
    assert!(!served(world, "e@prod").await.1.contains("Review"));
    assert_eq!(world.publish("e@prod", delete("products")).await.unwrap_err().code, "LAST_SUBGRAPH");
}

async fn an_old_version_is_served_again(world: &World) {
    world.publish("f@prod", put("products", &products("name: String"))).await.unwrap();
    let first = served(world, "f@prod").await;
    world.publish("f@prod", put("products", &products("title: String"))).await.unwrap();
    let back = world.registry.rollback(&admin(), &graph("f@prod"), None, Some("oops".into())).await.unwrap();
    assert_eq!((back.version.number, back.version.action.as_str()), (3, "rollback to 1"));
    assert_eq!(served(world, "f@prod").await, (3, first.1));
    let again = world.registry.rollback(&admin(), &graph("f@prod"), Some(1), None).await.unwrap();
    assert!(!again.changed && again.version.number == 3);
    let none = world.registry.rollback(&admin(), &graph("f@prod"), Some(9), None).await.unwrap_err();
    assert_eq!(none.code, "VERSION_NOT_FOUND");
}

/// Two registries, ten publishers each, one variant: every one of them gets in, one after the other.
async fn publishers_at_once_lose_nothing(one: &World, other: &World) {
    let names: Vec<String> = (0..20).map(|number| format!("island{number}")).collect();
    let publishing = names.iter().enumerate().map(|(number, name)| {
        let world = if number % 2 == 0 { one } else { other };
        async move { world.publish("g@prod", put(name, &island(name))).await.unwrap() }
    });
    let published = futures::future::join_all(publishing).await;
    let numbers: BTreeSet<i64> = published.iter().map(|published| published.version.number).collect();
    assert_eq!(numbers, (1..=20).collect());
    let history = one.registry.history(&admin(), &graph("g@prod"), None, None).await.unwrap();
    for version in &history {
        assert_eq!(i64::try_from(version.subgraphs.len()).unwrap(), version.number, "each adds one to all before");
    }
    let sdl = served(other, "g@prod").await.1;
    assert!(names.iter().all(|name| sdl.contains(&format!("{name}: Int"))));
}

async fn who_waits_is_told(publisher: &World, follower: &World, at_most: Duration) {
    let name = format!("h{}@prod", at_most.as_millis());
    publisher.publish(&name, put("products", &products("name: String"))).await.unwrap();
    let gateway = someone(Role::Gateway);
    let known = follower.registry.deliver(&gateway, &graph(&name), None, Duration::ZERO).await.unwrap();
    assert!(known.body.is_some() && known.version == 1);
    let same = follower.registry.deliver(&gateway, &graph(&name), Some(&known.hash), Duration::ZERO).await.unwrap();
    assert!(same.body.is_none() && same.version == 1);
    let waiting = async {
        let patience = Duration::from_secs(60);
        let next = follower.registry.deliver(&gateway, &graph(&name), Some(&known.hash), patience).await.unwrap();
        (next, Instant::now())
    };
    let publishing = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        // A change of another graph is none for who waits for this one.
        publisher.publish("other@prod", put("x", &island(&format!("x{}", at_most.as_millis())))).await.unwrap();
        publisher.publish(&name, put("products", &products("title: String"))).await.unwrap();
        Instant::now()
    };
    let ((next, told), published) = tokio::join!(waiting, publishing);
    assert_eq!(next.version, 2);
    assert!(String::from_utf8(next.body.unwrap().to_vec()).unwrap().contains("title: String"));
    let late = told.saturating_duration_since(published);
    assert!(late < at_most, "{late:?}");
    eprintln!("told {late:?} after the publish was answered");
}

fn report(count: u32) -> UsageReport {
    let now = chrono::Utc::now().timestamp();
    let value = json!({ "from": now - 60, "to": now, "operations": [
        { "hash": "h1", "name": "Prices", "client": { "name": "web", "version": "1.2" }, "count": count, "errors": 1,
          "coordinates": ["Query.products", "Product", "Product.price", "Product.price"] },
        { "hash": "h2", "client": { "name": "app" }, "count": 1, "coordinates": ["Query.products", "Product.name"] },
    ]});
    serde_json::from_value(value).unwrap()
}

async fn usage_is_counted_once(world: &World) {
    world.publish("i@prod", put("products", &products("name: String price: Int"))).await.unwrap();
    let gateway = someone(Role::Gateway);
    for id in ["one", "one", "two"] {
        world.registry.report_usage(&gateway, &graph("i@prod"), id, &report(5)).await.unwrap();
    }
    let checked = check(world, "i@prod", &products("name: String"), false).await;
    let price = checked.changes.iter().find(|change| change.coordinate == "Product.price").unwrap();
    assert_eq!((price.client_count, price.clients[0].count), (1, 10));
    let mut old = report(5);
    (old.from, old.to) = (0, 1);
    let refusal = world.registry.report_usage(&gateway, &graph("i@prod"), "three", &old).await.unwrap_err();
    assert_eq!(refusal.code, "INVALID_REPORT");
}

async fn check(world: &World, name: &str, sdl: &str, allow_unused: bool) -> weft::registry::Checked {
    let request = CheckRequest { submission: put("products", sdl), allow_unused };
    world.registry.check(&someone(Role::Reader), &graph(name), request).await.unwrap()
}

async fn checks_know_who_would_break(world: &World) {
    let new = check(world, "j@prod", &products("name: String"), false).await;
    assert_eq!(
        (new.verdict, new.version),
        (Verdict::Passed, None),
        "nothing is published yet, and nothing is by a check"
    );
    world.publish("j@prod", put("products", &products("name: String price: Int weight: Int"))).await.unwrap();
    let unused = check(world, "j@prod", &products("name: String price: Int"), true).await;
    assert_eq!(unused.verdict, Verdict::Failed, "nobody knows what is used");
    assert!(!unused.has_usage);
    let gateway = someone(Role::Gateway);
    world.registry.report_usage(&gateway, &graph("j@prod"), "j", &report(5)).await.unwrap();
    assert_eq!(check(world, "j@prod", &products("name: String price: Int"), true).await.verdict, Verdict::Passed);
    assert_eq!(check(world, "j@prod", &products("name: String price: Int"), false).await.verdict, Verdict::Failed);
    let used = check(world, "j@prod", &products("name: String weight: Int"), true).await;
    assert_eq!(used.verdict, Verdict::Failed);
    let change = &used.changes[0];
    assert_eq!((change.criticality.as_str(), change.rule.as_str()), ("breaking", "FIELD_REMOVED"));
    let client = &change.clients[0];
    assert_eq!((client.name.as_str(), client.version.as_str(), client.count), ("web", "1.2", 5));
    assert_eq!(client.operations[0].name, "Prices");
    let safe = check(world, "j@prod", &products("name: String price: Int weight: Int size: Int"), false).await;
    assert_eq!((safe.verdict, safe.changes[0].criticality.as_str()), (Verdict::Passed, "safe"));
    let broken = check(world, "j@prod", "type Query {", false).await;
    assert!(broken.verdict == Verdict::Failed && !broken.errors.is_empty() && broken.changes.is_empty());
    assert_eq!(served(world, "j@prod").await.0, 1, "a check publishes nothing");
    assert!(world.registry.attempts(&admin(), &graph("j@prod")).await.unwrap().is_empty());
    let kept = world.registry.checks(&someone(Role::Reader), &graph("j@prod"), None, None).await.unwrap();
    assert_eq!(
        (new.number, broken.number),
        (None, Some(6)),
        "a check makes no variant, and is kept where there is one"
    );
    assert_eq!(kept.iter().map(|check| check.number).collect::<Vec<_>>(), [6, 5, 4, 3, 2, 1]);
    assert_eq!(kept[0].outcome.errors, broken.errors);
    let change = ChangedPart { clients: Vec::new(), ..used.changes[0].clone() };
    assert_eq!((kept[2].outcome.verdict, kept[2].outcome.version), (Verdict::Failed, Some(1)));
    assert_eq!((kept[2].outcome.changes.as_slice(), change.client_count), (&[change.clone()][..], 1));
}

fn today() -> i64 {
    chrono::Utc::now().timestamp() / 86_400
}

/// Adds counts to a graph's usage as a report of today would, where it may have 40 rows; whether all were added.
async fn add_usage(world: &World, name: &str, report: &str, counts: &[UsageCount<'_>]) -> bool {
    let now = chrono::Utc::now().timestamp_millis();
    let usage = NewUsage { variant: name, report, day: today(), now, counts, left_out: false };
    world.registry.tables().add_usage(&usage, 40).await.unwrap()
}

async fn usage_without_room_is_counted_as_nobodys_and_then_leaves_a_gap(world: &World) {
    let (tables, name) = (world.registry.tables(), "r@prod");
    world.publish(name, put("products", &products("name: String price: Int"))).await.unwrap();
    let count = |client: &'static str, operation: &'static str| UsageCount {
        client,
        client_version: "",
        operation,
        name: "",
        selection: "a set".into(),
        coordinates: "Product.name".into(),
        count: 1,
        errors: 0,
    };
    let number = |number: usize| -> &'static str { number.to_string().leak() };
    let clients: Vec<UsageCount<'_>> = (0..45).map(|client| count(number(client), "one")).collect();
    assert!(add_usage(world, name, "clients", &clients).await);
    let mut rows = Vec::new();
    tables.usage(name, 0, |row| rows.push((row.client, row.count))).await.unwrap();
    assert_eq!((rows.len(), rows.contains(&(String::new(), 15))), (31, true), "{rows:?}");
    let operations: Vec<UsageCount<'_>> = (0..9).map(|operation| count("web", number(operation))).collect();
    assert!(add_usage(world, name, "operations", &operations).await);
    assert!(tables.is_usage_whole(name, 0).await.unwrap());
    let unused = async || check(world, name, &products("name: String"), true).await;
    assert_eq!(unused().await.verdict, Verdict::Passed);
    assert!(!add_usage(world, name, "one more", &[count("web", "ten")]).await);
    let checked = unused().await;
    assert_eq!((checked.verdict, checked.has_usage, checked.usage_is_partial), (Verdict::Failed, true, true));
    assert!(add_usage(world, name, "known", &clients).await, "there are rows for these");
    assert!(!tables.is_usage_whole(name, today()).await.unwrap(), "the gap stays");
    assert!(tables.is_usage_whole(name, today() + 1).await.unwrap(), "until its day is over");
}

async fn nothing_is_unused_where_usage_is_not_all_known(world: &World) {
    let gateway = someone(Role::Gateway);
    let verdict = async |name: &str, value: Value| {
        world.publish(name, put("products", &products("name: String price: Int weight: Int"))).await.unwrap();
        world.registry.report_usage(&gateway, &graph(name), "whole", &report(1)).await.unwrap();
        let report: UsageReport = serde_json::from_value(value).unwrap();
        let taken = world.registry.report_usage(&gateway, &graph(name), "r", &report).await;
        (taken.is_ok(), check(world, name, &products("name: String price: Int"), true).await.verdict)
    };
    let now = chrono::Utc::now().timestamp();
    let of = |from: i64, operations: Value, uncounted: u64| json!({ "from": from, "to": from, "operations": operations, "uncounted": uncounted });
    assert_eq!(verdict("s@whole", of(now, json!([]), 0)).await, (true, Verdict::Passed));
    assert_eq!(verdict("s@uncounted", of(now, json!([]), 1)).await, (true, Verdict::Failed));
    assert_eq!(verdict("s@another-time", of(1, json!([]), 0)).await, (false, Verdict::Failed));
    // An operation without end is not known in full, and costs the others nothing.
    let many: Vec<String> = (0..10_000).map(|number| format!("Enum.VALUE_{number}")).collect();
    let operations = json!([
        { "hash": "long", "name": "N".repeat(600), "count": 1, "coordinates": ["Product.name"] },
        { "hash": "many", "client": { "name": "many" }, "count": 1, "coordinates": many },
        { "hash": "plain", "client": { "name": "web" }, "count": 1, "coordinates": ["Product.weight"] },
    ]);
    assert_eq!(verdict("s@many", of(now, operations, 0)).await, (true, Verdict::Failed));
    let checked = check(world, "s@many", &products("name: String price: Int"), true).await;
    let clients: Vec<&str> = checked.changes[0].clients.iter().map(|client| client.name.as_str()).collect();
    assert_eq!((clients, checked.usage_is_partial), (vec!["many", "web"], false));
}

/// Taking a tag off changes nothing of the variant, and takes a field from its contract.
async fn checks_know_the_clients_of_contracts(world: &World) {
    let (registry, public) = (&world.registry, graph("t@public"));
    let schema = |b: &str| {
        "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.5\", import: [\"@tag\"])
         type Query { a: Int @tag(name: \"public\") b: Int B c: Int }"
            .replace('B', b)
    };
    let tag = "@tag(name: \"public\")";
    world.publish("t@prod", put("products", &schema(tag))).await.unwrap();
    let terms = ContractTerms {
        source: "t@prod".into(),
        include: vec!["public".into()],
        exclude: Vec::new(),
        hide_unreachable: false,
    };
    registry.set_contract(&admin(), &public, terms).await.unwrap();
    assert!(check(world, "t@prod", &schema(tag), false).await.contracts.is_empty(), "nobody would notice");
    let untagged = async |allow_unused| check(world, "t@prod", &schema(""), allow_unused).await;
    let checked = untagged(true).await;
    assert_eq!((checked.verdict, checked.changes.len(), checked.contracts.len()), (Verdict::Failed, 0, 1));
    let contract = &checked.contracts[0];
    assert_eq!((contract.graph.as_deref(), contract.breaks, contract.has_usage), (Some("t@public"), true, false));
    assert_eq!((contract.changes.len(), contract.changes[0].coordinate.as_str()), (1, "Query.b"));

    let gateway = someone(Role::Gateway);
    let asked = |coordinate: &str| -> UsageReport {
        let now = chrono::Utc::now().timestamp();
        let operation =
            json!({ "hash": coordinate, "client": { "name": "app" }, "count": 3, "coordinates": [coordinate] });
        serde_json::from_value(json!({ "from": now, "to": now, "operations": [operation] })).unwrap()
    };
    registry.report_usage(&gateway, &graph("t@prod"), "1", &asked("Query.b")).await.unwrap();
    registry.report_usage(&gateway, &public, "2", &asked("Query.a")).await.unwrap();
    assert_eq!(untagged(true).await.verdict, Verdict::Passed, "the contract's own clients do not ask for it");
    assert_eq!(untagged(false).await.verdict, Verdict::Failed);
    registry.report_usage(&gateway, &public, "3", &asked("Query.b")).await.unwrap();
    let checked = untagged(true).await;
    assert_eq!((checked.verdict, checked.contracts[0].changes[0].clients[0].name.as_str()), (Verdict::Failed, "app"));

    // Whoever may not know the contract learns that there is one which breaks, and no more.
    let mut stranger = someone(Role::Reader);
    stranger.graphs = BTreeSet::from(["t@prod".into()]);
    let request = CheckRequest { submission: put("products", &schema("")), allow_unused: true };
    let seen = registry.check(&stranger, &graph("t@prod"), request).await.unwrap();
    assert_eq!((seen.verdict, seen.contracts[0].graph.as_deref()), (Verdict::Failed, None));
    assert_eq!((seen.contracts[0].changes[0].client_count, seen.contracts[0].changes[0].clients.len()), (1, 0));
    let kept = async |access| registry.checks(access, &graph("t@prod"), None, Some(1)).await.unwrap().remove(0).outcome;
    assert_eq!(kept(&stranger).await.contracts[0].graph, None);
    let known = kept(&admin()).await;
    assert_eq!(known.contracts[0].graph.as_deref(), Some("t@public"));
    assert_eq!(known.contracts[0].changes[0].coordinate, "Query.b");
}

async fn the_last_checks_are_kept(world: &World) {
    world.publish("l@prod", put("products", &products("name: String"))).await.unwrap();
    let mut submission = put("products", &products("name: String"));
    submission.message = Some("pull request 7".into());
    for number in 1..=103 {
        let request = CheckRequest { submission: submission.clone(), allow_unused: false };
        let checked = world.registry.check(&someone(Role::Reader), &graph("l@prod"), request).await.unwrap();
        assert_eq!(checked.number, Some(number));
    }
    let checks = async |before, limit| world.registry.checks(&admin(), &graph("l@prod"), before, limit).await.unwrap();
    let all = checks(None, None).await;
    assert_eq!((all.len(), all[0].number, all[99].number), (100, 103, 4), "the last ones are kept");
    assert_eq!((all[0].action.as_str(), all[0].message.as_deref()), ("publish products", Some("pull request 7")));
    let page = checks(Some(50), Some(2)).await;
    assert_eq!(page.iter().map(|check| check.number).collect::<Vec<_>>(), [49, 48]);
    assert!(checks(None, Some(-1)).await.len() == 1);
    world.registry.forget(&admin(), &graph("l@prod")).await.unwrap();
    assert!(checks(None, None).await.is_empty());
}

/// Products, with these fields of the query; some for the inside only.
fn tagged(fields: &str) -> String {
    format!(
        "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.5\", import: [\"@tag\"])\n\
         type Query {{ {fields} margin: Int @tag(name: \"internal\") }}\n"
    )
}

fn terms(source: &str) -> ContractTerms {
    let exclude = vec!["internal".into()];
    ContractTerms { source: source.into(), include: Vec::new(), exclude, hide_unreachable: false }
}

async fn contracts_follow_their_source(world: &World) {
    let (registry, public) = (&world.registry, graph("l@public"));
    assert_eq!(registry.set_contract(&admin(), &public, terms("l@prod")).await.unwrap_err().code, "GRAPH_NOT_FOUND");
    world.publish("l@prod", put("products", &tagged("name: String"))).await.unwrap();
    let made = registry.set_contract(&admin(), &public, terms("l@prod")).await.unwrap();
    assert_eq!((made.version.number, made.version.action.as_str()), (1, "part of l@prod version 1"));
    let sees = async || registry.api_schema(&admin(), &public, None).await.unwrap();
    assert!(sees().await.contains("name: String") && !sees().await.contains("margin"));
    assert!(registry.api_schema(&admin(), &graph("l@prod"), None).await.unwrap().contains("margin"));

    world.publish("l@prod", put("products", &tagged("name: String price: Int"))).await.unwrap();
    assert!(sees().await.contains("price: Int") && !sees().await.contains("margin"));
    registry.rollback(&admin(), &graph("l@prod"), None, None).await.unwrap();
    assert!(!sees().await.contains("price: Int"));
    assert_eq!(served(world, "l@public").await.0, 3);

    let request = CheckRequest { submission: put("products", &tagged("")), allow_unused: true };
    let checked = registry.check(&admin(), &graph("l@prod"), request).await.unwrap();
    assert_eq!((checked.verdict, checked.contracts.len()), (Verdict::Failed, 1));
    assert_eq!((checked.contracts[0].graph.as_deref(), checked.errors.len()), (Some("l@public"), 0));
    // What is inside is of nobody's concern, and what leaves nothing is an attempt.
    world.publish("l@prod", put("products", &tagged("name: String cost: Int @tag(name: \"internal\")"))).await.unwrap();
    world.publish("l@prod", put("products", &tagged(""))).await.unwrap();
    assert!(sees().await.contains("name: String"), "it keeps what it had");
    let attempts = registry.attempts(&admin(), &public).await.unwrap();
    assert_eq!((attempts.len(), attempts[0].action.as_str()), (1, "part of l@prod version 5"));

    let refused = async |submission| world.publish("l@public", submission).await.unwrap_err().code;
    assert_eq!(refused(put("products", &products(""))).await, "VARIANT_IS_CONTRACT");
    let back = registry.rollback(&admin(), &public, None, None).await.unwrap_err();
    assert_eq!(back.code, "VARIANT_IS_CONTRACT");
    let nested = registry.set_contract(&admin(), &graph("l@other"), terms("l@public")).await.unwrap_err();
    assert_eq!(nested.code, "CONTRACT_OF_CONTRACT");
    let full = registry.set_contract(&admin(), &graph("l@prod"), terms("a@prod")).await.unwrap_err();
    assert_eq!(full.code, "VARIANT_NOT_EMPTY");
    let nothing = registry.set_contract(&admin(), &public, terms("l@prod")).await.unwrap_err();
    assert!(nothing.code == "CONTRACT_FAILED" && !nothing.findings.is_empty());
}

/// A registry that dies between a publish and its contracts leaves them to the next one.
async fn contracts_left_behind_are_made(location: &StoreLocation, world: &World) {
    world.publish("m@prod", put("products", &tagged("name: String"))).await.unwrap();
    world.registry.set_contract(&admin(), &graph("m@public"), terms("m@prod")).await.unwrap();
    let tables = world.registry.tables();
    let row = tables.contract("m@public").await.unwrap().unwrap();
    tables.built_contract(&row, 0).await.unwrap();
    let _next = World::open(location).await;
    let start = Instant::now();
    while tables.contract("m@public").await.unwrap().unwrap().built != 1 {
        assert!(start.elapsed() < Duration::from_secs(20), "nobody makes it");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(served(world, "m@public").await.0, 1, "it was what it is");
}

/// Whoever began with an older version of the source does not put it over a newer one.
async fn contracts_made_at_once_end_with_the_newest_source(one: &World, other: &World) {
    let (source, name) = ("n@prod", "n@public");
    one.publish(source, put("products", &tagged("first: Int"))).await.unwrap();
    one.registry.set_contract(&admin(), &graph(name), terms(source)).await.unwrap();
    for round in 0..10 {
        let (left, right) = (tagged(&format!("left{round}: Int")), tagged(&format!("right{round}: Int")));
        let (left, right) =
            tokio::join!(one.publish(source, put("products", &left)), other.publish(source, put("products", &right)));
        left.unwrap();
        right.unwrap();
        let (newest, _) = served(one, source).await;
        let made = one.registry.version(&admin(), &graph(name), None).await.unwrap();
        assert_eq!(made.action, format!("part of {source} version {newest}"), "round {round}");
    }
}

/// An exclusion that was set holds, also where a contract was being made without it.
async fn terms_that_change_under_way_have_the_last_word(one: &World, other: &World) {
    let (source, name) = ("o@prod", "o@public");
    let schema = |round: usize| tagged(&format!("open{round}: Int beta: Int @tag(name: \"beta\")"));
    one.publish(source, put("products", &schema(0))).await.unwrap();
    let strict = || {
        let mut strict = terms(source);
        strict.exclude.push("beta".into());
        strict
    };
    for round in 1..=10 {
        one.registry.set_contract(&admin(), &graph(name), terms(source)).await.unwrap();
        let (registry, variant) = (&other.registry, graph(name));
        let publisher = admin();
        let (published, set) = tokio::join!(
            one.publish(source, put("products", &schema(round))),
            registry.set_contract(&publisher, &variant, strict()),
        );
        published.unwrap();
        set.unwrap();
        let seen = one.registry.api_schema(&admin(), &graph(name), None).await.unwrap();
        assert!(seen.contains(&format!("open{round}:")) && !seen.contains("beta"), "round {round}: {seen}");
    }
}

/// Whoever comes second finds out, wherever both are when it happens: no contract serves what was published to it.
async fn a_variant_is_published_to_or_becomes_a_contract(one: &World, other: &World) {
    one.publish("p@prod", put("products", &tagged("open: Int"))).await.unwrap();
    for round in 0..10 {
        let name = format!("p@race{round}");
        let (registry, variant, setter) = (&other.registry, graph(&name), admin());
        let (published, set) = tokio::join!(
            one.publish(&name, put("products", &tagged("open: Int"))),
            registry.set_contract(&setter, &variant, terms("p@prod")),
        );
        match (published, set) {
            (Err(refusal), Ok(_)) => assert_eq!(refusal.code, "VARIANT_IS_CONTRACT", "round {round}"),
            (Ok(_), Err(refusal)) => assert_eq!(refusal.code, "VARIANT_NOT_EMPTY", "round {round}"),
            both => panic!("round {round}: {both:?}"),
        }
        assert_eq!(served(one, &name).await.0, 1, "round {round}");
    }
    // The same step by step: what was read before it became a contract is not written after.
    let tables = one.registry.tables();
    tables.add_variant("p@slow", 0, MANY).await.unwrap();
    let read = tables.variant("p@slow").await.unwrap().unwrap();
    one.registry.set_contract(&admin(), &graph("p@slow"), terms("p@prod")).await.unwrap();
    let row = tables.version("p@prod", 1).await.unwrap().unwrap();
    let stale = NewVersion { variant: "p@slow", revision: read.revision, version: row, texts: Vec::new() };
    assert!(!tables.commit(&stale).await.unwrap());
    let contract = tables.contract("p@slow").await.unwrap().unwrap();
    assert!(!tables.set_contract(&contract, read.revision).await.unwrap(), "and the other way round");
}

/// Its versions count from 1 again, and the first is not the one that the contract was made from.
async fn contracts_follow_a_source_that_was_deleted_and_came_back(world: &World) {
    let (registry, public) = (&world.registry, graph("q@public"));
    world.publish("q@prod", put("products", &tagged("old: Int"))).await.unwrap();
    registry.set_contract(&admin(), &public, terms("q@prod")).await.unwrap();
    registry.forget(&admin(), &graph("q@prod")).await.unwrap();
    assert!(registry.api_schema(&admin(), &public, None).await.unwrap().contains("old"), "it keeps what it had");
    world.publish("q@prod", put("products", &tagged("new: Int"))).await.unwrap();
    let seen = registry.api_schema(&admin(), &public, None).await.unwrap();
    assert!(seen.contains("new") && !seen.contains("old"), "{seen}");
}

async fn what_is_old_is_forgotten(world: &World) {
    let (tables, gateway) = (world.registry.tables(), someone(Role::Gateway));
    let now = chrono::Utc::now().timestamp_millis();
    let today = today();
    let seen = |instance: &str, seen| GatewayRow { instance: instance.into(), release: "1".into(), serving: 1, seen };
    tables.note_gateway("j@prod", &seen("old", now - 10_000), 10).await.unwrap();
    tables.note_gateway("j@prod", &seen("new", now), 10).await.unwrap();
    tables.note_gateway("j@prod", &seen("one too many", now), 2).await.unwrap();
    tables.note_gateway("j@prod", &seen("new", now + 1), 2).await.unwrap();
    tables.forget_gateways(now - 1_000).await.unwrap();
    assert_eq!(tables.gateways("j@prod", 0).await.unwrap(), [seen("new", now + 1)]);

    tables.forget_usage(today, now - 86_400_000).await.unwrap();
    assert!(check(world, "j@prod", &products("name: String price: Int"), true).await.has_usage, "it is of today");
    tables.forget_usage(today + 2, now + 1_000).await.unwrap();
    assert!(!check(world, "j@prod", &products("name: String price: Int"), true).await.has_usage);
    let mut sets = 0;
    tables.selections("j@prod", 0, |_, _| sets += 1).await.unwrap();
    assert_eq!(sets, 0);
    world.registry.report_usage(&gateway, &graph("j@prod"), "j", &report(5)).await.unwrap();
    let checked = check(world, "j@prod", &products("name: String weight: Int"), true).await;
    assert_eq!(checked.changes[0].clients[0].count, 5, "a report that is forgotten counts again");
}

/// A sweep that meets a report on its way does not take from it what it is about to name.
async fn sets_of_coordinates_are_kept_while_reports_use_them(location: &StoreLocation, world: &World) {
    let tables = world.registry.tables();
    let url = match location {
        StoreLocation::Sqlite(path) => format!("sqlite:{}", path.display()),
        StoreLocation::Postgres(url) => url.to_string(),
    };
    let pool = sqlx::AnyPool::connect(&url).await.unwrap();
    let sets =
        async || -> i64 { sqlx::query_scalar("SELECT COUNT(*) FROM weft_selections").fetch_one(&pool).await.unwrap() };
    let now = chrono::Utc::now().timestamp_millis();
    world.publish("u@prod", put("products", &products("name: String price: Int"))).await.unwrap();
    world.registry.report_usage(&someone(Role::Gateway), &graph("u@prod"), "u", &report(1)).await.unwrap();
    let used = sets().await;
    assert!(used >= 2);
    tables.forget_usage(today() + 2, now).await.unwrap();
    assert_eq!(sets().await, 2, "a report has touched these since");
    tables.forget_usage(today() + 2, now + 86_400_000).await.unwrap();
    assert_eq!(sets().await, 0);
    pool.close().await;
}

const MANY: VariantLimits = VariantLimits { all: 1_000, of_graph: 1_000 };

async fn a_graph_has_so_many_variants_and_those_that_never_served_go(world: &World) {
    let tables = world.registry.tables();
    let known = async |name: &str| tables.variant(name).await.unwrap().is_some();
    let one = VariantLimits { of_graph: 1, ..MANY };
    for name in ["v@old", "v@other", "v2@old"] {
        tables.add_variant(name, 0, one).await.unwrap();
    }
    assert_eq!([known("v@old").await, known("v@other").await, known("v2@old").await], [true, false, true]);
    world.publish("v@served", put("products", &products(""))).await.unwrap();
    tables.add_variant("v@tried", 0, MANY).await.unwrap();
    world.publish("v@tried", put("products", "type Query {")).await.unwrap_err();
    world.publish("v@new", put("products", "type Query {")).await.unwrap_err();
    tables.forget_unserved(chrono::Utc::now().timestamp_millis() - 60_000).await.unwrap();
    assert_eq!([known("v@old").await, known("v2@old").await], [false, false]);
    assert_eq!([known("v@served").await, known("v@tried").await, known("v@new").await], [true, true, true]);
    assert!(known("p@slow").await, "a contract stays");
}

async fn tokens_are_known_by_their_hash(world: &World) {
    let tables = world.registry.tables();
    let request = |expires| TokenRequest {
        owner: "team-a".into(),
        role: Role::Publisher,
        graphs: BTreeSet::from(["shop".into()]),
        subgraphs: BTreeSet::from(["products".into()]),
        expires,
    };
    let made = NewToken::make(tables, &request(None)).await.unwrap().unwrap();
    let access = world.registry.authenticate(Some(&made.text)).await.unwrap();
    assert_eq!((access.owner.as_str(), access.role), ("team-a", Role::Publisher));
    assert!(access.graphs.contains("shop") && access.subgraphs.contains("products"));
    let other = NewToken::make(tables, &request(None)).await.unwrap().unwrap();
    let mixed = other.text.replace(&other.token.id, &made.token.id);
    let short = NewToken::make(tables, &request(Some(Duration::from_millis(1)))).await.unwrap().unwrap();
    tokio::time::sleep(Duration::from_millis(10)).await;
    for bad in [Some(mixed.as_str()), Some(&short.text), Some("x"), Some(""), None] {
        let refusal = world.registry.authenticate(bad).await.unwrap_err();
        assert_eq!((refusal.kind, refusal.code), (RefusalKind::Unauthenticated, "UNAUTHENTICATED"));
    }
    let kept: Vec<Value> = tables.tokens().await.unwrap().iter().map(|row| json!(format!("{row:?}"))).collect();
    let secret = made.text.rsplit('_').next().unwrap();
    assert!(!json!(kept).to_string().contains(secret), "the store has the hash only");
    assert!(tables.revoke_token(&made.token.id, 1).await.unwrap());
    assert!(world.registry.authenticate(Some(&made.text)).await.is_err());
    // The first admin is made once.
    let first = NewToken::first(tables).await.unwrap().unwrap();
    assert_eq!(world.registry.authenticate(Some(&first.text)).await.unwrap().role, Role::Admin);
    assert!(NewToken::first(tables).await.unwrap().is_none());
    assert!(tables.revoke_token(&first.token.id, 1).await.unwrap());
    assert!(NewToken::first(tables).await.unwrap().is_some());
}

async fn graphs_are_forgotten(world: &World) {
    world.publish("k@prod", put("products", &products("name: String"))).await.unwrap();
    world.registry.forget(&admin(), &graph("k@prod")).await.unwrap();
    assert_eq!(world.registry.forget(&admin(), &graph("k@prod")).await.unwrap_err().code, "GRAPH_NOT_FOUND");
    let gone = world.registry.version(&admin(), &graph("k@prod"), None).await.unwrap_err();
    assert_eq!(gone.code, "GRAPH_NOT_FOUND");
    assert_eq!(world.publish("k@prod", put("products", &products("name: String"))).await.unwrap().version.number, 1);
}
