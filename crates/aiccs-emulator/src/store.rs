//! What the service remembers: tasks, callees, agents; optionally in a file, replaced atomically.
//! Tasks are kept under the names of the detail and page answers. It must not know requests.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Everything that survives a restart.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Store {
    /// By task id.
    pub(super) tasks: BTreeMap<String, Task>,
    /// Imported callees, by detail id, under the names of `QueryAiCallDetailPage`.
    pub(super) details: BTreeMap<String, Map<String, Value>>,
    /// Seeded agents, under the names of both agent lists.
    pub(super) agents: Vec<Map<String, Value>>,
    /// Seeded service instances, under the names of `ListServiceInstanceForPage`.
    pub(super) instances: Vec<Map<String, Value>>,
    issued: BTreeMap<String, i64>,
    #[serde(skip)]
    file: Option<PathBuf>,
    #[serde(skip)]
    saved: String,
}

/// A task.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Task {
    pub(super) fields: Map<String, Value>,
    /// A status to come, and how many page queries still show the present one.
    pub(super) pending: Option<(i64, i64)>,
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
        let Some(path) = file else { return Ok(Self::default()) };
        let named =
            |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
        let saved = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                // Where there is no such directory, nothing could be saved later either.
                fs::File::create(path).map_err(named)?;
                String::new()
            }
            Err(error) => return Err(named(error)),
        };
        let mut store = if saved.is_empty() {
            Self::default()
        } else {
            serde_json::from_str(&saved).map_err(|error| named(error.into()))?
        };
        store.file = Some(path.to_owned());
        store.saved = saved;
        Ok(store)
    }

    /// Writes the file if anything changed: a temporary file beside it, then a rename.
    pub(super) fn save(&mut self) -> io::Result<()> {
        let Some(path) = &self.file else { return Ok(()) };
        let text = serde_json::to_string_pretty(self)?;
        if text == self.saved {
            return Ok(());
        }
        let temporary = path.with_extension(format!("{}.tmp", std::process::id()));
        let mut file = fs::File::create(&temporary)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&temporary, path)?;
        self.saved = text;
        Ok(())
    }

    /// A new id that no task or detail has.
    pub(super) fn issue(&mut self, family: Family) -> i64 {
        let (name, first) = match family {
            Family::Task => ("task", 118_000_000_000_000_001),
            Family::Batch => ("batch", 123_000_000_000_000_001),
            Family::Detail => ("detail", 125_000_000_000_000_001),
        };
        let next = self.issued.entry(name.to_owned()).or_insert(first);
        loop {
            let id = *next;
            *next += 1;
            let text = id.to_string();
            if !self.tasks.contains_key(&text) && !self.details.contains_key(&text) {
                return id;
            }
        }
    }

    /// Starts the scheduled tasks whose time has come; `stopped`: those that were stopped before it, too.
    pub(super) fn wake(&mut self, now: i64, stopped: bool) {
        for task in self.tasks.values_mut() {
            let start = task.integer("StartTime").filter(|start| *start <= now);
            let begun = task.integer("RealStartTime").is_some_and(|begun| Some(begun) >= start);
            let waits = match task.status() {
                status::INIT => true,
                status::STOPPED => stopped && !begun,
                _ => false,
            };
            if start.is_some() && waits && task.is_scheduled() {
                task.set("Status", status::RUNNING);
                task.set("RealStartTime", task.integer("StartTime"));
            }
        }
    }

    /// The task that holds this name.
    pub(super) fn holder(&self, name: &str) -> Option<&str> {
        self.tasks.iter().find(|(_, task)| task.text("TaskName") == name).map(|(id, _)| id.as_str())
    }

    /// The callees of a task.
    pub(super) fn callees<'a>(
        &'a self,
        task: &'a str,
    ) -> impl Iterator<Item = &'a Map<String, Value>> {
        self.details
            .values()
            .filter(move |detail| detail.get("TaskId").is_some_and(|id| id == task))
    }

    /// The agent of that id; ids may have been seeded as text or as numbers.
    pub(super) fn agent(&self, id: &str) -> Option<&Map<String, Value>> {
        self.agents.iter().find(|agent| agent.get("AgentId").map(plain).as_deref() == Some(id))
    }
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
