//! The action `aiccs_import_callees`: callees handed to a task, and nothing kept of them.

use std::time::Duration;

use terraform_plugin::diagnostic::Diagnostics;
use terraform_plugin::driver::Progress;
use terraform_plugin::schema::Mode::Optional;
use terraform_plugin::schema::{Attribute, Schema, Type};
use terraform_plugin::timeouts;
use terraform_plugin::value::Value;

use super::{Condition, Run, TASK_ID, TaskAction, told};
use crate::about::{About, Callout, Named};
use crate::config::Ready;
use crate::resources::callee_batch::import::Import;
use crate::resources::callee_batch::rows::{Importer, Rows};
use crate::resources::callee_batch::{compares, rows, table};
use crate::task::Task;
use crate::task::after_import::{AfterImport, start};
use crate::task::late::TaskWrite;

/// How long it may take unless `timeouts` says otherwise.
const LIMIT: Duration = Duration::from_secs(30 * 60);

/// What its page says.
pub(crate) const ABOUT: About = About {
    subcategory: "Callees",
    callouts: &[Callout::Rings(
        "Callees are called. The import starts a task with `start_type = \"IMMEDIATE\"` that was never started, unless \
         `start_after_import` is `false`. Nothing takes them back later: the resource \
         [`aiccs_callee_batch`](../resources/callee_batch.md) cancels on destroy.",
    )],
    names: &[Named::own("start_after_import"), Named::own("check_variables")],
    shared_names: &table::NAMES,
    operations: &["ImportTaskNumberDatas", "CancelAiCallDetails", "QueryAiCallDetailPage", "QueryAiCallTaskDetail", "QueryAiCallTaskPage", "QueryAiVoiceAgentDetailNew", "StartAiCallTask", "StopAiCallTask"],
    timeouts: &[("invoke", LIMIT)],
    invoked: "december",
    more: "\
Callees are imported once: an invocation that finds them in the task, by their own ids and numbers, leaves them out and
says so, whether an earlier one was cut off or came to its end. To call the same people again, give another
`callees_wo_version`. A callee without `out_id` is sent with an id of the provider's, `tf-a<version>-<place>`. On a task that
the same run did not create that takes two looks, three seconds apart. Progress is told for each chunk of 1000. A chunk that fails takes the earlier ones of the same invocation back. When the answer of an import is lost, its
callees are looked up by their time, count, `out_id` and number; they are never sent again, so that nobody is called twice.
Messages name rows by their place, never by a number.
",
    ..About::NONE
};

/// The schema of the action. The arguments of a batch mean the same as there.
static SCHEMA: Schema = Schema::of(
    "Imports callees into an AI outbound-call task, once for each version. Nothing cancels them later, and \
          the provider keeps nothing of them; feed them from ephemeral variables, since the host writes all other values \
          into saved plans. Use the resource `aiccs_callee_batch` for callees that a destroy takes back.",
    &[
        TASK_ID.attribute,
        table::CALLEES,
        Attribute::new(
            "callees_wo_version",
            Type::Int,
            Optional,
            "Version of `callees_wo`. The same callees are imported once for each version.",
        ),
        table::ENCRYPTION_TYPE,
        table::CHECK_VARIABLES,
        Attribute::new(
            "start_after_import",
            Type::Bool,
            Optional,
            "`true`: the task is started once all callees are in; one that is scheduled is left to its time. `false`: a task that \
             the service starts because of the import is stopped at once. Left out: as the service does.",
        ),
    ],
)
.blocks(&[timeouts::INVOKE]);

/// The action.
pub(crate) static IMPORT_CALLEES: TaskAction = TaskAction {
    name: "aiccs_import_callees",
    schema: &SCHEMA,
    limit: LIMIT,
    check: rows::check_config,
    run: Run::One(|ready, task, config, progress| Box::pin(import(ready, task, config, progress))),
};

async fn import(
    ready: &Ready,
    task: Task<'_>,
    config: &Value,
    progress: Progress<'_>,
) -> Diagnostics {
    if let Err(trouble) = Condition::of(task).await {
        return told(Err(trouble), "read", task.id);
    }
    let id = task.id;
    let mut out = Diagnostics::new();
    let rows = Rows {
        callees: config.get("callees_wo"),
        importer: Importer::Action,
        version: config.get("callees_wo_version").as_int(),
    };
    let start_after = config.get("start_after_import").as_bool();
    let stays = ready.call_tasks.is_to_stop(id);
    let after = AfterImport::of(start_after, stays);
    let import = Import {
        task,
        rows,
        in_doubt: !ready.call_tasks.made(id),
        after,
        skip_called: false,
        encryption: config.get("encryption_type").as_int(),
        imports: &ready.imports,
        agents: compares(config).then_some(&ready.foresight),
        progress,
        remains: "stay in the task",
        lost: "\n\nLook at the task's batches in the console before you invoke the action again: everybody would be called \
               twice.",
    };
    import.all(&mut out).await;
    if !after.starts() || out.has_errors() {
        return out;
    }
    match start(task, &mut out).await {
        Ok(true) => progress(format!("Call task {id} was started.")),
        Ok(false) => {
            progress(format!("Call task {id} needs no start: it runs, or will by itself."))
        }
        Err(diagnostic) => out.push(diagnostic),
    }
    task.warn_of(TaskWrite::Stop, id.as_str(), &mut out);
    out
}
