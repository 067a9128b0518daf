//! State JSON to values, led by the schema: the form in which Terraform hands over stored state.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::error::DecodeError;
use super::kind::Kind;
use super::limits::{MAX_BYTES, MAX_VALUES, TOO_MANY_BYTES, TOO_MANY_VALUES};
use super::number::Number;
use super::path::{Path, Step};
use super::schema::{Attribute, NestedBlock, Nesting, Order, Schema, Type, name_of};
use super::value::{Dynamic, Object, Value};

/// Reads a stored object. Attributes the JSON lacks are null, blocks it lacks are empty, names the schema does
/// not know are passed over: that is all an upgrade within one schema version has to do.
///
/// # Errors
/// A text that names the place and what is wrong there.
pub fn decode(bytes: &[u8], schema: &Schema) -> Result<Value, DecodeError> {
    let Schema { attributes, blocks, order, .. } = schema;
    object(&parse(bytes)?, attributes, blocks, order, &mut Path::default())
}

/// Decodes the JSON of a value of a type.
///
/// # Errors
/// As [`decode`].
pub fn decode_value(bytes: &[u8], ty: Type) -> Result<Value, DecodeError> {
    value(&parse(bytes)?, ty, &mut Path::default())
}

/// The tree takes many times its text: its size is judged before it is built. Each value but the outermost
/// ones, of which the parser bounds the depth, has a comma beside it.
fn parse(bytes: &[u8]) -> Result<Json, DecodeError> {
    if bytes.len() > MAX_BYTES {
        return Err(DecodeError::whole(TOO_MANY_BYTES));
    }
    if bytes.iter().filter(|byte| **byte == b',').count() > MAX_VALUES {
        return Err(DecodeError::whole(TOO_MANY_VALUES));
    }
    serde_json::from_slice(bytes).map_err(|error| DecodeError::whole(format!("not JSON: {error}")))
}

fn object(
    json: &Json,
    attributes: &'static [Attribute],
    blocks: &'static [NestedBlock],
    order: &Order,
    path: &mut Path,
) -> Result<Value, DecodeError> {
    let members = match json {
        Json::Null => return Ok(Value::Null),
        Json::Object(members) => members,
        Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Array(_) => {
            return fail(path, "an object");
        }
    };
    let mut out = Object::with_capacity(attributes.len() + blocks.len());
    for at in 0..attributes.len() + blocks.len() {
        let member = order.member(at);
        let name = name_of(attributes, blocks, member);
        let json = members.get(name).unwrap_or(&Json::Null);
        let value = within(path, Step::Attribute(name.into()), |p| {
            let Some(attribute) = attributes.get(member) else {
                let block = &blocks[member - attributes.len()];
                let value = nested(json, block.nesting, block.attributes, block.blocks, p)?;
                return Ok(if value.is_null() { block.absent() } else { value });
            };
            value(json, attribute.ty, p)
        })?;
        out.insert(Cow::Borrowed(name), value);
    }
    Ok(Value::Object(out))
}

