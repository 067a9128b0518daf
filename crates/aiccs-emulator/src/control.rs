//! The emulator's own endpoints under `/__`: journal, tasks, details, control. They are unsigned.
//! They edit behind the client's back, as the console would; they must not know operations.

use serde_json::{Map, Value, json};

use super::answer::{self, Answer};
use super::contract::{self, Field, Kind};
use super::faults::{self, Fault};
use super::late;
use super::request::Request;
use super::store::{Family, Task, plain, status};
use super::switches::{SWITCHES, Switches};
use super::view;
use super::world::World;

type Object = Map<String, Value>;
type Outcome = Result<Value, (u16, String)>;

/// `path` is what follows `/__`.
pub(super) fn handle(world: &mut World, request: &Request, path: &str) -> Answer {
    let outcome = route(world, request, path).and_then(|value| match world.store.save() {
        Ok(()) => Ok(value),
        Err(error) => Err((500, format!("the state file cannot be written: {error}"))),
    });
    match outcome {
        Ok(value) => answer::own(200, &value),
        Err((status, message)) => answer::own(status, &json!({ "error": message })),
    }
}

fn route(world: &mut World, request: &Request, path: &str) -> Outcome {
    let now = world.now();
    let stopped = world.switches.is("stopped_schedule", "starts");
    world.store.wake(now, stopped);
    let (kind, id) = path.split_once('/').unwrap_or((path, ""));
    match (request.method.as_str(), kind, id) {
        ("GET", "journal", "") => Ok(world.journal.to_json()),
        ("DELETE", "journal", "") => {
            world.journal.clear();
            Ok(json!({}))
        }
        ("GET", "control", "") => Ok(show_control(world)),
        ("POST", "control", "") => {
            set_control(world, &object(request)?).map_err(|error| (400, error))
        }
        ("DELETE", "control", "") => {
            world.switches = Switches::default();
            world.faults.clear();
            Ok(show_control(world))
        }
        ("GET", "late" | "settled", "") => Ok(world.late.to_json()),
        ("POST", "release", "") => release(world, request),
        ("GET", "tasks", "") => Ok(world.store.tasks().values().map(show_task).collect()),
        ("POST", "tasks", "") => {
            let mut body = body(request)?;
            match body.as_array_mut() {
                Some(tasks) => {
                    let members = std::mem::take(tasks).into_iter().map(members);
                    members.map(|members| add_task(world, members?, now)).collect()
                }
                None => add_task(world, members(body)?, now),
            }
        }
        ("GET", "tasks", id) => world.store.task(id).map(show_task).ok_or_else(|| absent(id)),
        ("PATCH", "tasks", id) => {
            let mut fields = world.store.task(id).ok_or_else(|| absent(id))?.fields.clone();
            edit(&mut fields, object(request)?, &TASK)?;
            let task = world.store.task_mut(id).ok_or_else(|| absent(id))?;
            task.fields = fields;
            task.set("TaskId", id);
            task.pending = None;
            Ok(show_task(task))
        }
        ("DELETE", "tasks", id) => {
            world.store.remove_task(id).map(|_| json!({})).ok_or_else(|| absent(id))
        }
        ("GET", "details", "") => {
            Ok(world.store.details().into_iter().map(Value::Object).collect())
        }
        ("PATCH", "details", id) => edit_callee(world, id, object(request)?),
        _ => Err((404, format!("no {} /__{path}; there are: {ENDPOINTS}", request.method))),
    }
}

const ENDPOINTS: &str = "GET, DELETE /__journal; GET, POST, DELETE /__control; GET, POST (one or a list) /__tasks; \
    GET, PATCH, DELETE /__tasks/ID; GET /__details; PATCH /__details/ID; GET /__late; GET /__settled; POST /__release";

/// Does late operations now: all, or the one with this id.
fn release(world: &mut World, request: &Request) -> Outcome {
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

fn edit_callee(world: &mut World, id: &str, members: Object) -> Outcome {
    let mut detail = world.store.detail(id).ok_or_else(|| absent(id))?;
    let names = ["DetailId", "TaskId"];
    if let Some(name) = names
        .into_iter()
        .find(|name| members.contains_key(*name) && members.get(*name) != detail.get(*name))
    {
        return Err((400, format!("{name} says which callee it is: it stays")));
    }
    edit(&mut detail, members, &["QueryAiCallDetailPage"])?;
    let task = detail.get("TaskId").map(plain).unwrap_or_default();
    if let Ok(id) = id.parse() {
        world.store.put_callee(&task, id, detail.clone());
    }
    Ok(Value::Object(detail))
}

const TASK: [&str; 2] = ["QueryAiCallTaskDetail", "QueryAiCallTaskPage"];

fn object(request: &Request) -> Result<Object, (u16, String)> {
    members(body(request)?)
}

fn body(request: &Request) -> Outcome {
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
    if let Some((to, polls)) = task.pending {
        shown.insert("Pending".to_owned(), json!({ "Status": to, "Polls": polls }));
    }
    shown.into()
}

fn add_task(world: &mut World, members: Object, now: i64) -> Outcome {
    let mut task = Task::default();
    edit(&mut task.fields, members, &TASK)?;
    if !task.fields.contains_key("TaskId") {
        let id = world.store.issue(Family::Task);
        task.set("TaskId", id.to_string());
    }
    for (name, value) in [("Status", status::INIT), ("Source", 0), ("CreateTime", now)] {
        task.fields.entry(name).or_insert(value.into());
    }
    let shown = show_task(&task);
    world.store.put_task(task);
    Ok(shown)
}

/// Sets members by their documented names and types; null removes one.
fn edit(stored: &mut Object, members: Object, operations: &[&str]) -> Result<(), (u16, String)> {
    let found = operations.iter().filter_map(|name| contract::operation(name));
    let fields: Vec<&Field> =
        found.flat_map(|operation| operation.fields).chain([&SOURCE]).collect();
    let mut edits = Vec::new();
    for (name, value) in members {
        let Some(field) = fields.iter().find(|field| field.name == name) else {
            let names: Vec<_> = fields.iter().map(|field| field.name).collect();
            return Err((400, format!("no field {name:?}; there are: {}", names.join(", "))));
        };
        let typed = if value.is_null() { None } else { view::cast(field.kind, &value) };
        if typed.is_none() && !value.is_null() {
            return Err((400, format!("{name} takes {}, not {value}", view::words(field.kind))));
        }
        edits.push((name, typed));
    }
    for (name, value) in edits {
        match value {
            Some(value) => stored.insert(name, value),
            None => stored.remove(&name),
        };
    }
    Ok(())
}

/// Stored and filtered by, though no answer shows it.
const SOURCE: Field = Field { name: "Source", kind: Kind::Integer };

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
