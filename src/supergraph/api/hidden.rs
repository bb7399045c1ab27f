//! What clients do not see: [`Supergraph`] in, hidden types and fields out.
//!
//! Hidden from the start is what is `@inaccessible` and what belongs to a linked feature. Whatever
//! cannot be without it is hidden, too: a field whose type is, a field or input object that requires a
//! value that nobody can give, a type without any member left. Each type is worked off once, so the
//! time is linear in the size of the supergraph.

use crate::supergraph::{FieldId, Supergraph, Type, TypeId, TypeKind};
use apollo_compiler::Node;
use apollo_compiler::ast;

/// What clients do not see.
pub struct Hidden {
    inaccessible: String,
    types: Vec<bool>,
    fields: Vec<bool>,
}

/// A place that refers to a type.
#[derive(Clone, Copy)]
enum Use {
    /// The field gives it.
    Output(FieldId),
    /// The field requires an argument of it.
    RequiredArgument(FieldId),
    /// The input object has a field of it.
    InputField { owner: TypeId, is_required: bool },
    /// The union has it as a member.
    Member(TypeId),
}

impl Hidden {
    /// Finds all of it.
    pub fn find(supergraph: &Supergraph) -> Self {
        let mut search = Search::new(supergraph);
        search.hide_what_says_so();
        while let Some(id) = search.pending.pop() {
            for used in std::mem::take(&mut search.uses[id.index()]) {
                search.lose(used);
            }
        }
        search.hidden
    }

    /// Whether clients do not see a type.
    pub fn hides_type(&self, id: TypeId) -> bool {
        self.types[id.index()]
    }

    /// Whether clients do not see a field.
    pub fn hides_field(&self, id: FieldId) -> bool {
        self.fields[id.index()]
    }

    /// Whether something that carries these directives is hidden by itself.
    pub(super) fn hides_by_directive(&self, directives: &[Node<ast::Directive>]) -> bool {
        directives.iter().any(|directive| directive.name == *self.inaccessible)
    }

    /// Whether an argument or input field is hidden, by itself or by its type.
    pub fn hides_input(&self, supergraph: &Supergraph, definition: &ast::InputValueDefinition) -> bool {
        let ty = supergraph.type_id(definition.ty.inner_named_type());
        self.hides_by_directive(&definition.directives) || ty.is_some_and(|ty| self.hides_type(ty))
    }
}

struct Search<'s> {
    supergraph: &'s Supergraph,
    hidden: Hidden,
    /// By type: who refers to it.
    uses: Vec<Vec<Use>>,
    /// By type: how many members are left.
    members: Vec<usize>,
    /// Hidden types whose users are still to be told.
    pending: Vec<TypeId>,
}

impl<'s> Search<'s> {
    fn new(supergraph: &'s Supergraph) -> Self {
        let hidden = Hidden {
            inaccessible: supergraph.directive_name("inaccessible", "inaccessible"),
            types: vec![false; supergraph.types.len()],
            fields: vec![false; supergraph.fields.len()],
        };
        let uses = vec![Vec::new(); supergraph.types.len()];
        let members = supergraph.types.iter().map(count_members).collect();
        let mut search = Self { supergraph, hidden, uses, members, pending: Vec::new() };
        search.note_uses();
        search
    }

    fn note_uses(&mut self) {
        for (index, ty) in self.supergraph.types.iter().enumerate() {
            let id = TypeId::from_index(index);
            match &ty.kind {
                TypeKind::Union { members } => {
                    for member in members {
                        self.uses[member.member.index()].push(Use::Member(id));
                    }
                }
                TypeKind::Input { fields } => {
                    for field in fields {
                        let is_required = field.definition.is_required();
                        self.note_input(&field.definition, Use::InputField { owner: id, is_required });
                    }
                }
                _ => {}
            }
        }
        for (index, field) in self.supergraph.fields.iter().enumerate() {
            let id = FieldId::from_index(index);
            self.uses[field.output.index()].push(Use::Output(id));
            for argument in field.arguments.iter().filter(|argument| argument.definition.is_required()) {
                self.note_input(&argument.definition, Use::RequiredArgument(id));
            }
        }
    }

