//! The resource `aiccs_callee_batch`: callees handed to a task. Telephone numbers are write-only: they go from the
//! configuration to the service and nowhere else.

mod adopt;
mod calls;
mod cancel;
pub(crate) mod compare;
mod delete;
mod doubt;
pub(crate) mod find;
pub(crate) mod import;
mod imported;
mod lost;
mod modify_plan;
mod moved;
pub(crate) mod number;
mod private;
pub(crate) mod rows;
mod skip;
pub mod table;
mod told;

use std::time::Duration;

use aliyun::aiccs::TaskId;
use aliyun::client::Wait;
use terraform_plugin::diagnostic::{Diagnostics, Severity};
use terraform_plugin::driver::{
    BoxFuture, Change, ImportTarget, ModifyPlan, Resource, Response, Upgrade, respond,
};
use terraform_plugin::path::Path;
use terraform_plugin::schema::Schema;
use terraform_plugin::timeouts;
use terraform_plugin::value::Value;

use self::import::Import;
use self::imported::{Batch, Imported};
use self::private::Private;
use self::rows::{Importer, Rows};
use self::table::SCHEMA;
use crate::about::{About, Callout, Named};
use crate::config::{Context, Ready, Session};
use crate::failure;
use crate::resources::not_refreshed;
use crate::task::after_import::{AfterImport, start};
use crate::task::imports::Lost;
use crate::task::late::TaskWrite;
use crate::task::{self, Seen, Task, gone};

