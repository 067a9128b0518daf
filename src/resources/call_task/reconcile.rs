//! Bringing a task to a plan: stop it if it runs, update, read back, start it again. The rules of Update, for an
//! update and for a create that takes a task over.

use aliyun::error::{Error, Kind, Processed};
use terraform_plugin::diagnostic::{Diagnostic, Diagnostics, Severity};
use terraform_plugin::driver::Response;
use terraform_plugin::path::Path;
use terraform_plugin::value::Value;

use super::told::{CALLS, label, refused_rename, stopping_not_allowed};
use crate::failure;
use crate::task::announce::{before_its_time, stands_still};
use crate::task::late::{TaskWrite, china_time};
use crate::task::private::Private;
use crate::task::run_state::{DesiredStatus, Schedule, Status, Transition};
use crate::task::state::{Base, Folded, fold};
use crate::task::stuck;
use crate::task::table::FIELDS;
use crate::task::{Seen, Stuck, Task, id_of, named, status_of};

/// What a task is to become.
pub(super) struct Target<'a> {
    /// The plan; unknown values are the service's.
    pub(super) planned: &'a Value,
    /// The state that is kept when nothing of the plan came true.
    pub(super) kept: &'a Value,
    /// Whether anything is written, or only the run state changes.
    pub(super) writes: bool,
    /// An earlier apply stopped the task and could not start it again.
    pub(super) restart: bool,
    /// The task is somebody else's so far: refused before anything was done to it, it stays so.
    pub(super) adopts: bool,
}

impl Target<'_> {
    fn wish(&self) -> Option<DesiredStatus> {
        DesiredStatus::of(self.planned.get("desired_status"))
    }
}

/// Brings the task to the target, and tells what came of it.
pub(super) async fn reconcile(task: Task<'_>, target: &Target<'_>, private: Private) -> Response {
    let out = Diagnostics::new();
    task.late.recall(task.id, &private.late);
    let mut work = Work { task, target, private, out, status: None, stopped: false, runs: false };
    work.private.next = None;
    work.private.replaces = None;
    let updated = match work.prepare().await {
        Ok(()) if target.writes => work.write().await,
        Ok(()) => Written::Nothing,
        Err(Halt) => Written::Halted,
    };
    work.finish(updated).await
}

/// A diagnostic has been given; go no further.
struct Halt;

/// What became of the update.
pub(super) enum Written {
    /// There was nothing to write.
    Nothing,
    /// It was written, and this was seen afterwards.
    Done(Box<Folded>),
    /// It failed.
    Failed,
    /// Nothing was written, since an earlier step failed.
    Halted,
}

pub(super) struct Work<'a> {
    pub(super) task: Task<'a>,
    pub(super) target: &'a Target<'a>,
    pub(super) private: Private,
    pub(super) out: Diagnostics,
    /// The run state as last seen.
    pub(super) status: Option<Status>,
    /// This apply stopped a running task.
    pub(super) stopped: bool,
    /// The task ran before, or was started by this apply, and is meant to run.
    pub(super) runs: bool,
}

