//! `weft keys create|list|revoke`: API keys, in the store that the gateway looks them up in.

use super::Format;
use super::report::{self, Failure};
use crate::access::Clock;
use crate::config::{self, Config, StoreLocation};
use crate::source;
use crate::store::secret::NewKey;
use crate::store::{KeyTable, StoreError, StoredKey};
use chrono::{DateTime, SecondsFormat};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::Duration;

#[derive(Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Make a key, and show it this once
    Create(Create),
    /// List all keys, without their secrets
    List(List),
    /// Take a key back
    Revoke(Revoke),
}

#[derive(Args)]
struct Place {
    /// The configuration that names the store
    #[arg(long, short, value_name = "weft.yaml", env = "WEFT_CONFIG", hide_env_values = true)]
    config: Option<PathBuf>,
    /// The store: sqlite:FILE or postgres://USER:PASSWORD@HOST/DATABASE [default: sqlite:weft.db]
    #[arg(long, value_name = "URL", env = "WEFT_STORE", hide_env_values = true, value_parser = location)]
    store: Option<StoreLocation>,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Args)]
struct Create {
    /// Whose it is
    #[arg(long, value_name = "NAME")]
    owner: String,
    /// What it is for; may be given several times
    #[arg(long = "scope", value_name = "SCOPE", value_parser = scope)]
    scopes: Vec<String>,
    /// What limits it has
    #[arg(long, value_name = "NAME")]
    tier: Option<String>,
    /// How long it is good for, such as 12h or 90d [default: for ever]
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    expires: Option<Duration>,
    #[command(flatten)]
    place: Place,
}

#[derive(Args)]
struct List {
    #[command(flatten)]
    place: Place,
}

#[derive(Args)]
struct Revoke {
    /// The key's id: the part between the underscores
    #[arg(value_name = "ID")]
    id: String,
    #[command(flatten)]
    place: Place,
}

pub(super) fn location(text: &str) -> Result<StoreLocation, &'static str> {
    StoreLocation::parse(text).ok_or("give sqlite:FILE or postgres://USER:PASSWORD@HOST/DATABASE")
}

fn scope(text: &str) -> Result<String, &'static str> {
    // RFC 6749, section 3.3.
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\');
    if plain { Ok(text.to_owned()) } else { Err("a scope is one word of visible characters, without quotes") }
}

pub(super) fn duration(text: &str) -> Result<Duration, &'static str> {
    config::duration(text).ok_or("give a duration such as 12h or 90d, at most 366d")
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let place = match &arguments.verb {
        Verb::Create(Create { place, .. }) | Verb::List(List { place }) | Verb::Revoke(Revoke { place, .. }) => place,
    };
    let location = place.location()?;
    super::runtime(Some(1))?.block_on(async {
        let table = KeyTable::new(&location).map_err(|error| refused(&error, &location))?;
        let outcome = match &arguments.verb {
            Verb::Create(create) => create.run(&table).await,
            Verb::List(list) => list.run(&table).await,
            Verb::Revoke(revoke) => revoke.run(&table).await,
        };
        table.close().await;
        outcome.map_err(|problem| match problem {
            Problem::Store(error) => refused(&error, &location),
            Problem::Other(failure) => failure,
        })
    })
}

/// What may go wrong: in the store, whose place is told with it, or elsewhere.
enum Problem {
    Store(StoreError),
    Other(Failure),
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        Self::Other(failure)
    }
}

fn refused(error: &StoreError, location: &StoreLocation) -> Failure {
    Failure::because(format!("{location}: {error}")).help("name the gateway's store by `--config` or `--store`")
}

impl Place {
    fn location(&self) -> Result<StoreLocation, Failure> {
        if let Some(store) = &self.store {
            return Ok(store.clone());
        }
        let Some(path) = &self.config else {
            return Ok(StoreLocation::Sqlite(PathBuf::from("weft.db")).in_folder(Path::new("")));
        };
        let config: Config = source::read_config(path).config?;
        config.authentication.api_keys.and_then(|keys| keys.store).ok_or_else(|| {
            Failure::because(format!("{} names no store of API keys", path.display()))
                .help("add `authentication: { api_keys: { store: sqlite:weft.db } }`")
        })
    }
}

impl Create {
    async fn run(&self, table: &KeyTable) -> Result<(), Problem> {
        let made = NewKey::make().map_err(|_| Failure::because("the system gives no random bytes"))?;
        let created = Clock::System.now();
        let expires = self.expires.map(|span| created + i64::try_from(span.as_millis()).unwrap_or(i64::MAX / 2));
        let key = StoredKey {
            id: made.id,
            hash: made.hash,
            owner: self.owner.clone(),
            scopes: self.scopes.clone(),
            tier: self.tier.clone(),
            created,
            expires,
            revoked: None,
        };
        table.add(&key).await?;
        match self.place.format {
            Format::Json => {
                let mut value = described(&key, created);
                value["key"] = Value::from(made.text);
                report::print_json(&value)?;
            }
            Format::Text => {
                report::print(&format!("{}\n", made.text))?;
                eprintln!("This is the only time it is shown: the store has its hash. Its id is {}.", key.id);
            }
        }
        Ok(())
    }
}

impl List {
    async fn run(&self, table: &KeyTable) -> Result<(), Problem> {
        let (keys, now) = (table.all().await?, Clock::System.now());
        match self.place.format {
            Format::Json => report::print_json(&Value::from_iter(keys.iter().map(|key| described(key, now))))?,
            Format::Text => {
                let mut text = format!("{:<16}  {:<7}  {:<20}  {:<10}  {}\n", "ID", "STATE", "OWNER", "TIER", "SCOPES");
                for key in &keys {
                    let (state, tier) = (state(key, now), key.tier.as_deref().unwrap_or("-"));
                    let scopes = key.scopes.join(" ");
                    text += &format!("{:<16}  {state:<7}  {:<20}  {tier:<10}  {scopes}\n", key.id, key.owner);
                }
                report::print(&text)?;
            }
        }
        Ok(())
    }
}

impl Revoke {
    async fn run(&self, table: &KeyTable) -> Result<(), Problem> {
        let now = Clock::System.now();
        if !table.revoke(&self.id, now).await? {
            let known = table.find(&self.id).await?;
            let why = if known.is_some() { "is revoked already" } else { "is not in the store" };
            let failure = Failure::because(format!("the key {:?} {why}", self.id));
            return Err(failure.help("`weft keys list` shows the ids").into());
        }
        match self.place.format {
            Format::Json => report::print_json(&json!({ "id": self.id, "state": "revoked" }))?,
            Format::Text => report::print(&format!("revoked {}\n", self.id))?,
        }
        Ok(())
    }
}

/// A key without its hash, which is nobody's business.
fn described(key: &StoredKey, now: i64) -> Value {
    let time = |time: Option<i64>| {
        let time = time.and_then(DateTime::from_timestamp_millis);
        time.map(|time| time.to_rfc3339_opts(SecondsFormat::Secs, true))
    };
    json!({
        "id": key.id,
        "state": state(key, now),
        "owner": key.owner,
        "scopes": key.scopes,
        "tier": key.tier,
        "created": time(Some(key.created)),
        "expires": time(key.expires),
        "revoked": time(key.revoked),
    })
}

fn state(key: &StoredKey, now: i64) -> &'static str {
    match key {
        StoredKey { revoked: Some(_), .. } => "revoked",
        StoredKey { expires: Some(expires), .. } if *expires <= now => "expired",
        _ => "active",
    }
}
