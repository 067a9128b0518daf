//! The emulator's own endpoints under `/__`: journal, tasks, details, control. They are unsigned.
//! They edit behind the client's back, as the console would; they must not know operations.

use serde_json::{Value, json};

use super::answer::{self, Answer};
use super::clock::{self, Setting};
use super::edit::{self, edit};
use super::faults::{self, Fault};
use super::journal::masked;
use super::late;
use super::object::Object;
use super::options::ACCOUNT_ID;
use super::page;
use super::request::Request;
use super::seed;
use super::store::{Family, Task, plain};
use super::switches::{SWITCHES, Switches};
use super::world::World;
type Handled = Result<Value, (u16, String)>;

/// `path` is what follows `/__`.
pub(super) fn handle(world: &mut World, request: &Request, path: &str) -> Answer {
    let outcome = own_page(request).and_then(|()| route(world, request, path));
    let outcome = outcome.and_then(|value| match world.store.save() {
        Ok(()) => Ok(value),
        Err(error) => Err((500, format!("the state file cannot be written: {error}"))),
    });
    match outcome {
        Ok(value) => answer::own(200, &value),
        Err((status, message)) => answer::own(status, &json!({ "error": message })),
    }
}

/// A page of somebody else's, open in the same browser, must not change what is here.
fn own_page(request: &Request) -> Result<(), (u16, String)> {
    let host = request.header("host").unwrap_or_default();
    let foreign = |origin: &str| origin.strip_prefix("http://") != Some(host);
    match request.header("origin").filter(|origin| foreign(origin)) {
        Some(_) => Err((403, "these endpoints are not for the pages of other sites".to_owned())),
        None => Ok(()),
    }
}

fn route(world: &mut World, request: &Request, path: &str) -> Handled {
    world.wake();
    let (kind, id) = path.split_once('/').unwrap_or((path, ""));
    match kind {
        "journal" => journal(world, request, id),
        "tasks" => tasks(world, request, id),
        "details" => details(world, request, id),
        "control" => control(world, request, id),
        "view" if is(request, "GET") && id.is_empty() => Ok(page::shown(world, request)),
        "view" if is(request, "GET") => {
            let found = id.parse().ok().and_then(|sequence| world.journal.one(sequence));
            found.map(|entry| masked(&entry)).ok_or_else(|| absent(id))
        }
        "clock" if id.is_empty() => set_clock(world, request),
        "load" if is(request, "POST") && id.is_empty() => {
            let now = world.now();
            seed::load(&mut world.store, &object(request)?, now).map_err(bad)
        }
        "reset" if is(request, "POST") && id.is_empty() => {
            world.reset();
            Ok(json!({}))
        }
        "late" | "settled" if is(request, "GET") && id.is_empty() => Ok(world.late.to_json()),
        "release" if is(request, "POST") && id.is_empty() => release(world, request),
        _ => Err(nothing(request)),
    }
}

fn journal(world: &mut World, request: &Request, id: &str) -> Handled {
    match (request.method.as_str(), id) {
        ("GET", "") => {
            let after = number(request, "after")?.unwrap_or(0);
            Ok(world.journal.after(after, usize::MAX).cloned().collect())
        }
        ("DELETE", "") => {
            world.journal.clear();
            Ok(json!({}))
        }
        ("GET", id) => {
            let found = id.parse().ok().and_then(|sequence| world.journal.one(sequence));
            found.ok_or_else(|| absent(id))
        }
        _ => Err(nothing(request)),
    }
}

fn tasks(world: &mut World, request: &Request, path: &str) -> Handled {
    let now = world.now();
    let (id, part) = path.split_once('/').unwrap_or((path, ""));
    match (request.method.as_str(), id, part) {
        ("GET", "", "") => Ok(world.store.tasks().values().map(show_task).collect()),
        ("POST", "", "") => {
            let mut body = body(request)?;
            match body.as_array_mut() {
                Some(tasks) => {
                    let members = std::mem::take(tasks).into_iter().map(members);
                    members.map(|members| add_task(world, members?, now)).collect()
                }
                None => add_task(world, members(body)?, now),
            }
        }
        ("GET", id, "") => world.store.task(id).map(show_task).ok_or_else(|| absent(id)),
        ("PATCH", id, "") => {
            let mut fields = world.store.task(id).ok_or_else(|| absent(id))?.fields.clone();
            edit(&mut fields, object(request)?, edit::TASK).map_err(bad)?;
            let task = world.store.task_mut(id).ok_or_else(|| absent(id))?;
            task.fields = fields;
            task.set("TaskId", id);
            task.pending = None;
            Ok(show_task(task))
        }
        ("DELETE", id, "") => {
            world.store.remove_task(id).map(|_| json!({})).ok_or_else(|| absent(id))
        }
        ("POST", id, "callees") => fill(world, id, &object(request)?, now),
        _ => Err(nothing(request)),
    }
}