impl Work<'_> {
    /// Reads the run state, and stops the task where the write needs that.
    async fn prepare(&mut self) -> Result<(), Halt> {
        self.status = if self.target.writes && !self.target.adopts {
            self.look_before_the_update().await?
        } else {
            match self.task.status().await {
                Ok(status) => status,
                Err(error) => return self.halt("Could not read the call task's status", &error),
            }
        };
        let stays = self.target.wish() == Some(DesiredStatus::Stopped);
        self.runs = self.status == Some(Status::Running) && !stays;
        if !self.target.writes || self.status != Some(Status::Running) {
            return Ok(());
        }
        if !stays && self.target.planned.get("allow_stopping_for_update").as_bool() == Some(false) {
            stopping_not_allowed(self.target.kept, &mut self.out);
            return Err(Halt);
        }
        if !stays && self.task.limits.deny_starts {
            let summary = format!(
                "Call task {} would be stopped, updated, started again",
                label(self.target.kept)
            );
            let detail = "AICCS changes only tasks that are stopped.";
            self.task.limits.denied(summary, detail, &mut self.out);
            return Err(Halt);
        }
        match self.task.stop(false).await {
            Ok(()) => {
                self.stopped = true;
                self.status = Some(Status::Stopped);
                self.stopped_unplanned(stays);
                Ok(())
            }
            Err(stuck) => {
                // A stop that was accepted is made good; what runs is not started again. One whose answer was lost is
                // remembered as such.
                let unclear =
                    matches!(&stuck, Stuck::Call(error) if error.processed == Processed::Unknown);
                self.private.restart |=
                    !stays && unclear && self.task.open(TaskWrite::Stop).is_none();
                self.stuck("Could not stop the call task for its update", stuck);
                self.status = None;
                Err(Halt)
            }
        }
    }

    /// Reads the task before it is written, and goes no further where it is not what the plan was made from: somebody's
    /// change would be undone without a word.
    async fn look_before_the_update(&mut self) -> Result<Option<Status>, Halt> {
        let seen = match self.task.look().await {
            Ok(seen) => seen,
            Err(error) => {
                return self.halt("Could not read the call task before its update", &error);
            }
        };
        let Seen::There { item, .. } = &seen else { return Ok(None) };
        let status = item.as_ref().and_then(status_of);
        let (prior, planned) = (self.target.kept, self.target.planned);
        let now = fold(Base::Stored(prior), &seen, &mut self.private.clone()).state;
        let settings =
            FIELDS.iter().filter(|field| field.is_updated()).map(|field| field.attribute.name);
        let changed: Vec<_> = settings
            .filter(|name| now.get(name) != prior.get(name) && now.get(name) != planned.get(name))
            .collect();
        let Some(first) = changed.first() else {
            self.name_is_free().await?;
            return Ok(status);
        };
        let lines: String = changed
            .iter()
            .map(|name| format!("\n  - `{name}` was {}, and is {}", prior.get(name), now.get(name)))
            .collect();
        let detail = format!(
            "Somebody has changed it meanwhile:{lines}\n\nNothing was written. Plan again, with a refresh, to see what the \
             change would undo."
        );
        let summary = format!("Call task {} is not as it was planned from", label(prior));
        self.out.error_at(Path::root(*first), summary, detail);
        Err(Halt)
    }

    /// Nothing is stopped for a rename that the service will refuse. What cannot be asked is left to it.
    async fn name_is_free(&mut self) -> Result<(), Halt> {
        let Some(name) = self.target.planned.get("task_name").as_str() else { return Ok(()) };
        if self.target.kept.get("task_name").as_str() == Some(name) {
            return Ok(());
        }
        let holders = named(self.task.client, name, self.task.wait).await.unwrap_or_default();
        let Some(holder) = holders.iter().filter_map(id_of).find(|id| id != self.task.id) else {
            return Ok(());
        };
        let summary = format!("The name \"{name}\" is taken by call task {holder}");
        let detail = format!("{}\n\nNothing was changed.", refused_rename(name, &holder));
        self.out.error_at(Path::root("task_name"), summary, detail);
        Err(Halt)
    }

    /// A plan warns of a stop; where the task was not known to run, the apply does.
    fn stopped_unplanned(&mut self, stays: bool) {
        let kept = self.target.kept;
        if !self.target.adopts && kept.get("status").as_str() == Some("RUNNING") {
            return;
        }
        let what = if stays { "and stays stopped" } else { "and is started again" };
        let summary = format!("Running call task {} was stopped for its update", label(kept));
        let detail = format!(
            "It was not known to run when this was planned. AICCS changes only tasks that are stopped: it was stopped, is \
             updated, {what}."
        );
        self.out.warning(summary, detail);
    }

    /// Run state, final look, answer.
    async fn finish(mut self, written: Written) -> Response {
        let failed = matches!(written, Written::Failed | Written::Halted);
        let changed = if matches!(written, Written::Halted) {
            false
        } else {
            self.settle_run_state(failed).await
        };
        self.remember_late_writes(matches!(written, Written::Done(_)));
        if failed && self.target.adopts {
            return self.left_to_its_owner();
        }
        let (base, folded) = match written {
            Written::Done(folded) => (Base::Planned(self.target.planned), Some(*folded)),
            Written::Nothing => (Base::Planned(self.target.planned), None),
            Written::Failed | Written::Halted => (Base::Stored(self.target.kept), None),
        };
        let fresh = folded.is_some() && !changed;
        let mut folded = match (fresh, folded) {
            (true, Some(folded)) => folded,
            (_, earlier) => self.final_look(base, earlier).await,
        };
        self.out.extend(std::mem::take(&mut folded.diagnostics));
        if !folded.state.get("status").is_known()
            && let Some(status) = &self.status
        {
            folded.state.put("status", Value::string(status.to_string()));
        }
        Response { value: folded.state, private: Some(self.private.bytes()), diagnostics: self.out }
    }

    /// What may still undo this apply is told, and remembered for the next one.
    fn remember_late_writes(&mut self, updated: bool) {
        let label = label(self.target.kept);
        if self.runs {
            self.task.warn_of(TaskWrite::Stop, &label, &mut self.out);
        } else if self.target.wish() == Some(DesiredStatus::Stopped) {
            self.task.warn_of(TaskWrite::Start, &label, &mut self.out);
        }
        if updated {
            self.task.warn_of(TaskWrite::Update, &label, &mut self.out);
        }
        self.private.restart_if_stopped = self.runs && self.task.open(TaskWrite::Stop).is_some();
        self.private.late = self.task.late_writes();
    }

    /// What could not be brought in line is not taken over: a tainted state would stop it with the next apply.
    fn left_to_its_owner(mut self) -> Response {
        if self.private.restart {
            let seen = self.task.seen.tell(self.task.id);
            self.out.warning(
                format!("Call task {} may not run any more", label(self.target.kept)),
                format!(
                    "It ran, and was told to stop to be taken over, which failed. {seen} Start it in the console."
                ),
            );
        }
        Response { value: Value::Null, private: None, diagnostics: self.out }
    }

    /// Starts or stops as the wish says, or starts again what this apply stopped. True when something changed.
    async fn settle_run_state(&mut self, failed: bool) -> bool {
        let wish = self.target.wish();
        let again = (self.stopped || self.target.restart) && wish != Some(DesiredStatus::Stopped);
        let wish = if again { Some(DesiredStatus::Running) } else { wish };
        // After a failed update nothing is started but what was stopped for it.
        if failed && !self.stopped {
            return false;
        }
        let Some((wish, status)) = wish.zip(self.status.clone()) else { return false };
        let settings = if failed { self.target.kept } else { self.target.planned };
        let schedule = Schedule::of(settings, self.task.client.server_time().as_millisecond());
        if wish == DesiredStatus::Running && status.waits_in_vain(schedule) {
            self.leave_to_its_time(&status, schedule);
            return false;
        }
        // What this apply stopped is started again, also where nobody knows what it does now.
        let unclear = again && self.stopped && matches!(status, Status::Unknown(_));
        let step = if unclear { Transition::Start } else { wish.step(&status, schedule) };
        let undone = wish == DesiredStatus::Stopped && self.task.open(TaskWrite::Start).is_some();
        if step == Transition::Nothing && !undone {
            self.private.restart &= !again || matches!(status, Status::Unknown(_));
            return false;
        }
        let result = self.take(step, &status, schedule.is_timed()).await;
        self.private.restart = again && result.is_err();
        let started = step == Transition::Start && result.is_ok();
        self.runs |= started;
        let label = label(self.target.kept);
        match result {
            Ok(()) if started && failed => self.out.warning(
                format!("Call task {label} was started again"),
                "It had been stopped for the update that failed, and runs again with its old settings.",
            ),
            Ok(()) if started => self
                .out
                .warning(format!("Call task {label} was started"), CALLS),
            Ok(()) => {}
            Err(stuck) => self.not_in_its_run_state(step, &status, stuck, failed),
        }
        true
    }

    /// No start is owed either: once the time has passed, only a wish starts it.
    fn leave_to_its_time(&mut self, status: &Status, schedule: Schedule) {
        self.private.restart = false;
        self.private.restart_if_stopped = false;
        self.runs = false;
        let label = label(self.target.kept);
        self.out.warning(stands_still(&label), before_its_time(status, schedule));
    }

    async fn take(&self, step: Transition, status: &Status, scheduled: bool) -> Result<(), Stuck> {
        match step {
            Transition::Nothing => self.task.keep_stopped(scheduled).await,
            Transition::Stop => self.task.stop(scheduled).await,
            Transition::Start if self.task.wait.stop.is_cancelled() => {
                let why = "the apply was interrupted, and an interrupted apply starts nothing";
                Err(Stuck::Call(Error::new(Kind::Interrupted, why)))
            }
            Transition::Start => self.task.start(status, scheduled).await,
        }
    }

    fn not_in_its_run_state(
        &mut self,
        step: Transition,
        status: &Status,
        stuck: Stuck,
        failed: bool,
    ) {
        // An error would taint what was just taken over, and the next apply would not start it.
        if self.target.adopts && !failed && self.target.wish().is_none() {
            let seen = Some(self.task.seen.tell(self.task.id));
            let mut diagnostic = stuck_diagnostic(START, stuck, self.target.planned, seen);
            diagnostic.severity = Severity::Warning;
            return self.out.push(diagnostic);
        }
        if step == Transition::Start {
            return self.stuck(START, stuck);
        }
        match stuck {
            Stuck::Call(error) if error.kind == Kind::Refused && *status != Status::Running => {
                let diagnostic = stop_refused(self.target.kept, status, &error);
                self.out.push(diagnostic);
            }
            stuck @ (Stuck::Call(_) | Stuck::Failed { .. }) => {
                self.stuck("Could not stop the call task", stuck);
            }
        }
    }

    /// The task as it is now. Where that cannot be read, what is known is told.
    async fn final_look(&mut self, base: Base<'_>, earlier: Option<Folded>) -> Folded {
        let known = |base: Base<'_>| match base {
            Base::Stored(value) | Base::Planned(value) => {
                let mut state = value.clone();
                if state.get("status").is_unknown() {
                    state.put("status", Value::Null);
                }
                Folded { state: state.without_unknowns(), diagnostics: Diagnostics::new() }
            }
        };
        if self.task.wait.stop.is_cancelled() {
            return earlier.unwrap_or_else(|| known(base));
        }
        match self.task.look().await {
            Ok(seen @ Seen::There { .. }) => fold(base, &seen, &mut self.private),
            Ok(Seen::Gone) | Err(_) if self.out.has_errors() => {
                earlier.unwrap_or_else(|| known(base))
            }
            Ok(Seen::Gone) => {
                self.out.error(
                    "The call task is gone",
                    "No query shows it any more. The next plan creates it anew.",
                );
                earlier.unwrap_or_else(|| known(base))
            }
            Err(error) => {
                self.out.push(failure::diagnostic(
                    "Could not read the call task back",
                    &error,
                    &FIELDS,
                ));
                earlier.unwrap_or_else(|| known(base))
            }
        }
    }

    fn halt<T>(&mut self, summary: &str, error: &Error) -> Result<T, Halt> {
        self.out.push(failure::diagnostic(summary, error, &FIELDS));
        Err(Halt)
    }

    fn stuck(&mut self, summary: &str, stuck: Stuck) {
        let restart = self.private.restart && !self.target.adopts;
        let owed = restart.then(|| self.task.seen.tell(self.task.id));
        self.out.push(stuck_diagnostic(summary, stuck, self.target.planned, owed));
    }
}

