//! The operations, one function each, found by name; everything they share is the dispatcher's.
//! It must not know HTTP, signatures or faults.

mod tasks;

use serde_json::Value;

use super::arguments::Arguments;
use super::contract::Operation;
use super::world::World;

/// One admitted call.
pub(super) struct Call<'a> {
    pub(super) world: &'a mut World,
    pub(super) operation: &'static Operation,
    pub(super) arguments: Arguments,
    pub(super) now: i64,
}

/// A refusal by the operation. The codes are invented: the vendor publishes none for this family.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) code: String,
    pub(super) message: String,
    /// The gateway's form with this HTTP status, instead of the envelope.
    pub(super) status: Option<u16>,
}

/// Answers with `Data`.
pub(super) type Handler = fn(&mut Call<'_>) -> Result<Value, Refused>;

/// The function of an operation.
pub(super) fn handler(name: &str) -> Option<Handler> {
    HANDLERS.iter().find(|(operation, _)| *operation == name).map(|(_, handler)| *handler)
}

const HANDLERS: &[(&str, Handler)] = &[
    ("CreateAiCallTask", tasks::create),
    ("UpdateAiCallTask", tasks::update),
    ("QueryAiCallTaskDetail", tasks::detail),
    ("QueryAiCallTaskPage", tasks::page),
    ("StartAiCallTask", tasks::start),
    ("StopAiCallTask", tasks::stop),
];

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

    pub(super) fn missing(name: &str) -> Self {
        Self::new(&format!("MissingParameter.{name}"), format!("The parameter {name} is required."))
    }
}
