//! Tokens: made once, kept as a hash, known again by it.

use super::{Access, Refusal, RefusalKind, Registry, Role, now, time};
use crate::store::StoreError;
use crate::store::registry::{RegistryTables, TokenRow};
use crate::store::secret::{self, NewKey};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use serde::Serialize;
use std::collections::BTreeSet;
use std::time::Duration;

/// What a new token is to be for.
#[derive(Debug, Clone)]
pub struct TokenRequest {
    /// Whose it is.
    pub owner: String,
    /// What it may do.
    pub role: Role,
    /// `*`, `graph` or `graph@variant`.
    pub graphs: BTreeSet<String>,
    /// The subgraphs that a publisher is limited to; empty for all.
    pub subgraphs: BTreeSet<String>,
    /// How long it is good for.
    pub expires: Option<Duration>,
}

/// A token that was just made: the only time that its text is at hand.
pub struct NewToken {
    /// The whole token.
    pub text: String,
    /// What is known of it from now on.
    pub token: Token,
}

/// What is known of a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Token {
    /// Its public name.
    pub id: String,
    /// `active`, `expired` or `revoked`.
    pub state: &'static str,
    /// Whose it is.
    pub owner: String,
    /// What it may do.
    pub role: String,
    /// For which graphs.
    pub graphs: Vec<String>,
    /// For which subgraphs; empty for all.
    pub subgraphs: Vec<String>,
    /// When it was made.
    pub created: String,
    /// From when on it is no good.
    pub expires: Option<String>,
}

impl NewToken {
    /// Makes a token and keeps its hash.
    ///
    /// # Errors
    /// When the store does not answer; `None` inside when the system gives no random bytes.
    pub async fn make(tables: &RegistryTables, request: &TokenRequest) -> Result<Option<Self>, StoreError> {
        let Ok(NewKey { text, id, hash }) = NewKey::make() else { return Ok(None) };
        let created = now();
        let words = |words: &BTreeSet<String>| words.iter().map(String::as_str).collect::<Vec<_>>().join(" ");
        let row = TokenRow {
            id,
            hash,
            owner: request.owner.clone(),
            role: request.role.to_string(),
            graphs: words(&request.graphs),
            subgraphs: words(&request.subgraphs),
            created,
            expires: request
                .expires
                .map(|span| created.saturating_add_unsigned(span.as_millis().try_into().unwrap_or(u64::MAX))),
            revoked: None,
        };
        tables.add_token(&row).await?;
        Ok(Some(Self { text, token: Token::of(row, created) }))
    }

    /// The first admin's token, unless there is an admin.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn first(tables: &RegistryTables) -> Result<Option<Self>, StoreError> {
        let now = now();
        let tokens = tables.tokens().await?;
        let mut known = tokens.into_iter().map(|row| Token::of(row, now));
        if known.any(|token| token.role == Role::Admin.as_str() && token.state == "active") {
            return Ok(None);
        }
        let request = TokenRequest {
            owner: "admin".to_owned(),
            role: Role::Admin,
            graphs: BTreeSet::from(["*".to_owned()]),
            subgraphs: BTreeSet::new(),
            expires: None,
        };
        Self::make(tables, &request).await
    }
}

impl Token {
    /// What is known of a token that is kept.
    pub fn of(row: TokenRow, now: i64) -> Self {
        let state = match &row {
            TokenRow { revoked: Some(_), .. } => "revoked",
            TokenRow { expires: Some(expires), .. } if *expires <= now => "expired",
            _ => "active",
        };
        let words = |text: &str| text.split_whitespace().map(ToOwned::to_owned).collect();
        Self {
            state,
            graphs: words(&row.graphs),
            subgraphs: words(&row.subgraphs),
            created: time(row.created),
            expires: row.expires.map(time),
            id: row.id,
            owner: row.owner,
            role: row.role,
        }
    }
}

impl Registry {
    /// The registry's tables.
    pub fn tables(&self) -> &RegistryTables {
        &self.tables
    }

    /// Who brings this token. Whatever is wrong with it, the answer is the same.
    ///
    /// # Errors
    /// When it is none that is good, or the store does not answer.
    pub async fn authenticate(&self, token: Option<&str>) -> Result<Access, Refusal> {
        let unknown = || {
            Refusal::new(RefusalKind::Unauthenticated, "UNAUTHENTICATED", "a token of this registry is needed")
                .help("send `Authorization: Bearer TOKEN`; `weft registry token create` makes one")
        };
        let token = token.ok_or_else(unknown)?;
        let id = secret::id(token).ok_or_else(unknown)?;
        let row = self.tables.token(id).await?.ok_or_else(unknown)?;
        let brought = secret::digits(&secret::hash(token));
        verify_slices_are_equal(row.hash.as_bytes(), brought.as_bytes()).map_err(|_| unknown())?;
        let role = row.role.parse().map_err(|_| unknown())?;
        let token = Token::of(row, now());
        if token.state != "active" {
            return Err(unknown());
        }
        Ok(Access {
            token: token.id,
            owner: token.owner,
            role,
            graphs: token.graphs.into_iter().collect(),
            subgraphs: token.subgraphs.into_iter().collect(),
        })
    }
}
