//! What a fetch wants of its objects in one request: fields by name, with the values of variables filled in.

use crate::cache::{Name, Selection};
use crate::operation::Variables;
use crate::plan::model::{
    CachePolicy, CacheableField, CacheableObject, Liveness, ObjectShape, Template, TemplatePiece,
};
use std::sync::Arc;

/// A field of the root or of a group's entities.
#[derive(Debug)]
pub(super) struct Wanted {
    /// Whether it is asked for in this request.
    pub(super) live: bool,
    /// What it is known by; none where it is never kept.
    pub(super) known: Option<Known>,
    /// For how long it is kept, and for whom.
    pub(super) policy: CachePolicy,
}

/// What a field is known by, what it requires aside.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) name: Arc<Name>,
    pub(super) selection: Arc<Selection>,
}

/// The fields of a shape.
pub(super) fn wanted(
    object: &CacheableObject,
    shape: &ObjectShape,
    liveness: &Liveness,
    variables: &Variables,
) -> Vec<Wanted> {
    let fields = object.fields.iter().zip(&shape.fields);
    fields
        .map(|(field, shape)| {
            let live = liveness.is_live(shape.live);
            let known = (live && field.policy.max_age > 0).then(|| known(field, liveness, variables));
            Wanted { live, known, policy: field.policy }
        })
        .collect()
}

fn known(field: &CacheableField, liveness: &Liveness, variables: &Variables) -> Known {
    let selected = field.selection.iter().filter(|selected| liveness.is_live(selected.live));
    let paths = selected.map(|selected| filled(&selected.path, variables).into());
    Known { name: Name::new(&filled(&field.name, variables)), selection: Selection::new(paths.collect()) }
}

/// A text with the values of variables. A variable that has none is like an argument that is not given, which
/// no JSON looks like.
fn filled(template: &Template, variables: &Variables) -> Vec<u8> {
    let mut out = Vec::new();
    for piece in &template.0 {
        match piece {
            TemplatePiece::Text(text) => out.extend_from_slice(text.as_bytes()),
            TemplatePiece::Variable(variable) => match variables.json(*variable) {
                Some(json) => out.extend_from_slice(json),
                None => out.push(b'-'),
            },
        }
    }
    out
}
