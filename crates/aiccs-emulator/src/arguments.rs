//! A call's parameters, read and checked by the contract alone.
//! What needs more than one parameter, or the store, is checked by the operation.

use serde_json::{Map, Value, json};

use super::contract::{Kind, Operation, Parameter, Place, Rule};
use super::refused::Refused;
use super::request::{Request, Style};

/// Parameters by name, typed as their [`Kind`] says.
#[derive(Debug, Default)]
pub(super) struct Arguments(Map<String, Value>);

impl Arguments {
    pub(super) fn read(request: &Request, operation: &Operation) -> Result<Self, Refused> {
        let mut values = Map::new();
        for (parameter, text) in known(request, operation) {
            let value =
                typed(parameter, text).map_err(|why| Refused::invalid(parameter.name, &why))?;
            values.insert(parameter.name.to_owned(), value);
        }
        Ok(Self(values))
    }

    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// Sent, and not as an empty text.
    pub(super) fn has(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value != "")
    }

    pub(super) fn text(&self, name: &str) -> &str {
        self.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    pub(super) fn integer(&self, name: &str) -> Option<i64> {
        self.get(name).and_then(Value::as_i64)
    }

    pub(super) fn list(&self, name: &str) -> &[Value] {
        self.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }
}

/// The first required parameter that was not sent, or is empty: the gateway's to refuse, before any rule.
pub(super) fn missing(request: &Request, operation: &Operation) -> Option<&'static str> {
    let sent = |name: &str| {
        known(request, operation)
            .any(|(parameter, text)| parameter.name == name && !text.is_empty())
    };
    let required = operation.parameters.iter().filter(|parameter| parameter.required);
    required.map(|parameter| parameter.name).find(|name| !sent(name))
}

/// Names that the operation does not read, or not from where they were sent.
pub(super) fn unknown(request: &Request, operation: &Operation) -> Vec<String> {
    let known: Vec<&str> = known(request, operation).map(|(parameter, _)| parameter.name).collect();
    let names = request.business().map(|(name, _)| name);
    names.filter(|name| !known.contains(&name.as_str())).cloned().collect()
}

/// A form parameter counts in the form only; a query parameter counts in the form too under RPC,
/// whose signature covers both alike.
fn known<'a>(
    request: &'a Request,
    operation: &'a Operation,
) -> impl Iterator<Item = (&'static Parameter, &'a str)> {
    let query = request.query.iter().map(|pair| (Place::Query, pair));
    let form = request.form.iter().map(|pair| (Place::Form, pair));
    let merged = request.style() == Style::Rpc;
    query.chain(form).filter_map(move |(place, (name, value))| {
        let parameter = operation.parameter(name)?;
        let counts = parameter.place == place || (merged && place == Place::Form);
        counts.then_some((parameter, value.as_str()))
    })
}

fn typed(parameter: &Parameter, text: &str) -> Result<Value, String> {
    let value = match parameter.kind {
        Kind::Text => Value::from(text),
        Kind::Integer => Value::from(text.parse::<i64>().map_err(|_| "not a whole number")?),
        Kind::Boolean => boolean(text).ok_or("neither true nor false")?.into(),
        Kind::Texts => json!(parse::<Vec<String>>(text)?),
        Kind::Integers => json!(parse::<Vec<i64>>(text)?),
        Kind::Windows => windows(text, parameter.rule == Rule::Loose)?,
        Kind::Object => Value::Object(parse(text)?),
        Kind::Objects => json!(parse::<Vec<Map<String, Value>>>(text)?),
    };
    if parameter.required && value.as_array().is_some_and(Vec::is_empty) {
        return Err("an empty list".to_owned());
    }
    obey(parameter.rule, &value)?;
    Ok(value)
}

fn obey(rule: Rule, value: &Value) -> Result<(), String> {
    let (obeyed, wanted) = match rule {
        Rule::Any | Rule::Loose => (true, String::new()),
        Rule::Range(from, to) => (
            value.as_i64().is_none_or(|it| (from..=to).contains(&it)),
            format!("not within {from}..{to}"),
        ),
        Rule::Words(words) => {
            let known = |value: &Value| value.as_str().is_some_and(|word| words.contains(&word));
            let all = value.as_array().map_or_else(|| known(value), |list| list.iter().all(known));
            (all, format!("not one of {}", words.join(", ")))
        }
        Rule::Elements(most) => {
            let count = value.as_array().map_or(0, Vec::len);
            ((1..=most).contains(&count), format!("{count} elements, not 1..{most}"))
        }
        Rule::Length(most) => {
            let length = value.as_str().map_or(0, |text| text.chars().count());
            (length <= most, format!("longer than {most}"))
        }
        Rule::DateTime => {
            (value.as_str().is_some_and(is_date_time), "not YYYY-MM-DD HH:mm:ss".to_owned())
        }
    };
    if obeyed { Ok(()) } else { Err(wanted) }
}

fn boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

fn parse<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|error| format!("not the documented JSON: {error}"))
}

/// The order of times within a window, and overlaps, are accepted: nothing is published on them.
fn windows(text: &str, loose: bool) -> Result<Value, String> {
    let elements: Vec<Value> = parse(text)?;
    let window = |element: Value| {
        let object: Map<String, Value> = match (element.as_str(), element.as_object()) {
            (Some(text), _) => parse(text)?,
            (None, Some(object)) if loose => object.clone(),
            _ => return Err(format!("the element {element} is not a JSON text")),
        };
        let time = |names: [&str; 2]| {
            let found =
                names.iter().take(if loose { 2 } else { 1 }).find_map(|name| object.get(*name));
            let time = found.and_then(Value::as_str).filter(|time| is_time(time));
            time.ok_or_else(|| format!("{} is missing or not HH:mm:ss", names[0]))
        };
        Ok(
            json!({ "StartTime": time(["startTime", "StartTime"])?, "EndTime": time(["endTime", "EndTime"])? }),
        )
    };
    elements.into_iter().map(window).collect()
}

fn is_time(text: &str) -> bool {
    text.len() == 8 && text.parse::<jiff::civil::Time>().is_ok()
}

fn is_date_time(text: &str) -> bool {
    text.len() == 19
        && text.as_bytes().get(10) == Some(&b' ')
        && text.parse::<jiff::civil::DateTime>().is_ok()
}
