//! What the service knows already of a task that is planned: who has its name, whether there is its agent.

use aliyun::aiccs::TaskId;
use aliyun::client::Wait;
use serde_json::Value as Json;
use terraform_plugin::diagnostic::Diagnostics;
use terraform_plugin::path::Path;
use terraform_plugin::value::Value;

use super::told::{name_of_another, refused_rename};
use crate::config::{Context, Ready};
use crate::task::foresight::{ASK, AgentKnowledge};
use crate::task::private::{Identity, Private, Replaced};
use crate::task::run_state::{DesiredStatus, Schedule, Status, Transition};
use crate::task::state::{Base, fold, imported};
use crate::task::table::FIELDS;
use crate::task::{Seen, id_of, status_of};

/// Refuses an agent that does not exist where it would replace another one, whose campaign would be given up for nothing; of
/// a new task it is a warning.
pub(super) async fn agent(
    ready: &Ready,
    call: &Context,
    prior: &Value,
    planned: &Value,
    replaces: bool,
    out: &mut Diagnostics,
) {
    let Some(id) = planned.get("agent_id").as_str() else { return };
    if ready.foresight.agent(&ready.client, id, &call.stop, out).await != AgentKnowledge::Unknown {
        return;
    }
    let was = prior.get("agent_id").as_str().filter(|was| *was != id);
    let instead = was.map_or_else(String::new, |was| format!(", which is to replace {was},"));
    let why = format!(
        "Neither the list of agents (PageQueryAgentListNew) nor the agent itself (QueryAiVoiceAgentDetailNew) shows agent \
         {id}{instead} in this account."
    );
    let path = Path::root("agent_id");
    if replaces {
        let detail = format!(
            "{why} The replacement would give up the task that is there, and could then make no new one. Nothing was called. \
             The data source `aiccs_agents` lists the agents."
        );
        out.error_at(path, format!("There is no agent {id}"), detail);
    } else {
        let detail = format!(
            "{why} The apply will most likely be refused. The data source `aiccs_agents` lists the agents."
        );
        out.warning_at(path, format!("There seems to be no agent {id}"), detail);
    }
}

/// Tells whose name it is, and what a create makes of that.
pub(super) async fn name(
    ready: &Ready,
    call: &Context,
    planned: &Value,
    replaced: Option<&Replaced>,
    out: &mut Diagnostics,
) {
    let Some(name) = planned.get("task_name").as_str() else { return };
    if !ready.call_tasks.plan_name(name) {
        let detail = format!(
            "Two resources of this configuration are to create a call task named \"{name}\", and names are unique within \
             the account. Give one of them another `task_name`."
        );
        return out.error_at(Path::root("task_name"), "Two call tasks of one name", detail);
    }
    if replaced.is_some_and(|replaced| replaced.identity.name.as_deref() == Some(name)) {
        // It meets itself.
        return;
    }
    let holders = ready.foresight.holders(&ready.client, name, &call.stop, out).await;
    let Some(holder) = holders.and_then(|holders| holders.into_iter().next()) else { return };
    let adopts = planned.get("adopt_existing").as_bool() == Some(true)
        && Identity::of_item(&holder).same_owner(&Identity::of(planned));
    match id_of(&holder) {
        Some(id) if adopts => adoption(ready, call, planned, &id, out).await,
        id => taken(name, id.as_ref(), &holder, planned, out),
    }
}

/// A rename to a name that another task has: the update would be refused, for a running task after it was stopped.
pub(super) async fn rename(
    ready: &Ready,
    call: &Context,
    prior: &Value,
    planned: &Value,
    out: &mut Diagnostics,
) {
    let Some(name) = planned.get("task_name").as_str() else { return };
    if prior.get("task_name") == planned.get("task_name") {
        return;
    }
    let holders = ready.foresight.holders(&ready.client, name, &call.stop, out).await;
    if let Some(holder) = holders.and_then(|holders| holders.iter().find_map(id_of)) {
        let detail = refused_rename(name, &holder);
        out.warning_at(
            Path::root("task_name"),
            format!("The name \"{name}\" is taken by call task {holder}"),
            detail,
        );
    }
}

