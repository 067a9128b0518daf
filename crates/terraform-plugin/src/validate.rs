//! A configuration against its schema. Pure; what needs two attributes at once is the resource's own check.

use super::diagnostic::Diagnostics;
use super::hosts::Feature;
use super::path::{Path, Step};
use super::schema::{Attribute, Check, Mode, NestedBlock, Nesting, Schema, Type};
use super::value::Value;

/// Checks a configured object. Unknown values pass: they are checked again when they are known.
pub fn validate(config: &Value, schema: &Schema, write_only_allowed: bool) -> Diagnostics {
    let mut out = Diagnostics::new();
    if config.is_known() {
        let validator = Validator { write_only_allowed };
        validator.members(config, schema.attributes, schema.blocks, &Path::default(), &mut out);
    }
    out
}

struct Validator {
    write_only_allowed: bool,
}

impl Validator {
    fn members(
        &self,
        object: &Value,
        attributes: &[Attribute],
        blocks: &[NestedBlock],
        path: &Path,
        out: &mut Diagnostics,
    ) {
        for attribute in attributes {
            let at = path.attribute(attribute.name);
            self.attribute(object.get(attribute.name), attribute, &at, out);
        }
        for block in blocks {
            let (value, at) = (object.get(block.name), path.attribute(block.name));
            // A group that is left out looks like one in which everything is null.
            if block.nesting == Nesting::Group && *value == block.absent() {
                continue;
            }
            self.nested(value, block.nesting, block.attributes, block.blocks, &at, out);
            number(value, block, at, out);
        }
    }

    fn attribute(&self, value: &Value, attribute: &Attribute, path: &Path, out: &mut Diagnostics) {
        let value = if matches!(attribute.ty, Type::Dynamic) { value.bare() } else { value };
        match (attribute.mode, value) {
            (_, Value::Unknown) => {}
            (Mode::Required, Value::Null) => {
                let detail =
                    format!("The argument `{path}` is required, and it is null or left out.");
                out.error_at(path.clone(), "Missing required argument", detail);
            }
            (_, Value::Null) => {}
            (Mode::Computed, _) => {
                let detail =
                    format!("`{path}` is decided by the service and cannot be set. Remove it.");
                out.error_at(path.clone(), "Invalid configuration for read-only attribute", detail);
            }
            (Mode::Required | Mode::Optional | Mode::OptionalComputed, _) => {
                self.present(value, attribute, path, out);
            }
        }
    }

    fn present(&self, value: &Value, attribute: &Attribute, path: &Path, out: &mut Diagnostics) {
        if attribute.write_only && !self.write_only_allowed {
            let detail = format!(
                "`{path}` is a write-only argument: it needs a host that supports these, {}.",
                Feature::WriteOnly.hosts()
            );
            // What is inside has the same fault.
            return out.error_at(path.clone(), "Write-only argument not supported", detail);
        }
        if !attribute.null_elements && !matches!(attribute.ty, Type::Tuple(_) | Type::Dynamic) {
            no_nulls(value, path, out);
        }
        for check in attribute.checks {
            apply(check, value, path, out);
        }
        if let Type::Objects(nesting, attributes) = attribute.ty {
            self.nested(value, nesting, attributes, &[], path, out);
        }
    }

    fn nested(
        &self,
        value: &Value,
        nesting: Nesting,
        attributes: &[Attribute],
        blocks: &[NestedBlock],
        path: &Path,
        out: &mut Diagnostics,
    ) {
        let one = |element: &Value, path: &Path, out: &mut Diagnostics| {
            self.element(element, attributes, blocks, path, out);
        };
        match value {
            Value::Object(_) => self.members(value, attributes, blocks, path, out),
            Value::List(_) | Value::Packed(_) => {
                for (index, element) in value.each().enumerate() {
                    one(&element, &path.join(Step::Index(index as i64)), out);
                }
            }
            Value::Set(elements) => {
                debug_assert_eq!(nesting, Nesting::Set);
                elements.iter().for_each(|element| one(element, path, out));
            }
            Value::Map(members) => {
                for (key, element) in members {
                    one(element, &path.join(Step::Key(key.clone())), out);
                }
            }
            Value::Null
            | Value::Unknown
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Dynamic(_) => {}
        }
    }

