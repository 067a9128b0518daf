//! Destroying a task that cannot be deleted: stop it, rename it, leave it, or refuse, and say what remains.

use aliyun::aiccs::TaskId;
use aliyun::client::{Parameters, Wait};
use aliyun::error::{Error, Kind};
use terraform_plugin::diagnostic::Diagnostics;
use terraform_plugin::driver::BoxFuture;
use terraform_plugin::path::Path;
use terraform_plugin::value::Value;

use super::told::{label, prevented, remains, retired_name};
use super::update::{Look, Updated};
use crate::config::Ready;
use crate::failure;
use crate::field::{self, WrittenBy};
use crate::task::late::{TaskWrite, china_time};
use crate::task::private::{Identity, Private};
use crate::task::registry::Left;
use crate::task::run_state::Status;
use crate::task::table::FIELDS;
use crate::task::vocabulary::{DeletionPolicy, StartType};
use crate::task::{Stuck, Task, id_in, status_of};

/// Ends the task of a state by its deletion policy. Errors keep the state.
pub(super) async fn delete(
    ready: &Ready,
    prior: &Value,
    private: &mut Private,
    wait: &Wait,
) -> Diagnostics {
    let mut out = Diagnostics::new();
    let Some(id) = id_in(prior) else {
        // Nothing was ever created under this state.
        return out;
    };
    let (identity, policy) = (Identity::of(prior), DeletionPolicy::of(prior));
    if policy == DeletionPolicy::Prevent {
        prevented(&label(prior), &mut out);
        return out;
    }
    let _busy = ready.call_tasks.busy();
    let Some(_under_way) = ready.call_tasks.delete(&id, identity.name.as_deref()) else {
        return out;
    };
    if collides(prior, &identity, private, &mut out) {
        return out;
    }
    let task = ready.task(&id, wait);
    ready.late.recall(&id, &private.late);
    let ended = end(task, prior, &mut out).await;
    private.late = task.late_writes();
    if policy != DeletionPolicy::Abandon {
        task.warn_of(TaskWrite::Start, &label(prior), &mut out);
    }
    match ended {
        Some(Ended::Gone) => {}
        Some(Ended::Retired) => {
            remains(prior, &mut out);
            task.warn_of(TaskWrite::Update, &label(prior), &mut out);
        }
        Some(Ended::Left { ran }) => {
            ready.call_tasks.leave(identity, Left { id, ran });
            remains(prior, &mut out);
        }
        None => {}
    }
    out
}

enum Ended {
    Gone,
    Left { ran: bool },
    Retired,
}

/// A forced replacement, whose new half would meet the name of the old one under another agent.
fn collides(prior: &Value, identity: &Identity, private: &Private, out: &mut Diagnostics) -> bool {
    let Some(next) = &private.next else { return false };
    let collides = DeletionPolicy::of(prior) != DeletionPolicy::Retire
        && next.name == identity.name
        && !next.same_owner(identity);
    if collides {
        let detail = format!(
            "Call task {} is to be replaced by a task of the same name and another agent or application. The service \
             has no operation that deletes a task, so the name would be taken. Nothing was called and the state is \
             kept. Give the new task another `task_name`, or first apply `deletion_policy = \"RETIRE\"`, which frees \
             the name.",
            label(prior)
        );
        out.error_at(
            Path::root("task_name"),
            "Replacement would collide with its own name",
            detail,
        );
    }
    collides
}

/// `None` after an error.
async fn end(task: Task<'_>, prior: &Value, out: &mut Diagnostics) -> Option<Ended> {
    if DeletionPolicy::of(prior) == DeletionPolicy::Abandon {
        return Some(Ended::Left { ran: false });
    }
    let seen = async {
        Ok::<_, Error>(match task.item().await? {
            Some(item) => Some(status_of(&item)),
            // Gone only when its settings are, too.
            None => task.detail().await?.map(|_| None),
        })
    };
    let status = match seen.await {
        Ok(Some(status)) => status,
        Ok(None) => return Some(Ended::Gone),
        Err(error) => {
            let summary = format!("Could not read call task {} before its destroy", label(prior));
            out.push(failure::diagnostic(summary, &error, &FIELDS));
            return None;
        }
    };
    let scheduled = StartType::is_scheduled(prior);
    let stopped = if status.as_ref().is_none_or(|status| status.may_dial(scheduled)) {
        task.stop(scheduled).await
    } else {
        task.keep_stopped(scheduled).await
    };
    if let Err(stuck) = stopped {
        match stuck {
            // Most likely a task at its end, which nobody can stop.
            Stuck::Call(error)
                if error.kind == Kind::Refused && is_undocumented(status.as_ref()) =>
            {
                not_stoppable(prior, status.as_ref(), &error, out);
            }
            stuck @ (Stuck::Call(_) | Stuck::Failed { .. }) => {
                not_stopped(prior, status.as_ref(), stuck, out);
                return None;
            }
        }
    }
    if DeletionPolicy::of(prior) != DeletionPolicy::Retire {
        return Some(Ended::Left { ran: status.is_some_and(|status| status.is_alive(scheduled)) });
    }
    renamed(task, prior, out).await
}