/// What its page says.
pub(crate) const ABOUT: About = About {
    subcategory: "Callees",
    callouts: &[
        Callout::Rings(
            "Callees are called. The import starts a task with `start_type = \"IMMEDIATE\"` that was never started, unless \
             [`start_after_import`](#optional) is `false`. The plan says how many people that are, and how many of them again.",
        ),
        Callout::Note(
            "Numbers are write-only, which needs Terraform 1.11 or OpenTofu 1.11 or later. Feed them from ephemeral variables, for example by the \
             function [`callees`](../functions/callees.md).",
        ),
    ],
    rows: &[("", &table::FIELDS)],
    shared_names: &table::NAMES,
    names: &[
        Named::read("id", "Data"),
        Named::read("batch_ids", "Data"),
        Named::own("imported_count"),
    ],
    import: "The ids are those of the task and of its batches, the first of which becomes the id of the resource. The \
             `callees_wo_version` and the `encryption_type` of the configuration are taken over without a new batch.",
    operations: &["ImportTaskNumberDatas", "CancelAiCallDetails", "QueryAiCallDetailPage", "QueryAiCallTaskDetail", "QueryAiCallTaskPage", "QueryAiVoiceAgentDetailNew", "StartAiCallTask", "StopAiCallTask"],
    timeouts: &[("create", CREATE), ("read", READ), ("delete", DELETE)],
    more: "\
## Import of callees

Callees are imported in chunks of 1000. A chunk that fails takes the earlier ones back; what cannot be cancelled stays in
the state and is counted in the error. When the answer of an import is lost, its callees are looked up by their time,
count, `out_id` and number; they are never sent again, so that nobody is called twice. Messages name rows by their place.

When they are not found, they may still come in: the batch stays in the state as `lost/...`, and the next apply looks for
them again, takes over what it finds by its numbers, and only else imports anew. A destroy cancels a batch of that size and
time, and says so. After a lost answer give the service a minute.

## Nobody is called twice

A batch is its task, its `callees_wo_version` and its rows. When an apply was cut off during an import (the machine went
down, Terraform was killed), the next one does not import the same rows again: before it sends anything to a task that it did
not create itself, it looks for them by their own ids and numbers, twice and three seconds apart, and takes over what it
finds, with a warning. A callee without `out_id` is sent with an id of the provider's, `tf-v<version>-<place>`. Callees that
were cancelled count as not being in. What cannot be decided is an error, and nothing is imported. The same rows under
another `callees_wo_version` are a new batch: they are called again. Rows of a batch that another object of the state holds
are refused; a resource that was only renamed needs a `moved` block.

## What a plan tells

The plan of a new batch says how many people it calls, into which task, and how many of them again: whoever is in the task
already and was not cancelled, those who answered included. `skip_called = true` leaves them out. `imported_count` is planned
where the list is known. A saved plan that is applied with another list is refused by Terraform itself (\"Provider produced
inconsistent final plan\", with the two counts): nobody is imported; plan again with the new list.

Rows that hold no telephone number are named by row and by line of a CSV, never with the number: what spreadsheets round
(`1.38E+10`), full-width digits, invisible characters, words, two numbers in one cell, and what is no digest of the
`encryption_type`. They are warnings; a variable whose name is empty, or has blanks or invisible characters, is an error.

A `task_id` that is not known at plan moves nothing unless it turns out to be another one. Then what the old task still has to
call is cancelled, and the callees given then are imported into the new one.

## Variables

The `variables` of each row are compared with those of the task's agent: in the plan where the task is there already, else in
the apply before the first row is sent. A variable that the agent requires and a row lacks, a name that the agent does not
have, and a value that an `ENUM` variable cannot have are an error that names row and variable, and nobody is imported: whoever
is called with a wrong variable hears a hole in the sentence. A variable whose value does not come with the callees is
optional. Tasks of the call engine have no agent. An agent that cannot be asked is a warning, and the callees are sent.
`check_variables = false` switches this off.

## The run state of the task

Importing into a task with `start_type = \"IMMEDIATE\"` that was never started starts it. With `start_after_import = false`,
or when the same apply gives the task `desired_status = \"STOPPED\"`, the task is stopped before the import where the service
stops a task that was never started, and otherwise at once after it: up to that moment calls may go out. A batch is not told
of a task that the apply does not change: where that has `desired_status = \"STOPPED\"`, the plan warns, and
`start_after_import = false` holds it.

## Destroy

Cancels the callees that were not called yet, and warns with counts when others remain.
",
    ..About::NONE
};

/// How long each operation may take unless `timeouts` says otherwise.
const CREATE: Duration = Duration::from_secs(30 * 60);
const READ: Duration = Duration::from_secs(5 * 60);
const DELETE: Duration = Duration::from_secs(20 * 60);

/// The statuses that the query of callees asks for: to be called, done, failed.
const STATUSES: [&str; 3] = ["0", "1", "2"];

/// The resource.
#[derive(Debug)]
pub(crate) struct CalleeBatch;

impl Resource<Session> for CalleeBatch {
    fn name(&self) -> &'static str {
        "aiccs_callee_batch"
    }

    fn schema(&self) -> &'static Schema {
        &SCHEMA
    }

    fn check(&self, config: &Value) -> Diagnostics {
        let mut out = Diagnostics::new();
        rows::check_config(config, &mut out);
        out
    }

    fn upgrades(&self) -> &'static [Upgrade] {
        // The first version had the attributes of this one.
        const { &[Upgrade::new(0, &SCHEMA, left_out)] }
    }

    fn modify_plan<'a>(
        &'a self,
        call: Option<&'a Context>,
        request: &'a mut ModifyPlan<'_>,
    ) -> BoxFuture<'a, Diagnostics> {
        Box::pin(async move { modify_plan::modify_plan(call, request).await })
    }

    fn create<'a>(&'a self, call: &'a Context, change: &'a Change) -> BoxFuture<'a, Response> {
        respond(async move { Ok(create(call.client.ready()?, call, change).await) })
    }

    fn read<'a>(&'a self, call: &'a Context, state: &'a Value) -> BoxFuture<'a, Response> {
        Box::pin(async move {
            match call.client.ready() {
                Ok(ready) => read(ready, call, state).await,
                Err(reasons) => not_refreshed(state, "Callee batch not refreshed", reasons),
            }
        })
    }

    /// In place the provider's own arguments change, for which nothing is called, and the task, to which the batch moves.
    fn update<'a>(&'a self, call: &'a Context, change: &'a Change) -> BoxFuture<'a, Response> {
        Box::pin(async move {
            if task_of(&change.prior) != task_of(&change.planned) {
                return match call.client.ready() {
                    Ok(ready) => moved::moved(ready, call, change).await,
                    Err(diagnostics) => {
                        Response { value: change.prior.clone(), private: None, diagnostics }
                    }
                };
            }
            let private = Private {
                adopted: false,
                replaces: false,
                told: false,
                ..Private::parse(&call.private)
            };
            let mut response = Response::value(moved::unmoved(change));
            response.private = Some(private.bytes());
            response
        })
    }

    fn delete<'a>(&'a self, call: &'a Context, change: &'a Change) -> BoxFuture<'a, Response> {
        respond(async move {
            let ready = call.client.ready()?;
            let _busy = ready.call_tasks.busy();
            let limit = change.timeout("delete").unwrap_or(DELETE);
            let wait = Wait::new(call.stop.clone(), limit);
            let private = Private::parse(&call.private);
            Ok(delete::delete(ready, &change.prior, &private, &wait).await.into())
        })
    }

    fn import<'a>(&'a self, call: &'a Context, by: &'a ImportTarget) -> BoxFuture<'a, Response> {
        respond(async move {
            let wait = Wait::new(call.stop.clone(), READ);
            Ok(adopt::adopt(call.client.ready()?, by, &wait).await)
        })
    }
}

