//! What the service remembers: tasks, callees, agents; optionally in a file.
//! Tasks are kept under the names of the detail and page answers. It notes what has changed since it was saved.
//! It must not know requests, nor how a file is written.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::callees::Sheet;
use super::disk::{Found, Log};
use super::object::Object;

/// Everything that survives a restart.
#[derive(Debug, Default)]
pub(super) struct Store {
    tasks: BTreeMap<String, Task>,
    callees: BTreeMap<String, Sheet>,
    agents: Vec<Object>,
    instances: Vec<Object>,
    issued: BTreeMap<String, i64>,
    changes: Changes,
    /// When the next task starts by itself; none while that is not known.
    wakes: Option<i64>,
    log: Option<Log>,
}

/// What the file does not know yet.
#[derive(Debug, Default)]
struct Changes {
    emptied: bool,
    tasks: BTreeSet<String>,
    /// Task and detail.
    callees: BTreeSet<(String, i64)>,
    agents: bool,
    instances: bool,
    issued: bool,
    /// Whether the file holds older words on any of it.
    overtakes: bool,
}

/// A task.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Task {
    pub(super) fields: Object,
    /// A status to come, and how many page queries still show the present one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) pending: Option<(i64, i64)>,
    /// The account it belongs to, where there are several.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) account: String,
}

/// `Status` of a task (vendor's page of `QueryAiCallTaskPage`).
pub(super) mod status {
    pub(in super::super) const INIT: i64 = 0;
    pub(in super::super) const RUNNING: i64 = 1;
    pub(in super::super) const STOPPED: i64 = 2;
    pub(in super::super) const FAILED: i64 = 3;
}

/// First id of each family: 18 digits, above 2^53.
#[derive(Clone, Copy, Debug)]
pub(super) enum Family {
    Task,
    Batch,
    Detail,
}

impl Store {
    /// Reads the file if there is one.
    pub(super) fn open(file: Option<&Path>) -> io::Result<Self> {
        let mut store = Self::default();
        let Some(path) = file else { return Ok(store) };
        let log = Log::open(path, |found| match found {
            Found::Line(line) => store.apply(line),
            Found::Whole(text) => store.apply_first_form(&text),
        })?;
        store.log = Some(log);
        store.changes = Changes::default();
        Ok(store)
    }

    /// Writes what has changed since the last time.
    pub(super) fn save(&mut self) -> io::Result<()> {
        let changed = self.changes.any();
        let Some(mut log) = self.log.take() else {
            self.changes = Changes::default();
            return Ok(());
        };
        let saved = if log.wants_snapshot() {
            if changed { log.snapshot(self.lines()) } else { Ok(()) }
        } else if changed {
            log.append(&self.line(), self.changes.overtakes)
        } else {
            Ok(())
        };
        self.log = Some(log);
        if saved.is_ok() {
            self.changes = Changes::default();
        }
        saved
    }

    /// Lets go of the file: everything that was answered is in it.
    pub(super) fn close(&mut self) {
        self.log = None;
    }

    /// Forgets all tasks, callees and agents; ids are not given a second time.
    pub(super) fn empty(&mut self) {
        self.tasks.clear();
        self.callees.clear();
        self.agents.clear();
        self.instances.clear();
        self.changes =
            Changes { emptied: true, issued: true, overtakes: true, ..Changes::default() };
    }

    /// A new id that no task or detail has.
    pub(super) fn issue(&mut self, family: Family) -> i64 {
        let (name, first) = family.first();
        self.changes.issued = true;
        let next = self.issued.entry(name.to_owned()).or_insert(first);
        loop {
            let id = *next;
            *next += 1;
            // Those of callees are counted where they come in.
            if !self.tasks.contains_key(&id.to_string()) {
                return id;
            }
        }
    }

    /// All tasks, by id.
    pub(super) fn tasks(&self) -> &BTreeMap<String, Task> {
        &self.tasks
    }

    pub(super) fn task(&self, id: &str) -> Option<&Task> {
        self.tasks.get(id)
    }

