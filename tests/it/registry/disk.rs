//! A registry whose store can not grow: what was served is served, and it says why nothing is published.

use super::world::{products, sqlite};
use crate::process::Folder;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use weft::registry::{NewToken, Role, TokenRequest};
use weft::store::registry::RegistryTables;
use weft::store::secret;

/// What a file may have, in kilobytes.
const LIMIT: &str = "700";

struct Limited(Child);

impl Drop for Limited {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts a registry none of whose files may grow beyond the limit; its address.
fn start(folder: &Folder, limit: &str) -> (Limited, String) {
    // The signal that comes with the limit is not wanted: a full disk sends none.
    let script =
        format!("trap '' XFSZ; ulimit -f {limit}; exec \"$0\" registry --database registry.db --listen 127.0.0.1:0");
    let mut command = Command::new("bash");
    command.args(["-c", &script, env!("CARGO_BIN_EXE_weft")]).current_dir(folder.path());
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    let line = lines.find(|line| line.contains("the registry is open")).expect("it starts");
    // Whoever closes the pipe ends the process at its next line.
    std::thread::spawn(move || lines.for_each(drop));
    let line: Value = serde_json::from_str(&line).unwrap();
    (Limited(child), line["registry"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_full_disk_leaves_the_old_version_served_and_is_told() {
    let folder = Folder::new();
    let tables = RegistryTables::new(&sqlite(&folder)).unwrap();
    let request = TokenRequest {
        owner: "team-a".into(),
        role: Role::Admin,
        graphs: BTreeSet::from(["shop".into()]),
        subgraphs: BTreeSet::new(),
        expires: None,
    };
    let token = NewToken::make(&tables, &request).await.unwrap().unwrap().text;
    tables.close().await;
    let client = reqwest::Client::new();
    let publish = async |url: &str, number: usize| {
        // Fifty kilobytes, nothing of which was there before.
        let fields: String =
            (0..1_000).map(|field| format!("\"about {number} {field}, and what it is for\" f{field}: Int ")).collect();
        let body = json!({ "sdl": products(&fields), "url": "http://products/" });
        let request =
            client.put(format!("{url}/v1/graphs/shop@prod/subgraphs/products")).bearer_auth(&token).json(&body);
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.json::<Value>().await.unwrap())
    };
    let served = async |url: &str| {
        let request = client.get(format!("{url}/v1/graphs/shop@prod/supergraph")).bearer_auth(&token);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200);
        let (version, etag) = (answer.headers()["weft-version"].clone(), answer.headers()["etag"].clone());
        let text = answer.text().await.unwrap();
        assert_eq!(etag.to_str().unwrap().trim_matches('"'), secret::digits(&secret::hash(&text)));
        (version.to_str().unwrap().parse::<usize>().unwrap(), text)
    };

    let (limited, url) = start(&folder, LIMIT);
    let mut published = 0;
    let refusal = loop {
        let (status, answer) = publish(&url, published + 1).await;
        if status != 200 {
            break (status, answer);
        }
        published += 1;
        assert!(published < 100, "the limit holds");
    };
    assert!(published > 0, "{refusal:?}");
    assert_eq!((refusal.0, refusal.1["errors"][0]["code"].as_str()), (507, Some("STORE_FULL")), "{}", refusal.1);
    assert!(refusal.1["errors"][0]["message"].as_str().unwrap().contains("what was served is served"));
    let before = served(&url).await;
    assert_eq!(before.0, published);
    assert_eq!(publish(&url, published + 1).await.0, 507, "again");
    assert_eq!(served(&url).await, before);
    drop(limited);

    // There is room again.
    let (_free, url) = start(&folder, "unlimited");
    assert_eq!(served(&url).await, before);
    assert_eq!(publish(&url, published + 1).await.0, 200);
    assert_eq!(served(&url).await.0, published + 1);
}
