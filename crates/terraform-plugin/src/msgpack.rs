//! Values to and from msgpack, led by the schema: the form of every `DynamicValue` on the wire.
//! Any input is answered by a value or an error, in time linear in its length.

mod read;
mod write;

use bytes::Bytes;

use self::read::Reader;
use self::write::{write_root, write_value};
use super::error::DecodeError;
use super::schema::{Schema, Type};
use super::value::Value;

/// Decodes an object of the schema, null or unknown.
pub fn decode(bytes: &[u8], schema: &Schema) -> Result<Value, DecodeError> {
    Reader::whole(bytes, |reader| reader.root(schema))
}

/// As [`decode()`], but write-only lists of objects stay packed, within `bytes` itself.
pub fn decode_packed(bytes: &Bytes, schema: &Schema) -> Result<Value, DecodeError> {
    Reader::whole(bytes, |reader| {
        reader.packs_in = Some(bytes);
        reader.root(schema)
    })
}

/// Encodes an object of the schema. Attributes that the value lacks are null, so the result always has the
/// schema's shape.
pub fn encode(value: &Value, schema: &Schema) -> Vec<u8> {
    let mut out = Vec::with_capacity(1024);
    write_root(&mut out, value, schema);
    out
}

/// Decodes a value of a type, null or unknown.
pub fn decode_value(bytes: &[u8], ty: Type) -> Result<Value, DecodeError> {
    Reader::whole(bytes, |reader| reader.value(ty))
}

/// Encodes a value of a type.
pub fn encode_value(value: &Value, ty: Type) -> Vec<u8> {
    let mut out = Vec::new();
    write_value(&mut out, value, ty);
    out
}

#[cfg(test)]
mod tests;