    /// A task to change.
    pub(super) fn task_mut(&mut self, id: &str) -> Option<&mut Task> {
        let task = self.tasks.get_mut(id)?;
        self.changes.tasks.insert(id.to_owned());
        self.changes.overtakes = true;
        self.wakes = None;
        Some(task)
    }

    /// Adds a task, or replaces the one of its id.
    pub(super) fn put_task(&mut self, task: Task) {
        let id = task.text("TaskId").to_owned();
        self.changes.tasks.insert(id.clone());
        self.wakes = None;
        self.changes.overtakes |= self.tasks.insert(id, task).is_some();
    }

    /// Removes a task; its callees stay known.
    pub(super) fn remove_task(&mut self, id: &str) -> Option<Task> {
        let task = self.tasks.remove(id)?;
        self.changes.tasks.insert(id.to_owned());
        self.changes.overtakes = true;
        Some(task)
    }

    /// Starts the scheduled tasks whose time has come; `stopped`: those that were stopped before it, too.
    pub(super) fn wake(&mut self, now: i64, stopped: bool) {
        if self.wakes.is_some_and(|next| now < next) {
            return;
        }
        let due = |task: &Task| task.wakes_at(stopped).is_some_and(|at| at <= now);
        let ids: Vec<String> =
            self.tasks.iter().filter(|(_, task)| due(task)).map(|(id, _)| id.clone()).collect();
        for id in ids {
            if let Some(task) = self.task_mut(&id) {
                task.set("Status", status::RUNNING);
                task.set("RealStartTime", task.integer("StartTime"));
            }
        }
        // A switch may change what is due: stopped tasks count as waiting here.
        let next = self.tasks.values().filter_map(|task| task.wakes_at(true)).min();
        self.wakes = Some(next.unwrap_or(i64::MAX));
    }

    /// The task of an account that holds this name.
    pub(super) fn holder(&self, account: &str, name: &str) -> Option<&str> {
        let held = |task: &Task| task.account == account && task.text("TaskName") == name;
        self.tasks.iter().find(|(_, task)| held(task)).map(|(id, _)| id.as_str())
    }

    /// The callees of a task.
    pub(super) fn callees(&self, task: &str) -> &Sheet {
        self.callees.get(task).unwrap_or(&NOBODY)
    }

    /// Every callee as its members, in the order of their ids.
    pub(super) fn details(&self) -> Vec<Object> {
        let sheets = self.callees.iter();
        let mut places: Vec<(i64, &str, usize)> = sheets
            .flat_map(|(task, sheet)| {
                (0..sheet.len()).filter_map(move |row| Some((sheet.id(row)?, task.as_str(), row)))
            })
            .collect();
        places.sort_unstable();
        let shown = places.into_iter();
        shown.filter_map(|(_, task, row)| with_task(self.callees(task).get(row)?, task)).collect()
    }

    /// The callees of a task, or of all, as their members.
    pub(super) fn details_of(&self, task: Option<&str>) -> impl Iterator<Item = Object> {
        let sheets = self.callees.iter().filter(move |(id, _)| task.is_none_or(|task| task == *id));
        sheets.flat_map(|(task, sheet)| {
            (0..sheet.len()).filter_map(move |row| with_task(sheet.get(row)?, task))
        })
    }

    /// One callee as its members.
    pub(super) fn detail(&self, id: &str) -> Option<Object> {
        let id: i64 = id.parse().ok()?;
        let found =
            self.callees.iter().find_map(|(task, sheet)| Some((task, sheet.get(sheet.row(id)?)?)));
        found.and_then(|(task, members)| with_task(members, task))
    }

    /// Adds or replaces a callee of a task.
    pub(super) fn put_callee(&mut self, task: &str, id: i64, members: Object) {
        let sheet = self.callees.entry(task.to_owned()).or_default();
        self.changes.overtakes |= sheet.row(id).is_some();
        sheet.put(id, members);
        if self.log.is_some() {
            self.changes.callees.insert((task.to_owned(), id));
        }
        let (name, first) = Family::Detail.first();
        let next = self.issued.entry(name.to_owned()).or_insert(first);
        if id >= *next {
            *next = id + 1;
            self.changes.issued = true;
        }
    }

