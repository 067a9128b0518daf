//! Create, Update, Detail, Page, Start, Stop of call tasks.
//! The rules are the vendor's; where the documents are silent, a switch decides.

use serde_json::{Map, Value};

use super::super::arguments::Arguments;
use super::super::store::{Family, Task, status};
use super::super::switches::Switches;
use super::super::view;
use super::{Call, Refused};

/// Request parameter of Create and Update, and the name it is read back under.
const STORED: &[(&str, &str)] = &[
    ("AgentId", "AgentId"),
    ("ApplicationCode", "ApplicationCode"),
    ("CallDay", "CallDays"),
    ("CallExpireDate", "CallExpireDate"),
    ("CallExpireMinutes", "CallExpireMinutes"),
    ("CallExpireType", "CallExpireType"),
    ("CallRetryInterval", "RetryInterval"),
    ("CallRetryReason", "RetryReasons"),
    ("CallRetryTimes", "RetryCount"),
    ("CallTime", "CallTimes"),
    ("CallableTime", "CallableTimes"),
    ("LineEncoding", "LineEncoding"),
    ("LinePhoneNum", "LinePhoneNum"),
    ("MissCallRetry", "RetryEnable"),
    ("PhoneType", "PhoneType"),
    ("Source", "Source"),
    ("StartType", "StartType"),
    ("TaskCps", "ConcurrentCount"),
    ("TaskName", "TaskName"),
    ("TaskStartTime", "StartTime"),
    ("VirtualNumber", "CallerNumber"),
];

pub(super) fn create(call: &mut Call<'_>) -> Result<Value, Refused> {
    let arguments = &call.arguments;
    match (arguments.has("AgentId"), arguments.has("ApplicationCode")) {
        (true, false) | (false, true) => {}
        (false, false) => return Err(Refused::missing("AgentId")),
        (true, true) => return Err(Refused::invalid("ApplicationCode", "AgentId was sent too")),
    }
    check_together(arguments)?;
    check_agent(call)?;
    check_name(call, None)?;
    let id = call.world.store.issue(Family::Task);
    let mut task = Task::default();
    take(&mut task, &call.arguments);
    let cps = call.world.switches.number("default_task_cps");
    let defaults = [
        ("Source", i64::from(call.arguments.has("ApplicationCode")).into()),
        ("ConcurrentCount", cps.into()),
        ("RetryEnable", false.into()),
        ("Status", status::INIT.into()),
        ("CreateTime", call.now.into()),
        ("TaskId", id.to_string().into()),
    ];
    for (name, value) in defaults {
        task.fields.entry(name).or_insert(value);
    }
    name_parties(call, &mut task);
    call.world.store.tasks.insert(id.to_string(), task);
    let text = call.world.switches.is("create_data", "string");
    Ok(if text { id.to_string().into() } else { id.into() })
}

/// `Source` cannot be modified (SDK): it is taken and ignored.
pub(super) fn update(call: &mut Call<'_>) -> Result<Value, Refused> {
    let id = existing(call)?;
    check_together(&call.arguments)?;
    let most = call.world.switches.number("update_interval_max").unwrap_or(720);
    if call.arguments.integer("CallRetryInterval").is_some_and(|interval| interval > most) {
        return Err(Refused::invalid("CallRetryInterval", &format!("not within 0..{most}")));
    }
    let wanted = call.world.switches.word("update_requires").to_owned();
    check_status(call, &id, &wanted, "updated")?;
    check_name(call, Some(&id))?;
    let reset = call.world.switches.is("omitted_on_update", "reset");
    let truncate = call.world.switches.is("name_on_update", "truncated");
    let Some(task) = call.world.store.tasks.get_mut(&id) else { return Err(no_task(&id)) };
    let source = task.integer("Source");
    if reset {
        forget_omitted(task, call.operation, &call.arguments);
    }
    take(task, &call.arguments);
    task.set("Source", source);
    if truncate {
        let mut name = task.text("TaskName").to_owned();
        name.pop();
        task.set("TaskName", name);
    }
    Ok(true.into())
}

