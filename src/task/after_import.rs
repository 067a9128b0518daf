//! What becomes of the run state around an import: held, told where the service starts the task by itself, started where that
//! is wanted.

use aliyun::aiccs::exact;
use aliyun::error::{Error, Kind};
use terraform_plugin::diagnostic::{Diagnostic, Diagnostics};

use super::announce::{before_its_time, stands_still};
use super::run_state::{DesiredStatus, Status, Transition};
use super::stuck;
use super::{Seen, Stuck, Task, is_scheduled, schedule_of, status_of};

/// What is to become of the run state after an import.
#[derive(Clone, Copy, Debug)]
pub(crate) enum AfterImport {
    /// The task is started (`start_after_import = true`).
    Start,
    /// It is not to be started by the import; `always`: it is to stand still whoever starts it.
    Hold { always: bool },
    /// As the service does.
    Leave,
}

impl AfterImport {
    /// Of `start_after_import`. `stays`: the same run gives the task `desired_status = "STOPPED"`.
    pub(crate) fn of(start_after_import: Option<bool>, stays: bool) -> AfterImport {
        match start_after_import {
            _ if stays => AfterImport::Hold { always: true },
            Some(false) => AfterImport::Hold { always: false },
            Some(true) => AfterImport::Start,
            None => AfterImport::Leave,
        }
    }

    pub(crate) fn starts(self) -> bool {
        matches!(self, AfterImport::Start)
    }
}

/// How far the service's clock may be off between an import and the start that follows from it, in milliseconds.
const MARGIN: i64 = 5_000;

/// Refuses an import that starts the task, where starts are denied.
pub(crate) async fn is_denied(task: Task<'_>, after: AfterImport, out: &mut Diagnostics) -> bool {
    if !task.limits.deny_starts {
        return false;
    }
    // A task that is to stand still is stopped before its first callees are in.
    if matches!(after, AfterImport::Hold { .. })
        && let Err(stuck) = park(task).await
    {
        out.push(stuck::diagnostic("Could not hold the task before the import", stuck, &[]));
        return true;
    }
    let starts = after.starts()
        || match task.look().await {
            Ok(Seen::There { detail, item }) => {
                let status = item.as_ref().and_then(status_of);
                let first = status.is_none_or(|status| status == Status::Init);
                first && !is_scheduled(&detail)
            }
            // The import itself tells what is wrong.
            Ok(Seen::Gone) | Err(_) => false,
        };
    if starts {
        let summary = format!("Import into call task {}", task.id);
        let detail = "The import starts the task: the service does so with the first callees of one that was never started.";
        task.limits.denied(summary, detail, out);
    }
    starts
}

/// Stops a task that an import would start, before its first callees are in: so nobody's telephone rings. Where the
/// service stops only what runs, nothing changes.
///
/// # Errors
/// Why nobody knows what was stopped.
pub(crate) async fn park(task: Task<'_>) -> Result<(), Stuck> {
    let Seen::There { detail, item } = task.look().await? else { return Ok(()) };
    if item.as_ref().and_then(status_of) != Some(Status::Init) || is_scheduled(&detail) {
        return Ok(());
    }
    match task.stop_unstarted().await {
        Err(Stuck::Call(error)) if error.kind == Kind::Refused => Ok(()),
        stopped => stopped,
    }
}

/// After an import into a task that is to stand still: stops it at once if the service has started it. `was` is the run
/// state before, where something was sent; `imported` is when callees that were in already had come in; `always`: also
/// when somebody else has started it.
///
/// # Errors
/// Why it may still run.
pub(crate) async fn hold(
    task: Task<'_>,
    was: Option<&Status>,
    imported: Option<i64>,
    always: bool,
    out: &mut Diagnostics,
) -> Result<(), Diagnostic> {
    let held = async {
        if !task.runs_by_import(was, imported, always).await? {
            return Ok(false);
        }
        task.stop(false).await.map(|()| true)
    };
    match held.await {
        Ok(false) => Ok(()),
        Ok(true) => {
            let summary =
                format!("Call task {} was started by the import and stopped again", task.id);
            let detail = "The service starts a task with `start_type = \"IMMEDIATE\"` as soon as callees are in, and this \
                          one is to stand still. It was stopped at once; up to that moment calls may have gone out.";
            out.warning(summary, detail);
            Ok(())
        }
        Err(stuck) => {
            let summary = format!("The callees are in, but task {} could not be stopped", task.id);
            Err(stuck::diagnostic(summary, stuck, &[]))
        }
    }
}

