//! Functions with any number of arguments, with null and unknown ones, and with arguments and results of any type.

use terraform_plugin::driver::*;
use terraform_plugin::schema::Type;
use terraform_plugin::value::Value;

static JOIN: Signature = Signature::new(
    "join",
    "Joins texts; null ones are left out.",
    &[Parameter::new("separator", Type::String, "Between the texts.")],
    Type::String,
)
.variadic(Parameter::new("texts", Type::String, "What is joined.").allow_null());

static DESCRIBE: Signature = Signature::new(
    "describe",
    "Says what a value is, and gives it back.",
    &[Parameter::new("value", Type::Dynamic, "Anything.").allow_null().allow_unknown()],
    Type::Dynamic,
);

pub(crate) struct Describe;
pub(crate) struct Join;

impl Function for Join {
    fn signature(&self) -> &'static Signature {
        &JOIN
    }
    fn call(&self, arguments: &[Value]) -> Result<Value, Refusal> {
        let Some((separator, texts)) = arguments.split_first() else {
            return Ok(Value::Null);
        };
        let texts: Vec<&str> = texts.iter().filter_map(Value::as_str).collect();
        if texts.contains(&"") {
            let text = "An empty text joins nothing".to_owned();
            return Err(Refusal { argument: None, text });
        }
        Ok(Value::string(texts.join(separator.as_str().unwrap_or_default())))
    }
}

impl Function for Describe {
    fn signature(&self) -> &'static Signature {
        &DESCRIBE
    }
    fn call(&self, arguments: &[Value]) -> Result<Value, Refusal> {
        let value = arguments.first().cloned().unwrap_or_default();
        let what = match value.bare() {
            Value::Null => "null",
            Value::Unknown => "unknown",
            Value::Bool(_) => "bool",
            Value::Number(_) => "number",
            Value::String(_) => "string",
            Value::List(_) | Value::Packed(_) => "list",
            Value::Set(_) => "set",
            Value::Map(_) => "map",
            Value::Object(_) | Value::Dynamic(_) => "object",
        };
        let known = value.is_wholly_known();
        let members = [
            ("is", Value::string(what)),
            ("known", Value::Bool(known)),
            ("value", if known { value } else { Value::Null }),
        ];
        Ok(Value::dynamic(Value::object(members)))
    }
}
