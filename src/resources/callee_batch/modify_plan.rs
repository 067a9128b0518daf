//! Changes the plan of a batch after the pure step: warnings, refusals, what is no reason for a new batch. Asks the service
//! only for a new batch on a task that is there; what it cannot find out is left to the apply.

use std::collections::HashSet;
use std::time::Duration;

use aliyun::aiccs::{MOST_CALLEES, TaskId};
use aliyun::client::Wait;
use terraform_plugin::diagnostic::Diagnostics;
use terraform_plugin::driver::ModifyPlan;
use terraform_plugin::path::Path;
use terraform_plugin::value::Value;

use super::calls::{self, Again, PlannedBatch};
use super::doubt::Doubt;
use super::moved::MADE_ANEW;
use super::private::Private;
use super::told::held_by_another;
use super::{compare, compares, refuse_nobody, task_of};
use crate::config::{Context, Ready};
use crate::task::announce::Announcements;
use crate::task::foresight::ASK;
use crate::task::imports::Lost;
use crate::task::registry::Standing;
use crate::task::run_state::{Schedule, Status};
use crate::task::{self, Glances};

/// Warnings, refusals, and what is no reason for a new batch.
pub(super) async fn modify_plan(
    call: Option<&Context>,
    request: &mut ModifyPlan<'_>,
) -> Diagnostics {
    let mut out = Diagnostics::new();
    let Private { replaces, told, .. } = Private::parse(request.private);
    if request.prior.is_null() {
        *request.private = Private { new: true, ..Private::default() }.bytes();
    }
    // Both say that the numbers are in the open.
    let open = |object: &Value| object.get("encryption_type").as_int().unwrap_or(0) == 0;
    if open(request.prior) && open(&request.plan.planned) {
        request.plan.replace.retain(|path| *path != Path::root("encryption_type"));
    }
    if Private::parse(request.private).adopted {
        // What an import into Terraform could not tell is taken from the configuration.
        for name in ["callees_wo_version", "encryption_type"] {
            if request.prior.get(name).is_null() {
                request.plan.replace.retain(|path| *path != Path::root(name));
            }
        }
    }
    if request.plan.planned.is_null()
        && let (Some(id), Some(call)) = (task_of(request.prior), call)
    {
        know_the_others(call, &id, request).await;
    }
    if !request.prior.is_null() {
        // A replacement that the user forces does not show here.
        let told = !request.plan.replace.is_empty();
        let private = Private { replaces: true, told, ..Private::parse(request.private) };
        *request.private = private.bytes();
    }
    let moves = moves(request);
    if moves {
        for name in MADE_ANEW {
            request.plan.planned.put(name, Value::Unknown);
        }
    }
    let new = request.prior.is_null() || !request.plan.replace.is_empty();
    if (new || moves) && !request.plan.planned.is_null() {
        made(call, request, new, told, &mut out).await;
    }
    if request.prior.is_null()
        && !replaces
        && !request.second
        && !out.has_errors()
        && let Some(call) = call
        && let Ok(ready) = call.client.ready()
    {
        out.extend(already_in(ready, call, request).await);
    }
    if request.plan.planned.is_null() || !request.plan.replace.is_empty() {
        let summary = format!(
            "Callees of batch {} that were called stay in the task",
            request.prior.get("id")
        );
        out.warning(
            summary,
            "A destroy cancels the callees that were not called yet. What was called, or is being called, cannot \
             be taken back.",
        );
    }
    out
}

/// Whether the task becomes, or may become, another one.
fn moves(request: &ModifyPlan<'_>) -> bool {
    let (prior, plan) = (request.prior, &request.plan);
    let known = !prior.is_null() && !plan.planned.is_null() && plan.replace.is_empty();
    known && prior.get("task_id") != plan.planned.get("task_id")
}

/// What is to be said of a batch that is made, or may be made, by this plan.
async fn made(
    call: Option<&Context>,
    request: &mut ModifyPlan<'_>,
    new: bool,
    told: bool,
    out: &mut Diagnostics,
) {
    let callees = request.config.get("callees_wo");
    let planned = &mut request.plan.planned;
    let id = planned.get("task_id").clone();
    task::check_id(&id, &Path::root("task_id"), out);
    let open = !new && id.is_unknown();
    if !open {
        refuse_nobody(callees, out);
    }
    let start_after = planned.get("start_after_import").as_bool();
    let standing = standing(call, &id);
    if new && !callees.is_unknown() && !planned.get("skip_called").is_unknown() {
        let leaves_out = planned.get("skip_called").as_bool() == Some(true);
        if let (false, Ok(count)) = (leaves_out, i64::try_from(callees.count())) {
            planned.put("imported_count", Value::int(count));
        }
    }
    if request.second || told || out.has_errors() {
        return;
    }
    let held = warn_of_a_stop(call, &id, start_after, standing.as_ref(), out);
    if open {
        return warn_of_a_move(call, request.prior, callees, out);
    }
    if fits(call, request, out).await {
        announce(call, request, held, standing, out).await;
    }
}

