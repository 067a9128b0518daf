//! The writer: what is written always has the shape of its schema.

use std::collections::BTreeMap;

use rmp::encode;

use crate::kind::Kind;
use crate::number::Number;
use crate::schema::{Attribute, NestedBlock, Nesting, Schema, Type};
use crate::value::{Dynamic, Value};

pub(super) fn write_value(out: &mut Vec<u8>, value: &Value, ty: Type) {
    match (value, ty) {
        (Value::Unknown, _) => out.extend_from_slice(&[0xd4, 0, 0]),
        (Value::Bool(value), Type::Bool) => put(encode::write_bool(out, *value)),
        (Value::Number(number), Type::Int | Type::Float) => write_number(out, number),
        (Value::String(text), Type::String) => put(encode::write_str(out, text)),
        (
            Value::List(elements) | Value::Set(elements),
            Type::List(element) | Type::Set(element),
        ) => {
            put(encode::write_array_len(out, elements.len() as u32));
            elements.iter().for_each(|e| write_value(out, e, *element));
        }
        (Value::Map(members), Type::Map(element)) => {
            write_map(out, members, |out, value| write_value(out, value, *element));
        }
        (_, Type::Objects(nesting, attributes)) => {
            write_nested(out, value, nesting, attributes, &[]);
        }
        (Value::List(elements), Type::Tuple(types)) if elements.len() == types.len() => {
            put(encode::write_array_len(out, types.len() as u32));
            elements.iter().zip(types).for_each(|(e, ty)| write_value(out, e, *ty));
        }
        (Value::Object(_) | Value::Map(_), Type::Object(members)) => {
            put(encode::write_map_len(out, members.len() as u32));
            for (name, ty) in members {
                put(encode::write_str(out, name));
                write_value(out, value.get(name), *ty);
            }
        }
        (Value::Null, Type::Dynamic) => put(encode::write_nil(out)),
        (Value::Dynamic(dynamic), Type::Dynamic) => write_dynamic(out, dynamic),
        (_, Type::Dynamic) => write_dynamic(out, &Dynamic::of(value.clone())),
        (Value::Dynamic(dynamic), _) => write_value(out, &dynamic.value, ty),
        // A value of another type cannot be sent: null, which Terraform then reports at its path.
        (_, _) => put(encode::write_nil(out)),
    }
}

fn write_dynamic(out: &mut Vec<u8>, dynamic: &Dynamic) {
    put(encode::write_array_len(out, 2));
    put(encode::write_bin(out, dynamic.kind.to_string().as_bytes()));
    write_kind(out, &dynamic.value, &dynamic.kind);
}

fn write_kind(out: &mut Vec<u8>, value: &Value, kind: &Kind) {
    match (value, kind) {
        (Value::Dynamic(dynamic), _) => write_kind(out, &dynamic.value, kind),
        (Value::Bool(_), Kind::Bool) => write_value(out, value, Type::Bool),
        (Value::Number(_), Kind::Number) => write_value(out, value, Type::Float),
        (Value::String(_), Kind::String) => write_value(out, value, Type::String),
        (Value::Unknown, _) => write_value(out, value, Type::Bool),
        (
            Value::List(elements) | Value::Set(elements),
            Kind::List(element) | Kind::Set(element),
        ) => {
            put(encode::write_array_len(out, elements.len() as u32));
            elements.iter().for_each(|e| write_kind(out, e, element));
        }
        (Value::List(elements), Kind::Tuple(kinds)) if elements.len() == kinds.len() => {
            put(encode::write_array_len(out, kinds.len() as u32));
            elements.iter().zip(kinds).for_each(|(e, kind)| write_kind(out, e, kind));
        }
        (Value::Map(members), Kind::Map(element)) => {
            write_map(out, members, |out, value| write_kind(out, value, element));
        }
        (Value::Object(_) | Value::Map(_), Kind::Object(members)) => {
            put(encode::write_map_len(out, members.len() as u32));
            for (name, kind) in members {
                put(encode::write_str(out, name));
                write_kind(out, value.get(name), kind);
            }
        }
        (_, _) => put(encode::write_nil(out)),
    }
}

fn write_nested(
    out: &mut Vec<u8>,
    value: &Value,
    nesting: Nesting,
    attributes: &[Attribute],
    blocks: &[NestedBlock],
) {
    match (value, nesting) {
        (Value::Unknown, _) => out.extend_from_slice(&[0xd4, 0, 0]),
        (Value::Object(_), Nesting::Single | Nesting::Group) => {
            write_object(out, value, attributes, blocks);
        }
        (Value::List(elements) | Value::Set(elements), Nesting::List | Nesting::Set) => {
            put(encode::write_array_len(out, elements.len() as u32));
            elements.iter().for_each(|e| write_object(out, e, attributes, blocks));
        }
        (Value::Packed(_), Nesting::List) => {
            put(encode::write_array_len(out, value.count() as u32));
            value.each().for_each(|e| write_object(out, &e, attributes, blocks));
        }
        (Value::Map(members), Nesting::Map) => {
            write_map(out, members, |out, value| write_object(out, value, attributes, blocks));
        }
        (_, _) => put(encode::write_nil(out)),
    }
}

fn write_map(
    out: &mut Vec<u8>,
    members: &BTreeMap<String, Value>,
    write: impl Fn(&mut Vec<u8>, &Value),
) {
    put(encode::write_map_len(out, members.len() as u32));
    for (key, value) in members {
        put(encode::write_str(out, key));
        write(out, value);
    }
}

pub(super) fn write_root(out: &mut Vec<u8>, value: &Value, schema: &Schema) {
    write_members(out, value, schema.attributes, schema.blocks, |member| {
        schema.order.position(member)
    });
}

fn write_object(
    out: &mut Vec<u8>,
    value: &Value,
    attributes: &[Attribute],
    blocks: &[NestedBlock],
) {
    write_members(out, value, attributes, blocks, |member| member);
}

/// `near`: where a member of the schema most likely stands in the value.
fn write_members(
    out: &mut Vec<u8>,
    value: &Value,
    attributes: &[Attribute],
    blocks: &[NestedBlock],
    near: impl Fn(usize) -> usize,
) {
    if value.is_unknown() {
        return out.extend_from_slice(&[0xd4, 0, 0]);
    }
    let Value::Object(_) = value else { return put(encode::write_nil(out)) };
    put(encode::write_map_len(out, (attributes.len() + blocks.len()) as u32));
    for (member, attribute) in attributes.iter().enumerate() {
        put(encode::write_str(out, attribute.name));
        write_value(out, value.get_near(near(member), attribute.name), attribute.ty);
    }
    for block in blocks {
        put(encode::write_str(out, block.name));
        let write = |out, value| {
            write_nested(out, value, block.nesting, block.attributes, block.blocks);
        };
        let present = value.get(block.name);
        if present.is_null() { write(out, &block.absent()) } else { write(out, present) }
    }
}

fn write_number(out: &mut Vec<u8>, number: &Number) {
    match number.as_i64() {
        Some(int) => put(encode::write_sint(out, int)),
        None => put(encode::write_str(out, &number.to_string())),
    }
}

/// Writing to a vector cannot fail.
fn put<T, E>(result: Result<T, E>) {
    let _ = result;
}
