//! One task of the service, and what is asked of it: where it is, how it runs, start it, stop it. Errors are the
//! service's; of Terraform it knows the check of an id that users give.

pub(crate) mod after_import;
pub(crate) mod announce;
pub(crate) mod foresight;
pub(crate) mod forms;
pub(crate) mod gone;
pub(crate) mod imports;
pub(crate) mod late;
pub(crate) mod limits;
pub(crate) mod names;
pub(crate) mod private;
pub(crate) mod registry;
pub(crate) mod run_state;
pub(crate) mod start_time;
pub(crate) mod state;
pub(crate) mod stuck;
pub(crate) mod sweep;
pub mod table;
pub(crate) mod variables;
pub(crate) mod vocabulary;
pub(crate) mod windows;

use std::time::Duration;

use aliyun::aiccs::{TaskId, exact};
use aliyun::client::{Client, Parameters, Wait};
use aliyun::error::{Error, Kind, Processed};
use jiff::Timestamp;
use serde_json::Value as Json;
use terraform_plugin::diagnostic::Diagnostics;
use terraform_plugin::path::Path;
use terraform_plugin::value::Value;

use self::late::{LateWrite, LateWrites, Sightings, TaskWrite};
use self::limits::Limits;
use self::run_state::{Schedule, Status};
use self::sweep::Sweep;
use self::vocabulary::StartType;

pub(crate) use self::stuck::Stuck;

/// Pauses between two looks at a task that changes its run state.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LAST_PAUSE: Duration = Duration::from_secs(5);

/// How many looks after a start may still show the status before it.
const STALE_LOOKS: u32 = 3;

/// A task, and how long to wait for it.
#[derive(Clone, Copy)]
pub(crate) struct Task<'a> {
    pub(crate) client: &'a Client,
    pub(crate) id: &'a TaskId,
    pub(crate) wait: &'a Wait,
    /// Its writes whose answers were lost.
    pub(crate) late: &'a LateWrites,
    /// What was last seen of it.
    pub(crate) seen: &'a Sightings,
    /// What pages of the whole list have shown.
    pub(crate) sweep: &'a Sweep,
    /// What may be done to people at most.
    pub(crate) limits: &'a Limits,
}

/// What the queries show of a task.
#[derive(Clone, Debug)]
pub(crate) enum Seen {
    /// Surely not there.
    Gone,
    /// Its settings, and its item of the page query where there is one.
    There { detail: Json, item: Option<Json> },
}