/// The first version stored `false` for what was left out.
fn left_out(mut state: Value) -> Result<Value, Diagnostics> {
    if state.get("start_after_import").as_bool() == Some(false) {
        state.put("start_after_import", Value::Null);
    }
    Ok(state)
}

/// `start_after_import = true`. An error would taint the batch, and the next apply would import it again.
async fn start_now(task: Task<'_>, out: &mut Diagnostics) {
    match start(task, out).await {
        Ok(true) => out.warning(
            format!("Call task {} was started", task.id),
            "Its callees are in, and `start_after_import = true`: it calls people, in its windows.",
        ),
        Ok(false) => {}
        Err(mut diagnostic) => {
            diagnostic.severity = Severity::Warning;
            out.push(diagnostic);
        }
    }
    task.warn_of(TaskWrite::Stop, task.id.as_str(), out);
}

async fn read(ready: &Ready, call: &Context, state: &Value) -> Response {
    let limit = timeouts::configured(state, "read").unwrap_or(READ);
    let wait = Wait::new(call.stop.clone(), limit);
    let Some(id) = task_of(state) else { return Response::value(Value::Null) };
    if !Private::parse(&call.private).failed {
        // A plan of another object may be under way.
        ready.imports.of(&id).lock().await.held.extend(table::batches(state));
    }
    match (ready.task(&id, &wait)).look().await {
        Ok(Seen::Gone) => {
            let now = ready.foresight.account(&ready.client, &call.stop).await;
            let was = Private::parse(&call.private).account;
            let what = format!("The task of callee batch {}", state.get("id"));
            gone::gone(state, &what, was.as_deref(), now)
        }
        Ok(Seen::There { .. }) => {
            let mut told = Response::value(state.clone());
            told.private = remember_account(ready, call).await;
            if state.get("id").as_str().and_then(Lost::of_id).is_some() {
                let summary =
                    format!("Nobody knows whether the callees of batch {} are in", state.get("id"));
                told.diagnostics.warning(
                    summary,
                    "The answer of their import was lost. The next apply looks for \
                    them, unless the resource was untainted: then apply with `-replace`.",
                );
            }
            told
        }
        Err(error) => {
            let mut told = Response::value(state.clone());
            let summary = format!("Could not read the task of callee batch {}", state.get("id"));
            told.diagnostics.push(failure::diagnostic(summary, &error, &[]));
            told
        }
    }
}

/// Private data with the account, where it is not remembered yet.
async fn remember_account(ready: &Ready, call: &Context) -> Option<Vec<u8>> {
    let mut private = Private::parse(&call.private);
    if private.account.is_none() {
        private.account = ready.foresight.account(&ready.client, &call.stop).await;
    }
    private.account.is_some().then(|| private.bytes())
}