    /// Elements of sets have no address of their own: their diagnostics stop at the set and name the attribute.
    fn element(
        &self,
        element: &Value,
        attributes: &[Attribute],
        blocks: &[NestedBlock],
        path: &Path,
        out: &mut Diagnostics,
    ) {
        if !element.is_known() {
            return;
        }
        let in_set = !matches!(path.steps().last(), Some(Step::Index(_) | Step::Key(_)));
        if !in_set {
            return self.members(element, attributes, blocks, path, out);
        }
        let mut found = Diagnostics::new();
        self.members(element, attributes, blocks, path, &mut found);
        for mut diagnostic in found {
            diagnostic.path = Some(path.clone());
            out.push(diagnostic);
        }
    }
}

/// How many blocks there are, once that is known.
fn number(value: &Value, block: &NestedBlock, path: Path, out: &mut Diagnostics) {
    if value.is_unknown() {
        return;
    }
    let count = if let Value::Map(members) = value {
        members.len() as i64
    } else if let Value::Object(_) = value {
        1
    } else {
        value.count() as i64
    };
    let plural = |number: i64| if number == 1 { "block is" } else { "blocks are" };
    if block.max_items > 0 && count > block.max_items {
        let (most, are) = (block.max_items, plural(block.max_items));
        let detail = format!("At most {most} `{}` {are} allowed, not {count}.", block.name);
        out.error_at(path, "Too many blocks", detail);
    } else if count < block.min_items {
        let (least, are) = (block.min_items, plural(block.min_items));
        let detail = format!("At least {least} `{}` {are} required, not {count}.", block.name);
        out.error_at(path, "Too few blocks", detail);
    }
}

/// An element that is null means nothing to most services. What is packed is not unpacked for that:
/// its own check looks at each element.
fn no_nulls(value: &Value, path: &Path, out: &mut Diagnostics) {
    if value.elements().unwrap_or_default().iter().any(Value::is_null) {
        let detail = format!("`{path}` holds an element that is null. Leave it out.");
        out.error_at(path.clone(), "Invalid attribute value", detail);
    }
}

fn apply(check: &Check, value: &Value, path: &Path, out: &mut Diagnostics) {
    match check {
        Check::NotEmpty => not_empty(value, path, out),
        Check::With(_, check) => check(value, path, out),
        Check::Range(_, _)
        | Check::WarnAbove(_, _)
        | Check::OneOf(_)
        | Check::Usually(_)
        | Check::UsuallyInt(_) => match value.elements() {
            Some(elements) => elements.iter().for_each(|element| plain(check, element, path, out)),
            None => plain(check, value, path, out),
        },
    }
}

fn plain(check: &Check, value: &Value, path: &Path, out: &mut Diagnostics) {
    if !value.is_known() {
        return;
    }
    match check {
        Check::Range(from, to) => {
            if value.as_int().is_none_or(|n| n < *from || n > *to) {
                let detail =
                    format!("`{path}` must be a whole number from {from} to {to}, not {value}.");
                out.error_at(path.clone(), "Invalid attribute value", detail);
            }
        }
        Check::WarnAbove(limit, reason) => {
            if value.as_int().is_some_and(|n| n > *limit) {
                let detail = format!("`{path}` is {value}, above {limit}. {reason}");
                out.warning_at(path.clone(), "Value above the documented maximum", detail);
            }
        }
        Check::OneOf(words) => {
            if !value.as_str().is_some_and(|text| words.contains(&text)) {
                let detail = format!(
                    "`{path}` must be one of {}, not {value}.{}",
                    list(words),
                    hint(words, value)
                );
                out.error_at(path.clone(), "Invalid attribute value", detail);
            }
        }
        Check::Usually(words) => {
            if !value.as_str().is_some_and(|text| words.contains(&text)) {
                let detail = format!(
                    "`{path}` is {value}, which is none of the documented values {}. It is sent as it is, and \
                     the service decides.{}",
                    list(words),
                    hint(words, value)
                );
                out.warning_at(path.clone(), "Undocumented value", detail);
            }
        }
        Check::UsuallyInt(numbers) => {
            if !value.as_int().is_some_and(|n| numbers.iter().any(|(known, _)| *known == n)) {
                let known: Vec<_> =
                    numbers.iter().map(|(n, meaning)| format!("{n} ({meaning})")).collect();
                let detail = format!(
                    "`{path}` is {value}, which is none of the documented values {}. It is sent as it is, and \
                     the service decides.",
                    known.join(", ")
                );
                out.warning_at(path.clone(), "Undocumented value", detail);
            }
        }
        Check::NotEmpty | Check::With(_, _) => {}
    }
}

