//! The resource `aiccs_call_task`: registration, and which file does what.

mod checks;
mod create;
mod delete;
mod foresee;
mod handover;
mod modify_plan;
mod reconcile;
mod starts;
mod told;
mod update;
mod write;

use std::time::Duration;

use aliyun::aiccs::TaskId;
use aliyun::client::Wait;
use aliyun::error::Error;
use terraform_plugin::diagnostic::{Diagnostic, Diagnostics, Severity};
use terraform_plugin::driver::{
    BoxFuture, Change, ImportTarget, ModifyPlan, Resource, Response, respond,
};
use terraform_plugin::schema::Schema;
use terraform_plugin::timeouts;
use terraform_plugin::value::Value;

use self::reconcile::Target;
use self::starts::changes_settings;
use self::told::label;
use crate::about::{About, Callout, Named};
use crate::config::{Context, Ready, Session};
use crate::failure;
use crate::resources::not_refreshed;
use crate::task::private::Private;
use crate::task::run_state::{DesiredStatus, Status};
use crate::task::state::{Base, Folded, fold, imported};
use crate::task::table::{FIELDS, IDENTITY, SCHEMA};
use crate::task::{Seen, Task, gone, id_in, id_of, named};

/// What its page says.
pub(crate) const ABOUT: About = About {
    subcategory: "Call Tasks",
    callouts: &[
        Callout::Rings(
            "`desired_status = \"RUNNING\"` starts the task, at this apply and at each later one that finds it stopped; an update of a \
             task that runs starts it again. With `start_type = \"IMMEDIATE\"` the service itself starts the task with its first callees. \
             Each plan warns of what will ring.",
        ),
        Callout::Warning(
            "**Nothing deletes a call task.** The service has no such operation: a destroy does what [`deletion_policy`](#destroy) says, \
             and the task remains in the account.",
        ),
    ],
    rows: &[("", &FIELDS)],
    names: &[
        Named::read("id", "TaskId"),
        Named { path: "call_time.start_time", sent: "startTime", read: "StartTime" },
        Named { path: "call_time.end_time", sent: "endTime", read: "EndTime" },
        Named { path: "callable_time.start_time", sent: "startTime", read: "StartTime" },
        Named { path: "callable_time.end_time", sent: "endTime", read: "EndTime" },
    ],
    import: "The id is looked up first, then the exact name. An import changes nothing. What the provider keeps for itself \
             (`deletion_policy` and the like) begins with its default; where the configuration says otherwise, the next apply \
             takes that over and sends nothing. With `-generate-config-out` the plan is empty.",
    operations: &["CreateAiCallTask", "UpdateAiCallTask", "QueryAiCallTaskDetail", "QueryAiCallTaskPage", "StartAiCallTask", "StopAiCallTask", "PageQueryAgentListNew", "QueryAiVoiceAgentDetailNew"],
    timeouts: &[("create", CREATE), ("read", READ), ("update", UPDATE), ("delete", DELETE)],
    more: "\
## Left out, empty, removed

An optional argument that is left out keeps what the service has, and removing one from the configuration changes nothing. An
explicit `[]` or `false` is sent. `agent_id`, `application_code` and `source` cannot be updated: a change replaces the task.

## What a plan tells

Whatever makes telephones ring is a warning of the plan that names the task: a start, a start again after an update, a task
that is taken over, a start time that has passed. With credentials at hand a plan also asks who has the `task_name` of a new
task, and whether there is its agent (`QueryAiCallTaskPage`, `PageQueryAgentListNew`, `QueryAiVoiceAgentDetailNew`). A question
that is refused is a warning and fails no plan. An agent that does not exist replaces no task.

An `agent_id` that is not known at plan, since it comes from something pending, plans an update and replaces nothing. Should it
turn out to be another one, the apply is an error that calls nothing: plan again, or use `-replace=ADDRESS` where it is
unknown at every plan.

An update reads the task directly before it writes. Where somebody has changed a setting since the plan, nothing is written
and the error names what was changed.

A task of the state that no query shows is most likely another account's: that is a warning, and an error where the account is
known to be another one. (STS `GetCallerIdentity` is asked once, and what it says is remembered beside the state.)

## Run state

With `desired_status = \"RUNNING\"` a task that stands still is started, but never before its `task_start_time`: until then a
plan warns. With `desired_status = \"STOPPED\"` a task that waits for its time is stopped, where the service allows that. A run
state that the vendor does not document counts as running, with a warning; an apply under `STOPPED` tries to stop it once.

## Renames without a `moved` block

Under another address the task is planned as a destroy and a create, which run side by side. The create waits up to ten seconds
until the destroy has given the name up. Under `STOP` it then takes the task over and gives it its run state back; under `RETIRE`
it makes a new one. With `-parallelism=1` the destroy may come too late: then nothing is created, and the next apply does it.

## Updates of a running task

AICCS changes only tasks that are stopped. When a task runs, an update stops it, changes it and starts it again; the plan
warns of that. With `allow_stopping_for_update = false` such a plan is an error, unless `desired_status = \"STOPPED\"`
allows the stop. If the update fails after the stop, the task is started again and both outcomes are told; a start that
did not happen is made good by the next apply, whose plan says so. A task that `adopt_existing` takes over while it runs
is stopped and started again in the same way.

## Destroy

The service has no operation that deletes a call task: it remains in the account, and its name stays taken. What a destroy
does instead is said by the `deletion_policy` that was applied last:

* `STOP`: stops the task if it runs, or if it is scheduled and would start by itself; then forgets it.
* `RETIRE`: the same, then renames it to `<name>-retired-<task id>`, so that its name is free again. This cannot work with
  `create_before_destroy`, where the new task comes first.
* `ABANDON`: calls nothing and forgets the task. If it runs, it goes on calling people.
* `PREVENT`: refuses, at plan time and again at apply.

Apply a change of the policy before the destroy that it is for. When a destroy needs no look at the service,
`terraform destroy -refresh=false` leaves the refresh out.

Some forms never tell the provider of a destroy, and **leave a running task calling people**: `removed { lifecycle { destroy = false } }`,
`lifecycle { destroy = false }` of OpenTofu, `state rm`, and a deleted state. Stop the task before: apply it with
`desired_status = \"STOPPED\"`, or use the action `aiccs_call_task_stop`. A replacement under `destroy = false` meets the name of the task that
it has just forgotten; the error says how to import that.

A replacement under the same name is refused at plan time unless `RETIRE` is in force. A task that the state marks as tainted
is taken over by its successor of the same name and agent, instead of being left behind; under `RETIRE` it is renamed
and a new one is made, unless `terraform untaint` keeps it.
",
    ..About::NONE
};

