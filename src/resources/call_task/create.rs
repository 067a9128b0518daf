//! Creating a task so that it exists exactly once: what to do when the answer is lost, when the name is taken,
//! and when this process itself left a task of that name behind.

use std::time::Duration;

use aliyun::aiccs::{QUERY_AI_CALL_TASK_PAGE, TaskId, exact};
use aliyun::client::{Parameters, Wait};
use aliyun::error::{Error, Kind, Processed};
use jiff::Timestamp;
use serde_json::Value as Json;
use terraform_plugin::diagnostic::{Diagnostics, Severity};
use terraform_plugin::driver::{Change, Response};
use terraform_plugin::path::Path;
use terraform_plugin::value::Value;

use super::handover;
use super::reconcile::{START, Target, reconcile, stop_refused, stuck_diagnostic};
use super::told::{CALLS, kept, label, name_of_another, tell_taint, unresolved};
use crate::config::Ready;
use crate::failure;
use crate::field::{self, WrittenBy};
use crate::task::private::{Identity, Private};
use crate::task::registry::Before;
use crate::task::run_state::{DesiredStatus, Schedule, Status, Transition};
use crate::task::state::{Base, fold};
use crate::task::table::FIELDS;
use crate::task::vocabulary::StartType;
use crate::task::{Seen, Stuck, Task, id_of, named, rest, status_of};

/// How much earlier than the call a task may seem created, by the service's clock, and still be of this call.
const MARGIN: Duration = Duration::from_secs(5);

/// Between two look-ups of a name after a lost answer.
const SECOND_LOOK: Duration = Duration::from_secs(1);

/// Creates the task of `change.planned`.
pub(super) async fn create(
    ready: &Ready,
    change: &Change,
    wait: &Wait,
    limit: Duration,
) -> Response {
    let create = Create { ready, change, wait, limit, identity: Identity::of(&change.planned) };
    create.carried_out().await
}

/// What came of CreateAiCallTask.
enum Made {
    /// A task of this call; with the contradictory answer, if the answer was one.
    New(TaskId, Option<Error>),
    /// The name belongs to another task.
    Taken(Box<Json>, Error),
    /// No task was made.
    Not(Error),
}

struct Create<'a> {
    ready: &'a Ready,
    change: &'a Change,
    wait: &'a Wait,
    limit: Duration,
    identity: Identity,
}