pub(super) fn detail(call: &mut Call<'_>) -> Result<Value, Refused> {
    let id = call.arguments.text("TaskId").to_owned();
    let turn = call.world.turn();
    let switches = &call.world.switches;
    let Some(task) = call.world.store.tasks.get(&id) else {
        return match switches.word("missing_task_detail") {
            "success_false" => Err(no_task(&id)),
            "http_404" => Err(Refused { status: Some(404), ..no_task(&id) }),
            _ => Ok(Value::Null),
        };
    };
    let mut shown = view::project(call.operation.fields, &task.fields, switches);
    show_caller(&mut shown, switches);
    for value in shown.values_mut() {
        arrange(value, switches, turn);
    }
    Ok(shown.into())
}

pub(super) fn page(call: &mut Call<'_>) -> Result<Value, Refused> {
    let arguments = &call.arguments;
    let engine = arguments.integer("Source").is_some()
        || call.world.switches.is("list_engine_tasks", "always");
    let tasks = call.world.store.tasks.iter().rev();
    let found = tasks.filter(|(_, task)| {
        matches(task, arguments) && (engine || task.integer("Source") != Some(1))
    });
    let ids: Vec<String> = found.map(|(id, _)| id.clone()).collect();
    let (ids, mut frame) =
        view::page(ids, arguments.integer("PageNo"), arguments.integer("PageSize"));
    let items: Vec<Value> = ids.iter().map(|id| item(call, id)).collect();
    for id in &ids {
        if let Some(task) = call.world.store.tasks.get_mut(id) {
            task.seen();
        }
    }
    frame.insert("List".to_owned(), items.into());
    Ok(frame.into())
}

pub(super) fn start(call: &mut Call<'_>) -> Result<Value, Refused> {
    let id = existing(call)?;
    let wanted = call.world.switches.word("start_requires").to_owned();
    check_status(call, &id, &wanted, "started")?;
    let fails = call.world.switches.is("start_fails", "always");
    let polls = call.world.switches.number("start_takes_polls").unwrap_or(0);
    let Some(task) = call.world.store.tasks.get_mut(&id) else { return Err(no_task(&id)) };
    if fails {
        task.set("StartFailedReason", "agent is offline");
        task.turn(status::FAILED, polls);
    } else {
        task.fields.remove("StartFailedReason");
        task.set("RealStartTime", call.now);
        task.turn(status::RUNNING, polls);
    }
    Ok(true.into())
}

pub(super) fn stop(call: &mut Call<'_>) -> Result<Value, Refused> {
    let id = existing(call)?;
    let wanted = call.world.switches.word("stop_requires").to_owned();
    check_status(call, &id, &wanted, "stopped")?;
    let polls = call.world.switches.number("stop_takes_polls").unwrap_or(0);
    let Some(task) = call.world.store.tasks.get_mut(&id) else { return Err(no_task(&id)) };
    task.turn(status::STOPPED, polls);
    Ok(true.into())
}

/// The id in `TaskId`, of a task that exists.
pub(super) fn existing(call: &Call<'_>) -> Result<String, Refused> {
    let id = call.arguments.get("TaskId").map(super::super::store::plain).unwrap_or_default();
    if call.world.store.tasks.contains_key(&id) { Ok(id) } else { Err(no_task(&id)) }
}

fn no_task(id: &str) -> Refused {
    Refused::new("TaskNotExist", format!("The task {id} does not exist."))
}

fn check_together(arguments: &Arguments) -> Result<(), Refused> {
    if !arguments.has("VirtualNumber") && !arguments.has("LinePhoneNum") {
        return Err(Refused::missing("VirtualNumber"));
    }
    if arguments.text("StartType") == "SCHEDULE" && !arguments.has("TaskStartTime") {
        return Err(Refused::missing("TaskStartTime"));
    }
    let retries = arguments.get("MissCallRetry") == Some(&Value::Bool(true));
    if retries && arguments.integer("CallRetryTimes") == Some(0) {
        return Err(Refused::invalid(
            "CallRetryTimes",
            "not within 1..3 while MissCallRetry is true",
        ));
    }
    Ok(())
}

