//! The action `aiccs_call_task_start`: the task dials.

use std::time::Duration;

use terraform_plugin::driver::Progress;
use terraform_plugin::schema::Schema;
use terraform_plugin::timeouts;

use super::{Condition, Run, TASK_ID, TaskAction, Trouble, told};
use crate::about::{About, Callout, Named};
use crate::task::Task;
use crate::task::late::TaskWrite;
use crate::task::run_state::Status;

/// How long it may take unless `timeouts` says otherwise.
const LIMIT: Duration = Duration::from_secs(10 * 60);

/// What its page says.
pub(crate) const ABOUT: About = About {
    subcategory: "Call Tasks",
    callouts: &[Callout::Rings(
        "The task calls its callees, one that is scheduled for later too. The provider's [`deny_starts`](../index.md#schema) forbids \
         every start.",
    )],
    names: &[Named::sent("task_id", "TaskId")],
    operations: &["StartAiCallTask", "QueryAiCallTaskDetail", "QueryAiCallTaskPage"],
    timeouts: &[("invoke", LIMIT)],
    invoked: "reminder",
    more: "\
An action leaves no state. When the same task is managed by `aiccs_call_task`, its `status` shows the new run state after
the next refresh; where `desired_status` is set, the next apply brings the task back to it.
",
    ..About::NONE
};

/// The schema of the action.
static SCHEMA: Schema = Schema::of(
    "Starts an AI outbound-call task and waits until it runs: it calls people. A task that is scheduled for later \
          is started too; one that runs already is left alone.",
    &[TASK_ID.attribute],
)
.blocks(&[timeouts::INVOKE]);

/// The action.
pub(crate) static CALL_TASK_START: TaskAction = TaskAction {
    name: "aiccs_call_task_start",
    schema: &SCHEMA,
    limit: LIMIT,
    check: |_, _| {},
    run: Run::One(|_, task, _, progress| {
        Box::pin(async move {
            let mut out = told(start(task, progress).await, "start", task.id);
            task.warn_of(TaskWrite::Stop, task.id.as_str(), &mut out);
            out
        })
    }),
};

async fn start(task: Task<'_>, progress: Progress<'_>) -> Result<(), Trouble> {
    let standing = Condition::of(task).await?;
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
