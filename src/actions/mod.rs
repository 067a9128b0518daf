//! The actions: one file each. What they have in common stands here: the task they act on, and how failures are told.

pub(crate) mod import_callee;
pub(crate) mod import_callees;
pub(crate) mod start;
pub(crate) mod stop;
pub(crate) mod stop_all;

use std::time::Duration;

use aliyun::aiccs::TaskId;
use aliyun::client::Wait;
use aliyun::error::Error;
use terraform_plugin::diagnostic::Diagnostics;
use terraform_plugin::driver::{Action, BoxFuture, Progress, respond};
use terraform_plugin::path::Path;
use terraform_plugin::schema::Mode::Required;
use terraform_plugin::schema::{Schema, Type};
use terraform_plugin::timeouts;
use terraform_plugin::value::Value;

use crate::config::{Context, Ready, Session};
use crate::field::{Field, field};
use crate::task::run_state::Status;
use crate::task::stuck;
use crate::task::{self, Seen, Stuck, Task};

/// An action on call tasks.
pub(crate) struct TaskAction {
    name: &'static str,
    schema: &'static Schema,
    /// How long it may take unless `timeouts` says otherwise.
    pub(super) limit: Duration,
    /// Checks of a configuration that its schema cannot tell.
    check: fn(&Value, &mut Diagnostics),
    /// Does it, and answers what the user is told.
    run: Run,
}

/// What an action does, and with which tasks.
enum Run {
    /// The task that `task_id` names.
    One(for<'a> fn(&'a Ready, Task<'a>, &'a Value, Progress<'a>) -> BoxFuture<'a, Diagnostics>),
    /// All tasks of the account.
    All(for<'a> fn(&'a Ready, &'a Wait, &'a Value, Progress<'a>) -> BoxFuture<'a, Diagnostics>),
}

impl Action<Session> for TaskAction {
    fn name(&self) -> &'static str {
        self.name
    }

    fn schema(&self) -> &'static Schema {
        self.schema
    }

    fn check(&self, config: &Value) -> Diagnostics {
        let mut out = Diagnostics::new();
        (self.check)(config, &mut out);
        out
    }

    fn invoke<'a>(
        &'a self,
        call: &'a Context,
        config: &'a Value,
        progress: Progress<'a>,
    ) -> BoxFuture<'a, Diagnostics> {
        respond(async move {
            let ready = call.client.ready()?;
            let limit = timeouts::configured(config, "invoke").unwrap_or(self.limit);
            let wait = Wait::new(call.stop.clone(), limit);
            match self.run {
                Run::One(run) => {
                    let id = task_id(config)?;
                    Ok(run(ready, ready.task(&id, &wait), config, progress).await)
                }
                Run::All(run) => Ok(run(ready, &wait, config, progress).await),
            }
        })
    }
}

/// The row of the task that an action is for.
const TASK_ID: Field = field("task_id", Type::String, Required, "Id of the task: decimal digits.");

/// A task as an action finds it.
struct Condition {
    /// Its run state; none where the service does not show one.
    status: Option<Status>,
    /// It starts by itself, at its time.
    scheduled: bool,
}

/// Why an action did not do what it is for.
enum Trouble {
    /// There is no such task.
    Missing,
    /// The task is not in the run state that was asked for.
    Stuck(Stuck),
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Trouble {
        Trouble::Stuck(Stuck::Call(error))
    }
}

impl From<Stuck> for Trouble {
    fn from(stuck: Stuck) -> Trouble {
        Trouble::Stuck(stuck)
    }
}

impl Condition {
    async fn of(task: Task<'_>) -> Result<Condition, Trouble> {
        match task.look().await? {
            Seen::Gone => Err(Trouble::Missing),
            Seen::There { detail, item } => Ok(Condition {
                status: item.as_ref().and_then(task::status_of),
                scheduled: task::is_scheduled(&detail),
            }),
        }
    }

    fn shown(&self) -> String {
        self.status
            .as_ref()
            .map_or("in a run state that is not shown".to_owned(), Status::to_string)
    }
}

/// The id in a configuration that was checked.
fn task_id(config: &Value) -> Result<TaskId, Diagnostics> {
    let id = config.get("task_id");
    id.as_str().and_then(TaskId::parse).ok_or_else(|| {
        let mut out = Diagnostics::new();
        task::check_id(id, &Path::root("task_id"), &mut out);
        out
    })
}

/// What the user is told; `what` completes "Could not".
fn told(result: Result<(), Trouble>, what: &str, id: &TaskId) -> Diagnostics {
    let mut out = Diagnostics::new();
    match result {
        Ok(()) => {}
        Err(Trouble::Missing) => {
            let detail = format!("No call task has the id {id} in this account.");
            out.error_at(Path::root("task_id"), "Call task not found", detail);
        }
        Err(Trouble::Stuck(stuck)) => {
            out.push(stuck::diagnostic(
                format!("Could not {what} call task {id}"),
                stuck,
                &[TASK_ID],
            ));
        }
    }
    out
}
