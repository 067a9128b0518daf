//! The requests that are measured: one call task, as Terraform would send it.

use terraform_plugin::value::Value;
use terraform_provider_aiccs::task::table::SCHEMA;
use tfplugin_proto::tfplugin6 as pb;

use crate::requests::Requests;

const TASK: Requests = Requests { name: "aiccs_call_task", schema: &SCHEMA };

/// What a user writes.
pub fn config(task_cps: i64) -> Value {
    let mut value = SCHEMA.empty();
    let window = |from: &str, to: &str| {
        Value::object([("start_time", Value::string(from)), ("end_time", Value::string(to))])
    };
    value.put("task_name", Value::string("回访 spring"));
    value.put("agent_id", Value::string("118000000000000001"));
    value.put("virtual_number", Value::string("0537022000"));
    value.put("start_type", Value::string("IMMEDIATE"));
    value.put("call_time", Value::set(vec![window("09:00", "12:00"), window("13:30", "18:00")]));
    value.put("call_day", Value::set(vec![Value::string("FRIDAY"), Value::string("MONDAY")]));
    value.put("task_cps", Value::int(task_cps));
    value
}

/// What is stored of it.
pub fn state(task_cps: i64) -> Value {
    let mut value = config(task_cps);
    value.put("source", Value::int(0));
    value.put("miss_call_retry", Value::Bool(false));
    value.put("allow_stopping_for_update", Value::Bool(true));
    value.put("deletion_policy", Value::string("STOP"));
    value.put("adopt_existing", Value::Bool(false));
    value.put("id", Value::string("118700000000000001"));
    value.put("task_id", Value::string("118700000000000001"));
    value.put("agent_name", Value::string("agent"));
    value.put("status", Value::string("STOPPED"));
    value.put("create_time", Value::int(1_748_923_429_000));
    value
}

pub fn validate() -> pb::validate_resource_config::Request {
    TASK.validate(&config(57))
}

/// An update of one argument.
pub fn plan() -> pb::plan_resource_change::Request {
    TASK.plan(&state(5), &state(57), &config(57))
}

/// A refresh of the task with this id.
pub fn read(id: &str) -> pb::read_resource::Request {
    let mut value = state(5);
    value.put("id", Value::string(id));
    value.put("task_id", Value::string(id));
    TASK.read(&value)
}

pub fn upgrade() -> pb::upgrade_resource_state::Request {
    let json = br#"{"adopt_existing":false,"agent_id":"118000000000000001","agent_name":"agent","allow_stopping_for_update":true,
        "application_code":null,"application_name":null,"call_day":["FRIDAY","MONDAY"],"call_expire_date":null,
        "call_expire_minutes":null,"call_expire_type":null,"call_retry_interval":null,"call_retry_reason":null,
        "call_retry_times":null,"call_time":[{"end_time":"12:00","start_time":"09:00"},{"end_time":"18:00","start_time":"13:30"}],
        "callable_time":null,"create_time":1748923429000,"deletion_policy":"STOP","desired_status":null,
        "id":"118700000000000001","line_encoding":null,"line_phone_num":null,"miss_call_retry":false,"phone_type":null,
        "source":0,"start_failed_reason":null,"start_type":"IMMEDIATE","status":"STOPPED","task_cps":57,
        "task_id":"118700000000000001","task_name":"spring","task_start_time":null,"timeouts":null,
        "virtual_number":"0537022000"}"#;
    TASK.upgrade(json)
}
