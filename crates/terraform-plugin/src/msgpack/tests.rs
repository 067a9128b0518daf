//! Tests of the file beside.

use super::{decode, encode};
use crate::schema::{Attribute, Mode, NestedBlock, Nesting, Schema, Type};
use crate::value::Value;

static WINDOW: [Attribute; 1] = [Attribute::new("start", Type::String, Mode::Required, "")];
static SCHEMA: Schema = Schema::of(
    "",
    &[
        Attribute::new("name", Type::String, Mode::Required, ""),
        Attribute::new("count", Type::Int, Mode::Optional, ""),
        Attribute::new("rate", Type::Float, Mode::Optional, ""),
        Attribute::new("days", Type::Set(&Type::String), Mode::Optional, ""),
        Attribute::new("tags", Type::Map(&Type::Bool), Mode::Optional, ""),
        Attribute::new("windows", Type::Objects(Nesting::Set, &WINDOW), Mode::Optional, ""),
    ],
)
.blocks(&[NestedBlock::new("limits", Nesting::List, "", &WINDOW).max_items(1)]);

fn sample() -> Value {
    let mut value = SCHEMA.empty();
    value.put("name", Value::string("测试 🙂 \"q\"\n"));
    value.put("count", Value::int(118_700_000_000_000_001));
    value.put("rate", Value::Number(crate::number::Number::parse("0.1").unwrap()));
    value.put("days", Value::set(vec![Value::string("b"), Value::Unknown, Value::string("a")]));
    value.put("windows", Value::set(vec![Value::object([("start", Value::string("09:00"))])]));
    value
}

#[test]
fn what_is_encoded_decodes_to_the_same() {
    let value = sample();
    assert_eq!(decode(&encode(&value, &SCHEMA), &SCHEMA), Ok(value));
    assert_eq!(decode(&encode(&Value::Null, &SCHEMA), &SCHEMA), Ok(Value::Null));
}

#[test]
fn any_extension_is_unknown() {
    let refined = [0xc7, 3, 0x0c, 0x81, 0x01, 0xc2];
    assert_eq!(decode(&refined, &SCHEMA), Ok(Value::Unknown));
    assert_eq!(decode(&[0xd4, 0, 0], &SCHEMA), Ok(Value::Unknown));
}

#[test]
fn every_truncation_is_an_error_and_no_panic() {
    let bytes = encode(&sample(), &SCHEMA);
    for end in 0..bytes.len() {
        assert!(decode(&bytes[..end], &SCHEMA).is_err(), "cut at {end}");
    }
}

#[test]
fn an_error_names_the_place() {
    let mut value = sample();
    value.put("count", Value::int(7));
    let mut bytes = encode(&value, &SCHEMA);
    let at = bytes.windows(6).position(|w| w == b"\xa5count").unwrap() + 6;
    bytes[at] = 0xc3;
    let error = decode(&bytes, &SCHEMA).unwrap_err();
    assert_eq!(error.to_string(), "count: a number is required");
}

#[test]
fn a_length_beyond_the_end_reserves_nothing() {
    assert!(decode(&[0xdf, 0xff, 0xff, 0xff, 0xff], &SCHEMA).is_err());
    let mut bytes = encode(&sample(), &SCHEMA);
    let at = bytes.windows(5).position(|w| w == b"\xa4days").unwrap() + 5;
    bytes.truncate(at);
    bytes.extend_from_slice(&[0xdd, 0xff, 0xff, 0xff, 0xff]);
    assert!(decode(&bytes, &SCHEMA).is_err());
}
