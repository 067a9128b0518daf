//! The `timeouts` block: how long each operation may take, in Go's duration notation. Pure.

use std::time::Duration;

use super::diagnostic::Diagnostics;
use super::path::Path;
use super::schema::{Attribute, Check, Mode, NestedBlock, Nesting, Type};
use super::value::Value;

const CHECK: &[Check] = &[Check::With("a duration such as `30s`, `10m` or `1h30m`", check)];

/// The block, for every resource that has the four operations.
pub const BLOCK: NestedBlock = NestedBlock::new(
    "timeouts",
    Nesting::Single,
    "How long each operation may take, waits and retries included, as durations such as `30s` or `1h30m`.",
    &[
        Attribute::new("create", Type::String, Mode::Optional, "How long a create may take.")
            .checks(CHECK),
        Attribute::new("read", Type::String, Mode::Optional, "How long a read may take.")
            .checks(CHECK),
        Attribute::new("update", Type::String, Mode::Optional, "How long an update may take.")
            .checks(CHECK),
        Attribute::new("delete", Type::String, Mode::Optional, "How long a destroy may take.")
            .checks(CHECK),
    ],
)
.max_items(1)
.local();

/// The block of actions.
pub const INVOKE: NestedBlock = NestedBlock::new(
    "timeouts",
    Nesting::Single,
    "How long the action may take, waits and retries included, as a duration such as `30s` or `1h30m`.",
    &[Attribute::new("invoke", Type::String, Mode::Optional, "How long the action may take.")
        .checks(CHECK)],
)
.max_items(1)
.local();

/// The configured timeout of an operation (`create`, `read`, `update`, `delete`, `invoke`), if the object has one.
pub fn configured(object: &Value, operation: &str) -> Option<Duration> {
    parse(object.get(BLOCK.name).get(operation).as_str()?)
}

/// Parses a positive Go duration: decimal numbers, each with a unit `ns`, `us`, `µs`, `ms`, `s`, `m` or `h`.
pub fn parse(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, after) = rest.split_at(digits);
        let unit_end = after.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(after.len());
        let (unit, after) = after.split_at(unit_end);
        let scale = match unit {
            "ns" => 1e-9,
            "us" | "µs" | "μs" => 1e-6,
            "ms" => 1e-3,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            _ => return None,
        };
        seconds += number.parse::<f64>().ok()? * scale;
        rest = after;
    }
    let duration = Duration::try_from_secs_f64(seconds).ok()?;
    // Go counts nanoseconds in 64 bits.
    let fits = duration.as_nanos() <= i64::MAX as u128;
    (!duration.is_zero() && fits).then_some(duration)
}

fn check(value: &Value, path: &Path, out: &mut Diagnostics) {
    if value.as_str().is_some_and(|text| parse(text).is_none()) {
        let detail = format!(
            "`{path}` must be a duration such as \"30s\", \"10m\" or \"1h30m\", not {value}."
        );
        out.error_at(path.clone(), "Invalid duration", detail);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::parse;

    #[test]
    fn go_durations_parse() {
        assert_eq!(parse("30s"), Some(Duration::from_secs(30)));
        assert_eq!(parse("1h30m"), Some(Duration::from_secs(5400)));
        assert_eq!(parse("1.5h"), Some(Duration::from_secs(5400)));
        assert_eq!(parse("250ms"), Some(Duration::from_millis(250)));
    }

    #[test]
    fn what_is_no_positive_duration_is_refused() {
        for text in ["", "10", "s", "-1s", "1d", "1 h", "0s", "1h x", "1..5s", "4000000000000000h"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
