//! Objects: whole ones, nested ones, and lists of them that stay as they are.

use std::borrow::Cow;

use bytes::Bytes;
use rmp::decode;

use super::Reader;
use crate::error::DecodeError;
use crate::members::is_same;
use crate::path::Step;
use crate::schema::{Attribute, NestedBlock, Nesting, Schema, Type, name_of};
use crate::value::{Elements, Object, Packed, Value};

/// The encoded objects of a list, each of which was found sound.
struct Kept {
    bytes: Bytes,
    attributes: &'static [Attribute],
    count: usize,
    wholly_known: bool,
}

impl Elements for Kept {
    fn count(&self) -> usize {
        self.count
    }

    fn is_wholly_known(&self) -> bool {
        self.wholly_known
    }

    fn each(&self) -> Box<dyn Iterator<Item = Value> + Send + '_> {
        let mut reader = Reader::new(&self.bytes);
        let next = move |_| reader.object(self.attributes, &[]).unwrap_or_default();
        Box::new((0..self.count).map(next))
    }
}

impl Reader<'_> {
    /// A list of objects that is looked through and left as it is.
    pub(super) fn packed(
        &mut self,
        attributes: &'static [Attribute],
    ) -> Result<Value, DecodeError> {
        if let Some(absent) = self.absent()? {
            return Ok(absent);
        }
        let Ok(length) = decode::read_array_len(&mut self.bytes) else {
            return self.fail("a list is required");
        };
        let (count, start, mut wholly_known) = (self.length(length)?, self.bytes, true);
        for index in 0..count {
            let step = Step::Index(index as i64);
            wholly_known &= self.within(step, |r| r.object(attributes, &[]))?.is_wholly_known();
        }
        let objects = &start[..start.len() - self.bytes.len()];
        let bytes = match self.packs_in {
            Some(whole) => whole.slice_ref(objects),
            None => Bytes::copy_from_slice(objects),
        };
        Ok(Value::Packed(Packed::new(Kept { bytes, attributes, count, wholly_known })))
    }

    /// An object of a whole schema.
    pub(in crate::msgpack) fn root(&mut self, schema: &Schema) -> Result<Value, DecodeError> {
        if let Some(absent) = self.absent()? {
            return Ok(absent);
        }
        let (attributes, blocks, order) = (schema.attributes, schema.blocks, &schema.order);
        let Some(mut members) = order.blank::<Value>(attributes, blocks) else {
            return self.members(attributes, blocks);
        };
        let count = self.count(attributes, blocks)?;
        let mut seen = 0_u64;
        for at in 0..count {
            // By name, as hosts write them, or as the schema has them.
            let (member, value) = self.member([order.member(at), at], attributes, blocks)?;
            if seen & (1 << member) != 0 {
                return self.twice(name_of(attributes, blocks, member));
            }
            seen |= 1 << member;
            if let Some(slot) = members.at_mut(order.position(member)) {
                *slot = value;
            }
        }
        Ok(Value::Object(members))
    }

    pub(in crate::msgpack) fn object(
        &mut self,
        attributes: &'static [Attribute],
        blocks: &'static [NestedBlock],
    ) -> Result<Value, DecodeError> {
        match self.absent()? {
            Some(absent) => Ok(absent),
            None => self.members(attributes, blocks),
        }
    }

    pub(super) fn members(
        &mut self,
        attributes: &'static [Attribute],
        blocks: &'static [NestedBlock],
    ) -> Result<Value, DecodeError> {
        let count = self.count(attributes, blocks)?;
        let mut members = Object::with_capacity(count);
        for at in 0..count {
            let (member, value) = self.member([at, at], attributes, blocks)?;
            let name = name_of(attributes, blocks, member);
            if members.insert(Cow::Borrowed(name), value).is_some() {
                return self.twice(name);
            }
        }
        Ok(Value::Object(members))
    }

    /// How many members there are: as many as the schema has.
    fn count(
        &mut self,
        attributes: &[Attribute],
        blocks: &[NestedBlock],
    ) -> Result<usize, DecodeError> {
        let Ok(length) = decode::read_map_len(&mut self.bytes) else {
            return self.fail("an object is required");
        };
        let expected = attributes.len() + blocks.len();
        if length as usize != expected {
            return self
                .fail(format!("an object with {expected} members is required, not {length}"));
        }
        Ok(expected)
    }

    fn twice<T>(&self, name: &str) -> Result<T, DecodeError> {
        self.fail(format!("{name:?} stands twice"))
    }

    /// The next member: which one of the schema it is, most likely one of those `expected`, and its value.
    fn member(
        &mut self,
        expected: [usize; 2],
        attributes: &'static [Attribute],
        blocks: &'static [NestedBlock],
    ) -> Result<(usize, Value), DecodeError> {
        let mut after = self.bytes;
        let length = decode::read_str_len(&mut after).map_or(usize::MAX, |length| length as usize);
        let Some((name, after)) = after.split_at_checked(length) else {
            return self.fail("an object's keys must be strings");
        };
        self.bytes = after;
        let is = |member: &usize| {
            let known = attributes.get(*member).map(|attribute| attribute.name);
            known.is_some_and(|known| is_same(known.as_bytes(), name))
        };
        let attribute = expected.into_iter().find(is);
        if let Some(member) = attribute.or_else(|| (0..attributes.len()).find(is)) {
            return Ok((member, self.attribute(&attributes[member])?));
        }
        let Some(block) = blocks.iter().position(|b| is_same(b.name.as_bytes(), name)) else {
            return match str::from_utf8(name) {
                Ok(name) => self.fail(format!("{name:?} is not expected here")),
                Err(_) => self.fail("an object's keys must be strings"),
            };
        };
        let step = Step::Attribute(Cow::Borrowed(blocks[block].name));
        let value = self.within(step, |r| r.block(&blocks[block]))?;
        Ok((attributes.len() + block, value))
    }

    fn attribute(&mut self, attribute: &'static Attribute) -> Result<Value, DecodeError> {
        let packs = attribute.write_only && self.packs_in.is_some();
        self.within(Step::Attribute(Cow::Borrowed(attribute.name)), |r| {
            if let Type::Objects(Nesting::List, attributes) = attribute.ty
                && packs
            {
                return r.packed(attributes);
            }
            r.value(attribute.ty)
        })
    }
}
