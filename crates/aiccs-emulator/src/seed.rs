//! Tasks, callees and agents that are there from the start: what `--load FILE` and `POST /__load` hold.
//! All or nothing, under the documented names. It must not know how the document arrived.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::contract::{Field, Kind};
use super::edit::{self, edit};
use super::object::Object;
use super::store::{Family, Store, Task, plain, status};

/// Adds what the document holds; the error names the place. How many of each were added.
pub(super) fn load(store: &mut Store, document: &Object, now: i64) -> Result<Value, String> {
    if let Some(name) = document.keys().find(|name| !MEMBERS.contains(&name.as_str())) {
        return Err(format!("no {name:?}; there are: {}", MEMBERS.join(", ")));
    }
    let agents = objects(document, "agents")?;
    let tasks = placed(objects(document, "tasks")?, "tasks", |members| task(members, now))?;
    check(store, &tasks)?;
    let callees = placed(objects(document, "callees")?, "callees", |members| callee(members, now))?;
    let named = |task: &Task| [task.text("TaskId").to_owned(), task.text("TaskName").to_owned()];
    let mut known: BTreeSet<String> = tasks.iter().flat_map(named).collect();
    known.extend(store.tasks().values().flat_map(named));
    if let Some(place) = callees.iter().position(|callee| !known.contains(&callee.task)) {
        let task = callees.get(place).map_or("", |callee| &callee.task);
        return Err(format!("callees[{place}]: there is no task {task:?}"));
    }
    let counts = json!({ "agents": agents.len(), "tasks": tasks.len(), "callees": callees.len() });
    agents.into_iter().for_each(|agent| store.put_agent(agent));
    for mut task in tasks {
        if task.text("TaskId").is_empty() {
            let id = store.issue(Family::Task);
            task.set("TaskId", id.to_string());
        }
        store.put_task(task);
    }
    add(store, callees);
    Ok(counts)
}

/// What a task has without being told.
pub(super) fn task(members: Object, now: i64) -> Result<Task, String> {
    let mut task = Task::default();
    edit(&mut task.fields, members, edit::TASK)?;
    for (name, value) in [("Status", status::INIT), ("Source", 0), ("CreateTime", now)] {
        task.fields.entry(name).or_insert(value.into());
    }
    Ok(task)
}

struct Callee {
    /// A task's id or name.
    task: String,
    members: Object,
}

fn callee(mut members: Object, now: i64) -> Result<Callee, String> {
    let task = members.remove("TaskName").or_else(|| members.remove("TaskId"));
    let task = task.map(|task| plain(&task)).ok_or("TaskName or TaskId is missing")?;
    let mut stored = Object::new();
    edit(&mut stored, members, edit::CALLEE)?;
    if stored.get("DetailId").is_some_and(|id| plain(id).parse::<i64>().is_err()) {
        return Err("DetailId is decimal text".to_owned());
    }
    for (name, value) in [("Status", 0), ("EncryptionType", 0), ("ImportedTime", now)] {
        stored.entry(name).or_insert(value.into());
    }
    Ok(Callee { task, members: stored })
}

/// Callees of one load and one task are one batch, unless they say otherwise.
fn add(store: &mut Store, callees: Vec<Callee>) {
    let mut ids: BTreeMap<String, String> = BTreeMap::new();
    let mut batches: BTreeMap<String, i64> = BTreeMap::new();
    for Callee { task, mut members } in callees {
        let by_name =
            |store: &Store| store.holder("", &task).map(str::to_owned).unwrap_or_default();
        let id = ids.entry(task.clone()).or_insert_with(|| match store.task(&task) {
            Some(_) => task.clone(),
            None => by_name(store),
        });
        if !members.contains_key("BatchId") {
            let batch = *batches.entry(id.clone()).or_insert_with(|| store.issue(Family::Batch));
            members.insert("BatchId".to_owned(), batch.to_string().into());
        }
        let detail = members.remove("DetailId").and_then(|id| plain(&id).parse().ok());
        let detail = detail.unwrap_or_else(|| store.issue(Family::Detail));
        store.put_callee(id, detail, members);
    }
}

