//! Interfaces: every field of every subgraph. Which objects really have them is checked at the end, see
//! `implementation`.

use super::field::{FieldMerging, fields_of};
use super::merge::Merge;
use super::sources::{Definition, FieldSource, subgraph_list};
use crate::diagnostic::Diagnostic;
use crate::subgraph::Code;
use crate::supergraph::TypeId;

impl<'a> Merge<'a> {
    /// Merges one interface.
    pub fn fill_interface(&mut self, id: TypeId, name: &'a str, definitions: &'a [Definition<'a>]) {
        self.fill_type(id, name, definitions);
        self.fill_implements(id, definitions);
        for (field, sources) in fields_of(definitions) {
            self.hint_partial_value_field(
                Code::InconsistentInterfaceValueTypeField,
                name,
                field,
                &sources,
                definitions,
            );
            self.fill_field(&FieldMerging {
                parent: name,
                parent_id: id,
                on_interface: true,
                name: field,
                definitions,
                sources,
            });
        }
    }

    /// A type without keys is a value: whoever resolves it must give all of it, so a field that some subgraphs
    /// lack deserves a look.
    pub fn hint_partial_value_field(
        &mut self,
        code: Code,
        parent: &str,
        field: &str,
        sources: &[FieldSource<'_>],
        definitions: &[Definition<'_>],
    ) {
        let is_value = definitions.iter().all(|definition| definition.ty.keys.is_empty());
        if sources.len() == definitions.len() || !is_value || crate::subgraph::is_root(parent) {
            return;
        }
        let missing: Vec<&Definition<'_>> =
            definitions.iter().filter(|definition| sources.iter().all(|source| source.id() != definition.id)).collect();
        let subgraphs = subgraph_list(missing.iter().map(|definition| definition.subgraph.name.as_str()));
        let hint = Diagnostic::hint(
            code,
            format!("Field \"{parent}.{field}\" of a type without keys is not defined in {subgraphs}"),
        );
        let hint = sources.iter().fold(hint, |hint, source| hint.at_opt(source.span(), "defined here"));
        let hint = missing.iter().fold(hint, |hint, definition| hint.at_opt(definition.span(), "not here"));
        self.findings.hint(hint.help("define the field in every subgraph that has the type, or give the type a key"));
    }
}
