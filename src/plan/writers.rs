//! How many shapes store objects in each slot: worked out when a plan is first asked, and kept with it.

use super::model::{LayoutId, Plan, ShapeValue, Slot};
use std::sync::OnceLock;

/// By layout and slot, the shapes that store objects there.
#[derive(Debug, Clone, Default)]
pub struct Writers(OnceLock<Box<[Box<[u32]>]>>);

impl Plan {
    /// How many shapes store objects in a slot. Of what only one writes, several places can show one copy.
    pub fn object_writers(&self, layout: LayoutId, slot: Slot) -> u32 {
        let counts = self.writers.0.get_or_init(|| self.count_writers());
        counts.get(layout.index()).and_then(|slots| slots.get(slot.index())).copied().unwrap_or_default()
    }

    fn count_writers(&self) -> Box<[Box<[u32]>]> {
        let none = |layout: &super::model::Layout| vec![0; layout.slots as usize].into_boxed_slice();
        let mut counts: Box<[Box<[u32]>]> = self.layouts.iter().map(none).collect();
        for shape in &self.shapes {
            let Some(slots) = counts.get_mut(shape.layout.index()) else { continue };
            for field in shape.fields.iter().filter(|field| matches!(field.value, ShapeValue::Object(_))) {
                if let Some(count) = slots.get_mut(field.slot.index()) {
                    *count += 1;
                }
            }
        }
        counts
    }
}