fn not_empty(value: &Value, path: &Path, out: &mut Diagnostics) {
    let empty = match value {
        Value::String(text) => text.is_empty(),
        Value::List(_) | Value::Packed(_) | Value::Set(_) => value.count() == 0,
        Value::Map(members) => members.is_empty(),
        Value::Null
        | Value::Unknown
        | Value::Bool(_)
        | Value::Number(_)
        | Value::Dynamic(_)
        | Value::Object(_) => false,
    };
    if empty {
        let more = if value.as_str().is_some() { "" } else { " Give at least one value." };
        let detail = format!("`{path}` must not be empty.{more}");
        out.error_at(path.clone(), "Invalid attribute value", detail);
    }
}

fn list(words: &[&str]) -> String {
    words.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(", ")
}

/// The nearest word is most likely meant.
fn hint(words: &[&str], value: &Value) -> String {
    match value.as_str().and_then(|text| nearest(text, words)) {
        Some(word) => format!(" Did you mean \"{word}\"?"),
        None => String::new(),
    }
}

/// The word that is like the text but for case, blanks, or a few letters: one in three at most.
pub fn nearest<'a>(text: &str, words: &[&'a str]) -> Option<&'a str> {
    let text = text.trim().to_uppercase();
    let near = words.iter().map(|word| (edits(&text, &word.to_uppercase()), *word));
    let (edits, word) = near.min_by_key(|(edits, _)| *edits)?;
    (edits <= word.chars().count() / 3).then_some(word)
}

