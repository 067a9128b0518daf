//! The action `aiccs_import_callee`: one callee handed to a task, once, and nothing kept of him.

use std::time::Duration;

use aliyun::client::Parameters;
use aliyun::error::{Error, Kind, Processed};
use serde_json::{Map, Value as Json};
use terraform_plugin::diagnostic::Diagnostics;
use terraform_plugin::driver::Progress;
use terraform_plugin::path::Path;
use terraform_plugin::schema::Mode::{Optional, Required};
use terraform_plugin::schema::{Attribute, Check, Schema, Type};
use terraform_plugin::timeouts;
use terraform_plugin::value::Value;

use super::{Condition, Run, TASK_ID, TaskAction, told};
use crate::about::{About, Callout, Named};
use crate::config::Ready;
use crate::failure;
use crate::resources::callee_batch::compare::{WAY_OUT, needs};
use crate::resources::callee_batch::find::{Callee, Presence};
use crate::resources::callee_batch::{compares, number, rows, table};
use crate::task::after_import::{AfterImport, hold, is_denied, park, started_by_import};
use crate::task::late::TaskWrite;
use crate::task::{Task, rest, stuck};

/// How long it may take unless `timeouts` says otherwise.
const LIMIT: Duration = Duration::from_secs(10 * 60);

/// How far apart the two looks for a callee are who may be in already: a query may not list him at once.
const APART: Duration = Duration::from_secs(3);

/// How long to wait before each look-up after a lost answer.
const PAUSES: [Duration; 3] = [Duration::ZERO, Duration::from_secs(1), Duration::from_secs(2)];

/// What its page says.
pub(crate) const ABOUT: About = About {
    subcategory: "Callees",
    callouts: &[Callout::Rings(
        "The callee is called. The import starts a task with `start_type = \"IMMEDIATE\"` that was never started. Nothing takes \
         it back later: the resource [`aiccs_callee_batch`](../resources/callee_batch.md) cancels on destroy.",
    )],
    names: &[
        Named::sent("task_id", "TaskId"),
        Named::sent("number", "PhoneNumber"),
        Named::own("number_version"),
        Named::sent("out_id", "OutId"),
        Named::sent("variables", "Variables"),
        Named::sent("extension", "Extension"),
        Named::sent("encryption_type", "EncryptionType"),
        Named::own("check_variables"),
    ],
    operations: &[
        "ImportOneTaskPhoneNumber",
        "QueryAiCallDetailPage",
        "QueryAiCallTaskDetail",
        "QueryAiCallTaskPage",
        "QueryAiVoiceAgentDetailNew",
        "StopAiCallTask",
    ],
    timeouts: &[("invoke", LIMIT)],
    invoked: "late_riser",
    more: "\
The callee is imported once: an invocation that finds the own id with the number in the task leaves him out and says so,
whether an earlier one was cut off or came to its end. Without `out_id` he is sent with an id of the provider's,
`tf-c<number_version>`. On a task that the same run did not create that takes two looks, three seconds apart. When the answer of
the import is lost, he is looked up by own id and number, and never sent again. To call the same person again, give another
`number_version`, and another `out_id` where there is one.

Progress tells the id of his call detail: the data sources `aiccs_call_details` and the ephemeral resource
`aiccs_call_record` take it. No message holds the number.
",
    ..About::NONE
};

