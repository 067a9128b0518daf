//! The call variables that an agent needs, and what is wrong with a callee's. Pure: who asks the agent is elsewhere.
//! Never tells a value of a callee: it may be a name or a number.

use serde_json::Value as Json;
use terraform_plugin::validate::nearest;
use terraform_plugin::value::Value;

/// So many names or values are listed in a message.
const LISTED: usize = 10;

/// Sources of variables whose values come with the callees. The vendor's models show `MANUAL_CREATE` and list no others;
/// what has another source is filled by the service.
const IMPORTED: [&str; 3] = ["IMPORT", "MANUAL", "导入"];

/// The call variables of an agent.
#[derive(Debug)]
pub(crate) struct CallVariables(Vec<CallVariable>);

#[derive(Debug)]
struct CallVariable {
    name: String,
    required: bool,
    /// Every value there may be; empty: any.
    allowed: Vec<String>,
}

impl CallVariables {
    /// Those that `QueryAiVoiceAgentDetailNew` shows; none where it does not say.
    pub(crate) fn of(agent: &Json) -> Option<CallVariables> {
        let tags = agent.get("PhoneTagConfig")?.as_array()?;
        Some(CallVariables(tags.iter().filter_map(CallVariable::of).collect()))
    }

    /// Whether the agent has none at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is wrong with the `variables` of a callee. Unknown values pass.
    pub(crate) fn faults(&self, given: &Value) -> Vec<String> {
        if given.is_unknown() {
            return Vec::new();
        }
        let value = |name: &str| match given {
            Value::Map(values) => values.get(name).cloned().unwrap_or_default(),
            Value::Null
            | Value::Unknown
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::List(_)
            | Value::Set(_)
            | Value::Packed(_)
            | Value::Dynamic(_)
            | Value::Object(_) => Value::Null,
        };
        let mut faults = Vec::new();
        for variable in &self.0 {
            let (name, value) = (&variable.name, value(&variable.name));
            let missing = value.is_null() || value.as_str() == Some("");
            if missing && variable.required {
                faults.push(format!("the variable `{name}`, which the agent requires, is missing"));
            } else if let (false, Some(text)) = (missing, value.as_str())
                && !variable.admits(text)
            {
                let allowed = listed(&variable.allowed);
                faults.push(format!(
                    "the variable `{name}` has none of its values, which are {allowed}"
                ));
            }
        }
        if let Value::Map(values) = given {
            faults.extend(values.keys().filter_map(|name| self.stranger(name)));
        }
        faults
    }

    /// What is wrong with a name.
    fn stranger(&self, name: &str) -> Option<String> {
        if self.0.iter().any(|variable| variable.name == name) {
            return None;
        }
        let names: Vec<&str> = self.0.iter().map(|variable| variable.name.as_str()).collect();
        let instead = nearest(name, &names).map_or_else(
            || format!("it has {}", listed(&names)),
            |nearest| format!("did you mean `{nearest}`?"),
        );
        let name: String = name.chars().take(40).collect();
        Some(format!("the agent has no variable {name:?}: {instead}"))
    }
}

impl CallVariable {
    fn of(tag: &Json) -> Option<CallVariable> {
        let text = |json: &Json, name: &str| {
            json.get(name).and_then(Json::as_str).unwrap_or_default().to_owned()
        };
        let name = Some(text(tag, "PhoneTagKey")).filter(|name| !name.is_empty())?;
        let source = text(tag, "PhoneTagSource").to_uppercase();
        let imported = source.is_empty() || IMPORTED.iter().any(|word| source.contains(word));
        let required = match tag.get("PhoneTagRequired") {
            Some(Json::Bool(required)) => *required,
            Some(Json::String(text)) => text.eq_ignore_ascii_case("true"),
            Some(Json::Null | Json::Number(_) | Json::Array(_) | Json::Object(_)) | None => false,
        };
        let values = tag.get("PhoneTagEnum").and_then(Json::as_array).into_iter().flatten();
        let allowed = match text(tag, "PhoneTagType").as_str() {
            "ENUM" => values.map(|value| text(value, "Value")).collect(),
            _ => Vec::new(),
        };
        Some(CallVariable { name, required: required && imported, allowed })
    }

