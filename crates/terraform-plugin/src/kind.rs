//! Types that are known only when a value arrives: what a value of type `dynamic` carries beside itself. Knows no value.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value as Json;

use super::error::DecodeError;
use super::limits::{MAX_VALUES, TOO_MANY_VALUES};

/// The type of a dynamic value.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Kind {
    /// `bool`
    Bool,
    /// `number`
    Number,
    /// `string`
    String,
    /// `list(T)`
    List(Box<Kind>),
    /// `set(T)`
    Set(Box<Kind>),
    /// `map(T)`
    Map(Box<Kind>),
    /// `tuple([...])`
    Tuple(Vec<Kind>),
    /// `object({...})`
    Object(BTreeMap<String, Kind>),
    /// Not known itself: of a null, of an unknown value, of the elements of an empty collection.
    Dynamic,
}

impl Kind {
    /// Reads a type's JSON, such as `["list","string"]`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(json: &[u8]) -> Result<Kind, DecodeError> {
        if json.iter().filter(|byte| **byte == b',').count() > MAX_VALUES {
            return Err(DecodeError::whole(TOO_MANY_VALUES));
        }
        let not_json = |error| DecodeError::whole(format!("not JSON: {error}"));
        let json = serde_json::from_slice(json).map_err(not_json)?;
        Kind::of_json(&json).map_err(DecodeError::whole)
    }

    /// As [`Kind::parse`], of what is parsed already: its depth is bounded by the parser.
    pub(super) fn of_json(json: &Json) -> Result<Kind, String> {
        match json {
            Json::String(name) => match name.as_str() {
                "bool" => Ok(Kind::Bool),
                "number" => Ok(Kind::Number),
                "string" => Ok(Kind::String),
                "dynamic" => Ok(Kind::Dynamic),
                other => Err(format!("{other:?} is no type")),
            },
            Json::Array(parts) => match (parts.first().and_then(Json::as_str), parts.get(1)) {
                (Some("list"), Some(element)) => Ok(Kind::List(Kind::of_json(element)?.into())),
                (Some("set"), Some(element)) => Ok(Kind::Set(Kind::of_json(element)?.into())),
                (Some("map"), Some(element)) => Ok(Kind::Map(Kind::of_json(element)?.into())),
                (Some("tuple"), Some(Json::Array(elements))) => {
                    let mut kinds = Vec::with_capacity(elements.len());
                    for json in elements {
                        kinds.push(Kind::of_json(json)?);
                    }
                    Ok(Kind::Tuple(kinds))
                }
                (Some("object"), Some(Json::Object(members))) => {
                    let mut kinds = BTreeMap::new();
                    for (name, json) in members {
                        kinds.insert(name.clone(), Kind::of_json(json)?);
                    }
                    Ok(Kind::Object(kinds))
                }
                (_, _) => Err("a list that is no type".to_owned()),
            },
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::Object(_) => {
                Err("a type is a text or a list".to_owned())
            }
        }
    }
}

impl fmt::Display for Kind {
    /// As JSON, compact as Terraform writes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Kind::Bool => f.write_str("\"bool\""),
            Kind::Number => f.write_str("\"number\""),
            Kind::String => f.write_str("\"string\""),
            Kind::Dynamic => f.write_str("\"dynamic\""),
            Kind::List(element) => write!(f, "[\"list\",{element}]"),
            Kind::Set(element) => write!(f, "[\"set\",{element}]"),
            Kind::Map(element) => write!(f, "[\"map\",{element}]"),
            Kind::Tuple(elements) => {
                f.write_str("[\"tuple\",[")?;
                for (i, element) in elements.iter().enumerate() {
                    write!(f, "{}{element}", if i == 0 { "" } else { "," })?;
                }
                f.write_str("]]")
            }
            Kind::Object(members) => {
                f.write_str("[\"object\",{")?;
                for (i, (name, kind)) in members.iter().enumerate() {
                    let name = Json::from(name.as_str());
                    write!(f, "{}{name}:{kind}", if i == 0 { "" } else { "," })?;
                }
                f.write_str("}]")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Kind;

    #[test]
    fn a_type_is_read_and_written_as_hosts_write_it() {
        for text in [
            r#""dynamic""#,
            r#"["list",["set",["map","bool"]]]"#,
            r#"["object",{"a\"b":"number","c":["tuple",["string","bool"]]}]"#,
            r#"["tuple",[]]"#,
            r#"["object",{}]"#,
        ] {
            assert_eq!(Kind::parse(text.as_bytes()).unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_type_is_refused() {
        for text in [
            "",
            "7",
            "{}",
            r#""text""#,
            "[]",
            r#"["list"]"#,
            r#"["tuple","bool"]"#,
            r#"["set",7]"#,
            r#"["object",["a"]]"#,
            r#"["object",{"a":null}]"#,
        ] {
            assert!(Kind::parse(text.as_bytes()).is_err(), "{text}");
        }
        let deep =
            |depth: usize| format!("{}\"bool\"{}", "[\"list\",".repeat(depth), "]".repeat(depth));
        assert!(Kind::parse(deep(100).as_bytes()).is_ok());
        assert!(Kind::parse(deep(1_000_000).as_bytes()).is_err());
    }
}
