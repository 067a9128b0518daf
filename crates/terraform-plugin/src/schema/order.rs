//! Where the members of an object stand: objects have them by name, schemas in the order of their documentation. Known when a
//! schema is compiled, so that no member of a whole object has to be searched.

use super::{Attribute, NestedBlock};
use crate::members::Members;

/// A schema with more members has no order but its own.
const MOST: usize = 64;

/// Positions of members, attributes first, then blocks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Order {
    count: usize,
    /// Of each member of the schema: its position in an object.
    positions: [u8; MOST],
    /// Of each position in an object: the member of the schema.
    members: [u8; MOST],
}

impl Order {
    /// The schema's own.
    pub(crate) const UNKNOWN: Order = {
        let mut order = Order { count: 0, positions: [0; MOST], members: [0; MOST] };
        let mut at = 0;
        while at < MOST {
            order.positions[at] = at as u8;
            order.members[at] = at as u8;
            at += 1;
        }
        order
    };

    pub(super) const fn of(attributes: &[Attribute], blocks: &[NestedBlock]) -> Order {
        let count = attributes.len() + blocks.len();
        let mut order = Order::UNKNOWN;
        if count > MOST {
            return order;
        }
        order.count = count;
        let mut member = 0;
        while member < count {
            let (mut position, mut other) = (0, 0);
            while other < count {
                let name = name_of(attributes, blocks, member).as_bytes();
                position +=
                    comes_before(name_of(attributes, blocks, other).as_bytes(), name) as usize;
                other += 1;
            }
            order.positions[member] = position as u8;
            order.members[position] = member as u8;
            member += 1;
        }
        order
    }

    /// Where a member of the schema stands in an object.
    pub(crate) fn position(&self, member: usize) -> usize {
        self.positions.get(member).map_or(member, |position| (*position).into())
    }

    /// The member of the schema that stands at a position of an object.
    pub(crate) fn member(&self, position: usize) -> usize {
        self.members.get(position).map_or(position, |member| (*member).into())
    }

    /// An object with each of these members where it belongs, and nothing in it. Nothing where the order is not known.
    pub(crate) fn blank<V: Default>(
        &self,
        attributes: &'static [Attribute],
        blocks: &'static [NestedBlock],
    ) -> Option<Members<V>> {
        let members = self.members.get(..self.count).filter(|members| !members.is_empty())?;
        let names = members.iter().map(|member| name_of(attributes, blocks, (*member).into()));
        Some(Members::in_order(names))
    }
}

/// The name of a member, attributes first, then blocks.
pub(crate) const fn name_of(
    attributes: &[Attribute],
    blocks: &[NestedBlock],
    member: usize,
) -> &'static str {
    if member < attributes.len() {
        attributes[member].name
    } else {
        blocks[member - attributes.len()].name
    }
}

const fn comes_before(one: &[u8], other: &[u8]) -> bool {
    let mut i = 0;
    while i < one.len() && i < other.len() {
        if one[i] != other[i] {
            return one[i] < other[i];
        }
        i += 1;
    }
    one.len() < other.len()
}

#[cfg(test)]
mod tests {
    use super::{MOST, Order};
    use crate::schema::{Attribute, Mode, NestedBlock, Nesting, Type};

    const fn named(name: &'static str) -> Attribute {
        Attribute::new(name, Type::String, Mode::Optional, "")
    }

    static ATTRIBUTES: [Attribute; 4] = [named("name"), named("id"), named("names"), named("a")];
    static BLOCKS: [NestedBlock; 1] = [NestedBlock::new("limits", Nesting::Set, "", &[])];
    static MANY: [Attribute; MOST + 1] = [named("name"); MOST + 1];

    #[test]
    fn each_member_stands_where_its_name_belongs() {
        let order = Order::of(&ATTRIBUTES, &BLOCKS);
        let blank = order.blank::<()>(&ATTRIBUTES, &BLOCKS).unwrap();
        assert_eq!(blank.keys().collect::<Vec<_>>(), ["a", "id", "limits", "name", "names"]);
        assert_eq!([0, 1, 2, 3, 4].map(|member| order.position(member)), [3, 1, 4, 0, 2]);
        assert_eq!([0, 1, 2, 3, 4].map(|position| order.member(position)), [3, 1, 4, 0, 2]);
        assert_eq!((order.position(5), order.member(70)), (5, 70));
    }

    #[test]
    fn nothing_is_known_of_too_many() {
        let order = Order::of(&MANY, &[]);
        assert_eq!((order.position(7), order.member(7), order.member(MOST)), (7, 7, MOST));
        assert!(order.blank::<()>(&MANY, &[]).is_none());
        assert!(Order::of(&MANY[1..], &[]).blank::<()>(&MANY[1..], &[]).is_some());
    }
}
