//! What is never stored, wherever it stands.

use crate::schema::{Attribute, NestedBlock, Schema, Type};
use crate::value::Value;

/// The value with every write-only attribute null.
pub(crate) fn without_write_only(value: &mut Value, schema: &Schema) {
    if schema.depth.inside {
        return members(value, schema.attributes, schema.blocks);
    }
    for attribute in schema.attributes.iter().filter(|attribute| attribute.write_only) {
        value.put(attribute.name, Value::Null);
    }
}

fn members(object: &mut Value, attributes: &[Attribute], blocks: &[NestedBlock]) {
    for attribute in attributes {
        let Some(value) = object.member_mut(attribute.name) else { continue };
        if attribute.write_only {
            *value = Value::Null;
        } else if let (Type::Objects(_, inner), true) = (attribute.ty, attribute.is_deep()) {
            nested(value, inner, &[]);
        }
    }
    for block in blocks {
        if let Some(value) = object.member_mut(block.name) {
            nested(value, block.attributes, block.blocks);
        }
    }
}

fn nested(value: &mut Value, attributes: &[Attribute], blocks: &[NestedBlock]) {
    let one = |object: &mut Value| members(object, attributes, blocks);
    // Hosts allow nothing write-only inside sets.
    if let Value::List(elements) = value {
        elements.iter_mut().for_each(one);
    } else if let Value::Map(members) = value {
        members.values_mut().for_each(one);
    } else {
        one(value);
    }
}
