//! One row of an object's table: an attribute, the request parameter that carries it, the response field that
//! shows it. The schema, the request writer, the response reader and the documentation read the same row.

use aliyun::aiccs::exact;
use aliyun::client::Parameters;
use serde_json::Value as Json;
use terraform_plugin::number::Number;
use terraform_plugin::schema::{Attribute, Check, Default, Mode, Type};
use terraform_plugin::value::{Object, Value};

/// A row.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// The attribute.
    pub attribute: Attribute,
    /// How it is written, if it is.
    pub write: Option<Write>,
    /// How it is read, if it is.
    pub read: Option<Read>,
}

/// How a value becomes a request parameter.
#[derive(Clone, Copy, Debug)]
pub struct Write {
    /// The parameter's name.
    pub parameter: &'static str,
    /// The requests that take it.
    pub on: WrittenBy,
    /// The text of a known, non-null value.
    pub encode: fn(&Value) -> String,
}

/// The requests that take a parameter.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum WrittenBy {
    /// Create alone: a change of it needs a new object.
    Create,
    /// Create and Update.
    CreateAndUpdate,
    /// A query.
    Query,
}

/// How a response field becomes a value.
#[derive(Clone, Copy, Debug)]
pub struct Read {
    /// The answer that has it.
    pub from: From,
    /// The field's name.
    pub field: &'static str,
    /// The value of a JSON that is not null; refuses what it does not expect, never drops it.
    pub decode: Decode,
}

/// Reads a JSON that is not null.
pub(crate) type Decode = fn(&Json) -> Result<Value, String>;

/// The decoding that goes with a type, unless a row says otherwise.
const fn decode_of(ty: Type) -> Decode {
    match ty {
        Type::Bool => decode_bool,
        Type::Int => decode_int,
        Type::Float => decode_number,
        Type::String => decode_text,
        Type::Set(_)
        | Type::List(_)
        | Type::Map(_)
        | Type::Tuple(_)
        | Type::Object(_)
        | Type::Dynamic
        | Type::Objects(_, _) => decode_texts,
    }
}

/// The answers that objects are read from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum From {
    /// The query of one object.
    Detail,
    /// The object's item in the page query.
    Page,
}

/// A row that is neither written nor read yet.
pub(crate) const fn field(name: &'static str, ty: Type, mode: Mode, doc: &'static str) -> Field {
    Field { attribute: Attribute::new(name, ty, mode, doc), write: None, read: None }
}

impl Field {
    /// Written by Create and Update.
    pub(crate) const fn write_as(self, parameter: &'static str) -> Field {
        self.write_with(parameter, encode_plain)
    }

    /// Written by Create and Update, with an encoding of its own.
    pub(crate) const fn write_with(
        self,
        parameter: &'static str,
        encode: fn(&Value) -> String,
    ) -> Field {
        self.write(parameter, WrittenBy::CreateAndUpdate, encode)
    }

    /// Written by Create alone; a change replaces the object.
    pub(crate) const fn create_as(mut self, parameter: &'static str) -> Field {
        self.attribute = self.attribute.replace();
        self.write(parameter, WrittenBy::Create, encode_plain)
    }

    /// A filter of a query.
    pub(crate) const fn filter_as(self, parameter: &'static str) -> Field {
        self.filter_with(parameter, encode_plain)
    }

    /// A filter of a query, with an encoding of its own.
    pub(crate) const fn filter_with(
        self,
        parameter: &'static str,
        encode: fn(&Value) -> String,
    ) -> Field {
        self.write(parameter, WrittenBy::Query, encode)
    }

    const fn write(
        mut self,
        parameter: &'static str,
        on: WrittenBy,
        encode: fn(&Value) -> String,
    ) -> Field {
        self.write = Some(Write { parameter, on, encode });
        self
    }

    /// Read from the query of one object.
    pub(crate) const fn read_as(self, field: &'static str) -> Field {
        let decode = decode_of(self.attribute.ty);
        self.read_with(field, decode)
    }

    /// Read from the query of one object, with a decoding of its own.
    pub(crate) const fn read_with(self, field: &'static str, decode: Decode) -> Field {
        self.read(field, From::Detail, decode)
    }

    /// Read from the page query.
    pub(crate) const fn page_as(self, field: &'static str) -> Field {
        let decode = decode_of(self.attribute.ty);
        self.page_with(field, decode)
    }

    /// Read from the page query, with a decoding of its own.
    pub(crate) const fn page_with(self, field: &'static str, decode: Decode) -> Field {
        self.read(field, From::Page, decode)
    }

    const fn read(mut self, field: &'static str, from: From, decode: Decode) -> Field {
        self.read = Some(Read { from, field, decode });
        self
    }

