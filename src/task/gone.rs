//! A task of the state that is not there. AICCS deletes no tasks, so most likely another account is asked.

use terraform_plugin::driver::Response;
use terraform_plugin::hosts::cli;
use terraform_plugin::value::Value;

/// Forgets an object whose task is gone, with a warning; where another account is asked than the one it was last seen in, that
/// is an error and the object stays: `terraform destroy` shows no warning, and would forget the whole state.
pub(crate) fn gone(state: &Value, what: &str, was: Option<&str>, now: Option<String>) -> Response {
    if let (Some(was), Some(now)) = (was, now.as_deref())
        && was != now
    {
        let mut told = Response::value(state.clone());
        let detail = format!(
            "It was last seen in account {was}, and these credentials belong to account {now}, which has no such task. Nothing \
             was forgotten. Use credentials of account {was}; `allowed_account_ids` of the provider block guards against \
             others. To forget it, use `{} state rm ADDRESS`.",
            cli()
        );
        told.diagnostics.error(format!("{what} belongs to another account"), detail);
        return told;
    }
    let mut told = Response::value(Value::Null);
    let account =
        now.map_or_else(String::new, |now| format!(" (the credentials belong to account {now})"));
    let detail = format!(
        "No query shows the task any more. AICCS has no operation that deletes a call task, so most likely another account \
         or endpoint is asked than before{account}. The plan forgets it and creates it anew; a destroy would \
         forget it without a word. If that is not what you want, correct the credentials or `endpoint` before you apply."
    );
    told.diagnostics.warning(format!("{what} is gone"), detail);
    told
}

#[cfg(test)]
mod tests {
    use super::gone;
    use terraform_plugin::value::Value;

    #[test]
    fn another_account_forgets_nothing() {
        let state = Value::object([("id", Value::string("1"))]);
        let check = |was: Option<&str>, now: Option<&str>| {
            let told = gone(&state, "Call task \"a\" (1)", was, now.map(str::to_owned));
            (told.value == state, told.diagnostics.has_errors())
        };
        assert_eq!(check(Some("1"), Some("2")), (true, true));
        for (was, now) in
            [(Some("1"), Some("1")), (None, Some("2")), (Some("1"), None), (None, None)]
        {
            assert_eq!(check(was, now), (false, false), "{was:?} {now:?}");
        }
    }
}
