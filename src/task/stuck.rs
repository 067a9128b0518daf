//! Why a task is not in the run state that was asked for, and how that is told.

use aliyun::error::Error;
use terraform_plugin::diagnostic::{Diagnostic, Severity};

use crate::failure;
use crate::field::Field;

/// Why a task is not in the run state that was asked for.
#[derive(Debug)]
pub(crate) enum Stuck {
    /// A call failed.
    Call(Error),
    /// The start failed, for the service's own reason.
    Failed { reason: Option<String> },
}

impl From<Error> for Stuck {
    fn from(error: Error) -> Stuck {
        Stuck::Call(error)
    }
}

/// An error diagnostic of a task that is not in the run state that was asked for.
pub(crate) fn diagnostic(summary: impl Into<String>, stuck: Stuck, fields: &[Field]) -> Diagnostic {
    let reason = match stuck {
        Stuck::Call(error) => return failure::diagnostic(summary, &error, fields),
        Stuck::Failed { reason } => reason,
    };
    let reason = reason.map_or_else(
        || "The service gives no reason.".to_owned(),
        |reason| format!("Reason: {reason}"),
    );
    let detail = format!(
        "StartAiCallTask was accepted, but the task went to FAILED instead of RUNNING. {reason}\n\nRemove the cause (a \
         published agent and a usable number are the usual ones) and start it again."
    );
    Diagnostic { severity: Severity::Error, summary: summary.into(), detail, path: None }
}