fn value(json: &Json, ty: Type, path: &mut Path) -> Result<Value, DecodeError> {
    match (json, ty) {
        (Json::Null, _) => Ok(Value::Null),
        (Json::Bool(value), Type::Bool) => Ok(Value::Bool(*value)),
        (Json::Number(number), Type::Int | Type::Float) => match Number::parse(number.as_str()) {
            Some(number) => Ok(Value::Number(number)),
            None => fail(path, "a number of sensible length"),
        },
        (Json::String(text), Type::String) => Ok(Value::string(text)),
        (Json::Array(items), Type::List(element)) => {
            Ok(Value::List(elements(items, path, &mut |j, p| value(j, *element, p))?))
        }
        (Json::Array(items), Type::Set(element)) => {
            Ok(Value::set(elements(items, path, &mut |j, p| value(j, *element, p))?))
        }
        (Json::Object(items), Type::Map(element)) => {
            members(items, path, &mut |j, p| value(j, *element, p))
        }
        (_, Type::Objects(nesting, attributes)) => nested(json, nesting, attributes, &[], path),
        (Json::Array(items), Type::Tuple(types)) if items.len() == types.len() => {
            let mut next = types.iter();
            let mut read =
                |j: &Json, p: &mut Path| value(j, *next.next().unwrap_or(&Type::Dynamic), p);
            Ok(Value::List(elements(items, path, &mut read)?))
        }
        (Json::Object(items), Type::Object(members)) => {
            let mut object = Object::with_capacity(members.len());
            for (name, ty) in members {
                let json = items.get(*name).unwrap_or(&Json::Null);
                let step = Step::Attribute((*name).into());
                let value = within(path, step, |p| value(json, *ty, p))?;
                object.insert(Cow::Borrowed(*name), value);
            }
            Ok(Value::Object(object))
        }
        (Json::Object(items), Type::Dynamic) => match (items.get("type"), items.get("value")) {
            (Some(kind), Some(json)) => {
                let kind = Kind::of_json(kind).map_err(|error| DecodeError::new(path, error))?;
                let value = of_kind(json, &kind, path)?;
                Ok(Value::Dynamic(Box::new(Dynamic { kind, value })))
            }
            (_, _) => fail(path, "an object with a type and a value"),
        },
        (_, Type::Tuple(types)) => fail(path, &format!("an array of {}", types.len())),
        (_, Type::Object(_) | Type::Dynamic) => fail(path, "an object"),
        (_, Type::Bool) => fail(path, "a bool"),
        (_, Type::Int | Type::Float) => fail(path, "a number"),
        (_, Type::String) => fail(path, "a string"),
        (_, Type::List(_) | Type::Set(_)) => fail(path, "an array"),
        (_, Type::Map(_)) => fail(path, "an object"),
    }
}

fn of_kind(json: &Json, kind: &Kind, path: &mut Path) -> Result<Value, DecodeError> {
    match (json, kind) {
        (Json::Null, _) => Ok(Value::Null),
        (_, Kind::Bool) => value(json, Type::Bool, path),
        (_, Kind::Number) => value(json, Type::Float, path),
        (_, Kind::String) => value(json, Type::String, path),
        (Json::Array(items), Kind::List(element)) => {
            Ok(Value::List(elements(items, path, &mut |j, p| of_kind(j, element, p))?))
        }
        (Json::Array(items), Kind::Set(element)) => {
            Ok(Value::set(elements(items, path, &mut |j, p| of_kind(j, element, p))?))
        }
        (Json::Array(items), Kind::Tuple(kinds)) if items.len() == kinds.len() => {
            let mut next = kinds.iter();
            let mut read =
                |j: &Json, p: &mut Path| of_kind(j, next.next().unwrap_or(&Kind::Dynamic), p);
            Ok(Value::List(elements(items, path, &mut read)?))
        }
        (Json::Object(items), Kind::Map(element)) => {
            members(items, path, &mut |j, p| of_kind(j, element, p))
        }
        (Json::Object(items), Kind::Object(kinds)) => {
            let mut object = Object::with_capacity(kinds.len());
            for (name, kind) in kinds {
                let json = items.get(name).unwrap_or(&Json::Null);
                let value = within(path, Step::Key(name.clone()), |p| of_kind(json, kind, p))?;
                object.insert(Cow::Owned(name.clone()), value);
            }
            Ok(Value::Object(object))
        }
        (_, kind) => fail(path, &format!("a value of type {kind}")),
    }
}

fn nested(
    json: &Json,
    nesting: Nesting,
    attributes: &'static [Attribute],
    blocks: &'static [NestedBlock],
    path: &mut Path,
) -> Result<Value, DecodeError> {
    let mut one =
        |json: &Json, path: &mut Path| object(json, attributes, blocks, &Order::UNKNOWN, path);
    match (json, nesting) {
        (Json::Null, _) => Ok(Value::Null),
        (_, Nesting::Single | Nesting::Group) => one(json, path),
        (Json::Array(items), Nesting::List) => Ok(Value::List(elements(items, path, &mut one)?)),
        (Json::Array(items), Nesting::Set) => Ok(Value::set(elements(items, path, &mut one)?)),
        (Json::Object(items), Nesting::Map) => members(items, path, &mut one),
        (_, Nesting::List | Nesting::Set) => fail(path, "an array"),
        (_, Nesting::Map) => fail(path, "an object"),
    }
}

/// Reads one element after the other.
type Each<'e> = &'e mut dyn FnMut(&Json, &mut Path) -> Result<Value, DecodeError>;

