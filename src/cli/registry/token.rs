//! `weft registry token create|list|revoke`: tokens, in the registry's store.

use super::{Place, refused};
use crate::cli::Format;
use crate::cli::keys::duration;
use crate::cli::remote::table::table;
use crate::cli::report::{self, Failure};
use crate::registry::{GraphRef, NewToken, Role, Token, TokenRequest};
use crate::store::StoreError;
use crate::store::registry::RegistryTables;
use chrono::Utc;
use clap::{Args, Subcommand};
use serde_json::json;
use std::io;
use std::time::Duration;

#[derive(Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Make a token, and show it this once
    Create(Create),
    /// List all tokens, without their secrets
    List(Common),
    /// Take a token back
    Revoke(Revoke),
}

#[derive(Args)]
struct Common {
    #[command(flatten)]
    place: Place,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Args)]
struct Create {
    /// Whose it is: a person, a team, a gateway
    #[arg(long, value_name = "NAME", value_parser = owner)]
    owner: String,
    /// What it may do: reader, publisher, gateway or admin
    #[arg(long, value_parser = role)]
    role: Role,
    /// For which graph: shop, shop@prod, or * for all; may be given several times
    #[arg(long = "graph", value_name = "GRAPH", required = true, value_parser = graph)]
    graphs: Vec<String>,
    /// The subgraph that a publisher is limited to; may be given several times
    #[arg(long = "subgraph", value_name = "NAME", value_parser = word)]
    subgraphs: Vec<String>,
    /// How long it is good for, such as 12h or 90d [default: for ever]
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    expires: Option<Duration>,
    #[command(flatten)]
    common: Common,
}

#[derive(Args)]
struct Revoke {
    /// The token's id: the part between the underscores
    #[arg(value_name = "ID")]
    id: String,
    #[command(flatten)]
    common: Common,
}

fn owner(text: &str) -> Result<String, &'static str> {
    let plain = !text.trim().is_empty() && text.len() <= 128 && !text.contains(char::is_control);
    if plain { Ok(text.to_owned()) } else { Err("give a name of at most 128 characters") }
}

fn role(text: &str) -> Result<Role, &'static str> {
    text.parse()
}

fn graph(text: &str) -> Result<String, &'static str> {
    match text.parse::<GraphRef>() {
        Ok(_) => Ok(text.to_owned()),
        Err(_) if text == "*" => Ok(text.to_owned()),
        Err(why) => Err(why),
    }
}

fn word(text: &str) -> Result<String, &'static str> {
    if text.is_empty() || text.contains(char::is_whitespace) {
        Err("give the subgraph's name")
    } else {
        Ok(text.to_owned())
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let common = match &arguments.verb {
        Verb::Create(create) => &create.common,
        Verb::List(common) => common,
        Verb::Revoke(revoke) => &revoke.common,
    };
    let location = common.place.location();
    crate::cli::runtime(Some(1))?.block_on(async {
        let told = |error: StoreError| refused(&error, &location);
        let tables = RegistryTables::new(&location).map_err(told)?;
        let outcome = match &arguments.verb {
            Verb::Create(arguments) => create(arguments, &tables).await.map_err(told)?,
            Verb::List(arguments) => list(arguments.format, &tables).await.map_err(told)?,
            Verb::Revoke(arguments) => revoke(arguments, &tables).await.map_err(told)?,
        };
        tables.close().await;
        outcome
    })
}

type Outcome = Result<Result<(), Failure>, StoreError>;

async fn create(arguments: &Create, tables: &RegistryTables) -> Outcome {
    let Create { owner, role, graphs, subgraphs, expires, common } = arguments;
    if !subgraphs.is_empty() && *role != Role::Publisher {
        return Ok(Err(Failure::because(format!("a {role} is not limited to subgraphs")).help("leave --subgraph out")));
    }
    let request = TokenRequest {
        owner: owner.clone(),
        role: *role,
        graphs: graphs.iter().cloned().collect(),
        subgraphs: subgraphs.iter().cloned().collect(),
        expires: *expires,
    };
    let Some(NewToken { text, token }) = NewToken::make(tables, &request).await? else {
        return Ok(Err(Failure::because("the system gives no random bytes")));
    };
    Ok(match common.format {
        Format::Json => {
            let mut value = json!(token);
            value["token"] = text.into();
            report::print_json(&value)
        }
        Format::Text => report::print(&format!("{text}\n")).inspect(|()| {
            eprintln!("This is the only time it is shown: the store has its hash. Its id is {}.", token.id);
        }),
    })
}

async fn list(format: Format, tables: &RegistryTables) -> Outcome {
    let now = Utc::now().timestamp_millis();
    let tokens: Vec<Token> = tables.tokens().await?.into_iter().map(|row| Token::of(row, now)).collect();
    if format == Format::Json {
        return Ok(report::print_json(&json!(tokens)));
    }
    let cells = |token: Token| {
        let subgraphs = if token.subgraphs.is_empty() { "*".to_owned() } else { token.subgraphs.join(" ") };
        vec![token.id, token.state.to_owned(), token.owner, token.role, token.graphs.join(" "), subgraphs]
    };
    let rows: Vec<Vec<String>> = tokens.into_iter().map(cells).collect();
    let head = ["ID", "STATE", "OWNER", "ROLE", "GRAPHS", "SUBGRAPHS"];
    Ok(report::print(&table(&head, &rows, report::style_of(&io::stdout()))))
}

async fn revoke(arguments: &Revoke, tables: &RegistryTables) -> Outcome {
    let Revoke { id, common } = arguments;
    if !tables.revoke_token(id, Utc::now().timestamp_millis()).await? {
        let known = tables.token(id).await?.is_some();
        let why = if known { "is revoked already" } else { "is not in the store" };
        let failure = Failure::because(format!("the token {id:?} {why}"));
        return Ok(Err(failure.help("`weft registry token list` shows the ids")));
    }
    Ok(match common.format {
        Format::Json => report::print_json(&json!({ "id": id, "state": "revoked" })),
        Format::Text => report::print(&format!("revoked {id}\n")),
    })
}