fn details(world: &mut World, request: &Request, id: &str) -> Handled {
    match (request.method.as_str(), id) {
        ("GET", "") => Ok(world.store.details().into_iter().map(Value::Object).collect()),
        ("PATCH", id) => edit_callee(world, id, object(request)?),
        _ => Err(nothing(request)),
    }
}

fn control(world: &mut World, request: &Request, id: &str) -> Handled {
    match (request.method.as_str(), id) {
        ("GET", "") => Ok(show_control(world)),
        ("POST", "") => set_control(world, &object(request)?).map_err(bad),
        ("DELETE", "") => {
            world.switches = Switches::default();
            world.faults.clear();
            Ok(show_control(world))
        }
        ("DELETE", "faults") => {
            world.faults.clear();
            Ok(show_control(world))
        }
        _ => Err(nothing(request)),
    }
}

fn set_clock(world: &mut World, request: &Request) -> Handled {
    match request.method.as_str() {
        "GET" => {}
        "POST" => world.set_clock(Setting::from_json(&object(request)?).map_err(bad)?),
        _ => return Err(nothing(request)),
    }
    Ok(clock::to_json(world.now(), &world.pace))
}

/// So many callees with invented numbers, as one batch; the task does not start because of them.
fn fill(world: &mut World, id: &str, members: &Object, now: i64) -> Handled {
    let count =
        members.get("count").and_then(Value::as_i64).filter(|it| (1..=1_000_000).contains(it));
    let count = count.filter(|_| members.len() == 1);
    let count = count.ok_or_else(|| bad("count is a whole number 1..1000000".to_owned()))?;
    let held =
        world.store.task(id).map(|_| world.store.callees(id).len()).ok_or_else(|| absent(id))?;
    let batch = world.store.issue(Family::Batch).to_string();
    for place in 0..count {
        let detail = world.store.issue(Family::Detail);
        let callee = json!({
            "BatchId": batch, "Status": 0, "EncryptionType": 0, "ImportedTime": now,
            "CalledNumber": format!("0534556{:04}", held as i64 + place), "OutId": format!("filled-{}", held as i64 + place),
        });
        world.store.put_callee(id, detail, callee.as_object().cloned().unwrap_or_default());
    }
    Ok(json!({ "BatchId": batch, "count": count }))
}

const ENDPOINTS: &str = "GET, DELETE /__journal; GET /__journal/SEQUENCE; GET, POST, DELETE /__control; DELETE /__control/faults; \
    GET, POST (one or a list) /__tasks; GET, PATCH, DELETE /__tasks/ID; POST /__tasks/ID/callees; GET /__details; \
    PATCH /__details/ID; GET, POST /__clock; POST /__load; POST /__reset; GET /__late; GET /__settled; POST /__release";

fn nothing(request: &Request) -> (u16, String) {
    (404, format!("no {} {}; there are: {ENDPOINTS}", request.method, request.path))
}

fn is(request: &Request, method: &str) -> bool {
    request.method == method
}

fn bad(why: String) -> (u16, String) {
    (400, why)
}

fn number(request: &Request, name: &str) -> Result<Option<u64>, (u16, String)> {
    let parsed = request.parameter(name).map(str::parse).transpose();
    parsed.map_err(|_| bad(format!("{name} is a whole number")))
}

/// Does late operations now: all, or the one with this id.
fn release(world: &mut World, request: &Request) -> Handled {
    let members = if request.body.is_empty() { Object::new() } else { object(request)? };
    let id = match members.get("id") {
        None => None,
        Some(id) => Some(id.as_u64().ok_or((400, format!("an id is a number, not {id}")))?),
    };
    if let Some(name) = members.keys().find(|name| *name != "id") {
        return Err((400, format!("no {name:?}; there is: id")));
    }
    let done = late::release(world, id);
    match id.filter(|_| done.is_empty()) {
        Some(id) => Err((404, format!("nothing with the id {id} is due"))),
        None => Ok(Value::Array(done)),
    }
}