/// How many letters must be put in, left out, replaced or swapped with their neighbour.
fn edits(from: &str, to: &str) -> usize {
    let (from, to): (Vec<char>, Vec<char>) = (from.chars().collect(), to.chars().collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=to.len()).collect()];
    for (i, letter) in from.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, other) in to.iter().enumerate() {
            let differs = usize::from(letter != other);
            let mut least = (rows[i][j] + differs).min(rows[i][j + 1] + 1).min(row[j] + 1);
            let swapped = i > 0 && j > 0 && from[i - 1] == *other && to[j - 1] == *letter;
            if swapped {
                least = least.min(rows[i - 1][j - 1] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[from.len()][to.len()]
}

#[cfg(test)]
mod tests {
    use super::validate;
    use crate::schema::{Attribute, Check, Mode, Nesting, Schema, Type};
    use crate::value::Value;

    static WINDOW: [Attribute; 1] = [Attribute::new("day", Type::String, Mode::Required, "")
        .checks(&[Check::OneOf(&["MONDAY"])])];
    static SCHEMA: Schema = Schema::of(
        "",
        &[
            Attribute::new("name", Type::String, Mode::Required, "").checks(&[Check::NotEmpty]),
            Attribute::new("id", Type::String, Mode::Computed, ""),
            Attribute::new("cps", Type::Int, Mode::Optional, "").checks(&[Check::Range(1, 500)]),
            Attribute::new("gap", Type::Int, Mode::Optional, "")
                .checks(&[Check::WarnAbove(120, "Why.")]),
            Attribute::new("days", Type::Set(&Type::String), Mode::Optional, "")
                .checks(&[Check::OneOf(&["MONDAY", "FRIDAY"]), Check::NotEmpty]),
            Attribute::new("reason", Type::String, Mode::Optional, "")
                .checks(&[Check::Usually(&["BUSY"])]),
            Attribute::new("windows", Type::Objects(Nesting::Set, &WINDOW), Mode::Optional, ""),
            Attribute::new("secret", Type::String, Mode::Optional, "").write_only(),
        ],
    );

    fn check(members: &[(&'static str, Value)], expected: &[&str]) {
        let mut config = SCHEMA.empty();
        config.put("name", Value::string("n"));
        for (name, value) in members {
            config.put(name, value.clone());
        }
        let found: Vec<String> = validate(&config, &SCHEMA, false)
            .iter()
            .map(|d| format!("{:?} {}: {}", d.severity, d.path.as_ref().unwrap(), d.detail))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn the_nearest_word_is_found_and_no_other_guessed() {
        let words = ["RUNNING", "STOPPED", "MONDAY", "SUNDAY"];
        for (text, expected) in [
            ("running", Some("RUNNING")),
            ("RUNING", Some("RUNNING")),
            (" stoped ", Some("STOPPED")),
            ("MODNAY", Some("MONDAY")),
            ("SUNDAI", Some("SUNDAY")),
            ("PAUSED", None),
            ("", None),
        ] {
            assert_eq!(super::nearest(text, &words), expected, "{text}");
        }
    }

    #[test]
    fn each_check_names_place_value_and_choices() {
        check(&[], &[]);
        check(
            &[("cps", Value::int(501))],
            &["Error cps: `cps` must be a whole number from 1 to 500, not 501."],
        );
        check(&[("gap", Value::int(121))], &["Warning gap: `gap` is 121, above 120. Why."]);
        check(
            &[("days", Value::set(vec![Value::string("monday")]))],
            &[
                "Error days: `days` must be one of \"MONDAY\", \"FRIDAY\", not \"monday\". Did you mean \"MONDAY\"?",
            ],
        );
        check(
            &[("days", Value::set(vec![]))],
            &["Error days: `days` must not be empty. Give at least one value."],
        );
        check(
            &[("id", Value::string("1"))],
            &["Error id: `id` is decided by the service and cannot be set. Remove it."],
        );
        check(
            &[("name", Value::Null)],
            &["Error name: The argument `name` is required, and it is null or left out."],
        );
        check(
            &[("windows", Value::set(vec![Value::object([("day", Value::string("X"))])]))],
            &["Error windows: `windows.day` must be one of \"MONDAY\", not \"X\"."],
        );
    }

    #[test]
    fn null_elements_pass_where_the_attribute_says_so() {
        static STRICT: Schema = Schema::of("", &[DAYS]);
        static LENIENT: Schema = Schema::of("", &[DAYS.allow_null_elements()]);
        const DAYS: Attribute =
            Attribute::new("days", Type::List(&Type::String), Mode::Optional, "");
        let config = Value::object([("days", Value::List(vec![Value::Null]))]);
        assert!(validate(&config, &STRICT, false).has_errors());
        assert!(validate(&config, &LENIENT, false).is_empty());
    }

    #[test]
    fn unknown_values_pass() {
        check(&[("name", Value::Unknown), ("cps", Value::Unknown), ("days", Value::Unknown)], &[]);
        check(&[("days", Value::set(vec![Value::Unknown]))], &[]);
    }

    #[test]
    fn write_only_values_need_a_host_that_knows_them() {
        let mut config = SCHEMA.empty();
        config.put("name", Value::string("n"));
        config.put("secret", Value::string("s"));
        assert!(validate(&config, &SCHEMA, true).is_empty());
        assert!(validate(&config, &SCHEMA, false).has_errors());
    }
}
