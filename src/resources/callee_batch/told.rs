//! What the user is told of callees that are in already, or may be.

use aliyun::aiccs::TaskId;
use aliyun::error::{Error, Kind, Processed};
use terraform_plugin::diagnostic::{Diagnostic, Diagnostics, Severity};
use terraform_plugin::hosts::cli;
use terraform_plugin::path::Path;

use super::imported::Batch;
use super::rows::Importer;
use crate::failure;

/// A failed call, or what we found by ourselves: that says what to do in its own words.
pub(super) fn diagnostic(summary: String, error: &Error) -> Diagnostic {
    let mut diagnostic = failure::diagnostic(summary, error, &[]);
    if error.operation.is_empty() && matches!(error.kind, Kind::Contradictory | Kind::Unreadable) {
        diagnostic.detail = failure::facts(error);
    }
    diagnostic
}

/// Nobody is called on a guess.
pub(super) fn undecided(error: &Error, task: &TaskId, importer: Importer) -> Diagnostic {
    let summary = format!("Could not find out whether the callees are in task {} already", task);
    let mut diagnostic = diagnostic(summary, error);
    diagnostic.detail.push_str(&format!(
        "\n\nNothing was imported: an earlier apply may have been cut off after its import, and these people would be \
         called twice. Apply again once the service answers. Where it cannot tell, look at the task in the console: \
         {}to import the callees anew, give another `callees_wo_version`.",
        match importer {
            Importer::Batch => format!(
                "if they are in, take their batch over with `{} import aiccs_callee_batch.NAME \
                 {}/BATCH_ID`; ",
                cli(),
                task
            ),
            Importer::Action => String::new(),
        }
    ));
    diagnostic
}

pub(super) fn tell_adopted(adopted: u64, batches: &[Batch], task: &TaskId, out: &mut Diagnostics) {
    let ids: Vec<_> = batches.iter().map(|batch| batch.id.as_str()).collect();
    let summary =
        format!("{} callees were in task {} already and are not imported again", adopted, task);
    let detail = format!(
        "An earlier run was cut off after it had imported them. They are known by their own ids and numbers, in the \
         batches {} of the task. To call them once more on purpose, give another `callees_wo_version`.",
        ids.join(", ")
    );
    out.warning(summary, detail);
}

/// `skip_called` did something.
pub(super) fn tell_left_out(count: u64, task: &TaskId, out: &mut Diagnostics) {
    let summary = format!("{count} callees are in task {task} already");
    out.warning(
        summary,
        "With `skip_called = true` they were left out: they are not called again.",
    );
}

/// Two objects of one configuration with the same callees.
pub(super) fn sent_already() -> Error {
    let text = "this run has imported callees with the own ids and numbers of these already, for another object. Give one of \
                the two another `callees_wo_version` if these people are to be called twice";
    let mut error = Error::new(Kind::Contradictory, text);
    error.processed = Processed::No;
    error
}

/// Callees of another object of this state.
pub(super) fn held_by_another(batch: &str, task: &TaskId) -> Diagnostic {
    Diagnostic {
        severity: Severity::Error,
        summary: format!("These callees are in task {task} already"),
        detail: format!(
            "Batch {batch} of the task holds callees with the own ids and numbers of these, and belongs to another object \
             of this state. Nothing was imported. If the resource was only renamed, a `moved` block keeps its batch. To \
             leave out whoever is in the task already, set `skip_called = true`; to call them once more on purpose, give \
             another `callees_wo_version`, and other `out_id`s where they have some of yours."
        ),
        path: Some(Path::root("callees_wo")),
    }
}