impl Task<'_> {
    /// Looks the task up. It is gone only when the detail query shows none and every page query succeeds without
    /// it: an error is an error, never absence.
    pub(crate) async fn look(&self) -> Result<Seen, Error> {
        let detail = self.detail().await?;
        self.looked(detail).await
    }

    async fn looked(&self, detail: Option<Json>) -> Result<Seen, Error> {
        match (detail, self.item().await?) {
            (Some(detail), item) => Ok(Seen::There { detail, item }),
            (None, None) => Ok(Seen::Gone),
            (None, Some(_)) => Err(Error::new(
                Kind::Unreadable,
                "the task is listed, but the query of its settings shows none",
            )
            .during("QueryAiCallTaskDetail", "aiccs:QueryAiCallTaskDetail")),
        }
    }

    /// As [`Task::look`] for a refresh: the item may come from a page that other reads share.
    pub(crate) async fn look_among_others(&self) -> Result<Seen, Error> {
        let page = async {
            let lost = [TaskWrite::Start, TaskWrite::Stop, TaskWrite::Update];
            if lost.into_iter().any(|write| self.open(write).is_some()) {
                return None;
            }
            self.sweep.item(self.client, self.id, self.wait).await
        };
        let (detail, item) = tokio::join!(self.detail(), page);
        match (detail?, item) {
            (Some(detail), Some(item)) => {
                if let Some(status) = status_of(&item) {
                    self.seen.note(self.id, status, self.client.now().as_millisecond());
                }
                Ok(Seen::There { detail, item: Some(item) })
            }
            (detail, None | Some(_)) => self.looked(detail).await,
        }
    }

    /// The task's settings; none when the service knows no such task, in one way or the other.
    pub(crate) async fn detail(&self) -> Result<Option<Json>, Error> {
        match self.client.query_ai_call_task_detail(self.id, self.wait).await {
            Err(error) if says_missing(&error) => Ok(None),
            seen => seen,
        }
    }

    /// The task's item of the page query: asked by id alone, then for agent and for engine tasks.
    pub(crate) async fn item(&self) -> Result<Option<Json>, Error> {
        for source in [None, Some("0"), Some("1")] {
            if let Some(item) = self.listed(source).await? {
                if let Some(status) = status_of(&item) {
                    self.seen.note(self.id, status, self.client.now().as_millisecond());
                }
                return Ok(Some(item));
            }
        }
        Ok(None)
    }

    /// Where the task comes from, which no answer says: the filter that lists it.
    pub(crate) async fn source(&self) -> Result<Option<i64>, Error> {
        for (source, number) in [("0", 0), ("1", 1)] {
            if self.listed(Some(source)).await?.is_some() {
                return Ok(Some(number));
            }
        }
        Ok(None)
    }

    async fn listed(&self, source: Option<&str>) -> Result<Option<Json>, Error> {
        let mut filters = Parameters::new().with("TaskId", self.id.as_str());
        if let Some(source) = source {
            filters.set("Source", source);
        }
        let items = self.client.query_ai_call_task_page(&filters, self.wait).await?;
        Ok(items
            .into_iter()
            .find(|item| item.get("TaskId").and_then(exact).as_deref() == Some(self.id.as_str())))
    }

    /// The run state now; `None` when no page query lists the task or its status cannot be read.
    pub(crate) async fn status(&self) -> Result<Option<Status>, Error> {
        Ok(self.item().await?.as_ref().and_then(status_of))
    }

    /// Stops the task and waits until it is stopped. A refusal or a lost answer counts as success when the task
    /// is found stopped. A start that comes in late is stopped again.
    pub(crate) async fn stop(&self, scheduled: bool) -> Result<(), Stuck> {
        while self.send_stop(scheduled).await? == Status::Running {
            self.late.account(self.id, TaskWrite::Start);
        }
        self.keep_stopped(scheduled).await
    }

    /// Stops again what an earlier start of ours, whose answer was lost, has started meanwhile. Without such a start
    /// nothing is called.
    pub(crate) async fn keep_stopped(&self, scheduled: bool) -> Result<(), Stuck> {
        let mut reached = Status::Stopped;
        while self.open(TaskWrite::Start).is_some() {
            let runs = |status: &Status| *status == Status::Running;
            if !runs(&reached) && !matches!(self.watch(runs).await, Ok(Some(_))) {
                break;
            }
            self.late.account(self.id, TaskWrite::Start);
            reached = self.send_stop(scheduled).await?;
        }
        Ok(())
    }

    /// The status that was reached: stopped, or running where a late start has undone the stop.
    async fn send_stop(&self, scheduled: bool) -> Result<Status, Stuck> {
        let stopped = |status: &Status| !status.may_dial(scheduled);
        for last in [false, true] {
            let sent = self.client.now();
            self.sweep.wrote(self.id);
            let Err(error) = self.client.stop_ai_call_task(self.id, self.wait).await else { break };
            if let Some(status) = self.came_true(TaskWrite::Stop, sent, &error, stopped).await? {
                return Ok(status);
            }
            if last || error.processed != Processed::Unknown {
                return Err(error.into());
            }
        }
        let undone = self.open(TaskWrite::Start).is_some();
        let reached = self.until(|status, stale| {
            let unclear = matches!(status, Status::Unknown(_));
            stopped(status) || !stale && (unclear || undone && *status == Status::Running)
        });
        reached.await.map(|(status, _)| status).map_err(accepted)
    }

    /// Starts the task and waits until it runs, or until a scheduled one waits for its time. Never repeats a
    /// start without having read the status. A stop that comes in late is made good: that is the same start.
    pub(crate) async fn start(&self, from: &Status, scheduled: bool) -> Result<(), Stuck> {
        self.limits.start()?;
        let mut reached = self.send_start(from, scheduled).await?;
        while self.open(TaskWrite::Stop).is_some() {
            let still = |status: &Status| *status == Status::Stopped;
            if !still(&reached) && !matches!(self.watch(still).await, Ok(Some(_))) {
                break;
            }
            self.late.account(self.id, TaskWrite::Stop);
            if self.wait.stop.is_cancelled() {
                let why = "the apply was interrupted, and an interrupted apply starts nothing";
                return Err(interrupted(why).into());
            }
            reached = self.send_start(&Status::Stopped, scheduled).await?;
        }
        Ok(())
    }

    /// The status that was reached: as wanted, or stopped where a late stop has undone the start.
    async fn send_start(&self, from: &Status, scheduled: bool) -> Result<Status, Stuck> {
        let runs = |status: &Status| status.is_started(scheduled);
        for last in [false, true] {
            let sent = self.client.now();
            self.sweep.wrote(self.id);
            let Err(error) = self.client.start_ai_call_task(self.id, self.wait).await else {
                break;
            };
            // What was there before is no sign that it was started.
            let started = |now: &Status| now != from && runs(now);
            if let Some(status) = self.came_true(TaskWrite::Start, sent, &error, started).await? {
                return Ok(status);
            }
            if last || error.processed != Processed::Unknown {
                return Err(error.into());
            }
        }
        let undone = self.open(TaskWrite::Stop).is_some();
        let reached = self.until(|status, stale| {
            let fresh = status != from || !stale;
            let ended = *status == Status::Failed || undone && *status == Status::Stopped;
            fresh && (runs(status) || ended)
        });
        match reached.await? {
            (Status::Failed, item) => {
                let reason =
                    item.get("StartFailedReason").and_then(Json::as_str).map(str::to_owned);
                Err(Stuck::Failed { reason: reason.filter(|reason| !reason.is_empty()) })
            }
            (status, _) => Ok(status),
        }
    }

    /// The status that shows that a start or stop that failed was carried out all the same, if one does. After a lost answer the task is watched; a
    /// write that does not show is noted, since it may come in later.
    async fn came_true(
        &self,
        write: TaskWrite,
        sent: Timestamp,
        error: &Error,
        wanted: impl Fn(&Status) -> bool,
    ) -> Result<Option<Status>, Stuck> {
        if error.kind == Kind::Interrupted {
            return Err(error.clone().into());
        }
        let lost = error.is_lost_answer();
        if lost {
            self.late.note(self.id, write, sent.as_millisecond());
        }
        let seen = if error.processed == Processed::Unknown {
            self.watch(wanted).await?
        } else {
            self.status().await?.filter(wanted)
        };
        if seen.is_some() {
            self.late.settle(self.id, write, sent.as_millisecond());
        }
        Ok(seen)
    }

    /// When the last such write was sent whose answer was lost and which may still be carried out.
    pub(crate) fn open(&self, write: TaskWrite) -> Option<i64> {
        self.late.open(self.id, write, self.client.now().as_millisecond())
    }

    /// All such writes, to be remembered beside the state.
    pub(crate) fn late_writes(&self) -> Vec<LateWrite> {
        self.late.all(self.id, self.client.now().as_millisecond())
    }

    /// Warns of such a write, if there is one. `label` is the task as messages show it.
    pub(crate) fn warn_of(&self, write: TaskWrite, label: &str, out: &mut Diagnostics) {
        if let Some(sent) = self.open(write) {
            late::warn(write, sent, label, out);
        }
    }

    /// Looks at the task for a while; the first status that is as wanted, or none.
    async fn watch(&self, wanted: impl Fn(&Status) -> bool) -> Result<Option<Status>, Error> {
        let mut glances = Glances::new(late::WATCH);
        loop {
            if let Some(status) = self.status().await?.filter(&wanted) {
                return Ok(Some(status));
            }
            if !glances.next(self.wait).await? {
                return Ok(None);
            }
        }
    }

    /// Looks at the task until its status is as wanted; answers it, and the item that shows it. The first looks may be
    /// stale: they may show the status before the call.
    async fn until(&self, wanted: impl Fn(&Status, bool) -> bool) -> Result<(Status, Json), Stuck> {
        let (mut pause, mut looks) = (FIRST_PAUSE, 0);
        loop {
            if let Some(item) = self.item().await?
                && let Some(status) = status_of(&item)
            {
                looks += 1;
                if wanted(&status, looks <= STALE_LOOKS) {
                    return Ok((status, item));
                }
            }
            rest(self.wait, pause).await?;
            pause = (pause * 2).min(LAST_PAUSE);
        }
    }
}

