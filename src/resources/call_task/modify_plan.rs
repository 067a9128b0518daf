//! Changes the plan of a task after the pure step: what a change of one argument leaves open in others,
//! what it means for a running task, and what a destroy leaves behind. Pure.

use terraform_plugin::diagnostic::Diagnostics;
use terraform_plugin::driver::ModifyPlan;
use terraform_plugin::path::Path;
use terraform_plugin::value::Value;

use crate::task::id_in;
use crate::task::private::{Identity, Private};
use crate::task::registry::Registry;
use crate::task::run_state::{DesiredStatus, Status, Transition};
use crate::task::table::FIELDS;
use crate::task::vocabulary::{DeletionPolicy, StartType};

/// For a create, a change, a replacement or a destroy.
pub(super) fn modify_plan(request: &mut ModifyPlan<'_>) -> Diagnostics {
    let mut private = Private::parse(request.private);
    let diagnostics = if request.plan.planned.is_null() {
        private.next = None;
        destroy(request.prior)
    } else if request.prior.is_null()
        && let Some(label) = private.prevents.take()
    {
        let mut out = Diagnostics::new();
        prevented(&label, &mut out);
        out
    } else if request.prior.is_null() {
        private = Private { next: Some(Identity::of(&request.plan.planned)), ..Private::default() };
        derive_source(request.config, &mut request.plan.planned);
        Diagnostics::new()
    } else {
        private.next = None;
        // Who wants it stopped does not want it started again.
        let stays = DesiredStatus::of(request.plan.planned.get("desired_status"))
            == Some(DesiredStatus::Stopped);
        private.restart &= !stays;
        private.restart_if_stopped &= !stays;
        let prevents = DeletionPolicy::of(request.prior) == DeletionPolicy::Prevent;
        private.prevents = prevents.then(|| label(request.prior));
        change(request, &private)
    };
    *request.private = private.bytes();
    diagnostics
}

/// Notes what an import into the task, in the same apply, must expect: the service would start it with its first callees.
pub(super) fn note_stopped(registry: &Registry, prior: &Value, planned: &Value) {
    let stops = DesiredStatus::of(planned.get("desired_status")) == Some(DesiredStatus::Stopped);
    let fresh = prior.is_null() || prior.get("status").as_str() == Some("INIT");
    if planned.is_null() || !stops || !fresh || StartType::is_scheduled(planned) {
        return;
    }
    match id_in(planned) {
        Some(id) => registry.wish(&id, Some(DesiredStatus::Stopped)),
        None => registry.plan_stopped(),
    }
}

/// The name and id of a task, as messages show it.
pub(super) fn label(state: &Value) -> String {
    let text = |name: &str| state.get(name).as_str().unwrap_or("unknown").to_owned();
    format!("\"{}\" ({})", text("task_name"), text("id"))
}

/// What the refusal of a destroy under PREVENT says.
pub(super) fn prevented(label: &str, out: &mut Diagnostics) {
    let detail = format!(
        "Call task {label} has `deletion_policy = \"PREVENT\"`. Nothing was called and its state is kept. To go on, apply \
         another `deletion_policy` first. If Terraform wants to replace the task only because it is tainted, \
         `terraform untaint` takes that back. A deposed object, which `create_before_destroy` leaves behind, makes every \
         plan fail: `terraform state rm ADDRESS` removes it together with its successor, which `terraform import` brings \
         back."
    );
    out.error_at(Path::root("deletion_policy"), "Destroy prevented by deletion_policy", detail);
}

/// What remains after a destroy, as the plan and the apply both say it.
pub(super) fn remains(state: &Value, out: &mut Diagnostics) {
    let summary = format!("Call task {} remains in the account", label(state));
    let what = match DeletionPolicy::of(state) {
        DeletionPolicy::Abandon => {
            "`deletion_policy = \"ABANDON\"` leaves it as it is: if it is running, it goes on calling people, and \
             its name stays taken."
        }
        DeletionPolicy::Retire => {
            "`deletion_policy = \"RETIRE\"` stops it and renames it, so that its name is free again. With \
             `create_before_destroy` that comes too late for a new task of the same name."
        }
        DeletionPolicy::Stop | DeletionPolicy::Prevent => {
            "`deletion_policy = \"STOP\"` stops it. Its name stays taken: a new task of the same name needs \
             `deletion_policy = \"RETIRE\"` applied before the destroy, or `adopt_existing = true`."
        }
    };
    out.warning(
        summary,
        format!(
            "AICCS has no operation that deletes a call task; Terraform only forgets it. {what}"
        ),
    );
}

