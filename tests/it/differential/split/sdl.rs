//! A subgraph's schema as text.

use super::super::schema::{Field, INPUTS, Monolith};
use super::super::wanted::text;
use super::{Narrow, Part, Role};
use std::fmt::Write;

impl Part {
    pub fn sdl(&self, monolith: &Monolith) -> String {
        let mut out = String::new();
        for (&ty, share) in &self.shares {
            let of = &monolith.types[ty];
            let mut implements = String::new();
            for (&index, members) in &self.abstracts {
                if monolith.abstracts[index].interface && members.contains(&ty) {
                    write!(implements, " implements {}", monolith.abstracts[index].name).unwrap();
                }
            }
            if share.fields.is_empty() {
                continue;
            }
            write!(out, "type {}{implements}", of.name).unwrap();
            for (key, resolvable) in &share.keys {
                let resolvable = if *resolvable { "" } else { ", resolvable: false" };
                write!(out, " @key(fields: \"{}\"{resolvable})", text(&key.wanted())).unwrap();
            }
            out.push_str(" {\n");
            for (&at, role) in &share.fields {
                let field = &of.fields[at];
                let ty_here = match self.narrow.get(&(ty, at)) {
                    None => monolith.field_type(field),
                    Some(Narrow::NonNull) => format!("{}!", monolith.field_type(field)),
                    Some(Narrow::Member(member)) => field.wrapping.replace('?', &monolith.types[*member].name),
                };
                write!(out, "  {}", declaration(field, &ty_here, role)).unwrap();
                if let Some(from) = self.overrides.get(&(ty, at)) {
                    write!(out, " @override(from: \"{from}\")").unwrap();
                }
                if let Some(provided) = self.provides.get(&(ty, at)) {
                    write!(out, " @provides(fields: \"{}\")", text(provided)).unwrap();
                }
                out.push('\n');
            }
            out.push_str("}\n");
        }
        self.abstract_types(monolith, &mut out);
        self.object_for_interface(monolith, &mut out);
        if out.contains("Tone") || out.contains("Shape") {
            out.push_str(&match monolith.hidden_tone {
                true => INPUTS.replace("MILD", "MILD @inaccessible"),
                false => INPUTS.to_owned(),
            });
        }
        out
    }

    /// Whether an interface has a field here: all of its members resolve it.
    pub(super) fn has_common(&self, monolith: &Monolith, of: usize, name: &str) -> bool {
        self.abstracts.get(&of).is_some_and(|members| {
            members.iter().all(|ty| {
                let at = monolith.types[*ty].position(name).unwrap();
                self.shares[ty].fields.get(&at).is_some_and(|role| *role != Role::External)
            })
        })
    }

    fn abstract_types(&self, monolith: &Monolith, out: &mut String) {
        for (&index, members) in &self.abstracts {
            let of = &monolith.abstracts[index];
            if !of.interface {
                let names: Vec<&str> = members.iter().map(|&ty| monolith.types[ty].name.as_str()).collect();
                writeln!(out, "union {} = {}", of.name, names.join(" | ")).unwrap();
                continue;
            }
            let key = if self.keyed.contains(&index) { " @key(fields: \"id\")" } else { "" };
            writeln!(out, "interface {}{key} {{", of.name).unwrap();
            for name in &of.common {
                if self.has_common(monolith, index, name) {
                    let first = &monolith.types[members[0]];
                    let field = &first.fields[first.position(name).unwrap()];
                    writeln!(out, "  {name}: {}", monolith.interface_type(field)).unwrap();
                }
            }
            out.push_str("}\n");
        }
    }

    fn object_for_interface(&self, monolith: &Monolith, out: &mut String) {
        let Some(it) = &self.interface_object else { return };
        let interface = &monolith.abstracts[it.of];
        let member = &monolith.types[interface.members[0]];
        write!(out, "type {} @key(fields: \"id\") @interfaceObject {{\n  id: ID!\n", interface.name).unwrap();
        for (name, role) in &it.fields {
            let field = &member.fields[member.position(name).unwrap()];
            // `label` is the interface's, which its members may have non-null.
            let ty = if name == "label" { monolith.interface_type(field) } else { monolith.field_type(field) };
            writeln!(out, "  {}", declaration(field, &ty, role)).unwrap();
        }
        out.push_str("}\n");
    }
}

/// `name(arguments): Type @directives`.
fn declaration(field: &Field, ty: &str, role: &Role) -> String {
    let mut out = format!("{}{}: {ty}", field.name, field.arguments.sdl());
    match role {
        Role::External => out.push_str(" @external"),
        Role::Requires(fields) => write!(out, " @requires(fields: \"{}\")", text(fields)).unwrap(),
        Role::Own { shared: true } => out.push_str(" @shareable"),
        Role::Own { shared: false } | Role::Overridden => {}
    }
    if field.hidden && matches!(role, Role::Own { .. } | Role::Requires(_)) {
        out.push_str(" @inaccessible");
    }
    out
}
