//! The action `aiccs_call_task_start`: the task dials.

use std::time::Duration;

use super::{Standing, TASK_ID, Trouble, task_id, told};
use crate::aliyun::client::Wait;
use crate::provider::call_task::run_state::Status;
use crate::provider::call_task::task::Task;
use crate::provider::config::Session;
use crate::terraform::diagnostic::Diagnostics;
use crate::terraform::driver::{Action, Call, Future, Progress};
use crate::terraform::schema::Schema;
use crate::terraform::timeouts;
use crate::terraform::value::Value;

/// How long it may take unless `timeouts` says otherwise.
pub(in crate::provider) const INVOKE: Duration = Duration::from_secs(10 * 60);

/// The schema of the action.
pub static SCHEMA: Schema = Schema {
    version: 0,
    doc: "Starts an AI outbound-call task and waits until it runs. It calls people at once, also when the task is \
          scheduled for later. A task that runs already is left alone.",
    attributes: &[TASK_ID.attribute],
    blocks: &[timeouts::INVOKE],
};

/// The action.
#[derive(Debug)]
pub struct CallTaskStart;

impl Action<Session> for CallTaskStart {
    fn name(&self) -> &'static str {
        "aiccs_call_task_start"
    }

    fn schema(&self) -> &'static Schema {
        &SCHEMA
    }

    fn check(&self, _: &Value) -> Diagnostics {
        Diagnostics::new()
    }

    fn invoke<'a>(
        &'a self,
        call: &'a Call<Session>,
        config: &'a Value,
        progress: Progress<'a>,
    ) -> Future<'a, Diagnostics> {
        Box::pin(async move {
            let (ready, id) = match (call.client.ready(), task_id(config)) {
                (Ok(ready), Ok(id)) => (ready, id),
                (Err(diagnostics), _) | (_, Err(diagnostics)) => return diagnostics,
            };
            let limit = timeouts::configured(config, "invoke").unwrap_or(INVOKE);
            let wait = Wait::new(call.stop.clone(), limit);
            let task = Task { client: &ready.client, id: &id, wait: &wait };
            told(start(task, progress).await, "start", &id)
        })
    }
}

async fn start(task: Task<'_>, progress: Progress<'_>) -> Result<(), Trouble> {
    let standing = Standing::of(task).await?;
    if standing.status == Some(Status::Running) {
        progress(format!("Call task {} runs already.", task.id));
        return Ok(());
    }
    progress(format!("Call task {} is {}: starting it.", task.id, standing.shown()));
    let from = standing.status.unwrap_or(Status::Init);
    task.start(&from, standing.scheduled).await?;
    progress(format!("Call task {} was started.", task.id));
    Ok(())
}