/// The pauses between looks, for as long as a watch lasts; the last look is at its very end.
pub(crate) struct Glances {
    left: Duration,
    pause: Duration,
}

impl Glances {
    pub(crate) fn new(watch: Duration) -> Glances {
        Glances { left: watch, pause: FIRST_PAUSE }
    }

    /// Waits for the next look; false when the watch is over.
    pub(crate) async fn next(&mut self, wait: &Wait) -> Result<bool, Error> {
        let pause = self.pause.min(self.left);
        if pause.is_zero() {
            return Ok(false);
        }
        rest(wait, pause).await?;
        self.left -= pause;
        self.pause *= 2;
        Ok(true)
    }
}

fn interrupted(message: &str) -> Error {
    Error::new(Kind::Interrupted, message)
}

/// What goes wrong after a call was accepted leaves open whether it has come through.
fn accepted(mut stuck: Stuck) -> Stuck {
    if let Stuck::Call(error) = &mut stuck {
        error.processed = Processed::Unknown;
    }
    stuck
}

/// A pause that the user's stop and the operation's time limit end at once.
pub(crate) async fn rest(wait: &Wait, pause: Duration) -> Result<(), Error> {
    tokio::select! {
        biased;
        () = wait.stop.cancelled() => Err(interrupted("the wait was interrupted")),
        () = tokio::time::sleep_until(wait.deadline) => {
            Err(Error::new(Kind::Deadline, "the time limit of the operation passed"))
        }
        () = tokio::time::sleep(pause) => Ok(()),
    }
}