/// Names are unique in an account, and ids everywhere.
fn check(store: &Store, tasks: &[Task]) -> Result<(), String> {
    let there = store.tasks().values().filter(|task| task.account.is_empty());
    let mut names: BTreeSet<&str> = there.map(|task| task.text("TaskName")).collect();
    let mut ids: BTreeSet<&str> = store.tasks().keys().map(String::as_str).collect();
    for (place, task) in tasks.iter().enumerate() {
        let (id, name) = (task.text("TaskId"), task.text("TaskName"));
        if name.is_empty() {
            return Err(format!("tasks[{place}]: TaskName is missing"));
        }
        if !names.insert(name) || (!id.is_empty() && !ids.insert(id)) {
            return Err(format!("tasks[{place}]: its name or id is there already"));
        }
    }
    Ok(())
}

fn placed<T>(
    list: Vec<Object>,
    name: &str,
    read: impl Fn(Object) -> Result<T, String>,
) -> Result<Vec<T>, String> {
    let read = |(place, members)| read(members).map_err(|why| format!("{name}[{place}]: {why}"));
    list.into_iter().enumerate().map(read).collect()
}

fn objects(document: &Object, name: &str) -> Result<Vec<Object>, String> {
    let Some(value) = document.get(name) else { return Ok(Vec::new()) };
    let list = value
        .as_array()
        .and_then(|list| list.iter().map(|item| item.as_object().cloned()).collect());
    list.ok_or_else(|| format!("{name} is a list of objects"))
}

const MEMBERS: [&str; 4] = ["$schema", "agents", "callees", "tasks"];

/// The JSON Schema of a document, made from the contract.
pub fn schema() -> Value {
    let object = |fields: Vec<&Field>, more: &[&Field]| -> Value {
        let named = fields.into_iter().chain(more.iter().copied());
        let properties: Object =
            named.map(|field| (field.name.to_owned(), kind(field.kind))).collect();
        json!({ "type": "object", "properties": properties, "additionalProperties": false })
    };
    let agents: Vec<&Field> =
        ["PageQueryAgentList", "PageQueryAgentListNew", "QueryAiVoiceAgentDetailNew"]
            .iter()
            .filter_map(|name| super::contract::operation(name))
            .flat_map(|operation| operation.fields)
            .collect();
    let mut agent = object(agents, &[]);
    agent["properties"]["AgentId"] = json!({ "type": ["string", "integer"] });
    agent["required"] = json!(["AgentId"]);
    let mut task = object(edit::fields(edit::TASK), &[]);
    task["required"] = json!(["TaskName"]);
    let mut callee = object(edit::fields(edit::CALLEE), &[&TASK_NAME]);
    callee["anyOf"] = json!([{ "required": ["TaskName"] }, { "required": ["TaskId"] }]);
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "What aiccs-emulator --load reads",
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "$schema": { "type": "string" },
            "agents": { "type": "array", "items": agent },
            "callees": { "type": "array", "items": callee },
            "tasks": { "type": "array", "items": task },
        },
    })
}

const TASK_NAME: Field = Field { name: "TaskName", kind: Kind::Text };

fn kind(kind: Kind) -> Value {
    match kind {
        Kind::Text => json!({ "type": ["string", "number"] }),
        Kind::Integer => json!({ "type": ["integer", "string"], "pattern": "^-?[0-9]+$" }),
        Kind::Boolean => json!({ "type": "boolean" }),
        Kind::Texts => json!({ "type": "array", "items": { "type": "string" } }),
        Kind::Integers => json!({ "type": "array", "items": { "type": "integer" } }),
        Kind::Windows => json!({
            "type": "array",
            "items": {
                "type": "object",
                "properties": { "StartTime": { "type": "string" }, "EndTime": { "type": "string" } },
                "required": ["StartTime", "EndTime"],
            },
        }),
        Kind::Object => json!({ "type": "object" }),
        Kind::Objects => json!({ "type": "array", "items": { "type": "object" } }),
    }
}