/// How long each operation may take unless `timeouts` says otherwise.
const CREATE: Duration = Duration::from_secs(10 * 60);
const READ: Duration = Duration::from_secs(5 * 60);
const UPDATE: Duration = Duration::from_secs(20 * 60);
const DELETE: Duration = Duration::from_secs(20 * 60);

/// The resource.
#[derive(Debug)]
pub struct CallTask;

impl Resource<Session> for CallTask {
    fn name(&self) -> &'static str {
        "aiccs_call_task"
    }

    fn schema(&self) -> &'static Schema {
        &SCHEMA
    }

    fn identity(&self) -> Option<&'static Schema> {
        Some(&IDENTITY)
    }

    fn check(&self, config: &Value) -> Diagnostics {
        checks::check(config)
    }

    fn modify_plan<'a>(
        &'a self,
        call: Option<&'a Context>,
        request: &'a mut ModifyPlan<'_>,
    ) -> BoxFuture<'a, Diagnostics> {
        Box::pin(modify_plan::modify_plan(call, request))
    }

    fn create<'a>(&'a self, call: &'a Context, change: &'a Change) -> BoxFuture<'a, Response> {
        respond(async move {
            let ready = call.client.ready()?;
            let limit = change.timeout("create").unwrap_or(CREATE);
            Ok(create::create(ready, change, &Wait::new(call.stop.clone(), limit), limit).await)
        })
    }

    fn read<'a>(&'a self, call: &'a Context, state: &'a Value) -> BoxFuture<'a, Response> {
        Box::pin(async move {
            match call.client.ready() {
                Ok(ready) => read(ready, call, state).await,
                Err(reasons) => not_refreshed(state, "Call task not refreshed", reasons),
            }
        })
    }

    fn update<'a>(&'a self, call: &'a Context, change: &'a Change) -> BoxFuture<'a, Response> {
        Box::pin(async move {
            match call.client.ready() {
                Ok(ready) => update(ready, call, change).await,
                Err(diagnostics) => {
                    Response { value: change.prior.clone(), private: None, diagnostics }
                }
            }
        })
    }

    fn delete<'a>(&'a self, call: &'a Context, change: &'a Change) -> BoxFuture<'a, Response> {
        respond(async move {
            let ready = call.client.ready()?;
            let wait = Wait::new(call.stop.clone(), change.timeout("delete").unwrap_or(DELETE));
            let mut private = Private::parse(&call.private);
            let diagnostics = delete::delete(ready, &change.prior, &mut private, &wait).await;
            private.next = None;
            Ok(Response { value: Value::Null, private: Some(private.bytes()), diagnostics })
        })
    }

    fn import<'a>(&'a self, call: &'a Context, by: &'a ImportTarget) -> BoxFuture<'a, Response> {
        respond(async move {
            let ready = call.client.ready()?;
            let wait = Wait::new(call.stop.clone(), READ);
            let found = match by {
                ImportTarget::Id(text) => find(ready, text, &wait).await,
                ImportTarget::Identity(identity) => by_identity(ready, identity, &wait).await,
            };
            let mut told = Response::default();
            match found {
                Ok(Some(id)) => told.value = imported(&id),
                Ok(None) => told.diagnostics.push(not_found(by)),
                Err(error) => {
                    let summary = "Could not look up the call task";
                    told.diagnostics.push(failure::diagnostic(summary, &error, &FIELDS));
                }
            }
            Ok(told)
        })
    }
}