impl Create<'_> {
    async fn carried_out(&self) -> Response {
        let registry = &self.ready.call_tasks;
        let mut busy = Some(registry.busy());
        let mut waited = false;
        loop {
            if let Some(id) = registry.left(&self.identity)
                && let Some(before) = registry.take_over(&id)
            {
                return self.remembered(self.bring_in_line(&id, false, before)).await;
            }
            let (holder, error) = match self.made().await {
                Made::New(id, doubt) => {
                    registry.own(&id);
                    self.note_wish(&id);
                    return self.remembered(self.complete(&id, doubt)).await;
                }
                Made::Taken(holder, error) => (holder, error),
                // It was taken when Create came, and a delete has freed it since.
                Made::Not(error)
                    if error.processed == Processed::Refused
                        && !waited
                        && registry.gives_up(self.identity.name.as_deref().unwrap_or_default()) =>
                {
                    waited = true;
                    continue;
                }
                Made::Not(error) => {
                    let mut out = Diagnostics::new();
                    let name = self.change.planned.get("task_name");
                    let summary = format!("Could not create call task {name}");
                    out.push(failure::diagnostic(summary, &error, &FIELDS));
                    return Response { value: Value::Null, private: None, diagnostics: out };
                }
            };
            let id = id_of(&holder);
            if let Some(id) = &id
                && self.may_adopt(&holder)
                && let Some(before) = registry.take_over(id)
            {
                return self.remembered(self.bring_in_line(id, true, before)).await;
            }
            // Whoever waits is not under way: two that wait for each other would wait in vain.
            drop(busy.take());
            if let Some(id) = id.filter(|id| !waited && !registry.owns(id))
                && handover::comes(registry, &id, self.wait).await
            {
                waited = true;
                busy = Some(registry.busy());
                continue;
            }
            return self.taken(&holder, &error);
        }
    }

    /// The answer, which remembers the account that the task is in.
    async fn remembered(&self, answer: impl Future<Output = Response>) -> Response {
        let account = self.ready.foresight.account(&self.ready.client, &self.wait.stop);
        let (mut told, account) = tokio::join!(answer, account);
        if let (Some(bytes), Some(account)) = (told.private.as_mut(), account) {
            let private = Private { account: Some(account), ..Private::parse(bytes) };
            *bytes = private.bytes();
        }
        told
    }

    fn task<'a>(&'a self, id: &'a TaskId) -> Task<'a> {
        self.ready.task(id, self.wait)
    }

    fn parameters(&self) -> Parameters {
        let planned = &self.change.planned;
        let mut omit = Vec::new();
        if !StartType::is_scheduled(planned) {
            omit.push("task_start_time");
        }
        if self.change.config.get("source").is_null() {
            omit.push("source");
        }
        let mut parameters = Parameters::new();
        field::write(&FIELDS, planned, WrittenBy::Create, &omit, &mut parameters);
        parameters
    }

    /// Sends Create, once more only when two look-ups show that a lost one made nothing.
    async fn made(&self) -> Made {
        let mut again = false;
        loop {
            let error =
                match self.ready.client.create_ai_call_task(self.parameters(), self.wait).await {
                    Ok((id, _)) => return Made::New(id, None),
                    Err(error) => error,
                };
            match error.processed {
                Processed::No => return Made::Not(error),
                Processed::Refused => return self.refused(error, again).await,
                Processed::Unknown => {}
            }
            match self.find_lost(&error).await {
                Ok(Some(made)) => return made,
                Ok(None) if again => return Made::Not(error),
                Ok(None) => again = true,
                Err(lookup) => return Made::Not(unresolved(error, &lookup)),
            }
        }
    }

    /// A refusal is about the name when a task of that name exists. After a first Create whose answer was lost it
    /// may be that very task.
    async fn refused(&self, error: Error, after_lost: bool) -> Made {
        let name = self.identity.name.as_deref().unwrap_or_default();
        match named(&self.ready.client, name, self.wait).await {
            Ok(items) if after_lost => match self.of_this_call(&items).await {
                Ok(Some(id)) => Made::New(id, None),
                Ok(None) | Err(_) => taken_or(items, error),
            },
            Ok(items) => taken_or(items, error),
            Err(_) => Made::Not(error),
        }
    }

    /// Two look-ups of the exact name. `None`: no such task.
    async fn find_lost(&self, error: &Error) -> Result<Option<Made>, Error> {
        let name = self.identity.name.as_deref().unwrap_or_default();
        for last in [false, true] {
            let items = named(&self.ready.client, name, self.wait).await?;
            if let Some(id) = self.of_this_call(&items).await? {
                let doubt = (error.kind == Kind::Contradictory).then(|| error.clone());
                return Ok(Some(Made::New(id, doubt)));
            }
            if let Some(holder) = items.into_iter().next() {
                return Ok(Some(Made::Taken(Box::new(holder), error.clone())));
            }
            if !last {
                rest(self.wait, SECOND_LOOK).await?;
            }
        }
        Ok(None)
    }

    /// The task among these that this call made: created after it began, of the same agent and settings, and not
    /// one that this process owns already.
    async fn of_this_call(&self, items: &[Json]) -> Result<Option<TaskId>, Error> {
        let begun = self.begun().await?;
        for item in items {
            let Some(id) = id_of(item).filter(|id| !self.ready.call_tasks.owns(id)) else {
                continue;
            };
            let created =
                item.get("CreateTime").and_then(exact).and_then(|text| text.parse::<i64>().ok());
            let recent = begun.zip(created).is_some_and(|(begun, created)| created >= begun);
            if recent && self.matches(&id).await? {
                return Ok(Some(id));
            }
        }
        Ok(None)
    }

    /// When this operation began, in milliseconds by the service's clock, less the margin.
    async fn begun(&self) -> Result<Option<i64>, Error> {
        let probe = Parameters::new().with("PageNo", "1").with("PageSize", "1");
        let now = self.ready.client.call(&QUERY_AI_CALL_TASK_PAGE, probe, self.wait).await?.date;
        let elapsed = self.limit.saturating_sub(self.wait.deadline - tokio::time::Instant::now());
        let back = i64::try_from((elapsed + MARGIN).as_millis()).unwrap_or(i64::MAX);
        Ok(now.map(|now: Timestamp| now.as_millisecond().saturating_sub(back)))
    }

    async fn matches(&self, id: &TaskId) -> Result<bool, Error> {
        let seen = self.task(id).look().await?;
        if !matches!(seen, Seen::There { .. }) {
            return Ok(false);
        }
        let folded = fold(Base::Planned(&self.change.planned), &seen, &mut Private::default());
        Ok(!folded.diagnostics.has_errors()
            && Identity::of(&folded.state).same_owner(&self.identity))
    }

    /// The task exists: read it back, bring it to its run state. The id is in the answer whatever fails.
    async fn complete(&self, id: &TaskId, doubt: Option<Error>) -> Response {
        let mut out = Diagnostics::new();
        if let Some(error) = doubt {
            let detail = format!(
                "{}\n\nThe task was looked up: it exists as planned, with id {id}.",
                failure::facts(&error)
            );
            out.warning("The service contradicted itself about a create", detail);
        }
        let mut private = Private::default();
        let mut planned = self.change.planned.clone();
        planned.put("id", Value::string(id.as_str()));
        planned.put("task_id", Value::string(id.as_str()));
        let mut known = true;
        let mut state = match self.task(id).look().await {
            Ok(seen) => {
                if matches!(seen, Seen::Gone) {
                    known = false;
                    out.warning(
                        format!("Call task {} cannot be read back yet", label(&planned)),
                        format!("CreateAiCallTask answered with the id {id}, but no query shows such a task yet. The state \
                                 holds what was planned; the next plan reads it again."),
                    );
                }
                let folded = fold(Base::Planned(&planned), &seen, &mut private);
                out.extend(folded.diagnostics);
                folded.state
            }
            Err(error) => {
                known = false;
                let summary = format!(
                    "Call task {} was created, but could not be read back",
                    label(&planned)
                );
                out.push(kept(summary, &error));
                planned.clone().without_unknowns()
            }
        };
        if known && !out.has_errors() {
            self.run(id, &mut state, &mut private, &mut out).await;
        }
        if out.has_errors() {
            tell_taint(&planned, &mut out);
        }
        private.late = self.task(id).late_writes();
        Response { value: state, private: Some(private.bytes()), diagnostics: out }
    }

    /// Starts the new task when the user wants it running.
    async fn run(
        &self,
        id: &TaskId,
        state: &mut Value,
        private: &mut Private,
        out: &mut Diagnostics,
    ) {
        let schedule = Schedule::of(state, self.ready.client.server_time().as_millisecond());
        let status = Status::of_text(state.get("status").as_str().unwrap_or("INIT"));
        let Some(wish) = DesiredStatus::of(state.get("desired_status")) else { return };
        let task = self.task(id);
        let result = match wish.step(&status, schedule) {
            Transition::Nothing => return,
            Transition::Start => task.start(&status, schedule.is_timed()).await,
            Transition::Stop => task.stop(schedule.is_timed()).await,
        };
        match result {
            Ok(()) if wish == DesiredStatus::Running => {
                out.warning(format!("Call task {} was started", label(state)), CALLS);
            }
            Ok(()) => {}
            // The user or the time limit ended it: the next apply goes on from here, and nothing is to be replaced.
            Err(Stuck::Call(error)) if matches!(error.kind, Kind::Interrupted | Kind::Deadline) => {
                let label = label(state);
                out.push(kept(
                    format!("Call task {label} was created, but not brought to its run state"),
                    &error,
                ));
                return;
            }
            // An error would taint it: the next apply tries again, and fails.
            Err(Stuck::Call(error))
                if error.kind == Kind::Refused && status == Status::Init && schedule.is_timed() =>
            {
                let mut diagnostic = stop_refused(state, &status, &error);
                diagnostic.severity = Severity::Warning;
                out.push(diagnostic);
            }
            Err(stuck) => out.push(stuck_diagnostic(START, stuck, &self.change.planned, None)),
        }
        if let Ok(seen @ Seen::There { .. }) = task.look().await {
            if let Seen::There { item: Some(item), .. } = &seen
                && let Some(status) = status_of(item)
            {
                state.put("status", Value::string(status.to_string()));
            }
            let mut base = state.clone();
            base.put("start_failed_reason", Value::Unknown);
            *state = fold(Base::Planned(&base), &seen, private).state;
        }
    }

    fn is_same_owner(&self, holder: &Json) -> bool {
        Identity::of_item(holder).same_owner(&self.identity)
    }

    fn may_adopt(&self, holder: &Json) -> bool {
        let adopt = self.change.planned.get("adopt_existing").as_bool() == Some(true);
        adopt && self.is_same_owner(holder)
    }

    /// The name belongs to another task, which is not taken over: says whose it is.
    fn taken(&self, holder: &Json, error: &Error) -> Response {
        let id = id_of(holder);
        let adopt = self.change.planned.get("adopt_existing").as_bool() == Some(true);
        let name = self.change.planned.get("task_name");
        let mut out = Diagnostics::new();
        let shown = id.as_ref().map_or("unknown", TaskId::as_str);
        let same = self.is_same_owner(holder);
        let why = if adopt {
            "It was not taken over: `adopt_existing` takes over only a task of the same agent or application that \
             no other resource of this configuration manages."
        } else if !same {
            "It cannot be taken over either: its agent or application is another one."
        } else {
            "To take it over once and for all, set `adopt_existing = true`."
        };
        let detail = format!(
            "{} {why} With `create_before_destroy` a replacement meets its own name here: leave that out. With `lifecycle {{ destroy = \
             false }}` it does, too, and the task that was forgotten may go on calling people: import it. If the resource was \
             only renamed in the configuration, a `moved` block keeps its task.\n\n{}",
            name_of_another(name.as_str().unwrap_or_default(), shown),
            failure::facts(error)
        );
        out.error_at(Path::root("task_name"), format!("The name {name} is taken"), detail);
        Response { value: Value::Null, private: None, diagnostics: out }
    }

    /// An import into the task in this process must know what its run state is to be.
    fn note_wish(&self, id: &TaskId) {
        self.ready
            .call_tasks
            .wish(id, DesiredStatus::of(self.change.planned.get("desired_status")));
    }

    /// Takes over a task by the rules of Update. What the plan leaves open stays as the task has it.
    /// What a delete of this run has stopped gets its run state back.
    async fn bring_in_line(&self, id: &TaskId, adopts: bool, before: Before) -> Response {
        self.note_wish(id);
        let mut planned = self.change.planned.clone();
        planned.put("id", Value::string(id.as_str()));
        planned.put("task_id", Value::string(id.as_str()));
        let seen = match self.task(id).look().await {
            Ok(seen) => seen,
            Err(error) => {
                let mut out = Diagnostics::new();
                let summary =
                    format!("Could not read call task {} to take it over", label(&planned));
                out.push(failure::diagnostic(summary, &error, &FIELDS));
                return Response { value: Value::Null, private: None, diagnostics: out };
            }
        };
        let current =
            fold(Base::Stored(&planned.clone().without_unknowns()), &seen, &mut Private::default())
                .state;
        for field in FIELDS.iter().filter(|field| field.write.is_some()) {
            let name = field.attribute.name;
            if planned.get(name).is_unknown() && current.get(name).is_known() {
                planned.put(name, current.get(name).clone());
            }
        }
        let mut kept = current;
        kept.put("desired_status", planned.get("desired_status").clone());
        let (planned, kept) = (&planned, &kept);
        let target = Target { planned, kept, writes: true, restart: before.ran, adopts };
        reconcile(self.task(id), &target, Private::default()).await
    }
}

fn taken_or(items: Vec<Json>, error: Error) -> Made {
    match items.into_iter().next() {
        Some(holder) => Made::Taken(Box::new(holder), error),
        None => Made::Not(error),
    }
}
