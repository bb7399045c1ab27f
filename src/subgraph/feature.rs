//! A linked specification: what its URL says, what is imported from it, and the names that follow.

use super::Version;
use super::specification::HOST;
use apollo_compiler::{Name, Node, ast};

/// A linked specification.
#[derive(Debug, Clone)]
pub struct Feature {
    /// The URL without its version: `https://specs.apollo.dev/federation`.
    pub identity: String,
    /// The last part of the identity: `federation`.
    pub name: String,
    /// Major and minor version; 0.0 when the URL names none.
    pub version: Version,
    /// The name that prefixes what is not imported; `name` unless `as:` says otherwise.
    pub local: String,
    /// What is imported.
    pub imports: Vec<Import>,
    /// `for:`.
    pub purpose: Option<Name>,
    /// The whole URL as written.
    pub url: String,
    /// Where it is linked.
    pub directive: Node<ast::Directive>,
}

/// One element of `import:`, names without `@`.
#[derive(Debug, Clone)]
pub struct Import {
    /// The name in the specification.
    pub name: String,
    /// The name in this schema.
    pub local: String,
    /// Whether it is a directive.
    pub is_directive: bool,
    /// Where it stands.
    pub place: Node<ast::Value>,
}

/// What the URL of a specification says.
pub struct Identifier<'u> {
    /// All but the version.
    pub identity: &'u str,
    /// The last part of the identity.
    pub name: &'u str,
    /// None when the last part of the URL is no version.
    pub version: Option<Version>,
}

impl<'u> Identifier<'u> {
    /// `https://specs.apollo.dev/federation/v2.3` -> identity, name, version. None for what is no URL.
    pub fn parse(url: &'u str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let has_host = rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '[');
        let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic());
        if !is_scheme || !has_host || url.contains(char::is_whitespace) {
            return None;
        }
        let url = url.trim_end_matches('/');
        let split = url.rsplit_once('/').and_then(|(head, tail)| Some((head, parse_version(tail)?)));
        let (identity, version) = split.map_or((url, None), |(head, version)| (head, Some(version)));
        let name = identity.rsplit('/').next().unwrap_or_default();
        Some(Self { identity, name, version })
    }
}

fn parse_version(text: &str) -> Option<Version> {
    let (major, minor) = text.strip_prefix('v')?.split_once('.')?;
    Some(Version { major: major.parse().ok()?, minor: minor.parse().ok()? })
}

impl Feature {
    /// Whether it is federation itself.
    pub fn is_federation(&self) -> bool {
        self.identity.strip_prefix(HOST) == Some("federation")
    }

    /// What the directive `name` of this specification is called in the schema.
    pub fn local_directive(&self, name: &str) -> String {
        match self.imports.iter().find(|import| import.is_directive && import.name == name) {
            Some(import) => import.local.clone(),
            None if name == self.name => self.local.clone(),
            None => format!("{}__{name}", self.local),
        }
    }

    /// What the type `name` of this specification is called in the schema.
    pub fn local_type(&self, name: &str) -> String {
        match self.imports.iter().find(|import| !import.is_directive && import.name == name) {
            Some(import) => import.local.clone(),
            None => format!("{}__{name}", self.local),
        }
    }

    /// The name in this specification of the directive that the schema calls `local`, if it is one.
    pub fn directive_named<'a>(&'a self, local: &'a str) -> Option<&'a str> {
        if let Some(import) = self.imports.iter().find(|import| import.is_directive && import.local == local) {
            return Some(&import.name);
        }
        if local == self.local {
            return Some(&self.name);
        }
        local.strip_prefix(self.local.as_str()).and_then(|rest| rest.strip_prefix("__"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_name_a_specification_and_its_version() {
        let read = |url| Identifier::parse(url).map(|id| (id.name, id.version.map(|v| (v.major, v.minor))));
        assert_eq!(read("https://specs.apollo.dev/federation/v2.3/"), Some(("federation", Some((2, 3)))));
        assert_eq!(read("https://example.com/name"), Some(("name", None)));
        assert_eq!(read("https://example.com/name/2.0"), Some(("2.0", None)));
        for wrong in ["", "name", "://x", "https://", "https:///x", "https://example.com/a b/v1.0"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
