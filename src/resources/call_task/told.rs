//! What messages about a task say, at plan time and again at apply.

use aliyun::aiccs::TaskId;
use aliyun::error::{Error, Kind};
use terraform_plugin::diagnostic::{Diagnostic, Diagnostics, Severity};
use terraform_plugin::hosts::cli;
use terraform_plugin::path::Path;
use terraform_plugin::value::Value;

use crate::failure;
use crate::task::table::FIELDS;
use crate::task::vocabulary::DeletionPolicy;

/// What a start means.
pub(super) const CALLS: &str = "It calls people, in its windows.";

/// The name and id of a task, as messages show it.
pub(super) fn label(state: &Value) -> String {
    let text = |name: &str| state.get(name).as_str().unwrap_or("unknown").to_owned();
    format!("\"{}\" ({})", text("task_name"), text("id"))
}

/// What the refusal of a destroy under PREVENT says.
pub(super) fn prevented(label: &str, out: &mut Diagnostics) {
    let detail = format!(
        "Call task {label} has `deletion_policy = \"PREVENT\"`. Nothing was called and its state is kept. To go on, apply \
         another `deletion_policy` first. If the task is to be replaced only because it is tainted, \
         `{cli} untaint` takes that back. A deposed object, which `create_before_destroy` leaves behind, makes every \
         plan fail: `{cli} state rm ADDRESS` removes it together with its successor, which `{cli} import` brings \
         back.",
        cli = cli()
    );
    out.error_at(Path::root("deletion_policy"), "Destroy prevented by deletion_policy", detail);
}

/// What remains after a destroy, as the plan and the apply both say it.
pub(super) fn remains(state: &Value, out: &mut Diagnostics) {
    let summary = format!("Call task {} remains in the account", label(state));
    let what = match DeletionPolicy::of(state) {
        DeletionPolicy::Abandon => {
            "\"ABANDON\"` leaves it as it is: if it is running, it goes on calling people"
                .to_owned()
        }
        DeletionPolicy::Retire => {
            let name = state.get("task_name").as_str().unwrap_or_default();
            let id = state.get("id").as_str().unwrap_or_default();
            format!(
                "\"RETIRE\"` stops it and renames it from \"{name}\" to \"{}\". With `create_before_destroy` that comes too late for \
                 a new task of the same name; with `lifecycle {{ destroy = false }}` it is not done at all, and a task that is running goes \
                 on calling people",
                retired_name(name, id)
            )
        }
        DeletionPolicy::Stop | DeletionPolicy::Prevent => {
            "\"STOP\"` stops it, and its name stays taken".to_owned()
        }
    };
    let detail =
        format!("AICCS has no operation that deletes a call task: `deletion_policy = {what}.");
    out.warning(summary, detail);
}

/// The name under which RETIRE leaves a task.
pub(super) fn retired_name(name: &str, id: &str) -> String {
    format!("{name}-retired-{id}")
}

/// What the refusal of an update says, at plan time and again at apply.
pub(super) fn stopping_not_allowed(state: &Value, out: &mut Diagnostics) {
    let detail = format!(
        "Call task {} is running and AICCS changes only tasks that are stopped, but `allow_stopping_for_update` is \
         false. Nothing was changed. Set `allow_stopping_for_update = true` to have it stopped, updated and started \
         again, or `desired_status = \"STOPPED\"` to stop it for good. To destroy it instead, use `{} destroy \
         -refresh=false`, since a destroy plans this change first.",
        label(state),
        cli()
    );
    out.error_at(
        Path::root("allow_stopping_for_update"),
        "Running task may not be stopped for an update",
        detail,
    );
}

/// An error after a create taints the resource: what the next apply will do, and how to prevent that.
pub(super) fn tell_taint(planned: &Value, out: &mut Diagnostics) {
    let summary = format!("Call task {} would be replaced by the next apply", label(planned));
    let next = match DeletionPolicy::of(planned) {
        DeletionPolicy::Retire => {
            let text = |name: &str| planned.get(name).as_str().unwrap_or_default();
            let (name, id) = (text("task_name"), text("id"));
            format!(
                "renames it from \"{name}\" to \"{}\" and makes a new one",
                retired_name(name, id)
            )
        }
        DeletionPolicy::Stop | DeletionPolicy::Abandon => {
            "gives it up and takes it over again".to_owned()
        }
        DeletionPolicy::Prevent => "refuses that".to_owned(),
    };
    let detail = format!(
        "The task exists, but not all went well, so the state marks it as tainted. The next apply {next}. To keep it \
         as it is, run `{} untaint ADDRESS` first, with the address of this resource.",
        cli()
    );
    out.warning(summary, detail);
}

/// Whose a name is, and the ways out that hold for a create and for a rename.
pub(super) fn name_of_another(name: &str, holder: &str) -> String {
    format!(
        "A task named \"{name}\" exists already, with id {holder}. Names are unique within the account, and the service has no \
         operation that deletes a task.\n\nTo manage that task here, run\n\n    {} import aiccs_call_task.NAME \
         {holder}\n\nor give this one another `task_name`.",
        cli()
    )
}

/// The same for a rename.
pub(super) fn refused_rename(name: &str, holder: &TaskId) -> String {
    format!(
        "{} Two tasks cannot swap their names in one apply; with `create_before_destroy` a replacement meets its own name.",
        name_of_another(name, holder.as_str())
    )
}

/// A task exists and is known; what failed after its create taints nothing.
pub(super) fn kept(summary: String, error: &Error) -> Diagnostic {
    let mut diagnostic = failure::diagnostic(summary, error, &FIELDS);
    diagnostic.severity = Severity::Warning;
    diagnostic.path = None;
    if matches!(error.kind, Kind::Interrupted | Kind::Deadline) {
        // What follows says what to do.
        diagnostic.detail = failure::facts(error);
    }
    diagnostic.detail.push_str(
        "\n\nThe task exists, and the state holds what was planned. The next plan reads it, and its apply does what is left.",
    );
    diagnostic
}

/// The answer was lost, and so was the look-up: the user must know that a task may exist.
pub(super) fn unresolved(mut error: Error, lookup: &Error) -> Error {
    let bare = |error: &Error| error.message.trim_end_matches('.').to_owned();
    let (lost, lookup) = (bare(&error), bare(lookup));
    let why = if lost == lookup { "for the same reason".to_owned() } else { format!("({lookup})") };
    error.message = format!(
        "the answer of CreateAiCallTask was lost ({lost}), and whether it made a task could not be found out {why}. If \
         it did, the next apply will say that the name is taken and by which id"
    );
    error
}

#[cfg(test)]
mod tests {
    use aliyun::error::{Error, Kind};

    use super::kept;

    #[test]
    fn closing_advice_is_said_once() {
        let told = |kind: Kind| kept("It exists".to_owned(), &Error::new(kind, "it ended")).detail;
        for kind in [Kind::Interrupted, Kind::Deadline] {
            let text = told(kind);
            assert!(text.starts_with("It ended.\n\nThe task exists"), "{text}");
        }
        assert!(told(Kind::NoPermission).contains("RAM"), "what the user must do first is said");
    }
}
