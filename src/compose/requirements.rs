//! A field that is computed from other data must not be easier to see than that data: what `@requires` and
//! `@fromContext` read, the field's own access rules must cover.
//!
//! Rules are those of the composed elements: the field's together with its type's.

use super::access::RULES;
use super::alternatives::Alternatives;
use super::merge::Merge;
use super::sources::Definition;
use crate::diagnostic::Diagnostic;
use crate::subgraph::{Code, Field, Selection};
use crate::supergraph::{Supergraph, TypeId};
use apollo_compiler::Node;
use apollo_compiler::ast::Directive;

/// Checks every field that reads data besides its keys.
pub fn check(merge: &mut Merge<'_>) {
    if !RULES.iter().any(|rule| merge.applied.contains_key(*rule)) {
        return;
    }
    let mut found = Vec::new();
    for merging in merge.sources.types.values() {
        for definition in &merging.definitions {
            for field in definition.composite().into_iter().flat_map(|composite| composite.fields.values()) {
                let reader = Reader { merge, definition, field };
                found.extend(reader.check_requires());
                found.extend(reader.check_contexts());
            }
        }
    }
    for error in found {
        merge.findings.error(error);
    }
}

/// What must hold for a client to see an element.
#[derive(Default)]
struct Rules {
    authenticated: bool,
    scopes: Alternatives,
    policies: Alternatives,
}

impl Rules {
    fn of(directives: &[Node<Directive>]) -> Self {
        let find = |name: &str| directives.iter().find(|directive| directive.name == name);
        let alternatives =
            |name, argument| find(name).and_then(|rule| Alternatives::of(rule, argument)).unwrap_or_default();
        Self {
            authenticated: find("authenticated").is_some(),
            scopes: alternatives("requiresScopes", "scopes"),
            policies: alternatives("policy", "policies"),
        }
    }

    /// Both; without those of `other` that would make too many alternatives, which only refuses more.
    fn and(self, other: &Self) -> Self {
        Self {
            authenticated: self.authenticated || other.authenticated,
            scopes: self.scopes.and(&other.scopes).unwrap_or(self.scopes),
            policies: self.policies.and(&other.policies).unwrap_or(self.policies),
        }
    }

    fn imply(&self, other: &Self) -> bool {
        (self.authenticated || !other.authenticated)
            && self.scopes.imply(&other.scopes)
            && self.policies.imply(&other.policies)
    }
}

/// A field that reads other data, in one subgraph.
struct Reader<'m, 'a> {
    merge: &'m Merge<'a>,
    definition: &'m Definition<'a>,
    field: &'a Field,
}

impl Reader<'_, '_> {
    fn supergraph(&self) -> &Supergraph {
        &self.merge.supergraph
    }

    fn check_requires(&self) -> Option<Diagnostic> {
        let requires = self.field.requires.as_ref()?;
        let parent = self.supergraph().type_id(&self.definition.ty.name)?;
        let own = self.own_rules(parent);
        let (ty, field) = self.uncovered(&own, parent, &requires.selections)?;
        Some(self.error("@requires", ty, field))
    }

    fn check_contexts(&self) -> Option<Diagnostic> {
        let parent = self.supergraph().type_id(&self.definition.ty.name)?;
        let own = self.own_rules(parent);
        self.field.contextual.iter().find_map(|contextual| {
            let mut types = self.definition.subgraph.context_types(&contextual.context);
            types.find_map(|from| {
                let from = self.supergraph().type_id(&from.name)?;
                let (ty, field) = if own.imply(&self.type_rules(from)) {
                    self.uncovered(&own, from, &contextual.selection.selections)?
                } else {
                    (from, None)
                };
                Some(self.error("@fromContext", ty, field))
            })
        })
    }

    fn own_rules(&self, parent: TypeId) -> Rules {
        self.field_rules(parent, &self.field.name).and(&self.type_rules(parent))
    }

    fn type_rules(&self, ty: TypeId) -> Rules {
        Rules::of(&self.supergraph().ty(ty).directives)
    }

    fn field_rules(&self, parent: TypeId, field: &str) -> Rules {
        let field = self.supergraph().field_of(parent, field);
        field.map_or_else(Rules::default, |field| Rules::of(&self.supergraph().field(field).directives))
    }

    /// The first selected field, or type of a fragment, whose rules `own` do not cover.
    fn uncovered<'s>(
        &self,
        own: &Rules,
        parent: TypeId,
        selections: &'s [Selection],
    ) -> Option<(TypeId, Option<&'s str>)> {
        selections.iter().find_map(|selection| match selection {
            Selection::Field(selected) => {
                let field = self.supergraph().field_of(parent, &selected.name)?;
                let output = self.supergraph().field(field).output;
                let asked = self.field_rules(parent, &selected.name).and(&self.type_rules(output));
                if !own.imply(&asked) {
                    return Some((parent, Some(selected.name.as_str())));
                }
                self.uncovered(own, output, &selected.selections)
            }
            Selection::Fragment { on, selections, .. } => {
                let on = on.as_ref().map_or(Some(parent), |on| self.supergraph().type_id(on))?;
                if own.imply(&self.type_rules(on)) { self.uncovered(own, on, selections) } else { Some((on, None)) }
            }
        })
    }

    fn error(&self, directive: &str, ty: TypeId, field: Option<&str>) -> Diagnostic {
        let ty = &self.supergraph().ty(ty).name;
        let data = field.map_or_else(|| format!("type \"{ty}\""), |field| format!("\"{ty}.{field}\""));
        let coordinate = format!("{}.{}", self.definition.ty.name, self.field.name);
        let subgraph = self.definition.subgraph;
        let error = Diagnostic::error(
            Code::MissingTransitiveAuthRequirements,
            format!(
                "Field \"{coordinate}\" reads {data} by {directive}, but can be seen by clients who may not see that data"
            ),
        )
        .at_opt(subgraph.name_span(&self.field.name), "reads the data");
        let error =
            self.rule_places(ty, field).into_iter().fold(error, |error, span| error.at(span, "a rule on the data"));
        error.help(format!(
            "give \"{coordinate}\" at least the same @authenticated, @requiresScopes and @policy as the data it reads"
        ))
    }

    /// Where rules stand on a field, on its type, or on a type.
    fn rule_places(&self, ty: &str, field: Option<&str>) -> Vec<crate::diagnostic::Span> {
        let is_rule = |directive: &&Node<Directive>| RULES.contains(&directive.name.as_str());
        let mut places = Vec::new();
        for definition in self.merge.sources.definitions(ty) {
            let field = field.and_then(|field| definition.composite()?.fields.get(field));
            let directives = field.map_or(&definition.ty.directives, |field| &field.directives);
            places
                .extend(directives.iter().filter(is_rule).filter_map(|rule| definition.subgraph.span(rule.location())));
            let output = field.map(|field| self.merge.sources.definitions(field.ty.inner_named_type()));
            for output in output.unwrap_or_default().iter().filter(|output| output.id == definition.id) {
                let rules = output.ty.directives.iter().filter(is_rule);
                places.extend(rules.filter_map(|rule| output.subgraph.span(rule.location())));
            }
        }
        places
    }
}