/// Renames a stopped task; `None` after an error.
async fn renamed(task: Task<'_>, prior: &Value, out: &mut Diagnostics) -> Option<Ended> {
    match retire(task, prior).await {
        Ok(()) => Some(Ended::Retired),
        Err(error) => {
            let mut diagnostic = failure::diagnostic(
                format!(
                    "Could not rename call task {} to \"{}\"",
                    label(prior),
                    new_name(prior, task.id)
                ),
                &error,
                &[],
            );
            diagnostic.detail.push_str(
                "\n\nThe state is kept. Apply again, or use `deletion_policy = \"STOP\"` to \
                 forget it under its old name.",
            );
            diagnostic.path = Some(Path::root("deletion_policy"));
            out.push(diagnostic);
            None
        }
    }
}

/// Frees the name by an update that changes nothing else.
async fn retire(task: Task<'_>, prior: &Value) -> Result<(), Error> {
    let name = new_name(prior, task.id);
    let mut parameters = Parameters::new().with("TaskId", task.id.as_str());
    let omit: &[&str] = if StartType::is_scheduled(prior) { &[] } else { &["task_start_time"] };
    field::write(&FIELDS, prior, WrittenBy::CreateAndUpdate, omit, &mut parameters);
    parameters.set("TaskName", name.clone());
    let look = || -> BoxFuture<'_, _> { Box::pin(is_named(task, &name)) };
    match task.update(&parameters, &look).await {
        Updated::Done(..) => Ok(()),
        // An earlier rename, whose answer was lost, may have been this one.
        Updated::Refused(error) => match look().await {
            Ok(look) if look.holds => Ok(()),
            Ok(_) | Err(_) => Err(error),
        },
        Updated::NotSeen((), error) | Updated::Unread(error, _) => Err(error),
    }
}

async fn is_named(task: Task<'_>, name: &str) -> Result<Look<()>, Error> {
    let item = task.item().await?;
    let shown = item.as_ref().and_then(|item| item.get("TaskName"));
    let holds = shown.and_then(serde_json::Value::as_str) == Some(name);
    Ok(Look { holds, is_final: false, seen: () })
}

fn new_name(prior: &Value, id: &TaskId) -> String {
    retired_name(prior.get("task_name").as_str().unwrap_or_default(), id.as_str())
}

/// Nobody knows whether a task in such a run state dials.
fn is_undocumented(status: Option<&Status>) -> bool {
    status.is_none_or(|status| matches!(status, Status::Unknown(_)))
}

fn not_stoppable(prior: &Value, status: Option<&Status>, error: &Error, out: &mut Diagnostics) {
    let shown = status.map_or_else(|| "not shown".to_owned(), Status::to_string);
    let detail = format!(
        "Its run state is {shown}, and the service refuses to stop it: {}. Look at it in the console: should it call \
         people, stop it there.",
        error.message.trim_end_matches('.')
    );
    out.warning(format!("Call task {} could not be stopped", label(prior)), detail);
}

fn not_stopped(prior: &Value, status: Option<&Status>, stuck: Stuck, out: &mut Diagnostics) {
    let error = match stuck {
        Stuck::Call(error) => error,
        Stuck::Failed { .. } => return,
    };
    let mut diagnostic =
        failure::diagnostic(format!("Could not stop call task {}", label(prior)), &error, &[]);
    if status == Some(&Status::Init) {
        let time = prior.get("task_start_time").as_int().map_or_else(
            || "its scheduled time".to_owned(),
            |millis| format!("{} (task_start_time = {millis})", china_time(millis)),
        );
        diagnostic.detail.push_str(&format!(
            "\n\nThe task has not started yet and would call people by itself at {time}. Its state is kept. Stop it in \
             the console, or use `deletion_policy = \"ABANDON\"` to forget it and let it start.",
        ));
    } else {
        diagnostic.detail.push_str(
            "\n\nThe task may still call people, so its state is kept. Apply again, or use `deletion_policy = \
             \"ABANDON\"` to forget it as it is.",
        );
    }
    diagnostic.path = Some(Path::root("deletion_policy"));
    out.push(diagnostic);
}
