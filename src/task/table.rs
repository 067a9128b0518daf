//! The rows of `aiccs_call_task`: one per parameter of CreateAiCallTask and UpdateAiCallTask, what the queries
//! show besides, and the provider's own arguments. Facts only.

use terraform_plugin::schema::Mode::{Computed, Optional, OptionalComputed, Required};
use terraform_plugin::schema::{Attribute, Check, Default, Nesting, Schema, Type};
use terraform_plugin::timeouts;

use super::run_state::DesiredStatus;
use super::vocabulary::{DeletionPolicy, StartType};
use super::{forms, start_time, windows};
use crate::field::{Field, attributes, decode_positive, field};

/// Why a warning above Update's documented maximum.
const UPDATE_INTERVAL: &str = "That is the documented maximum of UpdateAiCallTask; CreateAiCallTask takes more, but \
                               the service may refuse a later change of this task.";

const WINDOWS: Type = Type::Objects(Nesting::Set, windows::WINDOW);

const WINDOW_CHECK: Check =
    Check::With("windows with `start_time` before `end_time`, none twice", windows::check);

/// The rows, in the order of the documentation.
pub const FIELDS: [Field; 32] = [
    field("task_name", Type::String, Required, "Name of the task, unique within the account.")
        .write_as("TaskName")
        .read_as("TaskName")
        .checks(&[Check::NotEmpty]),
    field(
        "agent_id",
        Type::String,
        OptionalComputed,
        "Id of the published agent that talks. Exactly one of `agent_id` and `application_code` is given.",
    )
    .create_as("AgentId")
    .read_as("AgentId")
    .checks(&[Check::With("decimal digits", forms::check_agent_id)]),
    field(
        "application_code",
        Type::String,
        OptionalComputed,
        "Code of the application, for a task of the call engine instead of an agent.",
    )
    .create_as("ApplicationCode")
    .read_as("ApplicationCode")
    .checks(&[Check::NotEmpty]),
    field(
        "source",
        Type::Int,
        OptionalComputed,
        "Where the task comes from. Follows from `agent_id` or `application_code` when left out.",
    )
    .create_as("Source")
    .checks(&[Check::UsuallyInt(&[(0, "agent"), (1, "engine")])]),
    field(
        "virtual_number",
        Type::String,
        OptionalComputed,
        "Service instance, that is the pool of numbers, that calls go out from. At least one of `virtual_number` \
         and `line_phone_num` is given.",
    )
    .write_as("VirtualNumber")
    .read_as("CallerNumber")
    .checks(&[Check::NotEmpty, Check::With("", forms::check_mask)]),
    field("line_encoding", Type::String, OptionalComputed, "Code of a line of one's own.")
        .write_as("LineEncoding")
        .read_as("LineEncoding"),
    field("line_phone_num", Type::String, OptionalComputed, "Number of a line of one's own.")
        .write_as("LinePhoneNum")
        .read_as("LinePhoneNum"),
    field("phone_type", Type::Int, OptionalComputed, "Whose number calls go out from.")
        .write_as("PhoneType")
        .read_as("PhoneType")
        .checks(&[Check::UsuallyInt(&[(0, "Alibaba Cloud number"), (1, "line of one's own")])]),
    field(
        "start_type",
        Type::String,
        Required,
        "How the task starts: `IMMEDIATE` as soon as callees are imported, `SCHEDULE` at `task_start_time`.",
    )
    .write_as("StartType")
    .read_as("StartType")
    .checks(&[Check::OneOf(StartType::WORDS)]),
    field(
        "task_start_time",
        Type::Int,
        OptionalComputed,
        "When a task with `start_type = \"SCHEDULE\"` starts: Unix time in milliseconds.",
    )
    .write_as("TaskStartTime")
    .read_with("StartTime", decode_positive)
    .checks(&[Check::With("", start_time::check)]),
    field("miss_call_retry", Type::Bool, OptionalComputed, "Whether calls that were not taken are repeated.")
        .write_as("MissCallRetry")
        .read_as("RetryEnable"),
    field(
        "call_retry_reason",
        Type::Set(&Type::String),
        OptionalComputed,
        "Outcomes of a call after which it is repeated, when `miss_call_retry` is true.",
    )
    .write_as("CallRetryReason")
    .read_as("RetryReasons")
    .checks(&[Check::Usually(&[
        "CALL_REJECTED",
        "USER_BUSY",
        "SUSPEND",
        "INVALID_NUMBER",
        "POWERED_OFF",
        "NETWORK_BUSY",
        "NO_ANSWER",
    ])]),
    field("call_retry_times", Type::Int, OptionalComputed, "How often a call is repeated.")
        .write_as("CallRetryTimes")
        .read_with("RetryCount", decode_positive)
        .checks(&[Check::Range(1, 3)]),
    field("call_retry_interval", Type::Int, OptionalComputed, "Minutes between repetitions of a call.")
        .write_as("CallRetryInterval")
        .read_with("RetryInterval", decode_positive)
        .checks(&[Check::Range(1, 720), Check::WarnAbove(120, UPDATE_INTERVAL)]),
    field(
        "call_time",
        WINDOWS,
        Required,
        "Windows of the day in which calls are made; outside them the task waits for the next one.",
    )
    .write_with("CallTime", windows::encode)
    .read_with("CallTimes", windows::decode)
    .same(windows::same)
    .checks(&[Check::NotEmpty, WINDOW_CHECK]),
    field(
        "callable_time",
        WINDOWS,
        OptionalComputed,
        "Windows of the day in which the outbound call instance may call. Passed through: the vendor documents \
         nothing but the name.",
    )
    .write_with("CallableTime", windows::encode)
    .read_with("CallableTimes", windows::decode)
    .same(windows::same)
    .checks(&[WINDOW_CHECK]),
    field("call_day", Type::Set(&Type::String), Required, "Weekdays on which calls are made.")
        .write_with("CallDay", windows::encode_days)
        .read_as("CallDays")
        .checks(&[Check::NotEmpty, Check::OneOf(windows::DAYS)]),
    field(
        "task_cps",
        Type::Int,
        OptionalComputed,
        "How fast the task dials: calls per second by the service's English page, concurrent calls by its Chinese one.",
    )
    .write_as("TaskCps")
    .read_with("ConcurrentCount", decode_positive)
    .checks(&[Check::Range(1, 500)]),
    field("call_expire_type", Type::Int, OptionalComputed, "How long imported callees stay valid.")
        .write_as("CallExpireType")
        .read_as("CallExpireType")
        .checks(&[Check::UsuallyInt(&[(0, "for ever"), (1, "some minutes after import"), (2, "until a date")])]),
    field(
        "call_expire_minutes",
        Type::Int,
        OptionalComputed,
        "Minutes after import that callees stay valid, with `call_expire_type = 1`.",
    )
    .write_as("CallExpireMinutes")
    .read_with("CallExpireMinutes", decode_positive)
    .checks(&[Check::Range(1, i32::MAX as i64)]),
    field(
        "call_expire_date",
        Type::String,
        OptionalComputed,
        "Date until which callees stay valid, with `call_expire_type = 2`: `YYYY-MM-DD HH:MM:SS` in the service's \
         time zone.",
    )
    .write_as("CallExpireDate")
    .read_as("CallExpireDate")
    .checks(&[Check::With("", forms::check_expire_date)]),
    field(
        "desired_status",
        Type::String,
        Optional,
        "Run state the task is kept in; one that is scheduled and waits for its time counts as `RUNNING`. Left out, the \
         provider neither starts nor stops the task, except around an update that needs it stopped.",
    )
    .checks(&[Check::OneOf(DesiredStatus::WORDS)])
    .local(),
    field(
        "allow_stopping_for_update",
        Type::Bool,
        OptionalComputed,
        "Whether a running task may be stopped for an update, and started again after it. Otherwise the plan of \
         such an update is an error.",
    )
    .default(Default::Bool(true))
    .local(),
    field(
        "deletion_policy",
        Type::String,
        OptionalComputed,
        "What a destroy does. The service has no delete operation: the task always remains in the account and its \
         name stays taken. `STOP` stops it; `RETIRE` also renames it, so that its name is free again; `ABANDON` \
         leaves it as it is; `PREVENT` refuses.",
    )
    .default(Default::String(DeletionPolicy::WORDS[0]))
    .checks(&[Check::OneOf(DeletionPolicy::WORDS)])
    .local(),
    field(
        "adopt_existing",
        Type::Bool,
        OptionalComputed,
        "Whether a create takes over a task that has this name already and the same agent or application, instead \
         of failing.",
    )
    .default(Default::Bool(false))
    .local(),
    field("id", Type::String, Computed, "Id of the task, the same as `task_id`."),
    field("task_id", Type::String, Computed, "Id of the task: 18 decimal digits, as text.").read_as("TaskId"),
    field("agent_name", Type::String, Computed, "Name of the agent.").read_as("AgentName"),
    field("application_name", Type::String, Computed, "Name of the application.").read_as("ApplicationName"),
    field(
        "status",
        Type::String,
        Computed,
        "Run state of the task: `INIT` (not started yet), `RUNNING`, `STOPPED`, `FAILED` (did not start, see \
         `start_failed_reason`), or `UNKNOWN(n)` for a number the vendor does not document.",
    )
    .page_with("Status", crate::task::run_state::decode)
    .recompute_on_change(),
    field("start_failed_reason", Type::String, Computed, "Why the task did not start.")
        .page_as("StartFailedReason")
        .recompute_on_change(),
    field("create_time", Type::Int, Computed, "When the task was created: Unix time in milliseconds.")
        .page_with("CreateTime", decode_positive),
];

const ATTRIBUTES: [Attribute; FIELDS.len()] = attributes(&FIELDS);

/// The schema of the resource.
pub static SCHEMA: Schema = Schema::of(
    "An AI outbound-call task of Alibaba Cloud AICCS. The service has no delete operation: a destroy stops \
          the task and forgets it, see `deletion_policy`.",
    &ATTRIBUTES,
)
.blocks(&[timeouts::BLOCK]);

/// What tells two call tasks apart for good.
pub static IDENTITY: Schema = Schema::of(
    "A call task of the account.",
    &[Attribute::new(
        "task_id",
        Type::String,
        Required,
        "Id of the task: 18 decimal digits, as text.",
    )],
);