    /// An enumeration without values says nothing.
    fn admits(&self, text: &str) -> bool {
        self.allowed.is_empty() || self.allowed.iter().any(|allowed| allowed == text)
    }
}

fn listed<T: AsRef<str>>(words: &[T]) -> String {
    let shown: Vec<String> =
        words.iter().take(LISTED).map(|word| format!("{:?}", word.as_ref())).collect();
    let more = words.len().saturating_sub(LISTED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", shown.join(", "))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use terraform_plugin::value::Value;

    use super::CallVariables;

    fn variables() -> CallVariables {
        let tag = |key: &str, required: bool, source: &str| json!({ "PhoneTagKey": key, "PhoneTagRequired": required, "PhoneTagSource": source, "PhoneTagType": "TEXT" });
        let mut level = tag("level", false, "IMPORT");
        level["PhoneTagType"] = json!("ENUM");
        level["PhoneTagEnum"] = json!([{ "Value": "gold" }, { "Value": "silver" }]);
        let agent = json!({ "PhoneTagConfig": [
            tag("name", true, "MANUAL_CREATE"), level, tag("city", true, "SYSTEM"), { "PhoneTagKey": "open", "PhoneTagRequired": "true" },
        ]});
        CallVariables::of(&agent).unwrap()
    }

    /// The faults of variables given as `name=value`, values `-` being null.
    fn check(given: &[&str], expected: &[&str]) {
        let pairs = given.iter().map(|pair| pair.split_once('=').unwrap());
        let value = |text: &str| if text == "-" { Value::Null } else { Value::string(text) };
        let map = Value::Map(pairs.map(|(name, text)| (name.into(), value(text))).collect());
        assert_eq!(variables().faults(&map), expected, "{given:?}");
    }

    #[test]
    fn what_is_missing_unknown_or_no_value_is_told() {
        check(&["name=王", "open=x"], &[]);
        check(&["name=王", "open=x", "level=gold", "city=杭州"], &[]);
        let name = "the variable `name`, which the agent requires, is missing";
        let open = "the variable `open`, which the agent requires, is missing";
        check(&[], &[name, open]);
        check(&["name=-", "open="], &[name, open]);
        let level = "the variable `level` has none of its values, which are \"gold\", \"silver\"";
        check(&["name=王", "open=x", "level=Gold"], &[level]);
        check(&["name=王", "open=x", "level="], &[]);
        let near = "the agent has no variable \"leve\": did you mean `level`?";
        check(&["name=王", "open=x", "leve=gold"], &[near]);
        let far = "the agent has no variable \"birthday\": it has \"name\", \"level\", \"city\", \"open\"";
        check(&["name=王", "open=x", "birthday=1"], &[far]);
    }

    #[test]
    fn what_is_unknown_passes() {
        assert!(variables().faults(&Value::Unknown).is_empty());
        let unknown =
            [("name", Value::Unknown), ("open", Value::Unknown), ("level", Value::Unknown)];
        let map =
            Value::Map(unknown.into_iter().map(|(name, value)| (name.into(), value)).collect());
        assert!(variables().faults(&map).is_empty());
        assert_eq!(variables().faults(&Value::Null).len(), 2);
    }

    #[test]
    fn an_agent_that_does_not_say_is_none_without_variables() {
        assert!(CallVariables::of(&json!({})).is_none());
        assert!(CallVariables::of(&json!({ "PhoneTagConfig": null })).is_none());
        assert!(CallVariables::of(&json!({ "PhoneTagConfig": [] })).unwrap().is_empty());
        assert!(!variables().is_empty());
    }

    #[test]
    fn long_lists_are_cut() {
        let tags: Vec<_> =
            (0..13).map(|n| json!({ "PhoneTagKey": format!("v{n:02}xxxxxx") })).collect();
        let variables = CallVariables::of(&json!({ "PhoneTagConfig": tags })).unwrap();
        let map = Value::Map([("q".into(), Value::string("1"))].into_iter().collect());
        assert!(variables.faults(&map)[0].ends_with("\"v09xxxxxx\" and 3 more"));
    }
}