fn edit_callee(world: &mut World, id: &str, members: Object) -> Handled {
    let mut detail = world.store.detail(id).ok_or_else(|| absent(id))?;
    let names = ["DetailId", "TaskId"];
    if let Some(name) = names
        .into_iter()
        .find(|name| members.contains_key(*name) && members.get(*name) != detail.get(*name))
    {
        return Err((400, format!("{name} says which callee it is: it stays")));
    }
    edit(&mut detail, members, edit::CALLEE).map_err(bad)?;
    let task = detail.get("TaskId").map(plain).unwrap_or_default();
    if let Ok(id) = id.parse() {
        world.store.put_callee(&task, id, detail.clone());
    }
    Ok(Value::Object(detail))
}

fn object(request: &Request) -> Result<Object, (u16, String)> {
    members(body(request)?)
}

fn body(request: &Request) -> Handled {
    let parsed = serde_json::from_slice(&request.body);
    parsed.map_err(|error| (400, format!("the body is not JSON: {error}")))
}

fn members(value: Value) -> Result<Object, (u16, String)> {
    if let Value::Object(members) = value {
        return Ok(members);
    }
    Err((400, "the body is not a JSON object".to_owned()))
}

fn absent(id: &str) -> (u16, String) {
    (404, format!("there is no {id:?}"))
}

fn show_task(task: &Task) -> Value {
    let mut shown = task.fields.clone();
    if !task.account.is_empty() {
        shown.insert("Account".to_owned(), task.account.as_str().into());
    }
    if let Some((to, polls)) = task.pending {
        shown.insert("Pending".to_owned(), json!({ "Status": to, "Polls": polls }));
    }
    shown.into()
}

/// `Account` is whose task it is, where there are several accounts.
fn add_task(world: &mut World, mut members: Object, now: i64) -> Handled {
    let account = members.remove("Account").map(|account| plain(&account)).unwrap_or_default();
    let mut task = seed::task(members, now).map_err(bad)?;
    task.account = if account == ACCOUNT_ID { String::new() } else { account };
    if !task.fields.contains_key("TaskId") {
        let id = world.store.issue(Family::Task);
        task.set("TaskId", id.to_string());
    }
    let shown = show_task(&task);
    world.store.put_task(task);
    Ok(shown)
}

fn show_control(world: &World) -> Value {
    let switches: Object = SWITCHES
        .iter()
        .map(|switch| (switch.name.to_owned(), switch.allowed.text().into()))
        .collect();
    let kinds: Object =
        faults::KINDS.iter().map(|(kind, about)| ((*kind).to_owned(), (*about).into())).collect();
    json!({
        "switches": world.switches.to_json(),
        "faults": world.faults.iter().map(Fault::to_json).collect::<Vec<_>>(),
        "agents": world.store.agents(),
        "instances": world.store.instances(),
        "allowed": { "switches": switches, "faults": kinds },
    })
}

fn objects(value: &Value) -> Option<Vec<Object>> {
    value.as_array()?.iter().map(|item| item.as_object().cloned()).collect()
}

/// All or nothing: switches are set, faults are added, agents and service instances are replaced.
fn set_control(world: &mut World, body: &Object) -> Result<Value, String> {
    let mut switches = world.switches.clone();
    let mut faults = world.faults.clone();
    let (mut agents, mut instances) = (None, None);
    for (name, value) in body {
        match name.as_str() {
            "switches" => {
                for (name, value) in value.as_object().ok_or("switches is an object")? {
                    switches.set(name, &plain(value))?;
                }
            }
            "faults" => {
                for fault in value.as_array().ok_or("faults is an array")? {
                    faults.push(Fault::from_json(fault)?);
                }
            }
            "agents" => {
                agents = Some(objects(value).ok_or("agents is an array of objects")?);
            }
            "instances" => {
                instances = Some(objects(value).ok_or("instances is an array of objects")?);
            }
            _ => {
                return Err(format!("no {name:?}; there are: switches, faults, agents, instances"));
            }
        }
    }
    world.switches = switches;
    world.faults = faults;
    if let Some(agents) = agents {
        world.store.set_agents(agents);
    }
    if let Some(instances) = instances {
        world.store.set_instances(instances);
    }
    Ok(show_control(world))
}
