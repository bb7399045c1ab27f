//! A registry that is killed at any moment of a publish: the store has the old or the new version, whole.

use super::world::{graph, products, sqlite};
use crate::process::Folder;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use weft::registry::{NewToken, Role, TokenRequest};
use weft::store::registry::RegistryTables;
use weft::store::secret;

const KILLS: i64 = 200;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_kills_leave_whole_versions() {
    let folder = Folder::new();
    let tables = RegistryTables::new(&sqlite(&folder)).unwrap();
    let request = TokenRequest {
        owner: "team-a".into(),
        role: Role::Publisher,
        graphs: BTreeSet::from(["shop".into()]),
        subgraphs: BTreeSet::new(),
        expires: None,
    };
    let token = NewToken::make(&tables, &request).await.unwrap().unwrap().text;
    let client = reqwest::Client::new();
    // What was answered; more may have been written, less may not.
    let acknowledged = Arc::new(AtomicI64::new(0));
    let (mut in_the_middle, mut content) = (0, 0);
    let mut longest = 50_000;
    for _ in 0..KILLS {
        let before = acknowledged.load(Ordering::SeqCst);
        let mut registry = folder.start(&["registry", "--database", "registry.db", "--listen", "127.0.0.1:0"]);
        let line: Value = serde_json::from_str(&registry.wait_for("the registry is open")).unwrap();
        let url = format!("{}/v1/graphs/shop@prod/subgraphs/products", line["registry"].as_str().unwrap());
        let publishing = tokio::spawn({
            let (client, token, acknowledged) = (client.clone(), token.clone(), Arc::clone(&acknowledged));
            async move {
                for next in content.. {
                    let body = json!({ "sdl": products(&format!("f{next}: Int")), "url": "http://products/" });
                    let Ok(answer) = client.put(&url).bearer_auth(&token).json(&body).send().await else { return next };
                    // A head without its body is no answer.
                    let Ok(answer) = answer.json::<Value>().await else { return next };
                    acknowledged.store(answer["version"]["number"].as_i64().unwrap(), Ordering::SeqCst);
                }
                unreachable!("it publishes until it is killed")
            }
        });
        tokio::time::sleep(Duration::from_micros(fastrand::u64(0..longest))).await;
        drop(registry);
        content = publishing.await.unwrap() + 1;
        let versions = whole(&tables, acknowledged.load(Ordering::SeqCst)).await;
        in_the_middle += versions - acknowledged.swap(versions, Ordering::SeqCst);
        // On a busy machine all takes longer: the kills shall meet the first publishes of a process, and come between.
        longest = if versions == before { (longest * 3 / 2).min(2_000_000) } else { (longest * 4 / 5).max(20_000) };
    }
    tables.close().await;
    let versions = acknowledged.load(Ordering::SeqCst);
    eprintln!("{KILLS} kills, {versions} versions, {in_the_middle} written and not answered");
    assert!(versions > KILLS / 4, "it publishes between the kills");
}

/// Looks at all that the store says of the graph; the version that it has.
async fn whole(tables: &RegistryTables, acknowledged: i64) -> i64 {
    let name = graph("shop@prod");
    let Some(variant) = tables.variant(name.as_str()).await.unwrap() else {
        assert_eq!(acknowledged, 0);
        return 0;
    };
    assert!(
        (acknowledged..=acknowledged + 1).contains(&variant.current),
        "version {} is served, {acknowledged} was answered",
        variant.current
    );
    let newest = tables.versions(name.as_str(), i64::MAX, 2).await.unwrap();
    assert_eq!(
        newest.first().map_or(0, |version| version.number),
        variant.current,
        "no version is there that is not served"
    );
    for version in newest {
        let members: Value = serde_json::from_str(&version.members).unwrap();
        for hash in [version.supergraph.as_str(), members[0]["hash"].as_str().unwrap()] {
            let text = tables.text(hash).await.unwrap().unwrap();
            assert_eq!(secret::digits(&secret::hash(&text)), hash);
        }
        if version.number == variant.current {
            assert_eq!(version.supergraph, variant.supergraph);
        }
    }
    variant.current
}
