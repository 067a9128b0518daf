//! Operations that are done late: a fault has spoiled their answer, and they are still due. Each is done once, by its
//! time or when a test releases it.
//! It must not know when time has passed: the server tells.

use serde_json::{Value, json};

use super::answer::Answer;
use super::contract::Operation;
use super::perform::Admitted;
use super::request::Request;
use super::world::World;

/// Calls whose operation is still due, in the order of their arrival.
#[derive(Default)]
pub(super) struct Late {
    due: Vec<Due>,
    issued: u64,
}

struct Due {
    id: u64,
    request: Request,
    operation: &'static Operation,
    caller: Option<String>,
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

/// Does the operation with this id, or all; what was done, in order. Nothing is done twice.
pub(super) fn release(world: &mut World, id: Option<u64>) -> Vec<Value> {
    let (now, later) = std::mem::take(&mut world.late.due)
        .into_iter()
        .partition(|due| id.is_none_or(|id| due.id == id));
    world.late.due = later;
    let now: Vec<Due> = now;
    now.into_iter().map(|due| done(world, due)).collect()
}

fn done(world: &mut World, due: Due) -> Value {
    let Due { id, request, operation, caller, .. } = due;
    let request_id = world.chance.request_id();
    let Answer { status, code, success, .. } =
        Admitted { request: &request, operation, caller, id: &request_id }.run(world);
    let now = world.now();
    world.journal.done_late(id, now, (status, code.clone(), success));
    json!({
        "id": id, "operation": operation.name, "http_status": status, "code": code, "success": success,
    })
}