fn not_found(target: &ImportTarget) -> Diagnostic {
    let detail = match target {
        ImportTarget::Id(text) => format!(
            "No call task has the id or exactly the name {text:?} in this account. Names are compared to the letter, \
             blanks and case included."
        ),
        ImportTarget::Identity(identity) => {
            format!("No call task has the id {} in this account.", identity.get("task_id"))
        }
    };
    Diagnostic {
        severity: Severity::Error,
        summary: "Call task not found".to_owned(),
        detail,
        path: None,
    }
}

async fn by_identity(
    ready: &Ready,
    identity: &Value,
    wait: &Wait,
) -> Result<Option<TaskId>, Error> {
    let Some(id) = identity.get("task_id").as_str().and_then(TaskId::parse) else {
        return Ok(None);
    };
    let seen = ready.task(&id, wait).look().await?;
    Ok(matches!(seen, Seen::There { .. }).then_some(id))
}

/// An id if it is one, else an exact name. A name of digits only is found too, when no task has it as its id.
async fn find(ready: &Ready, text: &str, wait: &Wait) -> Result<Option<TaskId>, Error> {
    // Blanks around an id come with what is copied; a name may have them.
    if let Some(id) = TaskId::parse(text.trim()) {
        let task = ready.task(&id, wait);
        if let Seen::There { .. } = task.look().await? {
            return Ok(Some(id));
        }
    }
    Ok(named(&ready.client, text, wait).await?.first().and_then(id_of))
}

