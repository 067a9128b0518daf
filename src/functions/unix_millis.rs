//! `unix_millis`: a date and time as the service counts it.

use terraform_plugin::driver::{Function, Parameter, Refusal, Signature};
use terraform_plugin::schema::Type;
use terraform_plugin::value::Value;

use super::refuse;

static SIGNATURE: Signature = Signature::new(
    "unix_millis",
    "A date and time as Unix time in milliseconds.",
    &[Parameter::new(
"rfc3339",
Type::String,
"Date, time and offset by RFC 3339, such as `2026-12-01T09:00:00+08:00`.",
)],
    Type::Int,
)
.doc(
    "Turns a date and time with its offset into a Unix time in milliseconds, as `task_start_time` takes it.",
);

/// The function.
#[derive(Debug)]
pub(crate) struct UnixMillis;

impl Function for UnixMillis {
    fn signature(&self) -> &'static Signature {
        &SIGNATURE
    }

    fn call(&self, arguments: &[Value]) -> Result<Value, Refusal> {
        let text = arguments.first().and_then(Value::as_str).unwrap_or_default();
        match text.parse::<jiff::Timestamp>() {
            Ok(time) if is_rfc3339(text) => {
                let millis = time.as_nanosecond().div_euclid(1_000_000);
                Ok(i64::try_from(millis).map_or(Value::Null, Value::int))
            }
            Ok(_) | Err(_) => refuse(
                0,
                format!(
                    "{text:?} is no date and time with an offset. Write it by RFC 3339, such as \
                     \"2026-12-01T09:00:00+08:00\" or \"2026-12-01T01:00:00Z\"."
                ),
            ),
        }
    }
}

/// Whether a text has the form of RFC 3339 and no other: four digits for the year, seconds, an offset of hours and
/// minutes.
fn is_rfc3339(text: &str) -> bool {
    const FORM: &str =
        r"^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:[0-5]\d(\.\d+)?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)$";
    regex_lite::Regex::new(FORM).is_ok_and(|form| form.is_match(text))
}

#[cfg(test)]
mod tests {
    use super::UnixMillis;
    use terraform_plugin::driver::Function;
    use terraform_plugin::value::Value;

    #[test]
    fn a_moment_is_the_same_in_every_offset() {
        let millis = |text: &str| UnixMillis.call(&[Value::string(text)]);
        assert_eq!(millis("1970-01-01T00:00:00Z"), Ok(Value::int(0)));
        assert_eq!(millis("2026-12-01T09:00:00+08:00"), millis("2026-12-01T01:00:00Z"));
        assert_eq!(millis("2026-12-01T01:00:00.25Z"), Ok(Value::int(1_796_086_800_250)));
        assert_eq!(millis("1969-12-31T23:59:59.9999Z"), Ok(Value::int(-1)));
        for text in [
            "2026-12-01T09Z",
            "20261201T090000Z",
            "2026-12-01T09:00:00+24:00",
            "2026-12-01 09:00:00Z",
            "2026-12-01T09:00:60Z",
        ] {
            assert_eq!(millis(text).unwrap_err().argument, Some(0), "{text}");
        }
        for text in ["2026-12-01T09:00:00+09:00[Asia/Shanghai]", "-000001-01-01T00:00:00Z"] {
            assert!(!millis(text).unwrap_err().text.ends_with('.'), "{text}");
        }
        for text in ["", "tomorrow", "2026-12-01", "2026-12-01T09:00:00", "2026-13-01T00:00:00Z"] {
            assert_eq!(millis(text).unwrap_err().argument, Some(0), "{text}");
        }
    }
}
