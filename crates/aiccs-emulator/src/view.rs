//! Stored values as an answer shows them: only documented fields, in their documented types.
//! It must not know operations by name.

use serde_json::{Map, Value, json};

use super::contract::{Field, Kind};
use super::store::plain;
use super::switches::Switches;

/// The documented fields of a stored object; what was never set follows `unset_optionals`.
pub(super) fn project(
    fields: &[Field],
    stored: &Map<String, Value>,
    switches: &Switches,
) -> Map<String, Value> {
    let mut shown = Map::new();
    for field in fields {
        let value = stored.get(field.name).and_then(|value| cast(field.kind, value));
        if let Some(value) = value.or_else(|| unset(field.kind, switches)) {
            shown.insert(field.name.to_owned(), value);
        }
    }
    shown
}

/// The value as this type: ids are numbers in some answers and text in others.
pub(super) fn cast(kind: Kind, value: &Value) -> Option<Value> {
    match kind {
        Kind::Text => (value.is_string() || value.is_number()).then(|| plain(value).into()),
        Kind::Integer => plain(value).parse::<i64>().ok().map(Value::from),
        Kind::Boolean => value.as_bool().map(Value::from),
        Kind::Windows => all(value, is_window),
        Kind::Texts => all(value, Value::is_string),
        Kind::Integers => all(value, Value::is_i64),
        Kind::Objects => all(value, Value::is_object),
        Kind::Object => value.is_object().then(|| value.clone()),
    }
}

/// What a value of this type looks like, for people.
pub(super) fn words(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "a text",
        Kind::Integer => "a whole number",
        Kind::Boolean => "true or false",
        Kind::Texts => "a list of texts",
        Kind::Integers => "a list of whole numbers",
        Kind::Windows => r#"a list of {"StartTime": "HH:MM:SS", "EndTime": "HH:MM:SS"}"#,
        Kind::Object => "an object",
        Kind::Objects => "a list of objects",
    }
}

fn all(value: &Value, element: impl Fn(&Value) -> bool) -> Option<Value> {
    value.as_array().is_some_and(|list| list.iter().all(element)).then(|| value.clone())
}

/// The times themselves may be any text: a test may show a client what it does not expect.
fn is_window(value: &Value) -> bool {
    let times = value.as_object().map(|window| [window.get("StartTime"), window.get("EndTime")]);
    times.is_some_and(|times| times.iter().all(|time| time.is_some_and(Value::is_string)))
}

/// `{List, PageNo, PageSize, Total}`; a page has at most 100 items (invented: no maximum is published).
pub(super) fn page<T>(
    items: Vec<T>,
    number: Option<i64>,
    size: Option<i64>,
) -> (Vec<T>, Map<String, Value>) {
    let number = number.unwrap_or(1).max(1);
    let size = size.unwrap_or(10).clamp(1, 100);
    let total = items.len();
    let first = usize::try_from((number - 1).saturating_mul(size)).unwrap_or(usize::MAX);
    let length = usize::try_from(size).unwrap_or(100);
    let page = items.into_iter().skip(first).take(length).collect();
    let frame = json!({ "PageNo": number, "PageSize": size, "Total": total });
    (page, frame.as_object().cloned().unwrap_or_default())
}

fn unset(kind: Kind, switches: &Switches) -> Option<Value> {
    match (switches.word("unset_optionals"), kind) {
        ("null", _) => Some(Value::Null),
        ("zero", Kind::Text) => Some("".into()),
        ("zero", Kind::Integer) => Some(0.into()),
        ("zero", Kind::Boolean) => Some(false.into()),
        ("zero", Kind::Texts | Kind::Integers | Kind::Windows | Kind::Objects) => Some(json!([])),
        ("zero", Kind::Object) => Some(json!({})),
        _ => None,
    }
}