    /// Seeded agents, under the names of both agent lists.
    pub(super) fn agents(&self) -> &[Object] {
        &self.agents
    }

    pub(super) fn set_agents(&mut self, agents: Vec<Object>) {
        self.agents = agents;
        self.changes.agents = true;
        self.changes.overtakes = true;
    }

    /// Seeded service instances, under the names of `ListServiceInstanceForPage`.
    pub(super) fn instances(&self) -> &[Object] {
        &self.instances
    }

    pub(super) fn set_instances(&mut self, instances: Vec<Object>) {
        self.instances = instances;
        self.changes.instances = true;
        self.changes.overtakes = true;
    }

    /// Adds an agent, or replaces the one of its id.
    pub(super) fn put_agent(&mut self, agent: Object) {
        let id = |agent: &Object| agent.get("AgentId").map(plain);
        let own = id(&agent);
        self.agents.retain(|other| id(other) != own);
        self.agents.push(agent);
        self.changes.agents = true;
    }

    /// The agent of that id; ids may have been seeded as text or as numbers.
    pub(super) fn agent(&self, id: &str) -> Option<&Object> {
        self.agents.iter().find(|agent| agent.get("AgentId").map(plain).as_deref() == Some(id))
    }
}

/// The file's lines.
impl Store {
    fn line(&self) -> Value {
        let mut line = Object::new();
        let changes = &self.changes;
        if changes.emptied {
            line.insert("emptied".to_owned(), true.into());
        }
        if changes.issued {
            line.insert("issued".to_owned(), json!(self.issued));
        }
        if changes.agents {
            line.insert("agents".to_owned(), json!(self.agents));
        }
        if changes.instances {
            line.insert("instances".to_owned(), json!(self.instances));
        }
        let tasks = changes.tasks.iter().map(|id| (id.clone(), json!(self.tasks.get(id))));
        let tasks: Object = tasks.collect();
        let mut callees: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
        for (task, id) in &changes.callees {
            let sheet = self.callees(task);
            let members = sheet.row(*id).and_then(|row| sheet.get(row));
            callees.entry(task).or_default().extend(members.map(Value::from));
        }
        for (name, part) in [("tasks", Value::from(tasks)), ("callees", json!(callees))] {
            if part.as_object().is_some_and(|part| !part.is_empty()) {
                line.insert(name.to_owned(), part);
            }
        }
        line.into()
    }

    /// A snapshot: everything, in lines of at most a thousand things.
    fn lines(&self) -> impl Iterator<Item = Value> {
        // "aiccs_emulator_state" is the first member, as `disk` expects it: there is no other.
        let head = std::iter::once(json!({ "aiccs_emulator_state": 2 }));
        let small = std::iter::once(json!({
            "issued": self.issued, "agents": self.agents, "instances": self.instances,
        }));
        let tasks = self.tasks.iter().map(|(id, task)| json!({ "tasks": { id: task } }));
        let callees = self.callees.iter().flat_map(|(task, sheet)| {
            (0..sheet.len()).step_by(CHUNK).map(move |first| {
                let rows: Vec<_> = (first..sheet.len().min(first + CHUNK))
                    .filter_map(|row| sheet.get(row))
                    .collect();
                json!({ "callees": { task: rows } })
            })
        });
        head.chain(small).chain(tasks).chain(callees)
    }

    /// What a state file would be read as.
    #[cfg(any(test, feature = "fuzzing"))]
    pub(super) fn copy(&self) -> io::Result<Self> {
        let mut copy = Self::default();
        self.lines().try_for_each(|line| copy.apply(line))?;
        Ok(copy)
    }

    fn apply(&mut self, line: Value) -> io::Result<()> {
        let wrong =
            |error: serde_json::Error| io::Error::other(format!("not of a state file: {error}"));
        let Line { emptied, issued, agents, instances, tasks, callees } =
            serde_json::from_value(line).map_err(wrong)?;
        if emptied {
            self.empty();
        }
        self.issued = issued.unwrap_or_else(|| std::mem::take(&mut self.issued));
        self.agents = agents.unwrap_or_else(|| std::mem::take(&mut self.agents));
        self.instances = instances.unwrap_or_else(|| std::mem::take(&mut self.instances));
        for (id, task) in tasks {
            match task {
                Some(task) => drop(self.tasks.insert(id, task)),
                None => drop(self.tasks.remove(&id)),
            }
        }
        for (task, rows) in callees {
            let sheet = self.callees.entry(task).or_default();
            for row in rows {
                if let Some(id) = detail_id(&row) {
                    sheet.put(id, row);
                }
            }
        }
        Ok(())
    }