/// The status in an item of the page query.
pub(crate) fn status_of(item: &Json) -> Option<Status> {
    let value = run_state::decode(item.get("Status")?).ok()?;
    value.as_str().map(Status::of_text)
}

/// Whether the settings of a task let it start by itself, at its time.
pub(crate) fn is_scheduled(detail: &Json) -> bool {
    let word = detail.get("StartType").and_then(Json::as_str);
    StartType::parse(word) == Some(StartType::Schedule)
}

/// When a task of these settings starts by itself, by the service's clock.
pub(crate) fn schedule_of(detail: &Json, now: i64) -> Schedule {
    let time = detail.get("StartTime").and_then(exact).and_then(|time| time.parse().ok());
    Schedule::at(is_scheduled(detail), time.filter(|time| *time > 0), now)
}

/// Refuses what is no id of a task. Not part of a validation: mocked resources have ids of any letters.
pub(crate) fn check_id(value: &Value, path: &Path, out: &mut Diagnostics) {
    if value.as_str().is_some_and(|text| TaskId::parse(text).is_none()) {
        let detail = format!("`{path}` is {value}: the id of a task is a decimal number, as text.");
        out.error_at(path.clone(), "Invalid task id", detail);
    }
}

/// The tasks of exactly this name, which the service's fuzzy filter finds among others.
pub(crate) async fn named(client: &Client, name: &str, wait: &Wait) -> Result<Vec<Json>, Error> {
    let mut found: Vec<Json> = Vec::new();
    for source in [None, Some("0"), Some("1")] {
        let mut filters = Parameters::new().with("TaskName", name);
        if let Some(source) = source {
            filters.set("Source", source);
        }
        let items = client.query_ai_call_task_page(&filters, wait).await?;
        found.extend(
            items
                .into_iter()
                .filter(|item| item.get("TaskName").and_then(Json::as_str) == Some(name)),
        );
        if !found.is_empty() {
            break;
        }
    }
    Ok(found)
}

/// The id in an item of the page query.
pub(crate) fn id_of(item: &Json) -> Option<TaskId> {
    item.get("TaskId").and_then(exact).as_deref().and_then(TaskId::parse)
}

/// The id in a state.
pub(crate) fn id_in(state: &Value) -> Option<TaskId> {
    TaskId::parse(state.get("id").as_str()?)
}

/// The vendor publishes no code for a missing task, so the words decide; the page queries confirm.
pub(crate) fn says_missing(error: &Error) -> bool {
    if error.kind != Kind::Refused {
        return false;
    }
    let words =
        [error.code.as_deref().unwrap_or_default(), error.message.as_str()].concat().to_lowercase();
    let letters: String = words.chars().filter(|c| c.is_alphanumeric()).collect();
    ["notexist", "notfound", "nosuch", "不存在"].iter().any(|word| letters.contains(word))
}

#[cfg(test)]
mod tests;
