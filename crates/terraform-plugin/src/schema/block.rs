//! Nested blocks, as `const` data.

use super::{Attribute, Nesting, Type};
use crate::value::Value;

/// A nested block.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct NestedBlock {
    /// Its name in configurations.
    pub name: &'static str,
    /// How its objects are held.
    pub nesting: Nesting,
    /// What it is, in Markdown.
    pub doc: &'static str,
    /// Its attributes; blocks inside blocks are not needed.
    pub attributes: &'static [Attribute],
    /// The most blocks a configuration may have; 0 for any number.
    pub max_items: i64,
}

impl NestedBlock {
    /// A block, as many of it as a configuration likes.
    pub const fn new(
        name: &'static str,
        nesting: Nesting,
        doc: &'static str,
        attributes: &'static [Attribute],
    ) -> NestedBlock {
        NestedBlock { name, nesting, doc, attributes, max_items: 0 }
    }

    /// So many at most.
    pub const fn max_items(mut self, most: i64) -> NestedBlock {
        self.max_items = most;
        self
    }

    /// The type of its value.
    pub const fn ty(&self) -> Type {
        Type::Objects(self.nesting, self.attributes)
    }

    /// Its value when a configuration has none: collections are empty, never null.
    pub fn absent(&self) -> Value {
        match self.nesting {
            Nesting::Single => Value::Null,
            Nesting::List => Value::List(Vec::new()),
            Nesting::Set => Value::Set(Vec::new()),
            Nesting::Map => Value::Map(std::collections::BTreeMap::new()),
        }
    }
}