fn taken(name: &str, id: Option<&TaskId>, holder: &Json, planned: &Value, out: &mut Diagnostics) {
    let id = id.map_or("unknown", TaskId::as_str);
    let status =
        status_of(holder).map_or_else(|| "not shown".to_owned(), |status| status.to_string());
    let (owner, own) = (Identity::of_item(holder), Identity::of(planned));
    let adopt = if owner.same_owner(&own) {
        "to take it over once and for all, set `adopt_existing = true`".to_owned()
    } else {
        format!(
            "it cannot be taken over, since its agent or application is {} and not {}",
            owner.owner(),
            own.owner()
        )
    };
    let detail = format!(
        "{} Its run state is {status}; {adopt}. If the resource was only renamed in the configuration, a `moved` block keeps its \
         task. If this very apply gives that task up, the create waits for it; otherwise it will fail.",
        name_of_another(name, id)
    );
    out.warning_at(
        Path::root("task_name"),
        format!("The name \"{name}\" is taken by call task {id}"),
        detail,
    );
}

/// What taking the task over will do to it.
async fn adoption(
    ready: &Ready,
    call: &Context,
    planned: &Value,
    id: &TaskId,
    out: &mut Diagnostics,
) {
    let wait = Wait::new(call.stop.clone(), ASK).at_most(1);
    // What cannot be read is left to the apply, which says so.
    let Ok(seen @ Seen::There { .. }) = ready.task(id, &wait).look().await else { return };
    let state = fold(Base::Stored(&imported(id)), &seen, &mut Private::default()).state;
    let settings = FIELDS.iter().filter(|field| field.is_updated()).map(|field| field.attribute);
    let overwritten: Vec<String> = settings
        .filter(|attribute| {
            let (new, old) = (planned.get(attribute.name), state.get(attribute.name));
            new.is_known() && !attribute.semantic_eq(new, old)
        })
        .map(|attribute| format!("`{}`", attribute.name))
        .collect();
    let status = state.get("status").as_str().map_or(Status::Init, Status::of_text);
    let schedule = Schedule::of(planned, ready.client.server_time().as_millisecond());
    let wish = DesiredStatus::of(planned.get("desired_status"));
    let stays = wish == Some(DesiredStatus::Stopped);
    let what = match status {
        Status::Running if stays => "stopped, updated, and stays stopped",
        Status::Running if matches!(schedule, Schedule::Ahead(_)) => {
            "stopped, updated, and not started before its time"
        }
        Status::Running => "stopped, updated, started again",
        _ if wish.map(|wish| wish.step(&status, schedule)) == Some(Transition::Start) => {
            "updated and started"
        }
        Status::Init | Status::Stopped | Status::Failed | Status::Unknown(_) => "updated",
    };
    let overwrites = match overwritten.is_empty() {
        true => "Its settings are as configured already.".to_owned(),
        false => format!("The update overwrites {}.", overwritten.join(", ")),
    };
    let refused = status == Status::Running
        && !stays
        && planned.get("allow_stopping_for_update").as_bool() == Some(false);
    let refuses = if refused {
        " With `allow_stopping_for_update = false` that is refused while the task runs."
    } else {
        ""
    };
    let name = planned.get("task_name");
    let detail = format!(
        "With `adopt_existing = true` the task that has this name is taken over; it is {status} now. {overwrites} No call \
         task is made.{refuses}"
    );
    let summary = format!("Call task {name} ({id}) will be taken over: {what}");
    let starts = what.ends_with("started again") || what.ends_with("and started");
    if starts {
        ready.announcements.start(summary, &detail, out);
    } else {
        ready.announcements.ring(summary, &detail, out);
    }
}
