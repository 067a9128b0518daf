//! Default values, as `const` data.

use crate::value::Value;

/// A default value.
#[derive(Clone, Copy, Debug)]
pub enum Default {
    /// For a bool.
    Bool(bool),
    /// For a number.
    Int(i64),
    /// For a string.
    String(&'static str),
}

impl Default {
    /// As a value.
    pub fn value(self) -> Value {
        match self {
            Default::Bool(value) => Value::Bool(value),
            Default::Int(value) => Value::int(value),
            Default::String(text) => Value::string(text),
        }
    }
}
