//! Does operations that are due late. Each is done once, by its time or when a test releases it.
//! It must not know when time has passed: the server tells.

use serde_json::{Value, json};

use super::answer::Answer;
use super::due::Due;
use super::perform::Admitted;
use super::world::World;

/// Does the operation with this id, or all; what was done, in order. Nothing is done twice.
pub(super) fn release(world: &mut World, id: Option<u64>) -> Vec<Value> {
    world.late.take(id).into_iter().map(|due| done(world, due)).collect()
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
