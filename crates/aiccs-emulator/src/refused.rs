//! What an operation refuses, and in which words. It must not know what an operation does.

/// A refusal by the operation. **All codes are invented**: the vendor publishes none for this family.
///
/// | code | when |
/// | --- | --- |
/// | `MissingParameter.<Name>` | a parameter is missing that other parameters make necessary |
/// | `InvalidParameter.<Name>` | a value breaks its type, bounds or words |
/// | `TaskNotExist` | no task has this id |
/// | `TaskNameExists` | another task has this name |
/// | `TaskStatusInvalid` | the task's status does not allow it |
/// | `AgentNotExist`, `AgentNotPublished` | agents are seeded, and this is not one, or is offline |
/// | `BatchNotExist` | no callee of the task came with this batch |
/// | `DetailNotExist` | no callee has these ids |
/// | `SystemBusy` | the fault `business` |
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) code: String,
    pub(super) message: String,
    /// The gateway's form with this HTTP status, instead of the envelope.
    pub(super) status: Option<u16>,
}

impl Refused {
    pub(super) fn new(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into(), status: None }
    }

    pub(super) fn invalid(name: &str, why: &str) -> Self {
        Self::new(
            &format!("InvalidParameter.{name}"),
            format!("The parameter {name} is not valid: {why}."),
        )
    }

    pub(super) fn no_task(id: &str) -> Self {
        Self::new("TaskNotExist", format!("The task {id} does not exist."))
    }

    pub(super) fn missing(name: &str) -> Self {
        Self::new(&format!("MissingParameter.{name}"), format!("The parameter {name} is required."))
    }
}
