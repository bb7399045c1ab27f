//! Names under which a linked feature's elements go in one document.
//!
//! A feature is called by the last but one segment of its URL, or by `as:`. Its elements are
//! `name__element`, but for a directive called as the feature, which is bare, and for what
//! `import:` brings in under a name of its own.

use super::{Link, Supergraph};
use apollo_compiler::ast::Value;

impl Link {
    /// The feature's name in its URL: `tag` in `https://specs.apollo.dev/tag/v0.3`.
    pub fn feature(&self) -> &str {
        let mut segments = self.url.trim_end_matches('/').rsplit('/');
        let last = segments.next().unwrap_or_default();
        let is_version =
            last.strip_prefix('v').is_some_and(|version| version.starts_with(|c: char| c.is_ascii_digit()));
        if is_version { segments.next().unwrap_or_default() } else { last }
    }

    /// What the feature goes by in this document.
    pub fn name(&self) -> &str {
        self.alias.as_deref().unwrap_or_else(|| self.feature())
    }

    /// The local name of an element: of a directive `@name` (given and returned with its `@`), or of a
    /// type.
    pub fn local_name(&self, element: &str) -> String {
        if let Some((_, local)) = self.imports().find(|(name, _)| *name == element) {
            return local.to_owned();
        }
        match element.strip_prefix('@') {
            Some(directive) if directive == self.feature() => format!("@{}", self.name()),
            Some(directive) => format!("@{}__{directive}", self.name()),
            None => format!("{}__{element}", self.name()),
        }
    }

    /// Whether the local name, of a directive with its `@` or of a type, is an element of the feature.
    pub fn owns(&self, local: &str) -> bool {
        let bare = local.strip_prefix('@').unwrap_or(local);
        let prefixed = bare.strip_prefix(self.name()).is_some_and(|rest| rest.starts_with("__"));
        let is_feature_directive = local.len() > bare.len() && bare == self.name();
        prefixed || is_feature_directive || self.imports().any(|(_, imported)| imported == local)
    }

    /// What is imported: the element's name and its local name, directives with their `@`.
    pub fn imports(&self) -> impl Iterator<Item = (&str, &str)> {
        self.import.iter().filter_map(|import| match &**import {
            Value::String(name) => Some((name.as_str(), name.as_str())),
            Value::Object(entries) => {
                let entry = |key: &str| entries.iter().find(|(k, _)| k == key).and_then(|(_, v)| v.as_str());
                let name = entry("name")?;
                Some((name, entry("as").unwrap_or(name)))
            }
            _ => None,
        })
    }
}

impl Supergraph {
    /// The name, without `@`, under which a directive of one of Apollo's features is applied in this
    /// supergraph: `directive_name("inaccessible", "inaccessible")`. Without a link to the feature it
    /// is the directive's own name.
    pub fn directive_name(&self, feature: &str, directive: &str) -> String {
        let link = self.links.iter().find(|link| link.feature() == feature);
        let local = link.map(|link| link.local_name(&format!("@{directive}")));
        local.map_or_else(|| directive.to_owned(), |local| local.trim_start_matches('@').to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use apollo_compiler::{Name, Node};

    fn link(url: &str, alias: Option<&str>, import: &[(&str, &str)]) -> Link {
        let text = |text: &str| Node::new(Value::String(text.to_owned()));
        let entry = |(name, local): &(&str, &str)| {
            let entries = vec![(Name::new_unchecked("name"), text(name)), (Name::new_unchecked("as"), text(local))];
            Node::new(Value::Object(entries))
        };
        Link {
            url: url.to_owned(),
            alias: alias.map(Name::new_unchecked),
            import: import.iter().map(entry).collect(),
            purpose: None,
        }
    }

    #[test]
    fn names_follow_prefix_alias_and_import() {
        let plain = link("https://specs.apollo.dev/cost/v0.1", None, &[("@listSize", "@size")]);
        assert_eq!(plain.local_name("@cost"), "@cost");
        assert_eq!(plain.local_name("@listSize"), "@size");
        assert_eq!(plain.local_name("Weight"), "cost__Weight");
        assert!(plain.owns("@size") && plain.owns("@cost") && plain.owns("cost__Weight"));
        assert!(!plain.owns("cost") && !plain.owns("@listSize"));
        let renamed = link("https://specs.apollo.dev/tag/v0.3", Some("mark"), &[]);
        assert_eq!(renamed.local_name("@tag"), "@mark");
        let unversioned = link("https://shop.example/colour/", None, &[]);
        assert_eq!(unversioned.feature(), "colour");
    }
}