/// Once agents are seeded, a task needs one that exists and is published.
fn check_agent(call: &Call<'_>) -> Result<(), Refused> {
    let id = call.arguments.text("AgentId");
    if id.is_empty() || call.world.store.agents.is_empty() {
        return Ok(());
    }
    let Some(agent) = call.world.store.agent(id) else {
        return Err(Refused::new("AgentNotExist", format!("The agent {id} does not exist.")));
    };
    if agent.get("IsAvailable") == Some(&Value::Bool(false)) {
        return Err(Refused::new("AgentNotPublished", format!("The agent {id} is not published.")));
    }
    Ok(())
}

fn check_name(call: &Call<'_>, own: Option<&str>) -> Result<(), Refused> {
    let name = call.arguments.text("TaskName");
    match call.world.store.holder(name) {
        Some(holder) if Some(holder) != own => {
            Err(Refused::new("TaskNameExists", format!("The task name {name} exists already.")))
        }
        _ => Ok(()),
    }
}

fn check_status(call: &Call<'_>, id: &str, wanted: &str, what: &str) -> Result<(), Refused> {
    let Some(task) = call.world.store.tasks.get(id) else { return Err(no_task(id)) };
    let now = task.status();
    let allowed = match wanted {
        "stopped" => now == status::STOPPED,
        "not_running" => now != status::RUNNING,
        "running" => now == status::RUNNING,
        "running_or_scheduled" => {
            now == status::RUNNING || (now == status::INIT && task.is_scheduled())
        }
        _ => true,
    };
    if allowed {
        return Ok(());
    }
    let message = format!("The task {id} cannot be {what} in status {now}.");
    Err(Refused::new("TaskStatusInvalid", message))
}

fn take(task: &mut Task, arguments: &Arguments) {
    for (parameter, field) in STORED {
        if let Some(value) = arguments.get(parameter) {
            task.set(field, value.clone());
        }
    }
}

fn forget_omitted(task: &mut Task, operation: &super::Operation, arguments: &Arguments) {
    for (parameter, field) in STORED {
        if operation.parameter(parameter).is_some() && arguments.get(parameter).is_none() {
            task.fields.remove(*field);
        }
    }
    task.set("RetryEnable", false);
}

/// Names that the service looks up; without seeded agents they are invented.
fn name_parties(call: &Call<'_>, task: &mut Task) {
    let agent = call.arguments.text("AgentId");
    if !agent.is_empty() {
        let seeded =
            call.world.store.agent(agent).and_then(|agent| agent.get("AgentName")).cloned();
        task.set("AgentName", seeded.unwrap_or_else(|| format!("agent {agent}").into()));
    }
    let application = call.arguments.text("ApplicationCode");
    if !application.is_empty() {
        task.set("ApplicationName", format!("application {application}"));
    }
}

/// `TaskName` and `AgentName` match in part, the others as a whole.
fn matches(task: &Task, arguments: &Arguments) -> bool {
    let part = |name: &str| task.text(name).contains(arguments.text(name));
    let whole = |name: &str| !arguments.has(name) || task.text(name) == arguments.text(name);
    let word = ["INIT", "RUNNING", "STOPPED", "FAILED"].into_iter().zip(0..);
    let status =
        word.filter(|(word, _)| *word == arguments.text("Status")).map(|(_, number)| number).next();
    part("TaskName")
        && part("AgentName")
        && whole("TaskId")
        && whole("ApplicationCode")
        && status.is_none_or(|status| task.status() == status)
        && arguments.integer("Source").is_none_or(|source| task.integer("Source") == Some(source))
}

