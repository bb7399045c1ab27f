//! Other gateways' configuration -> `weft.yaml`, and word of everything that could not be carried.
//!
//! 1. [`tree`]: the file as a tree with places, from YAML or TOML;
//! 2. a list of rules per gateway ([`apollo`], [`hive`], [`cosmo`], [`grafbase`]) says where each key goes, in which
//!    form, or why it goes nowhere; [`carry`] walks the tree by them;
//! 3. [`output`]: what was carried, as YAML that remembers where each line came from;
//! 4. [`prove`]: the YAML is read as Weft reads it, and what Weft would refuse is taken out and told.
//!
//! So whatever comes in, what comes out is valid, and no key gets lost without a word: each is carried, or named with
//! its line, why, and what to do instead.

mod apollo;
mod carry;
mod cosmo;
mod grafbase;
mod headers;
mod hive;
mod output;
mod prove;
mod resilience;
mod tree;

use crate::diagnostic::{Diagnostic, Source};
use std::sync::Arc;

/// The code of what was not carried.
pub const NOT_CARRIED: &str = "MIGRATE_NOT_CARRIED";

/// Whose configuration it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gateway {
    /// Apollo Router: `router.yaml`.
    Apollo,
    /// Hive Router: `router.config.yaml`.
    Hive,
    /// Cosmo Router: `config.yaml`.
    Cosmo,
    /// Grafbase Gateway: `grafbase.toml`.
    Grafbase,
}

/// What became of a configuration.
#[derive(Debug)]
pub struct Migration {
    /// The `weft.yaml`: valid, but for what `${...}` in it stands for.
    pub yaml: String,
    /// Keys that were carried.
    pub carried: usize,
    /// A warning for each key that was not.
    pub left: Vec<Diagnostic>,
}

/// Turns the configuration of a gateway into Weft's.
///
/// # Errors
/// When the text is no YAML or TOML.
pub fn migrate(gateway: Gateway, source: &Arc<Source>) -> Result<Migration, Vec<Diagnostic>> {
    let (tree, rules) = match gateway {
        Gateway::Apollo => (tree::from_yaml(source), apollo::RULES),
        Gateway::Hive => (tree::from_yaml(source), hive::RULES),
        Gateway::Cosmo => (tree::from_yaml(source), cosmo::RULES),
        Gateway::Grafbase => (tree::from_toml(source), grafbase::RULES),
    };
    let mut carried = carry::carry(&tree.map_err(|error| vec![error])?, rules, gateway.expansion());
    prove::prove(&mut carried);
    carried.left.sort_by_key(|left| left.place.start);
    let left = carried.left.iter().map(|left| left.diagnostic(source)).collect();
    let yaml = carried.output.yaml(&format!("# Made from {} by weft migrate {}.\n", source.name, gateway.name()));
    Ok(Migration { yaml, carried: carried.output.values(), left })
}

impl Gateway {
    /// As the command line calls it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Apollo => "apollo",
            Self::Hive => "hive",
            Self::Cosmo => "cosmo",
            Self::Grafbase => "grafbase",
        }
    }

    /// How its files write what is filled in from the environment.
    const fn expansion(self) -> carry::Expansion {
        match self {
            Self::Apollo | Self::Hive => carry::Expansion::Same,
            Self::Cosmo => carry::Expansion::Shell,
            Self::Grafbase => carry::Expansion::Braces,
        }
    }
}
