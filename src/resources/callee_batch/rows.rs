//! Callees as rows: what is wrong with which, and how they travel. Messages name rows by their place, never by a
//! number. Pure.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

use serde_json::{Map, Value as Json};
use terraform_plugin::diagnostic::Diagnostics;
use terraform_plugin::path::Path;
use terraform_plugin::value::Value;

/// The most rows that one message lists.
const LISTED: usize = 10;

/// Checks the rows that are known.
pub(crate) fn check(callees: &Value, out: &mut Diagnostics) {
    let (mut wrong, mut again) = (Vec::new(), Vec::new());
    // Of a hundred thousand numbers only hashes are kept, and no longer than this takes.
    let (hasher, mut seen) = (RandomState::new(), HashSet::new());
    for (index, callee) in callees.each().enumerate() {
        let what = fault(&callee);
        wrong.extend(what.map(|what| format!("row {index}: {what}")));
        let number = callee.get("number").as_str();
        if number.is_some_and(|number| !seen.insert(hasher.hash_one(number))) {
            again.push(format!("row {index}"));
        }
    }
    let path = || Path::root("callees_wo");
    if !wrong.is_empty() {
        let detail = format!("Rows of `callees_wo`, counted from 0:{}", list(wrong));
        out.error_at(path(), "Invalid callees", detail);
    }
    if !again.is_empty() {
        let detail = format!(
            "These rows of `callees_wo`, counted from 0, have the number of an earlier row; whoever has it is called once \
             for each row:{}",
            list(again)
        );
        out.warning_at(path(), "Numbers that stand twice", detail);
    }
}

/// As lines, the first of them.
fn list(mut lines: Vec<String>) -> String {
    let more = lines.len().saturating_sub(LISTED);
    lines.truncate(LISTED);
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    lines.iter().map(|line| format!("\n  - {line}")).collect()
}

fn fault(callee: &Value) -> Option<&'static str> {
    if callee.is_null() {
        return Some("it is null");
    }
    let number = callee.get("number");
    if number.as_str().is_some_and(|number| number.trim().is_empty()) {
        return Some("`number` is empty");
    }
    if number.as_str().is_some_and(|number| number.contains(char::is_whitespace)) {
        return Some("`number` holds blanks");
    }
    if callee.get("out_id").as_str().is_some_and(|id| id.chars().count() > 128) {
        return Some("`out_id` has more than 128 characters");
    }
    if let Value::Map(variables) = callee.get("variables")
        && variables.keys().any(|name| name == "calleeNumber" || name == "outId")
    {
        return Some("a variable cannot be called `calleeNumber` or `outId`");
    }
    None
}

/// A callee as the request carries it: number, own id, and one member for each variable that has a value.
pub(super) fn json(callee: &Value) -> Json {
    let mut members = Map::new();
    if let Value::Map(variables) = callee.get("variables") {
        let given = variables.iter().filter_map(|(name, value)| Some((name, value.as_str()?)));
        members.extend(given.map(|(name, value)| (name.clone(), value.into())));
    }
    members.insert(
        "calleeNumber".to_owned(),
        callee.get("number").as_str().unwrap_or_default().into(),
    );
    if let Some(id) = callee.get("out_id").as_str() {
        members.insert("outId".to_owned(), id.into());
    }
    Json::Object(members)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{check, json};
    use terraform_plugin::diagnostic::Diagnostics;
    use terraform_plugin::value::Value;

    fn callee(number: &str, out_id: &str) -> Value {
        let variables = BTreeMap::from([("name".into(), Value::string("王"))]);
        Value::object([
            ("number", Value::string(number)),
            ("out_id", Value::string(out_id)),
            ("variables", Value::Map(variables)),
        ])
    }

    #[test]
    fn rows_are_told_by_their_place() {
        let mut out = Diagnostics::new();
        let long = "x".repeat(129);
        let rows = [
            callee("13800001111", "a"),
            callee(" ", "b"),
            callee("1380000 2222", "c"),
            callee("1", &long),
        ];
        check(&Value::List(rows.to_vec()), &mut out);
        let detail = out.into_iter().next().unwrap().detail;
        assert!(
            detail.contains("row 1: `number` is empty")
                && detail.contains("row 2: `number` holds blanks")
        );
        assert!(detail.contains("row 3: `out_id`") && !detail.contains("2222"), "{detail}");
    }

    #[test]
    fn a_number_that_stands_twice_is_a_warning_without_it() {
        let mut out = Diagnostics::new();
        let rows = ["13800001111", "13800002222", "13800001111"].map(|number| callee(number, "a"));
        check(&Value::List(rows.to_vec()), &mut out);
        assert!(!out.has_errors());
        let detail = out.into_iter().next().unwrap().detail;
        assert!(
            detail.ends_with("for each row:\n  - row 2") && !detail.contains("138"),
            "{detail}"
        );
    }

    #[test]
    fn a_callee_travels_with_its_variables() {
        let expected = serde_json::json!({ "calleeNumber": "138", "outId": "a", "name": "王" });
        assert_eq!(json(&callee("138", "a")), expected);
    }
}