    /// A state file as it was before there was a log.
    fn apply_first_form(&mut self, text: &str) -> io::Result<()> {
        let FirstForm { tasks, details, agents, instances, issued } = serde_json::from_str(text)?;
        (self.tasks, self.agents, self.instances, self.issued) = (tasks, agents, instances, issued);
        for detail in details.into_values() {
            let task = detail.get("TaskId").map(plain).unwrap_or_default();
            if let Some(id) = detail_id(&detail) {
                self.callees.entry(task).or_default().put(id, detail);
            }
        }
        Ok(())
    }
}

#[derive(Deserialize)]
struct Line {
    #[serde(default)]
    emptied: bool,
    issued: Option<BTreeMap<String, i64>>,
    agents: Option<Vec<Object>>,
    instances: Option<Vec<Object>>,
    #[serde(default)]
    tasks: BTreeMap<String, Option<Task>>,
    #[serde(default)]
    callees: BTreeMap<String, Vec<Object>>,
}

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct FirstForm {
    tasks: BTreeMap<String, Task>,
    details: BTreeMap<String, Object>,
    agents: Vec<Object>,
    instances: Vec<Object>,
    issued: BTreeMap<String, i64>,
}

impl Changes {
    fn any(&self) -> bool {
        self.emptied
            || self.agents
            || self.instances
            || self.issued
            || !self.tasks.is_empty()
            || !self.callees.is_empty()
    }
}

impl Family {
    fn first(self) -> (&'static str, i64) {
        match self {
            Self::Task => ("task", 118_000_000_000_000_001),
            Self::Batch => ("batch", 123_000_000_000_000_001),
            Self::Detail => ("detail", 125_000_000_000_000_001),
        }
    }
}

static NOBODY: std::sync::LazyLock<Sheet> = std::sync::LazyLock::new(Sheet::default);
const CHUNK: usize = 1000;

fn with_task(mut members: Object, task: &str) -> Option<Object> {
    members.insert("TaskId".to_owned(), task.into());
    Some(members)
}

fn detail_id(members: &Object) -> Option<i64> {
    members.get("DetailId").map(plain)?.parse().ok()
}

impl Task {
    pub(super) fn text(&self, name: &str) -> &str {
        self.fields.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    pub(super) fn integer(&self, name: &str) -> Option<i64> {
        self.fields.get(name).and_then(Value::as_i64)
    }

    pub(super) fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.fields.insert(name.to_owned(), value.into());
    }

    pub(super) fn status(&self) -> i64 {
        self.integer("Status").unwrap_or(status::INIT)
    }

    pub(super) fn is_scheduled(&self) -> bool {
        self.text("StartType") == "SCHEDULE"
    }

    /// When it starts by itself; `stopped`: even one that was stopped before.
    fn wakes_at(&self, stopped: bool) -> Option<i64> {
        let start = self.integer("StartTime").filter(|_| self.is_scheduled())?;
        let begun = self.integer("RealStartTime").is_some_and(|begun| begun >= start);
        let waits = match self.status() {
            status::INIT => true,
            status::STOPPED => stopped && !begun,
            _ => false,
        };
        waits.then_some(start)
    }

    /// To a status, at once or after so many page queries.
    pub(super) fn turn(&mut self, to: i64, polls: i64) {
        self.pending = (polls > 0).then_some((to, polls));
        if polls <= 0 {
            self.set("Status", to);
        }
    }

    /// A page query has shown it once.
    pub(super) fn seen(&mut self) {
        if let Some((to, polls)) = self.pending {
            self.turn(to, polls - 1);
        }
    }
}

/// A JSON scalar without quotes.
pub(super) fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