    fn note_input(&mut self, definition: &ast::InputValueDefinition, used: Use) {
        // What hides itself is counted as lost where it stands, not again with its type.
        if self.hidden.hides_by_directive(&definition.directives) {
            return;
        }
        if let Some(ty) = self.supergraph.type_id(definition.ty.inner_named_type()) {
            self.uses[ty.index()].push(used);
        }
    }

    fn hide_what_says_so(&mut self) {
        for (index, ty) in self.supergraph.types.iter().enumerate() {
            let id = TypeId::from_index(index);
            if self.hidden.hides_by_directive(&ty.directives) || is_of_a_feature(self.supergraph, ty) {
                self.hide_type(id);
            }
            match &ty.kind {
                TypeKind::Enum { values } => {
                    for _ in values.iter().filter(|value| self.hidden.hides_by_directive(&value.directives)) {
                        lose_one(&mut self.members[index]);
                    }
                    self.hide_if_empty(id);
                }
                TypeKind::Input { fields } => {
                    for field in fields {
                        if self.hidden.hides_by_directive(&field.definition.directives) {
                            let is_required = field.definition.is_required();
                            self.lose(Use::InputField { owner: id, is_required });
                        }
                    }
                }
                _ => {}
            }
        }
        for (index, field) in self.supergraph.fields.iter().enumerate() {
            let lacks_argument = field.arguments.iter().any(|argument| {
                argument.definition.is_required() && self.hidden.hides_by_directive(&argument.definition.directives)
            });
            if lacks_argument || self.hidden.hides_by_directive(&field.directives) {
                self.hide_field(FieldId::from_index(index));
            }
        }
    }

    /// A place loses what it refers to.
    fn lose(&mut self, used: Use) {
        match used {
            Use::Output(field) | Use::RequiredArgument(field) => self.hide_field(field),
            Use::InputField { owner, is_required: true } => self.hide_type(owner),
            Use::InputField { owner, is_required: false } | Use::Member(owner) => {
                lose_one(&mut self.members[owner.index()]);
                self.hide_if_empty(owner);
            }
        }
    }

    fn hide_field(&mut self, id: FieldId) {
        if std::mem::replace(&mut self.hidden.fields[id.index()], true) {
            return;
        }
        let parent = self.supergraph.field(id).parent;
        lose_one(&mut self.members[parent.index()]);
        self.hide_if_empty(parent);
    }

    fn hide_if_empty(&mut self, id: TypeId) {
        if self.members[id.index()] == 0 {
            self.hide_type(id);
        }
    }

    fn hide_type(&mut self, id: TypeId) {
        if !std::mem::replace(&mut self.hidden.types[id.index()], true) {
            self.pending.push(id);
        }
    }
}

fn lose_one(members: &mut usize) {
    *members = members.saturating_sub(1);
}

/// Scalars count for one, as they are never empty.
fn count_members(ty: &Type) -> usize {
    match &ty.kind {
        TypeKind::Scalar => 1,
        TypeKind::Object { fields, .. } | TypeKind::Interface { fields, .. } => fields.len(),
        TypeKind::Union { members } => members.len(),
        TypeKind::Enum { values } => values.len(),
        TypeKind::Input { fields } => fields.len(),
    }
}

/// Types such as `policy__Policy`: a linked feature's own, or of no subgraph and named like one's.
fn is_of_a_feature(supergraph: &Supergraph, ty: &Type) -> bool {
    let is_linked = || supergraph.links.iter().any(|link| link.owns(&ty.name));
    let is_nobodys = ty.joins.is_empty() && ty.name.contains("__");
    is_nobodys || is_linked()
}
