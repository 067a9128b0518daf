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

static OPEN: Schema = Schema::of(
    "",
    &[
        Attribute::new("any", Type::Dynamic, Mode::Optional, ""),
        Attribute::new("pair", Type::Tuple(&[Type::String, Type::Int]), Mode::Optional, ""),
        Attribute::new(
            "point",
            Type::Object(&[("y", Type::Int), ("x", Type::Int)]),
            Mode::Optional,
            "",
        ),
    ],
);

fn open(any: Value) -> Value {
    OPEN.object([
        ("any", any),
        ("pair", Value::List(vec![Value::string("a"), Value::Unknown])),
        ("point", Value::object([("x", Value::int(1)), ("y", Value::Null)])),
    ])
}

#[test]
fn a_dynamic_value_keeps_its_type_on_its_way() {
    let typed = |kind: &str, value: Value| {
        let kind = crate::kind::Kind::parse(kind.as_bytes()).unwrap();
        Value::Dynamic(Box::new(crate::value::Dynamic { kind, value }))
    };
    for any in [
        Value::Null,
        Value::Unknown,
        Value::dynamic(Value::string("x")),
        typed("\"string\"", Value::Null),
        typed("[\"list\",\"number\"]", Value::Unknown),
        typed("[\"list\",\"number\"]", Value::List(vec![Value::int(1), Value::Unknown])),
        typed("[\"set\",\"dynamic\"]", Value::set(vec![])),
        Value::dynamic(Value::object([
            ("a", Value::List(vec![Value::Bool(true), Value::Null])),
            ("b", Value::Map([("k".to_owned(), Value::int(1))].into())),
            ("c", Value::dynamic(Value::string("inside"))),
        ])),
    ] {
        let value = open(any);
        let bytes = encode(&value, &OPEN);
        assert_eq!(decode(&bytes, &OPEN), Ok(value));
        for end in 0..bytes.len() {
            assert!(decode(&bytes[..end], &OPEN).is_err(), "cut at {end}");
        }
    }
    // A driver need not say the type.
    let plain = encode(&open(Value::string("x")), &OPEN);
    assert_eq!(decode(&plain, &OPEN), Ok(open(Value::dynamic(Value::string("x")))));
}

#[test]
fn a_dynamic_value_of_another_form_is_refused() {
    let any = |tail: &[u8]| {
        let mut bytes = b"\x83\xa3any".to_vec();
        bytes.extend_from_slice(tail);
        bytes.extend_from_slice(b"\xa4pair\xc0\xa5point\xc0");
        decode(&bytes, &OPEN).map_err(|error| error.to_string())
    };
    let typed = |kind: &str, value: &[u8]| {
        let mut bytes = vec![0x92, 0xc5, (kind.len() >> 8) as u8, kind.len() as u8];
        bytes.extend_from_slice(kind.as_bytes());
        bytes.extend_from_slice(value);
        bytes
    };
    assert!(any(&typed("\"bool\"", b"\xc3")).is_ok());
    for (tail, error) in [
        (typed("\"bool\"", b"\xa1x"), "any: a bool is required"),
        (typed("7", b"\xc3"), "any: a type is a text or a list"),
        (typed("\"dynamic\"", b"\xc3"), "any: a value without a type"),
        (typed(r#"["tuple",["bool"]]"#, b"\x92\xc3\xc3"), "any: 1 elements are required, not 2"),
        (
            typed(r#"["object",{"a":"bool","b":"bool"}]"#, b"\x82\xa1a\xc3\xa1a\xc3"),
            "any: a member stands twice",
        ),
        (typed(r#"["object",{"a":"bool"}]"#, b"\x81\xa1b\xc3"), "any: \"b\" is not expected here"),
        (b"\xc3".to_vec(), "any: a type and a value are required"),
        (b"\x92\xc3\xc3".to_vec(), "any: a type is required"),
    ] {
        assert_eq!(any(&tail), Err(error.to_owned()));
    }
    // As deep as it likes: an answer, and no overflow of the stack.
    let deep = format!("{}\"bool\"{}", "[\"list\",".repeat(6000), "]".repeat(6000));
    assert!(any(&typed(&deep, b"\xc3")).is_err());
}

static SPAN: [Attribute; 2] = [
    Attribute::new("s", Type::String, Mode::Optional, ""),
    Attribute::new("e", Type::String, Mode::Optional, ""),
];
static ORDERED: Schema = Schema::of(
    "",
    &[
        Attribute::new("b", Type::String, Mode::Optional, ""),
        Attribute::new("a", Type::String, Mode::Optional, ""),
    ],
)
.blocks(&[NestedBlock::new("limits", Nesting::List, "", &SPAN)]);

fn read(members: &[&[u8]]) -> Result<Value, String> {
    let mut bytes = vec![0x80 | u8::try_from(members.len()).unwrap()];
    bytes.extend(members.concat());
    decode(&bytes, &ORDERED).map_err(|error| error.to_string())
}

const A: &[u8] = b"\xa1a\xa1x";
const B: &[u8] = b"\xa1b\xc0";
const LIMITS: &[u8] = b"\xa6limits\x90";

#[test]
fn members_come_in_any_order() {
    let expected = ORDERED.object([("a", Value::string("x"))]);
    for members in [[A, B, LIMITS], [B, A, LIMITS], [LIMITS, B, A], [B, LIMITS, A]] {
        assert_eq!(read(&members), Ok(expected.clone()));
    }
    let both: &[u8] = b"\xa6limits\x92\x82\xa1e\xc0\xa1s\xa1x\x82\xa1s\xa1x\xa1e\xc0";
    let limits = read(&[A, B, both]).unwrap();
    let [one, other] = limits.get("limits").elements().unwrap() else { panic!("{limits}") };
    assert_eq!((one, one.get("s")), (other, &Value::string("x")));
}

#[test]
fn an_object_has_each_of_its_members_once_and_no_other() {
    let inside: &[u8] = b"\xa6limits\x91\x82\xa1s\xc0\xa1s\xc0";
    for (members, error) in [
        (&[A, A, LIMITS][..], "\"a\" stands twice"),
        (&[A, LIMITS, LIMITS], "\"limits\" stands twice"),
        (&[A, B, inside], "limits[0]: \"s\" stands twice"),
        (&[A, B, b"\xa1z\xc0"], "\"z\" is not expected here"),
        (&[A, B, b"\xa1\xff\xc0"], "an object's keys must be strings"),
        (&[A, B, b"\x07\xc0"], "an object's keys must be strings"),
        (&[A, B, b"\xd9\xff\xc0"], "an object's keys must be strings"),
        (&[A, B], "an object with 3 members is required, not 2"),
    ] {
        assert_eq!(read(members), Err(error.to_owned()));
    }
}
