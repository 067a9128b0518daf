//! Callees as rows: what is wrong with which, and how they travel. Messages name rows by their place, never by a
//! number. Pure.

use std::borrow::Cow;
use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

use serde_json::{Map, Value as Json};
use terraform_plugin::diagnostic::Diagnostics;
use terraform_plugin::path::Path;
use terraform_plugin::value::Value;

use super::number::{bare, doubt, is_invisible};

/// The most rows that one message lists.
const LISTED: usize = 20;

/// Checks the callees of a configuration.
pub(crate) fn check_config(config: &Value, out: &mut Diagnostics) {
    const UNKNOWN: i64 = -1;
    let encryption = config.get("encryption_type");
    let encryption = if encryption.is_unknown() { Some(UNKNOWN) } else { encryption.as_int() };
    check(config.get("callees_wo"), encryption, out);
}

/// Checks the rows that are known. `encryption`: how their numbers are handed over.
pub(super) fn check(callees: &Value, encryption: Option<i64>, out: &mut Diagnostics) {
    let (mut wrong, mut doubtful, mut again) =
        (Lines::default(), Lines::default(), Lines::default());
    // Of a hundred thousand numbers only hashes are kept, and no longer than this takes.
    let (hasher, mut seen) = (RandomState::new(), HashSet::new());
    for (index, callee) in callees.each().enumerate() {
        let number = callee.get("number").as_str();
        if let Some(what) = fault(&callee) {
            wrong.add(index, what);
        } else if let Some(what) = number.and_then(|number| doubt(number, encryption)) {
            doubtful.add(index, what);
        }
        if number.is_some_and(|number| !seen.insert(hasher.hash_one(bare(number)))) {
            again.add(index, "the number of an earlier row");
        }
    }
    let path = || Path::root("callees_wo");
    if let Some(lines) = wrong.told() {
        out.error_at(
            path(),
            "Invalid callees",
            format!("Rows of `callees_wo`, counted from 0:{lines}"),
        );
    }
    if let Some(lines) = doubtful.told() {
        let detail = format!(
            "What stands in these rows of `callees_wo`, counted from 0, is most likely not a number that can be called. It is \
             handed over as it is:{lines}"
        );
        out.warning_at(path(), "Numbers that cannot be called as they are", detail);
    }
    if let Some(lines) = again.told() {
        let detail = format!(
            "These rows of `callees_wo`, counted from 0, have the number of an earlier row; whoever has it is called once \
             for each row:{lines}"
        );
        out.warning_at(path(), "Numbers that stand twice", detail);
    }
}

/// Rows by their place, the first of them with what is said of each.
#[derive(Default)]
pub(super) struct Lines {
    shown: Vec<String>,
    more: usize,
}

impl Lines {
    pub(super) fn add(&mut self, index: usize, what: impl std::fmt::Display) {
        if self.shown.len() == LISTED {
            self.more += 1;
        } else {
            // A file has a header, and counts from 1.
            self.shown.push(format!("row {index} (line {} of a CSV): {what}", index + 2));
        }
    }

    /// As lines; none where there are none.
    pub(super) fn told(mut self) -> Option<String> {
        if self.more > 0 {
            self.shown.push(format!("and {} more", self.more));
        }
        let lines: String = self.shown.iter().map(|line| format!("\n  - {line}")).collect();
        (!lines.is_empty()).then_some(lines)
    }
}

/// What makes a callee unfit to be sent.
pub(crate) fn fault(callee: &Value) -> Option<&'static str> {
    if callee.is_null() {
        return Some("it is null");
    }
    let number = callee.get("number");
    if number.as_str().is_some_and(|number| number.trim().is_empty()) {
        return Some("`number` is empty");
    }
    if callee.get("out_id").as_str().is_some_and(|id| id.chars().count() > 128) {
        return Some("`out_id` has more than 128 characters");
    }
    let Value::Map(variables) = callee.get("variables") else { return None };
    variables.keys().find_map(|name| name_fault(name))
}

/// A variable of another name than the agent's is filled for nobody.
fn name_fault(name: &str) -> Option<&'static str> {
    if name == "calleeNumber" || name == "outId" {
        Some("a variable cannot be called `calleeNumber` or `outId`")
    } else if name.is_empty() {
        Some("the name of a variable is empty")
    } else if name.chars().any(is_invisible) {
        Some("the name of a variable holds invisible characters, such as a byte order mark")
    } else if name.trim() != name {
        Some("the name of a variable has blanks at its ends")
    } else {
        None
    }
}

/// A callee on its way, under the id it is known by: the user's own, or one of ours, made of the version and the place in
/// the list. Never of the number: a digest of a number can be guessed back.
pub(super) struct Row<'a> {
    callee: Cow<'a, Value>,
    pub(super) id: String,
    /// The id is the user's.
    pub(super) own: bool,
}

/// Who imports, which keeps the ids of two objects apart.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Importer {
    /// `aiccs_callee_batch`
    Batch,
    /// `aiccs_import_callees`
    Action,
}

/// The callees of one import.
#[derive(Clone, Copy)]
pub(crate) struct Rows<'a> {
    pub(crate) callees: &'a Value,
    pub(crate) importer: Importer,
    /// `callees_wo_version`
    pub(crate) version: Option<i64>,
}

