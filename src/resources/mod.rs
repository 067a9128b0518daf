//! The managed resources: one folder each. What they have in common stands here: a state that cannot be refreshed.

pub mod call_task;
pub mod callee_batch;

use terraform_plugin::diagnostic::Diagnostics;
use terraform_plugin::driver::Response;
use terraform_plugin::value::Value;

/// A provider block with unknown values does not fail a plan: the state stays as it was.
fn not_refreshed(state: &Value, summary: &str, reasons: Diagnostics) -> Response {
    let mut told = Response::value(state.clone());
    for reason in reasons {
        told.diagnostics.warning(summary, reason.detail);
    }
    told
}
