//! API keys: in the configuration, in SQLite and in PostgreSQL, from their making to their revocation.

use super::issuer::millis;
use crate::postgres::Postgres;
use crate::serving::gateway::{Answer, Running};
use http::{HeaderMap, HeaderName};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;
use weft::access::{Authenticator, Claims, Clock, Credential, Unauthenticated};
use weft::config::{ApiKeys, Authentication, FixedKey, StoreLocation, sha256};
use weft::store::secret::NewKey;
use weft::store::{KeyTable, StoredKey};

const START: i64 = 1_800_000_000;

fn keys() -> ApiKeys {
    ApiKeys::new(HeaderName::from_static("x-api-key"))
}

fn authenticator(clock: &Clock, keys: ApiKeys) -> Authenticator {
    let config = Authentication { api_keys: Some(keys), ..Authentication::default() };
    Authenticator::new(&config, clock.clone(), None).unwrap()
}

async fn with_key(authenticator: &Authenticator, key: &str) -> Result<Arc<Claims>, Unauthenticated> {
    let mut headers = HeaderMap::new();
    headers.insert("x-api-key", key.parse().unwrap());
    authenticator.authenticate(&headers).await
}

fn stored(made: &NewKey) -> StoredKey {
    StoredKey {
        id: made.id.clone(),
        hash: made.hash.clone(),
        owner: "team-a".into(),
        scopes: vec!["payments:read".into(), "b".into()],
        tier: Some("gold".into()),
        created: millis(START),
        expires: None,
        revoked: None,
    }
}

