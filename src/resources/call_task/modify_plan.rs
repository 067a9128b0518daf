//! Changes the plan of a task after the pure step: what a change of one argument leaves open in others, what it means for the
//! run state, what a destroy leaves behind, what the service knows already.

use terraform_plugin::diagnostic::Diagnostics;
use terraform_plugin::driver::ModifyPlan;
use terraform_plugin::hosts::cli;
use terraform_plugin::path::Path;
use terraform_plugin::value::Value;

use super::foresee;
use super::starts::{self, Planning, View, changes_settings};
use super::told::{label, prevented, remains};
use crate::config::Context;
use crate::task::announce::Announcements;
use crate::task::id_in;
use crate::task::private::{Identity, Private, Replaced};
use crate::task::registry::{Registry, Standing};
use crate::task::run_state::{DesiredStatus, Schedule, Status};
use crate::task::vocabulary::{DeletionPolicy, StartType};

/// For a create, a change, a replacement or a destroy.
pub(super) async fn modify_plan(
    call: Option<&Context>,
    request: &mut ModifyPlan<'_>,
) -> Diagnostics {
    let asks = call.and_then(|call| Some((call, call.client.ready().ok()?)));
    let alone = Announcements::default();
    let planning = Planning {
        // The second plan asks nothing: what is to be known is known.
        asks: asks.filter(|_| !request.second),
        rings: asks.map_or(&alone, |(_, ready)| &ready.announcements),
        now: call.map_or(i64::MIN, |call| call.client.now().as_millisecond()),
    };
    let mut private = Private::parse(request.private);
    let mut out = Diagnostics::new();
    if request.plan.planned.is_null() {
        private.next = None;
        destroy(request.prior, &mut out);
    } else if request.prior.is_null() {
        let replaced = private.replaces.take();
        private = Private { next: Some(Identity::of(&request.plan.planned)), ..Private::default() };
        Box::pin(create(&planning, request, replaced.as_ref(), &mut out)).await;
    } else {
        private.next = None;
        // Who wants it stopped does not want it started again.
        let stays = DesiredStatus::of(request.plan.planned.get("desired_status"))
            == Some(DesiredStatus::Stopped);
        private.restart &= !stays;
        private.restart_if_stopped &= !stays;
        change(&planning, request, &private, &mut out).await;
        private.replaces = Some(Replaced {
            label: label(request.prior),
            identity: Identity::of(request.prior),
            policy: request.prior.get("deletion_policy").as_str().unwrap_or_default().to_owned(),
            told: !request.plan.replace.is_empty(),
        });
    }
    *request.private = private.bytes();
    if let Some((_, ready)) = asks {
        note_stopped(&ready.call_tasks, request.prior, &request.plan.planned);
        hold(&ready.call_tasks, request.prior, &request.plan.planned, planning.now);
    }
    out
}

/// Batches are planned after their tasks, and must know how these stand.
fn hold(registry: &Registry, prior: &Value, planned: &Value, now: i64) {
    if let Some(id) = id_in(prior) {
        let settings = if planned.is_null() { prior } else { planned };
        let standing = Standing {
            label: label(prior),
            status: prior.get("status").as_str().map(Status::of_text),
            schedule: Schedule::of(settings, now),
            to_stop: (DesiredStatus::of(settings.get("desired_status"))
                == Some(DesiredStatus::Stopped))
            .then(|| prior != planned),
        };
        registry.hold(&id, standing);
    }
}

/// Notes that the task of an import, in the same apply, is to stand still, where its id is not known yet.
fn note_stopped(registry: &Registry, prior: &Value, planned: &Value) {
    let stops = DesiredStatus::of(planned.get("desired_status")) == Some(DesiredStatus::Stopped);
    if prior.is_null() && !planned.is_null() && stops && !StartType::is_scheduled(planned) {
        registry.plan_stopped();
    }
}

fn destroy(prior: &Value, out: &mut Diagnostics) {
    if DeletionPolicy::of(prior) == DeletionPolicy::Prevent {
        prevented(&label(prior), out);
    } else {
        remains(prior, out);
    }
}

async fn create(
    planning: &Planning<'_>,
    request: &mut ModifyPlan<'_>,
    replaced: Option<&Replaced>,
    out: &mut Diagnostics,
) {
    derive_source(request.config, &mut request.plan.planned);
    let planned = &request.plan.planned;
    if let Some(replaced) = replaced {
        second_half(replaced, planned, out);
    }
    if out.has_errors() {
        return;
    }
    starts::warn_of_the_past(planning, &Value::Null, planned, out);
    starts::warn_of_a_first_start(planning, planned, out);
    if let Some((call, ready)) = planning.asks {
        foresee::name(ready, call, planned, replaced, out).await;
        if replaced.is_none_or(|replaced| !replaced.told) {
            foresee::agent(ready, call, &Value::Null, planned, replaced.is_some(), out).await;
        }
    }
}

