//! The data source `aiccs_call_tasks`: the tasks of the account.

use aliyun::aiccs::exact;
use aliyun::client::Wait;
use terraform_plugin::schema::Mode::{Computed, Optional};
use terraform_plugin::schema::{Attribute, Check, Nesting, Schema, Type};
use terraform_plugin::value::Value;

use super::{Asked, Listing, Near, Shape, Take, check_regex, filters, no_check, no_more};
use crate::about::{About, Named};
use crate::config::Ready;
use crate::field::{Field, attributes, decode_percent, decode_positive, field};
use crate::task::run_state;

/// What its page says.
pub(crate) const ABOUT: About = About {
    subcategory: "Call Tasks",
    operations: &["QueryAiCallTaskPage"],
    rows: &[("", &FIELDS), ("tasks", &TASK)],
    names: &[
        Named::own("name_regex"),
        Named::own("retired"),
        Named::read("ids", "TaskId"),
        Named::read("names", "TaskName"),
        Named::read("tasks", "List"),
    ],
    ..About::NONE
};

/// What only the list of tasks shows of a task: figures that change by themselves.
pub(crate) const FIGURES: [Field; 10] = [
    field("total_count", Type::Int, Computed, "Callees imported so far.").page_as("TotalCount"),
    field("total_call_count", Type::Int, Computed, "Calls made so far.").page_as("TotalCallCount"),
    field("day_call_count", Type::Int, Computed, "Calls made today.").page_as("DayCallCount"),
    field("day_import_count", Type::Int, Computed, "Callees imported today.")
        .page_as("DayImportCount"),
    field("calling_count", Type::Int, Computed, "Calls in progress.").page_as("CallingCount"),
    field("succeed_count", Type::Int, Computed, "Calls that succeeded.").page_as("SucceedCount"),
    field("failed_count", Type::Int, Computed, "Calls that failed.").page_as("FailedCount"),
    field("complete_rate", Type::Float, Computed, "Share of callees that are done, in percent.")
        .page_with("CompleteRate", decode_percent),
    field(
        "history_connect_rate",
        Type::Float,
        Computed,
        "Share of all calls that were taken, in percent.",
    )
    .page_with("HistoryConnectRate", decode_percent),
    field(
        "day_connect_rate",
        Type::Float,
        Computed,
        "Share of today's calls that were taken, in percent.",
    )
    .page_with("DayConnectRate", decode_percent),
];

/// The rows of a task in the list.
pub const TASK: [Field; 25] = {
    let settings = [
        field("task_id", Type::String, Computed, "Id of the task, exact.").page_as("TaskId"),
        field("task_name", Type::String, Computed, "Name of the task.").page_as("TaskName"),
        field("agent_id", Type::String, Computed, "Id of its agent.").page_as("AgentId"),
        field("agent_name", Type::String, Computed, "Name of its agent.").page_as("AgentName"),
        field("application_code", Type::String, Computed, "Code of its application.")
            .page_as("ApplicationCode"),
        field("application_name", Type::String, Computed, "Name of its application.")
            .page_as("ApplicationName"),
        field(
            "status",
            Type::String,
            Computed,
            "Its run state: `INIT`, `RUNNING`, `STOPPED`, `FAILED` or `UNKNOWN(n)`.",
        )
        .page_with("Status", run_state::decode),
        field("start_failed_reason", Type::String, Computed, "Why it did not start.")
            .page_as("StartFailedReason"),
        field("task_cps", Type::Int, Computed, "How fast it dials.")
            .page_with("ConcurrentCount", decode_positive),
        field(
            "task_start_time",
            Type::Int,
            Computed,
            "When it is to start: Unix time in milliseconds.",
        )
        .page_with("StartTime", decode_positive),
        field(
            "real_start_time",
            Type::Int,
            Computed,
            "When it started: Unix time in milliseconds.",
        )
        .page_with("RealStartTime", decode_positive),
        field(
            "create_time",
            Type::Int,
            Computed,
            "When it was created: Unix time in milliseconds.",
        )
        .page_with("CreateTime", decode_positive),
        field("call_expire_type", Type::Int, Computed, "How long imported callees stay valid.")
            .page_as("CallExpireType"),
        field(
            "call_expire_minutes",
            Type::Int,
            Computed,
            "Minutes after import that callees stay valid.",
        )
        .page_with("CallExpireMinutes", decode_positive),
        field("call_expire_date", Type::String, Computed, "Date until which callees stay valid.")
            .page_as("CallExpireDate"),
    ];
    let mut rows = [settings[0]; 25];
    let mut i = 0;
    while i < 25 {
        rows[i] = if i < 15 { settings[i] } else { FIGURES[i - 15] };
        i += 1;
    }
    rows
};

