//! What whoever asks may do. Nothing, unless their token says so.

use super::{GraphRef, Refusal, RefusalKind};
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// What a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Reads schemas and history, and checks.
    Reader,
    /// Publishes and deletes subgraphs, too; all of a graph's, or those that its token names.
    Publisher,
    /// Follows a variant and reports usage, and nothing else.
    Gateway,
    /// Everything.
    Admin,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Reader, Self::Publisher, Self::Gateway, Self::Admin];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reader => "reader",
            Self::Publisher => "publisher",
            Self::Gateway => "gateway",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|role| role.as_str() == text);
        found.ok_or("a role is reader, publisher, gateway or admin")
    }
}

/// What somebody wants to do with a variant.
#[derive(Debug, Clone, Copy)]
pub(super) enum Deed<'a> {
    /// Look at schemas and history; check.
    Read,
    /// Publish or delete these subgraphs.
    Publish(&'a [&'a str]),
    /// Put all subgraphs back to what they were.
    Rollback,
    /// Follow what is served.
    Follow,
    /// Say what clients asked for.
    Report,
    /// Forget the variant.
    Forget,
}

/// Who asks, and what they may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// The token's id.
    pub token: String,
    /// Whose the token is: the author of what is published with it.
    pub owner: String,
    /// What it is for.
    pub role: Role,
    /// `*`, `graph` or `graph@variant`.
    pub graphs: BTreeSet<String>,
    /// The subgraphs that a publisher is limited to; empty for all.
    pub subgraphs: BTreeSet<String>,
}

impl Access {
    /// Whether anything of the variant may be seen.
    pub(super) fn knows(&self, variant: &GraphRef) -> bool {
        ["*", variant.graph(), variant.as_str()].iter().any(|name| self.graphs.contains(*name))
    }

    /// Lets a deed pass, or says why not.
    pub(super) fn admit(&self, variant: &GraphRef, deed: Deed<'_>) -> Result<(), Refusal> {
        let limited = self.role == Role::Publisher && !self.subgraphs.is_empty();
        let admitted = match (self.role, deed) {
            (Role::Admin, _) | (Role::Reader | Role::Publisher, Deed::Read | Deed::Follow) => true,
            (Role::Publisher, Deed::Publish(names)) => {
                !limited || names.iter().all(|name| self.subgraphs.contains(*name))
            }
            (Role::Publisher, Deed::Rollback) => !limited,
            (Role::Gateway, Deed::Follow | Deed::Report) => true,
            (Role::Reader, Deed::Publish(_) | Deed::Rollback)
            | (Role::Reader | Role::Publisher, Deed::Report)
            | (Role::Gateway, Deed::Read | Deed::Publish(_) | Deed::Rollback)
            | (Role::Reader | Role::Publisher | Role::Gateway, Deed::Forget) => false,
        };
        // Whether there is such a graph is not told to whoever may not know.
        if admitted && self.knows(variant) { Ok(()) } else { Err(self.refuse(variant, deed, limited)) }
    }

    fn refuse(&self, variant: &GraphRef, deed: Deed<'_>, limited: bool) -> Refusal {
        let wanted = match deed {
            Deed::Read => "read",
            Deed::Publish(_) => "publish",
            Deed::Rollback => "roll back",
            Deed::Follow => "follow",
            Deed::Report => "report usage of",
            Deed::Forget => "delete",
        };
        let message = format!("the token {} may not {wanted} {variant}", self.token);
        let of = if limited {
            format!(" for the subgraphs {}", self.subgraphs.iter().map(String::as_str).collect::<Vec<_>>().join(", "))
        } else {
            String::new()
        };
        let graphs = self.graphs.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        Refusal::new(RefusalKind::Forbidden, "FORBIDDEN", message)
            .help(format!("it is a {} of {graphs}{of}; ask an admin for another", self.role))
    }
}