/// Whether a change has anything to write to the service, beside the run state and the provider's own arguments.
pub(super) fn changes_settings(prior: &Value, planned: &Value) -> bool {
    let written =
        FIELDS.iter().filter(|field| field.write.is_some()).map(|field| field.attribute.name);
    written.into_iter().any(|name| prior.get(name) != planned.get(name))
}

fn destroy(prior: &Value) -> Diagnostics {
    let mut out = Diagnostics::new();
    if DeletionPolicy::of(prior) == DeletionPolicy::Prevent {
        prevented(&label(prior), &mut out);
    } else {
        remains(prior, &mut out);
    }
    out
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

fn change(request: &mut ModifyPlan<'_>, private: &Private) -> Diagnostics {
    let mut out = Diagnostics::new();
    if !request.plan.replace.is_empty() {
        replacement(request, &mut out);
        return out;
    }
    open_dependants(request);
    let (prior, planned) = (request.prior, &mut request.plan.planned);
    let writes = changes_settings(prior, planned);
    let wish = DesiredStatus::of(planned.get("desired_status"));
    let scheduled = StartType::is_scheduled(planned);
    let status = prior.get("status").as_str().map(Status::of_text);
    if writes && status == Some(Status::Running) {
        running(prior, planned, wish, &mut out);
    }
    let step = wish
        .zip(status.as_ref())
        .map_or(Transition::Nothing, |(wish, status)| wish.step(status, scheduled));
    let restarts = private.owes_restart(status.as_ref())
        && wish != Some(DesiredStatus::Stopped)
        && !planned.get("desired_status").is_unknown();
    if restarts
        && status.as_ref().is_some_and(|status| {
            DesiredStatus::Running.step(status, scheduled) == Transition::Start
        })
    {
        let summary = format!("Call task {} will be started", label(prior));
        let why = if private.restart {
            "An earlier update stopped it and could not start it again."
        } else {
            "An earlier apply left it running, but the answer of a stop was lost, and that stop was carried out late."
        };
        out.warning(
            summary,
            format!(
                "{why} This apply starts it: it calls people. `desired_status = \"STOPPED\"` \
            prevents that."
            ),
        );
    }
    if step != Transition::Nothing || restarts || planned.get("desired_status").is_unknown() {
        planned.put("status", Value::Unknown);
        planned.put("start_failed_reason", Value::Unknown);
    }
    out
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

fn running(prior: &Value, planned: &Value, wish: Option<DesiredStatus>, out: &mut Diagnostics) {
    let allowed = planned.get("allow_stopping_for_update");
    if wish == Some(DesiredStatus::Stopped) {
        let summary = format!("Running call task {} will be stopped and updated", label(prior));
        out.warning(summary, "AICCS changes only tasks that are stopped. With `desired_status = \"STOPPED\"` the task \
            is stopped, updated, and stays stopped.");
    } else if allowed.as_bool() == Some(false) {
        stopping_not_allowed(prior, out);
    } else {
        let summary =
            format!("Running call task {} will be stopped, updated, started again", label(prior));
        out.warning(summary, "AICCS changes only tasks that are stopped. Calls in progress may end; the task calls \
            on when it is started again. To keep it running, set `allow_stopping_for_update = false`: the plan of \
            such a change is an error then.");
    }
}

/// What the refusal of an update says, at plan time and again at apply.
pub(super) fn stopping_not_allowed(state: &Value, out: &mut Diagnostics) {
    let detail = format!(
        "Call task {} is running and AICCS changes only tasks that are stopped, but `allow_stopping_for_update` is \
         false. Nothing was changed. Set `allow_stopping_for_update = true` to have it stopped, updated and started \
         again, or `desired_status = \"STOPPED\"` to stop it for good. To destroy it instead, use `terraform destroy \
         -refresh=false`, since Terraform plans this change before a destroy.",
        label(state)
    );
    out.error_at(
        Path::root("allow_stopping_for_update"),
        "Running task may not be stopped for an update",
        detail,
    );
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
             task instead, use `terraform destroy -refresh=false`.",
            because.join(" and "),
            label(prior)
        );
        let path = request.plan.replace.first().cloned().unwrap_or_default();
        return out.error_at(path, "Replacement would collide with its own name", detail);
    }
    remains(prior, out);
}
