//! Schemas as `const` data: attributes, nested objects, blocks. Knows values, not their encodings, and nothing
//! of what an attribute means to a service.

mod attribute;
mod block;
mod check;
mod default;
mod depth;
pub mod modify;
mod order;

pub use self::attribute::{Attribute, Effect, Mode, Settles};
pub use self::block::NestedBlock;
pub use self::check::Check;
pub use self::default::Default;
use self::depth::Depth;
pub use self::modify::{AttributePlan, Modifier};
pub(crate) use self::order::{Order, name_of};
use super::members::is_same;
use super::value::Value;

/// The shape of an object that Terraform manages: a resource, a data source, the provider block.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Schema {
    /// The version that state is stored under.
    pub version: i64,
    /// What the object is, in Markdown.
    pub doc: &'static str,
    /// Its attributes, in the order of the documentation.
    pub attributes: &'static [Attribute],
    /// Its nested blocks.
    pub blocks: &'static [NestedBlock],
    pub(crate) depth: Depth,
    pub(crate) order: Order,
}

impl Schema {
    /// The first version of an object with these attributes and no blocks.
    pub const fn of(doc: &'static str, attributes: &'static [Attribute]) -> Schema {
        let (depth, order) = (Depth::of(attributes, &[]), Order::of(attributes, &[]));
        Schema { version: 0, doc, attributes, blocks: &[], depth, order }
    }

    /// Stored under this version: one more than before whenever stored objects change their shape or meaning.
    pub const fn version(mut self, version: i64) -> Schema {
        self.version = version;
        self
    }

    /// With these nested blocks.
    pub const fn blocks(mut self, blocks: &'static [NestedBlock]) -> Schema {
        self.blocks = blocks;
        self.depth = Depth::of(self.attributes, blocks);
        self.order = Order::of(self.attributes, blocks);
        self
    }

    /// An object of this shape with these members; the others are null.
    pub fn object<const N: usize>(&self, members: [(&'static str, Value); N]) -> Value {
        let mut object = self.empty();
        for (name, value) in members {
            object.put(name, value);
        }
        object
    }

    /// The attribute of that name.
    pub fn attribute(&self, name: &str) -> Option<&'static Attribute> {
        self.attributes.iter().find(|a| is_same(a.name.as_bytes(), name.as_bytes()))
    }

    /// An object with all attributes null and all blocks empty.
    pub fn empty(&self) -> Value {
        empty(self.attributes, self.blocks)
    }
}

fn empty(attributes: &[Attribute], blocks: &[NestedBlock]) -> Value {
    let attributes = attributes.iter().map(|a| (a.name.into(), Value::Null));
    let blocks = blocks.iter().map(|b| (b.name.into(), b.absent()));
    Value::Object(attributes.chain(blocks).collect())
}

/// The type of an attribute.
#[derive(Clone, Copy, Debug)]
pub enum Type {
    /// `bool`
    Bool,
    /// `number`, whole
    Int,
    /// `number`
    Float,
    /// `string`
    String,
    /// `list(T)`
    List(&'static Type),
    /// `set(T)`
    Set(&'static Type),
    /// `map(T)`
    Map(&'static Type),
    /// `tuple([...])`: a list of so many, each of its own type
    Tuple(&'static [Type]),
    /// `object({...})`: a plain one, of which no member is optional
    Object(&'static [(&'static str, Type)]),
    /// Whatever a configuration gives: the value carries its own type. Not inside lists, sets, maps and what they hold.
    Dynamic,
    /// Nested objects
    Objects(Nesting, &'static [Attribute]),
}

/// How nested objects are held.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Nesting {
    /// One, or null.
    Single,
    /// One, and never null: a block that a configuration leaves out is an object of nulls. For blocks only; attributes of it
    /// are single ones.
    Group,
    /// In order.
    List,
    /// Without order.
    Set,
    /// By key.
    Map,
}