/// Whether the variables of the callees are those that the agent of the task needs, as far as the plan can ask.
async fn fits(call: Option<&Context>, request: &ModifyPlan<'_>, out: &mut Diagnostics) -> bool {
    let (planned, callees) = (&request.plan.planned, request.config.get("callees_wo"));
    let (Some(call), Some(id), true) = (call, task_of(planned), compares(planned)) else {
        return true;
    };
    let Ok(ready) = call.client.ready() else { return true };
    if callees.is_unknown() || planned.get("check_variables").is_unknown() {
        return true;
    }
    match ready.foresight.needs_planned(&ready.client, &id, &call.stop, out).await {
        Some(needs) => compare::fits(callees, &needs, out),
        None => true,
    }
}

/// Tells how many people the batch calls, and how many of them again.
async fn announce(
    call: Option<&Context>,
    request: &ModifyPlan<'_>,
    held: bool,
    standing: Option<Standing>,
    out: &mut Diagnostics,
) {
    let (planned, callees) = (&request.plan.planned, request.config.get("callees_wo"));
    let asks = call.and_then(|call| Some((call, call.client.ready().ok()?)));
    let alone = Announcements::default();
    let id = task_of(planned);
    let again = match (asks, &id) {
        (Some((call, ready)), Some(id)) if !ready.call_tasks.made(id) && !callees.is_unknown() => {
            calls::again(ready, call, id, calls::rows(planned, callees)).await
        }
        (Some(_) | None, Some(_)) if !callees.is_unknown() => Again::Unclear,
        (Some(_) | None, _) => Again::Nobody,
    };
    let task =
        id.map(|id| standing.as_ref().map_or(id.to_string(), |standing| standing.label.clone()));
    let calls = PlannedBatch { planned, callees, task, standing, held, again };
    calls.announce(asks.map_or(&alone, |(_, ready)| &ready.announcements), out);
}

/// Nobody knows yet whether the batch moves.
fn warn_of_a_move(call: Option<&Context>, prior: &Value, callees: &Value, out: &mut Diagnostics) {
    let many = calls::people(callees);
    let list = match callees.count() {
        0 if !callees.is_unknown() => {
            " `callees_wo` is empty, so that such an apply would fail before it calls anything."
        }
        _ => "",
    };
    let detail = format!(
        "`task_id` is not known yet. If it turns out to be the same, nothing is called. If it is another one, what task {} still \
         has to call of this batch is cancelled, and the callees given then are imported into the other task: who was called \
         already is called again.{list}",
        prior.get("task_id")
    );
    let summary = format!(
        "Callee batch {} moves if its task is another one, and imports {many} then",
        prior.get("id")
    );
    let alone = Announcements::default();
    let ready = call.and_then(|call| call.client.ready().ok());
    ready.map_or(&alone, |ready| &ready.announcements).ring(summary, &detail, out);
}

/// How the task stands, as far as its plan was made here.
fn standing(call: Option<&Context>, id: &Value) -> Option<Standing> {
    let ready = call?.client.ready().ok()?;
    ready.call_tasks.standing(&TaskId::parse(id.as_str()?)?)
}

