//! The action `aiccs_call_task_stop`: the task dials nobody any more.

use std::time::Duration;

use super::{Standing, TASK_ID, Trouble, task_id, told};
use crate::aliyun::client::Wait;
use crate::provider::call_task::task::Task;
use crate::provider::config::Session;
use crate::terraform::diagnostic::Diagnostics;
use crate::terraform::driver::{Action, Call, Future, Progress};
use crate::terraform::schema::Schema;
use crate::terraform::timeouts;
use crate::terraform::value::Value;

/// How long it may take unless `timeouts` says otherwise.
pub(in crate::provider) const INVOKE: Duration = Duration::from_secs(20 * 60);

/// The schema of the action.
pub static SCHEMA: Schema = Schema {
    version: 0,
    doc: "Stops an AI outbound-call task and waits until it is stopped. A task that is scheduled and would start by itself \
          is stopped too; one that does not run is left alone.",
    attributes: &[TASK_ID.attribute],
    blocks: &[timeouts::INVOKE],
};

/// The action.
#[derive(Debug)]
pub struct CallTaskStop;

impl Action<Session> for CallTaskStop {
    fn name(&self) -> &'static str {
        "aiccs_call_task_stop"
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
            told(stop(task, progress).await, "stop", &id)
        })
    }
}

async fn stop(task: Task<'_>, progress: Progress<'_>) -> Result<(), Trouble> {
    let standing = Standing::of(task).await?;
    let shown = standing.shown();
    if standing.status.is_some_and(|status| !status.may_dial(standing.scheduled)) {
        progress(format!("Call task {} is {shown}: there is nothing to stop.", task.id));
        return Ok(());
    }
    progress(format!("Call task {} is {shown}: stopping it.", task.id));
    task.stop(standing.scheduled).await?;
    progress(format!("Call task {} was stopped.", task.id));
    Ok(())
}
