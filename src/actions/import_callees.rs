//! The action `aiccs_import_callees`: callees handed to a task, and nothing kept of them.

use std::time::Duration;

use terraform_plugin::diagnostic::Diagnostics;
use terraform_plugin::driver::Progress;
use terraform_plugin::schema::Mode::Optional;
use terraform_plugin::schema::{Attribute, Schema, Type};
use terraform_plugin::timeouts;
use terraform_plugin::value::Value;

use super::{Standing, TASK_ID, TaskAction, told};
use crate::about::About;
use crate::config::Ready;
use crate::resources::callee_batch::import::Import;
use crate::resources::callee_batch::{rows, table};
use crate::task::Task;
use crate::task::after_import::{start, started_by_import};
use crate::task::late::Write;

/// How long it may take unless `timeouts` says otherwise.
const LIMIT: Duration = Duration::from_secs(30 * 60);

/// What its page says.
pub const ABOUT: About = About {
    operations: &["ImportTaskNumberDatas", "CancelAiCallDetails", "QueryAiCallDetailPage", "QueryAiCallTaskDetail", "QueryAiCallTaskPage", "StartAiCallTask"],
    timeouts: &[("invoke", LIMIT)],
    more: "\
## Use

By hand, or after a change of a resource through an `action_trigger`:

```shell
terraform apply -invoke=action.aiccs_import_callees.december
```

Every invocation imports all callees once more: nothing remembers that they are in. Progress is told for each chunk of
1000. A chunk that fails takes the earlier ones of the same invocation back. When the answer of an import is lost, its
callees are looked up by their time, count, `out_id` and number; they are never sent again, so that nobody is called twice.
Messages name rows by their place, never by a number.
",
};

/// The arguments. Those of a batch mean the same as there.
static ATTRIBUTES: [Attribute; 4] = [
    TASK_ID.attribute,
    table::CALLEES,
    table::ENCRYPTION_TYPE,
    Attribute::new(
        "start_after_import",
        Type::Bool,
        Optional,
        "Whether the task is started once all callees are in; false unless set. A task that is scheduled is left to its \
         time.",
    ),
];

/// The schema of the action.
static SCHEMA: Schema = Schema {
    version: 0,
    doc: "Imports callees into an AI outbound-call task, each time it is invoked. Nothing cancels them later, and \
          the provider keeps nothing of them; feed them from ephemeral variables, since Terraform writes all other values \
          into saved plans. Use the resource `aiccs_callee_batch` for callees that a destroy takes back. Needs Terraform \
          1.14 or later.",
    attributes: &ATTRIBUTES,
    blocks: &[timeouts::INVOKE],
};

/// The action.
pub static IMPORT_CALLEES: TaskAction = TaskAction {
    name: "aiccs_import_callees",
    schema: &SCHEMA,
    limit: LIMIT,
    check: |config, out| rows::check(config.get("callees_wo"), out),
    run: |ready, task, config, progress| Box::pin(import(ready, task, config, progress)),
};

async fn import(
    ready: &Ready,
    task: Task<'_>,
    config: &Value,
    progress: Progress<'_>,
) -> Diagnostics {
    let id = task.id;
    if let Err(trouble) = Standing::of(task).await {
        return told(Err(trouble), "read", id);
    }
    let mut out = Diagnostics::new();
    let import = Import {
        task,
        encryption: config.get("encryption_type").as_int(),
        imports: &ready.imports,
        progress,
        remains: "stay in the task",
        lost: "\n\nLook at the task's batches in the console before you invoke the action again: everybody would be called \
               twice.",
    };
    let fresh = import.all(config.get("callees_wo"), &mut out).await.fresh;
    if out.has_errors() {
        return out;
    }
    if config.get("start_after_import").as_bool() != Some(true) {
        if fresh {
            started_by_import(task, &mut out).await;
        }
        return out;
    }
    match start(task).await {
        Ok(true) => progress(format!("Call task {id} was started.")),
        Ok(false) => {
            progress(format!("Call task {id} needs no start: it runs, or will by itself."))
        }
        Err(diagnostic) => out.push(diagnostic),
    }
    task.warn_of(Write::Stop, id.as_str(), &mut out);
    out
}