fn elements(items: &[Json], path: &mut Path, read: Each<'_>) -> Result<Vec<Value>, DecodeError> {
    let indexed = items.iter().enumerate();
    indexed.map(|(i, json)| within(path, Step::Index(i as i64), |p| read(json, p))).collect()
}

fn members(
    items: &serde_json::Map<String, Json>,
    path: &mut Path,
    read: Each<'_>,
) -> Result<Value, DecodeError> {
    let mut out = BTreeMap::new();
    for (key, json) in items {
        out.insert(key.clone(), within(path, Step::Key(key.clone()), |p| read(json, p))?);
    }
    Ok(Value::Map(out))
}

fn within<T>(
    path: &mut Path,
    step: Step,
    read: impl FnOnce(&mut Path) -> Result<T, DecodeError>,
) -> Result<T, DecodeError> {
    path.push(step);
    let value = read(path)?;
    path.pop();
    Ok(value)
}

fn fail<T>(path: &Path, expected: &str) -> Result<T, DecodeError> {
    Err(DecodeError::new(path, format!("{expected} is required")))
}

#[cfg(test)]
mod tests {
    use super::decode;
    use crate::schema::{Attribute, Mode, NestedBlock, Nesting, Schema, Type};
    use crate::value::Value;

    static INNER: [Attribute; 1] = [Attribute::new("create", Type::String, Mode::Optional, "")];
    static SCHEMA: Schema = Schema::of(
        "",
        &[
            Attribute::new("name", Type::String, Mode::Required, ""),
            Attribute::new("cps", Type::Int, Mode::Optional, ""),
            Attribute::new("days", Type::Set(&Type::String), Mode::Optional, ""),
        ],
    )
    .blocks(&[NestedBlock::new("limits", Nesting::Set, "", &INNER).max_items(1)]);

    #[test]
    fn missing_attributes_are_null_and_missing_blocks_empty() {
        let value = decode(br#"{"name": "x", "gone": 1}"#, &SCHEMA).unwrap();
        assert_eq!(value.get("cps"), &Value::Null);
        assert_eq!(value.get("limits"), &Value::Set(Vec::new()));
    }

    #[test]
    fn numbers_keep_every_digit() {
        let value = decode(br#"{"cps": 1187000000000000010001}"#, &SCHEMA).unwrap();
        assert_eq!(value.get("cps").to_string(), "1187000000000000010001");
    }

    #[test]
    fn a_wrong_type_is_told_with_its_place() {
        let error = decode(br#"{"days": ["a", 1]}"#, &SCHEMA).unwrap_err();
        assert_eq!(error.to_string(), "days[1]: a string is required");
        assert!(decode(b"{", &SCHEMA).is_err());
    }

    #[test]
    fn what_carries_its_type_or_has_a_fixed_form_is_read() {
        static OPEN: Schema = Schema::of(
            "",
            &[
                Attribute::new("any", Type::Dynamic, Mode::Optional, ""),
                Attribute::new("pair", Type::Tuple(&[Type::String, Type::Int]), Mode::Optional, ""),
                Attribute::new("point", Type::Object(&[("x", Type::Int)]), Mode::Optional, ""),
            ],
        );
        let read = |text: &str| decode(text.as_bytes(), &OPEN).map(|value| value.to_string());
        assert_eq!(
            read(
                r#"{"any": {"type": ["tuple",["bool",["list","number"]]], "value": [true, [1]]}, "pair": ["a", 2], "point": {}}"#
            ),
            Ok(r#"{ any = [true, [1]], pair = ["a", 2], point = { x = null } }"#.to_owned())
        );
        for (text, error) in [
            (r#"{"any": 7}"#, "any: an object is required"),
            (r#"{"any": {"type": "bool"}}"#, "any: an object with a type and a value is required"),
            (r#"{"any": {"type": "x", "value": 1}}"#, "any: \"x\" is no type"),
            (r#"{"any": {"type": "bool", "value": 1}}"#, "any: a bool is required"),
            (
                r#"{"any": {"type": ["tuple",[]], "value": [1]}}"#,
                "any: a value of type [\"tuple\",[]] is required",
            ),
            (r#"{"pair": [1]}"#, "pair: an array of 2 is required"),
            (r#"{"point": []}"#, "point: an object is required"),
        ] {
            assert_eq!(read(text).map_err(|error| error.to_string()), Err(error.to_owned()));
        }
    }
}
