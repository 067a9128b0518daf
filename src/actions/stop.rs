//! The action `aiccs_call_task_stop`: the task dials nobody any more.

use std::time::Duration;

use terraform_plugin::driver::Progress;
use terraform_plugin::schema::Schema;
use terraform_plugin::timeouts;

use super::{Condition, Run, TASK_ID, TaskAction, Trouble, told};
use crate::about::{About, Named};
use crate::task::Task;
use crate::task::late::TaskWrite;

/// How long it may take unless `timeouts` says otherwise.
const LIMIT: Duration = Duration::from_secs(20 * 60);

/// What its page says.
pub(crate) const ABOUT: About = About {
    subcategory: "Call Tasks",
    names: &[Named::sent("task_id", "TaskId")],
    operations: &["StopAiCallTask", "QueryAiCallTaskDetail", "QueryAiCallTaskPage"],
    timeouts: &[("invoke", LIMIT)],
    invoked: "reminder",
    more: "\
What is being called goes on to its end. An action leaves no state. When the same task is managed by `aiccs_call_task`,
its `status` shows the new run state after the next refresh; where `desired_status` is set, the next apply brings the task
back to it.
",
    ..About::NONE
};

/// The schema of the action.
static SCHEMA: Schema = Schema::of(
    "Stops an AI outbound-call task and waits until it is stopped. A task that is scheduled and would start by itself \
          is stopped too; one that does not run is left alone.",
    &[TASK_ID.attribute],
)
.blocks(&[timeouts::INVOKE]);

/// The action.
pub(crate) static CALL_TASK_STOP: TaskAction = TaskAction {
    name: "aiccs_call_task_stop",
    schema: &SCHEMA,
    limit: LIMIT,
    check: |_, _| {},
    run: Run::One(|_, task, _, progress| {
        Box::pin(async move {
            let mut out = told(stop(task, progress).await, "stop", task.id);
            task.warn_of(TaskWrite::Start, task.id.as_str(), &mut out);
            out
        })
    }),
};

async fn stop(task: Task<'_>, progress: Progress<'_>) -> Result<(), Trouble> {
    let standing = Condition::of(task).await?;
    let shown = standing.shown();
    if standing.status.is_some_and(|status| !status.may_dial(standing.scheduled)) {
        progress(format!("Call task {} is {shown}: there is nothing to stop.", task.id));
        return Ok(task.keep_stopped(standing.scheduled).await?);
    }
    progress(format!("Call task {} is {shown}: stopping it.", task.id));
    task.stop(standing.scheduled).await?;
    progress(format!("Call task {} was stopped.", task.id));
    Ok(())
}
