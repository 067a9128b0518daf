//! Default values, as `const` data.

use std::collections::BTreeMap;

use crate::number::Number;
use crate::value::Value;

/// A default value. The attribute is optional and computed: for core, a default is what the provider gives.
#[derive(Clone, Copy, Debug)]
pub enum Default {
    /// For a bool.
    Bool(bool),
    /// For a number.
    Int(i64),
    /// For a number with a fraction. Infinities and what is no number are null.
    Float(f64),
    /// For a string.
    String(&'static str),
    /// For a list, a tuple, nested objects in order.
    List(&'static [Default]),
    /// For a set, nested objects without order.
    Set(&'static [Default]),
    /// For a map, nested objects by key.
    Map(&'static [(&'static str, Default)]),
    /// For an object, with all its members; nested objects get those it lacks as if it were configured.
    Object(&'static [(&'static str, Default)]),
    /// What a function gives: the same at each call, since a change is planned more than once.
    With(fn() -> Value),
}

impl Default {
    /// As a value.
    pub fn value(self) -> Value {
        let all = |elements: &[Default]| elements.iter().map(|default| default.value()).collect();
        match self {
            Default::Bool(value) => Value::Bool(value),
            Default::Int(value) => Value::int(value),
            Default::Float(value) => Number::from_f64(value).map_or(Value::Null, Value::Number),
            Default::String(text) => Value::string(text),
            Default::List(elements) => Value::List(all(elements)),
            Default::Set(elements) => Value::set(all(elements)),
            Default::Map(members) => {
                let mut map = BTreeMap::new();
                for (key, default) in members {
                    map.insert((*key).to_owned(), default.value());
                }
                Value::Map(map)
            }
            Default::Object(members) => {
                let member =
                    |(name, default): &(&'static str, Default)| ((*name).into(), default.value());
                Value::Object(members.iter().map(member).collect())
            }
            Default::With(value) => value(),
        }
    }
}