/// The schema of the action. The arguments of a batch mean the same as there.
static SCHEMA: Schema = Schema::of(
    "Imports one callee into an AI outbound-call task, once for each version. Nothing cancels the call later, and the \
          provider keeps nothing of it. Use `aiccs_import_callees` or the resource `aiccs_callee_batch` for many.",
    &[
        TASK_ID.attribute,
        Attribute::new(
            "number",
            Type::String,
            Required,
            "Telephone number, in the open or hashed by `encryption_type`. Feed it from an ephemeral variable.",
        )
        .checks(&[Check::NotEmpty])
        .sensitive()
        .write_only(),
        Attribute::new(
            "number_version",
            Type::Int,
            Optional,
            "Version of `number`. The same callee is imported once for each version, where there is no `out_id`.",
        ),
        Attribute::new(
            "out_id",
            Type::String,
            Optional,
            "Id of your own, 128 characters at most; receipts and call details repeat it.",
        ),
        Attribute::new(
            "variables",
            Type::Map(&Type::String),
            Optional,
            "Values of the agent's variables for this callee.",
        ),
        Attribute::new("extension", Type::String, Optional, "More about the callee; receipts repeat it."),
        table::ENCRYPTION_TYPE,
        table::CHECK_VARIABLES,
    ],
)
.blocks(&[timeouts::INVOKE]);

/// The action.
pub(crate) static IMPORT_CALLEE: TaskAction = TaskAction {
    name: "aiccs_import_callee",
    schema: &SCHEMA,
    limit: LIMIT,
    check,
    run: Run::One(|ready, task, config, progress| {
        Box::pin(import_one(ready, task, config, progress))
    }),
};

fn check(config: &Value, out: &mut Diagnostics) {
    if let Some(fault) = rows::fault(config) {
        let name = if fault.contains("`out_id`") { "out_id" } else { "variables" };
        let name = if fault.contains("`number`") { "number" } else { name };
        out.error_at(
            Path::root(name),
            "Invalid callee",
            format!("The callee cannot be imported: {fault}."),
        );
    }
    let encryption = config.get("encryption_type");
    let doubt = config.get("number").as_str().filter(|_| !encryption.is_unknown());
    if let Some(what) = doubt.and_then(|number| number::doubt(number, encryption.as_int())) {
        let detail = format!(
            "What stands in `number` is most likely not a number that can be called: {what}. It is handed over as it is."
        );
        out.warning_at(Path::root("number"), "A number that cannot be called as it is", detail);
    }
}

async fn import_one(
    ready: &Ready,
    task: Task<'_>,
    config: &Value,
    progress: Progress<'_>,
) -> Diagnostics {
    let id = task.id;
    let standing = match Condition::of(task).await {
        Ok(standing) => standing,
        Err(trouble) => return told(Err(trouble), "read", id),
    };
    let mut out = Diagnostics::new();
    let after = AfterImport::of(None, ready.call_tasks.is_to_stop(id));
    if !variables_fit(ready, task, config, &mut out).await
        || !task.limits.import(1, &mut out)
        || is_denied(task, after, &mut out).await
    {
        return out;
    }
    // One import into a task at a time, as for batches.
    let mut turn = match ready.imports.turn(id, task.wait).await {
        Ok(turn) => turn,
        Err(error) => {
            out.push(lost(&error, task));
            return out;
        }
    };
    let callee = Callee::of(config);
    let fresh = ready.call_tasks.made(id) && turn.is_untouched();
    let seen = match known(task, &callee, fresh).await {
        Ok(seen) => seen,
        Err(error) => {
            let summary = format!("Could not find out whether the callee is in task {id} already");
            let mut diagnostic = failure::diagnostic(summary, &error, &[]);
            diagnostic.detail.push_str(
                "\n\nNothing was imported: an earlier run may have been cut off after its import, and the callee would be called \
                 twice. Invoke again once the service answers; to import anew on purpose, give another `out_id` or \
                 `number_version`.",
            );
            out.push(diagnostic);
            return out;
        }
    };
    if let Some(detail) = seen {
        progress(format!(
            "The callee is in task {id} already (detail {detail}) and is not imported again."
        ));
        return out;
    }
    if matches!(after, AfterImport::Hold { .. })
        && let Err(stuck) = park(task).await
    {
        out.push(stuck::diagnostic("Could not hold the task before the import", stuck, &[]));
        return out;
    }
    task.sweep.wrote(id);
    // Before the answer: where that is lost, he may be in.
    turn.note_sent(&callee.id, callee.number, String::new());
    match send(task, config, &callee).await {
        Ok(detail) => {
            progress(format!("The callee is in task {id} (detail {detail})."));
        }
        Err(error) => out.push(lost(&error, task)),
    }
    settle(task, after, &standing, &mut out).await;
    out
}

