//! What becomes of the run state after an import: told where the service starts the task by itself, started where that
//! is wanted.

use aliyun::error::{Error, Kind};
use terraform_plugin::diagnostic::{Diagnostic, Diagnostics};

use super::run_state::{DesiredStatus, Status, Transition};
use super::stuck;
use super::{Seen, Task, is_scheduled, status_of};

/// An import may start a task that was never started: whoever did not ask for that is told.
pub(crate) async fn started_by_import(task: Task<'_>, out: &mut Diagnostics) {
    if let Ok(Some(Status::Running)) = task.status().await {
        let summary = format!("Call task {} runs now", task.id);
        let detail = "It had never been started, and the service starts a task with `start_type = \"IMMEDIATE\"` as soon \
                      as callees are in: it calls people. A task with `start_type = \"SCHEDULE\"` waits for its time.";
        out.warning(summary, detail);
    }
}

/// Starts the task unless it runs already, as it may by the import itself. True when it had to be started.
///
/// # Errors
/// Why it does not run.
pub(crate) async fn start(task: Task<'_>) -> Result<bool, Diagnostic> {
    let started = async {
        let unseen = || Error::new(Kind::Unreadable, "no query shows the run state of the task");
        let Seen::There { detail, item } = task.look().await? else { return Err(unseen().into()) };
        let scheduled = is_scheduled(&detail);
        match item.as_ref().and_then(status_of) {
            None => Err(unseen().into()),
            Some(status)
                if DesiredStatus::Running.step(&status, scheduled) == Transition::Start =>
            {
                task.start(&status, scheduled).await.map(|()| true)
            }
            Some(_) => Ok(false),
        }
    };
    started.await.map_err(|stuck| {
        let summary = format!("The callees are in, but task {} could not be started", task.id);
        stuck::diagnostic(summary, stuck, &[])
    })
}
