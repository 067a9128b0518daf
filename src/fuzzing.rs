//! What fuzzers call: values of our schemas, functions, calls of the protocol; with the properties that hold for every input.
//! The corpora are replayed as ordinary tests.

use terraform_plugin::driver::{Function, Provider};
use terraform_plugin::schema::Schema;
use terraform_plugin::value::Value;
use terraform_plugin::{json, msgpack};

use crate::functions::{call_windows, rfc3339, unix_millis};
use crate::provider::Aiccs;

/// All schemas; the first byte of an input picks one.
fn schemas() -> Vec<&'static Schema> {
    let resources = Aiccs.resources().iter().map(|resource| resource.schema());
    let sources = Aiccs.data_sources().iter().map(|source| source.schema());
    resources.chain(sources).chain([Aiccs.schema()]).collect()
}

fn picked(data: &[u8]) -> Option<(&'static Schema, &[u8])> {
    let (first, rest) = data.split_first()?;
    let schemas = schemas();
    Some((schemas[usize::from(*first) % schemas.len()], rest))
}

/// What is decoded is encoded and decoded to the same.
pub fn values(data: &[u8]) {
    let Some((schema, bytes)) = picked(data) else { return };
    if let Ok(value) = msgpack::decode(bytes, schema) {
        again(&value, schema);
    }
}

/// So too from the JSON of a state.
pub fn state(data: &[u8]) {
    let Some((schema, bytes)) = picked(data) else { return };
    if let Ok(value) = json::decode(bytes, schema) {
        again(&value, schema);
    }
}

fn again(value: &Value, schema: &'static Schema) {
    let encoded = msgpack::encode(value, schema);
    match msgpack::decode(&encoded, schema) {
        Ok(decoded) => assert_eq!(&decoded, value),
        Err(error) => panic!("{error:?} of {value}"),
    }
}

/// Dates, times and windows as users write them.
pub fn texts(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let argument = Value::string(&*text);
    for function in [&call_windows::CallWindows as &dyn Function, &unix_millis::UnixMillis] {
        let _ = function.call(std::slice::from_ref(&argument));
    }
    let (millis, zone) = text.split_once(' ').unwrap_or((&text, "UTC"));
    let millis: i64 = millis.parse().unwrap_or_default();
    let told = rfc3339::Rfc3339.call(&[Value::int(millis), Value::string(zone)]);
    if let Ok(Value::String(time)) = told {
        let back = unix_millis::UnixMillis.call(&[Value::string(time)]).ok();
        assert_eq!(back, Some(Value::int(millis)));
    }
}

/// One call of the protocol.
pub fn call(data: &[u8]) {
    terraform_plugin::fuzzing::call(Aiccs, data);
}

#[cfg(test)]
#[path = "../fuzz/replay.rs"]
mod replay;

#[test]
fn the_corpora_pass() {
    replay::replay("values", values);
    replay::replay("state", state);
    replay::replay("texts", texts);
    replay::replay("calls", call);
}