    /// Whether an update writes it.
    pub(crate) fn is_updated(&self) -> bool {
        self.write.is_some_and(|write| write.on == WrittenBy::CreateAndUpdate)
    }

    /// With checks of configured values.
    pub(crate) const fn checks(mut self, checks: &'static [Check]) -> Field {
        self.attribute = self.attribute.checks(checks);
        self
    }

    /// With a default.
    pub(crate) const fn default(mut self, default: Default) -> Field {
        self.attribute = self.attribute.default(default);
        self
    }

    /// Its computed value may become another one with every change.
    pub(crate) const fn recompute_on_change(mut self) -> Field {
        self.attribute = self.attribute.recompute_on_change();
        self
    }

    /// Serves the provider only.
    pub(crate) const fn local(mut self) -> Field {
        self.attribute = self.attribute.local();
        self
    }

    /// With an equivalence of spellings.
    pub(crate) const fn same(mut self, same: fn(&Value, &Value) -> bool) -> Field {
        self.attribute = self.attribute.same(same);
        self
    }

    /// Masked in Terraform's output.
    pub(crate) const fn sensitive(mut self) -> Field {
        self.attribute = self.attribute.sensitive();
        self
    }
}

/// The attributes of a table, for its schema.
pub(crate) const fn attributes<const N: usize>(fields: &[Field; N]) -> [Attribute; N] {
    let mut out = [fields[0].attribute; N];
    let mut i = 1;
    while i < N {
        out[i] = fields[i].attribute;
        i += 1;
    }
    out
}

/// Sets the parameters of a request from the known values of an object. `omit` names attributes that this
/// request leaves out.
pub fn write(
    fields: &[Field],
    object: &Value,
    on: WrittenBy,
    omit: &[&str],
    parameters: &mut Parameters,
) {
    for field in fields {
        let Some(write) = field.write else { continue };
        let value = object.get(field.attribute.name);
        let taken =
            write.on == on || (write.on, on) == (WrittenBy::CreateAndUpdate, WrittenBy::Create);
        if taken && value.is_known() && !omit.contains(&field.attribute.name) {
            parameters.set(write.parameter, (write.encode)(value));
        }
    }
}

/// A field of an answer: `None` when the answer does not have it at all.
///
/// # Errors
/// A sentence that names field and JSON, when the JSON is not what the row expects.
pub fn read(read: &Read, answer: &Json) -> Result<Option<Value>, String> {
    match answer.get(read.field) {
        None => Ok(None),
        Some(Json::Null) => Ok(Some(Value::Null)),
        Some(json) => (read.decode)(json).map(Some).map_err(|expected| {
            let text: String = json.to_string().chars().take(80).collect();
            format!("the field {} is {text}, where {expected} is expected", read.field)
        }),
    }
}

/// The object that an item's rows make. What the item lacks is null.
///
/// # Errors
/// As [`read`].
pub(crate) fn object(rows: &[Field], item: &Json) -> Result<Value, String> {
    let mut object = Object::with_capacity(rows.len());
    for row in rows {
        let value = match &row.read {
            Some(read) => self::read(read, item)?.unwrap_or_default(),
            None => Value::Null,
        };
        object.insert(row.attribute.name.into(), value);
    }
    Ok(Value::Object(object))
}

/// A list of the objects that the items' rows make.
///
/// # Errors
/// As [`read`]; where the JSON is no list of objects, what was `expected`.
pub(crate) fn objects(rows: &[Field], json: &Json, expected: &str) -> Result<Value, String> {
    let Json::Array(items) = json else { return Err(expected.to_owned()) };
    let objects = items.iter().map(|item| match item {
        Json::Object(_) => object(rows, item),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Array(_) => {
            Err(expected.to_owned())
        }
    });
    Ok(Value::List(objects.collect::<Result<_, _>>()?))
}

/// The text of a plain value; collections of texts as compact JSON, sorted.
fn encode_plain(value: &Value) -> String {
    match value {
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        Value::List(elements) | Value::Set(elements) => {
            let texts: Vec<&str> = elements.iter().filter_map(Value::as_str).collect();
            Json::from(texts).to_string()
        }
        Value::Null
        | Value::Unknown
        | Value::Packed(_)
        | Value::Map(_)
        | Value::Object(_)
        | Value::Dynamic(_) => String::new(),
    }
}

fn decode_bool(json: &Json) -> Result<Value, String> {
    match json {
        Json::Bool(value) => Ok(Value::Bool(*value)),
        Json::String(text) if text.eq_ignore_ascii_case("true") => Ok(Value::Bool(true)),
        Json::String(text) if text.eq_ignore_ascii_case("false") => Ok(Value::Bool(false)),
        Json::Null | Json::Number(_) | Json::String(_) | Json::Array(_) | Json::Object(_) => {
            Err("true or false".to_owned())
        }
    }
}