/// A stop that the service refuses, of what does not run: a state that nobody documents is a warning, a task that waits for
/// its time an error.
pub(super) fn stop_refused(state: &Value, status: &Status, error: &Error) -> Diagnostic {
    let label = label(state);
    let summary = format!("Call task {label} could not be stopped: it is {status}");
    let time = state.get("task_start_time").as_int();
    let (severity, what) = match time {
        _ if matches!(status, Status::Unknown(_)) => (
            Severity::Warning,
            "The vendor does not document this run state. Each apply under `desired_status = \"STOPPED\"` tries to stop the \
             task once; look at it in the console."
                .to_owned(),
        ),
        time => (
            Severity::Error,
            format!(
                "It would start calling by itself {}. Stop it in the console, or move `task_start_time`.",
                time.map_or("at its time".to_owned(), |time| format!("at {}", china_time(time)))
            ),
        ),
    };
    let detail = format!("{}\n\n{what}", failure::facts(error));
    Diagnostic { severity, summary, detail, path: Some(Path::root("desired_status")) }
}

/// What a failed start is called.
pub(super) const START: &str = "Could not start the call task";

/// Why a task is not in its run state, and what the next apply will do about it.
pub(super) fn stuck_diagnostic(
    summary: &str,
    stuck: Stuck,
    planned: &Value,
    owed: Option<String>,
) -> Diagnostic {
    let interrupted = matches!(&stuck, Stuck::Call(error) if error.kind == Kind::Interrupted);
    let facts = match &stuck {
        // What follows says what to do.
        Stuck::Call(error) if interrupted && owed.is_some() => Some(failure::facts(error)),
        Stuck::Call(_) | Stuck::Failed { .. } => None,
    };
    let next = owed.map_or_else(String::new, |seen| {
        format!(
            "\n\nThe task was told to stop for the update. {seen} The next apply starts it again unless it runs; \
             `desired_status = \"STOPPED\"` prevents that."
        )
    });
    let path =
        DesiredStatus::of(planned.get("desired_status")).map(|_| Path::root("desired_status"));
    let mut diagnostic = stuck::diagnostic(summary, stuck, &FIELDS);
    diagnostic.detail = facts.unwrap_or(diagnostic.detail);
    diagnostic.detail.push_str(&next);
    diagnostic.path = diagnostic.path.or(path);
    diagnostic
}
