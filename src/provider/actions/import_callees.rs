//! The action `aiccs_import_callees`: callees handed to a task, and nothing kept of them.

use std::time::Duration;

use super::{Standing, TASK_ID, task_id, told};
use crate::aliyun::aiccs::TaskId;
use crate::aliyun::client::Wait;
use crate::provider::call_task::task::Task;
use crate::provider::callee_batch::import::Import;
use crate::provider::callee_batch::{rows, start, table};
use crate::provider::config::{Ready, Session};
use crate::terraform::diagnostic::Diagnostics;
use crate::terraform::driver::{Action, Call, Future, Progress};
use crate::terraform::schema::Mode::Optional;
use crate::terraform::schema::{Attribute, Schema, Type};
use crate::terraform::timeouts;
use crate::terraform::value::Value;

/// How long it may take unless `timeouts` says otherwise.
pub(in crate::provider) const INVOKE: Duration = Duration::from_secs(30 * 60);

/// The arguments. Those of a batch mean the same as there.
static ATTRIBUTES: [Attribute; 4] = [
    TASK_ID.attribute,
    table::CALLEES,
    table::ENCRYPTION_TYPE,
    Attribute::new(
        "start_after_import",
        Type::Bool,
        Optional,
        "Whether the task is started once all callees are in.",
    ),
];

/// The schema of the action.
pub static SCHEMA: Schema = Schema {
    version: 0,
    doc: "Imports callees into an AI outbound-call task, each time it is invoked. Nothing of them is kept: neither plan \
          nor state holds a number, and nothing cancels them later. Use the resource `aiccs_callee_batch` for callees \
          that a destroy takes back.",
    attributes: &ATTRIBUTES,
    blocks: &[timeouts::INVOKE],
};

/// The action.
#[derive(Debug)]
pub struct ImportCallees;

impl Action<Session> for ImportCallees {
    fn name(&self) -> &'static str {
        "aiccs_import_callees"
    }

    fn schema(&self) -> &'static Schema {
        &SCHEMA
    }

    fn check(&self, config: &Value) -> Diagnostics {
        let mut out = Diagnostics::new();
        rows::check(config.get("callees_wo"), &mut out);
        out
    }

    fn invoke<'a>(
        &'a self,
        call: &'a Call<Session>,
        config: &'a Value,
        progress: Progress<'a>,
    ) -> Future<'a, Diagnostics> {
        Box::pin(async move {
            match (call.client.ready(), task_id(config)) {
                (Ok(ready), Ok(id)) => {
                    let limit = timeouts::configured(config, "invoke").unwrap_or(INVOKE);
                    let wait = Wait::new(call.stop.clone(), limit);
                    import(ready, &id, config, &wait, progress).await
                }
                (Err(diagnostics), _) | (_, Err(diagnostics)) => diagnostics,
            }
        })
    }
}

async fn import(
    ready: &Ready,
    id: &TaskId,
    config: &Value,
    wait: &Wait,
    progress: Progress<'_>,
) -> Diagnostics {
    let task = Task { client: &ready.client, id, wait };
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
    };
    import.all(config.get("callees_wo"), &mut out).await;
    if out.has_errors() || config.get("start_after_import").as_bool() != Some(true) {
        return out;
    }
    match start(task).await {
        Ok(true) => progress(format!("Call task {id} was started.")),
        Ok(false) => {
            progress(format!("Call task {id} needs no start: it runs, or will by itself."))
        }
        Err(diagnostic) => out.push(diagnostic),
    }
    out
}