/// Whether variables are compared with the agent's: unless `check_variables = false`.
pub(crate) fn compares(object: &Value) -> bool {
    object.get("check_variables").as_bool() != Some(false)
}

/// A new batch of nobody is most likely a variable that was forgotten.
fn refuse_nobody(callees: &Value, out: &mut Diagnostics) {
    if !callees.is_unknown() && callees.count() == 0 {
        let detail = "A new batch needs callees: `callees_wo` is empty. When the callees come from an ephemeral variable, \
                      give it in this run too, also to the apply of a saved plan.";
        out.error_at(Path::root("callees_wo"), "A batch without callees", detail);
    }
}

fn task_of(object: &Value) -> Option<TaskId> {
    TaskId::parse(object.get("task_id").as_str()?)
}

async fn create(ready: &Ready, call: &Context, change: &Change) -> Response {
    let mut told = Response::default();
    let _busy = ready.call_tasks.busy();
    let Some(id) = task_of(&change.planned) else {
        let path = Path::root("task_id");
        task::check_id(change.planned.get("task_id"), &path, &mut told.diagnostics);
        return told;
    };
    let callees = change.config.get("callees_wo");
    refuse_nobody(callees, &mut told.diagnostics);
    rows::check(callees, change.planned.get("encryption_type").as_int(), &mut told.diagnostics);
    // The plan has warned.
    told.diagnostics.keep_errors();
    if told.diagnostics.has_errors() {
        return told;
    }
    let wait = Wait::new(call.stop.clone(), change.timeout("create").unwrap_or(CREATE));
    let task = ready.task(&id, &wait);
    let stays = ready.call_tasks.is_to_stop(&id);
    let start_after = change.planned.get("start_after_import").as_bool();
    let after = AfterImport::of(start_after, stays);
    let version = change.planned.get("callees_wo_version").as_int();
    let rows = Rows { callees, importer: Importer::Batch, version };
    let import = Import {
        task,
        rows,
        in_doubt: !ready.call_tasks.made(&id),
        after,
        skip_called: change.planned.get("skip_called").as_bool() == Some(true),
        encryption: change.planned.get("encryption_type").as_int(),
        imports: &ready.imports,
        agents: compares(&change.planned).then_some(&ready.foresight),
        progress: &|_| {},
        remains: "stay in the state. A destroy cancels what is left of them",
        lost: "\n\nThe lost callees are remembered: the next apply looks for them again before it imports \
               anything, and a destroy cancels them. Give a late answer a minute.",
    };
    let Imported { batches, lost, left_out, .. } = import.all(&mut told.diagnostics).await;
    let account = ready.foresight.account(&ready.client, &call.stop).await;
    let mut private =
        Private { failed: told.diagnostics.has_errors(), account, ..Private::default() };
    if lost.is_some() {
        // A lost chunk is none of these.
        private.known = ready.imports.of(&id).lock().await.known().into_iter().collect();
    }
    told.private = Some(private.bytes());
    let nobody = (left_out > 0 && !told.diagnostics.has_errors()).then(|| format!("none/{id}"));
    let first = batches.first().map(|batch| batch.id.clone()).or(nobody);
    let Some(id) = lost.map(Lost::id).or(first) else { return told };
    if after.starts() && !told.diagnostics.has_errors() {
        start_now(task, &mut told.diagnostics).await;
    }
    told.value = made(&change.planned, id, &batches, told.diagnostics.has_errors());
    told
}

fn made(planned: &Value, id: String, batches: &[Batch], failed: bool) -> Value {
    let mut state = planned.clone();
    state.put("id", Value::string(id));
    let ids = batches.iter().map(|batch| Value::string(batch.id.as_str()));
    state.put("batch_ids", Value::List(ids.collect()));
    // What was planned is held: else the object would be tainted, and everybody imported again.
    if failed || !planned.get("imported_count").is_known() {
        let count: u64 = batches.iter().map(|batch| batch.count).sum();
        state.put("imported_count", Value::int(i64::try_from(count).unwrap_or(i64::MAX)));
    }
    state
}
