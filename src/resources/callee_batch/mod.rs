//! The resource `aiccs_callee_batch`: callees handed to a task. Telephone numbers are write-only: they go from the
//! configuration to the service and nowhere else.

mod cancel;
mod delete;
pub(crate) mod import;
mod lost;
mod private;
pub(crate) mod rows;
pub mod table;

use std::collections::HashSet;
use std::time::Duration;

use aliyun::aiccs::TaskId;
use aliyun::client::Wait;
use terraform_plugin::diagnostic::{Diagnostics, Severity};
use terraform_plugin::driver::{
    BoxFuture, Change, Context, ImportTarget, ModifyPlan, Resource, Response,
};
use terraform_plugin::path::Path;
use terraform_plugin::schema::Schema;
use terraform_plugin::timeouts;
use terraform_plugin::value::Value;

use self::import::{Import, Imported};
use self::private::Private;
use self::table::SCHEMA;
use crate::about::About;
use crate::config::{Ready, Session};
use crate::failure;
use crate::task::after_import::{start, started_by_import};
use crate::task::imports::Lost;
use crate::task::late::Write;
use crate::task::{self, Seen};

/// What its page says.
pub const ABOUT: About = About {
    operations: &["ImportTaskNumberDatas", "CancelAiCallDetails", "QueryAiCallDetailPage", "QueryAiCallTaskDetail", "QueryAiCallTaskPage", "StartAiCallTask"],
    timeouts: &[("create", CREATE), ("read", READ), ("delete", DELETE)],
    more: "\
## Import of callees

Callees are imported in chunks of 1000. A chunk that fails takes the earlier ones back; what cannot be cancelled stays in
the state and is counted in the error. When the answer of an import is lost, its callees are looked up by their time,
count, `out_id` and number; they are never sent again, so that nobody is called twice. Messages name rows by their place.

When they are not found, they may still come in: the batch stays in the state as `lost/...`, and the next apply looks for
them again, takes over what it finds by its numbers, and only else imports anew. A destroy cancels a batch of that size and
time, and says so. After a lost answer give the service a minute.

Importing into a task with `start_type = \"IMMEDIATE\"` that was never started may start it.

## Destroy

Cancels the callees that were not called yet, and warns with counts when others remain. A batch cannot be imported into
Terraform.
",
};

/// How long each operation may take unless `timeouts` says otherwise.
const CREATE: Duration = Duration::from_secs(30 * 60);
const READ: Duration = Duration::from_secs(5 * 60);
const DELETE: Duration = Duration::from_secs(20 * 60);

/// The statuses that the query of callees asks for: to be called, done, failed.
const STATUSES: [&str; 3] = ["0", "1", "2"];

/// The resource.
#[derive(Debug)]
pub struct CalleeBatch;