/// What `start_after_import` means for a task that is to stand still. True where the import holds it: a task that the apply
/// does not change is not known to it.
fn warn_of_a_stop(
    call: Option<&Context>,
    id: &Value,
    start_after: Option<bool>,
    standing: Option<&Standing>,
    out: &mut Diagnostics,
) -> bool {
    let new = || {
        call.is_some_and(|call| {
            call.client.ready().is_ok_and(|ready| ready.call_tasks.plans_stopped())
        })
    };
    let to_stop = match standing {
        Some(standing) => standing.to_stop,
        None => (id.is_unknown() && new()).then_some(true),
    };
    let path = || Path::root("start_after_import");
    let fresh = standing.is_none_or(|standing| {
        standing.status == Some(Status::Init) && standing.schedule == Schedule::Immediate
    });
    match (start_after, to_stop) {
        (Some(true), Some(true)) => {
            let detail = "The same apply gives the task `desired_status = \"STOPPED\"`, which wins: the callees are imported, \
                          and the task is not started. Leave `start_after_import` out, or let the task run.";
            out.warning_at(path(), "`start_after_import` starts nothing", detail);
        }
        (Some(true), Some(false)) => {
            let detail = "The task has `desired_status = \"STOPPED\"`, and this apply does not change it, so that the import \
                          does not know: it starts the task, and the next apply stops it. Leave `start_after_import` out, or \
                          let the task run.";
            out.warning_at(
                path(),
                "`start_after_import` starts a task that is to be stopped",
                detail,
            );
        }
        (None, Some(false)) if fresh => {
            let detail = "The task has `desired_status = \"STOPPED\"`, and this apply does not change it, so that the import \
                          does not know. The service starts it with its first callees, and the next apply stops it. With \
                          `start_after_import = false` the import holds it.";
            let summary =
                format!("The import starts task {}, which is to be stopped", held_task(id));
            out.warning_at(path(), summary, detail);
        }
        (_, None) | (Some(false) | None, Some(_)) => {}
    }
    let held = start_after == Some(false) || to_stop == Some(true);
    if start_after == Some(false) || to_stop == Some(true) && fresh {
        warn_held(id, out);
    }
    held
}

fn warn_held(id: &Value, out: &mut Diagnostics) {
    out.warning(
        format!("The task of a callee batch is held: {}", held_task(id)),
        "The service starts a task with `start_type = \"IMMEDIATE\"` that was never started as soon as callees are \
         in. With `start_after_import = false`, or `desired_status = \"STOPPED\"` on the task, it is stopped before the \
         import where the service allows that, and otherwise at once after it: up to that moment calls may go out.",
    );
}

fn held_task(id: &Value) -> String {
    id.as_str().map_or("a task that this apply creates".to_owned(), str::to_owned)
}

/// The destroy of a lost batch must not take the batch of another object for its own: those which this plan reads are noted
/// for it.
async fn know_the_others(call: &Context, id: &TaskId, request: &mut ModifyPlan<'_>) {
    let lost = request.prior.get("id").as_str().and_then(Lost::of_id);
    if let (Some(_), Ok(ready)) = (lost, call.client.ready()) {
        let _ = task::rest(&Wait::new(call.stop.clone(), ASK), READS).await;
        let held = ready.imports.of(id).lock().await.held.clone();
        let mut private = Private::parse(request.private);
        private.known.extend(
            held.into_iter().filter(|batch| !private.known.contains(batch)).collect::<Vec<_>>(),
        );
        *request.private = private.bytes();
    }
}

/// How long a plan waits for the reads of the other objects of this state, whose batches it must know.
const READS: Duration = Duration::from_secs(2);

/// Refuses a new batch whose callees a batch of this state holds, and announces that those which nobody holds are taken over.
/// A question that cannot be answered is left to the apply.
async fn already_in(ready: &Ready, call: &Context, request: &ModifyPlan<'_>) -> Diagnostics {
    let mut out = Diagnostics::new();
    let (Some(id), callees) = (task_of(&request.plan.planned), request.config.get("callees_wo"))
    else {
        return out;
    };
    // With `skip_called` whoever is in is left out, whosever he is.
    let skips = request.plan.planned.get("skip_called").as_bool() == Some(true);
    if callees.is_unknown() || skips || ready.call_tasks.made(&id) {
        return out;
    }
    let wait = Wait::new(call.stop.clone(), ASK);
    let rows = calls::rows(&request.plan.planned, callees);
    let hashed = request.plan.planned.get("encryption_type").as_int().unwrap_or(0) != 0;
    let ended = HashSet::new();
    let doubt = Doubt { task: ready.task(&id, &wait), hashed, ended: &ended };
    let Some(first) = rows.chunks(MOST_CALLEES).next() else { return out };
    let Ok(shown) = doubt.look(&first).await else { return out };
    if shown.count() == 0 {
        return out;
    }
    let mut glances = Glances::new(READS);
    loop {
        let turn = ready.imports.of(&id);
        let turn = turn.lock().await;
        if let Some(batch) = shown.batches.keys().find(|batch| turn.held.contains(*batch)) {
            out.push(held_by_another(batch, &id));
            return out;
        }
        drop(turn);
        if !matches!(glances.next(&wait).await, Ok(true)) {
            break;
        }
    }
    out.warning(
        format!("Callees that are in task {id} already will be taken over"),
        "The task holds callees with the own ids and numbers of these, and no object of this state is known to hold them: \
         an earlier apply was cut off after their import. They are not imported again. To call them once more on purpose, \
         give another `callees_wo_version`, and other `out_id`s where they have some of yours.",
    );
    out
}
