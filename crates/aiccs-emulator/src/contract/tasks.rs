//! The call-task operations: Create, Update, Detail, Page, Start, Stop.
//! Source: the vendor's pages of `api-aiccs-2019-10-15`, and SDK 5.4.3 where the pages are older.

use super::{
    AICCS, Data, Field, Kind, Operation, Parameter, Rule, boolean, gives, integer, takes, text,
};

pub(super) const TABLE: &[Operation] = &[
    Operation {
        name: "CreateAiCallTask",
        version: AICCS,
        parameters: &CREATE,
        data: Data::Id,
        fields: &[],
        code: "OK",
    },
    Operation {
        name: "UpdateAiCallTask",
        version: AICCS,
        parameters: &UPDATE,
        data: Data::Flag,
        fields: &[],
        code: "OK",
    },
    Operation {
        name: "QueryAiCallTaskDetail",
        version: AICCS,
        parameters: &[text("TaskId").required()],
        data: Data::Object,
        fields: DETAIL,
        code: "OK",
    },
    Operation {
        name: "QueryAiCallTaskPage",
        version: AICCS,
        parameters: &[
            text("AgentName"),
            text("ApplicationCode"),
            integer("PageNo").range(1, i64::MAX),
            integer("PageSize").range(1, i64::MAX),
            integer("Source").range(0, 1),
            text("Status").words(STATUS_WORDS),
            text("TaskId"),
            text("TaskName"),
        ],
        data: Data::Page,
        fields: ITEM,
        code: "OK",
    },
    Operation {
        name: "StartAiCallTask",
        version: AICCS,
        parameters: &[text("TaskId").required()],
        data: Data::Flag,
        fields: &[],
        code: "OK",
    },
    Operation {
        name: "StopAiCallTask",
        version: AICCS,
        parameters: &[text("TaskId").required()],
        data: Data::Flag,
        fields: &[],
        code: "OK",
    },
];

/// What stands on both pages, of Create and of Update, with the same bounds: all from `CallDay` to `StartType`.
const SETTINGS: &[Parameter] = &[
    takes("CallDay", Kind::Texts).words(DAYS).required(),
    text("CallExpireDate").rule(Rule::DateTime),
    integer("CallExpireMinutes").range(0, i64::MAX),
    integer("CallExpireType").range(0, 2),
    // 720 is on Create's page. Update's says 120: the switch `update_interval_max` decides.
    integer("CallRetryInterval").range(0, 720),
    takes("CallRetryReason", Kind::Texts).words(RETRY_REASONS),
    integer("CallRetryTimes").range(0, 3),
    takes("CallTime", Kind::Windows).required(),
    takes("CallableTime", Kind::Windows).rule(Rule::Loose),
    text("LineEncoding"),
    text("LinePhoneNum"),
    boolean("MissCallRetry"),
    integer("PhoneType").range(0, 1),
    integer("Source").range(0, 1),
    text("StartType").words(START_TYPES).required(),
];

const CREATE: [Parameter; 21] = joined([
    &[text("AgentId"), text("ApplicationCode")],
    SETTINGS,
    &[
        integer("TaskCps").range(1, 500),
        text("TaskName").required(),
        integer("TaskStartTime"),
        text("VirtualNumber"),
    ],
]);

const UPDATE: [Parameter; 20] = joined([
    &[],
    SETTINGS,
    &[
        integer("TaskCps").range(1, 500).required(),
        text("TaskId").required(),
        text("TaskName").required(),
        integer("TaskStartTime"),
        text("VirtualNumber"),
    ],
]);

/// One list of three, in their order.
const fn joined<const N: usize>(parts: [&[Parameter]; 3]) -> [Parameter; N] {
    assert!(parts[0].len() + parts[1].len() + parts[2].len() == N);
    let mut all = [parts[1][0]; N];
    let (mut part, mut at, mut next) = (0, 0, 0);
    while next < N {
        if at == parts[part].len() {
            (part, at) = (part + 1, 0);
        } else {
            all[next] = parts[part][at];
            (at, next) = (at + 1, next + 1);
        }
    }
    all
}

const DAYS: &[&str] =
    &["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"];
const START_TYPES: &[&str] = &["IMMEDIATE", "SCHEDULE"];
const RETRY_REASONS: &[&str] = &[
    "CALL_REJECTED",
    "USER_BUSY",
    "SUSPEND",
    "INVALID_NUMBER",
    "POWERED_OFF",
    "NETWORK_BUSY",
    "NO_ANSWER",
];
const STATUS_WORDS: &[&str] = &["INIT", "FAILED", "RUNNING", "STOPPED"];

/// The detail has no status, no source and no creation time.
const DETAIL: &[Field] = &[
    gives("AgentId", Kind::Text),
    gives("AgentName", Kind::Text),
    gives("ApplicationCode", Kind::Text),
    gives("ApplicationName", Kind::Text),
    gives("CallDays", Kind::Texts),
    gives("CallExpireDate", Kind::Text),
    gives("CallExpireMinutes", Kind::Integer),
    gives("CallExpireType", Kind::Integer),
    gives("CallTimes", Kind::Windows),
    gives("CallableTimes", Kind::Windows),
    gives("CallerNumber", Kind::Text),
    gives("ConcurrentCount", Kind::Integer),
    gives("LineEncoding", Kind::Text),
    gives("LinePhoneNum", Kind::Text),
    gives("PhoneType", Kind::Integer),
    gives("RealStartTime", Kind::Integer),
    gives("RetryCount", Kind::Integer),
    gives("RetryEnable", Kind::Boolean),
    gives("RetryInterval", Kind::Integer),
    gives("RetryReasons", Kind::Texts),
    gives("StartTime", Kind::Integer),
    gives("StartType", Kind::Text),
    gives("TaskId", Kind::Text),
    gives("TaskName", Kind::Text),
];

/// `Status`: 0 initialised, 1 running, 2 stopped, 3 start failed.
const ITEM: &[Field] = &[
    gives("AgentId", Kind::Text),
    gives("AgentName", Kind::Text),
    gives("ApplicationCode", Kind::Text),
    gives("ApplicationName", Kind::Text),
    gives("CallExpireDate", Kind::Text),
    gives("CallExpireMinutes", Kind::Integer),
    gives("CallExpireType", Kind::Integer),
    gives("CallingCount", Kind::Integer),
    gives("CompleteRate", Kind::Text),
    gives("ConcurrentCount", Kind::Integer),
    gives("CreateTime", Kind::Integer),
    gives("DayCallCount", Kind::Integer),
    gives("DayConnectRate", Kind::Text),
    gives("DayImportCount", Kind::Integer),
    gives("FailedCount", Kind::Integer),
    gives("HistoryConnectRate", Kind::Text),
    gives("RealStartTime", Kind::Integer),
    gives("StartFailedReason", Kind::Text),
    gives("StartTime", Kind::Integer),
    gives("Status", Kind::Integer),
    gives("SucceedCount", Kind::Integer),
    gives("TaskId", Kind::Text),
    gives("TaskName", Kind::Text),
    gives("TotalCallCount", Kind::Integer),
    gives("TotalCount", Kind::Integer),
];
