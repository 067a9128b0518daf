//! What the engine is handed and what it answers: bytes as they arrive and leave. Knows no message of the protocol.

use std::time::SystemTime;

use crate::deferral::refused;
use crate::diagnostic::Diagnostics;
use crate::driver::Deferral;
use crate::path::Path;

/// A value as it arrived. Both empty: null.
#[derive(Clone, Debug, Default)]
pub struct Input {
    /// The usual form.
    pub msgpack: bytes::Bytes,
    /// The form the protocol also allows.
    pub json: bytes::Bytes,
}

impl Input {
    pub(super) fn is_empty(&self) -> bool {
        self.msgpack.is_empty() && self.json.is_empty()
    }

    /// Null, and nothing is decoded to say so.
    pub(super) fn is_null(&self) -> bool {
        const NIL: &[u8] = &[0xc0];
        self.is_empty() || self.msgpack == NIL || self.msgpack.is_empty() && self.json == "null"
    }
}

/// What every call answers; each takes the parts its response has.
#[derive(Debug, Default)]
pub struct Answer {
    /// The value as msgpack; `None` for no value.
    pub value: Option<Vec<u8>>,
    /// Private data.
    pub private: Vec<u8>,
    /// The identity as msgpack, where the object has one and it is known.
    pub identity: Option<Vec<u8>>,
    /// Attributes whose change replaces the object.
    pub replace: Vec<Path>,
    /// When an ephemeral resource has to be renewed.
    pub renew_at: Option<SystemTime>,
    /// Why it has to wait for a later run, if it has to.
    pub deferred: Option<Deferral>,
    /// What the user is told.
    pub diagnostics: Diagnostics,
}

impl From<Diagnostics> for Answer {
    fn from(diagnostics: Diagnostics) -> Answer {
        Answer { diagnostics, ..Answer::default() }
    }
}

impl Answer {
    /// This answer, of a call that has to wait for a later run if there is a reason.
    pub(crate) fn put_off(mut self, reason: Option<Deferral>, allowed: bool, name: &str) -> Answer {
        match reason {
            Some(reason) if allowed => self.deferred = Some(reason),
            Some(reason) => self.diagnostics.extend(refused(reason, name)),
            None => {}
        }
        self
    }
}

/// What a plan is made of.
#[derive(Debug, Default)]
pub struct PlanInputs {
    /// The state before.
    pub prior: Input,
    /// What core proposes.
    pub proposed: Input,
    /// The configuration.
    pub config: Input,
    /// The stored private data.
    pub private: bytes::Bytes,
    /// As the host says.
    pub deferral_allowed: bool,
}

/// What is applied.
#[derive(Debug, Default)]
pub struct ApplyInputs {
    /// The state before.
    pub prior: Input,
    /// The planned state.
    pub planned: Input,
    /// The configuration.
    pub config: Input,
    /// The planned private data.
    pub private: bytes::Bytes,
}