fn item(call: &Call<'_>, id: &str) -> Value {
    let Some(task) = call.world.store.tasks.get(id) else { return Value::Null };
    let mut stored = figures(call, id);
    stored.extend(task.fields.clone());
    let mut shown = view::project(call.operation.fields, &stored, &call.world.switches);
    if let Some(status) = call.world.switches.number("page_status") {
        shown.insert("Status".to_owned(), status.into());
    }
    shown.into()
}

/// Counters and rates out of the callees' states.
fn figures(call: &Call<'_>, id: &str) -> Map<String, Value> {
    let callees: Vec<_> = call.world.store.callees(id).collect();
    let midnight = (call.now + CHINA) / DAY * DAY - CHINA;
    let count = |pick: &dyn Fn(&Map<String, Value>) -> bool| {
        callees.iter().filter(|callee| pick(callee)).count()
    };
    let integer =
        |callee: &Map<String, Value>, name: &str| callee.get(name).and_then(Value::as_i64);
    let in_status = |from: i64, to: i64| {
        count(&|callee| {
            integer(callee, "Status").is_some_and(|status| (from..=to).contains(&status))
        })
    };
    let today =
        |name: &str| count(&|callee| integer(callee, name).is_some_and(|at| at >= midnight));
    let percent = |part: usize, whole: usize| {
        let hundredths = (part * 10_000).checked_div(whole).unwrap_or(0);
        format!("{}.{:02}%", hundredths / 100, hundredths % 100)
    };
    let (total, called, succeeded) = (callees.len(), in_status(4, 5), in_status(4, 4));
    let complete = (called * 100).checked_div(total).unwrap_or(0);
    let figures = [
        ("TotalCount", total.into()),
        ("TotalCallCount", called.into()),
        ("DayCallCount", today("CallingTime").into()),
        ("DayImportCount", today("ImportedTime").into()),
        ("CallingCount", in_status(3, 3).into()),
        ("SucceedCount", succeeded.into()),
        ("FailedCount", in_status(5, 5).into()),
        ("CompleteRate", format!("{complete}%").into()),
        ("HistoryConnectRate", percent(succeeded, called).into()),
        ("DayConnectRate", percent(succeeded, called).into()),
    ];
    figures.into_iter().map(|(name, value): (&str, Value)| (name.to_owned(), value)).collect()
}

const DAY: i64 = 24 * 3600 * 1000;
/// The service's days are taken to begin at midnight UTC+8.
const CHINA: i64 = 8 * 3600 * 1000;

fn show_caller(shown: &mut Map<String, Value>, switches: &Switches) {
    let number = shown.get("CallerNumber").and_then(Value::as_str).unwrap_or_default().to_owned();
    let shown_as = match switches.word("caller_number") {
        _ if number.is_empty() => return,
        "absent" => {
            shown.remove("CallerNumber");
            return;
        }
        "masked" => {
            let visible = |at: usize| at < 3 || at + 3 >= number.chars().count();
            number
                .chars()
                .enumerate()
                .map(|(at, digit)| if visible(at) { digit } else { '*' })
                .collect()
        }
        "other" => "057100000000".to_owned(),
        _ => number,
    };
    shown.insert("CallerNumber".to_owned(), shown_as.into());
}

/// Order of lists and form of times; "shuffled" turns a list further on every read.
fn arrange(value: &mut Value, switches: &Switches, turn: usize) {
    let Value::Array(items) = value else { return };
    match switches.word("list_order") {
        "reversed" => items.reverse(),
        "shuffled" if !items.is_empty() => {
            let by = turn % items.len();
            items.rotate_left(by);
        }
        _ => {}
    }
    if switches.is("time_format", "minutes") {
        for time in items.iter_mut().filter_map(Value::as_object_mut).flat_map(Map::values_mut) {
            let short = time.as_str().and_then(|text| text.get(..5)).unwrap_or_default().to_owned();
            *time = short.into();
        }
    }
}
