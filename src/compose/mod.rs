//! Composition: subgraphs -> one supergraph and hints, or all the errors.
//!
//! The steps, in order; a step that finds errors lets the others of its stage run, and a stage begins only
//! when the one before it found none:
//!
//! 1. **Members**: [`members`] sorts the subgraphs and names their graphs; Federation 1 schemas are upgraded.
//! 2. **Merge**: [`sources`] gathers what each type is in each subgraph; then one file per kind merges it:
//!    [`object`], [`interface`], [`union`], [`input`], [`enums`], [`scalar`], with [`field`], [`argument`],
//!    [`references`] (types of fields), [`default_value`], [`description`] and [`applied`] (directives on
//!    elements, with [`alternatives`], [`access`] and [`cost`]) for their parts, and [`carried`] for directives that
//!    hold per subgraph. [`directive`] merges definitions of directives; [`features`] says what the supergraph links. Enums come last: how they merge depends on where the rest uses them.
//!    [`names`] compares what directives are called; [`interface_key`] checks that whoever resolves an interface by key knows its objects.
//! 3. **Checks of the whole**: [`implementation`] (objects have the fields of their interfaces),
//!    [`inaccessible`] (the API schema stands without what is hidden) and [`requirements`] (nobody reads by a
//!    detour what they may not see).
//!
//! 4. **Satisfiability**: [`satisfiability`] walks the query graph and shows each field that a query cannot reach, under
//!    the [`assignments`] of the labels of `@override`.
//!
//! Graphs that other tools composed must compose here without a change, so what Apollo's composition accepts is accepted,
//! and more. Compared with its 2.14, on purpose:
//!
//! - **Accepted only here**, as it means one thing and is answered rightly: `@oneOf` and `@cacheControl` without their
//!   definitions; `@link` under another name (`as:`); a Federation 1 library's own `directive @key` without
//!   `repeatable`, used twice; a directive of federation imported under different names (a hint); a link to somebody's
//!   specification without a version; an `@external` field that is nullable where its resolver is not; a list out of a
//!   context for a list argument; a subgraph whose name begins with two underscores; a newer minor version of
//!   federation (a hint, see `subgraph::specification`).
//! - **Refused only here**, as it would be answered wrongly or not at all: connectors (`@connect`, `@source`), whose
//!   fields no subgraph resolves; a newer version of a companion specification, whose guards would be lost; an external
//!   field that is reached without its `@provides` and in no other way (Apollo's walk overlooks it when the query field
//!   with `@provides` stands last); `@oneOf` with a required field, which GraphQL forbids; over 1 000 alternatives of
//!   scopes or policies on one element ([`alternatives`]), which grow as a product.
//! - **Left out**: the enum `CacheControlScope` when only `@cacheControl` uses it.
//!
//! The rule of every step: go on after an error, point at the source in every subgraph concerned, and say how
//! to mend it.

mod access;
mod alternatives;
mod applied;
mod argument;
mod assignments;
mod carried;
mod cost;
mod default_value;
mod description;
mod directive;
mod enums;
mod external;
mod features;
mod field;
mod findings;
mod implementation;
mod inaccessible;
mod input;
mod interface;
mod interface_key;
mod interface_object;
mod members;
mod merge;
mod names;
mod object;
mod overriding;
mod references;
mod requirements;
mod satisfiability;
mod scalar;
mod sharing;
mod sources;
mod union;

use crate::diagnostic::Diagnostic;
use crate::subgraph::{Subgraph, federation1};
use crate::supergraph::Supergraph;
use findings::Findings;
use merge::Merge;
use sources::Sources;

/// What composing gives.
#[derive(Debug, Clone)]
pub struct Composition {
    /// The composed graph.
    pub supergraph: Supergraph,
    /// What someone may want to look at; composition succeeded all the same.
    pub hints: Vec<Diagnostic>,
}

/// Composes subgraphs, in any order, into one supergraph.
///
/// # Errors
/// Every reason why they do not fit together.
pub fn compose(subgraphs: &[Subgraph]) -> Result<Composition, Vec<Diagnostic>> {
    let members = members::sort(subgraphs)?;
    let members = federation1::upgrade(&members)?;
    let mut findings = Findings::default();
    let sources = Sources::gather(&members, &mut findings);
    findings.stop_at_errors()?;

    let mut merge = Merge::new(&sources, findings);
    merge.declare_types();
    merge.choose_directives();
    merge.fill_composites();
    merge.fill_unions();
    merge.fill_inputs();
    merge.fill_scalars();
    merge.fill_enums();
    merge.fill_schema();
    names::check(&mut merge);
    interface_key::check(&mut merge);
    merge.findings.stop_at_errors()?;

    implementation::check(&mut merge);
    inaccessible::check(&mut merge);
    requirements::check(&mut merge);
    merge.findings.stop_at_errors()?;
    let Merge { supergraph, mut findings, .. } = merge;
    for finding in satisfiability::check(&supergraph, &|subgraph, ty, field| {
        let subgraph = sources.subgraph(subgraph);
        match field {
            Some(field) => subgraph.field(ty, field).and_then(|field| subgraph.name_span(&field.name)),
            None => subgraph.types.get(ty).and_then(|ty| subgraph.span(ty.place)),
        }
    }) {
        findings.add(finding);
    }
    findings.stop_at_errors()?;
    Ok(Composition { supergraph, hints: findings.into_hints() })
}
