//! How deep the plan of a schema has to look: known when the schema is compiled, so that a flat one costs nothing more.

use super::{Attribute, Effect, Mode, NestedBlock, Type};

/// What there is inside nested attributes and blocks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Depth {
    /// Something that is planned by itself, or never stored.
    pub(crate) inside: bool,
    /// A modifier, at any depth.
    pub(crate) modifies: bool,
}

impl Depth {
    pub(super) const fn of(attributes: &[Attribute], blocks: &[NestedBlock]) -> Depth {
        let modifies = any_modifies(attributes, blocks);
        let mut inside = modifies || any_inside(blocks);
        let mut i = 0;
        while i < attributes.len() {
            // A dynamic null has a type, which a flat plan does not expect.
            inside |= attributes[i].is_deep() || matches!(attributes[i].ty, Type::Dynamic);
            i += 1;
        }
        Depth { inside, modifies }
    }
}

impl Attribute {
    /// Something inside is planned by itself. What nobody configures is the provider's own.
    pub(crate) const fn is_deep(&self) -> bool {
        let Type::Objects(_, attributes) = self.ty else { return false };
        !matches!(self.mode, Mode::Computed) && (self.default.is_some() || any_planned(attributes))
    }

    const fn is_planned(&self) -> bool {
        self.mode.is_computed()
            || self.default.is_some()
            || self.same.is_some()
            || self.write_only
            || matches!(self.change, Effect::Replace)
            || self.modifier.is_some()
            || matches!(self.ty, Type::Dynamic)
            || self.is_deep()
    }
}

const fn any_planned(attributes: &[Attribute]) -> bool {
    let mut i = 0;
    while i < attributes.len() {
        if attributes[i].is_planned() {
            return true;
        }
        i += 1;
    }
    false
}

const fn any_inside(blocks: &[NestedBlock]) -> bool {
    let mut i = 0;
    while i < blocks.len() {
        if any_planned(blocks[i].attributes) || any_inside(blocks[i].blocks) {
            return true;
        }
        i += 1;
    }
    false
}

const fn any_modifies(attributes: &[Attribute], blocks: &[NestedBlock]) -> bool {
    let mut i = 0;
    while i < attributes.len() {
        if attributes[i].modifier.is_some() {
            return true;
        }
        if let Type::Objects(_, inner) = attributes[i].ty
            && any_modifies(inner, &[])
        {
            return true;
        }
        i += 1;
    }
    i = 0;
    while i < blocks.len() {
        if any_modifies(blocks[i].attributes, blocks[i].blocks) {
            return true;
        }
        i += 1;
    }
    false
}