const TASK_ATTRIBUTES: [Attribute; TASK.len()] = attributes(&TASK);

/// The rows of the data source.
pub const FIELDS: [Field; 10] = [
    field("task_name", Type::String, Optional, "Part of the name, as the service matches it.")
        .filter_as("TaskName"),
    field("name_regex", Type::String, Optional, "Regular expression that names match.")
        .checks(&[Check::With("", check_regex)]),
    field("status", Type::String, Optional, "Run state of the tasks.")
        .filter_as("Status")
        .checks(&[Check::OneOf(&["INIT", "RUNNING", "STOPPED", "FAILED"])]),
    field(
        "agent_name",
        Type::String,
        Optional,
        "Part of the agent's name, as the service matches it.",
    )
    .filter_as("AgentName"),
    field("application_code", Type::String, Optional, "Code of the application.")
        .filter_as("ApplicationCode"),
    field("source", Type::Int, Optional, "Where the tasks come from; both unless set.")
        .filter_as("Source")
        .checks(&[Check::UsuallyInt(&[(0, "agent"), (1, "engine")])]),
    field(
        "retired",
        Type::Bool,
        Optional,
        "`false` leaves out tasks that `deletion_policy = \"RETIRE\"` has renamed. True unless set.",
    ),
    field("ids", Type::List(&Type::String), Computed, "Ids of the tasks, in ascending order."),
    field(
        "names",
        Type::List(&Type::String),
        Computed,
        "Names of the tasks, in the order of `ids`.",
    ),
    field(
        "tasks",
        Type::Objects(Nesting::List, &TASK_ATTRIBUTES),
        Computed,
        "The tasks, in the order of `ids`.",
    ),
];

const ATTRIBUTES: [Attribute; FIELDS.len()] = attributes(&FIELDS);

static SCHEMA: Schema =
    Schema::of("The AI outbound-call tasks of the account that match the filters.", &ATTRIBUTES);

/// The data source.
pub static CALL_TASKS: Listing = Listing {
    name: "aiccs_call_tasks",
    schema: &SCHEMA,
    shape: Shape {
        list: "tasks",
        rows: &TASK,
        id: "task_id",
        ids: Some("ids"),
        name: Some("task_name"),
    },
    check: no_check,
    ask,
    near: Some(Near { filter: "task_name", member: "task_name" }),
    more: no_more,
};

fn ask<'a>(ready: &'a Ready, config: &'a Value, wait: &'a Wait, take: Take<'a>) -> Asked<'a> {
    Box::pin(async move {
        let mut filters = filters(&FIELDS, config);
        let mut items = ready.client.query_ai_call_task_page(&filters, wait).await?;
        if config.get("source").is_null() {
            // Whether tasks of the call engine are listed without this filter is not documented.
            filters.set("Source", "1");
            let known: std::collections::HashSet<_> =
                items.iter().filter_map(|item| item.get("TaskId").and_then(exact)).collect();
            let more = ready.client.query_ai_call_task_page(&filters, wait).await?;
            let new = |item: &serde_json::Value| {
                item.get("TaskId").and_then(exact).is_some_and(|id| !known.contains(&id))
            };
            items.extend(more.into_iter().filter(new));
        }
        if config.get("retired").as_bool() == Some(false) {
            items.retain(|item| !is_retired(item));
        }
        take(items);
        Ok(())
    })
}

/// Whether RETIRE has renamed the task: its name ends in its own id.
fn is_retired(item: &serde_json::Value) -> bool {
    let id = item.get("TaskId").and_then(exact).unwrap_or_default();
    let name = item.get("TaskName").and_then(serde_json::Value::as_str).unwrap_or_default();
    !id.is_empty() && name.ends_with(&format!("-retired-{id}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::is_retired;

    #[test]
    fn a_task_is_retired_when_its_name_ends_in_its_own_id() {
        for (name, retired) in
            [("a-retired-7", true), ("a-retired-8", false), ("-retired-", false), ("a", false)]
        {
            assert_eq!(is_retired(&json!({ "TaskId": "7", "TaskName": name })), retired, "{name}");
        }
    }
}