/// A number, exactly; the service sends some as text.
pub(crate) fn decode_number(json: &Json) -> Result<Value, String> {
    let text = match json {
        Json::Number(number) => Some(number.as_str()),
        Json::String(text) if text.is_empty() => return Ok(Value::Null),
        Json::String(text) => Some(text.trim()),
        Json::Null | Json::Bool(_) | Json::Array(_) | Json::Object(_) => None,
    };
    text.and_then(Number::parse).map(Value::Number).ok_or_else(|| "a number".to_owned())
}

/// A whole number of 64 bits.
fn decode_int(json: &Json) -> Result<Value, String> {
    let value = decode_number(json)?;
    if value.is_null() || value.as_int().is_some() {
        Ok(value)
    } else {
        Err("a whole number".to_owned())
    }
}

/// A number whose minimum is 1: the service sends 0 for none.
pub(crate) fn decode_positive(json: &Json) -> Result<Value, String> {
    let value = decode_int(json)?;
    Ok(if value.as_int() == Some(0) { Value::Null } else { value })
}

/// A share such as `74.14%`, as the number of percent. A word instead of one, such as `-`, is none: of a task that made
/// no calls there is no share.
pub(crate) fn decode_percent(json: &Json) -> Result<Value, String> {
    match json.as_str() {
        Some(text) => {
            let number = Number::parse(text.trim().trim_end_matches('%').trim());
            Ok(number.map_or(Value::Null, Value::Number))
        }
        None => decode_number(json),
    }
}

/// JSON in a text, or as it is.
pub(crate) fn decode_json(json: &Json) -> Result<Value, String> {
    match json {
        Json::Array(_) | Json::Object(_) => Ok(Value::string(json.to_string())),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => decode_text(json),
    }
}

/// A text; ids may come as whole numbers, and the empty text means none.
pub(crate) fn decode_text(json: &Json) -> Result<Value, String> {
    match json {
        Json::String(text) if text.is_empty() => Ok(Value::Null),
        Json::String(text) => Ok(Value::string(text)),
        Json::Number(_) => {
            exact(json).map(Value::string).ok_or_else(|| "a whole number or a text".to_owned())
        }
        Json::Null | Json::Bool(_) | Json::Array(_) | Json::Object(_) => Err("a text".to_owned()),
    }
}

fn decode_texts(json: &Json) -> Result<Value, String> {
    let expected = || "a list of texts".to_owned();
    let Json::Array(items) = json else { return Err(expected()) };
    let texts = items.iter().map(|item| item.as_str().map(Value::string).ok_or_else(expected));
    Ok(Value::set(texts.collect::<Result<_, _>>()?))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{decode_int, decode_number, decode_positive, decode_text, encode_plain};
    use terraform_plugin::value::Value;

    #[test]
    fn ids_stay_exact_in_both_forms() {
        assert_eq!(
            decode_text(&json!(118_700_000_000_000_001_u64)),
            Ok(Value::string("118700000000000001"))
        );
        assert_eq!(
            decode_text(&json!("118700000000000001")),
            Ok(Value::string("118700000000000001"))
        );
        assert_eq!(decode_number(&json!("7")), Ok(Value::int(7)));
    }

    #[test]
    fn zero_means_none_where_the_minimum_is_one() {
        assert_eq!(decode_positive(&json!(0)), Ok(Value::Null));
        assert_eq!(decode_positive(&json!(3)), Ok(Value::int(3)));
    }

    #[test]
    fn unexpected_json_is_refused() {
        assert!(decode_text(&json!(["a"])).is_err());
        assert!(decode_number(&json!(true)).is_err());
        let read = |text: &str| decode_int(&serde_json::from_str(text).unwrap());
        assert_eq!(read("7.0"), Ok(Value::int(7)));
        assert_eq!(read("\"\""), Ok(Value::Null));
        for text in ["7.5", "1e400", "9223372036854775808", "\"1e99\""] {
            assert!(read(text).is_err(), "{text}");
        }
        for text in ["1.18e17", "1.5", "-0.0"] {
            assert!(decode_text(&serde_json::from_str(text).unwrap()).is_err(), "{text}");
        }
    }

    #[test]
    fn collections_travel_as_compact_json_without_escapes() {
        let value = Value::set(vec![Value::string("乙"), Value::string("A")]);
        assert_eq!(encode_plain(&value), r#"["A","乙"]"#);
    }
}
