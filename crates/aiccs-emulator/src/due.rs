//! Operations that are still due: a fault has spoiled their answer, and they are done later.
//! It must not know when time has passed, nor how an operation is done.

use serde_json::{Value, json};

use super::contract::Operation;
use super::request::Request;

/// Calls whose operation is still due, in the order of their arrival.
#[derive(Default)]
pub(super) struct Late {
    due: Vec<Due>,
    issued: u64,
}

/// One of them.
pub(super) struct Due {
    pub(super) id: u64,
    pub(super) request: Request,
    pub(super) operation: &'static Operation,
    pub(super) caller: Option<String>,
    /// Unix time in milliseconds; none while it is held.
    at: Option<i64>,
}

impl Late {
    /// Keeps a call; its id is unique for the life of the emulator.
    pub(super) fn keep(
        &mut self,
        request: &Request,
        operation: &'static Operation,
        caller: Option<String>,
        at: Option<i64>,
    ) -> u64 {
        self.issued += 1;
        self.due.push(Due { id: self.issued, request: request.clone(), operation, caller, at });
        self.issued
    }

    /// Takes out the one with this id, or all.
    pub(super) fn take(&mut self, id: Option<u64>) -> Vec<Due> {
        let (now, later) = std::mem::take(&mut self.due)
            .into_iter()
            .partition(|due| id.is_none_or(|id| due.id == id));
        self.due = later;
        now
    }

    /// Nothing is due any more.
    pub(super) fn clear(&mut self) {
        self.due.clear();
    }

    /// When the next one is done by the clock.
    pub(super) fn next(&self) -> Option<i64> {
        self.due.iter().filter_map(|due| due.at).min()
    }

    /// As `GET /__late`.
    pub(super) fn to_json(&self) -> Value {
        let one = |due: &Due| json!({ "id": due.id, "operation": due.operation.name, "due_unix_millis": due.at });
        self.due.iter().map(one).collect()
    }
}
