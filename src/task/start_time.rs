//! The planned start of a task. Pure.

use terraform_plugin::diagnostic::Diagnostics;
use terraform_plugin::path::Path;
use terraform_plugin::value::Value;

/// Milliseconds since 1970 have 12 digits or more since 1973; fewer are most likely seconds.
pub(crate) fn check(value: &Value, path: &Path, out: &mut Diagnostics) {
    let Some(millis) = value.as_int() else {
        let detail =
            format!("`{path}` must be a whole number: a Unix time in milliseconds, not {value}.");
        return out.error_at(path.clone(), "Invalid attribute value", detail);
    };
    if millis < 1 {
        let detail = format!("`{path}` must be a Unix time in milliseconds, not {value}.");
        out.error_at(path.clone(), "Invalid attribute value", detail);
    } else if millis < 100_000_000_000 {
        let detail = format!(
            "`{path}` is {value}, which is a moment in or before 1973. It counts milliseconds, not \
             seconds: multiply seconds by 1000."
        );
        out.warning_at(path.clone(), "Start time in seconds?", detail);
    }
}