/// The second plan call of a replacement, which alone tells of one that the user forces. Of its messages Terraform shows none
/// but errors.
fn second_half(replaced: &Replaced, planned: &Value, out: &mut Diagnostics) {
    let (label, policy) = (&replaced.label, DeletionPolicy::parse(Some(&replaced.policy)));
    if policy == DeletionPolicy::Prevent {
        return prevented(label, out);
    }
    let next = Identity::of(planned);
    let collides = policy != DeletionPolicy::Retire
        && next.name == replaced.identity.name
        && !next.same_owner(&replaced.identity);
    if collides {
        let detail = format!(
            "Call task {label} would be replaced by a task of the same name and another agent or application ({} instead of \
             {}). But AICCS has no operation that deletes a task: the old one keeps its name, and the new one is refused. \
             Either give the new task another `task_name`, or first apply `deletion_policy = \"RETIRE\"`, which frees the \
             name.",
            next.owner(),
            replaced.identity.owner()
        );
        out.error_at(
            Path::root("task_name"),
            "Replacement would collide with its own name",
            detail,
        );
    }
}

/// `source` follows from what the configuration gives; it is planned so that a later explicit value of the same
/// meaning changes nothing.
fn derive_source(config: &Value, planned: &mut Value) {
    if config.get("source").is_null() {
        if config.get("agent_id").is_known() {
            planned.put("source", Value::int(0));
        } else if config.get("application_code").is_known() {
            planned.put("source", Value::int(1));
        }
    }
}

async fn change(
    planning: &Planning<'_>,
    request: &mut ModifyPlan<'_>,
    private: &Private,
    out: &mut Diagnostics,
) {
    if !request.plan.replace.is_empty() {
        replacement(request, out);
        if let (Some((call, ready)), false) = (planning.asks, out.has_errors()) {
            let planned = &request.plan.planned;
            Box::pin(foresee::agent(ready, call, request.prior, planned, true, out)).await;
        }
        return;
    }
    open_dependants(request);
    let (prior, planned) = (request.prior, &mut request.plan.planned);
    if let Some((call, ready)) = planning.asks {
        Box::pin(foresee::rename(ready, call, prior, planned, out)).await;
    }
    starts::warn_of_the_past(planning, prior, planned, out);
    let view = View { prior, planned, private, planning };
    if view.run_state(changes_settings(prior, planned), out) {
        planned.put("status", Value::Unknown);
        planned.put("start_failed_reason", Value::Unknown);
    }
}

/// What hangs on an argument that changes, and is not configured, is for the service to say.
fn open_dependants(request: &mut ModifyPlan<'_>) {
    let (config, prior, planned) = (request.config, request.prior, &mut request.plan.planned);
    let changes = |planned: &Value, name: &str| planned.get(name) != prior.get(name);
    let mut dependants: Vec<&'static str> = Vec::new();
    if changes(planned, "start_type") {
        dependants.push("task_start_time");
    }
    if changes(planned, "call_expire_type") {
        dependants.extend(["call_expire_minutes", "call_expire_date"]);
    }
    if changes(planned, "miss_call_retry") {
        dependants.extend(["call_retry_reason", "call_retry_times", "call_retry_interval"]);
    }
    if switches_caller(config, prior) {
        dependants.extend(["virtual_number", "line_phone_num", "line_encoding", "phone_type"]);
    }
    for name in dependants {
        if config.get(name).is_null() {
            planned.put(name, Value::Unknown);
        }
    }
}

/// From a service instance to a line of one's own, or back.
fn switches_caller(config: &Value, prior: &Value) -> bool {
    let to = |new: &str, old: &str| {
        !config.get(new).is_null()
            && config.get(old).is_null()
            && prior.get(new).is_null()
            && !prior.get(old).is_null()
    };
    to("line_phone_num", "virtual_number") || to("virtual_number", "line_phone_num")
}

fn replacement(request: &ModifyPlan<'_>, out: &mut Diagnostics) {
    let (prior, planned) = (request.prior, &request.plan.planned);
    if DeletionPolicy::of(prior) == DeletionPolicy::Prevent {
        return prevented(&label(prior), out);
    }
    let same_name = planned.get("task_name") == prior.get("task_name");
    if same_name && DeletionPolicy::of(prior) != DeletionPolicy::Retire {
        let because: Vec<String> =
            request.plan.replace.iter().map(|path| format!("`{path}`")).collect();
        let detail = format!(
            "{} cannot be changed in place, so call task {} would be replaced. But AICCS has no operation that deletes \
             a task: the old one keeps its name, and a new one of the same name is refused. Either give the new task \
             another `task_name`, or first apply `deletion_policy = \"RETIRE\"`, which frees the name. To destroy the \
             task instead, use `{} destroy -refresh=false`.",
            because.join(" and "),
            label(prior),
            cli()
        );
        let path = request.plan.replace.first().cloned().unwrap_or_default();
        return out.error_at(path, "Replacement would collide with its own name", detail);
    }
    remains(prior, out);
}