impl<'a> Rows<'a> {
    /// As the service takes them: at most `size` at a time.
    pub(super) fn chunks(self, size: usize) -> impl Iterator<Item = Vec<Row<'a>>> + Send {
        let letter = match self.importer {
            Importer::Batch => 'v',
            Importer::Action => 'a',
        };
        let version = self.version.map(|version| version.to_string()).unwrap_or_default();
        let mut rows = self.callees.each().enumerate().map(move |(place, callee)| {
            let id = callee.get("out_id").as_str().filter(|id| !id.is_empty()).map(str::to_owned);
            let own = id.is_some();
            let id = id.unwrap_or_else(|| format!("tf-{letter}{version}-{place}"));
            Row { callee, id, own }
        });
        std::iter::from_fn(move || {
            let chunk: Vec<Row<'a>> = rows.by_ref().take(size).collect();
            (!chunk.is_empty()).then_some(chunk)
        })
    }
}

impl Row<'_> {
    pub(super) fn number(&self) -> &str {
        self.callee.get("number").as_str().unwrap_or_default()
    }
}

/// A callee as the request carries it: number, own id, and one member for each variable that has a value.
pub(super) fn json(row: &Row<'_>) -> Json {
    let callee = &row.callee;
    let mut members = Map::new();
    if let Value::Map(variables) = callee.get("variables") {
        let given = variables.iter().filter_map(|(name, value)| Some((name, value.as_str()?)));
        members.extend(given.map(|(name, value)| (name.clone(), value.into())));
    }
    members.insert(
        "calleeNumber".to_owned(),
        callee.get("number").as_str().unwrap_or_default().into(),
    );
    members.insert("outId".to_owned(), row.id.as_str().into());
    Json::Object(members)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Importer, Rows, check, json};
    use terraform_plugin::diagnostic::{Diagnostics, Severity};
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
        check(&Value::List(rows.to_vec()), None, &mut out);
        let told: Vec<_> = out.into_iter().map(|told| (told.severity, told.detail)).collect();
        let [(Severity::Error, wrong), (Severity::Warning, doubtful)] = &told[..] else {
            panic!("{told:?}")
        };
        assert!(
            wrong.contains("row 1 (line 3 of a CSV): `number` is empty")
                && wrong.contains("row 3 (line 5 of a CSV): `out_id`")
        );
        assert!(
            doubtful.ends_with("\n  - row 2 (line 4 of a CSV): blanks or hyphens in it"),
            "{doubtful}"
        );
        assert!(!format!("{told:?}").contains("2222"));
    }

    #[test]
    fn a_number_that_stands_twice_is_a_warning_without_it() {
        let mut out = Diagnostics::new();
        let rows = ["13800001111", "13800002222", "13800001111"].map(|number| callee(number, "a"));
        check(&Value::List(rows.to_vec()), None, &mut out);
        assert!(!out.has_errors());
        let detail = out.into_iter().next().unwrap().detail;
        let last = "for each row:\n  - row 2 (line 4 of a CSV): the number of an earlier row";
        assert!(detail.ends_with(last) && !detail.contains("138"), "{detail}");
    }

    #[test]
    fn twenty_rows_are_listed_and_the_others_counted() {
        let told = |count: usize| {
            let mut out = Diagnostics::new();
            check(&Value::List(vec![callee("1380000111", "a"); count]), Some(1), &mut out);
            out.into_iter().next().unwrap().detail
        };
        assert!(told(20).ends_with(
            "row 19 (line 21 of a CSV): no MD5 digest: 32 hexadecimal digits, or base64"
        ));
        assert!(told(23).ends_with("\n  - and 3 more"));
    }

    #[test]
    fn a_variable_has_a_name_that_an_agent_can_have() {
        for (name, wrong) in [
            ("name", false),
            ("姓名", false),
            ("first name", false),
            ("", true),
            ("name ", true),
            ("\u{feff}name", true),
            ("na\u{7}me", true),
            ("outId", true),
        ] {
            let variables = Value::Map(BTreeMap::from([(name.into(), Value::string("x"))]));
            let callee = Value::object([
                ("number", Value::string("138")),
                ("out_id", Value::Null),
                ("variables", variables),
            ]);
            let mut out = Diagnostics::new();
            check(&Value::List(vec![callee]), None, &mut out);
            assert_eq!(out.has_errors(), wrong, "{name:?}");
        }
    }

    #[test]
    fn a_callee_travels_with_its_variables() {
        let expected = serde_json::json!({ "calleeNumber": "138", "outId": "a", "name": "王" });
        let list = Value::List(vec![callee("138", "a")]);
        let rows = Rows { callees: &list, importer: Importer::Batch, version: None };
        assert_eq!(json(&rows.chunks(9).next().unwrap()[0]), expected);
    }

    #[test]
    fn a_callee_without_an_id_gets_one_of_its_version_and_place() {
        let list = Value::List(vec![callee("138", "a"), callee("139", ""), callee("139", "")]);
        let check = |importer, version, expected: [&str; 3]| {
            let rows = Rows { callees: &list, importer, version };
            let chunks: Vec<_> = rows.chunks(2).collect();
            assert_eq!(chunks.iter().map(Vec::len).collect::<Vec<_>>(), [2, 1]);
            let ids: Vec<&str> = chunks.iter().flatten().map(|row| row.id.as_str()).collect();
            assert_eq!(ids, expected);
        };
        check(Importer::Batch, Some(7), ["a", "tf-v7-1", "tf-v7-2"]);
        check(Importer::Batch, None, ["a", "tf-v-1", "tf-v-2"]);
        check(Importer::Action, Some(7), ["a", "tf-a7-1", "tf-a7-2"]);
    }
}