async fn read(ready: &Ready, call: &Context, state: &Value) -> Response {
    let limit = timeouts::configured(state, "read").unwrap_or(READ);
    let wait = Wait::new(call.stop.clone(), limit);
    let Some(id) = id_in(state) else { return Response::value(Value::Null) };
    let task = ready.task(&id, &wait);
    let mut private = Private::parse(&call.private);
    // What is remembered is asked for again only where the task is gone.
    let ask = async {
        match private.account {
            None => ready.foresight.account(&ready.client, &call.stop).await,
            Some(_) => None,
        }
    };
    let (looked, account) = tokio::join!(look_with_source(task, state), ask);
    private.account = private.account.or(account);
    match looked {
        Ok((Seen::Gone, _)) => {
            let now = ready.foresight.account(&ready.client, &call.stop).await;
            let label = label(state);
            gone::gone(state, &format!("Call task {label}"), private.account.as_deref(), now)
        }
        Ok((seen, base)) => {
            let mut folded = fold(Base::Stored(&base), &seen, &mut private);
            if call.private.is_empty() {
                cut_off(state, &mut folded);
            }
            let stopped = folded.state.get("status").as_str() == Some("STOPPED");
            private.forget_late_writes(ready.client.now().as_millisecond(), stopped);
            Response {
                value: folded.state,
                private: Some(private.bytes()),
                diagnostics: folded.diagnostics,
            }
        }
        Err(error) => {
            let mut told = Response::value(state.clone());
            let summary = format!("Could not read call task {}", label(state));
            told.diagnostics.push(failure::diagnostic(summary, &error, &FIELDS));
            told
        }
    }
}

/// An update that was killed leaves no private data. Then a task that ran and stands still now was most likely stopped for
/// that update, and nobody has started it again. The first version of the provider often left none, too.
fn cut_off(state: &Value, folded: &mut Folded) {
    let status = |object: &Value| object.get("status").as_str().map(Status::of_text);
    if status(state) == Some(Status::Running) && status(&folded.state) == Some(Status::Stopped) {
        folded.diagnostics.warning(
            format!("Call task {} was running when an apply was cut off", label(state)),
            "Its state says RUNNING, and it is stopped now. An update stops a running task and starts it again; one that \
             was killed in between leaves it stopped. (Where this state was written by provider version 0.1.0, somebody may \
             just as well have stopped the task.) It is started only under `desired_status = \
             \"RUNNING\"`; the action `aiccs_call_task_start` starts it once.",
        );
    }
}

/// The task, and the state with the source that no answer shows: found out once, after an import.
async fn look_with_source(task: Task<'_>, state: &Value) -> Result<(Seen, Value), Error> {
    let seen = task.look_among_others().await?;
    let mut base = state.clone();
    if matches!(seen, Seen::There { .. })
        && state.get("source").is_null()
        && let Some(source) = task.source().await?
    {
        base.put("source", Value::int(source));
    }
    Ok((seen, base))
}

async fn update(ready: &Ready, call: &Context, change: &Change) -> Response {
    let private = Private::parse(&call.private);
    let wait = Wait::new(call.stop.clone(), change.timeout("update").unwrap_or(UPDATE));
    let Some(id) = id_in(&change.prior) else {
        let mut told = Response::value(change.prior.clone());
        told.diagnostics
            .error("Call task without an id", "The stored state has no id. Import the task again.");
        return told;
    };
    let _busy = ready.call_tasks.busy();
    ready.call_tasks.wish(&id, DesiredStatus::of(change.planned.get("desired_status")));
    let writes = changes_settings(&change.prior, &change.planned);
    let run_state = change.planned.get("status").is_unknown();
    if !writes && !run_state {
        // Only the provider's own arguments differ: nothing is called.
        let kept = Private { next: None, replaces: None, ..private };
        return Response { private: Some(kept.bytes()), ..Response::value(change.planned.clone()) };
    }
    let status = change.prior.get("status").as_str().map(Status::of_text);
    let restart = private.owes_restart(status.as_ref());
    let (planned, kept) = (&change.planned, &change.prior);
    let target = Target { planned, kept, writes, restart, adopts: false };
    let task = ready.task(&id, &wait);
    reconcile::reconcile(task, &target, private).await
}
