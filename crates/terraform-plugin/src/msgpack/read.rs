//! The reader: any bytes are answered by a value or an error, in time linear in their number.

mod objects;

use std::borrow::Cow;
use std::collections::BTreeMap;

use bytes::Bytes;
use rmp::{Marker, decode};

use crate::error::DecodeError;
use crate::kind::Kind;
use crate::limits::{MAX_BYTES, MAX_VALUES, TOO_MANY_BYTES, TOO_MANY_VALUES};
use crate::number::Number;
use crate::path::{Path, Step};
use crate::schema::{Attribute, NestedBlock, Nesting, Type};
use crate::value::{Dynamic, Object, Value};

/// The largest payload of an extension value; Terraform accepts no more either.
const MAX_EXTENSION: u32 = 1024;

pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    path: Path,
    /// Values that may still come.
    left: usize,
    /// What `bytes` is a part of, when write-only lists are to stay in it.
    pub(super) packs_in: Option<&'a Bytes>,
}

/// Reads one element after the other.
type Each<'e, 'a> = &'e mut dyn FnMut(&mut Reader<'a>) -> Result<Value, DecodeError>;

/// A member of an object with its name.
type Member = Result<(Cow<'static, str>, Value), DecodeError>;

impl<'a> Reader<'a> {
    fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader { bytes, path: Path::default(), left: MAX_VALUES, packs_in: None }
    }

    pub(super) fn whole(
        bytes: &'a [u8],
        read: impl FnOnce(&mut Self) -> Result<Value, DecodeError>,
    ) -> Result<Value, DecodeError> {
        let mut reader = Reader::new(bytes);
        if bytes.len() > MAX_BYTES {
            return reader.fail(TOO_MANY_BYTES);
        }
        let value = read(&mut reader)?;
        if reader.bytes.is_empty() {
            Ok(value)
        } else {
            reader.fail("bytes after the end of the value")
        }
    }

    fn fail<T>(&self, message: impl Into<String>) -> Result<T, DecodeError> {
        Err(DecodeError::new(&self.path, message))
    }

    fn within<T>(
        &mut self,
        step: Step,
        read: impl FnOnce(&mut Self) -> Result<T, DecodeError>,
    ) -> Result<T, DecodeError> {
        self.path.push(step);
        let result = read(self)?;
        self.path.pop();
        Ok(result)
    }

    /// Null and unknown look alike for every type: `Some` when the next value is one of them.
    fn absent(&mut self) -> Result<Option<Value>, DecodeError> {
        let Some(left) = self.left.checked_sub(1) else { return self.fail(TOO_MANY_VALUES) };
        self.left = left;
        let Some(&first) = self.bytes.first() else { return self.fail("the value ends too early") };
        let marker = Marker::from_u8(first);
        if marker == Marker::Null {
            self.bytes = &self.bytes[1..];
            return Ok(Some(Value::Null));
        }
        if !is_extension(marker) {
            return Ok(None);
        }
        let Ok(meta) = decode::read_ext_meta(&mut self.bytes) else {
            return self.fail("a malformed extension value");
        };
        if meta.size > MAX_EXTENSION || meta.size as usize > self.bytes.len() {
            return self.fail("an extension value that is too long");
        }
        self.bytes = &self.bytes[meta.size as usize..];
        Ok(Some(Value::Unknown))
    }

    pub(super) fn value(&mut self, ty: Type) -> Result<Value, DecodeError> {
        match self.absent()? {
            Some(absent) => Ok(absent),
            None => self.present(ty),
        }
    }

    fn present(&mut self, ty: Type) -> Result<Value, DecodeError> {
        match ty {
            Type::Bool => match decode::read_bool(&mut self.bytes) {
                Ok(value) => Ok(Value::Bool(value)),
                Err(_) => self.fail("a bool is required"),
            },
            Type::Int | Type::Float => self.number(),
            Type::String => Ok(Value::string(self.string("a string is required")?)),
            Type::List(element) | Type::Set(element) => {
                let elements = self.sequence(|r| r.value(*element))?;
                let is_list = matches!(ty, Type::List(_));
                Ok(if is_list { Value::List(elements) } else { Value::set(elements) })
            }
            Type::Map(element) => Ok(Value::Map(self.map(&mut |r| r.value(*element))?)),
            Type::Objects(nesting, attributes) => self.nested(nesting, attributes, &[]),
            Type::Tuple(types) => {
                let mut next = types.iter();
                self.tuple(types.len(), &mut |r| r.value(*next.next().unwrap_or(&Type::Dynamic)))
            }
            Type::Object(members) => self.plain_object(members.len(), &mut |r, name| {
                let (name, ty) = members.iter().find(|(known, _)| *known == name)?;
                Some(r.value(*ty).map(|value| (Cow::Borrowed(*name), value)))
            }),
            Type::Dynamic => self.dynamic(),
        }
    }

    /// Nested objects that are neither null nor unknown as a whole.
    fn nested(
        &mut self,
        nesting: Nesting,
        attributes: &'static [Attribute],
        blocks: &'static [NestedBlock],
    ) -> Result<Value, DecodeError> {
        let one: Each<'_, 'a> = &mut |r| r.object(attributes, blocks);
        match nesting {
            Nesting::Single | Nesting::Group => self.members(attributes, blocks),
            Nesting::List => Ok(Value::List(self.elements(one)?)),
            Nesting::Set => Ok(Value::set(self.elements(one)?)),
            Nesting::Map => Ok(Value::Map(self.map(one)?)),
        }
    }

    fn block(&mut self, block: &'static NestedBlock) -> Result<Value, DecodeError> {
        match self.absent()? {
            Some(absent) => Ok(absent),
            None => self.nested(block.nesting, block.attributes, block.blocks),
        }
    }

    /// A value after its type. The type's depth is bounded, and it holds no other value that carries its own.
    fn dynamic(&mut self) -> Result<Value, DecodeError> {
        if !matches!(decode::read_array_len(&mut self.bytes), Ok(2)) {
            return self.fail("a type and a value are required");
        }
        let Ok(length) = decode::read_bin_len(&mut self.bytes) else {
            return self.fail("a type is required");
        };
        let (json, rest) = self.bytes.split_at(self.length(length)?);
        self.bytes = rest;
        match Kind::parse(json) {
            Ok(kind) => {
                let value = self.of_kind(&kind)?;
                Ok(Value::Dynamic(Box::new(Dynamic { kind, value })))
            }
            Err(error) => self.fail(error.message),
        }
    }

    fn of_kind(&mut self, kind: &Kind) -> Result<Value, DecodeError> {
        if let Some(absent) = self.absent()? {
            return Ok(absent);
        }
        match kind {
            Kind::Bool => self.present(Type::Bool),
            Kind::Number => self.present(Type::Float),
            Kind::String => self.present(Type::String),
            Kind::List(element) => Ok(Value::List(self.elements(&mut |r| r.of_kind(element))?)),
            Kind::Set(element) => Ok(Value::set(self.elements(&mut |r| r.of_kind(element))?)),
            Kind::Map(element) => Ok(Value::Map(self.map(&mut |r| r.of_kind(element))?)),
            Kind::Tuple(kinds) => {
                let mut next = kinds.iter();
                self.tuple(kinds.len(), &mut |r| r.of_kind(next.next().unwrap_or(&Kind::Dynamic)))
            }
            Kind::Object(members) => self.plain_object(members.len(), &mut |r, name| {
                let value = r.of_kind(members.get(name)?);
                Some(value.map(|value| (Cow::Owned(name.to_owned()), value)))
            }),
            Kind::Dynamic => self.fail("a value without a type"),
        }
    }

    fn tuple(&mut self, expected: usize, read: Each<'_, 'a>) -> Result<Value, DecodeError> {
        let mut ahead = self.bytes;
        match decode::read_array_len(&mut ahead) {
            Ok(length) if length as usize == expected => Ok(Value::List(self.elements(read)?)),
            Ok(length) => self.fail(format!("{expected} elements are required, not {length}")),
            Err(_) => self.fail("a list is required"),
        }
    }

    /// As [`Reader::sequence`], in one piece for all that is rare.
    fn elements(&mut self, read: Each<'_, 'a>) -> Result<Vec<Value>, DecodeError> {
        self.sequence(read)
    }

    /// An object of which `read` knows the members.
    fn plain_object(
        &mut self,
        expected: usize,
        read: &mut dyn FnMut(&mut Self, &str) -> Option<Member>,
    ) -> Result<Value, DecodeError> {
        match decode::read_map_len(&mut self.bytes) {
            Ok(length) if length as usize == expected => {}
            Ok(length) => {
                return self
                    .fail(format!("an object with {expected} members is required, not {length}"));
            }
            Err(_) => return self.fail("an object is required"),
        }
        let mut members = Vec::with_capacity(expected.min(1024));
        for _ in 0..expected {
            let name = self.string("an object's keys must be strings")?;
            let member = self.within(Step::Key(name.to_owned()), |r| read(r, name).transpose())?;
            match member {
                Some(member) => members.push(member),
                None => return self.fail(format!("{name:?} is not expected here")),
            }
        }
        let members: Object = members.into_iter().collect();
        match members.len() == expected {
            true => Ok(Value::Object(members)),
            false => self.fail("a member stands twice"),
        }
    }

    fn number(&mut self) -> Result<Value, DecodeError> {
        let marker = self.bytes.first().map(|&b| Marker::from_u8(b));
        let number = match marker {
            Some(Marker::F32) => {
                decode::read_f32(&mut self.bytes).ok().and_then(|v| Number::exactly(v.into()))
            }
            Some(Marker::F64) => decode::read_f64(&mut self.bytes).ok().and_then(Number::exactly),
            Some(Marker::U64) => decode::read_u64(&mut self.bytes).ok().map(Number::from),
            Some(Marker::FixStr(_) | Marker::Str8 | Marker::Str16 | Marker::Str32) => {
                Number::parse(self.string("a number is required")?)
            }
            _ => decode::read_int::<i64, _>(&mut self.bytes).ok().map(Number::from),
        };
        match number {
            Some(number) => Ok(Value::Number(number)),
            None => self.fail("a number is required"),
        }
    }

    fn string(&mut self, required: &str) -> Result<&'a str, DecodeError> {
        let Ok((text, rest)) = decode::read_str_from_slice(self.bytes) else {
            return self.fail(required);
        };
        self.bytes = rest;
        Ok(text)
    }

    /// Every element takes at least a byte, so a length beyond the rest is a lie and nothing is reserved for it.
    fn length(&self, length: u32) -> Result<usize, DecodeError> {
        if length as usize > self.bytes.len() {
            return self.fail("a length beyond the end of the value");
        }
        Ok(length as usize)
    }

    fn sequence(
        &mut self,
        mut read: impl FnMut(&mut Self) -> Result<Value, DecodeError>,
    ) -> Result<Vec<Value>, DecodeError> {
        let Ok(length) = decode::read_array_len(&mut self.bytes) else {
            return self.fail("a list is required");
        };
        let length = self.length(length)?;
        let mut elements = Vec::with_capacity(length.min(1024));
        for index in 0..length {
            elements.push(self.within(Step::Index(index as i64), &mut read)?);
        }
        Ok(elements)
    }

    fn map(&mut self, read: Each<'_, 'a>) -> Result<BTreeMap<String, Value>, DecodeError> {
        let Ok(length) = decode::read_map_len(&mut self.bytes) else {
            return self.fail("a map is required");
        };
        let mut members = BTreeMap::new();
        for _ in 0..self.length(length)? {
            let key = self.string("a map's keys must be strings")?.to_owned();
            let value = self.within(Step::Key(key.clone()), |r| read(r))?;
            members.insert(key, value);
        }
        Ok(members)
    }
}

fn is_extension(marker: Marker) -> bool {
    matches!(
        marker,
        Marker::FixExt1
            | Marker::FixExt2
            | Marker::FixExt4
            | Marker::FixExt8
            | Marker::FixExt16
            | Marker::Ext8
            | Marker::Ext16
            | Marker::Ext32
    )
}
