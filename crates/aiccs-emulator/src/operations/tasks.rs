//! Create, Update, Start, Stop of call tasks.
//! The rules are the vendor's; where the documents are silent, a switch decides.

use serde_json::Value;

use super::super::arguments::Arguments;
use super::super::contract::Operation;
use super::super::store::{Family, Task, status};
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
    let mut task = Task { account: call.account.clone(), ..Task::default() };
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
    call.world.store.put_task(task);
    let text = call.world.switches.is("create_data", "string");
    Ok(if text { id.to_string().into() } else { id.into() })
}

/// `Source` cannot be modified (SDK): it is taken and ignored.
pub(super) fn update(call: &mut Call<'_>) -> Result<Value, Refused> {
    let id = call.task_id()?;
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
    let Some(task) = call.world.store.task_mut(&id) else { return Err(Refused::no_task(&id)) };
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

pub(super) fn start(call: &mut Call<'_>) -> Result<Value, Refused> {
    let id = call.task_id()?;
    let wanted = call.world.switches.word("start_requires").to_owned();
    check_status(call, &id, &wanted, "started")?;
    let ahead = is_ahead(call, &id);
    if ahead && call.world.switches.is("start_before_time", "refused") {
        let message = format!("The task {id} cannot be started before its time.");
        return Err(Refused::new("TaskStatusInvalid", message));
    }
    let waits = ahead && call.world.switches.is("start_before_time", "waits");
    let fails = call.world.switches.is("start_fails", "always");
    let polls = call.world.switches.number("start_takes_polls").unwrap_or(0);
    let Some(task) = call.world.store.task_mut(&id) else { return Err(Refused::no_task(&id)) };
    if fails {
        task.set("StartFailedReason", "agent is offline");
        task.turn(status::FAILED, polls);
    } else if waits {
        task.turn(status::INIT, 0);
    } else {
        task.fields.remove("StartFailedReason");
        task.set("RealStartTime", call.now);
        task.turn(status::RUNNING, polls);
    }
    Ok(true.into())
}

pub(super) fn stop(call: &mut Call<'_>) -> Result<Value, Refused> {
    let id = call.task_id()?;
    let wanted = call.world.switches.word("stop_requires").to_owned();
    check_status(call, &id, &wanted, "stopped")?;
    let polls = call.world.switches.number("stop_takes_polls").unwrap_or(0);
    let Some(task) = call.world.store.task_mut(&id) else { return Err(Refused::no_task(&id)) };
    task.turn(status::STOPPED, polls);
    Ok(true.into())
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
    if id.is_empty() || call.world.store.agents().is_empty() {
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
    match call.world.store.holder(&call.account, name) {
        Some(holder) if Some(holder) != own => {
            Err(Refused::new("TaskNameExists", format!("The task name {name} exists already.")))
        }
        _ => Ok(()),
    }
}

fn check_status(call: &Call<'_>, id: &str, wanted: &str, what: &str) -> Result<(), Refused> {
    let Some(task) = call.world.store.task(id) else { return Err(Refused::no_task(id)) };
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

/// Whether this is a scheduled task before its time.
fn is_ahead(call: &Call<'_>, id: &str) -> bool {
    call.world.store.task(id).is_some_and(|task| {
        task.is_scheduled() && task.integer("StartTime").is_some_and(|start| start > call.now)
    })
}

fn take(task: &mut Task, arguments: &Arguments) {
    for (parameter, field) in STORED {
        if let Some(value) = arguments.get(parameter) {
            task.set(field, value.clone());
        }
    }
}

fn forget_omitted(task: &mut Task, operation: &Operation, arguments: &Arguments) {
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