impl Resource<Session> for CalleeBatch {
    fn name(&self) -> &'static str {
        "aiccs_callee_batch"
    }

    fn schema(&self) -> &'static Schema {
        &SCHEMA
    }

    fn check(&self, config: &Value) -> Diagnostics {
        let mut out = Diagnostics::new();
        rows::check(config.get("callees_wo"), &mut out);
        out
    }

    fn modify_plan(&self, request: &mut ModifyPlan<'_>) -> Diagnostics {
        let mut out = Diagnostics::new();
        if request.prior.is_null() {
            *request.private = Private { new: true, ..Private::default() }.bytes();
        }
        // Both say that the numbers are in the open.
        let open = |object: &Value| object.get("encryption_type").as_int().unwrap_or(0) == 0;
        if open(request.prior) && open(&request.plan.planned) {
            request.plan.replace.retain(|path| *path != Path::root("encryption_type"));
        }
        let new = request.prior.is_null() || !request.plan.replace.is_empty();
        if new && !request.plan.planned.is_null() {
            let id = request.plan.planned.get("task_id");
            task::check_id(id, &Path::root("task_id"), &mut out);
            refuse_nobody(request.config.get("callees_wo"), &mut out);
        }
        if request.plan.planned.is_null() || !request.plan.replace.is_empty() {
            let summary = format!(
                "Callees of batch {} that were called stay in the task",
                request.prior.get("id")
            );
            out.warning(
                summary,
                "A destroy cancels the callees that were not called yet. What was called, or is being called, cannot \
                 be taken back.",
            );
        }
        out
    }

    fn create<'a>(
        &'a self,
        call: &'a Context<Session>,
        change: &'a Change,
    ) -> BoxFuture<'a, Response> {
        Box::pin(async move {
            match call.client.ready() {
                Ok(ready) => create(ready, call, change).await,
                Err(diagnostics) => Response { diagnostics, ..Response::default() },
            }
        })
    }

    fn read<'a>(&'a self, call: &'a Context<Session>, state: &'a Value) -> BoxFuture<'a, Response> {
        Box::pin(async move {
            let ready = match call.client.ready() {
                Ok(ready) => ready,
                Err(reasons) => {
                    let mut told = Response::value(state.clone());
                    for reason in reasons {
                        told.diagnostics.warning("Callee batch not refreshed", reason.detail);
                    }
                    return told;
                }
            };
            let limit = timeouts::configured(state, "read").unwrap_or(READ);
            let wait = Wait::new(call.stop.clone(), limit);
            let Some(id) = task_of(state) else { return Response::value(Value::Null) };
            match (ready.task(&id, &wait)).look().await {
                Ok(Seen::Gone) => Response::value(Value::Null),
                Ok(Seen::There { .. }) => {
                    let mut told = Response::value(state.clone());
                    if state.get("id").as_str().and_then(Lost::of_id).is_some() {
                        let summary = format!(
                            "Nobody knows whether the callees of batch {} are in",
                            state.get("id")
                        );
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
                    let summary =
                        format!("Could not read the task of callee batch {}", state.get("id"));
                    told.diagnostics.push(failure::diagnostic(summary, &error, &[]));
                    told
                }
            }
        })
    }

    /// Nothing but the provider's own arguments changes in place: nothing is called.
    fn update<'a>(
        &'a self,
        _: &'a Context<Session>,
        change: &'a Change,
    ) -> BoxFuture<'a, Response> {
        Box::pin(async move { Response::value(change.planned.clone()) })
    }

    fn delete<'a>(
        &'a self,
        call: &'a Context<Session>,
        change: &'a Change,
    ) -> BoxFuture<'a, Response> {
        Box::pin(async move {
            match call.client.ready() {
                Ok(ready) => {
                    let limit = change.timeout("delete").unwrap_or(DELETE);
                    let wait = Wait::new(call.stop.clone(), limit);
                    let diagnostics =
                        delete::delete(ready, &change.prior, &Private::parse(&call.private), &wait)
                            .await;
                    Response { diagnostics, ..Response::default() }
                }
                Err(diagnostics) => Response { diagnostics, ..Response::default() },
            }
        })
    }

    fn import<'a>(
        &'a self,
        _: &'a Context<Session>,
        _: &'a ImportTarget,
    ) -> BoxFuture<'a, Response> {
        Box::pin(async move {
            let mut told = Response::default();
            told.diagnostics.error(
                "Callee batches cannot be imported",
                "The service does not tell what a batch was made of. Leave the batch to the task, and let Terraform make \
                 new ones.",
            );
            told
        })
    }
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

async fn create(ready: &Ready, call: &Context<Session>, change: &Change) -> Response {
    let mut told = Response::default();
    let Some(id) = task_of(&change.planned) else {
        let path = Path::root("task_id");
        task::check_id(change.planned.get("task_id"), &path, &mut told.diagnostics);
        return told;
    };
    let callees = change.config.get("callees_wo");
    refuse_nobody(callees, &mut told.diagnostics);
    rows::check(callees, &mut told.diagnostics);
    if told.diagnostics.has_errors() {
        return told;
    }
    let wait = Wait::new(call.stop.clone(), change.timeout("create").unwrap_or(CREATE));
    let task = ready.task(&id, &wait);
    let import = Import {
        task,
        encryption: change.planned.get("encryption_type").as_int(),
        imports: &ready.imports,
        progress: &|_| {},
        remains: "stay in the state. A destroy cancels what is left of them",
        lost: "\n\nThe lost callees are remembered: the next apply looks for them again before it imports \
               anything, and a destroy cancels them. Give a late answer a minute.",
    };
    let Imported { batches, lost, fresh } = import.all(callees, &mut told.diagnostics).await;
    // A lost chunk is none of these.
    let known =
        if lost.is_some() { ready.imports.of(&id).lock().await.known() } else { HashSet::new() };
    told.private = Some(Private { new: false, known: known.into_iter().collect() }.bytes());
    let first = batches.first().map(|batch| batch.id.clone());
    let Some(id) = lost.map(Lost::id).or(first) else { return told };
    let mut state = change.planned.clone();
    state.put("id", Value::string(id));
    let ids = batches.iter().map(|batch| Value::string(batch.id.as_str()));
    state.put("batch_ids", Value::List(ids.collect()));
    let count: u64 = batches.iter().map(|batch| batch.count).sum();
    state.put("imported_count", Value::int(i64::try_from(count).unwrap_or(i64::MAX)));
    if !told.diagnostics.has_errors() {
        if change.planned.get("start_after_import").as_bool() == Some(true) {
            if let Err(mut diagnostic) = start(task).await {
                // An error would taint the batch, and the next apply would import it again.
                diagnostic.severity = Severity::Warning;
                told.diagnostics.push(diagnostic);
            }
            task.warn_of(Write::Stop, task.id.as_str(), &mut told.diagnostics);
        } else if fresh {
            started_by_import(task, &mut told.diagnostics).await;
        }
    }
    told.value = state;
    told
}