fn temporary(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("weft {name} {}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

#[tokio::test]
async fn keys_of_the_configuration_are_known_by_their_hash() {
    let made = NewKey::make().unwrap();
    let mut keys = keys();
    keys.fixed.push(FixedKey {
        id: made.id.clone(),
        hash: sha256(&made.hash).unwrap(),
        owner: "me".into(),
        scopes: vec!["a".into()],
        tier: None,
    });
    let authenticator = authenticator(&Clock::System, keys);
    let claims = with_key(&authenticator, &made.text).await.unwrap();
    assert_eq!(claims.credential, Credential::Key { id: made.id.as_str().into() });
    assert_eq!(claims.subject.as_deref(), Some("me"));
    assert!(claims.has_scope("a"));
    let other = NewKey::make().unwrap();
    let of_another_id = made.text.replace(&made.id, &other.id);
    let of_another_secret = other.text.replace(&other.id, &made.id);
    for bad in
        [&other.text, &of_another_id, &of_another_secret, "", "weft_", "x", &made.text[..60], &made.text.to_uppercase()]
    {
        assert!(with_key(&authenticator, bad).await.is_err(), "{bad}");
    }
}

/// What every store has to do.
async fn a_life_of_a_key(location: StoreLocation) {
    let table = KeyTable::new(&location).unwrap();
    let (made, brief) = (NewKey::make().unwrap(), NewKey::make().unwrap());
    table.add(&stored(&made)).await.unwrap();
    table.add(&StoredKey { expires: Some(millis(START + 60)), tier: None, ..stored(&brief) }).await.unwrap();
    assert!(table.add(&stored(&made)).await.is_err(), "an id is there once");
    assert_eq!(table.find(&made.id).await.unwrap(), Some(stored(&made)));
    assert!(table.all().await.unwrap().len() >= 2);

    // Two gateways over one store.
    let clock = Clock::at(millis(START));
    let store = || ApiKeys { store: Some(location.clone()), ..keys() };
    let (one, other) = (authenticator(&clock, store()), authenticator(&clock, store()));
    let claims = with_key(&one, &made.text).await.unwrap();
    assert_eq!((claims.subject.as_deref(), claims.tier.as_deref()), (Some("team-a"), Some("gold")));
    assert!(claims.has_scope("payments:read") && claims.has_scope("b"));
    assert_eq!(claims.values["sub"], "team-a");
    assert!(with_key(&other, &made.text).await.is_ok() && with_key(&other, &brief.text).await.is_ok());
    assert!(with_key(&other, &NewKey::make().unwrap().text).await.is_err());

    assert!(table.revoke(&made.id, millis(START)).await.unwrap());
    assert!(!table.revoke(&made.id, millis(START)).await.unwrap(), "once");
    clock.advance(Duration::from_secs(1));
    assert!(with_key(&other, &made.text).await.is_ok(), "a second later it is still remembered");
    clock.advance(Duration::from_secs(4));
    assert!(with_key(&other, &made.text).await.is_err() && with_key(&one, &made.text).await.is_err());

    clock.advance(Duration::from_millis(54_999));
    assert!(with_key(&one, &brief.text).await.is_ok());
    clock.advance(Duration::from_millis(1));
    assert!(with_key(&one, &brief.text).await.is_err(), "its time is over, remembered or not");
    table.close().await;
}

#[tokio::test]
async fn keys_live_in_sqlite() {
    let folder = temporary("sqlite");
    a_life_of_a_key(StoreLocation::Sqlite(folder.join("keys #1?.db"))).await;
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn keys_live_in_postgresql() {
    let Some(server) = Postgres::start() else { return };
    a_life_of_a_key(server.location()).await;
}

#[tokio::test]
async fn without_its_store_no_key_is_known_for_longer_than_remembered() {
    let folder = temporary("gone");
    let location = StoreLocation::Sqlite(folder.join("keys.db"));
    let table = KeyTable::new(&location).unwrap();
    let made = NewKey::make().unwrap();
    table.add(&stored(&made)).await.unwrap();
    table.close().await;
    let clock = Clock::at(millis(START));
    let authenticator = authenticator(&clock, ApiKeys { store: Some(location), ..keys() });
    assert!(with_key(&authenticator, &made.text).await.is_ok());
    std::fs::write(folder.join("keys.db"), "this is no database").unwrap();
    assert!(with_key(&authenticator, &made.text).await.is_ok());
    clock.advance(Duration::from_secs(5));
    assert!(with_key(&authenticator, &made.text).await.is_err());
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn a_bad_key_is_answered_like_a_bad_token() {
    let gateway = Running::configured(|config| {
        let folder = temporary("answers");
        config.authentication.api_keys =
            Some(ApiKeys { store: Some(StoreLocation::Sqlite(folder.join("keys.db"))), ..keys() });
    })
    .await;
    let ask = async |name: &'static str, value: String| {
        let request = gateway.client.post(&gateway.url).header("content-type", "application/json");
        Answer::of(request.header(name, value).body(r#"{"query":"{ __typename }"}"#)).await
    };
    for key in ["x".to_owned(), NewKey::make().unwrap().text, format!("weft_{}", "a".repeat(10_000))] {
        let answer = ask("x-api-key", key).await;
        assert_eq!((answer.status, answer.code()), (401, "UNAUTHENTICATED".to_owned()), "{}", answer.text());
        assert_eq!(answer.header("www-authenticate"), "Bearer");
    }
    assert_eq!(ask("x-other", "x".into()).await.status, 200);
    let in_the_url = format!("{}?x-api-key={}", gateway.url, NewKey::make().unwrap().text);
    let request = gateway.client.post(in_the_url).header("content-type", "application/json");
    assert_eq!(Answer::of(request.body(r#"{"query":"{ __typename }"}"#)).await.status, 200, "that is no credential");
}

#[test]
fn keys_are_made_listed_and_revoked_from_the_command_line() {
    let folder = temporary("cli");
    std::fs::write(folder.join("weft.yaml"), "authentication: { api_keys: { store: sqlite:keys.db } }\n").unwrap();
    let made = weft(
        &folder,
        &["keys", "create", "--owner", "me", "--scope", "a", "--scope", "b:c", "--expires", "1d", "--format", "json"],
    );
    let made: serde_json::Value = serde_json::from_str(&made.0).unwrap();
    let (id, key) = (made["id"].as_str().unwrap(), made["key"].as_str().unwrap());
    assert!(key.starts_with(&format!("weft_{id}_")));
    assert_eq!(made["scopes"], serde_json::json!(["a", "b:c"]));
    assert_eq!(made["state"], "active");
    let (plain, note, _) = weft(&folder, &["keys", "create", "--owner", "other", "--tier", "gold"]);
    assert!(plain.starts_with("weft_") && plain.lines().count() == 1 && note.contains("only time"), "{plain}{note}");

    let (list, ..) = weft(&folder, &["keys", "list"]);
    assert!(list.contains(id) && list.contains("a b:c") && list.contains("gold"), "{list}");
    let (json, ..) = weft(&folder, &["keys", "list", "--format", "json"]);
    for secret in [key.rsplit('_').next().unwrap(), plain.trim().rsplit('_').next().unwrap()] {
        assert!(!list.contains(secret) && !json.contains(secret), "a secret is shown once");
    }
    assert!(!json.contains("hash"), "{json}");

    assert_eq!(weft(&folder, &["keys", "revoke", id]).2, Some(0));
    let (_, complaint, code) = weft(&folder, &["keys", "revoke", id]);
    assert!(complaint.contains("is revoked already") && code == Some(1), "{complaint}");
    let (_, complaint, code) = weft(&folder, &["keys", "revoke", "nobody"]);
    assert!(complaint.contains("is not in the store") && code == Some(1), "{complaint}");
    assert!(weft(&folder, &["keys", "list", "--format", "json"]).0.contains("\"revoked\""));
    assert_eq!(weft(&folder, &["keys", "create", "--owner", "x", "--scope", "two words"]).2, Some(2));
    std::fs::remove_dir_all(folder).unwrap();
}

fn weft(folder: &Path, arguments: &[&str]) -> (String, String, Option<i32>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_weft"));
    let output = command.args(arguments).args(["--config", "weft.yaml"]).current_dir(folder).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr), output.status.code())
}
