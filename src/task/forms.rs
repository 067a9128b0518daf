//! The forms of single values: the id of an agent, the date of an expiry. Pure.

use jiff::civil::DateTime;
use terraform_plugin::diagnostic::Diagnostics;
use terraform_plugin::path::Path;
use terraform_plugin::value::Value;

/// An id of an agent is a decimal number; the service refuses what is none, and a replacement would find that out too late.
pub(crate) fn check_agent_id(value: &Value, path: &Path, out: &mut Diagnostics) {
    let Some(text) = value.as_str() else { return };
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        let why = match text {
            "" => "it is empty",
            _ if text.trim().bytes().all(|b| b.is_ascii_digit()) => "it has blanks around it",
            _ if text.chars().all(char::is_numeric) => {
                "some of its digits are not 0 to 9, but for example full-width ones"
            }
            _ => "the name of an agent is not its id, which the data source `aiccs_agents` finds",
        };
        let detail =
            format!("`{path}` is {value}. The id of an agent is a decimal number, as text: {why}.");
        out.error_at(path.clone(), "Invalid agent id", detail);
    }
}

/// A number that was copied from where it is shown with a mask is none.
pub(crate) fn check_mask(value: &Value, path: &Path, out: &mut Diagnostics) {
    if value.as_str().is_some_and(|text| text.contains('*')) {
        let detail = format!(
            "`{path}` is {value}: a number with a mask, as the service shows it. Write the whole number, or the code of the \
             service instance."
        );
        out.error_at(path.clone(), "Masked number", detail);
    }
}

/// `YYYY-MM-DD HH:MM:SS`, a real date.
pub(crate) fn check_expire_date(value: &Value, path: &Path, out: &mut Diagnostics) {
    if value.as_str().is_some_and(|text| expire_date(text).is_none()) {
        let detail = format!(
            "`{path}` is {value}. It must be a date of the calendar and a time from 00:00:00 to 23:59:59, in the form \
             `YYYY-MM-DD HH:MM:SS`, such as \"2027-07-30 20:00:20\". To have none, leave it out and use another \
             `call_expire_type`."
        );
        out.error_at(path.clone(), "Invalid expiry date", detail);
    }
}

/// Unix time in milliseconds, where the text is a date: in UTC+8, which the service's documents leave open.
pub(crate) fn expire_date(text: &str) -> Option<i64> {
    const FORM: &str = "%Y-%m-%d %H:%M:%S";
    let date = DateTime::strptime(FORM, text).ok()?;
    let time = jiff::tz::offset(8).to_timestamp(date).ok()?;
    (date.strftime(FORM).to_string() == text).then(|| time.as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::{check_agent_id, check_expire_date, check_mask, expire_date};
    use terraform_plugin::diagnostic::Diagnostics;
    use terraform_plugin::path::Path;
    use terraform_plugin::value::Value;

    #[test]
    fn a_date_is_a_date() {
        assert_eq!(expire_date("1970-01-01 08:00:01"), Some(1000));
        for (text, valid) in [
            ("2026-07-30 20:00:20", true),
            ("2028-02-29 00:00:00", true),
            ("2026-02-30 00:00:00", false),
            ("2026-02-29 00:00:00", false),
            ("2026-07-30 24:00:00", false),
            ("2026-07-30 23:59:60", false),
            ("2026-7-30 20:00:20", false),
            ("2026-07-30T20:00:20", false),
            ("2026-07-30 20:00", false),
            ("2026-07-30 20:00:20 ", false),
            ("2026/07/30 20:00:20", false),
            ("", false),
        ] {
            let mut out = Diagnostics::new();
            check_expire_date(&Value::string(text), &Path::root("call_expire_date"), &mut out);
            assert_eq!(out.has_errors(), !valid, "{text}");
        }
    }

    #[test]
    fn a_mask_is_no_number() {
        for (text, masked) in [("053****2000", true), ("0537022000", false)] {
            let mut out = Diagnostics::new();
            check_mask(&Value::string(text), &Path::root("virtual_number"), &mut out);
            assert_eq!(out.has_errors(), masked, "{text}");
        }
    }

    #[test]
    fn an_agent_id_is_digits() {
        for (text, what) in [
            ("118000000000000042", None),
            ("11800000000000004２", Some("full-width")),
            ("118 ", Some("blanks around it")),
            ("回访", Some("the name of an agent")),
            ("118-1", Some("the name of an agent")),
            ("", Some("empty")),
        ] {
            let mut out = Diagnostics::new();
            check_agent_id(&Value::string(text), &Path::root("agent_id"), &mut out);
            let detail = out.into_iter().next().map(|told| told.detail);
            assert_eq!(detail.is_some(), what.is_some(), "{text}");
            assert!(detail.unwrap_or_default().contains(what.unwrap_or_default()), "{text}");
        }
    }
}
