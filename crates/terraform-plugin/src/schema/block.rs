//! Nested blocks, as `const` data.

use super::{Attribute, Nesting, empty};
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
    /// Its attributes.
    pub attributes: &'static [Attribute],
    /// The blocks inside it.
    pub blocks: &'static [NestedBlock],
    /// The fewest blocks a configuration may have.
    pub min_items: i64,
    /// The most blocks a configuration may have; 0 for any number.
    pub max_items: i64,
    /// Serves the provider only: a change of it alone writes nothing to the service.
    pub local: bool,
}

impl NestedBlock {
    /// A block, as many of it as a configuration likes.
    pub const fn new(
        name: &'static str,
        nesting: Nesting,
        doc: &'static str,
        attributes: &'static [Attribute],
    ) -> NestedBlock {
        NestedBlock {
            name,
            nesting,
            doc,
            attributes,
            blocks: &[],
            min_items: 0,
            max_items: 0,
            local: false,
        }
    }

    /// With blocks inside it.
    pub const fn blocks(mut self, blocks: &'static [NestedBlock]) -> NestedBlock {
        self.blocks = blocks;
        self
    }

    /// So many at least; 1 makes a single block required. Of no meaning to a group, which is never absent.
    pub const fn min_items(mut self, least: i64) -> NestedBlock {
        self.min_items = least;
        self
    }

    /// So many at most.
    pub const fn max_items(mut self, most: i64) -> NestedBlock {
        self.max_items = most;
        self
    }

    /// Serves the provider only.
    pub const fn local(mut self) -> NestedBlock {
        self.local = true;
        self
    }

    /// Its value when a configuration has none: collections are empty, never null, and a group holds nulls.
    pub fn absent(&self) -> Value {
        match self.nesting {
            Nesting::Single => Value::Null,
            Nesting::Group => empty(self.attributes, self.blocks),
            Nesting::List => Value::List(Vec::new()),
            Nesting::Set => Value::Set(Vec::new()),
            Nesting::Map => Value::Map(std::collections::BTreeMap::new()),
        }
    }
}