/// An import may start a task: whoever did not ask for that is told.
pub(crate) async fn started_by_import(task: Task<'_>, was: Option<&Status>, out: &mut Diagnostics) {
    let still = matches!(was, Some(Status::Init | Status::Stopped | Status::Failed));
    let detail = "It stood still, and the service starts a task with `start_type = \"IMMEDIATE\"` as soon as callees \
                  are in: it calls people. A task with `start_type = \"SCHEDULE\"` waits for its time.";
    if !still {
        return;
    }
    match task.status().await {
        Ok(Some(Status::Running)) => {
            out.warning(format!("Call task {} runs now", task.id), detail);
        }
        // Ctrl-C, for example.
        Err(_) if was == Some(&Status::Init) => {
            out.warning(format!("Call task {} may run now", task.id), detail);
        }
        Ok(_) | Err(_) => {}
    }
}

impl Task<'_> {
    /// Stops a task that was never started, and waits until it is stopped.
    async fn stop_unstarted(&self) -> Result<(), Stuck> {
        self.sweep.wrote(self.id);
        self.client.stop_ai_call_task(self.id, self.wait).await?;
        self.until(|status, _| *status != Status::Init).await.map(drop)
    }

    /// Whether the task runs because callees came in. After an import of this run, where nothing shows at once, it is
    /// watched for a while.
    async fn runs_by_import(
        &self,
        was: Option<&Status>,
        imported: Option<i64>,
        always: bool,
    ) -> Result<bool, Stuck> {
        let runs = |status: &Status| *status == Status::Running;
        match was {
            Some(was) if runs(was) => Ok(always),
            Some(Status::Init) => Ok(self.watch(runs).await?.is_some()),
            Some(_) => Ok(self.status().await?.is_some_and(|status| runs(&status))),
            None if always => Ok(self.status().await?.is_some_and(|status| runs(&status))),
            None => {
                let Some(imported) = imported else { return Ok(false) };
                let Seen::There { detail, item } = self.look().await? else { return Ok(false) };
                let began = detail.get("RealStartTime").and_then(exact);
                let began = began.and_then(|time| time.parse::<i64>().ok());
                let then = began.is_some_and(|began| (began - imported).abs() <= MARGIN);
                Ok(then && item.as_ref().and_then(status_of).is_some_and(|status| runs(&status)))
            }
        }
    }
}

/// Starts the task unless it runs already, as it may by the import itself, or its time lies ahead. True when it had to be
/// started.
///
/// # Errors
/// Why it does not run.
pub(crate) async fn start(task: Task<'_>, out: &mut Diagnostics) -> Result<bool, Diagnostic> {
    let started = async {
        let unseen = || Error::new(Kind::Unreadable, "no query shows the run state of the task");
        let Seen::There { detail, item } = task.look().await? else { return Err(unseen().into()) };
        let schedule = schedule_of(&detail, task.client.server_time().as_millisecond());
        match item.as_ref().and_then(status_of) {
            None => Err(unseen().into()),
            Some(status) if status.waits_in_vain(schedule) => {
                let label = task.id.as_str();
                out.warning(stands_still(label), before_its_time(&status, schedule));
                Ok(false)
            }
            Some(status) if DesiredStatus::Running.step(&status, schedule) == Transition::Start => {
                task.start(&status, schedule.is_timed()).await.map(|()| true)
            }
            Some(_) => Ok(false),
        }
    };
    started.await.map_err(|stuck| {
        let summary = format!("The callees are in, but task {} could not be started", task.id);
        stuck::diagnostic(summary, stuck, &[])
    })
}