/// Whether the variables are those that the agent of the task needs.
async fn variables_fit(
    ready: &Ready,
    task: Task<'_>,
    config: &Value,
    out: &mut Diagnostics,
) -> bool {
    if !compares(config) {
        return true;
    }
    let Some((agent, variables)) = needs(&ready.foresight, task, out).await else { return true };
    let faults = variables.faults(config.get("variables"));
    if variables.is_empty() || faults.is_empty() {
        return true;
    }
    let detail = format!(
        "Agent {agent} of the task needs other variables; whoever is called so hears a hole in the sentence. Nobody was imported. \
         What is wrong: {}.\n\n{}",
        faults.join("; "),
        WAY_OUT
    );
    out.error_at(Path::root("variables"), "Variables that do not fit the agent", detail);
    false
}

/// The detail of the callee where he is in already. `fresh`: this run made the task, and has sent nobody into it.
async fn known(task: Task<'_>, callee: &Callee<'_>, fresh: bool) -> Result<Option<String>, Error> {
    if fresh {
        return Ok(None);
    }
    let found = callee.look(task).await?;
    if !matches!(found, Presence::Nowhere) {
        return found.decided();
    }
    rest(task.wait, APART).await?;
    callee.look(task).await?.decided()
}

/// Sends the callee, once; looks him up where the answer was lost.
async fn send(task: Task<'_>, config: &Value, callee: &Callee<'_>) -> Result<String, Error> {
    let mut parameters = Parameters::new()
        .with("TaskId", task.id.as_str())
        .with("PhoneNumber", callee.number)
        .with("OutId", &*callee.id);
    if let Value::Map(variables) = config.get("variables") {
        let given = variables.iter().filter_map(|(name, value)| Some((name, value.as_str()?)));
        let given: Map<String, Json> =
            given.map(|(name, value)| (name.clone(), value.into())).collect();
        parameters.set("Variables", Json::Object(given).to_string());
    }
    if let Some(extension) = config.get("extension").as_str() {
        parameters.set("Extension", extension);
    }
    if let Some(encryption) = config.get("encryption_type").as_int() {
        parameters.set("EncryptionType", encryption.to_string());
    }
    let error = match task.client.import_one_task_phone_number(parameters, task.wait).await {
        Ok((detail, _)) => return Ok(detail),
        Err(error) => error,
    };
    if error.processed == Processed::Unknown {
        for pause in PAUSES {
            rest(task.wait, pause).await.map_err(|_| error.clone())?;
            if let Ok(Some(detail)) = callee.look(task).await.and_then(Presence::decided) {
                return Ok(detail);
            }
        }
    }
    Err(error)
}

/// Why nobody knows that the callee is in.
fn lost(error: &Error, task: Task<'_>) -> terraform_plugin::diagnostic::Diagnostic {
    let summary = format!("Could not import the callee into task {}", task.id);
    let mut diagnostic = failure::diagnostic(summary, error, &[]);
    if error.processed == Processed::Unknown && error.kind != Kind::Refused {
        diagnostic.detail.push_str(
            "\n\nThe answer was lost, and the callee is not in yet; he may still come in. He is never sent again by this \
             invocation. The next one looks for him first: give a late answer a minute.",
        );
    }
    diagnostic
}

/// What becomes of the run state, told or held.
async fn settle(task: Task<'_>, after: AfterImport, was: &Condition, out: &mut Diagnostics) {
    match after {
        AfterImport::Hold { always } => {
            if let Err(diagnostic) = hold(task, was.status.as_ref(), None, always, out).await {
                out.push(diagnostic);
            }
        }
        AfterImport::Start | AfterImport::Leave => {
            started_by_import(task, was.status.as_ref(), out).await;
        }
    }
    task.warn_of(TaskWrite::Stop, task.id.as_str(), out);
}
