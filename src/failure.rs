//! Failures of the service as diagnostics: what happened, where, the service's own words, what to do next.

use aliyun::error::{Error, Kind};
use terraform_plugin::diagnostic::{Diagnostic, Severity};
use terraform_plugin::path::Path;

use crate::field::Field;

/// An error diagnostic of a failed call. `fields` find the attribute that the service's code names, if it names
/// one.
pub(crate) fn diagnostic(
    summary: impl Into<String>,
    error: &Error,
    fields: &[Field],
) -> Diagnostic {
    Diagnostic {
        severity: Severity::Error,
        summary: summary.into(),
        detail: detail(error),
        path: attribute(error, fields),
    }
}

/// What a message says of an error: a sentence, the facts line by line, the next step.
pub(crate) fn detail(error: &Error) -> String {
    let mut text = facts(error);
    text.push_str("\n\n");
    text.push_str(&error.advice());
    text
}

/// The same without the next step: what went wrong has turned out well.
pub(crate) fn facts(error: &Error) -> String {
    let mut text = if error.tried.is_empty() {
        format!("{}\n", sentence(&error.message))
    } else {
        let lines: String = error.tried.iter().map(|line| format!("\n  - {line}")).collect();
        format!("{}:{lines}\n", sentence(&error.message).trim_end_matches('.'))
    };
    let mut line = |name: &str, value: Option<&str>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            text.push_str(&format!("\n{name}: {value}"));
        }
    };
    line("Operation", Some(error.operation));
    let code = match (&error.code, error.http_status) {
        (Some(code), Some(status)) => Some(format!("{code} (HTTP {status})")),
        (Some(code), None) => Some(code.to_string()),
        (None, Some(status)) => Some(format!("none (HTTP {status})")),
        (None, None) => None,
    };
    line("Code", code.as_deref());
    line("Request ID", error.request_id.as_deref());
    line("Credentials", error.provenance.as_ref().map(|from| from.label.as_str()));
    if let Some((endpoint, by)) = &error.endpoint {
        // Variables are written in capitals, arguments are not.
        let argument = by.chars().all(|letter| letter.is_ascii_lowercase() || letter == '_');
        let what = if argument { "the argument " } else { "" };
        line(&format!("Endpoint from {what}{by}"), Some(endpoint));
    }
    line("Troubleshooting", error.recommend.as_deref());
    if error.attempts > 1 {
        line("Attempts", Some(&error.attempts.to_string()));
    }
    text.truncate(text.trim_end().len());
    text
}

fn sentence(message: &str) -> String {
    let mut letters = message.trim().chars();
    let Some(first) = letters.next() else {
        return "The call failed without a message.".to_owned();
    };
    let text: String = first.to_uppercase().chain(letters).collect();
    if text.ends_with(['.', '!', '?', '。', '！', '？']) { text } else { format!("{text}.") }
}

/// Codes such as `InvalidParameter.TaskCps` or `MissingTaskName` name a request parameter.
fn attribute(error: &Error, fields: &[Field]) -> Option<Path> {
    let code = error.code.as_deref().filter(|_| error.kind == Kind::Refused)?;
    let named = fields
        .iter()
        .filter(|field| field.write.is_some_and(|write| code.ends_with(write.parameter)));
    let field = named.max_by_key(|field| field.write.map_or(0, |write| write.parameter.len()))?;
    Some(Path::root(field.attribute.name))
}
