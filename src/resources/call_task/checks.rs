//! Checks of a configuration that need more than one attribute. Pure; unknown values pass, since they are checked
//! again when they are known.

use terraform_plugin::diagnostic::Diagnostics;
use terraform_plugin::path::Path;
use terraform_plugin::value::Value;

use crate::task::vocabulary::StartType;

/// All of them.
pub(super) fn check(config: &Value) -> Diagnostics {
    let mut out = Diagnostics::new();
    if config.is_known() {
        owner(config, &mut out);
        caller(config, &mut out);
        start(config, &mut out);
        retry(config, &mut out);
        expiry(config, &mut out);
    }
    out
}

fn owner(config: &Value, out: &mut Diagnostics) {
    let (agent, application) = (config.get("agent_id"), config.get("application_code"));
    if agent.is_null() && application.is_null() {
        out.error_at(
            Path::root("agent_id"),
            "Missing agent or application",
            "Each of `agent_id` and `application_code` is null or left out (a `one()` that finds nothing is null). Give `agent_id` for a \
             task of an agent, or `application_code` for a task of the call engine.",
        );
    } else if agent.is_known() && application.is_known() {
        let detail = format!(
            "`agent_id` is {agent} and `application_code` is {application}: a task has one or the other. Remove one."
        );
        out.error_at(Path::root("application_code"), "Agent and application together", detail);
    }
}

fn caller(config: &Value, out: &mut Diagnostics) {
    if config.get("virtual_number").is_null() && config.get("line_phone_num").is_null() {
        out.error_at(
            Path::root("virtual_number"),
            "Missing number to call from",
            "Each of `virtual_number` and `line_phone_num` is null or left out. Give `virtual_number` (a service instance) or \
             `line_phone_num` (a line of one's own).",
        );
    }
}

fn start(config: &Value, out: &mut Diagnostics) {
    let time = config.get("task_start_time");
    match StartType::of(config) {
        Some(StartType::Schedule) if time.is_null() => out.error_at(
            Path::root("task_start_time"),
            "Missing start time",
            "`start_type = \"SCHEDULE\"` needs `task_start_time`, a Unix time in milliseconds. For a task that starts \
             with its first callees, use `start_type = \"IMMEDIATE\"`.",
        ),
        Some(StartType::Immediate) if time.is_known() => {
            let detail = format!(
                "`task_start_time` is {time}, but `start_type = \"IMMEDIATE\"` starts the task with its first callees. \
                 Remove `task_start_time`, or use `start_type = \"SCHEDULE\"`."
            );
            out.error_at(Path::root("task_start_time"), "Start time of an immediate task", detail);
        }
        Some(_) | None => {}
    }
}

fn retry(config: &Value, out: &mut Diagnostics) {
    let switch = config.get("miss_call_retry");
    if switch.is_unknown() || switch.as_bool() == Some(true) {
        return;
    }
    for name in ["call_retry_reason", "call_retry_times", "call_retry_interval"] {
        let value = config.get(name);
        let clears = value.elements().is_some_and(<[Value]>::is_empty);
        if value.is_known() && !clears {
            let detail = format!(
                "`{name}` is set, but takes effect only with `miss_call_retry = true`, which is not set."
            );
            out.warning_at(Path::root(name), "Retry setting without retry", detail);
        }
    }
}

fn expiry(config: &Value, out: &mut Diagnostics) {
    let mut needs = |name: &'static str, what: &str, number: i64| {
        if config.get("call_expire_type").as_int() == Some(number) && config.get(name).is_null() {
            let detail = format!("`call_expire_type = {number}` ({what}) needs `{name}`.");
            out.error_at(Path::root(name), "Missing expiry", detail);
        }
    };
    needs("call_expire_minutes", "some minutes after import", 1);
    needs("call_expire_date", "until a date", 2);
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::task::table::SCHEMA;
    use terraform_plugin::value::Value;

    /// `name=text` pairs over a valid configuration; `?` is unknown, `-` is null, `[]` is empty.
    #[track_caller]
    fn checked(edits: &str, expected: &[&str]) {
        let mut config = SCHEMA.empty();
        let base = "task_name=t agent_id=1 virtual_number=2 start_type=IMMEDIATE";
        for pair in base.split_whitespace().chain(edits.split_whitespace()) {
            let (name, text) = pair.split_once('=').unwrap();
            let value = match text {
                "-" => Value::Null,
                "?" => Value::Unknown,
                "[]" => Value::Set(Vec::new()),
                "true" | "false" => Value::Bool(text == "true"),
                _ if name.ends_with("_id") || name.ends_with("number") || name.ends_with("num") => {
                    Value::string(text)
                }
                _ => text.parse().map_or_else(|_| Value::string(text), Value::int),
            };
            config.put(SCHEMA.attribute(name).unwrap().name, value);
        }
        let found: Vec<_> = check(&config)
            .iter()
            .map(|d| format!("{:?} {}", d.severity, d.path.as_ref().unwrap()))
            .collect();
        assert_eq!(found, expected, "{edits}");
    }

    #[test]
    fn a_valid_configuration_has_nothing_to_say() {
        checked("", &[]);
        checked("agent_id=- application_code=a", &[]);
        checked("virtual_number=- line_phone_num=1", &[]);
        checked("start_type=SCHEDULE task_start_time=1748923429000", &[]);
    }

    #[test]
    fn exactly_one_owner() {
        checked("agent_id=-", &["Error agent_id"]);
        checked("application_code=a", &["Error application_code"]);
        checked("agent_id=? application_code=a", &[]);
        checked("agent_id=- application_code=?", &[]);
    }

    #[test]
    fn a_number_to_call_from() {
        checked("virtual_number=-", &["Error virtual_number"]);
        checked("virtual_number=?", &[]);
    }

    #[test]
    fn the_start_time_goes_with_the_schedule() {
        checked("start_type=SCHEDULE", &["Error task_start_time"]);
        checked("task_start_time=1748923429000", &["Error task_start_time"]);
        checked("start_type=? task_start_time=1748923429000", &[]);
        checked("start_type=SCHEDULE task_start_time=?", &[]);
    }

    #[test]
    fn retry_settings_want_the_retry() {
        checked("call_retry_times=2", &["Warning call_retry_times"]);
        checked("call_retry_times=2 miss_call_retry=false", &["Warning call_retry_times"]);
        checked("call_retry_times=2 miss_call_retry=true", &[]);
        checked("call_retry_times=2 miss_call_retry=?", &[]);
        checked("call_retry_reason=[] miss_call_retry=false", &[]);
    }

    #[test]
    fn an_expiry_needs_its_measure() {
        checked("call_expire_type=1", &["Error call_expire_minutes"]);
        checked("call_expire_type=2", &["Error call_expire_date"]);
        checked("call_expire_type=1 call_expire_minutes=?", &[]);
        checked("call_expire_type=0", &[]);
    }
}
